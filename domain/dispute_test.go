package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func openDispute(lines ...domain.CreditLine) domain.OpenDispute {
	return domain.OpenDispute{DisputeOpened: domain.DisputeOpened{Dispute: "D1", Invoice: invoice, Customer: customer, Reason: "not agreed", Lines: lines, DisputeTerms: disputeTerms()}}
}

func upholding(lines ...domain.CreditLine) domain.UpholdDispute {
	return domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", By: "disputes desk", Reason: "agreed", Lines: lines}}
}

func attachEvidence(change func(*domain.DisputeEvidence)) domain.AttachDisputeEvidence {
	e := evidence("receipt 881")
	change(&e)
	return domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: "D1", DisputeEvidence: e}}
}

func TestADisputeHasAnIDThatNamesItsStream(t *testing.T) {
	bad := openDispute(creditLine("A", "60.00", "3.00"))
	bad.Dispute = "D 1"
	domaintest.When(t, nil, bad).Refused(domain.Invalid)
}

func TestEvidenceOfADisputeIsBounded(t *testing.T) {
	h := played(t, nil, openDispute(creditLine("A", "60.00", "3.00")))
	document := func(n int) func(*domain.DisputeEvidence) {
		return func(e *domain.DisputeEvidence) { e.Document = strings.Repeat("d", n) }
	}
	note := func(n int) func(*domain.DisputeEvidence) {
		return func(e *domain.DisputeEvidence) { e.Note = strings.Repeat("n", n) }
	}
	played(t, h, attachEvidence(document(200)), attachEvidence(note(1000)))
	domaintest.When(t, h, attachEvidence(document(201))).Refused(domain.Invalid)
	domaintest.When(t, h, attachEvidence(note(1001))).Refused(domain.Invalid)

	// Another scan of a document is another piece of evidence, and so is another document of the same bytes
	h = played(t, h, attachEvidence(func(e *domain.DisputeEvidence) {}), attachEvidence(func(e *domain.DisputeEvidence) { e.SHA256 = strings.Repeat("0", 64) }),
		attachEvidence(func(e *domain.DisputeEvidence) { e.Document = "receipt 882" }))
	require.Len(t, domaintest.Fold[domain.Dispute](h...).Evidence, 3)

	// Of two hundred documents none is too many
	for n := 3; n < 200; n++ {
		h = played(t, h, attachEvidence(func(e *domain.DisputeEvidence) { e.Document = fmt.Sprint("page ", n) }))
	}
	domaintest.When(t, h, attachEvidence(func(e *domain.DisputeEvidence) { e.Document = "page 200" })).Refused(domain.Invalid)
}

func TestWhoDecidesADisputeSaysWhy(t *testing.T) {
	h := played(t, nil, openDispute(creditLine("A", "60.00", "3.00")))
	escalate := domain.DisputeEscalated{Dispute: "D1", By: "disputes desk", To: "finance desk", Reason: "over 50.00"}
	deny := domain.DisputeDenied{Dispute: "D1", By: "disputes desk", Reason: "signed for"}
	for name, c := range map[string]domain.Command{
		"escalated by nobody": domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: "D1", To: escalate.To, Reason: escalate.Reason}},
		"to nobody":           domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: "D1", By: escalate.By, Reason: escalate.Reason}},
		"for no reason":       domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: "D1", By: escalate.By, To: escalate.To}},
		"upheld by nobody":    domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", Reason: "agreed"}},
		"upheld why":          domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", By: "disputes desk"}},
		"denied by nobody":    domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: "D1", Reason: deny.Reason}},
		"denied why":          domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: "D1", By: deny.By}},
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, c).Refused(domain.Invalid) })
	}
	// The case knows its invoice, whatever the command says
	deny.Invoice = invoice
	domaintest.When(t, h, domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: "D1", By: deny.By, Reason: deny.Reason}}).Then(deny)
	domaintest.When(t, h, domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: "D1", By: "customer"}}).
		Then(domain.DisputeWithdrawn{Dispute: "D1", Invoice: invoice, By: "customer"})
}

