package reconciler

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/shopspring/decimal"
)

// Report is the outcome of a run.
type Report struct {
	From        string `json:"from,omitempty"` // period, inclusive
	To          string `json:"to,omitempty"`
	Strict      bool   `json:"strict,omitempty"`
	HistoryHead string `json:"history_head"` // position of the last event read
	Events      int    `json:"events"`
	Documents   Counts `json:"documents"`
	Entries     Counts `json:"entries"`
	// Totals and TieOut cover the period range; see [TieOut].
	Totals []Total  `json:"totals"`
	TieOut []TieOut `json:"tie_out"`
	// Breaks in order of document number and ref: the first of them, BreakCount
	// in all, and ByKind counts every one.
	Breaks     []Break     `json:"breaks"`
	BreakCount int         `json:"break_count"`
	ByKind     []KindTotal `json:"by_kind"`
	InFlight   InFlight    `json:"in_flight"`
	Bridge     Bridge      `json:"bridge"`
	SortedRuns int         `json:"-"` // temporary files that the run needed

	kinds   map[Kind]*kindTotal
	flights map[FlightStatus]*flightTotal
}

// Counts tells how much was compared.
type Counts struct {
	Expected int `json:"expected"` // in flight included
	Actual   int `json:"actual"`
	Compared int `json:"compared"` // both sides had it
}

// KindTotal sums the breaks of one kind.
type KindTotal struct {
	Kind       Kind     `json:"kind"`
	Count      int      `json:"count"`
	Difference []Figure `json:"difference"` // net, by currency
	Stake      []Figure `json:"stake"`      // by currency
}

// FlightStatus is why a document is not in the ledger yet.
type FlightStatus string

// Statuses of documents in flight.
const (
	FlightNotAsked      FlightStatus = "not-asked" // its event is newer than the posting's policy
	FlightAsked         FlightStatus = "asked"
	FlightRejected      FlightStatus = "rejected"       // by the ERP: it needs an answer
	FlightParked        FlightStatus = "parked"         // a person must look
	FlightJustConfirmed FlightStatus = "just-confirmed" // while the ledger was being opened
)

// Flight is a document on its way into the ledger.
type Flight struct {
	Number   string       `json:"number"`
	Kind     string       `json:"kind"`
	Customer string       `json:"customer"`
	Date     string       `json:"date"`
	Amount   Figure       `json:"amount"` // its debits
	Status   FlightStatus `json:"status"`
	Detail   string       `json:"detail,omitempty"` // code of the rejection, reason of the parking
	Held     bool         `json:"held,omitempty"`   // the ledger holds it already; it was compared
	Departs  Departure    `json:"departs"`
}

// InFlight counts documents on their way. Those that the ledger holds already
// are counted apart: they were compared, and only their confirmation is missing.
type InFlight struct {
	Count     int           `json:"count"` // not in the ledger
	Held      int           `json:"held"`  // in the ledger, not confirmed
	ByStatus  []FlightTotal `json:"by_status"`
	Documents []Flight      `json:"documents"` // the first of them
}

// FlightTotal sums the documents in flight of one status.
type FlightTotal struct {
	Status FlightStatus `json:"status"`
	Count  int          `json:"count"` // not in the ledger
	Held   int          `json:"held"`
	Amount []Figure     `json:"amount"` // of those that are not in the ledger, by currency
}

type sums map[string]decimal.Decimal

func (s sums) add(f Figure) { s[f.Currency] = s[f.Currency].Add(f.Amount) }

func (s sums) figures() []Figure {
	figures := make([]Figure, 0, len(s))
	for currency, amount := range s {
		figures = append(figures, Figure{amount, currency})
	}
	slices.SortFunc(figures, func(a, b Figure) int { return strings.Compare(a.Currency, b.Currency) })
	return figures
}

type kindTotal struct {
	count             int
	difference, stake sums
}

type flightTotal struct {
	count, held int
	amount      sums
}

func newReport(opts Options) *Report {
	return &Report{From: opts.From, To: opts.To, Strict: opts.Strict, Breaks: []Break{}, ByKind: []KindTotal{},
		InFlight: InFlight{ByStatus: []FlightTotal{}, Documents: []Flight{}}, kinds: map[Kind]*kindTotal{}, flights: map[FlightStatus]*flightTotal{}}
}

