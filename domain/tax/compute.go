package tax

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// LackingError is a line that must not be billed yet (rule 32).
type LackingError struct {
	Line, Rule string
	Lacks      []Need
}

func (e *LackingError) Error() string {
	return fmt.Sprintf("line %s: rule %s lacks %s: record the evidence and decide anew", e.Line, e.Rule, e.Lacks[0].Evidence)
}

// Compute makes the tax of a bill. The order of the lines decides nothing but
// the order of the result, and who among equals gets a minor unit. It refuses a
// line whose decision waits for evidence with a *LackingError, and lines that
// are not whole amounts of the currency, or repeated.
func Compute(c money.Currency, lines []Line) (Bill, error) {
	b := Bill{Lines: make([]LineTax, len(lines))}
	printed := map[string]bool{}
	for i, line := range lines {
		d := line.Decision
		if d.Held() {
			return Bill{}, &LackingError{line.Line, d.Rule, d.Lacks}
		}
		if d.Version == "" {
			return Bill{}, fmt.Errorf("line %s: its decision names no version of rules: decide anew", line.Line)
		}
		if d.Code == ZeroRated && len(d.Evidence) == 0 {
			return Bill{}, fmt.Errorf("line %s: zero-rated without evidence: decide anew with it (rule 32)", line.Line)
		}
		if d.Notice != "" && !printed[d.Notice] {
			printed[d.Notice], b.Notices = true, append(b.Notices, d.Notice)
		}
		l := LineTax{Line: line.Line, Net: line.Net, Code: d.Code, Jurisdiction: d.Jurisdiction, Registration: d.Registration, Category: d.Category, VATEX: d.VATEX}
		for _, levy := range d.Levies {
			means := Rounded
			if levy.Round.Per == PerInvoice {
				means = Allotted
			}
			l.Amounts = append(l.Amounts, Amount{Tax: levy.Tax, Jurisdiction: levy.Jurisdiction, Registration: levy.Registration,
				Net: line.Net, Percent: levy.Percent, Means: means, Round: levy.Round})
		}
		b.Lines[i] = l
	}
	if err := b.compute(c); err != nil {
		return Bill{}, err
	}
	return b, nil
}

// Sum makes a bill of lines whose taxes are computed already: a credit memo of
// lines that Credit made.
func Sum(c money.Currency, lines []LineTax) (Bill, error) {
	b := Bill{Lines: clone(lines)}
	if err := b.compute(c); err != nil {
		return Bill{}, err
	}
	return b, nil
}

// key tells which amounts belong to one subtotal.
type key struct {
	code                                       Code
	category, vatex, tax, jurisdiction, number string
	percent, round                             string
	means                                      Means
}

// group is a subtotal under way.
type group struct {
	Subtotal
	exact   decimal.Decimal
	members []*Amount
	shares  []decimal.Decimal // exact amounts of the members
}

// compute makes every amount, subtotal and sum of lines that say by what they
// are taxed. What they had of these is made anew.
func (b *Bill) compute(c money.Currency) error {
	var groups []*group
	index := map[key]*group{}
	// at is the subtotal of a line's amount, or of a line without any.
	at := func(line *LineTax, a Amount) *group {
		k := key{line.Code, line.Category, line.VATEX, a.Tax, a.Jurisdiction, a.Registration, a.Percent.value.String(), a.Round.String(), a.Means}
		g := index[k]
		if g == nil {
			g = &group{Subtotal: Subtotal{Code: line.Code, Category: line.Category, VATEX: line.VATEX,
				Tax: a.Tax, Jurisdiction: a.Jurisdiction, Registration: a.Registration,
				Percent: a.Percent, Means: a.Means, Net: money.Zero(c), Amount: money.Zero(c)}}
			if a.Tax != "" {
				g.Round = &a.Round
			}
			index[k], groups = g, append(groups, g)
		}
		return g
	}
	seen := map[string]bool{}
	for i := range b.Lines {
		line := &b.Lines[i]
		if err := line.check(c); err != nil {
			return fmt.Errorf("line %s: %w", line.Line, err)
		}
		if seen[line.Line] {
			return fmt.Errorf("line %s is there twice: give each line an id of its own", line.Line)
		}
		seen[line.Line] = true
		if len(line.Amounts) == 0 {
			g := at(line, Amount{Jurisdiction: line.Jurisdiction, Registration: line.Registration})
			if err := g.add(line.Net); err != nil {
				return err
			}
		}
		for j := range line.Amounts {
			a := &line.Amounts[j]
			exact, err := a.make(c)
			if err != nil {
				return fmt.Errorf("line %s, %s: %w", line.Line, a.Tax, err)
			}
			g := at(line, *a)
			if err := g.add(line.Net); err != nil {
				return err
			}
			g.exact = g.exact.Add(exact)
			g.members, g.shares = append(g.members, a), append(g.shares, exact)
		}
	}
	for _, g := range groups {
		if err := g.settle(c); err != nil {
			return fmt.Errorf("%s of %s: %w", g.Tax, g.Jurisdiction, err)
		}
		b.Subtotals = append(b.Subtotals, g.Subtotal)
	}
	return b.sum(c)
}

