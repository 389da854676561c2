package domain_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

func release(change func(*domain.OrderReleased)) domain.ReleaseOrder {
	return domain.ReleaseOrder{OrderReleased: orderWith(change)}
}

func TestAnOrderIsReleasedOnce(t *testing.T) {
	domaintest.When(t, nil, release(func(*domain.OrderReleased) {})).Then(order())
	domaintest.When(t, released(), release(func(*domain.OrderReleased) {})).Nothing()
	domaintest.When(t, released(), release(func(o *domain.OrderReleased) { o.Mode = "LTL" })).Nothing()
	// For another customer, in another currency or by another way it is another order
	domaintest.When(t, released(), release(func(o *domain.OrderReleased) { o.Customer = "OTHER" })).Refused(domain.Conflict)
	domaintest.When(t, released(), release(func(o *domain.OrderReleased) { o.Currency, o.Terms.ApprovalAbove = "EUR", eur("50.00") })).Refused(domain.Conflict)
	domaintest.When(t, released(), release(func(o *domain.OrderReleased) { o.Stops = o.Stops[1:] })).Refused(domain.Conflict)
}

func TestAnOrderThatCannotBeIsRefused(t *testing.T) {
	measure := func(value, unit string) rating.Quantity { return rating.Quantity{Value: number6(value), Unit: unit} }
	for name, change := range map[string]func(*domain.OrderReleased){
		"a shipment that names no stream": func(o *domain.OrderReleased) { o.Shipment = "SH 1" },
		"nobody's":                        func(o *domain.OrderReleased) { o.Customer = "" },
		"a currency that is none":         func(o *domain.OrderReleased) { o.Currency = "XYZ" },
		"a weight in words":               func(o *domain.OrderReleased) { o.WeightKg = "heavy" },
		"a stop of no kind":               func(o *domain.OrderReleased) { o.Stops[0].Kind = "cross-dock" },
		"a stop twice":                    func(o *domain.OrderReleased) { o.Stops[1].Seq = 1 },
		"a weight below nought":           func(o *domain.OrderReleased) { o.Measures.Weight = measure("-1", "lb") },
		"a weight in stones":              func(o *domain.OrderReleased) { o.Measures.Weight = measure("80", "st") },
		"a weight in miles":               func(o *domain.OrderReleased) { o.Measures.Weight = measure("80", "mi") },
		"a distance in leagues":           func(o *domain.OrderReleased) { o.Measures.Distance = measure("80", "lea") },
		"pallets below nought":            func(o *domain.OrderReleased) { o.Measures.Pallets = number6("-1") },
		"pieces below nought":             func(o *domain.OrderReleased) { o.Measures.Pieces = number6("-1") },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, nil, release(change)).Refused(domain.Invalid) })
	}
	for name, change := range map[string]func(*domain.OrderReleased){
		"kilograms and kilometres": func(o *domain.OrderReleased) {
			o.Measures = domain.Measures{Weight: measure("80", "kg"), Distance: measure("80", "km"), Pallets: number6("2"), Pieces: number6("40")}
		},
		"pounds and miles": func(o *domain.OrderReleased) {
			o.Measures = domain.Measures{Weight: measure("80", "lb"), Distance: measure("80", "mi")}
		},
		"a weight as it was stated":  func(o *domain.OrderReleased) { o.WeightKg = "80.5" },
		"under no agreement":         func(o *domain.OrderReleased) { o.Terms.Agreement = "" },
		"without the first's number": func(o *domain.OrderReleased) { o.Stops[0].Seq = 3 },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, nil, release(change)).Then(orderWith(change)) })
	}
	domaintest.When(t, nil, release(func(o *domain.OrderReleased) { o.Terms = domain.Terms{Rate: true} })).Refused(domain.Invalid).ByRule(14)
}

func addReference(kind, value string) domain.AddReference {
	return domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: shipment, Reference: domain.Reference{Kind: kind, Value: value}}}
}

