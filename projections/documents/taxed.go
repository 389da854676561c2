package documents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// An invoice whose tax was decided by the rules of its issuer says itself who
// sells and how each line is taxed. What is known beside may add to that, and
// never say otherwise.

// Levy is one of several taxes of a line.
type Levy struct {
	Rule TaxRule
	Tax  money.Money
}

// taxes are those of the line, one by one.
func (l Line) taxes() []Levy {
	if len(l.Levies) > 0 {
		return l.Levies
	}
	return []Levy{{l.TaxRule, l.Tax}}
}

// several tells a document in which a line bears more than one tax.
func (v Invoice) several() bool {
	return slices.ContainsFunc(v.lines(), func(l Line) bool { return len(l.Levies) > 1 })
}

// decided is the rule by which a line is taxed, and each of its taxes where
// there are several.
func decided(t *domain.Taxed, line domain.BillLine) (TaxRule, []Levy, error) {
	of, ok := t.LineTax(line)
	if !ok {
		return TaxRule{}, nil, fmt.Errorf("charge %s of shipment %s has no decision on its tax, and its invoice has", line.Charge, line.Shipment)
	}
	d := t.Decisions[line.Taxed.Decision]
	rule := TaxRule{Code: string(of.Code), Jurisdiction: of.Jurisdiction, Registration: of.Registration, Category: of.Category, Exemption: of.VATEX, Text: d.Notice, Decided: true}
	if rule.Text == "" && rule.Exemption == "" && rule.reasoned() {
		rule.Text = d.Basis
	}
	var levies []Levy
	var names []string
	percent := decimal.Zero
	for _, a := range of.Amounts {
		levy := rule
		levy.Name, levy.Jurisdiction, levy.Registration, levy.Percent = a.Tax, a.Jurisdiction, a.Registration, a.Percent.Exact().String()
		levies, names, percent = append(levies, Levy{levy, a.Amount}), append(names, a.Tax), percent.Add(a.Percent.Exact())
	}
	switch len(levies) {
	case 0:
		return rule, nil, nil
	case 1:
		return levies[0].Rule, nil, nil
	}
	rule.Name, rule.Percent = strings.Join(names, " + "), percent.String()
	return rule, levies, nil
}

// givenBack is what a credit gives back of each tax of a line.
func givenBack(line domain.BillLine, c domain.Credit) *domain.TaxedLine {
	if line.Taxed == nil {
		return nil
	}
	back := *line.Taxed
	back.Levies = slices.Clone(back.Levies)
	for i := range back.Levies {
		levy := &back.Levies[i]
		levy.Amount = money.Zero(line.Amount.Currency())
		for _, given := range c.Levies {
			if given.Shipment == line.Shipment && given.Charge == line.Charge && given.Tax == levy.Tax && given.Jurisdiction == levy.Jurisdiction {
				levy.Amount = given.Amount
			}
		}
	}
	return &back
}

// subtotal is what makes one row of what an invoice states of its taxes.
type subtotal struct {
	code, category, vatex, tax, jurisdiction, registration, percent string
}

// checkSubtotals holds the rows that are printed against those that were
// sealed. A line that is not there is complained of elsewhere.
func (v Invoice) checkSubtotals(p *problems, t *domain.Taxed) {
	type sums struct{ net, tax decimal.Decimal }
	sealed, printed := map[subtotal]sums{}, map[subtotal]sums{}
	add := func(to map[subtotal]sums, k subtotal, net, tax money.Money) {
		s := to[k]
		to[k] = sums{s.net.Add(net.Amount()), s.tax.Add(tax.Amount())}
	}
	for _, s := range t.Subtotals {
		k := subtotal{string(s.Code), s.Category, s.VATEX, s.Tax, s.Jurisdiction, s.Registration, ""}
		if s.Tax != "" {
			k.percent = s.Percent.Exact().String()
		}
		add(sealed, k, s.Net, s.Amount)
	}
	for _, l := range v.lines() {
		for _, levy := range l.taxes() {
			r := levy.Rule
			add(printed, subtotal{r.Code, r.Category, r.Exemption, r.Name, r.Jurisdiction, r.Registration, r.Percent}, l.Net, levy.Tax)
		}
	}
	agree := len(sealed) == len(printed)
	for k, s := range sealed {
		agree = agree && s.net.Equal(printed[k].net) && s.tax.Equal(printed[k].tax)
	}
	if !agree {
		p.add(v, "Tax", "BG-23 tax breakdown", "rule 26", "of the lines is not what the invoice was sealed with: the event is damaged")
	}
}

