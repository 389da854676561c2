package domain_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

func holdByHand(by string) domain.HoldInvoice {
	return domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldByHand, Detail: "the rest is coming", By: by}}
}

func free(reason, by, role string) domain.ReleaseHold {
	return domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: invoice, Reason: reason, By: by, Role: role}}
}

func TestEveryTypeOfHoldSaysWhatItWaitsForAndWhoEndsIt(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "BILLING.md"))
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, hold := range domain.HoldTypes() {
		require.False(t, seen[hold.Reason], hold.Reason)
		seen[hold.Reason] = true
		require.NotEmpty(t, hold.Waits)
		require.NotEmpty(t, hold.Remedy)
		require.Contains(t, string(page), "| `"+hold.Reason+"` | "+hold.Waits+" | "+hold.Who("")+" |", "docs/BILLING.md has the table")
		require.Equal(t, hold, domain.HoldTypeOf(hold.Reason))
	}
	// What was given as a reason before there were types was given by a person
	asked := domain.HoldTypeOf("customer asked")
	require.Equal(t, [2]string{"customer asked", string(domain.EndsAnother)}, [2]string{asked.Reason, string(asked.Ends)})

	// Where it is known who must not end it, it says so
	require.Equal(t, "another person than billing desk ends it", asked.Who("billing desk"))
	require.Equal(t, "a person ends it", domain.HoldTypeOf(domain.HoldAboveLimit).Who("billing desk"))
}

func TestRule17WhoHoldsAnInvoiceByHandDoesNotReleaseIt(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.00", "0.00")))
	domaintest.When(t, h, holdByHand("")).Refused(domain.Invalid)
	domaintest.When(t, h, holdByHand("freightledger")).Refused(domain.Invalid)
	held := played(t, h, holdByHand("billing desk"))
	domaintest.When(t, held, holdByHand("finance desk")).Nothing() // and the first stays who held it
	domaintest.When(t, held, free(domain.HoldByHand, " Billing Desk", "")).Refused(domain.Denied).ByRule(17)
	domaintest.When(t, held, free(domain.HoldByHand, "billing desk", domain.RoleFinance)).Refused(domain.Denied).ByRule(17)
	domaintest.When(t, held, free(domain.HoldByHand, "", "")).Refused(domain.Invalid)
	domaintest.When(t, held, free(domain.HoldByHand, "FreightLedger", "")).Refused(domain.Denied)
	domaintest.When(t, held, free(domain.HoldByHand, "finance desk", "")).Then(
		domain.HoldReleased{Invoice: invoice, Reason: domain.HoldByHand, By: "finance desk", Candidate: candidate()})
	domaintest.When(t, h, free(domain.HoldByHand, "finance desk", "")).Nothing()

	// What the ledger holds as well does not change who held it
	also := played(t, held, domain.BlockInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldCustomerInactive}})
	domaintest.When(t, also, free(domain.HoldByHand, "billing desk", "")).Refused(domain.Denied).ByRule(17)

	// One that was placed when nobody was asked may be released by anybody
	old := h.And(domain.InvoiceHeld{Invoice: invoice, Reason: "customer asked"})
	require.Len(t, domaintest.When(t, old, free("customer asked", "billing desk", "")).Events(), 1)
}

func TestNobodyReleasesByHandWhatEndsByItself(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.00", "0.00")))
	for _, hold := range domain.HoldTypes() {
		if hold.Ends != domain.EndsItself {
			continue
		}
		t.Run(hold.Reason, func(t *testing.T) {
			held := h.And(domain.InvoiceHeld{Invoice: invoice, Reason: hold.Reason})
			domaintest.When(t, held, free(hold.Reason, "finance desk", domain.RoleFinance)).Refused(domain.Denied)
			// Nor is it placed by hand
			place := holdByHand("billing desk")
			place.Reason = hold.Reason
			domaintest.When(t, h, place).Refused(domain.Invalid)
		})
	}
}

func TestRule35FinanceAloneReleasesADebitMemoThatIsLate(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.00", "0.00"))).And(domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldLateDebit})
	domaintest.When(t, h, free(domain.HoldLateDebit, "billing desk", "")).Refused(domain.Denied).ByRule(35)
	domaintest.When(t, h, free(domain.HoldLateDebit, "finance desk", "billing")).Refused(domain.Denied).ByRule(35)
	require.Len(t, domaintest.When(t, h, free(domain.HoldLateDebit, "finance desk", domain.RoleFinance)).Events(), 1)
}

// limited adds lines of a shipment whose agreement has a limit.
func limited(id domain.ShipmentID, above string, lines ...domain.BillLine) domain.AddLines {
	c := addLines(lines...)
	c.Shipment, c.ReviewAbove = id, usd(above)
	for i := range c.Lines {
		c.Lines[i].Shipment = id
	}
	return c
}

