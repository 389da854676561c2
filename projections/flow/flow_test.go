package flow_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

var policy = domain.Policy{Grace: 24 * time.Hour, Quiet: time.Hour}

func open(t testing.TB, d *seeded.Desk, path string, exec flow.Executor, opts flow.Options) *flow.Reactor {
	t.Helper()
	opts.Clock, opts.Logger = d.Clock, d.Log
	r, err := flow.Open(t.Context(), path, d.Store, d.Codec, exec, policy, opts)
	require.NoError(t, err)
	return r
}

func settle(t testing.TB, r *flow.Reactor) flow.Progress {
	t.Helper()
	done, err := r.Settle(t.Context(), nil)
	require.NoError(t, err)
	return done
}

func ofType[E domain.Event](all []eventstore.Decoded) (found []eventstore.Decoded) {
	for _, e := range all {
		if _, ok := e.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

func TestFreightGoesFromDeliveryToAnIssuedInvoiceByItself(t *testing.T) {
	d := seeded.Open(t, 1)
	r := open(t, d, filepath.Join(t.TempDir(), "flow.db"), d.Exec, flow.Options{})
	defer func() { require.NoError(t, r.Close()) }()
	// Given a customer, and two shipments delivered in May
	d.Sync("ACME", 30)
	d.Ship("S1", "ACME", time.Date(2013, 5, 3, 10, 0, 0, 0, time.UTC), domain.Source{})
	d.Ship("S2", "ACME", time.Date(2013, 5, 9, 10, 0, 0, 0, time.UTC), domain.Source{})

	// When May is not over
	settle(t, r)

	// Then the bill waits until June, with its day of grace
	waiting, err := r.Waiting(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, "RequestBilling", waiting[0].Command)
	require.Equal(t, time.Date(2013, 6, 2, 0, 0, 0, 0, time.UTC), waiting[0].Due)
	require.Empty(t, ofType[domain.InvoiceIssued](d.All()))

	// When it has come
	d.Pass(40 * 24 * time.Hour)
	done := settle(t, r)

	// Then one invoice bills both, and the books are asked to take it
	require.Zero(t, done.Refused)
	issued := ofType[domain.InvoiceIssued](d.All())
	require.Len(t, issued, 1)
	v := issued[0].Event.(domain.InvoiceIssued)
	require.Equal(t, "INV-2013-000001", v.Number)
	require.Len(t, v.Lines, 4)
	require.Equal(t, "1765.66 USD", v.Total.String()) // 2 × (812.40 + 67.02 + 3.15 + 0.26), tax on each line
	require.Len(t, ofType[domain.PostingRequested](d.All()), 2+1, "two accruals and the invoice")
	waiting, err = r.Waiting(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, waiting)

	// And every step says what caused it and belongs to one business transaction
	byID := map[uuid.UUID]eventstore.Decoded{}
	for _, e := range d.All() {
		byID[e.ID] = e
		if e.Meta.Actor == flow.Actor {
			cause, ok := byID[e.Meta.Causation]
			require.True(t, ok, "the cause of %s is an earlier event", e.Type)
			require.Equal(t, cause.Meta.Correlation, e.Meta.Correlation)
			require.Equal(t, "reaction to "+cause.Type, e.Meta.Via)
		}
	}
	require.Equal(t, flow.Actor, issued[0].Meta.Actor)
}

func TestAMonthThatIsLongOverIsBilledOnce(t *testing.T) {
	// Given a year of deliveries that are entered long afterwards, reacted to
	// in small pages
	d := seeded.Open(t, 2)
	for i := range 40 {
		d.Sync(domain.CustomerID(fmt.Sprintf("C%02d", i)), 30)
	}
	d.Pass(3 * 365 * 24 * time.Hour)
	d.ShipMany(400)
	r := open(t, d, filepath.Join(t.TempDir(), "flow.db"), d.Exec, flow.Options{PageEvents: 50})
	defer func() { require.NoError(t, r.Close()) }()

	// When everything is settled, and the candidates' quiet hour has passed
	settle(t, r)
	require.Empty(t, ofType[domain.InvoiceIssued](d.All()))
	d.Pass(2 * time.Hour)
	settle(t, r)

	// Then each customer's month is on one invoice, and numbers have no gap
	all := d.All()
	numbers := map[string]bool{}
	months := map[string]bool{}
	for _, e := range ofType[domain.InvoiceIssued](all) {
		v := e.Event.(domain.InvoiceIssued)
		require.Equal(t, 1, v.Candidate.Number)
		months[string(v.Candidate.Customer)+v.Candidate.Period] = true
		numbers[v.Number] = true
	}
	require.Len(t, ofType[domain.InvoiceIssued](all), len(months))
	for n := range len(numbers) {
		require.True(t, numbers[fmt.Sprintf("INV-%s-%06d", d.Clock().Format("2006"), n+1)], "they are dated by the day they are made")
	}
	requireBilledOnce(t, all)
	// And what went to one candidate went there in the order of its causes
	at := map[uuid.UUID]eventstore.Position{}
	last := map[string]eventstore.Position{}
	for _, e := range all {
		at[e.ID] = e.Position
		if _, ok := e.Event.(domain.LinesAdded); ok {
			require.Positive(t, at[e.Meta.Causation].Compare(last[e.Stream]), "lines of %s are out of order", e.Stream)
			last[e.Stream] = at[e.Meta.Causation]
		}
	}
}

// requireBilledOnce: no charge is on two live invoices, no document is asked
// for twice, no event is stored twice.
func requireBilledOnce(t *testing.T, all []eventstore.Decoded) {
	t.Helper()
	ids := map[uuid.UUID]bool{}
	documents := map[string]bool{}
	billed := map[domain.ChargeRef]domain.InvoiceID{}
	for _, e := range all {
		require.False(t, ids[e.ID], "event %s is stored twice", e.ID)
		ids[e.ID] = true
		switch e := e.Event.(type) {
		case domain.PostingRequested:
			require.False(t, documents[e.Document], "document %s is asked for twice", e.Document)
			documents[e.Document] = true
		case domain.InvoiceIssued:
			for _, line := range e.Lines {
				ref := domain.ChargeRef{Shipment: line.Shipment, Charge: line.Charge}
				require.Empty(t, billed[ref], "charge %v is on %s and on %s", ref, billed[ref], e.Number)
				billed[ref] = e.Invoice
			}
		case domain.ChargesReleased:
			for _, id := range e.Charges {
				delete(billed, domain.ChargeRef{Shipment: e.Shipment, Charge: id})
			}
		}
	}
}

func TestARefusedReactionIsRecordedAndNotTriedAgain(t *testing.T) {
	d := seeded.Open(t, 3)
	r := open(t, d, filepath.Join(t.TempDir(), "flow.db"), d.Exec, flow.Options{})
	defer func() { require.NoError(t, r.Close()) }()
	// Given cash that is meant for an invoice that nobody knows
	d.Must(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: "ACME", Document: "RCT-1", Amount: seeded.USD("10.00"), Date: "2013-06-01", Source: "books"}})
	d.Must(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: "P1", Date: "2013-06-01",
		Allocations: []domain.Allocation{{Invoice: "unknown", Amount: seeded.USD("10.00")}}}})

	done := settle(t, r)

	require.Equal(t, flow.Progress{Events: 2, Reactions: 1, Refused: 1}, done)
	refused, err := r.Refused(t.Context(), uuid.Nil, 10)
	require.NoError(t, err)
	require.Len(t, refused, 1)
	allocated := ofType[domain.PaymentAllocated](d.All())[0]
	require.Equal(t, "ApplyPayment", refused[0].Command)
	require.Equal(t, domain.NotFound, refused[0].Code)
	require.Equal(t, allocated.ID, refused[0].Cause)
	require.Equal(t, "payment-P1", refused[0].Stream)
	require.Equal(t, domain.Stream("invoice-unknown"), refused[0].Target)
	require.Equal(t, flow.Progress{}, settle(t, r))
	more, err := r.Refused(t.Context(), refused[0].ID, 10)
	require.NoError(t, err)
	require.Empty(t, more)
}

