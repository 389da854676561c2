package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func split(part string, charges ...domain.ChargeID) domain.MoveLines {
	c := domain.MoveLines{Invoice: invoice, Part: part, By: "billing desk", Reason: "the customer wants them apart"}
	for _, id := range charges {
		c.Lines = append(c.Lines, domain.ChargeRef{Shipment: shipment, Charge: id})
	}
	return c
}

func consolidate(from, into domain.InvoiceID) domain.MoveLines {
	return domain.MoveLines{Invoice: from, To: into, By: "billing desk", Reason: "one invoice is enough"}
}

// twoCharges is a ledger whose shipment's candidate has two lines, and with
// Grace the time to move them.
func twoCharges(t *testing.T) *ledger {
	t.Helper()
	l := newLedger(domain.Policy{Grace: 3 * day})
	l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: order()}, enter("F", domain.Freight, "100.00"), enter("I", domain.Insurance, "7.00"),
		unload("2024-03-05"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	return l
}

const dock = "ACME_2024-03_part-dock-7_USD_1"

func TestLinesAreSplitOffToAnInvoiceOfTheirOwn(t *testing.T) {
	l := twoCharges(t)
	l.must(t, split("dock-7", "I"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 candidate", dock + " candidate"}, l.statuses())
	require.Equal(t, domain.InvoiceID(dock), l.shipment().Charges[1].Invoice, "the claim went with the line")
	// Once, whatever is said again
	before := len(l.all)
	l.must(t, split("dock-7", "I"))
	require.Len(t, l.all, before)

	require.NoError(t, l.wait(40*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued", dock + " issued"}, l.statuses())
	require.Equal(t, [2]string{"100.00", "7.00"}, [2]string{l.invoice(invoice).Total.Format(), l.invoice(dock).Total.Format()})
	require.Equal(t, "107.00", l.balances(t)[domain.Receivable])
	require.Empty(t, l.refused)
	require.NoError(t, l.do(split("dock-7", "I")), "it is there")
	require.True(t, domaintest.IsRefusal(l.do(split("dock-7", "F"))), "it is issued")
}

func TestCandidatesAreConsolidatedIntoOne(t *testing.T) {
	l := twoCharges(t)
	l.must(t, split("dock-7", "I"), split("dock-8", "F"))
	require.Equal(t, []string{domain.HoldEmpty}, l.invoice(invoice).Holds)
	l.must(t, consolidate(dock, "ACME_2024-03_part-dock-8_USD_1"))
	require.NoError(t, l.wait(40*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 held", dock + " held", "ACME_2024-03_part-dock-8_USD_1 issued"}, l.statuses())
	require.Equal(t, "107.00", l.invoice("ACME_2024-03_part-dock-8_USD_1").Total.Format())
	require.Empty(t, l.refused)

	// Back to where they came from, and again: a line may go to and fro
	l = twoCharges(t)
	l.must(t, split("dock-7", "I"), consolidate(dock, invoice), split("dock-7", "I"))
	require.Len(t, l.invoice(dock).Lines, 1)
	require.Equal(t, "F", string(l.invoice(invoice).Lines[0].Charge))
}

func TestEveryLineThatIsNamedIsMovedOnce(t *testing.T) {
	// Given two charges of a shipment, and one of another under the same name
	other := line("A", "7.00", "0.00")
	other.Shipment = "SH-2"
	more := addLines(other)
	more.Shipment = "SH-2"
	h := played(t, nil, addLines(line("A", "100.00", "0.00"), line("B", "1.00", "0.00"), line("C", "2.00", "0.00")), more)

	// Then each is another line
	c := split("dock-7", "A", "B", "A")
	c.Lines = append(c.Lines, domain.ChargeRef{Shipment: "SH-2", Charge: "A"})
	events := domaintest.When(t, h, c).Events()
	require.Equal(t, []string{"LinesMoved", "LinesMoved"}, types(events))
	require.Len(t, events[0].(domain.LinesMoved).Lines, 2)
	require.Equal(t, []domain.BillLine{other}, events[1].(domain.LinesMoved).Lines)
}

func TestWhatWasMovedIsForgottenWhenItIsBack(t *testing.T) {
	// Given A and B that were moved to a part, of which A came back and was withdrawn
	lines := []domain.BillLine{line("A", "100.00", "0.00"), line("B", "1.00", "0.00"), line("C", "2.00", "0.00")}
	h := played(t, nil, addLines(lines...), split("dock-7", "A", "B"), addLines(lines[0]),
		domain.WithdrawLines{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"A"}, Reason: "exception X1"})
	// Then the same said again of B is done already, and A is not there
	domaintest.When(t, h, split("dock-7", "B")).Nothing()
	domaintest.When(t, h, split("dock-7", "A")).Refused(domain.NotFound)
}

func TestLinesThatWereMovedToWhatIsClosedMeanwhileGoToTheNext(t *testing.T) {
	l := twoCharges(t)
	l.must(t, split("dock-7", "I"))
	moved, err := l.decide(split("dock-7", "F"))
	require.NoError(t, err)
	_, err = l.decide(domain.SealCandidate{Invoice: dock, TermsDays: 30}) // before the shipment heard of it
	require.NoError(t, err)
	for _, r := range l.policy.React(moved[0], l.now) {
		require.NoError(t, l.do(r.Command))
	}
	require.Equal(t, "F", string(l.invoice("ACME_2024-03_part-dock-7_USD_2").Lines[0].Charge))
	require.Equal(t, domain.InvoiceID("ACME_2024-03_part-dock-7_USD_2"), l.shipment().Charges[0].Invoice)
}

func TestAMoveWhoseShipmentLostItsProofMeanwhileGivesTheChargesBack(t *testing.T) {
	l := twoCharges(t)
	moved, err := l.decide(split("dock-7", "I"))
	require.NoError(t, err)
	l.must(t, raise("X1"))
	for _, r := range l.policy.React(moved[0], l.now) {
		require.NoError(t, l.do(r.Command))
	}
	require.Empty(t, l.invoice(invoice).Lines)
	l.must(t, resolve("X1"))
	require.Len(t, l.invoice(invoice).Lines, 2, "claimed anew by the terms")
}

func TestLinesAreMovedWithinOnePayorIssuerCurrencyAndDueDateOnly(t *testing.T) {
	with := func(change func(*domain.Candidate)) domain.Candidate {
		c := candidate()
		c.Part = "other"
		change(&c)
		return c
	}
	h := played(t, nil, addLines(line("A", "100.00", "0.00"), line("B", "1.00", "0.00")))
	for name, test := range map[string]struct {
		to   domain.Candidate
		code domain.Code
		rule int
	}{
		"payor":       {with(func(c *domain.Candidate) { c.Customer = "BETA" }), domain.Conflict, 0},
		"issuer":      {with(func(c *domain.Candidate) { c.Issuer = "US01" }), domain.Conflict, 0},
		"currency":    {with(func(c *domain.Candidate) { c.Currency = "CAD" }), domain.Conflict, 29},
		"due date":    {with(func(c *domain.Candidate) { c.TermsDays = "45" }), domain.Conflict, 0},
		"debit memo":  {debitMemo(1), domain.Conflict, 35},
		"period over": {with(func(c *domain.Candidate) { c.Period = "2024-02" }), domain.Conflict, 34},
		"a later one": {with(func(c *domain.Candidate) { c.Period = "2024-W12" }), "", 0},
		"another PO":  {with(func(c *domain.Candidate) { c.PO = "4500017" }), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			date, err := test.to.BillingDate()
			require.NoError(t, err)
			told := domaintest.Told{test.to.ID().Stream(): domaintest.Given(domain.CandidateOpened{Invoice: test.to.ID(), Candidate: test.to, BillingDate: date})}
			out := domaintest.When(t, h, consolidate(invoice, test.to.ID()), told)
			if test.code == "" {
				require.Equal(t, []string{"LinesMoved", "InvoiceHeld"}, types(out.Events()))
				return
			}
			refused := out.Refused(test.code)
			if test.rule != 0 {
				refused.ByRule(test.rule)
			}
		})
	}
}

func TestAMoveSaysWhatGoesWhereByWhomAndWhy(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.00", "0.00"), line("B", "1.00", "0.00")))
	for name, change := range map[string]func(*domain.MoveLines){
		"nobody":      func(c *domain.MoveLines) { c.By = " " },
		"the ledger":  func(c *domain.MoveLines) { c.By = "freightledger" },
		"no reason":   func(c *domain.MoveLines) { c.Reason = "" },
		"nowhere":     func(c *domain.MoveLines) { c.Part = "" },
		"two places":  func(c *domain.MoveLines) { c.To = dock },
		"no lines":    func(c *domain.MoveLines) { c.Lines = nil },
		"no name":     func(c *domain.MoveLines) { c.Part = "dock 7" },
		"where it is": func(c *domain.MoveLines) { c.Part, c.To = "", invoice },
	} {
		t.Run(name, func(t *testing.T) {
			c := split("dock-7", "B")
			change(&c)
			told := domaintest.Told{domain.InvoiceID(invoice).Stream(): h}
			domaintest.When(t, h, c, told).Refused(domain.Invalid)
		})
	}
	domaintest.When(t, nil, split("dock-7", "B")).Refused(domain.NotFound)
	domaintest.When(t, h, split("dock-7", "Z")).Refused(domain.NotFound)
	domaintest.When(t, h, consolidate(invoice, dock)).Refused(domain.NotFound)
	domaintest.When(t, nil, consolidate(invoice, dock), domaintest.Told{domain.InvoiceID(dock).Stream(): h}).Refused(domain.NotFound)
	twice := split("dock-7", "B", "B")
	require.Len(t, domaintest.When(t, h, twice).Events()[0].(domain.LinesMoved).Lines, 1)

	// What is fixed stays, and what is closed takes nothing
	seal := domain.SealCandidate{Invoice: invoice, TermsDays: 30}
	sealed := played(t, h, seal)
	domaintest.When(t, sealed, split("dock-7", "B")).Refused(domain.TooLate)
	domaintest.When(t, played(t, sealed, domain.IssueInvoice{Invoice: invoice, Number: number}), split("dock-7", "B")).Refused(domain.TooLate).ByRule(35)
	part := candidate()
	part.Part = "dock-7"
	closed := domaintest.Told{part.ID().Stream(): domaintest.Given(domain.CandidateOpened{Invoice: part.ID(), Candidate: part, BillingDate: "2024-03-31"}, domain.CandidateSealed{Invoice: part.ID()})}
	domaintest.When(t, h, split("dock-7", "B"), closed).Refused(domain.TooLate)
	memo := domaintest.Given(domain.CandidateOpened{Invoice: debitMemo(1).ID(), Candidate: debitMemo(1), BillingDate: "2024-03-31"}, domain.LinesAdded{Invoice: debitMemo(1).ID(), Shipment: shipment, Lines: []domain.BillLine{line("B", "1.00", "0.00")}})
	ofMemo := split("dock-7", "B")
	ofMemo.Invoice = debitMemo(1).ID()
	domaintest.When(t, memo, ofMemo).Refused(domain.Conflict)

	// A discount that is left alone is held no longer when the freight is back
	negative := played(t, nil, addLines(line("D", "-10.00", "0.00")), seal)
	require.Equal(t, []string{"LinesMoved", "InvoiceHeld", "HoldReleased"}, types(domaintest.When(t, negative, split("dock-7", "D")).Events()))
}

func TestPropertyRule12SplittingAndConsolidatingByHandBillsEveryChargeOnceForTheSamePayor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := randomFacts(t)
		commands := f.told(t, "told")
		left := live(t, commands)
		require.NotEmpty(t, left.Lines)
		// The same facts, with candidates split and consolidated whenever there are any
		moved := liveWith(t, commands, func(l *ledger) { someMove(t, l) })
		require.Equal(t, left, moved)
	})
}

// someMove splits or consolidates candidates of a ledger, as chance has it.
func someMove(t *rapid.T, l *ledger) {
	list := l.invoices()
	if len(list) == 0 || rapid.IntRange(0, 2).Draw(t, "moves") > 0 {
		return
	}
	from := rapid.SampledFrom(list).Draw(t, "from")
	c := domain.MoveLines{Invoice: from.ID, By: "billing desk", Reason: "as the customer wants them"}
	for _, line := range from.Lines {
		if rapid.Bool().Draw(t, "goes") {
			c.Lines = append(c.Lines, domain.ChargeRef{Shipment: line.Shipment, Charge: line.Charge})
		}
	}
	if rapid.Bool().Draw(t, "splits") {
		c.Part = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "part")
	} else {
		c.To = rapid.SampledFrom(list).Draw(t, "to").ID
	}
	if err := l.do(c); err != nil && !domaintest.IsRefusal(err) {
		t.Fatalf("%s: %v", c.CommandName(), err)
	}
}

func TestTheRestOfACandidateIsBilledWhenTheLineWhoseTaxCannotBeDecidedIsSplitOff(t *testing.T) {
	l := taxedLedger(t, "ca", buyer("CA", "ON"))
	l.must(t, freightOf{"SH-1", "CA-ON", "US-NY", "2025-06-30", cad("1000.00"), ""}.moved()...)
	l.must(t, freightOf{"SH-2", "CA-ON", "CA-ON", "2025-06-30", cad("100.00"), ""}.moved()...)
	v := l.invoices()[0]
	require.Equal(t, []string{domain.HoldTaxFacts}, v.Holds)
	require.Len(t, v.Lines, 2)

	l.must(t, domain.MoveLines{Invoice: v.ID, Part: "export", Lines: []domain.ChargeRef{{Shipment: "SH-1", Charge: "F"}}, By: "billing desk", Reason: "its papers are late"})
	require.Equal(t, domain.InvoiceIsIssued, l.invoice(v.ID).Status)
	require.Equal(t, "113.00", l.invoice(v.ID).Total.Format())
	require.Equal(t, []string{domain.HoldTaxFacts}, l.invoices()[1].Holds)
	require.Empty(t, l.refused)
}
