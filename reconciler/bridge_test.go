package reconciler_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/stretchr/testify/require"
)

func usd(amount string) money.Money { return money.MustParse(amount, "USD") }

// trip is one shipment's history, of which the bridge is asked step by step.
// None of its documents is in the ERP, which has no say in the bridge.
type trip struct{ *memory }

func newTrip(t *testing.T) trip {
	m := newMemory(t)
	m.add("shipment-S1", domain.OrderReleased{Shipment: "S1", Customer: "C-100", Currency: "USD"},
		domain.ChargeEntered{Shipment: "S1", Charge: "FRT", Kind: domain.Freight, Amount: usd("100.00"), RequestedBy: "rating"})
	return trip{m}
}

func (tr trip) bridge() reconciler.Bridge {
	tr.t.Helper()
	report, err := reconciler.Run(context.Background(), tr, codec(), extract{}, reconciler.Options{})
	require.NoError(tr.t, err)
	return report.Bridge
}

// requireRow compares the row of a kind: entered, billed, held, rejected, waived.
func (tr trip) requireRow(kind domain.ChargeKind, want string, reasons ...string) {
	tr.t.Helper()
	b := tr.bridge()
	require.True(tr.t, b.Holds(), "%+v", b)
	got := ""
	for _, row := range b.Rows {
		if row.Kind == kind {
			got = fmt.Sprintln(row.Entered.Text(), row.Billed.Text(), row.Held.Text(), row.Rejected.Text(), row.Waived.Text())
		}
	}
	require.Equal(tr.t, want, strings.TrimSpace(got))
	var held []string
	for _, line := range b.Held {
		held = append(held, string(line.Charge)+": "+line.Reason)
	}
	require.Equal(tr.t, reasons, held)
}

var candidate = domain.Candidate{Customer: "C-100", Period: "2026-01", Currency: "USD", Number: 1}

func billed(charge domain.ChargeID, amount, accrued string) []domain.BillLine {
	return []domain.BillLine{{Shipment: "S1", Charge: charge, Kind: domain.Freight, Amount: usd(amount), Tax: usd("0.00"), Accrued: usd(accrued)}}
}

func (tr trip) issue(c domain.Candidate, number string, lines []domain.BillLine) {
	total := money.Zero("USD")
	for _, line := range lines {
		total, _ = total.Add(line.Amount)
	}
	tr.add(c.ID().Stream(), domain.InvoiceIssued{Invoice: c.ID(), Number: number, Candidate: c, IssueDate: "2026-01-31", DueDate: "2026-02-28",
		Net: total, Tax: usd("0.00"), Total: total, Lines: lines})
}

