package freightgen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/shopspring/decimal"
)

// Contract freight is priced by an agreement: its charges are not entered but
// rated from what happened. The plan computes what must come out by itself.

// The terms of contract freight. The rate changes with the second version.
const (
	contract      = "GEN-TL"
	contractIndex = "GEN-DIESEL"
	peg           = "1.20"
	perGallon     = "6"
	freeMinutes   = 120
	quarterHour   = "12.50" // of 50.00 an hour
	lumperFee     = "15.00"
	notUsed       = "250.00"
)

// A move under the agreement.
type contractMove struct {
	id       domain.ShipmentID
	customer Customer
	miles    int
	from, to place
	arrive   time.Time // at the consignee
	dwell    int       // minutes there
	delay    int       // of them, the carrier's own
	lumper   decimal.Decimal
	notUsed  bool
}

// contracts plans the contract freight and writes its desk records.
func (g *generator) contracts() error {
	if g.options.Contracts == 0 {
		return nil
	}
	commands := g.contractTerms()
	values := g.contractIndexValues()
	commands = append(commands, domain.PublishIndex{Index: contractIndex, Values: values})
	for i := range g.options.Contracts {
		m := g.contractMove(i + 1)
		g.enterContract(m, values)
		more, err := g.contractRecords(m)
		if err != nil {
			return err
		}
		commands = append(commands, more...)
	}
	var buf bytes.Buffer
	lines := json.NewEncoder(&buf)
	for _, c := range commands {
		body, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("write %s: %w", c.CommandName(), err)
		}
		if err := lines.Encode(desk.Line{Command: c.CommandName(), Body: body}); err != nil {
			return fmt.Errorf("write contract freight: %w", err)
		}
	}
	g.out.Files = append(g.out.Files, File{"contracts.jsonl", desk.Channel, buf.Bytes()})
	return nil
}

// changeOfRate is the first day of the second version.
func (g *generator) changeOfRate() time.Time { return g.options.From.AddDate(0, 0, g.options.Days/2) }

func (g *generator) contractRate(pickup time.Time) string {
	if pickup.Before(g.changeOfRate()) {
		return "2.15"
	}
	return "2.2575"
}

func (g *generator) contractTerms() []domain.Command {
	day := func(t time.Time) string { return t.Format(domain.DayLayout) }
	number := rating.MustDecimal
	terms := func(version, from, through, rate string) domain.Command {
		return domain.AdoptAgreement{By: "pricing-desk", Terms: rating.Agreement{
			Agreement: contract, Version: version, Title: "truckload, United States", Groups: []string{"generated"}, Currency: "USD", From: from, Through: through,
			Round: rating.Round{Mode: money.HalfUp, Step: number("0.01")},
			Lanes: []rating.Lane{{Lane: "anywhere", Modes: []string{"TL"}, Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number(rate)}, Fuel: "diesel"}},
			Fuel:  []rating.Fuel{{Fuel: "diesel", Index: contractIndex, Method: rating.FuelFormula, Unit: rating.PerMile, Peg: number(peg), MilesPerGallon: number(perGallon)}},
			Accessorials: []rating.Accessorial{
				{Code: "DET", Name: "detention", Trigger: rating.TriggerDetention, At: "delivery", Price: rating.Price{Per: rating.PerHour, Rate: number("50")},
					Time:     &rating.Time{FreeMinutes: freeMinutes, IncrementMinutes: 15, CarrierReasons: []string{"AH", "AI"}, Admissible: []string{domain.MediumELD}},
					Evidence: []rating.Evidence{rating.NeedsTimes}, ApprovalAbove: number("10000")},
				{Code: "LUM", Name: "lumper", Trigger: rating.TriggerPassThrough, Fee: number(lumperFee), Evidence: []rating.Evidence{rating.NeedsReceipt}, ApprovalAbove: number("10000")},
				{Code: "VOR", Name: "truck ordered, not used", Trigger: rating.TriggerNotUsed, Price: rating.Price{Rate: number(notUsed)}, ApprovalAbove: number("10000")},
			},
			Clauses: rating.Clauses{ApprovalAbove: number("10000")},
		}}
	}
	change := g.changeOfRate()
	return []domain.Command{
		terms("1", day(g.options.From.AddDate(0, 0, -30)), day(change.AddDate(0, 0, -1)), "2.15"),
		terms("2", day(change), "", "2.2575"),
	}
}

// contractIndexValues are weekly, published on Mondays and effective on the
// day after.
func (g *generator) contractIndexValues() []rating.IndexValue {
	monday := g.options.From.AddDate(0, 0, -14)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, -1)
	}
	var values []rating.IndexValue
	for price := 3_600; !monday.After(g.options.From.AddDate(0, 0, g.options.Days+20)); monday = monday.AddDate(0, 0, 7) {
		values = append(values, rating.IndexValue{Published: monday.Format(domain.DayLayout), Effective: monday.AddDate(0, 0, 1).Format(domain.DayLayout),
			Value: rating.MustDecimal(decimal.New(int64(price), -3).String()), Source: "generated"})
		price += g.rng.IntN(161) - 80
	}
	return values
}

func (g *generator) contractMove(n int) contractMove {
	from := g.rng.IntN(len(g.places))
	m := contractMove{id: domain.ShipmentID(fmt.Sprintf("CT-%06d", n)), customer: g.out.Customers[g.rng.IntN(len(g.out.Customers))],
		miles: 150 + g.rng.IntN(2250), from: g.places[from], to: g.places[(from+1+g.rng.IntN(len(g.places)-1))%len(g.places)],
		arrive: g.options.From.AddDate(0, 0, g.rng.IntN(g.options.Days)).Add(time.Duration(14*60+g.rng.IntN(300)) * time.Minute),
		dwell:  20 + g.rng.IntN(400), notUsed: g.chance(3)}
	if m.dwell > 200 && g.chance(20) {
		m.delay = 30 + g.rng.IntN(60)
	}
	if g.chance(15) {
		m.lumper = g.cents(4_000, 30_000)
	}
	return m
}

