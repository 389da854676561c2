package sandboxerp

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver
)

// Options set an ERP up. The zero Options are a healthy ERP with every month
// open, no autopay and the machine's clock.
type Options struct {
	// Clock tells the time; time.Now when nil. The books keep microseconds in UTC.
	Clock func() time.Time
	// PeriodsClosedBefore closes every month before this "YYYY-MM", unless it
	// was opened by hand.
	PeriodsClosedBefore string
	// Accounts are those that the books post to by themselves.
	Accounts OwnAccounts
	// AutoPay and Faults are the settings to start with. Neither is stored.
	AutoPay AutoPay
	Faults  Faults
	// Log hears of what broke inside; slog.Default() when nil.
	Log *slog.Logger
}

// OwnAccounts are the accounts of what the ERP books by itself: money that
// reaches the bank. The zero value names those of the seeded chart.
type OwnAccounts struct {
	Bank          string   // "1000"
	UnappliedCash string   // "2100"
	Receivable    []string // "1200"; what a document adds to them its customer owes
}

func (a OwnAccounts) withDefaults() OwnAccounts {
	a.Bank, a.UnappliedCash = cmp.Or(a.Bank, "1000"), cmp.Or(a.UnappliedCash, "2100")
	if len(a.Receivable) == 0 {
		a.Receivable = []string{"1200"}
	}
	return a
}

// Connections that read. Extracts may take only some of them, so that slow
// readers of the ledger never keep a probe waiting.
const (
	readConnections = 8
	maxExtracts     = 4
)

// ERP is one set of books on one SQLite file, which it owns alone. Its methods
// are safe for concurrent use.
type ERP struct {
	clock        func() time.Time
	log          *slog.Logger
	closedBefore string
	own          OwnAccounts
	temporary    string // folder to remove on Close

	writerPool *sql.DB
	writer     *sql.Conn
	readers    *sql.DB
	extracts   chan struct{}

	writing  sync.Mutex // held through each write transaction; guards what follows
	inserts  inserts
	autopay  AutoPay
	shortPay shortPay
	last     time.Time // the latest instant given out

	faults *faultBox

	gate     sync.RWMutex // requests hold it for reading, Close for writing
	closed   bool
	closing  chan struct{}
	once     sync.Once
	closeErr error
}

// Open opens the books at path, creating and seeding them when absent. With
// path ":memory:" or "" they live in a temporary folder until Close.
func Open(path string, opts Options) (*ERP, error) {
	e := &ERP{
		clock:    opts.Clock,
		log:      opts.Log,
		extracts: make(chan struct{}, maxExtracts),
		closing:  make(chan struct{}),
	}
	if e.clock == nil {
		e.clock = time.Now
	}
	if e.log == nil {
		e.log = slog.Default()
	}
	if opts.PeriodsClosedBefore != "" && !validPeriod(opts.PeriodsClosedBefore) {
		return nil, fmt.Errorf("open sandbox ERP: PeriodsClosedBefore is %q, want a month such as 2026-01", opts.PeriodsClosedBefore)
	}
	e.closedBefore, e.own = opts.PeriodsClosedBefore, opts.Accounts.withDefaults()
	var err error
	if e.shortPay, e.autopay, err = checkAutoPay(opts.AutoPay); err != nil {
		return nil, fmt.Errorf("open sandbox ERP: %w", err)
	}
	if e.faults, err = newFaultBox(opts.Faults); err != nil {
		return nil, fmt.Errorf("open sandbox ERP: %w", err)
	}
	if path == "" || path == ":memory:" {
		if e.temporary, err = os.MkdirTemp("", "sandboxerp-"); err != nil {
			return nil, fmt.Errorf("open sandbox ERP in a temporary folder: %w", err)
		}
		path = filepath.Join(e.temporary, "books.db")
	}
	if err := e.connect(path); err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox ERP at %s: %w", path, err), e.disconnect())
	}
	return e, nil
}

func (e *ERP) connect(path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)"
	ctx := context.Background()
	// Journal mode goes after the busy timeout, and only the writer sets it.
	if e.writerPool, err = sql.Open("sqlite", file.String()+pragmas+
		"&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-32768)&_txlock=immediate"); err != nil {
		return err
	}
	e.writerPool.SetMaxOpenConns(1)
	if e.writer, err = e.writerPool.Conn(ctx); err != nil {
		return err
	}
	if _, err = e.writer.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	if e.inserts, err = prepareInserts(ctx, e.writer); err != nil {
		return err
	}
	if e.readers, err = sql.Open("sqlite", file.String()+pragmas+"&_pragma=query_only(1)"); err != nil {
		return err
	}
	e.readers.SetMaxOpenConns(readConnections)
	e.readers.SetMaxIdleConns(readConnections)
	return e.readers.PingContext(ctx)
}

