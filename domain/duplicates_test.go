package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// freight is a shipment of these tests: dispatched on 3 March, with charges.
func freight(id domain.ShipmentID, carrier string, refs []domain.Reference, charges ...domain.ChargeEntered) []domain.Event {
	events := []domain.Event{domain.OrderReleased{Shipment: id, References: refs}, domain.TenderAccepted{Shipment: id, Carrier: carrier},
		domain.ShipmentDispatched{Shipment: id, At: at("2024-03-03")}}
	for _, c := range charges {
		c.Shipment = id
		events = append(events, c)
	}
	return events
}

func ref(kind, value string) []domain.Reference {
	return []domain.Reference{{Kind: kind, Value: value}}
}

func duplicates(histories ...[]domain.Event) []domain.Duplicate {
	var d domain.Duplicates
	for _, events := range histories {
		for _, e := range events {
			d.Fold(e)
		}
	}
	return d.Found()
}

func TestRule48BillsUnderOneCarriersPROForTheSameServiceAreFlagged(t *testing.T) {
	linehaul, fuel := charge("F", domain.Freight, "100.00"), charge("FSC", domain.FuelSurcharge, "10.00")
	other := charge("G", domain.Freight, "90.00")
	first := freight("S1", "XPOL", ref("PRO", "0077-81203"), linehaul, fuel)
	flagged := []domain.Duplicate{{Kind: domain.SameCarrierAndPRO, Carrier: "XPOL", Number: "7781203", Shipments: []domain.ShipmentID{"S1", "S2"}}}

	// However the number is written, and whatever it amounts to
	for _, pro := range []string{"7781203", "778 12 03", "xpol7781203", "XPOL-07781203"} {
		require.Equal(t, flagged, duplicates(first, freight("S2", "xpol", ref("PRO", pro), other)), pro)
	}
	require.Equal(t, flagged, duplicates(freight("S2", "XPOL", nil, other), first, []domain.Event{domain.ReferenceAdded{Shipment: "S2", Reference: ref("PRO", "7781203")[0]}}))
	three := duplicates(first, freight("S2", "XPOL", ref("PRO", "7781203"), other), freight("S3", "XPOL", ref("PRO", "7781203"), linehaul))
	require.Equal(t, []domain.ShipmentID{"S1", "S2", "S3"}, three[0].Shipments)

	// What is not the same
	for name, second := range map[string][]domain.Event{
		"another carrier":          freight("S2", "SAIA", ref("PRO", "7781203"), other),
		"another number":           freight("S2", "XPOL", ref("PRO", "7781204"), other),
		"another service":          freight("S2", "XPOL", ref("PRO", "7781203"), charge("D", domain.Accessorial, "40.00")),
		"a bill for nothing":       freight("S2", "XPOL", ref("PRO", "7781203"), charge("F", domain.Freight, "0.00")),
		"an empty number":          freight("S2", "XPOL", ref("PRO", "000"), other),
		"a rejected charge":        append(freight("S2", "XPOL", ref("PRO", "7781203"), other), domain.ChargeRejected{Shipment: "S2", Charge: "G"}),
		"a waived charge":          append(freight("S2", "XPOL", ref("PRO", "7781203"), other), domain.ChargeWaived{Shipment: "S2", Charge: "G"}),
		"a cancelled shipment":     append(freight("S2", "XPOL", ref("PRO", "7781203"), other), domain.ShipmentCancelled{Shipment: "S2"}),
		"a balance due, by a link": append(freight("S2", "XPOL", ref("PRO", "7781203"), other), domain.ChargeLinked{Shipment: "S2", Charge: "H", BilledBy: domain.ChargeRef{Shipment: "S1", Charge: "F"}}),
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, duplicates(first, second)) })
	}
}

func TestRule48BillsUnderOneBillOfLadingOnOneDayForOneAmountAreFlagged(t *testing.T) {
	first := freight("S1", "XPOL", ref("BOL", "881204"), charge("F", domain.Freight, "100.00"), charge("FSC", domain.FuelSurcharge, "10.00"))
	second := freight("S2", "SAIA", ref("BOL", "0881204"), charge("X", domain.Accessorial, "110.00"))
	require.Equal(t, []domain.Duplicate{{Kind: domain.SameBOLAndAmount, Number: "881204", Date: "2024-03-03", Amount: usd("110.00"), Shipments: []domain.ShipmentID{"S1", "S2"}}},
		duplicates(first, second))
	require.Empty(t, duplicates(first, append(second, domain.ChargeAmended{Shipment: "S2", Charge: "X", Amount: usd("110.01")})))
	require.Empty(t, duplicates(first, append(second, domain.ShipmentDispatched{Shipment: "S2", At: at("2024-03-04")})))
	require.Empty(t, duplicates(first, append(second, domain.ChargeLinked{Shipment: "S2", Charge: "Y", BilledBy: domain.ChargeRef{Shipment: "S1", Charge: "F"}})))
	require.Empty(t, duplicates(freight("S1", "XPOL", ref("BOL", "881204")), freight("S2", "XPOL", ref("BOL", "881204"))), "nothing is billed")
	require.Empty(t, duplicates())
}

func TestRule48NumbersAreComparedByLettersAndDigits(t *testing.T) {
	bill := func(id domain.ShipmentID, kind, number string) []domain.Event {
		return freight(id, "XPOL", ref(kind, number), charge("F", domain.Freight, "100.00"))
	}
	for _, other := range []string{"A778", "Z778", "778A", "778Z", "778a", "778z", "7780", "7789"} {
		require.Empty(t, duplicates(bill("S1", "PRO", "778"), bill("S2", "PRO", other)), other)
	}
	require.Len(t, duplicates(bill("S1", "PRO", "AZ-09"), bill("S2", "PRO", "a.z/09")), 1)
	// A carrier's code alone is no number, noughts are none, and other references tell nothing
	require.Empty(t, duplicates(bill("S1", "PRO", "XPOL"), bill("S2", "PRO", "XPOL")))
	require.Empty(t, duplicates(bill("S1", "BOL", "000"), bill("S2", "BOL", "--")))
	require.Empty(t, duplicates(bill("S1", "PO", "4711"), bill("S2", "PO", "4711")))

	// They are listed by kind and number
	var all [][]domain.Event
	var want []string
	for _, kind := range []string{"PRO", "BOL"} {
		for _, number := range []string{"101", "102", "103", "104", "105"} {
			all = append(all, bill(domain.ShipmentID(kind+number+"a"), kind, number), bill(domain.ShipmentID(kind+number+"b"), kind, number))
			want = append(want, number)
		}
	}
	var got []string
	for _, d := range duplicates(all...) {
		got = append(got, d.Number)
	}
	require.Equal(t, want, got)
}