func TestADisputeThatIsUpheldLineByLineIsUpheldWhole(t *testing.T) {
	a, b := creditLine("A", "60.00", "3.00"), creditLine("B", "20.00", "1.00")
	h := played(t, nil, openDispute(a, b))
	whole := upholding(b, a)
	whole.Invoice = invoice
	domaintest.When(t, h, upholding(b, a)).Then(whole.DisputeUpheld)
	require.Equal(t, domain.DisputeIsUpheld, domaintest.Fold[domain.Dispute](played(t, h, upholding(b, a))...).Status)

	// One line of two, less tax or less of one line is a part
	for name, lines := range map[string][]domain.CreditLine{
		"one line":       {a},
		"less tax":       {a, creditLine("B", "20.00", "0.99")},
		"less of a line": {a, creditLine("B", "19.99", "1.00")},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{"DisputePartlyUpheld"}, types(domaintest.When(t, h, upholding(lines...)).Events()))
		})
	}
	// also where another line is disputed for as much
	alike := played(t, nil, openDispute(creditLine("A", "30.00", "0.00"), creditLine("B", "30.00", "0.00")))
	require.Equal(t, []string{"DisputePartlyUpheld"}, types(domaintest.When(t, alike, upholding(creditLine("A", "30.00", "0.00"), creditLine("B", "20.00", "0.00"))).Events()))
	// What the dispute does not name is not upheld, whether the charge or the shipment is another's
	elsewhere := a
	elsewhere.Shipment = "SH-2"
	domaintest.When(t, h, upholding(elsewhere)).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, upholding(creditLine("B", "20.01", "0.00"))).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, upholding(creditLine("C", "1.00", "0.00"))).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, upholding(creditLine("A", "60.00", "3.01"))).Refused(domain.Invalid).ByRule(38)
}

func TestAnAmountThatALineLeavesOutIsNought(t *testing.T) {
	// Given a dispute that states no tax for one line, and no amount but the tax of another
	untaxed := domain.CreditLine{Shipment: shipment, Charge: "A", Kind: domain.Freight, Amount: usd("60.00")}
	taxOnly := domain.CreditLine{Shipment: shipment, Charge: "B", Kind: domain.Freight, Tax: usd("1.00")}
	h := played(t, nil, openDispute(taxOnly, untaxed))
	// Then noughts say the same as leaving out
	domaintest.When(t, h, upholding(creditLine("A", "60.00", "0.00"), creditLine("B", "0.00", "1.00"))).
		Then(domain.DisputeUpheld{Dispute: "D1", Invoice: invoice, By: "disputes desk", Reason: "agreed", Lines: []domain.CreditLine{creditLine("A", "60.00", "0.00"), creditLine("B", "0.00", "1.00")}})
	domaintest.When(t, h, upholding(creditLine("A", "60.00", "0.01"))).Refused(domain.Invalid).ByRule(38)
	// and a part is told in the dispute's currency
	domaintest.When(t, h, upholding(taxOnly)).Then(domain.DisputePartlyUpheld{Dispute: "D1", Invoice: invoice, By: "disputes desk", Reason: "agreed",
		Lines: []domain.CreditLine{taxOnly}, Disputed: usd("61.00"), Upheld: usd("1.00")})
}

func TestAPartThatWasRecordedAsTheWholeIsAPart(t *testing.T) {
	opened := openDispute(creditLine("A", "60.00", "3.00")).DisputeOpened
	d := domaintest.Fold[domain.Dispute](opened, domain.DisputeUpheld{Dispute: "D1", Invoice: invoice, Lines: []domain.CreditLine{creditLine("A", "20.00", "1.00")}})
	require.Equal(t, domain.DisputeIsPartlyUpheld, d.Status)
}

func TestWhatTheInvoiceDidAboutADisputeIsKeptOnce(t *testing.T) {
	settle := domain.SettleDispute{DisputeSettled: domain.DisputeSettled{Dispute: "D1", Invoice: invoice, End: domain.EndCredited, Credit: "CM-2024-000001", Credited: usd("63.00")}}
	h := played(t, nil, openDispute(creditLine("A", "60.00", "3.00")))
	domaintest.When(t, h, settle).Refused(domain.Conflict)
	domaintest.When(t, nil, settle).Refused(domain.NotFound)
	h = played(t, h, upholding(), settle)
	domaintest.When(t, h, settle).Nothing()
	d := domaintest.Fold[domain.Dispute](h...)
	require.Equal(t, [2]string{"credited", "CM-2024-000001"}, [2]string{string(d.End), d.Credit})
}

func TestTheCommandsOfACaseWaitUntilItIsOpened(t *testing.T) {
	// Given lines that were disputed, and nobody has answered that yet
	of := dispute("D1", creditLine("A", "10.00", "0.50"))
	events := domaintest.When(t, issued(t), of).Events()
	for _, c := range []domain.Command{domain.AcknowledgeDispute{DisputeAcknowledged: domain.DisputeAcknowledged{Dispute: "D1", By: "disputes desk"}},
		domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: "D1", DisputeEvidence: evidence("letter")}},
		domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: "D1", By: "disputes desk", To: "finance", Reason: "large"}},
		domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: "D1"}}} {
		t.Run(c.CommandName(), func(t *testing.T) {
			// Then its case is not there, and when it was answered it is
			domaintest.When(t, nil, c).Refused(domain.NotFound)
			var h domaintest.History
			for _, r := range (domain.Policy{}).React(events[0], at("2024-05-02").UTC) {
				h = played(t, h, r.Command)
			}
			require.NotEmpty(t, domaintest.When(t, h, c).Events())
		})
	}
}
