package domaintest

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// Revenue follows a history and holds what every charge has earned, as its
// shipment says, against where the books and the invoices have it:
//
//	earned = billed + unbilled + waived + written off
//
// It must hold behind every decision, for every charge. Amounts are without tax.
type Revenue struct {
	shipments map[domain.ShipmentID]domain.Shipment
	of        map[chargeKey]*revenueOf
	invoiced  map[domain.InvoiceID]map[chargeKey]decimal.Decimal // as issued
	taken     map[takenBack]bool                                 // credited to be billed again
	through   map[domain.ShipmentID]string                       // the last month's end under way
}

// chargeKey is a charge as the journal's memo names it.
type chargeKey string

type takenBack struct {
	invoice domain.InvoiceID
	charge  chargeKey
}

// revenueOf is where the revenue of one charge stands.
type revenueOf struct {
	billed, unbilled, writtenOff decimal.Decimal
	amount                       decimal.Decimal // as last entered or amended
	waived                       bool
}

// Stand is where all revenue of a currency stands.
type Stand struct{ Earned, Billed, Unbilled, Waived, WrittenOff decimal.Decimal }

// NewRevenue follows a history from its beginning.
func NewRevenue() *Revenue {
	return &Revenue{map[domain.ShipmentID]domain.Shipment{}, map[chargeKey]*revenueOf{}, map[domain.InvoiceID]map[chargeKey]decimal.Decimal{}, map[takenBack]bool{}, map[domain.ShipmentID]string{}}
}

func keyOf(s domain.ShipmentID, c domain.ChargeID, kind domain.ChargeKind) chargeKey {
	return chargeKey(string(s) + " " + string(c) + " " + string(kind))
}

func (r *Revenue) charge(key chargeKey) *revenueOf {
	if r.of[key] == nil {
		r.of[key] = &revenueOf{}
	}
	return r.of[key]
}

// Fold takes the next event of a stream.
func (r *Revenue) Fold(stream domain.Stream, e domain.Event) {
	if stream.Category() == "shipment" {
		id := domain.ShipmentID(stream.ID())
		r.shipments[id] = r.shipments[id].Evolve(e)
	}
	if d, ok := domain.Journal(e); ok {
		r.book(d)
	}
	switch e := e.(type) {
	case domain.TransitMeasured:
		r.through[e.Shipment] = e.Date
	case domain.ChargeEntered:
		r.charge(keyOf(e.Shipment, e.Charge, e.Kind)).amount = e.Amount.Amount()
	case domain.ChargeAmended:
		r.charge(r.key(e.Shipment, e.Charge)).amount = e.Amount.Amount()
	case domain.ChargeWaived:
		r.charge(r.key(e.Shipment, e.Charge)).waived = true
	case domain.InvoiceIssued:
		lines := map[chargeKey]decimal.Decimal{}
		for _, line := range e.Lines {
			lines[keyOf(line.Shipment, line.Charge, line.Kind)] = line.Amount.Amount()
		}
		r.invoiced[e.Invoice] = lines
	case domain.CreditIssued:
		if !e.Rebill {
			return // a part of what stays billed
		}
		for _, line := range e.Lines {
			key := keyOf(line.Shipment, line.Charge, line.Kind)
			c := r.charge(key)
			c.billed = c.billed.Sub(r.invoiced[e.Invoice][key])
			r.taken[takenBack{e.Invoice, key}] = true
		}
	case domain.ChargesReleased:
		// It may be claimed for the same invoice again, which then declines it.
		for _, id := range e.Charges {
			delete(r.taken, takenBack{e.Invoice, r.key(e.Shipment, id)})
		}
	case domain.WrittenOff:
		r.lose(e.Lines, 1)
	case domain.WriteOffReversed:
		r.lose(e.Lines, -1)
	}
}

