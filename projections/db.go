package projections

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// applicationID marks our files in SQLite's header, so that no other database
// is ever mistaken for a read model and overwritten. It spells "FRLG".
const applicationID = 0x46524c47

// fileFormat counts the changes of the tables that this package itself keeps.
const fileFormat = 3

// readers is how many queries run at the same time.
const readers = 8

// Layout says which tables a file holds.
type Layout struct {
	Name       string
	Statements []string // DDL, in order
	Versions   []string // what else must be the same for the rows to be right
	// Durable makes every commit outlive a power failure. Rows that can all be
	// derived again need not.
	Durable bool
}

// fingerprint tells one layout from another.
func (l Layout) fingerprint() string {
	h := sha256.New()
	write := func(s string) { _, _ = io.WriteString(h, strconv.Itoa(len(s))+":"+s) } // a hash never fails
	write(strconv.Itoa(fileFormat))
	write(l.Name)
	for _, part := range [][]string{l.Statements, l.Versions} {
		write(strconv.Itoa(len(part)))
		for _, s := range part {
			write(s)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// DB is an open file of derived tables: one connection that writes, and a pool
// that only reads. Several processes may have it open; a [Lease] says which of
// them writes.
type DB struct {
	path    string
	name    string
	renewed string
	lock    *fileLock
	writer  *sql.DB
	reader  *Reader

	mu    sync.Mutex // held by the one transaction that writes
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	terms sync.Map // names of the leases that this process holds
}

// NotOurs refuses a file that is not a read model.
type NotOurs struct {
	Path   string
	Reason string
}

func (e *NotOurs) Error() string {
	return fmt.Sprintf("%s is not a read model of freightledger (%s): name another path, or move the file away", e.Path, e.Reason)
}

// OtherVersion refuses a file that another version of freightledger wrote and
// some process has open: it cannot be begun anew under its feet.
type OtherVersion struct {
	Path string
	Err  error
}

func (e *OtherVersion) Error() string {
	return fmt.Sprintf("read model %s was written by another version of freightledger and is in use: stop the processes of that version first, then it is begun anew", e.Path)
}

func (e *OtherVersion) Unwrap() error { return e.Err }

// OpenDB opens a file of derived tables and creates it if there is none. A
// file of another layout is begun anew, empty: its next [Runner.CatchUp]
// builds it from the history. [DB.Renewed] then says why, and so does the log.
//
// Any number of processes may have a file open. One that another process has
// open is never begun anew.
//
// Errors: *NotOurs for a file that something else wrote, *OtherVersion for one
// of another layout that is in use, or what the file system or SQLite answers.
func OpenDB(ctx context.Context, path string, layout Layout, log *slog.Logger) (*DB, error) {
	if log == nil {
		log = slog.Default()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open read model: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("create the folder of read model %s: %w", path, err)
	}
	renewed := ""
	for try := 1; ; try++ {
		db, err := join(ctx, path, layout)
		if err != nil {
			return nil, err
		}
		if db != nil {
			db.renewed = renewed
			return db, nil
		}
		reason, err := begin(ctx, path, layout)
		var inUse *InUse
		switch {
		case errors.As(err, &inUse) && try < 3:
			continue // another process begins it just now, or has begun it
		case errors.As(err, &inUse), err == nil && try == 10:
			return nil, &OtherVersion{path, err}
		case err != nil:
			return nil, err
		}
		if renewed = reason; reason != "" {
			log.Warn("read model is begun anew and will be built from the history", "path", path, "reason", reason)
		}
	}
}

// join opens a file that is ready to be used, with a lock that keeps others
// from taking it away. It answers nil when the file is not ready.
func join(ctx context.Context, path string, layout Layout) (*DB, error) {
	lock, err := lockFile(ctx, path, shared)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil, lock.release()
	}
	db, err := openFile(ctx, path, layout)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	db.lock = lock
	ready, _, err := db.fits(ctx, layout)
	if err != nil || !ready {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// begin makes a file ready while nobody else has it, and says why one that was
// there had to go.
func begin(ctx context.Context, path string, layout Layout) (reason string, err error) {
	lock, err := lockFile(ctx, path, exclusive)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	db, err := openAlone(ctx, path, layout)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ready, reason, err := db.fits(ctx, layout)
	if err != nil || ready {
		return "", err
	}
	if reason == "" {
		return "", db.create(ctx, layout)
	}
	if err := db.Close(); err != nil {
		return "", err
	}
	if err := removeFile(path); err != nil {
		return "", err
	}
	anew, err := openAlone(ctx, path, layout)
	if err != nil {
		return "", err
	}
	return reason, errors.Join(anew.create(ctx, layout), anew.Close())
}

// openAlone connects to a file that nobody else has. It sets the mode that
// lets others read while one writes: that stays with the file, and changing it
// would not go well with processes that open the file at the same time.
func openAlone(ctx context.Context, path string, layout Layout) (*DB, error) {
	db, err := openFile(ctx, path, layout)
	if err != nil {
		return nil, err
	}
	if _, err := db.conn.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return nil, errors.Join(fmt.Errorf("open read model %s: %w", path, err), db.Close())
	}
	return db, nil
}

// openFile connects to a file and refuses one that is not ours.
func openFile(ctx context.Context, path string, layout Layout) (db *DB, err error) {
	db = &DB{path: path, name: layout.Name, stmts: map[string]*sql.Stmt{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
			db = nil
		}
	}()
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := refuseForeign(path); err != nil {
			return db, err
		}
	}
	// What can be derived again needs no more than NORMAL: after a power
	// failure the file is whole, though perhaps a few pages behind.
	synchronous := "NORMAL"
	if layout.Durable {
		synchronous = "FULL"
	}
	if db.writer, err = sql.Open("sqlite", source(path)+"?_pragma=busy_timeout(10000)&_pragma=synchronous("+synchronous+")"+
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(8000)"); err != nil {
		return db, fmt.Errorf("open read model %s: %w", path, err)
	}
	db.writer.SetMaxOpenConns(1)
	if db.conn, err = db.writer.Conn(ctx); err != nil {
		return db, fmt.Errorf("open read model %s: %w", path, err)
	}
	pool, err := sql.Open("sqlite", source(path)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=cache_size(-16384)")
	if err != nil {
		return db, fmt.Errorf("open read model %s: %w", path, err)
	}
	pool.SetMaxOpenConns(readers)
	pool.SetMaxIdleConns(readers)
	db.reader = &Reader{pool: pool, stmts: map[string]*sql.Stmt{}}
	return db, nil
}

// source is the driver's name of a file, whatever characters its path has.
func source(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// refuseForeign looks at the header before SQLite does, because opening may
// already write.
func refuseForeign(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open read model %s: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // only read
	header := make([]byte, 100)
	if _, err := io.ReadFull(f, header); err != nil || string(header[:16]) != "SQLite format 3\x00" {
		return &NotOurs{path, "it is no SQLite database"}
	}
	id := uint32(header[68])<<24 | uint32(header[69])<<16 | uint32(header[70])<<8 | uint32(header[71])
	// A crash may have left the header of a new file without its mark, which
	// is then in the log beside it.
	if id != applicationID && (id != 0 || header[31] > 1 || header[28] != 0 || header[29] != 0 || header[30] != 0) {
		return &NotOurs{path, "its application id is another"}
	}
	return nil
}

// fits tells whether the file is ready to be used with this layout; if it holds
// something else of ours, why it is not.
func (d *DB) fits(ctx context.Context, layout Layout) (ready bool, reason string, err error) {
	var id, tables int
	var mode string
	for _, q := range []struct {
		text string
		into any
	}{{"PRAGMA application_id", &id}, {"PRAGMA journal_mode", &mode}, {"SELECT COUNT(*) FROM sqlite_master", &tables}} {
		if err := d.conn.QueryRowContext(ctx, q.text).Scan(q.into); err != nil {
			return false, "", fmt.Errorf("read %s: %w", d.path, err)
		}
	}
	if tables == 0 {
		return false, "", nil
	}
	if id != applicationID {
		return false, "", &NotOurs{d.path, "its application id is another"}
	}
	var name, fingerprint string
	if err := d.conn.QueryRowContext(ctx, "SELECT name, fingerprint FROM layout").Scan(&name, &fingerprint); err != nil {
		return false, "its layout is not stated", nil
	}
	switch {
	case name != layout.Name:
		return false, "", &NotOurs{d.path, "it holds " + name + ", not " + layout.Name}
	case fingerprint != layout.fingerprint():
		return false, "another version of freightledger wrote it", nil
	}
	return mode == "wal", "", nil
}

func (d *DB) create(ctx context.Context, layout Layout) error {
	return d.write(ctx, func(tx *Tx) error {
		statements := append([]string{
			"PRAGMA application_id = " + strconv.Itoa(applicationID),
			"CREATE TABLE layout (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) WITHOUT ROWID",
			checkpointTable,
			leaseTable,
		}, layout.Statements...)
		for _, s := range statements {
			if _, err := d.conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("create tables: %.60q: %w", s, err)
			}
		}
		return tx.Exec("INSERT INTO layout VALUES (?, ?)", layout.Name, layout.fingerprint())
	})
}

// Path is where the file is.
func (d *DB) Path() string { return d.path }

// Renewed says why the file was begun anew when it was opened, "" when it was not.
func (d *DB) Renewed() string { return d.renewed }

// Read is the pool for queries; it cannot write.
func (d *DB) Read() *Reader { return d.reader }

// Close ends all use of the file.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, s := range d.stmts {
		errs = append(errs, s.Close())
	}
	clear(d.stmts)
	if d.reader != nil {
		errs = append(errs, d.reader.close())
	}
	if d.conn != nil {
		errs = append(errs, ignoreClosed(d.conn.Close()))
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	errs = append(errs, d.lock.release())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close read model %s: %w", d.path, err)
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// removeFile deletes a file and SQLite's log beside it, the log last: a log
// without its file means nothing, a file without its log would be older.
func removeFile(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove old read model: %w", err)
		}
	}
	return nil
}
