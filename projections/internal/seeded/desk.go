// Package seeded drives random but repeatable freight through the embedded
// store, for the tests of projections.
package seeded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// Desk is a freight desk with its own store, clock and dice.
type Desk struct {
	T     testing.TB
	Store *embedded.Store
	Codec eventstore.Codec
	Exec  *eventstore.Executor
	Rand  *rand.Rand
	Log   *slog.Logger
	// Forged: its history was written by hand, and need not be reproduced at
	// the end.
	Forged bool

	mu  sync.Mutex
	now time.Time
	seq int

	shipments []domain.ShipmentID
	messages  []domain.MessageID
	seen      eventstore.Position
	invoices  []domain.InvoiceIssued
	documents []string
	payments  []domain.PaymentReceived
	disputes  []domain.DisputeID
}

// Open begins a desk. When the test ends the store is verified and closed.
func Open(t testing.TB, seed uint64) *Desk {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	store, err := embedded.Open(filepath.Join(t.TempDir(), "history"), embedded.Options{Logger: quiet})
	require.NoError(t, err)
	d := &Desk{T: t, Store: store, Codec: eventstore.NewCodec(domain.Events()), Rand: rand.New(rand.NewPCG(seed, 7)),
		Log: quiet, now: time.Date(2013, 5, 1, 8, 0, 0, 0, time.UTC)}
	d.Exec = eventstore.NewExecutor(store, d.Codec, d.Clock)
	t.Logf("seed %d", seed)
	t.Cleanup(func() {
		checked, err := store.Verify(context.Background(), nil)
		require.NoError(t, err)
		require.Zero(t, checked.Damages)
		if !d.Forged {
			report, err := recompute.Run(context.Background(), store, d.Codec, nil)
			require.NoError(t, err)
			require.True(t, report.Equal(), "%v", report.Differences)
		}
		require.NoError(t, store.Close())
	})
	return d
}

// Clock is the desk's time.
func (d *Desk) Clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// Pass lets time pass.
func (d *Desk) Pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// Try executes a command; a refusal is an answer too.
func (d *Desk) Try(c domain.Command) (eventstore.Result, bool) {
	d.T.Helper()
	d.seq++
	result, err := d.Exec.Execute(context.Background(), c, eventstore.Request{ID: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d", d.seq)), Actor: "clerk", Via: "test"})
	var no *domain.Refusal
	if errors.As(err, &no) {
		return result, false
	}
	require.NoError(d.T, err)
	return result, true
}

// Must executes a command that is not refused.
func (d *Desk) Must(c domain.Command) eventstore.Result {
	d.T.Helper()
	d.seq++
	result, err := d.Exec.Execute(context.Background(), c, eventstore.Request{ID: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d", d.seq)), Actor: "clerk", Via: "test"})
	require.NoError(d.T, err)
	return result
}

// USD is an amount.
func USD(text string) money.Money { return money.MustParse(text, "USD") }

// Sync makes a customer known.
func (d *Desk) Sync(customer domain.CustomerID, terms int) {
	d.Must(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: customer, Source: "books",
		Master: domain.CustomerMaster{Name: "Customer " + string(customer), TermsDays: terms, Credit: domain.CreditGood, Active: true}}})
}

// Message keeps raw text, in parts of a size.
func (d *Desk) Message(id domain.MessageID, name, content string, part int) {
	parts := (len(content) + part - 1) / part
	d.Must(domain.ReceiveMessage{MessageReceived: domain.MessageReceived{Message: id, Channel: "files", Name: name, Size: int64(len(content)), Parts: parts}})
	for i := range parts {
		d.Must(domain.StorePart{MessagePart: domain.MessagePart{Message: id, Part: i, Content: []byte(content[i*part : min(len(content), (i+1)*part)])}})
	}
}

// Contract adopts agreement A with a version that prices a mile at 2.105,
// diesel above 1.20 at 7 miles a gallon, and detention at delivery at 50.00 an
// hour after two.
func (d *Desk) Contract() {
	number := rating.MustDecimal
	d.Must(domain.AdoptAgreement{By: "pricing", Terms: rating.Agreement{Agreement: "A", Version: "1", Groups: []string{"all"}, Currency: "USD", From: "2013-01-01",
		Round: rating.Round{Mode: money.HalfUp, Step: number("0.01")},
		Lanes: []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number("2.105")}, Fuel: "diesel"}},
		Fuel:  []rating.Fuel{{Fuel: "diesel", Index: "DIESEL", Method: rating.FuelFormula, Unit: rating.PerMile, Peg: number("1.20"), MilesPerGallon: number("7")}},
		Accessorials: []rating.Accessorial{{Code: "DET", Name: "detention", Trigger: rating.TriggerDetention, At: "delivery",
			Price: rating.Price{Per: rating.PerHour, Rate: number("50")}, Time: &rating.Time{FreeMinutes: 120, IncrementMinutes: 15}}}}})
	d.Must(domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{{Published: "2013-04-29", Effective: "2013-04-30", Value: number("3.851")}}})
}

