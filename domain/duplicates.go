package domain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// Duplicates looks through a history for freight that may be billed twice
// (rule 48): under one carrier's PRO, or under one bill of lading on one day for
// one amount. It only flags; what is one and the same is for a person to say,
// by linking charges. The zero value is ready.
type Duplicates struct {
	bills map[ShipmentID]*bill
}

// bill is what tells one shipment's freight from another's.
type bill struct {
	carrier    string
	pros, bols []string // normalized
	date       string   // of dispatch
	charges    map[ChargeID]chargeOfBill
	linked     map[ShipmentID]bool // whose charges bill one of these
}

type chargeOfBill struct {
	kind   ChargeKind
	code   string
	amount money.Money
}

// DuplicateKind is by what bills look the same.
type DuplicateKind string

// Kinds of duplicate.
const (
	SameCarrierAndPRO DuplicateKind = "carrier and PRO"
	SameBOLAndAmount  DuplicateKind = "bill of lading, date and amount"
)

// Duplicate is shipments that may be one. Where one charge of a shipment is
// linked to another shipment's, they are told apart: a split, a balance due or
// a correction.
type Duplicate struct {
	Kind      DuplicateKind `json:"kind"`
	Carrier   string        `json:"carrier,omitempty"`
	Number    string        `json:"number"` // PRO or bill of lading, letters and digits only
	Date      string        `json:"date,omitempty"`
	Amount    money.Money   `json:"amount"`    // of the bill of lading's rule; null for the other
	Shipments []ShipmentID  `json:"shipments"` // in order of id
}

// Fold takes the next event.
func (d *Duplicates) Fold(e Event) {
	switch e := e.(type) {
	case OrderReleased:
		for _, r := range e.References {
			d.bill(e.Shipment).refer(r)
		}
	case ReferenceAdded:
		d.bill(e.Shipment).refer(e.Reference)
	case TenderAccepted:
		d.bill(e.Shipment).carrier = normalized(e.Carrier)
	case ShipmentDispatched:
		d.bill(e.Shipment).date = e.At.Day()
	case ShipmentCancelled:
		delete(d.bills, e.Shipment)
	case ChargeEntered:
		d.bill(e.Shipment).charges[e.Charge] = chargeOfBill{e.Kind, e.Code, e.Amount}
	case ChargeAmended:
		b := d.bill(e.Shipment)
		c := b.charges[e.Charge]
		c.amount = e.Amount
		b.charges[e.Charge] = c
	case ChargeRejected:
		delete(d.bill(e.Shipment).charges, e.Charge)
	case ChargeWaived:
		delete(d.bill(e.Shipment).charges, e.Charge)
	case ChargeLinked:
		d.bill(e.Shipment).linked[e.BilledBy.Shipment] = true
	}
}

func (d *Duplicates) bill(id ShipmentID) *bill {
	if d.bills == nil {
		d.bills = map[ShipmentID]*bill{}
	}
	b := d.bills[id]
	if b == nil {
		b = &bill{charges: map[ChargeID]chargeOfBill{}, linked: map[ShipmentID]bool{}}
		d.bills[id] = b
	}
	return b
}

func (b *bill) refer(r Reference) {
	number := normalized(r.Value)
	switch {
	case number == "":
	case r.Kind == "PRO" && !slices.Contains(b.pros, number):
		b.pros = append(b.pros, number)
	case r.Kind == "BOL" && !slices.Contains(b.bols, number):
		b.bols = append(b.bols, number)
	}
}

// normalized is a number as people mean it: capital letters and digits,
// without leading noughts.
func normalized(number string) string {
	number = strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, number)
	return strings.TrimLeft(number, "0")
}

// overlaps tells whether both ask money for the same service.
func (b *bill) overlaps(o *bill) bool {
	for _, c := range b.charges {
		for _, other := range o.charges {
			if c.kind == other.kind && c.code == other.code && !c.amount.IsZero() && !other.amount.IsZero() {
				return true
			}
		}
	}
	return false
}

// total is what a bill asks for; false when it asks for nothing.
func (b *bill) total() (money.Money, bool) {
	var sum money.Money
	for _, c := range b.charges {
		if !sum.IsSet() {
			sum = c.amount
			continue
		}
		var err error
		if sum, err = sum.Add(c.amount); err != nil {
			return sum, false // of several currencies, or beyond the bounds of money
		}
	}
	return sum, !sum.IsZero()
}

// Found lists the duplicates, by carrier and PRO first, in order of number.
func (d *Duplicates) Found() []Duplicate {
	groups := map[string]*Duplicate{}
	gather := func(as Duplicate, id ShipmentID) {
		key := strings.Join([]string{string(as.Kind), as.Carrier, as.Number, as.Date, as.Amount.String()}, "\x00")
		if groups[key] == nil {
			groups[key] = &as
		}
		groups[key].Shipments = append(groups[key].Shipments, id)
	}
	for id, b := range d.bills {
		for _, pro := range b.pros {
			// Carriers print their code before the number, or do not.
			number := strings.TrimLeft(strings.TrimPrefix(pro, b.carrier), "0")
			if number != "" {
				gather(Duplicate{Kind: SameCarrierAndPRO, Carrier: b.carrier, Number: number}, id)
			}
		}
		if sum, asks := b.total(); asks && b.date != "" {
			for _, bol := range b.bols {
				gather(Duplicate{Kind: SameBOLAndAmount, Number: bol, Date: b.date, Amount: sum}, id)
			}
		}
	}
	found := []Duplicate{}
	for _, g := range groups {
		if g.Shipments = d.same(*g); len(g.Shipments) > 0 {
			found = append(found, *g)
		}
	}
	slices.SortFunc(found, func(a, b Duplicate) int {
		return cmp.Or(-cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Carrier, b.Carrier), cmp.Compare(a.Date, b.Date), cmp.Compare(a.Amount.String(), b.Amount.String()))
	})
	return found
}

// same keeps the shipments of a group that another one may be the same as.
func (d *Duplicates) same(g Duplicate) []ShipmentID {
	alike := func(a, b ShipmentID) bool {
		x, y := d.bills[a], d.bills[b]
		return a != b && !x.linked[b] && !y.linked[a] && (g.Kind == SameBOLAndAmount || x.overlaps(y))
	}
	var same []ShipmentID
	for _, id := range g.Shipments {
		if slices.ContainsFunc(g.Shipments, func(other ShipmentID) bool { return alike(id, other) }) {
			same = append(same, id)
		}
	}
	slices.Sort(same)
	return slices.Compact(same) // known by one number in two spellings
}
