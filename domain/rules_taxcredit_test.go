package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// taxedInvoice is an issued invoice of freight within a place, in its stream.
func taxedInvoice(t testing.TB, amounts ...string) (*ledger, domain.InvoiceID) {
	t.Helper()
	l := taxedLedger(t, "ca", buyer("CA", "QC"))
	l.policy = domain.Policy{Grace: day}
	l.now = at("2025-06-01").UTC
	for i, amount := range amounts {
		l.must(t, freightOf{domain.ShipmentID("SH-" + string(rune('1'+i))), "CA-QC", "CA-QC", "2025-06-30", cad(amount), ""}.moved()...)
	}
	require.NoError(t, l.wait(40*day))
	v := l.invoices()[0]
	require.Equal(t, domain.InvoiceIsIssued, v.Status)
	return l, v.ID
}

func give(v domain.InvoiceID, id, amount, taxes string) domain.CreditInvoice {
	line := domain.CreditLine{Shipment: "SH-1", Charge: "F", Amount: cad(amount)}
	if taxes != "" {
		line.Tax = cad(taxes)
	}
	return domain.CreditInvoice{Invoice: v, Credit: id, Lines: []domain.CreditLine{line}, Date: "2025-08-01", Reason: "billed wrongly", By: "billing desk"}
}

func TestRule36PartsOfATaxedLineGiveBackItsTaxAndAllOfThemAllOfIt(t *testing.T) {
	// Given 31.95 in Québec: GST 1.60 and QST 3.19
	l, v := taxedInvoice(t, "31.95")
	require.Equal(t, []domain.Levied{{Tax: "GST", Jurisdiction: "CA", Amount: cad("1.60")}, {Tax: "QST", Jurisdiction: "CA-QC", Amount: cad("3.19")}}, l.invoice(v).Lines[0].Taxed.Levies)

	// When it is credited in three parts, whose tax nobody states
	l.must(t, give(v, "C1", "10.65", ""), give(v, "C2", "10.65", ""))
	rest := give(v, "C3", "1.00", "")
	rest.Lines = nil
	l.must(t, rest)

	// Then their taxes sum to what was billed, levy by levy
	sums := map[string]money.Money{"GST": cad("0.00"), "QST": cad("0.00")}
	var taxes []string
	for _, credit := range l.invoice(v).Credits {
		require.NotEmpty(t, credit.Number)
		taxes = append(taxes, credit.Lines[0].Tax.Format())
		for _, levy := range credit.Levies {
			var err error
			sums[levy.Tax], err = sums[levy.Tax].Add(levy.Amount)
			require.NoError(t, err)
		}
	}
	require.Equal(t, []string{"1.59", "1.61", "1.59"}, taxes)
	require.Equal(t, map[string]money.Money{"GST": cad("1.60"), "QST": cad("3.19")}, sums)
	open, err := l.invoice(v).Open()
	require.NoError(t, err)
	require.True(t, open.IsZero())
	require.Empty(t, l.refused)

	// and nothing is left of either
	require.ErrorContains(t, l.do(give(v, "C4", "0.01", "")), "is left to credit")
}

func TestRule36TaxGivenBackIsOfTheTaxesThatAreLeftOfItsLine(t *testing.T) {
	// Given three lines of 0.10 in Québec, each with a cent of GST and one of QST
	l := taxedLedger(t, "ca", buyer("CA", "QC"))
	l.policy, l.now = domain.Policy{Grace: day}, at("2025-06-01").UTC
	first := freightOf{"SH-1", "CA-QC", "CA-QC", "2025-06-30", cad("0.10"), ""}.moved()
	l.must(t, first[0], domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "SH-1", Charge: "I", Kind: domain.Insurance, Amount: cad("0.10"), RequestedBy: "rating"}})
	l.must(t, append(first[1:], freightOf{"SH-2", "CA-QC", "CA-QC", "2025-06-30", cad("0.10"), ""}.moved()...)...)
	require.NoError(t, l.wait(40*day))
	v := l.invoices()[0]
	require.Equal(t, "0.06", v.Tax.Format())

	// When a cent of tax is given back on each, then it is of the first tax of each
	lines := []domain.ChargeRef{{Shipment: "SH-1", Charge: "F"}, {Shipment: "SH-1", Charge: "I"}, {Shipment: "SH-2", Charge: "F"}}
	levies := func(credit int) (all []string) {
		for _, levy := range l.invoice(v.ID).Credits[credit].Levies {
			all = append(all, fmt.Sprintf("%s %s %s %s", levy.Shipment, levy.Charge, levy.Tax, levy.Amount.Format()))
		}
		return all
	}
	for i, of := range lines {
		c := give(v.ID, fmt.Sprint("C", i), "0.00", "0.01")
		c.Lines[0].Shipment, c.Lines[0].Charge = of.Shipment, of.Charge
		l.must(t, c)
		line := fmt.Sprintf("%s %s ", of.Shipment, of.Charge)
		require.Equal(t, []string{line + "GST 0.01", line + "QST 0.00"}, levies(i))
	}
	// and the cent that is left of the second, when all is given back
	rest := give(v.ID, "rest", "1.00", "")
	rest.Lines = nil
	l.must(t, rest)
	require.ElementsMatch(t, []string{"SH-1 F GST 0.00", "SH-1 F QST 0.01", "SH-1 I GST 0.00", "SH-1 I QST 0.01", "SH-2 F GST 0.00", "SH-2 F QST 0.01"}, levies(3))
	for authority, owed := range l.taxes(t) {
		require.True(t, owed.IsZero(), "%s of %s", owed, authority)
	}
	require.Empty(t, l.refused)
}