func TestABillAboveItsAgreementsLimitWaitsForAPerson(t *testing.T) {
	seal := domain.SealCandidate{Invoice: invoice, TermsDays: 30}
	h := played(t, nil, limited(shipment, "100.00", line("A", "95.00", "5.00")))
	require.Equal(t, []string{"CandidateSealed"}, types(domaintest.When(t, h, seal).Events()), "100.00 is not above it")

	// The lowest limit of the shipments on it counts, tax included
	h = played(t, h, limited("SH-2", "500.00", line("B", "0.01", "0.00")))
	domaintest.When(t, h, seal).Then(domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldAboveLimit,
		Detail: "it comes to 100.01 USD; the agreement of shipment SH-1 wants a person to look at what is above 100.00 USD"})
	held := played(t, h, seal)
	domaintest.When(t, held, seal).Nothing()
	domaintest.When(t, held, free(domain.HoldAboveLimit, "freightledger", "")).Refused(domain.Denied)
	seen := played(t, held, free(domain.HoldAboveLimit, "billing lead", ""))
	require.Equal(t, []string{"CandidateSealed"}, types(domaintest.When(t, seen, seal).Events()))

	// Who looked at it did not look at what comes later
	more := played(t, seen, limited("SH-2", "500.00", line("C", "0.01", "0.00")))
	require.Equal(t, []string{"InvoiceHeld"}, types(domaintest.When(t, more, seal).Events()))

	// It ends by itself when what is left is not above the limit of any of them
	withdraw := domain.WithdrawLines{Invoice: invoice, Shipment: "SH-2", Charges: []domain.ChargeID{"B"}, Reason: "exception X1"}
	require.Equal(t, []string{"LinesWithdrawn", "HoldReleased"}, types(domaintest.When(t, held, withdraw).Events()))
	withdraw = domain.WithdrawLines{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"A"}, Reason: "exception X1"}
	require.Equal(t, []string{"LinesWithdrawn", "HoldReleased"}, types(domaintest.When(t, held, withdraw).Events()))
}

func TestTheLimitThatCountsIsOfTheShipmentsThatAreLeft(t *testing.T) {
	seal := domain.SealCandidate{Invoice: invoice, TermsDays: 30}
	off := func(id domain.ShipmentID, charge domain.ChargeID) domain.WithdrawLines {
		return domain.WithdrawLines{Invoice: invoice, Shipment: id, Charges: []domain.ChargeID{charge}, Reason: "exception X1"}
	}
	// Given 300.00 of two shipments, of which one has a limit of 100.00
	h := played(t, nil, limited(shipment, "100.00", line("A", "95.00", "5.00")), limited("SH-2", "500.00", line("B", "200.00", "0.00")), seal)
	require.IsType(t, domain.InvoiceHeld{}, lastOf(h))
	// Then without it there is nothing to look at, and without the other there is not either
	require.Equal(t, []string{"LinesWithdrawn", "HoldReleased"}, types(domaintest.When(t, h, off(shipment, "A")).Events()))
	require.Equal(t, []string{"LinesWithdrawn", "HoldReleased"}, types(domaintest.When(t, h, off("SH-2", "B")).Events()))

	// Given one more of them, it is above the limit still
	h = played(t, nil, limited(shipment, "100.00", line("A", "95.00", "5.00")), limited("SH-2", "100.00", line("B", "1.00", "0.00")), limited("SH-3", "100.00", line("C", "2.00", "0.00")), seal)
	require.Contains(t, lastOf(h).(domain.InvoiceHeld).Detail, "shipment SH-1 ", "the first of equals is named")
	require.Equal(t, []string{"LinesWithdrawn"}, types(domaintest.When(t, h, off("SH-2", "B")).Events()))

	// A limit that comes with later lines of a shipment is its limit from then on
	h = played(t, nil, limited(shipment, "100.00", line("A", "95.00", "5.00")), limited(shipment, "500.00", line("B", "1.00", "0.00")))
	require.Equal(t, []string{"CandidateSealed"}, types(domaintest.When(t, h, seal).Events()))
}

func TestTheLimitOfAnAgreementComesWithTheClaim(t *testing.T) {
	version := splitTerms()
	version.Billing.References, version.Billing.ReviewAbove = nil, number6("1000")
	l := agreed(t, domain.Policy{Grace: 2 * day}, version)
	l.must(t, master("ACME", true), master("BETA", true), master("DOCK", true))
	l.must(t, carried()...)
	require.NoError(t, l.wait(12*day))
	require.Equal(t, []string{"ACME_2024-W10_USD_1 issued", "BETA_2024-W10_USD_1 held", "DOCK_2024-W10_USD_1 issued"}, l.statuses())
	beta := l.invoice("BETA_2024-W10_USD_1")
	list := beta.Missing("2024-03-20", l.state(domain.CustomerID("BETA").Stream()).(domain.Customer))
	require.Equal(t, []string{domain.HoldAboveLimit}, codes(list))
	require.Equal(t, [2]string{"a person ends it", "look at the bill and release the hold"}, [2]string{list[0].Ends, list[0].Remedy})
	l.must(t, domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: beta.ID, Reason: domain.HoldAboveLimit, By: "billing lead"}})
	require.Equal(t, "BETA_2024-W10_USD_1 issued", l.statuses()[1])
	require.Empty(t, l.refused)

	below := orderWith(func(o *domain.OrderReleased) {
		o.Terms.Billing = domain.BillingTerms{ReviewAbove: rating.MustDecimal("-1")}
	})
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: below}).Refused(domain.Invalid)
}