func TestAShipmentIsKnownByMoreNumbersAsTheyCome(t *testing.T) {
	h := played(t, domaintest.Given(orderWith(func(o *domain.OrderReleased) { o.References = ref("BOL", "881204") })), addReference("PRO", "77-81203"), addReference("BOL", "881205"))
	require.Equal(t, []domain.Reference{{Kind: "BOL", Value: "881204"}, {Kind: "PRO", Value: "77-81203"}, {Kind: "BOL", Value: "881205"}}, domaintest.Fold[domain.Shipment](h...).References)
	domaintest.When(t, h, addReference("BOL", "881204")).Nothing()
	domaintest.When(t, h, addReference("PRO", "77-81203")).Nothing()

	played(t, h, addReference("PO", strings.Repeat("9", 200)))
	domaintest.When(t, h, addReference("PO", strings.Repeat("9", 201))).Refused(domain.Invalid)
	domaintest.When(t, h, addReference("", "4711")).Refused(domain.Invalid)
	domaintest.When(t, h, addReference("PO", "")).Refused(domain.Invalid)
}

func TestAShipmentOnALoadIsKnownByItsNumber(t *testing.T) {
	accepted := domaintest.Given(order(), domain.OrderTendered{Shipment: shipment, Carrier: "XPOL"}, domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL"})
	dispatch := func(load string) domain.Dispatch {
		return domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: shipment, Load: load, At: at("2024-03-02")}}
	}
	require.Equal(t, ref("LOAD", "LD-1"), domaintest.Fold[domain.Shipment](played(t, accepted, dispatch("LD-1"))...).References)
	require.Empty(t, domaintest.Fold[domain.Shipment](played(t, accepted, dispatch(""))...).References)
}

func TestAShipmentIsCancelledForAReason(t *testing.T) {
	cancel := domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, At: at("2024-03-01")}}
	domaintest.When(t, released(), cancel).Refused(domain.Invalid)
}

func TestAnExceptionIsRaisedOnceAndResolvedBySomebodyWithAWord(t *testing.T) {
	nameless, kindless := raise(""), raise("X1")
	kindless.Kind = ""
	domaintest.When(t, released(), nameless).Refused(domain.Invalid)
	domaintest.When(t, released(), kindless).Refused(domain.Invalid)
	h := played(t, released(), raise("X1"), raise("X2"))
	domaintest.When(t, h, raise("X1")).Nothing()

	silent, nobody := resolve("X1"), resolve("X1")
	silent.Resolution, nobody.By = "", ""
	domaintest.When(t, h, silent).Refused(domain.Invalid)
	domaintest.When(t, h, nobody).Refused(domain.Invalid)
	domaintest.When(t, h, resolve("X3")).Refused(domain.NotFound)
	domaintest.When(t, nil, resolve("X1")).Refused(domain.NotFound)
	h = played(t, h, resolve("X1"))
	domaintest.When(t, h, resolve("X1")).Nothing()
	domaintest.When(t, h, raise("X1")).Nothing()
	s := domaintest.Fold[domain.Shipment](h...)
	require.Equal(t, []domain.Exception{{ID: "X1", Kind: domain.ExceptionOther, Detail: "seal broken", ResolvedBy: "dispatch desk"}, {ID: "X2", Kind: domain.ExceptionOther, Detail: "seal broken", Open: true}}, s.Exceptions)
	require.Equal(t, 1, s.OpenExceptions())
}