// Close waits for the requests under way, ends the extracts that are still
// streaming, folds the write-ahead log into the file and closes it.
func (e *ERP) Close() error {
	e.once.Do(func() {
		close(e.closing)
		e.gate.Lock()
		defer e.gate.Unlock()
		e.closed = true
		if err := e.disconnect(); err != nil {
			e.closeErr = fmt.Errorf("close sandbox ERP: %w", err)
		}
	})
	return e.closeErr
}

func (e *ERP) disconnect() error {
	var errs []error
	if e.readers != nil {
		errs = append(errs, e.readers.Close())
	}
	errs = append(errs, e.inserts.close())
	if e.writer != nil {
		_, err := e.writer.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, err, e.writer.Close())
	}
	if e.writerPool != nil {
		errs = append(errs, e.writerPool.Close())
	}
	if e.temporary != "" {
		errs = append(errs, os.RemoveAll(e.temporary))
	}
	return errors.Join(errs...)
}

// now never runs backwards, so that the extract's as-of instant divides what was
// booked before it from what was booked after. The caller holds e.writing.
func (e *ERP) now() time.Time {
	now := e.clock().UTC().Truncate(time.Microsecond)
	if now.Before(e.last) {
		now = e.last
	}
	e.last = now
	return now
}

// update runs fn in the one write transaction there is and commits it before it
// returns. It takes no context: books that were asked to book finish the job,
// whether or not the caller is still there to hear of it.
func (e *ERP) update(fn func(tx *sql.Tx, now time.Time) error) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	tx, err := e.writer.BeginTx(context.Background(), nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing once committed
	if err := fn(tx, e.now()); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// problem is a refusal of one request, with the HTTP status that tells it.
type problem struct {
	status  int
	code    string
	message string
}

func (p *problem) Error() string { return p.code + ": " + p.message }

func badRequest(format string, args ...any) error {
	return &problem{http.StatusBadRequest, CodeBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &problem{http.StatusNotFound, CodeNotFound, fmt.Sprintf(format, args...)}
}

// unacceptable is a request that was understood and breaks a rule of the books.
func unacceptable(code, format string, args ...any) error {
	return &problem{http.StatusUnprocessableEntity, code, fmt.Sprintf(format, args...)}
}

const (
	maxCodeBytes = 64
	maxNameBytes = 200
	maxTextBytes = 2000
)

// checkText refuses what is too long or holds control characters, naming the field.
func checkText(field, text string, maxBytes int, required bool) error {
	if text == "" && required {
		return fmt.Errorf("%s is missing", field)
	}
	if len(text) > maxBytes {
		return fmt.Errorf("%s is %d bytes long, at most %d fit", field, len(text), maxBytes)
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7f {
			return fmt.Errorf("%s holds a control character", field)
		}
	}
	return nil
}

// validCode accepts what may stand in a path: customer and account codes.
func validCode(code string) bool {
	if code == "" || len(code) > maxCodeBytes || code[0] == '.' {
		return false
	}
	for i := range len(code) {
		c := code[i]
		letter := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && !isDigit(c) && !strings.ContainsRune("._-", rune(c)) {
			return false
		}
	}
	return true
}

func validCurrency(code string) bool {
	if len(code) != 3 {
		return false
	}
	for i := range 3 {
		if code[i] < 'A' || code[i] > 'Z' {
			return false
		}
	}
	return true
}

func parseDate(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1900 {
		return time.Time{}, fmt.Errorf("%q is not a date such as 2026-01-31", text)
	}
	return day, nil
}

func validPeriod(text string) bool {
	if len(text) != len("2006-01") {
		return false
	}
	_, err := parseDate(text + "-01")
	return err == nil
}

func micros(n int64) time.Time { return time.UnixMicro(n).UTC() }

func microsOrNil(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	at := micros(n.Int64)
	return &at
}

func pathID(r *http.Request, vars map[string]string) (int64, error) {
	id, err := strconv.ParseInt(vars["id"], 10, 64)
	if err != nil {
		return 0, badRequest("the id in %s is out of range", r.URL.Path)
	}
	return id, nil
}