func (r *Report) add(b Break, opts Options) error {
	r.BreakCount++
	t := r.kinds[b.Kind]
	if t == nil {
		t = &kindTotal{0, sums{}, sums{}}
		r.kinds[b.Kind] = t
	}
	t.count++
	t.difference.add(b.Difference)
	t.stake.add(b.Stake)
	if len(r.Breaks) < opts.Keep {
		r.Breaks = append(r.Breaks, b)
	}
	return opts.OnBreak(b)
}

// flies counts a document in flight.
func (c *comparison) flies(d *expected, p *posting, status FlightStatus, held bool) error {
	f := Flight{Number: d.number, Kind: d.kind, Customer: d.customer, Date: d.date, Amount: Figure{d.debits, d.currency},
		Status: status, Detail: p.code, Held: held, Departs: d.origin}
	r := c.report
	t := r.flights[status]
	if t == nil {
		t = &flightTotal{amount: sums{}}
		r.flights[status] = t
	}
	if held {
		r.InFlight.Held++
		t.held++
	} else {
		r.InFlight.Count++
		t.count++
		t.amount.add(f.Amount)
	}
	if len(r.InFlight.Documents) < c.opts.Keep {
		r.InFlight.Documents = append(r.InFlight.Documents, f)
	}
	return c.opts.OnFlight(f)
}

// close turns the running sums into what the report shows.
func (r *Report) close() {
	for _, kind := range Kinds() {
		if t := r.kinds[kind]; t != nil {
			r.ByKind = append(r.ByKind, KindTotal{kind, t.count, t.difference.figures(), t.stake.figures()})
		}
	}
	for _, status := range []FlightStatus{FlightNotAsked, FlightAsked, FlightRejected, FlightParked, FlightJustConfirmed} {
		if t := r.flights[status]; t != nil {
			r.InFlight.ByStatus = append(r.InFlight.ByStatus, FlightTotal{status, t.count, t.held, t.amount.figures()})
		}
	}
}

// Ties tells whether every account agrees in every period.
func (r *Report) Ties() bool {
	return !slices.ContainsFunc(r.TieOut, func(t TieOut) bool { return !t.Ties() })
}

// BreaksFound is the error of a report that has breaks, or whose books do not
// tie out or whose charges do not add up.
type BreaksFound struct {
	Breaks int
	Ties   bool // the accounts agree
	Bridge bool // every charge is accounted for
}

func (e *BreaksFound) Error() string {
	text := plural(e.Breaks, "break") + " between the history and the ERP's ledger"
	if e.Breaks == 0 && !e.Ties {
		text += ", but the accounts do not tie out"
	}
	if !e.Bridge {
		text += "; the bridge from charges entered to billed does not add up"
	}
	return text + ": see the report"
}

// Err is nil when the ledger is what the history says, and else a *BreaksFound;
// a run that could not compare answers an error of its own instead of a report.
func (r *Report) Err() error {
	if e := (BreaksFound{r.BreakCount, r.Ties(), r.Bridge.Holds()}); e.Breaks > 0 || !e.Ties || !e.Bridge {
		return &e
	}
	return nil
}

// WriteJSON writes the report as one JSON document.
func (r *Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(r); err != nil {
		return fmt.Errorf("write the reconciliation report: %w", err)
	}
	return nil
}

// documentName says what kind of document it is, for a sentence.
func documentName(kind, number string) string {
	name := "Document"
	switch kind {
	case domain.DocumentAccrual:
		name = "Accrual"
	case domain.DocumentInvoice:
		name = "Invoice"
	case domain.DocumentDebit:
		name = "Debit memo"
	case domain.DocumentVoid:
		name = "Void"
	case domain.DocumentCredit:
		name = "Credit memo"
	case domain.DocumentReceipt:
		name = "Receipt"
	case domain.DocumentApplication:
		name = "Cash application"
	case domain.DocumentWriteOff:
		name = "Write-off"
	case domain.DocumentRefund:
		name = "Refund"
	}
	if number == "" {
		return name + " without a number"
	}
	return name + " " + number
}
