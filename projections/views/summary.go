package views

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Summary says how the ledger stands.
type Summary struct {
	Events        int64         `json:"events"`
	LastRecorded  time.Time     `json:"last_recorded,omitzero"`
	EventTypes    []Count       `json:"event_types"`
	Shipments     []Count       `json:"shipments"` // by status
	Invoices      []Count       `json:"invoices"`  // by status; candidates wait
	Postings      []Count       `json:"postings"`  // by status
	Exceptions    int           `json:"open_exceptions"`
	Blocked       int           `json:"blocked_candidates"` // by the customer's master data
	HeldCharges   int           `json:"held_charges"`
	DeadLetters   int           `json:"dead_letters"`
	HeldPayments  int           `json:"held_remittances"`
	OpenDisputes  int           `json:"open_disputes"`
	Money         []Stage       `json:"money"`
	UnappliedCash []money.Money `json:"unapplied_cash"` // one a currency
}

// Count is how many there are of something.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Stage is the money that stands somewhere between dispatch and cash, in one
// currency.
type Stage struct {
	Stage  string      `json:"stage"`
	Count  int         `json:"count"`
	Amount money.Money `json:"amount"`
}

// Stages, in the order that money takes. The first four count charges, the
// others invoices.
const (
	StagePending   = "pending-approval"
	StageEarning   = "not-delivered" // ready charges of shipments on their way
	StageUnbilled  = "delivered-not-billed"
	StageCandidate = "on-candidate"
	StageIssued    = "issued-not-posted" // open amounts from here on
	StagePosted    = "posted-open"
	StagePaid      = "settled" // what was billed and is no longer open
)

type counts struct{ *counted }

type counted struct {
	n    map[string]int64
	last time.Time
}

func newCounts() counts { return counts{&counted{n: map[string]int64{}}} }

func (counts) Name() string { return "counts" }
func (counts) Version() int { return 1 }
func (p counts) Forget()    { clear(p.n) }

func (counts) Schema() []string {
	return []string{"CREATE TABLE event_counts (type TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID",
		"CREATE TABLE latest (one INTEGER PRIMARY KEY, recorded TEXT NOT NULL)"}
}

func (p counts) Handle(_ *projections.Tx, e eventstore.Decoded) error {
	p.n[e.Type]++
	p.last = e.Meta.RecordedAt
	return nil
}

func (p counts) Flush(tx *projections.Tx) error {
	for _, name := range slices.Sorted(maps.Keys(p.n)) {
		if err := tx.Exec("INSERT INTO event_counts VALUES (?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n", name, p.n[name]); err != nil {
			return err
		}
	}
	clear(p.n)
	return tx.Exec("INSERT OR REPLACE INTO latest VALUES (1, ?)", instant(p.last))
}

