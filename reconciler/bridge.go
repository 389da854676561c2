package reconciler

import (
	"cmp"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// Bridge leads from the charges that were entered to the revenue that was
// billed: entered = billed + held + rejected + waived, by kind of charge and
// currency, with every held charge named. It covers the whole history, whatever
// periods the report is of.
type Bridge struct {
	Rows []BridgeRow `json:"rows"` // by kind and currency
	// Held names what is not billed, by shipment and charge; at most as many as
	// the report keeps, HeldCount of them in all.
	Held      []HeldLine `json:"held"`
	HeldCount int        `json:"held_count"`
	// Stranded are accruals of charges that will never be billed: rejected or
	// waived after they were accrued. They stand in 1250 until somebody reverses
	// them. At most as many as the report keeps, StrandedCount of them in all.
	Stranded      []HeldLine     `json:"stranded"`
	StrandedCount int            `json:"stranded_count"`
	Accrued       []AccruedCheck `json:"accrued"` // by currency
}

// BridgeRow is one kind of charge in one currency.
type BridgeRow struct {
	Kind        domain.ChargeKind `json:"kind"`
	Entered     Figure            `json:"entered"` // as amended
	Billed      Figure            `json:"billed"`  // on issued invoices that stand
	Held        Figure            `json:"held"`
	Rejected    Figure            `json:"rejected"`
	Waived      Figure            `json:"waived"`
	Difference  Figure            `json:"difference"` // nought, or a charge was billed twice or lost
	Credited    Figure            `json:"credited"`   // given back on invoices that stand; part of Billed
	NoFigure    int               `json:"no_figure"`  // charges held without an amount
	Linked      int               `json:"linked"`     // billed by another charge
	NotBillable int               `json:"not_billable"`
}

// HeldLine is a charge that is not billed, and why.
type HeldLine struct {
	Shipment  domain.ShipmentID   `json:"shipment"`
	Customer  domain.CustomerID   `json:"customer,omitempty"`
	Charge    domain.ChargeID     `json:"charge,omitempty"` // empty: the shipment has none
	Kind      domain.ChargeKind   `json:"kind,omitempty"`
	Status    domain.ChargeStatus `json:"status,omitempty"`
	Amount    *Figure             `json:"amount,omitempty"`  // nil: no figure yet
	Accrued   *Figure             `json:"accrued,omitempty"` // what stands in 1250 and 4090 for it
	Delivered string              `json:"delivered,omitempty"`
	Reason    string              `json:"reason"`
}

// AccruedCheck holds the charges' accruals against the unbilled account (1250)
// of the expected books.
type AccruedCheck struct {
	Held       Figure `json:"held"`
	Stranded   Figure `json:"stranded"`
	Books      Figure `json:"books"`
	Difference Figure `json:"difference"` // books less held less stranded
}

// Holds tells whether every charge is accounted for.
func (b Bridge) Holds() bool {
	for _, row := range b.Rows {
		if !row.Difference.Amount.IsZero() {
			return false
		}
	}
	for _, check := range b.Accrued {
		if !check.Difference.Amount.IsZero() {
			return false
		}
	}
	return true
}

type bridgeKey struct {
	kind     domain.ChargeKind
	currency money.Currency
}

type bridgeSums struct {
	entered, billed, held, rejected, waived, credited decimal.Decimal
	noFigure, linked, notBillable                     int
}

type chargeOnInvoice struct {
	invoice  domain.InvoiceID
	shipment domain.ShipmentID
	charge   domain.ChargeID
}

// bridge folds charges. It keeps the shipments that have something open; one
// whose charges are all settled is dropped and comes back when a void, a rebill
// or a late charge reopens it.
type bridge struct {
	open    map[domain.ShipmentID]*openShipment
	holds   map[domain.InvoiceID][]string       // of candidates
	credits map[chargeOnInvoice]decimal.Decimal // given back so far, where a rebill may follow
	sums    map[bridgeKey]*bridgeSums
	books   map[string]decimal.Decimal // balance of 1250 by currency
}

// openShipment is a shipment's state, less what the bridge does not read.
type openShipment struct {
	domain.Shipment
	charged bool // it has had a charge
}

func newBridge() *bridge {
	return &bridge{map[domain.ShipmentID]*openShipment{}, map[domain.InvoiceID][]string{}, map[chargeOnInvoice]decimal.Decimal{},
		map[bridgeKey]*bridgeSums{}, map[string]decimal.Decimal{}}
}

func (b *bridge) of(kind domain.ChargeKind, currency money.Currency) *bridgeSums {
	key := bridgeKey{kind, currency}
	s := b.sums[key]
	if s == nil {
		s = &bridgeSums{}
		b.sums[key] = s
	}
	return s
}

// book watches the unbilled account of the expected books.
func (b *bridge) book(d *domain.Document) {
	for _, e := range d.Entries {
		if e.Role != domain.Unbilled {
			continue
		}
		amount := e.Amount.Amount()
		if e.Side == domain.CreditSide {
			amount = amount.Neg()
		}
		b.books[string(d.Currency)] = b.books[string(d.Currency)].Add(amount)
	}
}

// line describes an open charge, without its reason.
func (s *openShipment) line(c *domain.Charge) HeldLine {
	line := HeldLine{Shipment: s.ID, Customer: s.Customer, Charge: c.ID, Kind: c.Kind, Status: c.Status, Delivered: s.Delivered.Day()}
	if c.Amount.IsSet() {
		f := figureOf(c.Amount)
		line.Amount = &f
	}
	if !c.Accrued.IsZero() {
		f := figureOf(c.Accrued)
		line.Accrued = &f
	}
	return line
}

// why says what keeps a charge from being billed.
func (b *bridge) why(s *openShipment, c *domain.Charge) string {
	switch {
	case s.Cancelled != "":
		return "the shipment was cancelled: " + s.Cancelled
	case c.Status == domain.ChargeIsHeld:
		return "no figure: " + c.Reason
	case c.Status == domain.ChargeClaimed:
		if holds := b.holds[c.Invoice]; len(holds) > 0 {
			return "on candidate " + string(c.Invoice) + ", which is held: " + strings.Join(holds, ", ")
		}
		return "on invoice " + string(c.Invoice) + ", which is not issued or was taken back"
	}
	holds := s.BillingHolds()
	if c.Status == domain.ChargePending && c.Prior != "" {
		holds = append([]string{"released from invoice " + string(c.Prior)}, holds...)
	}
	if len(holds) == 0 {
		return "ready, not claimed by an invoice yet"
	}
	return strings.Join(holds, "; ")
}

// result closes the bridge; each held line goes to visit, and at most keep of
// them into the result.
func (b *bridge) result(keep int, visit func(HeldLine) error) (Bridge, error) {
	out := Bridge{Held: []HeldLine{}, Stranded: []HeldLine{}, Rows: []BridgeRow{}, Accrued: []AccruedCheck{}}
	held, stranded := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	keepLine := func(line HeldLine) error {
		out.HeldCount++
		if len(out.Held) < keep {
			out.Held = append(out.Held, line)
		}
		return visit(line)
	}
	ids := make([]domain.ShipmentID, 0, len(b.open))
	for id := range b.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		s := b.open[id]
		slices.SortFunc(s.Charges, func(a, c domain.Charge) int { return cmp.Compare(a.ID, c.ID) })
		for i := range s.Charges {
			c := &s.Charges[i]
			line := s.line(c)
			if ended(*c) {
				line.Reason = "accrued, and then " + string(c.Status) + ": " + c.Reason
				stranded[line.Accrued.Currency] = stranded[line.Accrued.Currency].Add(line.Accrued.Amount)
				if out.StrandedCount++; len(out.Stranded) < keep {
					out.Stranded = append(out.Stranded, line)
				}
				continue
			}
			line.Reason = b.why(s, c)
			if line.Amount == nil {
				b.of(c.Kind, s.Currency).noFigure++
			} else {
				sums := b.of(c.Kind, c.Amount.Currency())
				sums.held = sums.held.Add(c.Amount.Amount())
			}
			if line.Accrued != nil {
				held[line.Accrued.Currency] = held[line.Accrued.Currency].Add(line.Accrued.Amount)
			}
			if err := keepLine(line); err != nil {
				return out, err
			}
		}
		if !s.charged && s.Cancelled == "" && !s.Delivered.IsZero() {
			line := HeldLine{Shipment: s.ID, Customer: s.Customer, Delivered: s.Delivered.Day(), Reason: "delivered, and no charge was ever entered"}
			if err := keepLine(line); err != nil {
				return out, err
			}
		}
	}
	out.Rows = b.rows()
	out.Accrued = b.accrued(held, stranded)
	return out, nil
}