// key names a charge whose kind the event does not tell.
func (r *Revenue) key(s domain.ShipmentID, id domain.ChargeID) chargeKey {
	for _, c := range r.shipments[s].Charges {
		if c.ID == id {
			return keyOf(s, id, c.Kind)
		}
	}
	return keyOf(s, id, "")
}

func (r *Revenue) lose(lines []domain.CreditLine, sign int64) {
	for _, line := range lines {
		c := r.charge(keyOf(line.Shipment, line.Charge, line.Kind))
		c.writtenOff = c.writtenOff.Add(line.Amount.Amount().Mul(decimal.NewFromInt(sign)))
	}
}

// book reads where a document moves revenue, by its memos.
func (r *Revenue) book(d domain.Document) {
	for _, e := range d.Entries {
		debit := e.Amount.Amount()
		if e.Side == domain.CreditSide {
			debit = debit.Neg()
		}
		switch c := chargeKey(e.Memo); e.Role {
		case domain.Unbilled:
			r.charge(c).unbilled = r.charge(c).unbilled.Add(debit)
		case domain.Revenue, domain.AccrualVariance:
			r.charge(c).billed = r.charge(c).billed.Sub(debit)
		}
	}
}

// Check compares both sides for every charge, and says by currency where all
// revenue stands.
func (r *Revenue) Check() (map[money.Currency]Stand, error) {
	stands := map[money.Currency]Stand{}
	for id, s := range r.shipments {
		stand := stands[s.Currency]
		for _, c := range s.Charges {
			key := keyOf(id, c.ID, c.Kind)
			has := r.charge(key)
			waived := decimal.Decimal{}
			if has.waived && over(s, c) {
				waived = has.amount
			}
			earned := r.earned(s, c, key)
			if where := has.billed.Add(has.unbilled).Add(waived); !where.Equal(earned) {
				return nil, fmt.Errorf("charge %s of shipment %s is %s and has earned %s; billed %s, unbilled %s, waived %s", c.ID, id, c.Status, earned, has.billed, has.unbilled, waived)
			}
			if has.writtenOff.Abs().GreaterThan(has.billed.Abs()) {
				return nil, fmt.Errorf("charge %s of shipment %s: %s is written off, %s was billed", c.ID, id, has.writtenOff, has.billed)
			}
			stand.Earned, stand.Billed = stand.Earned.Add(earned), stand.Billed.Add(has.billed).Sub(has.writtenOff)
			stand.Unbilled, stand.Waived, stand.WrittenOff = stand.Unbilled.Add(has.unbilled), stand.Waived.Add(waived), stand.WrittenOff.Add(has.writtenOff)
		}
		stands[s.Currency] = stand
	}
	return stands, nil
}

// over tells that nothing more has to happen for a charge to be earned: its
// freight was delivered, or cancelled when it owed the charge already.
func over(s domain.Shipment, c domain.Charge) bool {
	rated := slices.ContainsFunc(s.Rated.Charges, func(r domain.RatedCharge) bool { return r.Charge == c.ID })
	return !s.Delivered.IsZero() || s.Cancelled != "" && (rated || c.Code == truckNotUsed)
}

// truckNotUsed is the code of a truck that was ordered and not used.
const truckNotUsed = "VOR"

// earned is what a charge has earned, as its shipment says.
func (r *Revenue) earned(s domain.Shipment, c domain.Charge, key chargeKey) decimal.Decimal {
	switch c.Status {
	case domain.ChargeReady, domain.ChargeWasWaived:
		if over(s, c) && c.Amount.IsSet() {
			return c.Amount.Amount()
		}
		if through := r.through[s.ID]; through != "" && c.Status == domain.ChargeReady {
			return onTheWay(s, c, through)
		}
	case domain.ChargeClaimed, domain.ChargeWrittenOff:
		// Credited to be billed again, it waits for its release.
		if !r.taken[takenBack{c.Invoice, key}] {
			return c.Amount.Amount()
		}
	case domain.ChargePending:
		return c.Accrued.Amount()
	}
	return decimal.Decimal{}
}
