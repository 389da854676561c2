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

	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// applicationID marks our files in SQLite's header, so that no other database
// is ever mistaken for a read model and overwritten. It spells "FRLG".
const applicationID = 0x46524c47

// fileFormat counts the changes of the tables that this package itself keeps.
const fileFormat = 1

// readers is how many queries run at the same time.
const readers = 8

// Layout says which tables a file holds.
type Layout struct {
	Name       string
	Statements []string // DDL, in order
	Versions   []string // what else must be the same for the rows to be right
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
// that only reads.
type DB struct {
	path    string
	renewed string
	writer  *sql.DB
	reader  *sql.DB

	mu    sync.Mutex // held by the one transaction that writes
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// NotOurs refuses a file that is not a read model.
type NotOurs struct {
	Path   string
	Reason string
}

func (e *NotOurs) Error() string {
	return fmt.Sprintf("%s is not a read model of freightledger (%s): name another path, or move the file away", e.Path, e.Reason)
}

// OpenDB opens a file of derived tables and creates it if there is none. A
// file of another layout is begun anew, empty: its next [Runner.CatchUp]
// builds it from the history. [DB.Renewed] then says why, and so does the log.
//
// Errors: *NotOurs for a file that something else wrote, or what the file
// system or SQLite answers.
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
	db, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	fits, reason, err := db.fits(ctx, layout)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if !fits {
		if err := db.Close(); err != nil {
			return nil, err
		}
		if err := removeFile(path); err != nil {
			return nil, err
		}
		if db, err = openFile(ctx, path); err != nil {
			return nil, err
		}
		db.renewed = reason
		log.Warn("read model is begun anew and will be built from the history", "path", path, "reason", reason)
	}
	if err := db.create(ctx, layout); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openFile connects to a file and refuses one that is not ours.
func openFile(ctx context.Context, path string) (db *DB, err error) {
	db = &DB{path: path, stmts: map[string]*sql.Stmt{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := refuseForeign(path); err != nil {
			return db, err
		}
	}
	// Everything here can be derived again, so NORMAL is durable enough: after
	// a power failure the file is whole, though perhaps a few pages behind.
	if db.writer, err = sql.Open("sqlite", source(path)+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"+
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(8000)"); err != nil {
		return db, fmt.Errorf("open read model %s: %w", path, err)
	}
	db.writer.SetMaxOpenConns(1)
	if db.conn, err = db.writer.Conn(ctx); err != nil {
		return db, fmt.Errorf("open read model %s: %w", path, err)
	}
	if db.reader, err = sql.Open("sqlite", source(path)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=cache_size(-16384)"); err != nil {
		return db, fmt.Errorf("open read model %s: %w", path, err)
	}
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers)
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

// fits tells whether the file is empty or has this layout; if not, why.
func (d *DB) fits(ctx context.Context, layout Layout) (bool, string, error) {
	var id, tables int
	if err := d.conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return false, "", fmt.Errorf("read %s: %w", d.path, err)
	}
	if err := d.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master").Scan(&tables); err != nil {
		return false, "", fmt.Errorf("read %s: %w", d.path, err)
	}
	if tables == 0 {
		return true, "", nil
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
	return true, "", nil
}

func (d *DB) create(ctx context.Context, layout Layout) error {
	return d.Write(ctx, func(tx *Tx) error {
		var tables int
		if _, err := tx.Row("SELECT COUNT(*) FROM sqlite_master", nil, &tables); err != nil || tables > 0 {
			return err
		}
		statements := append([]string{
			"PRAGMA application_id = " + strconv.Itoa(applicationID),
			"CREATE TABLE layout (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) WITHOUT ROWID",
			`CREATE TABLE checkpoint (projection TEXT PRIMARY KEY, position TEXT NOT NULL, events INTEGER NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID`,
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
func (d *DB) Read() *sql.DB { return d.reader }

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
		errs = append(errs, d.reader.Close())
	}
	if d.conn != nil {
		errs = append(errs, ignoreClosed(d.conn.Close()))
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
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
