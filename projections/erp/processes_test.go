package erp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/erp"
	"github.com/freightledger/freightledger/projections/internal/replica"
)

// The tests here run this test binary as several processes on one outbox.
const (
	errandPath    = "ERP_TEST_PATH"
	errandHolder  = "ERP_TEST_HOLDER"
	errandHistory = "ERP_TEST_HISTORY"
	errandERP     = "ERP_TEST_ERP"
	errandTTL     = "ERP_TEST_TTL"
	errandCall    = "ERP_TEST_CALL_TIMEOUT"
	errandStall   = "ERP_TEST_STALL" // stop after the first search
)

func TestMain(m *testing.M) {
	if os.Getenv(replica.Errand) != "post" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := postErrand(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "process:", err)
		os.Exit(1)
	}
}

// postErrand posts what happens.
func postErrand(ctx context.Context) error {
	ttl, err := time.ParseDuration(os.Getenv(errandTTL))
	if err != nil {
		return err
	}
	call, err := time.ParseDuration(os.Getenv(errandCall))
	if err != nil {
		return err
	}
	outbox, err := erp.OpenOutbox(ctx, os.Getenv(errandPath), nil)
	if err != nil {
		return err
	}
	store, codec := replica.Dial(os.Getenv(errandHistory)), eventstore.NewCodec(domain.Events())
	var stall sync.Once
	books, err := client.New(os.Getenv(errandERP), client.Options{Timeout: call, Transport: tripper(func(r *http.Request) (*http.Response, error) {
		response, err := http.DefaultTransport.RoundTrip(r)
		if os.Getenv(errandStall) != "" && r.URL.Path == "/documents:probe" && err == nil {
			stall.Do(func() { stopMyself(ctx, outbox, store) })
		}
		return response, err
	})})
	if err != nil {
		return err
	}
	p := erp.NewPoster(outbox, store, codec, eventstore.NewExecutor(store, codec, nil), books, erp.Options{ERP: "sandboxerp", Batch: 10, Workers: 8,
		Settle: 50 * time.Millisecond, Again: 5 * time.Millisecond, FirstDelay: time.Millisecond, LongestDelay: 20 * time.Millisecond,
		CallTimeout: call, Lease: projections.LeaseOptions{Holder: os.Getenv(errandHolder), TTL: ttl}})
	return errors.Join(p.Run(ctx), outbox.Close())
}

// stopMyself suspends the process when it commits nothing: what would be left
// of a transaction keeps everybody out.
func stopMyself(ctx context.Context, outbox *erp.Outbox, store eventstore.Store) {
	head, err := store.Head(ctx)
	for at := eventstore.Start; err == nil && at.Compare(head) < 0; at, err = outbox.Position(ctx) {
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println("searched, and stopped", err)
	last := time.Now()
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	// This thread may run on for a moment: go on only when time is missing.
	for now := time.Now(); now.Sub(last) < 1500*time.Millisecond; now = time.Now() {
		last = now
		time.Sleep(10 * time.Millisecond)
	}
}

// post starts a process that posts.
func (d *desk) post(name, history, books string, ttl, call time.Duration, env ...string) *replica.Process {
	return replica.Start(d.t, "post", name, append(env, errandHolder+"="+name, errandPath+"="+d.path, errandHistory+"="+history, errandERP+"="+books,
		errandTTL+"="+ttl.String(), errandCall+"="+call.String())...)
}

// holds waits until a process has the lease under a later epoch.
func (d *desk) holds(after int64, running map[string]*replica.Process) projections.Lease {
	d.t.Helper()
	var lease projections.Lease
	require.Eventually(d.t, func() bool {
		all, err := d.outbox.Leases(d.ctx)
		require.NoError(d.t, err)
		for _, p := range running {
			p.Running()
		}
		if len(all) != 1 || all[0].Epoch <= after || running[all[0].Holder] == nil {
			return false
		}
		lease = all[0]
		return true
	}, 30*time.Second, 5*time.Millisecond)
	return lease
}

func (d *desk) allConfirmed(n int) {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		counts, err := d.outbox.Counts(d.ctx)
		require.NoError(d.t, err)
		return counts.Confirmed == n
	}, time.Minute, 20*time.Millisecond)
}

func TestAPosterStoppedBetweenSearchAndCreateBooksNothingWhenItWakesUp(t *testing.T) {
	// Given a poster that has searched the ERP, found nothing, and is stopped
	// before it creates
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(10)
	history := replica.Listen(t, d.store)
	slow := d.post("slow", history, d.server.URL, 3*time.Second, time.Second, errandStall+"=1")
	require.Eventually(t, func() bool { return strings.Contains(slow.Output(), "searched, and stopped <nil>") }, 30*time.Second, 5*time.Millisecond)

	// When another one takes over, and posts what the first had claimed
	next := d.post("next", history, d.server.URL, 3*time.Second, time.Second)
	d.holds(1, map[string]*replica.Process{"next": next})
	d.allConfirmed(len(numbers))
	// and then the first goes on
	slow.Continue()
	require.Eventually(t, func() bool { return strings.Contains(slow.Output(), "lease was lost") }, 30*time.Second, 5*time.Millisecond)

	// Then every document is in the ERP once
	slow.Finish()
	next.Finish()
	d.bookedOnce(numbers)
	require.NotContains(t, slow.Output(), "level=ERROR")
}

