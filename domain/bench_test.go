package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
)

// A typical shipment: released, three charges, one of them approved, four
// reports, its proof of delivery received and verified.
func BenchmarkDecideAndEvolveAShipment(b *testing.B) {
	o := order()
	commands := []domain.Command{
		domain.ReleaseOrder{OrderReleased: o},
		enter("F", domain.Freight, "561.86"), enter("FSC", domain.FuelSurcharge, "11.80"), enter("D", domain.Accessorial, "80.00"), approve("D", "80.00", "desk lead"),
		record(1, domain.ArrivedPickup, "2024-03-04T08:00:00"), record(1, domain.DepartedPickup, "2024-03-04T09:00:00"),
		record(2, domain.ArrivedDelivery, "2024-03-05T13:00:00"), unload("2024-03-05T14:00:00"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean),
	}
	aggregate, err := domain.AggregateOf(shipment.Stream())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		state := aggregate.Zero()
		for _, c := range commands {
			events, err := aggregate.Decide(state, c)
			if err != nil {
				b.Fatal(err)
			}
			for _, e := range events {
				state = aggregate.Evolve(state, e)
			}
		}
	}
	b.ReportMetric(float64(len(commands)), "commands/op")
}

func BenchmarkEncodeEvent(b *testing.B) {
	registry := domain.Events()
	e := domain.ChargesClaimed{Shipment: shipment, Candidate: candidate(), Evidence: "POD 1", Lines: exampleLines()}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := registry.Encode(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEvent(b *testing.B) {
	registry := domain.Events()
	name, version, body, err := registry.Encode(domain.ChargesClaimed{Shipment: shipment, Candidate: candidate(), Evidence: "POD 1", Lines: exampleLines()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := registry.Decode(name, version, body); err != nil {
			b.Fatal(err)
		}
	}
}

// A long series stays quick to extend, and to replay.
func BenchmarkAssignNumbers(b *testing.B) {
	aggregate, err := domain.AggregateOf(domain.SeriesStream("INV-2024"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	state := aggregate.Zero()
	for i := range b.N {
		invoice := candidate()
		invoice.Number = i
		events, err := aggregate.Decide(state, domain.AssignNumber{Series: "INV-2024", For: domain.NumberFor{Invoice: invoice.ID()}})
		if err != nil {
			b.Fatal(err)
		}
		state = aggregate.Evolve(state, events[0])
	}
}
