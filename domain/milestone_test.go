package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func TestAReportIsOfAKnownKindAndStop(t *testing.T) {
	domaintest.When(t, released(), record(2, "teleported", "2024-03-05")).Refused(domain.Invalid)
	domaintest.When(t, released(), record(9, domain.Unloaded, "2024-03-05")).Refused(domain.NotFound)
	domaintest.When(t, released(), domain.RecordMilestone{Milestone: domain.Milestone{Shipment: shipment, Stop: 2, Kind: domain.Unloaded}}).Refused(domain.Invalid)
}

func TestAReportThatSomethingWentWrongHoldsTheBill(t *testing.T) {
	damaged := record(2, domain.Damaged, "2024-03-05")
	damaged.Reason, damaged.Source = "A2", domain.Source{Message: "m1", Place: "AT7"}
	domaintest.When(t, released(), damaged).Then(domain.MilestoneRecorded{Milestone: damaged.Milestone},
		domain.ExceptionRaised{Shipment: shipment, Exception: "damaged-2-2024-03-05", Kind: domain.Damaged, Detail: "A2", Source: domain.Source{Message: "m1", Place: "AT7"}})
	// Told again for another reason it is another report of the same damage
	again := damaged
	again.Reason = "A9"
	domaintest.When(t, played(t, released(), damaged), again).Then(domain.MilestoneRecorded{Milestone: again.Milestone})
}

func TestRule04DeliveryIsAtTheLastOfItsStopsInWhateverOrderTheyLie(t *testing.T) {
	two := orderWith(func(o *domain.OrderReleased) {
		o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopDelivery})
	})
	s := domaintest.Fold[domain.Shipment](played(t, domaintest.Given(two), record(2, domain.Unloaded, "2024-03-07"), record(3, domain.Unloaded, "2024-03-06"))...)
	require.Equal(t, at("2024-03-07"), s.Delivered)
}

func TestOfTwoReportsThatSayTheSameTheFirstCounts(t *testing.T) {
	first, second := report(2, domain.Unloaded, "2024-03-05"), report(2, domain.Unloaded, "2024-03-05")
	first.Source.Message, second.Source.Message = "m1", "m2"
	s := domaintest.Fold[domain.Shipment](order(), domain.MilestoneRecorded{Milestone: first}, domain.MilestoneRecorded{Milestone: second})
	require.Equal(t, []domain.Milestone{first}, s.Actuals)
	require.Equal(t, []domain.Milestone{second}, s.Reports)
}
