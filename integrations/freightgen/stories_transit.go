package freightgen

import "github.com/freightledger/freightledger/domain"

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