func (l LineTax) check(c money.Currency) error {
	switch {
	case l.Line == "":
		return fmt.Errorf("no id: give each line one")
	case l.Net.Currency() != c || !l.Net.IsWholeMinor():
		return fmt.Errorf("%s is no whole amount in %s: round it once, before it is taxed", l.Net, c)
	case !l.Code.Known() || l.Jurisdiction == "":
		return fmt.Errorf("code %q, jurisdiction %q: decide anew by rules that name both (rule 31)", l.Code, l.Jurisdiction)
	case (l.Code == Standard) != (len(l.Amounts) > 0):
		return fmt.Errorf("code %s with %d taxes: the standard code has some, no other has any", l.Code, len(l.Amounts))
	}
	for _, a := range l.Amounts {
		if err := a.Round.check(); err != nil {
			return fmt.Errorf("%s: rounding: %w", a.Tax, err)
		}
		if a.Tax == "" || a.Jurisdiction == "" || !percentage(a.Percent) || !a.Net.Equal(l.Net) {
			return fmt.Errorf("tax %q of %q at %q%% of %s: state all, above 0 and at most 100 per cent of the line", a.Tax, a.Jurisdiction, a.Percent, a.Net)
		}
	}
	return nil
}

// of is the exact percentage of an amount.
func (d Decimal) of(net money.Money) decimal.Decimal {
	return net.Amount().Mul(d.value).Shift(-2)
}

// make makes an amount, unless it is allotted later, and gives its exact value.
func (a *Amount) make(c money.Currency) (exact decimal.Decimal, err error) {
	exact = a.Percent.of(a.Net)
	a.Exact = exact.String()
	switch {
	case a.Means == Rounded && a.Round.Per == PerLine:
		a.Amount, err = a.Round.apply(exact, c)
	case a.Means == Allotted && a.Round.Per == PerInvoice:
	case a.Means == Credited && a.Credits != nil:
		a.Amount, err = a.Credits.tax()
	default:
		err = fmt.Errorf("means %q do not go with rounding per %s", a.Means, a.Round.Per)
	}
	return exact, err
}

func (g *group) add(net money.Money) (err error) {
	g.Net, err = g.Net.Add(net)
	return err
}

// settle makes the subtotal's amount, and allots it where the levy is rounded on
// the invoice.
func (g *group) settle(c money.Currency) (err error) {
	if g.Tax == "" {
		return nil
	}
	g.Exact = g.exact.String()
	if g.Means == Allotted {
		if g.Amount, err = g.Round.apply(g.exact, c); err != nil {
			return err
		}
		shares, err := allot(g.Amount, g.shares)
		if err != nil {
			return err
		}
		for i, share := range shares {
			g.members[i].Amount = share
		}
		return nil
	}
	amounts := make([]money.Money, len(g.members))
	for i, a := range g.members {
		amounts[i] = a.Amount
	}
	g.Amount, err = money.Sum(c, amounts...)
	return err
}

// sum totals each line, and the bill from the lines.
func (b *Bill) sum(c money.Currency) (err error) {
	b.Net, b.Tax = money.Zero(c), money.Zero(c)
	for i := range b.Lines {
		line := &b.Lines[i]
		line.Tax = money.Zero(c)
		for _, a := range line.Amounts {
			if line.Tax, err = line.Tax.Add(a.Amount); err != nil {
				return err
			}
		}
		if b.Net, err = b.Net.Add(line.Net); err != nil {
			return err
		}
		if b.Tax, err = b.Tax.Add(line.Tax); err != nil {
			return err
		}
	}
	b.Total, err = b.Net.Add(b.Tax)
	return err
}