func TestTheStatusOfAShipmentIsTheFurthestThatItHasReached(t *testing.T) {
	tender := domain.OrderTendered{Shipment: shipment, Carrier: "XPOL"}
	taken := domaintest.Given(order(), tender, domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL"})
	dispatched := taken.And(domain.ShipmentDispatched{Shipment: shipment, At: at("2024-03-02")})
	optional := orderWith(func(o *domain.OrderReleased) {
		o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopDelivery, Optional: true})
	})
	for name, test := range map[string]struct {
		h    domaintest.History
		want string
	}{
		"nothing is known":            {nil, "unknown"},
		"released":                    {released(), "released"},
		"tendered":                    {domaintest.Given(order(), tender), "tendered"},
		"declined":                    {domaintest.Given(order(), tender, domain.TenderDeclined{Shipment: shipment, Carrier: "XPOL"}), "declined"},
		"accepted":                    {taken, "accepted"},
		"dispatched":                  {dispatched, "dispatched"},
		"acknowledged":                {played(t, dispatched, record(0, domain.Acknowledged, "2024-03-03")), "dispatched"},
		"late for the pickup":         {played(t, dispatched, record(1, domain.Delayed, "2024-03-04")), "dispatched"},
		"at the shipper's":            {played(t, dispatched, record(1, domain.ArrivedPickup, "2024-03-04")), "at-pickup"},
		"loaded":                      {played(t, dispatched, record(1, domain.Loaded, "2024-03-04")), "in-transit"},
		"departed":                    {played(t, dispatched, record(1, domain.DepartedPickup, "2024-03-04")), "in-transit"},
		"on the road":                 {played(t, dispatched, record(0, domain.EnRoute, "2024-03-04")), "in-transit"},
		"arrived nowhere in the plan": {played(t, dispatched, record(0, domain.ArrivedDelivery, "2024-03-05")), "in-transit"},
		"tried in vain":               {played(t, dispatched, record(1, domain.Loaded, "2024-03-04"), record(2, domain.Attempted, "2024-03-05")), "in-transit"},
		"at the consignee's":          {played(t, dispatched, record(2, domain.ArrivedDelivery, "2024-03-05")), "at-delivery"},
		"unloaded at one of two":      {played(t, domaintest.Given(optional), record(3, domain.Unloaded, "2024-03-05")), "at-delivery"},
		"delivered":                   {played(t, dispatched, unload("2024-03-05")), "delivered"},
		"in doubt":                    {played(t, dispatched, unload("2024-03-05"), raise("X1")), "exception"},
		"no more in doubt":            {played(t, dispatched, unload("2024-03-05"), raise("X1"), resolve("X1")), "delivered"},
		"cancelled":                   {played(t, dispatched, raise("X1"), domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "withdrawn", At: at("2024-03-02")}}), "cancelled"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, domaintest.Fold[domain.Shipment](test.h...).Status()) })
	}
}

func TestATenderNamesItsCarrier(t *testing.T) {
	domaintest.When(t, released(), domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: shipment, At: at("2024-03-01")}}).Refused(domain.Invalid)
}

func TestEachInvoiceThatHasClaimedIsQuestionedOnce(t *testing.T) {
	// Given charges on two candidates, two of them on one
	h := deliveredWith(t, enter("G", domain.Freight, "10.00"), enter("H", domain.Freight, "20.00"), verifyPOD(domain.PODClean))
	h = played(t, h, domain.MoveClaim{Shipment: shipment, From: invoice, To: candidate().Next(), Charges: []domain.ChargeID{"G"}})
	domaintest.When(t, h, raise("X1")).Then(raise("X1").ExceptionRaised,
		domain.ClaimQuestioned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F", "H"}, Holds: []string{"exception X1"}},
		domain.ClaimQuestioned{Shipment: shipment, Invoice: candidate().Next().ID(), Charges: []domain.ChargeID{"G"}, Holds: []string{"exception X1"}})
}

func TestAReferenceIsOfAShipmentThatIsKnown(t *testing.T) {
	domaintest.When(t, nil, refer(po("4500017"))).Refused(domain.NotFound)
}

func TestAnOrdersUnitIsPlainTextAndItsTaxMayBeOfNoPercent(t *testing.T) {
	for unit, taken := range map[string]bool{"reefer": true, strings.Repeat("u", 60): true, strings.Repeat("u", 61): false, "re\nefer": false} {
		o := domain.ReleaseOrder{OrderReleased: orderWith(func(o *domain.OrderReleased) {
			o.Terms.Unit, o.Terms.Tax = unit, domain.Tax{Code: domain.TaxStandard, Percent: "0", Jurisdiction: "CA-ON", Version: "2024-01"}
		})}
		if out := domaintest.When(t, nil, o); taken {
			out.Then(o.OrderReleased)
		} else {
			out.Refused(domain.Invalid)
		}
	}
}
