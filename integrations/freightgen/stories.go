package freightgen

import (
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/desk"
)

// Days of the stories: they are delivered in February 2026.
const (
	february  = "2026-02"
	delivery  = "2026-02-10"
	inMarch   = "2026-03-20"
	laterDate = "2026-04-15"
)

// Stories are lives of freight that every desk meets, each with its own
// arithmetic.
func Stories() ([]Story, error) {
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		return nil, fmt.Errorf("tell stories: %w", err)
	}
	var stories []Story
	for _, tell := range []func(teller) Story{desksDay, discountFirst, apart, termsLate, disputes, credited, rebilled, lateCharge, voided, cancelled,
		shortPaid, writtenOff, bounced, oldestFirst, closedMonth, stranger, garbled, banked, seenTwice, approvedTwice, collect, ownAccounts, exported, underWay, agreedUnderWay} {
		s := tell(teller{zone: zone})
		stories = append(stories, s)
	}
	return stories, nil
}

// story gives a teller its name.
func (t teller) story(tells string, ends Ends, steps ...Step) Story {
	return Story{Name: t.name, Tells: tells, Ends: ends, Steps: steps, Customer: Customer{Code: string(t.customer()), Name: "Story " + t.name, TermsDays: 30}}
}

// paidUp is the end of an account on which all is paid.
func paidUp(billed, credited, paid string) Ends {
	return Ends{Billed: billed, Credited: credited, Paid: paid, WrittenOff: "0.00", Open: "0.00", Unapplied: "0.00"}
}

// desksDay: 1,000.00 of freight, 70.00 of unloading after all, 25.00 of
// insurance; a delivery to a residence of 60.00 is waived.
func desksDay(t teller) Story {
	t.name = "desk"
	id := t.shipment(1)
	day := t.at("2026-02-06", "09:00")
	start := []domain.Command{
		domain.ReleaseOrder{OrderReleased: t.order(1)},
		domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: id, Carrier: "DEMB", At: day}},
		domain.ExpireTender{TenderExpired: domain.TenderExpired{Shipment: id, Carrier: "DEMB", At: t.at("2026-02-06", "11:00")}},
		domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: id, Carrier: "DEMA", At: t.at("2026-02-06", "11:05")}},
		domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: id, Carrier: "DEMA", At: t.at("2026-02-06", "11:30")}},
		domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: id, At: t.at("2026-02-09", "08:00")}},
		t.freight(1, "1000.00"),
		t.enter(1, "UNL", domain.Accessorial, "UNL", "80.00"),
		domain.AmendCharge{ChargeAmended: domain.ChargeAmended{Shipment: id, Charge: "UNL", Amount: dollars("70.00"), RequestedBy: rater, Reason: "seven pallets, not eight"}},
		t.enter(1, "RES", domain.Accessorial, "RES", "60.00"),
		domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: id, Charge: "RES", By: billing, Reason: "goodwill"}},
		domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: id, Charge: "INS", Kind: domain.Insurance, Reason: "the insurer's figure has not come"}},
		domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: id, Charge: "DOC", Kind: domain.Freight, BilledBy: domain.ChargeRef{Shipment: id, Charge: "F"}, Reason: "documents are part of the freight"}},
		domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: id, Charge: "TAR", Kind: domain.Accessorial, Reason: "tarpaulin that the carrier brings anyway"}},
	}
	start = append(start, t.unloaded(1, delivery)...)
	start = append(start, t.receipt(1, delivery, "receipt, blurred"),
		t.approve(1, "UNL", "70.00"),
		domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: id, By: billing}})
	return t.story("a tender that expires, a charge amended, one waived, one without a figure, an unreadable receipt and the approval that rested on it", paidUp("1095.00", "0.00", "1095.00"),
		Step{Note: "ordered, delivered, the receipt cannot be read", Commands: commands(start...)},
		Step{Note: "the insurer's figure and a better copy come", Commands: commands(
			t.enter(1, "INS", domain.Insurance, "", "25.00"), t.receipt(1, delivery, "receipt, scanned again"), t.verified(1), t.approve(1, "UNL", "70.00"))},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "1095.00", inMarch}}})
}

// discountFirst: 1,000.00 of freight less a discount of 100.00.
func discountFirst(t teller) Story {
	t.name = "discount"
	v := t.invoice(february, 1)
	corrected := domain.PODReceived{Shipment: t.shipment(2), Document: "receipt, both pages", SignedBy: "consignee", At: t.at(delivery, "14:05")}
	return t.story("a candidate below nothing, held by hand; a receipt corrected while it waits", paidUp("900.00", "0.00", "900.00"),
		Step{Note: "only the discount is there", Commands: commands(t.moved(1, delivery, t.enter(1, "D", domain.Discount, "", "-100.00"))...)},
		Step{Note: "billing holds it by hand", Commands: commands(domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: v, Reason: domain.HoldByHand, Detail: "the rest of the freight is coming", By: billing}})},
		Step{Note: "the freight comes", Commands: commands(t.moved(2, delivery, t.freight(2, "1000.00"))...)},
		Step{Note: "its receipt is corrected", Commands: commands(domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: corrected, Reason: "a page was missing"}})},
		Step{Note: "verified again, the case closed, the hold released", Commands: commands(t.verified(2),
			domain.ResolveException{ExceptionResolved: domain.ExceptionResolved{Shipment: t.shipment(2), Exception: domain.ExceptionAfterBilling + "-pod-2", Resolution: "same goods, same day", By: dispatch}},
			domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v, Reason: domain.HoldByHand, By: finance}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "900.00", inMarch}}})
}

