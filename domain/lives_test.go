package domain_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// facts are what is to be known of some freight, each list in an order that it
// must keep, such as a receipt before its verdict. Between lists there is none:
// they may be told in any order, and again.
type facts struct {
	orders []domain.Command // told before the facts of their shipments
	lists  [][]domain.Command
}

func freightID(n int) domain.ShipmentID { return domain.ShipmentID(fmt.Sprintf("SH-%d", n)) }

// randomFacts are of two or three shipments of one customer, some priced by its
// agreement and some by what a desk enters, with reports that contradict each
// other.
func randomFacts(t *rapid.T) facts {
	var f facts
	tell := func(list ...domain.Command) { f.lists = append(f.lists, list) }
	for n := range rapid.IntRange(2, 3).Draw(t, "shipments") {
		id := freightID(n + 1)
		o := order()
		if rapid.Bool().Draw(t, "rated") {
			o = ratedOrder()
		} else {
			for i := range rapid.IntRange(1, 3).Draw(t, "charges") {
				randomCharge(t, tell, id, domain.ChargeID(fmt.Sprintf("C%d", i)))
			}
		}
		o.Shipment = id
		f.orders = append(f.orders, domain.ReleaseOrder{OrderReleased: o})
		report := func(stop int, kind string, hour int) domain.Command {
			local := at("2024-03-05").UTC.Add(time.Duration(hour) * time.Hour).Format(domain.LocalLayout)
			return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: stop, Kind: kind, At: inChicago(local), Medium: domain.MediumELD}}
		}
		// Some of it moves over a month's end.
		tell(report(1, domain.Loaded, rapid.SampledFrom([]int{-20, -150}).Draw(t, "loaded")))
		for range rapid.IntRange(1, 4).Draw(t, "arrivals") {
			tell(report(2, domain.ArrivedDelivery, rapid.IntRange(7, 10).Draw(t, "arrival")))
		}
		tell(report(2, domain.Unloaded, rapid.IntRange(9, 14).Draw(t, "unloaded")))
		for range rapid.IntRange(1, 3).Draw(t, "departures") {
			tell(report(2, domain.DepartedDelivery, rapid.IntRange(10, 18).Draw(t, "departure")))
		}
		if rapid.Bool().Draw(t, "delayed") {
			tell(domain.RecordDelay{DelayRecorded: domain.DelayRecorded{Shipment: id, Delay: "D1", Stop: 2, Reason: "AH",
				From: inChicago("2024-03-05T10:00:00"), Until: inChicago("2024-03-05T11:00:00")}})
		}
		pod := domain.PODReceived{Shipment: id, Document: "receipt", SignedBy: "dock", At: inChicago("2024-03-05T20:00:00")}
		tell(domain.ReceivePOD{PODReceived: pod}, domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: domain.PODClean, By: "billing desk"}})
	}
	agreement := terms()
	if rapid.Bool().Draw(t, "over_transit") {
		agreement = earnedOnTheWay(agreement)
	}
	tell(domain.AdoptAgreement{Terms: agreement, By: "pricing desk"})
	tell(domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{diesel("2024-02-26", "3.90"), diesel("2024-03-04", "4.05")}})
	tell(syncAcme(true))
	return f
}

// randomCharge is entered by the desk, and approved or amended behind that.
func randomCharge(t *rapid.T, tell func(...domain.Command), shipment domain.ShipmentID, id domain.ChargeID) {
	amount := money.FromMinor(rapid.Int64Range(1, 90_000).Draw(t, "amount"), "USD")
	kind := domain.Freight // of every shipment something is billed
	if id != "C0" {
		kind = rapid.SampledFrom([]domain.ChargeKind{domain.Freight, domain.Accessorial, domain.Insurance}).Draw(t, "kind")
	}
	list := []domain.Command{domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: shipment, Charge: id, Kind: kind, Amount: amount, RequestedBy: "rating"}}}
	// What needs no approval may be on an invoice before it is rejected.
	if needs, err := amount.Cmp(usd("50.00")); err == nil && needs > 0 && kind == domain.Accessorial && rapid.Bool().Draw(t, "rejected") {
		list = append(list, domain.RejectCharge{ChargeRejected: domain.ChargeRejected{Shipment: shipment, Charge: id, By: "billing desk", Reason: "not owed"}})
	}
	tell(list...)
}