func TestRule36ACentWithoutTaxIsOfNoTax(t *testing.T) {
	l, v := taxedInvoice(t, "31.95")
	l.must(t, give(v, "C1", "0.01", ""))
	require.Empty(t, l.invoice(v).Credits[0].Levies)
}

func TestTheTaxesOfALineAreBookedOneByOne(t *testing.T) {
	l, _ := taxedInvoice(t, "31.95")
	d, _ := domain.Journal(l.last(t, domain.InvoiceIssued{}))
	var taxes []string
	for _, e := range d.Entries {
		if e.Role == domain.TaxPayable {
			taxes = append(taxes, fmt.Sprintf("%s %s %s %s", e.Ref, e.Jurisdiction, e.Amount.Format(), e.Memo))
		}
	}
	require.Equal(t, []string{"L0001-tax CA 1.60 SH-1 F freight GST CA", "L0001-tax-2 CA-QC 3.19 SH-1 F freight QST CA-QC"}, taxes)
}

func TestATaxThatItsOrderSaidIsBookedUnderItsLine(t *testing.T) {
	d, _ := domain.Journal(lastOf(issuedWith(t, line("A", "100.00", "5.00"))))
	memos := map[domain.Role]string{}
	for _, e := range d.Entries {
		memos[e.Role] = e.Memo
	}
	require.Equal(t, "SH-1 A freight", memos[domain.TaxPayable])
	require.Equal(t, memos[domain.Revenue], memos[domain.TaxPayable])
}

func TestWhatIsNotAccruedIsNotTakenBackWhenAnotherPays(t *testing.T) {
	// Given a charge whose invoice was credited to be billed again
	l, v := taxedInvoice(t, "31.95")
	again := give(v, "C1", "1.00", "")
	again.Lines, again.Rebill = nil, true
	l.must(t, again)
	require.True(t, l.state(domain.ShipmentID("SH-1").Stream()).(domain.Shipment).Charges[0].Accrued.IsZero())
	// Then somebody else may pay it, and nothing is booked for that
	assign := domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: "SH-1", Charge: "F", Payor: "BETA", By: "billing desk", Reason: "collect"}}
	domaintest.When(t, l.streams[domain.ShipmentID("SH-1").Stream()], assign).Then(assign.ChargeAssigned)
}

func TestRule34ACreditMemoIsNumberedInTheSeriesOfItsInvoicesIssuer(t *testing.T) {
	ca := rulesOf(t, "ca")
	l := newLedger(domain.Policy{ByPeriod: true})
	l.now = at("2026-01-01").UTC
	l.must(t, issuer(ca.Registrant, another("FLC")), adoptRules(ca), buyer("CA", "ON"))
	l.must(t, freightOf{"SH-1", "CA-ON", "CA-ON", "2025-06-30", cad("31.95"), ca.Registrant}.moved()...)
	v := l.invoices()[0]
	require.Equal(t, "FLC-2025-000001", v.Number)
	l.must(t, give(v.ID, "C1", "10.00", ""))
	require.Equal(t, "FLCC-2025-000001", l.invoice(v.ID).Credits[0].Number)
}

func TestRule36ATaxThatDoesNotGoWithItsNetAmountIsRefused(t *testing.T) {
	l, v := taxedInvoice(t, "100.00")
	h := domaintest.Given(l.streams[v.Stream()]...)
	domaintest.When(t, h, give(v, "C1", "50.00", "14.98")).Refused(domain.Invalid).ByRule(36)
	domaintest.When(t, h, give(v, "C1", "50.00", "0.00")).Refused(domain.Invalid).ByRule(36)
	domaintest.When(t, h, give(v, "C1", "100.01", "")).Refused(domain.Conflict).ByRule(36)

	// A cent off is what rounding a gross amount makes of it, and tax alone was charged wrongly
	l.must(t, give(v, "C1", "50.00", "7.48"), give(v, "C2", "0.00", "1.00"))
	credits := l.invoice(v).Credits
	require.Equal(t, []domain.CreditedLevy{{Shipment: "SH-1", Charge: "F", Levied: domain.Levied{Tax: "GST", Jurisdiction: "CA", Amount: cad("2.50")}},
		{Shipment: "SH-1", Charge: "F", Levied: domain.Levied{Tax: "QST", Jurisdiction: "CA-QC", Amount: cad("4.98")}}}, credits[0].Levies)
	require.Equal(t, "1.00", credits[1].Lines[0].Tax.Format())
	require.Len(t, credits[1].Levies, 2)
}