func TestAChargeFromEntryToInvoiceAndBack(t *testing.T) {
	tr := newTrip(t)
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: not delivered; no verified proof of delivery")

	accrual := func(n int, amount string) domain.RevenueAccrued {
		return domain.RevenueAccrued{Shipment: "S1", Customer: "C-100", Document: fmt.Sprintf("ACC-S1-%d", n), Date: "2026-01-05",
			Lines: []domain.AccrualLine{{Charge: "FRT", Kind: domain.Freight, Amount: usd(amount)}}}
	}
	tr.add("shipment-S1", domain.ShipmentDelivered{Shipment: "S1", At: domain.DayMoment(2026, 1, 5)}, accrual(1, "100.00"))
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: no verified proof of delivery")
	require.Equal(t, "100.00 USD", tr.bridge().Held[0].Accrued.String())

	tr.add("shipment-S1", domain.ExceptionRaised{Shipment: "S1", Exception: "x1", Kind: domain.ExceptionOther},
		domain.PODReceived{Shipment: "S1", Version: 1, Document: "pod", At: domain.DayMoment(2026, 1, 5)},
		domain.PODVerified{Shipment: "S1", Version: 1, Outcome: domain.PODClean, By: "clerk"})
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: exception x1")

	tr.add("shipment-S1", domain.ExceptionResolved{Shipment: "S1", Exception: "x1", Resolution: "seal found", By: "clerk"})
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: ready, not claimed by an invoice yet")

	tr.add("shipment-S1", domain.ChargesClaimed{Shipment: "S1", Candidate: candidate, Evidence: "pod", Lines: billed("FRT", "100.00", "100.00")})
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: on invoice C-100_2026-01_USD_1, which is not issued or was taken back")
	tr.add(candidate.ID().Stream(), domain.InvoiceHeld{Invoice: candidate.ID(), Reason: domain.HoldCustomerUnknown}, domain.InvoiceHeld{Invoice: candidate.ID(), Reason: domain.HoldByHand})
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: on candidate C-100_2026-01_USD_1, which is held: customer-unknown, by-hand")
	tr.add(candidate.ID().Stream(), domain.HoldReleased{Invoice: candidate.ID(), Reason: domain.HoldCustomerUnknown, By: "x"}, domain.HoldReleased{Invoice: candidate.ID(), Reason: domain.HoldByHand, By: "x"})

	// issued: the shipment is settled and forgotten
	tr.issue(candidate, "INV-1", billed("FRT", "100.00", "100.00"))
	tr.requireRow(domain.Freight, "100.00 100.00 0.00 0.00 0.00")

	// a late charge remembers the shipment
	tr.add("shipment-S1", domain.ChargeEntered{Shipment: "S1", Charge: "DET", Kind: domain.Accessorial, Amount: usd("40.00"), RequestedBy: "yard", NeedsApproval: true})
	tr.requireRow(domain.Accessorial, "40.00 0.00 40.00 0.00 0.00", "DET: charge DET waits for approval")
	tr.add("shipment-S1", domain.ChargeWaived{Shipment: "S1", Charge: "DET", By: "manager", Reason: "goodwill"})
	tr.requireRow(domain.Accessorial, "40.00 0.00 0.00 0.00 40.00")

	// voided: the charge is held again, and its accrual with it
	tr.add(candidate.ID().Stream(), domain.InvoiceVoided{Invoice: candidate.ID(), Number: "INV-1", Customer: "C-100", Date: "2026-01-31", Reason: "wrong", By: "b",
		Lines: billed("FRT", "100.00", "100.00"), Total: usd("100.00")})
	tr.add("shipment-S1", domain.ChargesReleased{Shipment: "S1", Invoice: candidate.ID(), Charges: []domain.ChargeID{"FRT"}, Reason: "voided", AccrualRestored: true})
	tr.requireRow(domain.Freight, "100.00 0.00 100.00 0.00 0.00", "FRT: released from invoice C-100_2026-01_USD_1; charge FRT waits for approval: voided")
	require.Equal(t, "100.00 USD", tr.bridge().Held[0].Accrued.String())

	// amended and billed again
	tr.add("shipment-S1", domain.ChargeAmended{Shipment: "S1", Charge: "FRT", Amount: usd("90.00"), RequestedBy: "b", Reason: "weighed again", NeedsApproval: true},
		domain.ChargeApproved{Shipment: "S1", Charge: "FRT", Amount: usd("90.00"), By: "manager"})
	tr.requireRow(domain.Freight, "90.00 0.00 90.00 0.00 0.00", "FRT: ready, not claimed by an invoice yet")
	second := candidate.Next()
	tr.add("shipment-S1", domain.ChargesClaimed{Shipment: "S1", Candidate: second, Evidence: "pod", Lines: billed("FRT", "90.00", "100.00")})
	tr.issue(second, "INV-2", billed("FRT", "90.00", "100.00"))
	tr.requireRow(domain.Freight, "90.00 90.00 0.00 0.00 0.00")

	// a part is credited, and stays billed; then the rest, to bill the whole again
	credit := func(id, amount string, rebill bool) domain.Credit {
		return domain.Credit{ID: id, Number: "CM-" + id, Reason: "r", Rebill: rebill,
			Lines: []domain.CreditLine{{Shipment: "S1", Charge: "FRT", Kind: domain.Freight, Amount: usd(amount), Tax: usd("0.00")}}}
	}
	for _, c := range []domain.Credit{credit("part", "20.00", false), credit("rest", "70.00", true)} {
		tr.add(second.ID().Stream(), domain.CreditRequested{Invoice: second.ID(), Of: "INV-2", Customer: "C-100", Date: "2026-02-01", By: "m", Credit: c},
			domain.CreditIssued{Invoice: second.ID(), Of: "INV-2", Customer: "C-100", Date: "2026-02-01", Total: c.Lines[0].Amount, Credit: c})
		if !c.Rebill {
			tr.requireRow(domain.Freight, "90.00 90.00 0.00 0.00 0.00")
		}
	}
	tr.add("shipment-S1", domain.ChargesReleased{Shipment: "S1", Invoice: second.ID(), Charges: []domain.ChargeID{"FRT"}, Reason: "rebill"})
	tr.requireRow(domain.Freight, "90.00 0.00 90.00 0.00 0.00", "FRT: released from invoice C-100_2026-01_USD_2; charge FRT waits for approval: rebill")
	require.Nil(t, tr.bridge().Held[0].Accrued, "the credited invoice had reversed the accrual for good")
	tr.add("shipment-S1", domain.ChargeRejected{Shipment: "S1", Charge: "FRT", By: "manager", Reason: "not owed"})
	tr.requireRow(domain.Freight, "90.00 0.00 0.00 90.00 0.00")
}