// told interleaves the facts by chance, each list in its own order, and tells
// some of them again.
func (f facts) told(t *rapid.T, label string) []domain.Command {
	rest := slices.Clone(f.lists)
	all := slices.Clone(f.orders)
	for len(rest) > 0 {
		i := rapid.IntRange(0, len(rest)-1).Draw(t, label)
		all = append(all, rest[i][0])
		if rest[i] = rest[i][1:]; len(rest[i]) == 0 {
			rest = slices.Delete(rest, i, i+1)
		}
		if rapid.IntRange(0, 5).Draw(t, label+" again") == 0 {
			all = append(all, all[rapid.IntRange(0, len(all)-1).Draw(t, "which")])
		}
	}
	return all
}

// outcome is what came of the facts.
type outcome struct {
	Lines  map[string]string            // charge to amount, of every issued invoice
	Totals map[domain.CustomerID]string // of the issued invoices
	Books  map[domain.Account]string
}

// live lets the commands happen on one day, then months pass in which the desk
// does what is left to do.
func live(t *rapid.T, commands []domain.Command) outcome {
	return liveWith(t, commands, func(*ledger) {})
}

// liveWith lets something else happen behind each of them.
func liveWith(t *rapid.T, commands []domain.Command, then func(*ledger)) outcome {
	l := newLedger(domain.Policy{})
	for _, c := range commands {
		if err := l.do(c); err != nil {
			t.Fatalf("%s: %v", c.CommandName(), err)
		}
		then(l)
	}
	try := func(c domain.Command) {
		if err := l.do(c); err != nil && !domaintest.IsRefusal(err) {
			t.Fatalf("%s: %v", c.CommandName(), err)
		}
	}
	for range 3 {
		for n := range 3 {
			id := freightID(n + 1)
			s := l.state(id.Stream()).(domain.Shipment)
			for _, x := range s.Exceptions {
				if x.Open {
					try(domain.ResolveException{ExceptionResolved: domain.ExceptionResolved{Shipment: id, Exception: x.ID, Resolution: "looked into", By: "dispatch desk"}})
				}
			}
			for _, c := range s.Charges {
				if c.Status == domain.ChargePending {
					try(domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: id, Charge: c.ID, Amount: c.Amount, By: "desk lead"}})
				}
			}
		}
		if err := l.wait(60 * day); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range l.refused {
		t.Fatalf("%s after %s: %v", r.command.CommandName(), r.cause.EventType(), r.refusal)
	}
	out := outcome{Lines: map[string]string{}, Totals: map[domain.CustomerID]string{}, Books: sums(t, l.books, func(e domain.Entry) domain.Account { return e.Account })}
	for _, v := range l.invoices() {
		if v.Number == "" {
			require.Empty(t, v.Lines, "%s is %s: %v", v.ID, v.Status, v.Holds)
			continue
		}
		sum := usd(cmp.Or(out.Totals[v.Candidate.Customer], "0.00"))
		out.Totals[v.Candidate.Customer] = add(t, sum, v.Total).Format()
		for _, line := range v.Lines {
			key := string(line.Shipment) + " " + string(line.Charge)
			require.NotContains(t, out.Lines, key, "billed twice")
			out.Lines[key] = line.Amount.Format()
		}
	}
	for n := range 3 {
		for _, c := range l.state(freightID(n + 1).Stream()).(domain.Shipment).Charges {
			key := string(freightID(n+1)) + " " + string(c.ID)
			if c.Status == domain.ChargeRefused {
				require.NotContains(t, out.Lines, key)
				continue
			}
			require.Equal(t, c.Amount.Format(), out.Lines[key], "%s is %s", key, c.Status)
		}
	}
	return out
}

func TestPropertyTheOrderInWhichIndependentFactsArriveDoesNotChangeTheOutcome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Given facts of several shipments, when they are told in two orders …
		f := randomFacts(t)
		once, again := live(t, f.told(t, "once")), live(t, f.told(t, "again"))
		// … then the same is billed to the cent, and the books are the same
		require.NotEmpty(t, once.Lines)
		require.Equal(t, once, again)
	})
}
