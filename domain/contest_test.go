package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func creditDispute(date string, lines ...domain.CreditLine) domain.CreditDispute {
	return domain.CreditDispute{Invoice: invoice, Dispute: "D1", Lines: lines, Date: date, Reason: "agreed", By: "disputes desk"}
}

func TestRule38ADisputeIsOpenedAndAnsweredFromTheDayOfItsInvoiceOn(t *testing.T) {
	d := dispute("D1", creditLine("A", "60.00", "3.00"))
	d.Opened, d.AnswerDue = "2024-03-31", "2024-03-31"
	events := domaintest.When(t, issued(t), d).Events()
	require.Equal(t, domain.DisputeTerms{Code: domain.ReasonPricing, Opened: "2024-03-31", AnswerDue: "2024-03-31"}, events[0].(domain.LinesDisputed).DisputeTerms)
}

func TestACreditForADisputeIsNotDatedBeforeItsInvoice(t *testing.T) {
	h := played(t, issued(t), dispute("D1", creditLine("A", "60.00", "3.00")))
	early := domaintest.When(t, h, creditDispute("2024-03-30", creditLine("A", "60.00", "3.00"))).Events()
	require.Equal(t, "2024-03-31", early[0].(domain.CreditRequested).Date)
}

func TestWhatIsUpheldOfALineThatTheInvoiceDoesNotHaveIsNotCredited(t *testing.T) {
	h := played(t, issued(t), dispute("D1", creditLine("A", "60.00", "3.00")))
	elsewhere := creditLine("A", "60.00", "3.00")
	elsewhere.Shipment = "SH-2"
	events := domaintest.When(t, h, creditDispute("2024-05-20", elsewhere, creditLine("Z", "1.00", "0.00"), creditLine("A", "60.00", "3.00"))).Events()
	require.Equal(t, []domain.CreditLine{creditLine("A", "60.00", "3.00")}, events[0].(domain.CreditRequested).Lines)
}

func TestWhatIsUpheldIsCreditedUpToWhatIsLeftOfAmountAndTaxEach(t *testing.T) {
	h := played(t, issued(t), dispute("D1", creditLine("A", "60.00", "3.00")))
	for name, test := range map[string]struct {
		meanwhile domain.CreditLine
		want      domain.CreditLine
	}{
		"the tax is gone":    {creditLine("A", "0.00", "5.00"), creditLine("A", "60.00", "0.00")},
		"the amount is gone": {creditLine("A", "100.00", "0.00"), creditLine("A", "0.00", "3.00")},
		"a part of each is":  {creditLine("A", "50.00", "3.00"), creditLine("A", "50.00", "2.00")},
	} {
		t.Run(name, func(t *testing.T) {
			events := domaintest.When(t, played(t, h, credit("C1", test.meanwhile)), creditDispute("2024-05-20", creditLine("A", "60.00", "3.00"))).Events()
			require.Equal(t, []domain.CreditLine{test.want}, events[0].(domain.CreditRequested).Lines)
		})
	}
	// A discount is given back only as a discount
	nothing := domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndNothingLeft, Credited: usd("0.00")}
	d := played(t, discounted(t), dispute("D1", creditLine("A", "60.00", "0.00")))
	domaintest.When(t, d, creditDispute("2024-05-20", creditLine("D", "5.00", "0.00"))).Then(nothing)
	require.Equal(t, []domain.CreditLine{creditLine("D", "-10.00", "0.00")},
		domaintest.When(t, d, creditDispute("2024-05-20", creditLine("D", "-12.00", "0.00"))).Events()[0].(domain.CreditRequested).Lines)
}

