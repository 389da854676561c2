package rating

import (
	"github.com/freightledger/freightledger/domain/money"
)

// Ids and X12 codes (element 150) of the charges of a movement.
const (
	linehaulID   = "linehaul"
	discountID   = "discount"
	fuelID       = "fuel"
	linehaulCode = "400"
	discountCode = "DSC"
	fuelCode     = "FUE"
)

// movement is the price of the move itself.
//
// A minimum (rule 24) raises the linehaul, and never adds a line. Where it is
// compared with what a discount leaves and that is less, the linehaul is the
// minimum and there is no discount: its sheet shows both. Where it is compared
// with what fuel makes of it, the linehaul is what the minimum leaves beside
// the fuel surcharge. So the lines always sum to what is owed.
type movement struct {
	lane     Lane
	currency money.Currency
	round    Round
	sheet    *sheet // of the linehaul; without a minimum it ends here
	before   ref    // the linehaul before discount

	linehaul Charge
	discount *Charge
	// net and gross are what percentages are of: after discount and minimum,
	// and before discount, but never less than net.
	net, gross base
}

// base is an amount and the parts, each to be read somewhere, that it is of.
type base struct {
	amount money.Money
	parts  []part
}

type part struct {
	label, from string
	amount      money.Money
}

func baseOf(label, from string, amount money.Money) base {
	return base{amount, []part{{label, from, amount}}}
}

// plus adds the amount of a charge.
func (b base) plus(c Charge) (base, error) {
	sum, err := b.amount.Add(c.Amount)
	parts := append([]part(nil), b.parts...)
	return base{sum, append(parts, part{c.Description, "charge " + c.Charge, c.Amount})}, err
}

// note brings the base into a sheet.
func (b base) note(s *sheet, label string) ref {
	refs := make([]ref, len(b.parts))
	for i, p := range b.parts {
		refs[i] = s.billed(p.label, p.from, p.amount)
	}
	if len(refs) == 1 {
		return refs[0]
	}
	return s.do(label, Add, refs...)
}

// move prices the movement on a lane. What is not known is missing, and then
// there is no price.
func (a Agreement) move(f Facts, lane Lane) (m movement, missing string, err error) {
	l := lane.Linehaul
	m = movement{lane: lane, currency: a.Currency, round: a.Round, sheet: newSheet("lane " + lane.Lane)}
	if l.Round != nil {
		m.round = *l.Round
	}
	price, missing := l.price(m.sheet, f)
	if missing != "" {
		return m, missing, nil
	}
	if m.minimumFirst() {
		price = m.atLeastMinimum(price)
	}
	m.before = m.sheet.round("linehaul", price, m.round)
	if err := m.settle(); err != nil {
		return m, "", err
	}
	m.gross = baseOf("linehaul", "charge linehaul", m.linehaul.Amount)
	m.net = m.gross
	if l.Discount.Sign() > 0 {
		if err := m.deduct(); err != nil {
			return m, "", err
		}
	}
	if l.MinimumAt == "" || l.MinimumAt == AfterDiscount {
		if m.below(numberOf(m.net.amount)) {
			err = m.raise(nil)
		}
	}
	return m, "", err
}

// minimumFirst tells whether the minimum is compared before the linehaul is
// rounded: it applies before the discount, or there is none.
func (m *movement) minimumFirst() bool {
	l := m.lane.Linehaul
	return !l.Minimum.IsZero() && (l.MinimumAt == BeforeDiscount || l.MinimumAt != AfterFuel && l.Discount.Sign() <= 0)
}

func (m *movement) atLeastMinimum(price ref) ref {
	minimum := m.sheet.given("minimum", m.sheet.clause+"/linehaul/minimum", m.lane.Linehaul.Minimum)
	return m.sheet.do("at least the minimum", Max, price, minimum)
}

// below tells an amount that is less than the minimum.
func (m *movement) below(amount number) bool {
	minimum := m.lane.Linehaul.Minimum
	return !minimum.IsZero() && amount.cmp(minimum.number()) < 0
}

// short tells that linehaul and fuel come to less than a minimum that applies
// to both.
func (m *movement) short(fuel fuelled) bool {
	if m.lane.Linehaul.MinimumAt != AfterFuel {
		return false
	}
	total := numberOf(m.net.amount)
	if fuel.charge != nil {
		total = total.plus(numberOf(fuel.charge.Amount))
	}
	return m.below(total)
}

// settle makes the linehaul of its sheet as it stands.
func (m *movement) settle() error {
	amount, derivation, err := m.sheet.end(m.currency)
	m.linehaul = Charge{
		Charge: linehaulID, Kind: KindFreight, Code: linehaulCode, Description: "linehaul " + m.lane.Lane,
		Amount: amount, Rounding: m.round.Mode, Derivation: derivation,
	}
	return err
}

