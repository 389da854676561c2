package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func TestAnInvoiceNamesEveryOneThatBillsItAgain(t *testing.T) {
	rebilled := func(by domain.InvoiceID, number string) domain.LinkRebill {
		return domain.LinkRebill{RebillLinked: domain.RebillLinked{Invoice: invoice, By: by, Number: number}}
	}
	raised := domain.LinkDebit{DebitLinked: domain.DebitLinked{Invoice: invoice, By: "I2", Number: "DM-2024-000001"}}
	again := credit("C2")
	again.Rebill = true
	h := played(t, issued(t), credit("C1", creditLine("A", "1.00", "0.00")), issueCredit("C1", "CM-2024-000001"))
	// A credit that bills nothing again is not the one
	require.Empty(t, domaintest.When(t, h, rebilled("I2", "INV-2024-000002")).Events()[0].(domain.RebillLinked).Credit)
	h = played(t, h, again, issueCredit("C2", "CM-2024-000002"), rebilled("I2", "INV-2024-000002"), rebilled("I3", "INV-2024-000003"), raised)
	domaintest.When(t, h, rebilled("I2", "INV-2024-000002")).Nothing()
	domaintest.When(t, h, raised).Nothing()
	require.Equal(t, []domain.InvoiceLink{{Kind: domain.LinkRebilled, Invoice: "I2", Number: "INV-2024-000002"}, {Kind: domain.LinkRebilled, Invoice: "I3", Number: "INV-2024-000003"},
		{Kind: domain.LinkRaised, Invoice: "I2", Number: "DM-2024-000001"}}, domaintest.Fold[domain.Invoice](h...).Links)
}

func TestTheFirstDebitMemoOfAnInvoiceIsItsFirstWhateverItsOwnNumber(t *testing.T) {
	second := candidate().Next()
	add := addLines(line("A", "100.00", "0.00"))
	add.Candidate = second
	h := played(t, nil, add, domain.SealCandidate{Invoice: second.ID(), TermsDays: 30}, domain.IssueInvoice{Invoice: second.ID(), Number: number})
	late := addLines(line("B", "7.00", "0.00"))
	late.Candidate = second
	next := domaintest.When(t, h, late).Events()[0].(domain.LinesDeclined).Next
	require.Equal(t, domain.Raised{Invoice: second.ID(), Number: number, Issued: "2024-03-31"}, next.Raises)
	require.Equal(t, 1, next.Number)
}