func TestAnAccrualThatNobodyReversedIsStranded(t *testing.T) {
	tr := newTrip(t)
	tr.add("shipment-S1", domain.ShipmentDelivered{Shipment: "S1", At: domain.DayMoment(2026, 1, 5)},
		domain.RevenueAccrued{Shipment: "S1", Customer: "C-100", Document: "ACC-S1-1", Date: "2026-01-05",
			Lines: []domain.AccrualLine{{Charge: "FRT", Kind: domain.Freight, Amount: usd("100.00")}}},
		domain.ChargeWaived{Shipment: "S1", Charge: "FRT", By: "manager", Reason: "goodwill"})
	b := tr.bridge()
	require.True(t, b.Holds())
	require.Equal(t, 1, b.StrandedCount)
	require.Equal(t, "100.00 USD", b.Stranded[0].Accrued.String())
	require.Equal(t, "100.00 USD", b.Accrued[0].Books.String())
	require.Equal(t, "accrued, and then waived: goodwill", b.Stranded[0].Reason)

	tr.add("shipment-S1", domain.RevenueAccrued{Shipment: "S1", Customer: "C-100", Document: "ACC-S1-2", Date: "2026-01-05",
		Lines: []domain.AccrualLine{{Charge: "FRT", Kind: domain.Freight, Amount: usd("-100.00")}}})
	b = tr.bridge()
	require.True(t, b.Holds())
	require.Zero(t, b.StrandedCount)
}

func TestAChargeThatIsBilledTwiceDoesNotAddUp(t *testing.T) {
	tr := newTrip(t)
	tr.issue(candidate, "INV-1", billed("FRT", "100.00", "0.00"))
	tr.issue(candidate.Next(), "INV-2", billed("FRT", "100.00", "0.00"))
	report, err := reconciler.Run(context.Background(), tr, codec(), extract{}, reconciler.Options{})
	require.NoError(t, err)
	require.False(t, report.Bridge.Holds())
	require.Equal(t, "-100.00 USD", report.Bridge.Rows[0].Difference.String())
	var breaks *reconciler.BreaksFound
	require.ErrorAs(t, report.Err(), &breaks)
	require.False(t, breaks.Bridge)
	require.ErrorContains(t, report.Err(), "does not add up")
}

func TestFreightWithoutAChargeIsHeldToo(t *testing.T) {
	m := newMemory(t)
	m.add("shipment-S1", domain.OrderReleased{Shipment: "S1", Customer: "C-100", Currency: "USD"},
		domain.ShipmentDelivered{Shipment: "S1", At: domain.DayMoment(2026, 1, 5)},
		domain.PODReceived{Shipment: "S1", Version: 1, Document: "pod", At: domain.DayMoment(2026, 1, 5)},
		domain.PODVerified{Shipment: "S1", Version: 1, Outcome: domain.PODClean, By: "clerk"})
	tr := trip{m}
	require.Equal(t, []reconciler.HeldLine{{Shipment: "S1", Customer: "C-100", Delivered: "2026-01-05", Reason: "delivered, and no charge was ever entered"}}, tr.bridge().Held)
	m.add("shipment-S1", domain.ChargeHeld{Shipment: "S1", Charge: "INS", Kind: domain.Insurance, Reason: "value not declared"})
	tr.requireRow(domain.Insurance, "0.00 0.00 0.00 0.00 0.00", "INS: no figure: value not declared")
	require.Equal(t, 1, tr.bridge().Rows[0].NoFigure)
	m.add("shipment-S1", domain.ChargeLinked{Shipment: "S1", Charge: "INS", Kind: domain.Insurance, Reason: "one policy", BilledBy: domain.ChargeRef{Shipment: "S0", Charge: "INS"}})
	tr.requireRow(domain.Insurance, "0.00 0.00 0.00 0.00 0.00")
	require.Equal(t, 1, tr.bridge().Rows[0].Linked)
	require.Zero(t, tr.bridge().Rows[0].NoFigure)
}