func (b *bridge) rows() []BridgeRow {
	rows := make([]BridgeRow, 0, len(b.sums))
	for key, s := range b.sums {
		in := func(d decimal.Decimal) Figure { return Figure{d, string(key.currency)} }
		rows = append(rows, BridgeRow{key.kind, in(s.entered), in(s.billed), in(s.held), in(s.rejected), in(s.waived),
			in(s.entered.Sub(s.billed).Sub(s.held).Sub(s.rejected).Sub(s.waived)), in(s.credited), s.noFigure, s.linked, s.notBillable})
	}
	slices.SortFunc(rows, func(a, c BridgeRow) int {
		return cmp.Or(cmp.Compare(a.Entered.Currency, c.Entered.Currency), cmp.Compare(a.Kind, c.Kind))
	})
	return rows
}

func (b *bridge) accrued(held, stranded map[string]decimal.Decimal) []AccruedCheck {
	currencies := map[string]bool{}
	for _, m := range []map[string]decimal.Decimal{held, stranded, b.books} {
		for c := range m {
			currencies[c] = true
		}
	}
	checks := make([]AccruedCheck, 0, len(currencies))
	for c := range currencies {
		checks = append(checks, AccruedCheck{Figure{held[c], c}, Figure{stranded[c], c}, Figure{b.books[c], c},
			Figure{b.books[c].Sub(held[c]).Sub(stranded[c]), c}})
	}
	slices.SortFunc(checks, func(a, c AccruedCheck) int { return cmp.Compare(a.Held.Currency, c.Held.Currency) })
	return checks
}