// pickedUp is a day and a half before the arrival.
func (m contractMove) pickedUp() time.Time { return m.arrive.Add(-36 * time.Hour) }

// enterContract computes the move's price from the plan.
func (g *generator) enterContract(m contractMove, values []rating.IndexValue) {
	t := &g.out.Truth
	t.Contracts++
	t.Billable++
	if m.notUsed {
		t.Accessorial = t.Accessorial.Add(decimal.RequireFromString(notUsed))
		return
	}
	pickup := g.local(m.pickedUp(), m.from).Format(domain.DayLayout)
	day, _ := time.Parse(domain.DayLayout, pickup) // just formatted
	miles := decimal.NewFromInt(int64(m.miles))
	t.Freight = t.Freight.Add(miles.Mul(decimal.RequireFromString(g.contractRate(day))).Round(2))
	index := decimal.Zero
	for _, v := range values {
		if v.Effective <= pickup {
			index = v.Value.Exact()
		}
	}
	over := index.Sub(decimal.RequireFromString(peg))
	t.Fuel = t.Fuel.Add(miles.Mul(over).DivRound(decimal.RequireFromString(perGallon), 2))
	if quarters := (m.dwell - m.delay - freeMinutes) / 15; m.dwell-m.delay > freeMinutes {
		t.Accessorial = t.Accessorial.Add(decimal.NewFromInt(int64(quarters)).Mul(decimal.RequireFromString(quarterHour)))
	}
	if !m.lumper.IsZero() {
		t.Accessorial = t.Accessorial.Add(m.lumper).Add(decimal.RequireFromString(lumperFee))
	}
}

// contractRecords are what the desk and the truck's device record.
func (g *generator) contractRecords(m contractMove) ([]domain.Command, error) {
	at := func(t time.Time, p place) domain.Moment { return domain.MomentIn(t, g.zones[p.zone]) }
	report := func(stop int, kind string, t time.Time, p place) domain.Command {
		return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: m.id, Stop: stop, Kind: kind, At: at(t, p), Medium: domain.MediumELD}}
	}
	where := func(p place) rating.Place {
		return rating.Place{Country: "US", State: p.state, City: p.city, Postal: p.zip}
	}
	asked := domain.MomentIn(g.options.From.AddDate(0, 0, -3), time.UTC)
	commands := []domain.Command{
		domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: m.id, Customer: domain.CustomerID(m.customer.Code), Currency: "USD", Mode: "TL", Ordered: asked,
			References: []domain.Reference{{Kind: "BOL", Value: "BOL-" + string(m.id)}, {Kind: "PO", Value: "PO-" + string(m.id)}},
			Measures:   domain.Measures{Equipment: "53V", Distance: rating.Quantity{Value: rating.MustDecimal(fmt.Sprint(m.miles)), Unit: "mi", Source: "generated"}},
			Stops: []domain.Stop{
				{Seq: 1, Kind: domain.StopPickup, Place: m.from.city, Zone: m.from.zone, Where: where(m.from), From: at(m.pickedUp().Add(-time.Hour), m.from), Until: at(m.pickedUp().Add(time.Hour), m.from)},
				{Seq: 2, Kind: domain.StopDelivery, Place: m.to.city, Zone: m.to.zone, Where: where(m.to), From: at(m.arrive.Add(-time.Hour), m.to), Until: at(m.arrive.Add(time.Hour), m.to)},
			},
			Terms: domain.Terms{Agreement: contract, Rate: true}}},
		domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: m.id, Carrier: "DEMA", At: asked}},
		domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: m.id, Carrier: "DEMA", At: asked}},
		domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: m.id, At: asked}},
	}
	if m.notUsed {
		return append(commands, domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: m.id, Reason: "no goods", At: at(m.pickedUp(), m.from)}}), nil
	}
	left := m.arrive.Add(time.Duration(m.dwell) * time.Minute)
	commands = append(commands,
		report(1, domain.ArrivedPickup, m.pickedUp().Add(-45*time.Minute), m.from),
		report(1, domain.Loaded, m.pickedUp(), m.from),
		report(2, domain.DepartedDelivery, left, m.to), // before its arrival is known
		report(2, domain.ArrivedDelivery, m.arrive, m.to),
		report(2, domain.Unloaded, left.Add(-5*time.Minute), m.to))
	if m.delay > 0 {
		commands = append(commands, domain.RecordDelay{DelayRecorded: domain.DelayRecorded{Shipment: m.id, Delay: "breakdown", Stop: 2, Reason: "AI",
			From: at(m.arrive.Add(time.Minute), m.to), Until: at(m.arrive.Add(time.Duration(1+m.delay)*time.Minute), m.to)}})
	}
	if !m.lumper.IsZero() {
		receipt, err := usd(m.lumper)
		if err != nil {
			return nil, err
		}
		commands = append(commands, domain.RecordService{ServiceRecorded: domain.ServiceRecorded{Shipment: m.id, By: "dispatch-desk",
			Service: rating.Service{Service: "lumper", Code: "LUM", Stop: 2, Receipt: receipt, Document: "lumper receipt of " + string(m.id)}}})
	}
	return append(commands,
		domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: m.id, Document: "receipt of " + string(m.id), SignedBy: "consignee", At: at(left, m.to)}},
		domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: m.id, Outcome: domain.PODClean, By: "billing-desk", Timed: []int{2}}}), nil
}
