package freightgen

import (
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// underWay: 1,000.00 of freight is earned over ten days, four of them in
// January: 400.00 at the month's end, 600.00 on delivery.
func underWay(t teller) Story {
	t.name = "transit"
	order := t.order(1)
	order.Terms.Recognition, order.Promised = domain.RecognizedOverTransit, domain.DayMoment(2026, 2, 7)
	left := domain.Milestone{Shipment: t.shipment(1), Stop: 1, Kind: domain.DepartedPickup, At: t.at("2026-01-28", "16:00")}
	return t.story("revenue over transit: the freight is on its way when January ends", paidUp("1000.00", "0.00", "1000.00"),
		Step{Note: "it leaves in January and arrives in February", Commands: commands(append(
			[]domain.Command{domain.ReleaseOrder{OrderReleased: order}, t.freight(1, "1000.00"), domain.RecordMilestone{Milestone: left}},
			t.delivered(1, delivery)...)...)},
		Step{Note: "billed and paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "1000.00", inMarch}}})
}

// agreedUnderWay: 500 mi at 2.00 are earned as above, because the agreement says
// so. It also shares by weight, which the order does not state.
func agreedUnderWay(t teller) Story {
	t.name = "agreed"
	number := rating.MustDecimal
	order := t.order(1)
	order.Mode, order.Promised = "TL", domain.DayMoment(2026, 2, 7)
	order.Terms = domain.Terms{Agreement: "ST-AGREED-TL", Rate: true}
	order.Measures.Distance = rating.Quantity{Value: number("500"), Unit: "mi", Source: "agreed"}
	terms := rating.Agreement{Agreement: "ST-AGREED-TL", Version: "1", Customers: []string{string(t.customer())}, Currency: "USD", From: "2026-01-01",
		Round:   rating.Round{Mode: money.HalfUp, Step: number("0.01")},
		Lanes:   []rating.Lane{{Lane: "anywhere", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number("2.00")}}},
		Billing: rating.Billing{SplitByWeight: true, Recognition: rating.OverTransit},
	}
	left := domain.Milestone{Shipment: t.shipment(1), Stop: 1, Kind: domain.DepartedPickup, At: t.at("2026-01-28", "16:00")}
	return t.story("an agreement has freight earned on its way and shared by weight; the weight comes later", paidUp("1000.00", "0.00", "1000.00"),
		Step{Note: "it leaves, and nobody knows what weighs how much", Commands: commands(
			domain.AdoptAgreement{Terms: terms, By: "pricing-desk"}, domain.ReleaseOrder{OrderReleased: order}, domain.RecordMilestone{Milestone: left})},
		Step{Note: "the consignee and its weight are told", Commands: commands(domain.RecordStopFacts{StopFactsRecorded: domain.StopFactsRecorded{
			Shipment: t.shipment(1), Stop: 2, Party: t.customer(), Weight: number("18000"), By: dispatch}})},
		Step{Note: "it arrives in February", Commands: commands(t.delivered(1, delivery)...)},
		Step{Note: "billed and paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "1000.00", inMarch}}})
}