// Contracted moves a shipment of 600 miles under agreement A, which stays at
// the consignee for three hours from ten o'clock UTC, and rates it.
func (d *Desk) Contracted(id domain.ShipmentID, day time.Time) eventstore.Result {
	order := Order(id, "ACME", domain.Source{})
	order.Terms = domain.Terms{Agreement: "A", Rate: true}
	order.Measures = domain.Measures{Distance: rating.Quantity{Value: rating.MustDecimal("600"), Unit: "mi"}}
	d.Must(order)
	at := day.Truncate(24 * time.Hour)
	for _, m := range []domain.Command{
		Milestone(id, 1, domain.Loaded, at.Add(-12*time.Hour), domain.Source{}), Milestone(id, 2, domain.ArrivedDelivery, at.Add(10*time.Hour), domain.Source{}),
		Milestone(id, 2, domain.Unloaded, at.Add(12*time.Hour), domain.Source{}), Milestone(id, 2, domain.DepartedDelivery, at.Add(13*time.Hour), domain.Source{}),
	} {
		d.Must(m)
	}
	return d.Must(domain.RateShipment{Shipment: id})
}

// Order is an order of one pickup and one delivery.
func Order(id domain.ShipmentID, customer domain.CustomerID, source domain.Source) domain.ReleaseOrder {
	return domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: customer, Currency: "USD", Mode: "Truck", Incoterm: "DAP",
		References: []domain.Reference{{Kind: "BOL", Value: "bol-" + string(id)}, {Kind: "PO", Value: "PO " + string(id)}},
		Promised:   domain.DayMoment(2013, 5, 20),
		Stops:      []domain.Stop{{Seq: 1, Kind: domain.StopPickup}, {Seq: 2, Kind: domain.StopDelivery}},
		Terms:      domain.Terms{ApprovalAbove: USD("100.00"), Tax: domain.Tax{Code: domain.TaxStandard, Percent: "8.25", Jurisdiction: "US-TX", Version: "2013"}},
		Source:     source}}
}

// Milestone reports something at a stop.
func Milestone(id domain.ShipmentID, stop int, kind string, at time.Time, source domain.Source) domain.RecordMilestone {
	return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: stop, Kind: kind, At: domain.MomentIn(at, nil), Source: source}}
}

// Freight is a charge of freight.
func Freight(id domain.ShipmentID, charge domain.ChargeID, amount string, source domain.Source) domain.EnterCharge {
	return domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: charge, Kind: domain.Freight, Description: "linehaul",
		Amount: USD(amount), RequestedBy: "rating", Source: source}}
}

// Ship takes a shipment from its order to a verified proof of delivery, in
// commands that each bind several facts, as an importer does.
func (d *Desk) Ship(id domain.ShipmentID, customer domain.CustomerID, delivered time.Time, source domain.Source) {
	d.Must(ShipAll(id, customer, delivered, source))
}

// ShipAll is everything of one shipment, together.
func ShipAll(id domain.ShipmentID, customer domain.CustomerID, delivered time.Time, source domain.Source) domain.Together {
	return domain.Together{
		Order(id, customer, source),
		domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: id, Carrier: "ABCD", At: domain.MomentIn(delivered.AddDate(0, 0, -6), nil)}},
		domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: id, Carrier: "ABCD", DispatchRef: "D" + string(id), At: domain.MomentIn(delivered.AddDate(0, 0, -6), nil)}},
		domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: id, Load: "L" + string(id), At: domain.MomentIn(delivered.AddDate(0, 0, -5), nil)}},
		Milestone(id, 1, domain.ArrivedPickup, delivered.AddDate(0, 0, -5), source),
		Milestone(id, 1, domain.Loaded, delivered.AddDate(0, 0, -4), source),
		Freight(id, "F1", "812.40", source),
		domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: "I1", Kind: domain.Insurance, Amount: USD("3.15"), RequestedBy: "rating", Source: source}},
		Milestone(id, 2, domain.ArrivedDelivery, delivered.Add(-time.Hour), source),
		Milestone(id, 2, domain.Unloaded, delivered, source),
		domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: id, Document: "pod-" + string(id), SignedBy: "dock", At: domain.MomentIn(delivered, nil), Source: source}},
		domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: domain.PODClean, By: "billing"}},
	}
}

// All reads the whole history.
func (d *Desk) All() []eventstore.Decoded {
	var all []eventstore.Decoded
	for r, err := range d.Store.ReadAll(context.Background(), eventstore.Start) {
		require.NoError(d.T, err)
		e, err := d.Codec.Decode(r)
		require.NoError(d.T, err)
		all = append(all, e)
	}
	return all
}

// ShipMany ships n shipments of many customers at the same time, delivered
// over a year.
func (d *Desk) ShipMany(n int) {
	var g errgroup.Group
	g.SetLimit(64)
	for i := range n {
		g.Go(func() error {
			id := domain.ShipmentID(fmt.Sprintf("S%06d", i))
			delivered := time.Date(2013, 1, 1+i%360, 12, 0, 0, 0, time.UTC)
			_, err := d.Exec.Execute(context.Background(), ShipAll(id, domain.CustomerID(fmt.Sprintf("C%02d", i%40)), delivered, domain.Source{}),
				eventstore.Request{ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte(id)), Actor: "clerk", Via: "test"})
			return err
		})
	}
	require.NoError(d.T, g.Wait())
}