func TestWithoutItsFileTheReactorExecutesEverythingAgainToNoEffect(t *testing.T) {
	for _, seed := range []uint64{4, 5} {
		d := seeded.Open(t, seed)
		path := filepath.Join(t.TempDir(), "flow.db")
		r := open(t, d, path, d.Exec, flow.Options{PageEvents: 64})
		for range 8 {
			d.Steps(60)
			d.Pass(15 * 24 * time.Hour)
			settle(t, r)
		}
		d.Pass(400 * 24 * time.Hour)
		settle(t, r)
		before := d.All()
		require.NotEmpty(t, ofType[domain.InvoiceIssued](before))
		at := r.At()
		require.NoError(t, r.Close())

		// When the file is lost
		for _, suffix := range []string{"", "-wal", "-shm"} {
			require.NoError(t, os.RemoveAll(path+suffix))
		}
		r = open(t, d, path, eventstore.NewExecutor(d.Store, d.Codec, d.Clock), flow.Options{})
		done := settle(t, r)

		// Then everything is reacted to again, and nothing is added
		require.Equal(t, len(before), done.Events)
		require.Len(t, d.All(), len(before))
		require.Equal(t, at, r.At())
		requireBilledOnce(t, before)
		require.NoError(t, r.Close())
	}
}

// failing executes, and at random breaks off before or after, or ends the
// reactor's context, as a crash at that point would.
type failing struct {
	to   flow.Executor
	stop context.CancelFunc
	mu   *sync.Mutex
	dice *rand.Rand
}