// apart: 1,000.00 and 400.00 of freight, the latter on an invoice of its own,
// less discounts of 100.00 and 50.00.
func apart(t teller) Story {
	t.name = "apart"
	v := t.invoice(february, 1)
	part := domain.Candidate{Customer: t.customer(), Period: february, Part: "dock-7", Currency: "USD", Number: 1}.ID()
	alone := domain.Candidate{Customer: t.customer(), Period: delivery, Shipment: t.shipment(4), Currency: "USD", Number: 1}.ID()
	order := t.order(4)
	order.Terms.Billing = domain.BillingTerms{Cycle: rating.PerShipment}
	byShipment := append([]domain.Command{domain.ReleaseOrder{OrderReleased: order}, t.enter(4, "D", domain.Discount, "", "-50.00")}, t.delivered(4, delivery)...)
	return t.story("a candidate split and another one consolidated by hand, while a second person's release is waited for", paidUp("1250.00", "0.00", "1250.00"),
		Step{Note: "two discounts, on candidates of their own", Commands: commands(append(t.moved(1, delivery, t.enter(1, "D", domain.Discount, "", "-100.00")), byShipment...)...)},
		Step{Note: "billing holds one by hand", Commands: commands(domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: v, Reason: domain.HoldByHand, Detail: "the customer wants dock 7 apart", By: billing}})},
		Step{Note: "the freight comes", Commands: commands(append(t.moved(2, delivery, t.freight(2, "1000.00")), t.moved(3, delivery, t.freight(3, "400.00"))...)...)},
		Step{Note: "dock 7 is split off, the lone discount comes to the rest", Commands: commands(
			domain.MoveLines{Invoice: v, Part: "dock-7", Lines: []domain.ChargeRef{{Shipment: t.shipment(3), Charge: "F"}}, By: billing, Reason: "dock 7 is billed apart"},
			domain.MoveLines{Invoice: alone, To: v, By: billing, Reason: "one invoice for the month"})},
		Step{Note: "finance releases it", Commands: commands(domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v, Reason: domain.HoldByHand, By: finance}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "850.00", inMarch}, {"2", part, "400.00", inMarch}}})
}

// termsLate: in CAD 500 mi at 2.50, a fuel surcharge of (3.60 - 1.20) / 6 a mile,
// and 4 h at the consignee's dock of which 2 are free, at 50.00 an hour: 1,250.00 +
// 200.00 + 100.00, in USD at 0.80 of them 1,000.00 + 160.00 + 80.00.
func termsLate(t teller) Story {
	t.name = "terms"
	number := rating.MustDecimal
	order := t.order(1)
	order.Mode, order.Terms = "TL", domain.Terms{Agreement: "ST-TERMS-TL", Rate: true}
	order.Ordered = t.at("2026-02-06", "09:00")
	order.Measures.Distance = rating.Quantity{Value: number("500"), Unit: "mi", Source: "agreed"}
	order.Stops[1].From, order.Stops[1].Until = t.at(delivery, "10:00"), t.at(delivery, "11:00")
	report := func(stop int, kind, day, clock string) domain.Command {
		return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: t.shipment(1), Stop: stop, Kind: kind, At: t.at(day, clock), Medium: domain.MediumELD}}
	}
	terms := rating.Agreement{Agreement: "ST-TERMS-TL", Version: "1", Customers: []string{string(t.customer())}, Currency: "CAD", From: "2026-01-01",
		Round:    rating.Round{Mode: money.HalfUp, Step: number("0.01")},
		Exchange: []rating.Exchange{{Currency: "USD", Index: "ST-CAD-USD", Per: "CAD", MaxAgeDays: 7}},
		Lanes:    []rating.Lane{{Lane: "anywhere", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number("2.50")}, Fuel: "diesel"}},
		Fuel:     []rating.Fuel{{Fuel: "diesel", Index: "ST-DIESEL", Method: rating.FuelFormula, Unit: rating.PerMile, Peg: number("1.20"), MilesPerGallon: number("6"), MaxAgeDays: 8}},
		Accessorials: []rating.Accessorial{{Code: "DET", Name: "detention", Trigger: rating.TriggerDetention, At: "delivery", Price: rating.Price{Per: rating.PerHour, Rate: number("50")},
			Time: &rating.Time{FreeMinutes: 120, IncrementMinutes: 15, Admissible: []string{domain.MediumELD}}, Evidence: []rating.Evidence{rating.NeedsTimes, rating.NeedsNotice}, ApprovalAbove: number("40")}},
	}
	return t.story("freight ordered before its agreement, which is in another currency, and rated before its fuel index and rate of exchange; detention with notice and approval", paidUp("1240.00", "0.00", "1240.00"),
		Step{Note: "delivered under an agreement that nobody has entered", Commands: commands(
			domain.ReleaseOrder{OrderReleased: order},
			report(1, domain.ArrivedPickup, "2026-02-09", "08:00"), report(1, domain.Loaded, "2026-02-09", "09:00"),
			report(2, domain.ArrivedDelivery, delivery, "10:00"),
			domain.RecordNotice{NoticeRecorded: domain.NoticeRecorded{Shipment: t.shipment(1), Stop: 2, At: t.at(delivery, "12:05"), Medium: "e-mail", To: "consignee's dock"}},
			report(2, domain.Unloaded, delivery, "13:50"), report(2, domain.DepartedDelivery, delivery, "14:00"),
			t.receipt(1, delivery, "receipt with times"),
			domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: t.shipment(1), Outcome: domain.PODClean, By: billing, Timed: []int{2}}})},
		Step{Note: "the agreement comes", Commands: commands(domain.AdoptAgreement{Terms: terms, By: "pricing-desk"})},
		Step{Note: "the index is published", Commands: commands(domain.PublishIndex{Index: "ST-DIESEL", Values: []rating.IndexValue{
			{Published: "2026-02-02", Effective: "2026-02-03", Value: number("3.600"), Source: "generated"}}})},
		Step{Note: "the rate of exchange is published", Commands: commands(domain.PublishIndex{Index: "ST-CAD-USD", Values: []rating.IndexValue{
			{Published: "2026-02-06", Effective: "2026-02-06", Value: number("0.8000"), Source: "generated"}}})},
		Step{Note: "detention is approved", Commands: commands(t.approve(1, "DET-2", "80.00"))},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "1240.00", inMarch}}})
}