func TestRule37ARebillGivesAllTaxBackAndIsTaxedByTheRulesOfTheDayOfService(t *testing.T) {
	// Given an invoice of June, and rules that change in July
	l, v := taxedInvoice(t, "31.95")
	l.must(t, adoptRules(onwards(rulesOf(t, "ca"), "2025-07-01")))

	// When it is credited to be billed again
	again := give(v, "C1", "1.00", "")
	again.Lines, again.Rebill = nil, true
	l.must(t, again, domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: "SH-1", Charge: "F", Amount: cad("31.95"), By: "billing desk", Evidence: "e-mail"}})
	require.NoError(t, l.wait(40*day))

	// Then the credit is all of it, and the new invoice goes by the rules of June
	first, second := l.invoice(v), l.invoices()[1]
	require.Equal(t, first.Total, l.last(t, domain.CreditIssued{}).(domain.CreditIssued).Total)
	require.Equal(t, [3]string{"issued", "4.79", "2025-1"}, [3]string{string(second.Status), second.Tax.Format(), second.Taxed.Decisions[0].Version})
	require.Equal(t, map[string]money.Money{"GST CA": cad("1.60"), "QST CA-QC": cad("3.19")}, l.taxes(t))
}

// taxes sums what is owed to each authority, by the memos of the journal.
func (l *ledger) taxes(t testing.TB) map[string]money.Money {
	t.Helper()
	owed := map[string]money.Money{}
	for _, e := range l.all {
		d, ok := domain.Journal(e)
		if !ok {
			continue
		}
		require.True(t, d.Balanced())
		for _, entry := range d.Entries {
			if entry.Role != domain.TaxPayable {
				continue
			}
			words := strings.Fields(entry.Memo)
			authority := strings.Join(words[len(words)-2:], " ")
			signed := entry.Amount
			if entry.Side == domain.DebitSide {
				signed = signed.Neg()
			}
			if sum, known := owed[authority]; known {
				var err error
				signed, err = sum.Add(signed)
				require.NoError(t, err)
			}
			owed[authority] = signed
		}
	}
	return owed
}

func TestRule36PropertyWhateverIsCreditedAndWrittenOffTheTaxBilledIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		net := rapid.Int64Range(1, 500_00).Draw(r, "net")
		l, v := taxedInvoice(t, money.FromMinor(net, "CAD").Format())
		for i := range rapid.IntRange(0, 5).Draw(r, "parts") {
			id := string(rune('a' + i))
			part := money.FromMinor(rapid.Int64Range(1, net).Draw(r, "part"), "CAD")
			var err error
			switch rapid.SampledFrom([]string{"credit", "write-off", "reverse"}).Draw(r, "what") {
			case "credit":
				err = l.do(give(v, id, part.Format(), ""))
			case "write-off":
				ask := domain.RequestWriteOff{Invoice: v, WriteOff: id, Amount: part, Date: "2025-09-30", Reason: "insolvent", By: "finance desk"}
				if err = l.do(ask); err == nil {
					err = l.do(domain.ApproveWriteOff{Invoice: v, WriteOff: id, Amount: part, By: "finance lead"})
				}
			case "reverse":
				err = l.do(domain.ReverseWriteOff{Invoice: v, WriteOff: string(rune('a' + max(0, i-1))), Date: "2025-10-01", Reason: "the guarantor pays", By: "finance desk"})
			}
			if err != nil && !domaintest.IsRefusal(err) {
				r.Fatal(err)
			}
		}
		err := l.do(domain.CreditInvoice{Invoice: v, Credit: "rest", Date: "2025-11-01", Reason: "all of it", By: "billing desk"})
		if err != nil && !domaintest.IsRefusal(err) {
			r.Fatal(err)
		}
		is := l.invoice(v)
		open, err := is.Open()
		require.NoError(r, err)
		require.True(r, open.IsZero(), "%s is open", open)
		billed, given := map[string]money.Money{}, map[string]money.Money{}
		for _, levy := range is.Lines[0].Taxed.Levies {
			billed[levy.Tax], given[levy.Tax] = levy.Amount, cad("0.00")
		}
		for _, credit := range is.Credits {
			sum := cad("0.00")
			for _, levy := range credit.Levies {
				given[levy.Tax], err = given[levy.Tax].Add(levy.Amount)
				require.NoError(r, err)
				require.False(r, levy.Amount.IsNegative())
				sum, err = sum.Add(levy.Amount)
				require.NoError(r, err)
			}
			require.Equal(r, credit.Lines[0].Tax, sum)
		}
		for name, amount := range given {
			over, err := amount.Cmp(billed[name])
			require.NoError(r, err)
			require.LessOrEqual(r, over, 0, "%s: %s of %s", name, amount, billed[name])
		}
	})
}