func TestEachDisputeIsClearedByItsOwnCredit(t *testing.T) {
	other := dispute("D2", creditLine("B", "20.00", "1.00"))
	h := played(t, issued(t), dispute("D1", creditLine("A", "60.00", "3.00")), other, creditDispute("2024-05-20", creditLine("A", "60.00", "3.00")), credit("C1", creditLine("A", "1.00", "0.00")))

	// Given two disputes, when a credit by hand is issued, then neither is cleared
	require.Equal(t, []string{"CreditIssued"}, types(domaintest.When(t, h, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"}).Events()))
	// and the credit of the one leaves the other open
	events := domaintest.When(t, h, domain.IssueCredit{Invoice: invoice, Credit: "dispute-D1", Number: "CM-2024-000001"}).Events()
	require.Equal(t, domain.DisputeID("D1"), events[1].(domain.DisputeCleared).Dispute)
	disputes := domaintest.Fold[domain.Invoice](h.And(events...)...).Disputes
	require.Equal(t, [2]bool{false, true}, [2]bool{disputes[0].Open, disputes[1].Open})

	// What was withdrawn while its credit waited is not cleared again
	withdrawn := domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndWithdrawn}}
	require.Equal(t, []string{"CreditIssued"}, types(domaintest.When(t, played(t, h, withdrawn), domain.IssueCredit{Invoice: invoice, Credit: "dispute-D1", Number: "CM-2024-000001"}).Events()))
	domaintest.When(t, played(t, h, withdrawn), withdrawn).Nothing()
	domaintest.When(t, played(t, issued(t), dispute("D1", creditLine("A", "60.00", "3.00")), other, withdrawn), creditDispute("2024-05-20", creditLine("A", "60.00", "3.00"))).Nothing()
	domaintest.When(t, h, domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D3", End: domain.EndDenied}}).Nothing()
}

func TestRule38ADisputeSaysWhatItContestsAndWhy(t *testing.T) {
	h := issued(t)
	of := func(change func(*domain.DisputeLines)) domain.DisputeLines {
		d := dispute("D1", creditLine("A", "60.00", "3.00"))
		change(&d)
		return d
	}
	domaintest.When(t, h, of(func(d *domain.DisputeLines) { d.Dispute = "" })).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, of(func(d *domain.DisputeLines) { d.Reason = "" })).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, of(func(d *domain.DisputeLines) { d.Lines[0].Amount, d.Lines[0].Tax = money.Money{}, money.Money{} })).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, of(func(d *domain.DisputeLines) { d.Lines[0].Amount, d.Lines[0].Tax = eur("60.00"), eur("3.00") })).Refused(domain.Invalid).ByRule(29)
	domaintest.When(t, h, of(func(d *domain.DisputeLines) { d.Lines[0].Shipment = "SH-2" })).Refused(domain.NotFound)
	// A line may leave its tax out, and all that is open may be contested
	domaintest.When(t, h, of(func(d *domain.DisputeLines) { d.Lines[0].Tax = money.Money{} })).Events()
	h = played(t, h, pay("P1", "100.00"))
	domaintest.When(t, h, dispute("D1", creditLine("A", "47.00", "0.00"))).Events()
	domaintest.When(t, h, dispute("D1", creditLine("A", "45.00", "2.01"))).Refused(domain.Conflict).ByRule(38)
}

func TestTheSameChargeIDOnTwoShipmentsIsTwoLines(t *testing.T) {
	second := line("A", "40.00", "0.00")
	second.Shipment = "SH-2"
	add := addLines(second)
	add.Shipment = "SH-2"
	h := played(t, nil, addLines(line("A", "100.00", "0.00")), add, domain.SealCandidate{Invoice: invoice, TermsDays: 30}, domain.IssueInvoice{Invoice: invoice, Number: number})
	first, other := creditLine("A", "100.00", "0.00"), creditLine("A", "40.00", "0.00")
	other.Shipment = "SH-2"

	// Given the credit of the one, then the other is there to be contested, credited and given up
	h = played(t, h, credit("C1", first))
	domaintest.When(t, h, dispute("D1", first)).Refused(domain.Invalid).ByRule(38)
	require.Equal(t, []domain.CreditLine{other}, domaintest.When(t, h, dispute("D1", other)).Events()[0].(domain.LinesDisputed).Lines)
	require.Equal(t, []domain.CreditLine{other}, domaintest.When(t, h, credit("C2")).Events()[0].(domain.CreditRequested).Lines)
	require.Equal(t, []domain.CreditLine{other}, writeOff(t, h, "").Lines)
	require.Equal(t, []domain.ChargeRef{{Shipment: "SH-2", Charge: "A"}}, writeOff(t, h, "").Ended)
}