// deduct makes the discount a charge of its own. It is of the linehaul as
// billed, so that whoever has the bill can check it.
func (m *movement) deduct() error {
	s := newSheet(m.sheet.clause)
	m.discounted(s, s.billed("linehaul", "charge linehaul", m.linehaul.Amount))
	amount, derivation, err := s.end(m.currency)
	if err != nil {
		return err
	}
	m.discount = &Charge{
		Charge: discountID, Kind: KindDiscount, Code: discountCode, Description: "discount " + m.lane.Linehaul.Discount.String() + "%",
		Amount: amount, Rounding: m.round.Mode, Derivation: derivation,
	}
	m.net, err = m.gross.plus(*m.discount)
	return err
}

func (m *movement) discounted(s *sheet, linehaul ref) ref {
	percent := s.given("discount in per cent", s.clause+"/linehaul/discount", m.lane.Linehaul.Discount)
	off := s.do("discount", Percent, linehaul, percent)
	return s.round("discount, to deduct", s.do("discount, with its sign", Neg, off), m.round)
}

// raise lifts the linehaul so that it comes to the minimum: alone, or together
// with the fuel surcharge.
func (m *movement) raise(fuel *Charge) error {
	s := m.sheet
	step := func(r ref, label string, amount money.Money) base {
		return baseOf(label, "charge linehaul/steps/"+whole(int64(r)).String(), amount)
	}
	m.gross = step(m.before, "linehaul before discount", m.gross.amount)
	after := m.before
	if m.discount != nil {
		after = s.do("after discount", Add, m.before, m.discounted(s, m.before))
		m.discount = nil
	}
	m.net = step(after, "linehaul after discount", m.net.amount)
	if fuel == nil {
		s.round("linehaul, the minimum", m.atLeastMinimum(after), m.round)
		if err := m.settle(); err != nil {
			return err
		}
		m.net = baseOf("linehaul", "charge linehaul", m.linehaul.Amount)
		if numberOf(m.gross.amount).cmp(numberOf(m.net.amount)) < 0 {
			m.gross = m.net
		}
		return nil
	}
	surcharge := s.billed("fuel surcharge", "charge fuel", fuel.Amount)
	both := m.atLeastMinimum(s.do("with the fuel surcharge", Add, after, surcharge))
	s.round("linehaul, the minimum less fuel", s.do("less the fuel surcharge", Sub, both, surcharge), m.round)
	return m.settle()
}

// charges are the lines of the movement but for fuel.
func (m *movement) charges() []Charge {
	if m.discount == nil {
		return []Charge{m.linehaul}
	}
	return []Charge{m.linehaul, *m.discount}
}

// price notes the steps up to the price of a linehaul before its rounding.
func (l Linehaul) price(s *sheet, f Facts) (price ref, missing string) {
	at := s.clause + "/linehaul/"
	if l.Per == Flat && len(l.Breaks) == 0 {
		return s.given("rate", at+"rate", l.Rate), ""
	}
	amount, missing := s.measureIn(f, l.thresholdUnit())
	if missing != "" {
		return 0, missing
	}
	if len(l.Breaks) == 0 {
		rate := s.given("rate per "+string(l.Per), at+"rate", l.Rate)
		return s.do("price", Mul, s.units(amount, l.Per), rate), ""
	}
	i := breakOf(l.Breaks, s.values[amount])
	if i < 0 {
		return 0, "no rate begins at or below " + s.values[amount].String()
	}
	if l.Per == Flat {
		return l.rate(s, i), ""
	}
	price = s.do("price", Mul, s.units(amount, l.Per), l.rate(s, i))
	j := l.cheapest(i + 1)
	if !l.Deficit || j < 0 {
		return price, ""
	}
	least := s.given("least "+l.thresholdUnit()+" of a later rate", at+"breaks/"+whole(int64(j)).String()+"/from", l.Breaks[j].From)
	deficit := s.do("price as that much", Mul, s.units(least, l.Per), l.rate(s, j))
	return s.do("the lower of both", Min, price, deficit), ""
}

// rate notes that of a break.
func (l Linehaul) rate(s *sheet, i int) ref {
	b := l.Breaks[i]
	label := "rate per " + string(l.Per) + " from " + b.From.String() + " " + l.thresholdUnit()
	return s.given(label, s.clause+"/linehaul/breaks/"+whole(int64(i)).String()+"/rate", b.Rate)
}

// cheapest is the break from the i-th on whose least quantity costs least, or
// -1. In a tariff whose totals rise that is the i-th itself; in any other, a
// heavier shipment would else cost less than a lighter one.
func (l Linehaul) cheapest(i int) int {
	best := -1
	var least number
	for ; i < len(l.Breaks); i++ {
		total := l.Breaks[i].From.number().times(l.Breaks[i].Rate.number())
		if best < 0 || total.cmp(least) < 0 {
			best, least = i, total
		}
	}
	return best
}

// breakOf is the last break that begins at or below the value, or -1.
func breakOf(breaks []Break, v number) int {
	found := -1
	for i, b := range breaks {
		if b.From.number().cmp(v) <= 0 {
			found = i
		}
	}
	return found
}
