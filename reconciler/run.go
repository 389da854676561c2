package reconciler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/shopspring/decimal"
)

// Options of a run; the zero value compares everything.
type Options struct {
	// From and To restrict the report to periods ("2026-03"), both inclusive; a
	// document counts when either side has it in the range. Empty is unbounded.
	// The history and the ledger are read whole all the same.
	From, To string
	// PeriodOf gives the accounting period of a civil date; by default its month.
	PeriodOf func(date string) string
	// Strict makes a break of every document that is in flight.
	Strict bool
	// Grace is how far behind the newest event a document may be recorded that
	// nobody has asked the ERP to book yet, and still count as in flight. By
	// default not at all: what nobody asked for is missing.
	Grace time.Duration
	// MemoryBytes bounds what is sorted in memory; by default 32 MiB. Beside it
	// stand open shipments, the tie-out, the breaks that are kept, and, with a
	// chart that was adopted, some hundred bytes for each invoice and receipt.
	MemoryBytes int
	// TempDir holds sorted runs; by default the system's. It may need as much
	// room as the history's documents take.
	TempDir string
	// Keep bounds the breaks, held charges and documents in flight that the
	// report lists; by default 10,000 of each. Counts and sums are exact anyway.
	Keep int
	// OnBreak, OnFlight and OnHeld see every one, in the report's order. An error
	// ends the run.
	OnBreak  func(Break) error
	OnFlight func(Flight) error
	OnHeld   func(HeldLine) error
	// Progress is told now and then how far the run has come, and at the end of
	// each stage.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	Stage   string // StageHistory, then StageLedger
	Events  int    // read
	Entries int    // of the ledger, read
	Breaks  int    // found
	Done    bool   // the stage is over
}

// Stages of a run.
const (
	StageHistory = "history"
	StageLedger  = "ledger"
)

// Defaults of Options.
const (
	DefaultMemoryBytes = 32 << 20
	DefaultKeep        = 10_000
)

const progressEvery = 10_000

func (o Options) withDefaults() (Options, error) {
	for _, period := range []string{o.From, o.To} {
		if period == "" {
			continue
		}
		if _, err := time.Parse("2006-01", period); err != nil {
			return o, fmt.Errorf("period %.20q: want year and month like 2026-03", period)
		}
	}
	if o.From != "" && o.To != "" && o.From > o.To {
		return o, fmt.Errorf("the periods from %s to %s are none: exchange them", o.From, o.To)
	}
	if o.MemoryBytes <= 0 {
		o.MemoryBytes = DefaultMemoryBytes
	}
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	if o.PeriodOf == nil {
		o.PeriodOf = func(date string) string { return date[:min(len(date), len("2006-01"))] }
	}
	if o.OnBreak == nil {
		o.OnBreak = func(Break) error { return nil }
	}
	if o.OnFlight == nil {
		o.OnFlight = func(Flight) error { return nil }
	}
	if o.OnHeld == nil {
		o.OnHeld = func(HeldLine) error { return nil }
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o, nil
}

// Run reconciles a ledger with a history. An error means that nothing is known;
// breaks are no error of Run but of [Report.Err]. Temporary files are removed
// before it returns.
func Run(ctx context.Context, history History, codec eventstore.Codec, ledger Ledger, opts Options) (_ *Report, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return nil, err
	}
	sorter := newSorter(opts.MemoryBytes, opts.TempDir)
	defer func() { err = errors.Join(err, sorter.close()) }()
	read := &reader{history: history, codec: codec.Only(concerns), sorter: sorter, bridge: newBridge(), memory: domain.MapMemory{}}
	read.progress = func(events int) {
		if events%progressEvery == 0 {
			opts.Progress(Progress{Stage: StageHistory, Events: events})
		}
	}
	if err := read.read(ctx); err != nil {
		return nil, err
	}
	books, err := openLedger(ctx, ledger)
	if err != nil {
		return nil, err
	}
	defer books.stop()
	if !books.more && read.mustExist > 0 {
		return nil, fmt.Errorf("%d documents are confirmed or booked by the ERP itself, and no entry came: %w", read.mustExist, ErrEmptyLedger)
	}
	read.late = true
	if err := read.read(ctx); err != nil {
		return nil, err
	}
	opts.Progress(Progress{Stage: StageHistory, Events: read.events, Done: true})

	report := newReport(opts)
	report.HistoryHead, report.Events = read.head.String(), read.events
	if err := compare(ctx, read, books, opts, report); err != nil {
		return nil, err
	}
	if report.Bridge, err = read.bridge.result(opts.Keep, opts.OnHeld); err != nil {
		return nil, err
	}
	report.close()
	opts.Progress(Progress{Stage: StageLedger, Events: read.events, Entries: books.count, Breaks: report.BreakCount, Done: true})
	return report, nil
}

// compare merges both sides in order of document number.
func compare(ctx context.Context, read *reader, books *ledgerReader, opts Options, report *Report) (err error) {
	next, done, err := read.sorter.sorted()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	report.SortedRuns = read.sorter.spills
	groups, err := newGroups(next)
	if err != nil {
		return err
	}
	c := &comparison{opts: opts, report: report, tally: newTally(), newest: read.newest}
	books.each = func(e *LedgerEntry, debit, credit decimal.Decimal) {
		if c.inRange(e.Period) {
			c.tally.holds(e, debit, credit)
		}
		if books.count%progressEvery == 0 {
			opts.Progress(Progress{Stage: StageLedger, Events: read.events, Entries: books.count, Breaks: report.BreakCount})
		}
	}
	for groups.more || books.more {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.step(groups, books); err != nil {
			return err
		}
	}
	report.TieOut, report.Totals = c.tally.rows(), c.tally.totals()
	return nil
}

// step handles the smallest document number that is left.
func (c *comparison) step(groups *groups, books *ledgerReader) error {
	number := books.ahead.Number
	if !books.more || groups.more && groups.number <= number {
		number = groups.number
	}
	var g group
	if groups.more && groups.number == number {
		var err error
		if g, err = groups.take(); err != nil {
			return err
		}
	}
	if len(g.documents) == 0 {
		// A number that only postings name is no document: whatever the ERP
		// holds under it, no event explains.
		for books.more && books.ahead.Number == number {
			d, err := books.document(false)
			if err != nil {
				return err
			}
			if err := c.unexplained(&d); err != nil {
				return err
			}
		}
		return nil
	}
	var held []booked
	entries := 0
	for books.more && books.ahead.Number == number {
		d, err := books.document(true)
		if err != nil {
			return err
		}
		if entries += d.count; entries > maxEntries {
			return fmt.Errorf("document number %.80q has more than %d entries: the extract is not of documents", number, maxEntries)
		}
		held = append(held, d)
	}
	return c.both(&g, held)
}
