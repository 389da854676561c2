package domain_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPropertyWhateverADeskDoesEndsInBooksThatAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDesk(t)
		d.work()
		agree(t, d.ledger)
	})
}

// agree checks that what was billed, booked and paid says the same.
func agree(t *rapid.T, l *ledger) {
	for _, r := range l.refused {
		t.Fatalf("%s after %s: %v", r.command.CommandName(), r.cause.EventType(), r.refusal)
	}
	agreeOnDisputes(t, l)
	creditedAgain(t, l)

	// Each charge is billed by at most one live line, and has ended somehow.
	live := map[domain.ChargeID]domain.InvoiceID{}
	waiting := usd("0.00") // accrued, on candidates that sum to less than nothing
	receivable := usd("0.00")
	numbers := map[string]bool{}
	for _, v := range l.invoices() {
		for _, line := range v.Lines {
			c := l.shipment().Charges[indexOf(l.shipment(), line.Charge)]
			if billed(c) && c.Invoice == v.ID && v.Status != domain.InvoiceIsVoid {
				require.NotContains(t, live, line.Charge, "billed twice")
				live[line.Charge] = v.ID
			}
			if v.Number == "" {
				require.Equal(t, []string{domain.HoldNegativeTotal}, v.Holds, "%s is %s", v.ID, v.Status)
				waiting = add(t, waiting, line.Accrued)
			}
		}
		if v.Number == "" {
			continue
		}
		require.False(t, numbers[v.Number], "number %s given twice", v.Number)
		numbers[v.Number] = true
		sum := usd("0.00")
		for _, line := range v.Lines {
			sum = add(t, add(t, sum, line.Amount), line.Tax)
		}
		require.Equal(t, v.Total, sum)
		require.Equal(t, v.Total, add(t, v.Net, v.Tax))
		if v.Status != domain.InvoiceIsVoid {
			open, err := v.Open()
			require.NoError(t, err)
			receivable = add(t, receivable, open)
			if c := v.Cancellation; c.By != "" {
				_, blocked := map[string]bool{"done": true, domain.BlockedByDispute: true, domain.BlockedByLoss: true}[c.State()]
				require.True(t, blocked, "the cancellation of %s is %s", v.ID, c.State())
			}
			for _, a := range v.Applied {
				require.False(t, open.IsNegative() && !a.Amount.IsZero(), "%s holds %s of %s and is owed %s", v.ID, a.Amount, a.Payment, open)
			}
		}
	}
	for _, c := range l.shipment().Charges {
		switch c.Status {
		case domain.ChargeClaimed, domain.ChargeWrittenOff:
			require.Contains(t, live, c.ID, "claimed by %s, which does not bill it", c.Invoice)
		case domain.ChargeRefused, domain.ChargeWasWaived, domain.ChargeIsLinked, domain.ChargeUnbillable:
		default:
			t.Fatalf("charge %s is %s: %v", c.ID, c.Status, l.shipment().BillingHolds())
		}
	}

	// No series has a gap, and each runs with its documents' dates.
	series := map[string][]domain.NumberAssigned{}
	for _, e := range l.all {
		if e, ok := e.(domain.NumberAssigned); ok {
			series[e.Series] = append(series[e.Series], e)
			require.Equal(t, fmt.Sprintf("%s-%06d", e.Series, len(series[e.Series])), e.Number)
			require.True(t, e.For.Credit != "" || numbers[e.Number], "number %s was given and not used", e.Number)
		}
	}
	for name, given := range series {
		require.True(t, slices.IsSortedFunc(given, func(a, b domain.NumberAssigned) int { return cmp.Compare(a.Date, b.Date) }), name)
	}

	// The books say what the invoices and payments say.
	unapplied := usd("0.00")
	documents := map[string]bool{}
	for _, e := range l.all {
		if e, ok := e.(domain.PaymentReceived); ok {
			p := l.state(e.Payment.Stream()).(domain.Payment)
			left, err := p.Unallocated()
			require.NoError(t, err)
			// Cash that was given back before it bounced is owed by the customer.
			if p.Reversed {
				left, err = p.Refunded()
				require.NoError(t, err)
				left = left.Neg()
			}
			unapplied = add(t, unapplied, left)
		}
		if doc, ok := domain.Journal(e); ok {
			require.False(t, documents[doc.Number], "document %s twice", doc.Number)
			documents[doc.Number] = true
			if !doc.ByERP {
				require.Equal(t, domain.PostingIsIn, l.state(domain.PostingStream(doc.Number)).(domain.Posting).Status, doc.Number)
			}
		}
	}
	books := l.balances(t)
	balance := func(account domain.Role) string {
		if b, ok := books[account]; ok {
			return b
		}
		return "0.00"
	}
	require.Equal(t, receivable.Format(), balance(domain.Receivable))
	require.Equal(t, unapplied.Neg().Format(), balance(domain.UnappliedCash))
	require.Equal(t, waiting.Format(), balance(domain.Unbilled))
	require.Equal(t, waiting.Neg().Format(), balance(domain.AccruedRevenue))
}

func billed(c domain.Charge) bool {
	return c.Status == domain.ChargeClaimed || c.Status == domain.ChargeWrittenOff
}