var errCrash = errors.New("crashed")

func (f failing) Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error) {
	f.mu.Lock()
	throw := f.dice.IntN(25)
	f.mu.Unlock()
	switch throw {
	case 0:
		return eventstore.Result{}, errCrash
	case 1:
		if _, err := f.to.Execute(ctx, cmd, req); err != nil {
			return eventstore.Result{}, err
		}
		return eventstore.Result{}, errCrash
	case 2:
		f.stop()
	}
	return f.to.Execute(ctx, cmd, req)
}

func TestAReactorThatCrashesAtRandomPointsLeavesNoTraceOfIt(t *testing.T) {
	script := func(d *seeded.Desk, settle func()) []eventstore.Decoded {
		for i := range 6 {
			d.Sync(domain.CustomerID(fmt.Sprintf("C%02d", i)), 30)
		}
		for i := range 60 {
			d.Ship(domain.ShipmentID(fmt.Sprintf("S%02d", i)), domain.CustomerID(fmt.Sprintf("C%02d", i%6)), time.Date(2013, time.Month(5+i%3), 1+i%25, 9, 0, 0, 0, time.UTC), domain.Source{})
			if i%20 == 19 {
				settle()
			}
		}
		d.Pass(200 * 24 * time.Hour)
		settle()
		return d.All()
	}
	// Given what an undisturbed reactor makes of some freight
	calm := seeded.Open(t, 6)
	undisturbed := open(t, calm, filepath.Join(t.TempDir(), "flow.db"), calm.Exec, flow.Options{})
	want := script(calm, func() { settle(t, undisturbed) })
	require.NoError(t, undisturbed.Close())
	requireBilledOnce(t, want)

	for _, seed := range []uint64{7, 8, 9} {
		d := seeded.Open(t, seed)
		path := filepath.Join(t.TempDir(), "flow.db")
		dice := rand.New(rand.NewPCG(seed, 1))
		crashes := 0
		// When another one crashes again and again, and is started again with
		// nothing but its file and the history
		got := script(d, func() {
			for {
				ctx, stop := context.WithCancel(t.Context())
				r := open(t, d, path, failing{eventstore.NewExecutor(d.Store, d.Codec, d.Clock), stop, &sync.Mutex{}, dice}, flow.Options{PageEvents: 40})
				_, err := r.Settle(ctx, nil)
				stop()
				require.NoError(t, r.Close())
				if err == nil {
					return
				}
				crashes++
				require.True(t, errors.Is(err, errCrash) || errors.Is(err, context.Canceled), "%v", err)
			}
		})

		// Then the history holds the same events, none of them twice
		require.Greater(t, crashes, 5)
		requireBilledOnce(t, got)
		require.Equal(t, content(want), content(got))
	}
}

// content counts what is said, leaving out the numbers that depend on which of
// several invoices comes first.
func content(all []eventstore.Decoded) map[string]int {
	counts := map[string]int{}
	for _, e := range all {
		switch x := e.Event.(type) {
		case domain.NumberAssigned, domain.InvoiceIssued, domain.PostingRequested:
			counts[e.Type]++
		case domain.LinesAdded:
			counts[e.Type+string(x.Invoice)+string(x.Shipment)]++
		default:
			counts[e.Stream+e.Type+string(e.Data)]++
		}
	}
	return maps.Clone(counts)
}

func TestRunReactsToWhatComesAndToWhatBecomesDue(t *testing.T) {
	d := seeded.Open(t, 10)
	d.Sync("ACME", 30)
	r := open(t, d, filepath.Join(t.TempDir(), "flow.db"), d.Exec, flow.Options{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()

	// When freight of a month that is over comes while it runs
	d.Pass(90 * 24 * time.Hour)
	d.Ship("S1", "ACME", time.Date(2013, 5, 3, 10, 0, 0, 0, time.UTC), domain.Source{})
	require.Eventually(t, func() bool { return len(ofType[domain.CandidateOpened](d.All())) == 1 }, 5*time.Second, 5*time.Millisecond)
	d.Pass(2 * time.Hour)
	d.Sync("OTHER", 10) // any event makes it look at the clock

	// Then it is billed
	require.Eventually(t, func() bool { return len(ofType[domain.InvoiceIssued](d.All())) == 1 }, 5*time.Second, 5*time.Millisecond)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, r.Close())
}