// stranger: 400.00 of a customer that the ERP does not know at first.
func stranger(t teller) Story {
	t.name = "stranger"
	s := t.story("a customer that the ERP does not know yet: nothing is billed or lost", paidUp("400.00", "0.00", "400.00"),
		Step{Note: "delivered", Commands: commands(t.moved(1, delivery, t.freight(1, "400.00"))...)},
		Step{Note: "the ERP has refused its accrual"},
		Step{Note: "the customer is in the ERP, and finance asks again", Commands: commands(
			domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: "ACC-" + string(t.shipment(1)) + "-1", By: finance}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "400.00", inMarch}}})
	s.Stranger = 3
	return s
}

// closedMonth: 500.00 of November, which the ERP has closed.
func closedMonth(t teller) Story {
	t.name = "closed"
	const november = "2025-11"
	return t.story("freight of a month that the ERP has closed: booked in the first open one, with its own service date", paidUp("500.00", "0.00", "500.00"),
		Step{Note: "November is closed", Closes: november, Commands: commands(t.moved(1, "2025-11-12", t.freight(1, "500.00"))...)},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(november, 1), "500.00", "2026-01-05"}}})
}

// garbled: 300.00, and a line that nobody can read.
func garbled(t teller) Story {
	t.name = "garbled"
	return t.story("a message that cannot be read is kept, looked at and dismissed", paidUp("300.00", "0.00", "300.00"),
		Step{Note: "delivered, and a broken line", Refuses: 1, Commands: commands(t.moved(1, delivery, t.freight(1, "300.00"))...),
			Messages: func(Known) ([]File, error) {
				return []File{{"broken.jsonl", desk.Channel, []byte(`{"command":"EnterCharge","body":{"shipment":"` + "\n")}}, nil
			}},
		Step{Note: "the line is dismissed", Commands: func(k Known) []domain.Command {
			var list []domain.Command
			for _, d := range k.DeadLetters() {
				if d.Kind == "command" {
					list = append(list, domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: d.Message, Item: d.Item, By: dispatch, Reason: "sent again, complete"}})
				}
			}
			return list
		}},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "300.00", inMarch}}})
}

// collect: 600.00 that the consignee pays, billed by shipment once its purchase
// order is known. Nothing is the shipper's, whom the ERP does not know.
func collect(t teller) Story {
	t.name = "collect"
	id := t.shipment(1)
	order := t.order(1)
	order.Customer = t.customer() + "-SHIPPER"
	order.Terms.Billing = domain.BillingTerms{Cycle: rating.PerShipment, References: []string{"PO"}}
	start := append([]domain.Command{domain.ReleaseOrder{OrderReleased: order}, t.freight(1, "600.00"),
		domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: id, Charge: "F", Payor: t.customer(), Stop: 2, By: billing, Reason: "freight collect"}}},
		t.delivered(1, delivery)...)
	invoice := domain.Candidate{Customer: t.customer(), Period: delivery, Shipment: id, Currency: "USD", Number: 1}.ID()
	return t.story("freight collect: the consignee pays, billed by shipment when its purchase order is known", paidUp("600.00", "0.00", "600.00"),
		Step{Note: "delivered, without the purchase order", Commands: commands(start...)},
		Step{Note: "the order's number comes", Commands: commands(
			domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: id, Reference: domain.Reference{Kind: "PO", Value: "4500017"}}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", invoice, "600.00", inMarch}}})
}