// agreeOnDisputes: a dispute ends as its invoice says, and is upheld only with
// the credit for it, or because nothing was left to give.
func agreeOnDisputes(t *rapid.T, l *ledger) {
	for _, v := range l.invoices() {
		for _, contested := range v.Disputes {
			d := l.state(contested.Dispute.Stream()).(domain.Dispute)
			require.Equal(t, contested.Open, !slices.Contains([]domain.DisputeStatus{domain.DisputeIsUpheld, domain.DisputeIsPartlyUpheld, domain.DisputeIsDenied, domain.DisputeIsWithdrawn}, d.Status), "%s is %s", d.ID, d.Status)
			given := slices.IndexFunc(v.Credits, func(c domain.Credit) bool { return c.ID == "dispute-"+string(d.ID) })
			switch d.End {
			case domain.EndCredited:
				require.Equal(t, v.Credits[given].Number, d.Credit)
			default:
				require.Equal(t, -1, given, "%s is %s, %s, and has a credit", d.ID, d.Status, d.End)
			}
			require.Equal(t, d.Status == domain.DisputeIsUpheld || d.Status == domain.DisputeIsPartlyUpheld, d.End != "")
		}
	}
}

func indexOf(s domain.Shipment, id domain.ChargeID) int {
	for i, c := range s.Charges {
		if c.ID == id {
			return i
		}
	}
	panic("a billed charge is not of the shipment: " + string(id))
}

func add(t require.TestingT, a, b money.Money) money.Money {
	sum, err := a.Add(b)
	require.NoError(t, err)
	return sum
}

func TestRule09ReplayOfWhatWasStoredGivesTheSameStateAtEveryEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDesk(t)
		d.work()
		for stream, events := range d.streams {
			aggregate, err := domain.AggregateOf(stream)
			require.NoError(t, err)
			// From the beginning, and from the state at any event as a snapshot.
			from := rapid.IntRange(0, len(events)).Draw(t, "snapshot")
			replayed, resumed := aggregate.Zero(), d.states[stream][from]
			require.Equal(t, d.states[stream][0], replayed)
			for i, e := range events {
				stored := stored(t, e)
				replayed = aggregate.Evolve(replayed, stored)
				require.Equal(t, d.states[stream][i+1], replayed, "%s after %d events", stream, i+1)
				if i >= from {
					resumed = aggregate.Evolve(resumed, stored)
				}
			}
			require.Equal(t, replayed, resumed)
		}
	})
}

func stored(t *rapid.T, e domain.Event) domain.Event {
	name, version, body, err := domain.Events().Encode(e)
	require.NoError(t, err)
	back, err := domain.Events().Decode(name, version, body)
	require.NoError(t, err)
	return back
}

func TestPropertyEvolveLeavesEarlierStatesAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDesk(t)
		d.work()
		for stream, events := range d.streams {
			aggregate, err := domain.AggregateOf(stream)
			require.NoError(t, err)
			// Given every state of the history, when each also goes another way …
			for i := range d.states[stream] {
				other := events[rapid.IntRange(0, len(events)-1).Draw(t, "other")]
				aggregate.Evolve(d.states[stream][i], other)
				aggregate.Evolve(d.states[stream][i], events[min(i, len(events)-1)])
			}
			// … then each is still what its events make it
			fresh := aggregate.Zero()
			for i, e := range events {
				fresh = aggregate.Evolve(fresh, stored(t, e))
				require.Equal(t, fresh, d.states[stream][i+1], "%s after %d events", stream, i+1)
			}
		}
	})
}

func TestPropertyTogetherIsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := []string{domain.ArrivedPickup, domain.DepartedPickup, domain.Unloaded, domain.Unloaded, domain.Damaged}
		hour := func() string { return fmt.Sprintf("2024-03-%02dT10:00:00", rapid.IntRange(1, 28).Draw(t, "day")) }
		commands := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) domain.Command {
			id := domain.ChargeID(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "charge"))
			amount := rapid.SampledFrom([]string{"10.00", "60.00"}).Draw(t, "amount")
			return rapid.SampledFrom([]domain.Command{
				record(rapid.IntRange(1, 2).Draw(t, "stop"), rapid.SampledFrom(kinds).Draw(t, "kind"), hour()),
				unload(hour()), receivePOD("2024-03-29"), verifyPOD(domain.PODClean),
				enter(id, domain.Freight, amount), enter(id, domain.Accessorial, amount), approve(id, amount, "desk lead"), amend(id, amount), waive(id),
			}).Draw(t, "command")
		}), 1, 12).Draw(t, "commands")

		shipments, err := domain.AggregateOf(shipment.Stream())
		require.NoError(t, err)
		state := any(domaintest.Fold[domain.Shipment](order()))
		together, refused := shipments.Decide(state, domain.Together(commands))
		var single []domain.Event
		for _, c := range commands {
			events, err := shipments.Decide(state, c)
			if err != nil {
				require.Equal(t, err, refused)
				require.Empty(t, together, "all of them or none")
				return
			}
			for _, e := range events {
				state = shipments.Evolve(state, e)
			}
			single = append(single, events...)
		}
		require.NoError(t, refused)
		require.Equal(t, single, together)
	})
}