// Summary answers how everything stands.
func (v *Views) Summary(ctx context.Context) (s Summary, err error) {
	for _, c := range []struct {
		to    *[]Count
		query string
	}{
		{&s.EventTypes, "SELECT type, n FROM event_counts ORDER BY type"},
		{&s.Shipments, "SELECT status, COUNT(*) FROM shipments GROUP BY status ORDER BY status"},
		{&s.Invoices, "SELECT status, COUNT(*) FROM invoices GROUP BY status ORDER BY status"},
		{&s.Postings, "SELECT status, COUNT(*) FROM postings GROUP BY status ORDER BY status"},
	} {
		if *c.to, err = selectAll(ctx, v.db, scanCount, c.query); err != nil {
			return s, err
		}
	}
	for _, c := range s.EventTypes {
		s.Events += int64(c.Count)
	}
	if _, _, err = selectOne(ctx, v.db, func(r row) (bool, error) { return true, r.Scan(when{&s.LastRecorded}) }, "SELECT recorded FROM latest"); err != nil {
		return s, err
	}
	for _, n := range []struct {
		to    *int
		query string
	}{
		{&s.Exceptions, "SELECT COUNT(*) FROM exceptions WHERE open"},
		{&s.Blocked, "SELECT COUNT(*) FROM blocked"},
		{&s.HeldCharges, "SELECT COUNT(*) FROM charges WHERE status = 'held'"},
		{&s.DeadLetters, "SELECT COUNT(*) FROM message_items WHERE status = 'refused'"},
		{&s.HeldPayments, "SELECT COUNT(*) FROM payments WHERE hold <> ''"},
		{&s.OpenDisputes, "SELECT COUNT(*) FROM disputes WHERE status IN " + openDisputes},
	} {
		if *n.to, _, err = selectOne(ctx, v.db, scanNumber, n.query); err != nil {
			return s, err
		}
	}
	if s.UnappliedCash, err = selectAll(ctx, v.db, func(r row) (money.Money, error) {
		var currency money.Currency
		var sum total
		if err := r.Scan(&currency, &sum.whole, &sum.odd); err != nil {
			return money.Money{}, err
		}
		return sum.in(currency)
	}, "SELECT currency, "+sumOf("unapplied")+" FROM payments WHERE unapplied IS NOT NULL GROUP BY currency ORDER BY currency"); err != nil {
		return s, err
	}
	s.Money, err = v.stages(ctx)
	return s, err
}

func scanCount(r row) (c Count, err error) {
	err = r.Scan(&c.Name, &c.Count)
	return c, err
}

func (v *Views) stages(ctx context.Context) ([]Stage, error) {
	scan := func(r row) (s Stage, err error) {
		var currency money.Currency
		var sum total
		if err = r.Scan(&s.Stage, &currency, &s.Count, &sum.whole, &sum.odd); err != nil {
			return s, err
		}
		s.Amount, err = sum.in(currency)
		return s, err
	}
	waiting, err := selectAll(ctx, v.db, scan, `SELECT CASE c.status WHEN 'pending-approval' THEN 'pending-approval' WHEN 'claimed' THEN 'on-candidate'
			ELSE CASE s.delivered WHEN '' THEN 'not-delivered' ELSE 'delivered-not-billed' END END AS stage, c.currency, COUNT(*), `+sumOf("c.amount")+`
		FROM charges c JOIN shipments s ON s.id = c.shipment LEFT JOIN invoices i ON i.id = c.invoice
		WHERE c.status IN ('pending-approval', 'ready') OR c.status = 'claimed' AND COALESCE(i.number, '') = '' GROUP BY stage, c.currency`)
	if err != nil {
		return nil, err
	}
	open, err := selectAll(ctx, v.db, scan, `SELECT CASE posted WHEN 0 THEN 'issued-not-posted' ELSE 'posted-open' END AS stage, currency, COUNT(*), `+sumOf("open")+`
		FROM invoices WHERE number <> '' AND status <> 'void' AND open <> 0 GROUP BY stage, currency`)
	if err != nil {
		return nil, err
	}
	billed, err := selectAll(ctx, v.db, scan, "SELECT 'settled', currency, SUM(open = 0), "+sumOf("total")+
		" FROM invoices WHERE number <> '' AND status <> 'void' GROUP BY currency")
	if err != nil {
		return nil, err
	}
	for i := range billed {
		for _, o := range open {
			if o.Amount.Currency() == billed[i].Amount.Currency() {
				if billed[i].Amount, err = billed[i].Amount.Sub(o.Amount); err != nil {
					return nil, err
				}
			}
		}
	}
	order := []string{StagePending, StageEarning, StageUnbilled, StageCandidate, StageIssued, StagePosted, StagePaid}
	all := slices.Concat(waiting, open, billed)
	slices.SortStableFunc(all, func(a, b Stage) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Stage), slices.Index(order, b.Stage)), cmp.Compare(a.Amount.Currency(), b.Amount.Currency()))
	})
	return all, nil
}

func scanNumber(r row) (n int, err error) {
	err = r.Scan(&n)
	return n, err
}