// soldBy puts the issuer of an invoice in the seller's place. What the issuer
// does not state is taken from what was given; what it states otherwise is a
// problem. Nothing changes where the terms of orders say the tax.
func (x Extras) soldBy(v Invoice, t *domain.Taxed) (Extras, problems) {
	if t == nil {
		return x, nil
	}
	var p problems
	stated := func(is, given, field, term string) string {
		if is != "" && given != "" && !strings.EqualFold(strings.TrimSpace(given), is) {
			p.add(v, field, term, "", fmt.Sprintf("is %.60q, and issuer %s was %.60q when the tax was decided: leave it out", given, t.Registrant, is))
		}
		return cmp.Or(is, given)
	}
	i, given := t.Seller, x.Seller
	a, ga := i.Address, given.Address
	seller := given
	seller.Name = stated(i.Name, given.Name, "Seller.Name", "BT-27 seller name")
	seller.Address = Address{Lines: ga.Lines,
		City:       stated(a.City, ga.City, "Seller.Address.City", "BT-37 seller city"),
		PostalCode: stated(a.PostalCode, ga.PostalCode, "Seller.Address.PostalCode", "BT-38 seller post code"),
		Region:     stated(a.Region, ga.Region, "Seller.Address.Region", "BT-39 seller region"),
		Country:    stated(a.Country, ga.Country, "Seller.Address.Country", "BT-40 seller country code")}
	if len(ga.Lines) == 0 && a.Street != "" {
		seller.Address.Lines = []string{a.Street}
	} else if len(ga.Lines) > 0 {
		stated(a.Street, ga.Lines[0], "Seller.Address.Lines", "BT-35 seller address line 1")
	}
	seller.TaxIDs = registrations(t)
	for _, id := range given.TaxIDs {
		at := slices.IndexFunc(seller.TaxIDs, func(of TaxID) bool { return sameNumber(of.Value, id.Value) })
		switch {
		case at >= 0:
			seller.TaxIDs[at].Label = cmp.Or(id.Label, seller.TaxIDs[at].Label)
		case id.Scheme == LegalRegistration && i.Register == "":
			seller.TaxIDs = append(seller.TaxIDs, id)
		default:
			p.add(v, "Seller.TaxIDs", "BT-31 seller tax identifier", "", fmt.Sprintf("has %.60q, which was none of issuer %s when the tax was decided: leave it out, or set it with the issuer", id.Value, t.Registrant))
		}
	}
	x.Seller = seller
	if x.Buyer.taxID(VATNumber) == "" {
		x.Buyer.TaxIDs = slices.Clone(x.Buyer.TaxIDs)
		for _, id := range t.Buyer.TaxIDs {
			if !slices.ContainsFunc(x.Buyer.TaxIDs, func(of TaxID) bool { return sameNumber(of.Value, id.Number) }) {
				x.Buyer.TaxIDs = append(x.Buyer.TaxIDs, registered(id.Jurisdiction, id.Number))
			}
		}
	}
	return x, p
}

// registrations are the numbers of the issuer: those under which this invoice
// is taxed before others, since a format may have room for one alone.
func registrations(t *domain.Taxed) []TaxID {
	var used []domain.TaxID
	use := func(jurisdiction, number string) {
		if number != "" && !slices.ContainsFunc(used, func(o domain.TaxID) bool { return sameNumber(o.ID, number) }) {
			used = append(used, domain.TaxID{Jurisdiction: jurisdiction, ID: number})
		}
	}
	for _, d := range t.Decisions {
		use(d.Jurisdiction, d.Registration)
		for _, levy := range d.Levies {
			use(levy.Jurisdiction, levy.Registration)
		}
	}
	of := slices.Clone(t.Seller.Registrations)
	for _, u := range used {
		if !slices.ContainsFunc(of, func(o domain.TaxID) bool { return sameNumber(o.ID, u.ID) }) {
			of = append(of, u)
		}
	}
	rank := func(o domain.TaxID) int {
		switch {
		case slices.ContainsFunc(used, func(u domain.TaxID) bool { return sameNumber(o.ID, u.ID) }):
			return 0
		case o.Jurisdiction == t.Seller.Address.Country:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(of, func(a, b domain.TaxID) int { return rank(a) - rank(b) })
	var ids []TaxID
	for _, o := range of {
		ids = append(ids, registered(o.Jurisdiction, o.ID))
	}
	if t.Seller.Register != "" {
		ids = append(ids, TaxID{Scheme: LegalRegistration, Value: t.Seller.Register})
	}
	return ids
}

// registered is a number of a jurisdiction: one for VAT where it begins with
// the country's code, for which Greece has EL and Northern Ireland XI.
func registered(jurisdiction, number string) TaxID {
	prefixes := []string{jurisdiction}
	switch jurisdiction {
	case "GR":
		prefixes = append(prefixes, "EL")
	case "GB":
		prefixes = append(prefixes, "XI")
	}
	if len(jurisdiction) == 2 && slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(number, p) }) {
		return TaxID{Scheme: VATNumber, Value: number}
	}
	return TaxID{Scheme: TaxRegistration, Label: "Tax registration " + jurisdiction, Value: number}
}

// sameNumber compares numbers whatever spaces they are written with.
func sameNumber(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, " ", ""), strings.ReplaceAll(b, " ", ""))
}