func TestWhatAKilledPosterWasSendingIsNotSentAgain(t *testing.T) {
	// Given an ERP that takes long to book, and a poster that is killed
	// meanwhile
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(10)
	history := replica.Listen(t, d.store)
	target, err := url.Parse(d.server.URL)
	require.NoError(t, err)
	forward := httputil.NewSingleHostReverseProxy(target)
	taken, book := make(chan int, 1), make(chan struct{})
	var lost atomic.Bool
	var booking sync.WaitGroup
	slowBooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/documents" || r.Method != http.MethodPost || lost.Swap(true) {
			forward.ServeHTTP(w, r)
			return
		}
		var sent struct{ Documents []json.RawMessage }
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &sent)
		}
		if err != nil {
			t.Error(err)
		}
		booking.Go(func() {
			<-book
			again, err := http.NewRequest(r.Method, d.server.URL+r.URL.Path, strings.NewReader(string(body)))
			if err == nil {
				again.Header = r.Header.Clone()
				var response *http.Response
				if response, err = http.DefaultClient.Do(again); err == nil {
					err = response.Body.Close()
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
		taken <- len(sent.Documents)
		<-r.Context().Done() // its client has gone
	}))
	defer slowBooks.Close()
	first := d.post("first", history, slowBooks.URL, 300*time.Millisecond, 5*time.Second)
	sent := <-taken
	require.Positive(t, sent)
	first.Kill()

	// When another one has taken over, and the ERP books only then
	next := d.post("next", history, slowBooks.URL, 300*time.Millisecond, 5*time.Second)
	d.holds(1, map[string]*replica.Process{"next": next})
	time.Sleep(time.Second) // longer than Settle, shorter than the first one's call might take
	counts, err := d.outbox.Counts(d.ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, counts.InDoubt, sent)
	require.LessOrEqual(t, counts.Confirmed, len(numbers)-sent)
	close(book)
	booking.Wait()

	// Then it finds the documents, and books none of them again
	d.allConfirmed(len(numbers))
	next.Finish()
	d.bookedOnce(numbers)
	found := 0
	for record, err := range d.store.ReadAll(t.Context(), eventstore.Start) {
		require.NoError(t, err)
		e, err := d.codec.Decode(record)
		require.NoError(t, err)
		if c, ok := e.Event.(domain.PostingConfirmed); ok && c.Found {
			found++
		}
	}
	require.Equal(t, sent, found)
}

func TestPostersThatAreKilledOrStoppedBookEachDocumentOnce(t *testing.T) {
	// Given an ERP that loses answers and fails, documents to post, and three
	// processes to do it
	d := open(t, sandboxerp.Options{PeriodsClosedBefore: "2026-03"})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	d.faults(sandboxerp.Faults{DropRate: "0.2", RejectRate: "0.2", LatencyMS: 20, Seed: seed})
	history := replica.Listen(t, d.store)
	crew, hired := map[string]*replica.Process{}, 0
	hire := func() {
		hired++
		name := replica.Name(hired)
		crew[name] = d.post(name, history, d.server.URL, 300*time.Millisecond, time.Second)
	}
	for range 3 {
		hire()
	}
	var numbers []string
	issued := 0
	issue := func(n int) {
		invoices := make([]domain.InvoiceIssued, n)
		for i := range invoices {
			issued++
			invoices[i] = invoice("ACME", issued, 1+issued%3, fmt.Sprintf("2026-%02d-%02d", 2+issued%3, 1+issued%28))
		}
		numbers = append(numbers, d.issue(invoices...)...)
	}

	// When the one that posts is killed or stopped, again and again. A stop is
	// shorter than a lease, a call and Settle together: see the package comment.
	for round := range 4 {
		issue(15)
		lease := d.holds(0, crew)
		time.Sleep(time.Duration(dice.Int64N(int64(300 * time.Millisecond))))
		p := crew[lease.Holder]
		counts, err := d.outbox.Counts(d.ctx)
		require.NoError(t, err)
		t.Logf("%s is cut short with %d confirmed, %d in doubt", p.Name, counts.Confirmed, counts.InDoubt)
		if round%2 == 0 {
			delete(crew, p.Name)
			p.Kill()
			hire()
			d.holds(lease.Epoch, crew)
			continue
		}
		p.Stop()
		time.Sleep(700 * time.Millisecond)
		p.Continue()
	}

	// Then each document is in the ERP once, and confirmed once
	d.allConfirmed(len(numbers))
	for _, p := range crew {
		p.Finish()
	}
	d.faults(sandboxerp.Faults{})
	d.bookedOnce(numbers)
}
