package erp_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/erp"
)

func TestPostAllBooksEachDocumentOnce(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(250)

	var steps []erp.Report
	report, err := d.poster(nil).PostAll(d.ctx, func(r erp.Report) { steps = append(steps, r) })

	require.NoError(t, err)
	require.Equal(t, 250, report.Confirmed)
	require.Zero(t, report.Found)
	require.Empty(t, report.Problems)
	require.Equal(t, erp.Counts{Confirmed: 250}, report.Left)
	require.Len(t, steps, 3)
	d.bookedOnce(numbers)

	// Nothing is left to do, also for an outbox that is derived anew.
	require.Zero(t, d.postAll().Confirmed)
	require.NoError(t, d.outbox.Close())
	require.NoError(t, os.Remove(d.path))
	d.openOutbox()
	report = d.postAll()
	require.Zero(t, report.Confirmed)
	require.Equal(t, erp.Counts{Confirmed: 250}, report.Left)
	d.bookedOnce(numbers)
}

func TestFaultyERPStillBooksOnce(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			d := open(t, sandboxerp.Options{})
			numbers := d.issueMany(150)
			d.faults(sandboxerp.Faults{DropRate: "0.30", RejectRate: "0.20", LatencyMS: 2, DownEvery: 7, Seed: seed})

			report, err := d.poster(func(o *erp.Options) { o.Batch = 9 }).PostAll(d.ctx, nil)

			require.NoError(t, err)
			require.Equal(t, 150, report.Confirmed)
			require.Positive(t, report.Found)
			fired, err := d.books.Faults(d.ctx)
			require.NoError(t, err)
			require.Positive(t, fired.Fired.Dropped)
			require.Positive(t, fired.Fired.Rejected)
			require.Positive(t, fired.Fired.Down)
			d.faults(sandboxerp.Faults{})
			d.bookedOnce(numbers)
		})
	}
}

func TestERPThatIsDownLeavesDocumentsForLater(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(20)
	d.faults(sandboxerp.Faults{Down: true})

	p := d.poster(func(o *erp.Options) { o.Patience = 2 * time.Second })
	report, err := p.PostAll(d.ctx, nil)
	require.NoError(t, err)
	require.Zero(t, report.Confirmed)
	require.Equal(t, 20, report.Left.Requested)
	require.True(t, report.Circuit.Down)
	require.Contains(t, report.Circuit.LastError, "down")

	d.faults(sandboxerp.Faults{})
	report, err = p.PostAll(d.ctx, nil)
	require.NoError(t, err)
	require.Equal(t, 20, report.Confirmed)
	require.False(t, report.Circuit.Down)
	d.bookedOnce(numbers)
}

func TestDuplicateInTheERPIsParked(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(3)
	// Somebody booked it by hand, twice.
	doc, _ := domaintest.Booked(invoice("ACME", 2, 2, "2026-03-11"))
	for range 2 {
		_, err := d.books.Post(d.ctx, []domain.Document{doc})
		require.NoError(t, err)
	}

	report := d.postAll()

	require.Equal(t, 2, report.Confirmed)
	require.Equal(t, 1, report.Parked)
	require.Equal(t, domain.PostingIsParked, d.posting(numbers[1]).Status)
	items, err := d.outbox.Open(d.ctx, erp.Parked, "", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, numbers[1], items[0].Number)
	require.Contains(t, items[0].Message, "2 times")

	// A person reverses one of them there and asks again.
	found, err := d.books.Probe(d.ctx, numbers[1:2])
	require.NoError(t, err)
	_, err = d.books.DeleteDocument(d.ctx, found[numbers[1]][1].ID)
	require.NoError(t, err)
	d.do(domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: numbers[1], By: "controller"}})
	require.Equal(t, 1, d.postAll().Found)
	d.bookedOnce(numbers)
}

func TestAnotherDocumentUnderTheNumberIsParked(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*domain.InvoiceIssued)
	}{
		{"other total", func(e *domain.InvoiceIssued) { *e = invoice("ACME", 1, 3, "2026-03-10") }},
		{"other customer", func(e *domain.InvoiceIssued) { e.Candidate.Customer = "OTHER" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t, sandboxerp.Options{})
			require.NoError(t, d.books.PutCustomers(d.ctx, []sandboxerp.CustomerInput{{Code: "OTHER", Name: "Other"}}))
			e := invoice("ACME", 1, 2, "2026-03-10")
			number := d.issue(e)[0]
			c.change(&e)
			doc, _ := domaintest.Booked(e)
			_, err := d.books.Post(d.ctx, []domain.Document{doc})
			require.NoError(t, err)

			require.Equal(t, 1, d.postAll().Parked)
			require.Equal(t, domain.PostingIsParked, d.posting(number).Status)
		})
	}
}

func TestFoundDocumentIsConfirmed(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(1)
	doc, _ := domaintest.Booked(invoice("ACME", 1, 1, "2026-03-10"))
	_, err := d.books.Post(d.ctx, []domain.Document{doc})
	require.NoError(t, err)

	report := d.postAll()

	require.Equal(t, 1, report.Found)
	d.bookedOnce(numbers)
}

// Rule 40: a document of a closed period moves to the first open date.
func TestClosedPeriodRedates(t *testing.T) {
	d := open(t, sandboxerp.Options{PeriodsClosedBefore: "2026-04"})
	require.NoError(t, d.books.SetPeriod(d.ctx, "2026-04", "closed"))
	numbers := d.issueMany(5)

	report := d.postAll()

	require.Equal(t, 5, report.Redated)
	require.Equal(t, 5, report.Confirmed)
	for _, number := range numbers {
		require.Equal(t, "2026-05-01", d.posting(number).Date)
	}
	found, err := d.books.Probe(d.ctx, numbers)
	require.NoError(t, err)
	require.Equal(t, "2026-05-01", found[numbers[0]][0].Date)
	d.bookedOnce(numbers)
}

func TestUnknownCustomerIsRejectedUntilItsMasterDataComes(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issue(invoice("ACME", 1, 1, "2026-03-10"), invoice("NEWCO", 1, 2, "2026-03-10"), invoice("NEWCO", 2, 2, "2026-03-11"))

	report := d.postAll()
	require.Equal(t, 1, report.Confirmed)
	require.Equal(t, 2, report.Rejected)
	require.Equal(t, erp.CodeUnknownCustomer, d.posting(numbers[1]).Code)

	// Trying again without cause asks nobody anything.
	require.Equal(t, erp.Counts{Confirmed: 1, Rejected: 2}, d.postAll().Left)

	// A person asks again although nothing changed: it is rejected again.
	d.do(domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: numbers[1], By: "controller"}})
	require.Equal(t, 1, d.postAll().Rejected)

	require.NoError(t, d.books.PutCustomers(d.ctx, []sandboxerp.CustomerInput{{Code: "NEWCO", Name: "Newco", TermsDays: 10}}))
	synced, err := erp.SyncCustomers(d.ctx, d.books, d.exec)
	require.NoError(t, err)
	require.Equal(t, 2, synced.Changed)
	report = d.postAll()
	require.Equal(t, 2, report.Retried)
	require.Equal(t, 2, report.Confirmed)
	d.bookedOnce(numbers)
}

// What is known of the customer is older than the document: only news lets it
// be asked again.
func TestInactiveCustomerWaitsForNews(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	_, err := erp.SyncCustomers(d.ctx, d.books, d.exec)
	require.NoError(t, err)
	active := func(yes bool) {
		require.NoError(t, d.books.PutCustomers(d.ctx, []sandboxerp.CustomerInput{{Code: "ACME", Name: "Acme Mills", TermsDays: 30, Currency: "USD", Active: &yes}}))
	}
	active(false)
	numbers := d.issueMany(3)

	report := d.postAll()
	require.Equal(t, 3, report.Rejected)
	require.Zero(t, report.Retried)
	require.Equal(t, erp.CodeInactiveCustomer, d.posting(numbers[0]).Code)

	// News that it is inactive is no reason to ask again.
	_, err = erp.SyncCustomers(d.ctx, d.books, d.exec)
	require.NoError(t, err)
	require.Zero(t, d.postAll().Retried)

	active(true)
	_, err = erp.SyncCustomers(d.ctx, d.books, d.exec)
	require.NoError(t, err)
	require.Equal(t, 3, d.postAll().Confirmed)
	d.bookedOnce(numbers)
}

func TestRetryPostsARejectedDocument(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	number := d.issue(invoice("NEWCO", 1, 2, "2026-03-10"))[0]
	require.Equal(t, 1, d.postAll().Rejected)
	require.NoError(t, d.books.PutCustomers(d.ctx, []sandboxerp.CustomerInput{{Code: "NEWCO", Name: "Newco"}}))

	d.do(domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: number, By: "controller"}})

	require.Equal(t, 1, d.postAll().Confirmed)
	d.bookedOnce([]string{number})
}

func TestPostingWithoutJournalEventIsParked(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	d.do(domain.RequestPosting{PostingRequested: domain.PostingRequested{Document: "MADE-UP", Kind: domain.DocumentInvoice, Date: "2026-03-10"}})

	require.Equal(t, 1, d.postAll().Parked)

	require.Equal(t, domain.PostingIsParked, d.posting("MADE-UP").Status)
}

func TestReceiptsOfTheERPAreNotPosted(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	d.do(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: "ACME", Document: "R1", Amount: usd(100), Date: "2026-03-10"}})

	require.Equal(t, erp.Counts{}, d.postAll().Left)
}

func TestOnePosterAtATime(t *testing.T) {
	// Given a poster that runs, and another process on its outbox
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(1)
	ctx, stop := context.WithCancel(d.ctx)
	ran := make(chan error, 1)
	go func() { ran <- d.poster(nil).Run(ctx) }()
	require.Eventually(t, func() bool { return d.posting(numbers[0]).Status == domain.PostingIsIn }, 5*time.Second, time.Millisecond)
	second, err := erp.OpenOutbox(d.ctx, d.path, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()

	// When the other one is to post all, and there is more to post
	numbers = append(numbers, d.issue(invoice("ACME", 70, 1, "2026-03-10"), invoice("ACME", 71, 1, "2026-03-10"))...)
	report, err := erp.NewPoster(second, d.store, d.codec, d.exec, d.books, quick).PostAll(d.ctx, nil)

	// Then it waits until the first has done it
	require.NoError(t, err)
	require.Zero(t, report.Confirmed)
	require.Equal(t, erp.Counts{Confirmed: 3}, report.Left)
	leases, err := second.Leases(d.ctx)
	require.NoError(t, err)
	require.Len(t, leases, 1)
	require.Equal(t, erp.PostingLease, leases[0].Name)
	require.EqualValues(t, 1, leases[0].Epoch)

	// And once the first has stopped, it posts itself
	stop()
	require.ErrorIs(t, <-ran, context.Canceled)
	numbers = append(numbers, d.issue(invoice("ACME", 72, 1, "2026-03-10"))...)
	report, err = erp.NewPoster(second, d.store, d.codec, d.exec, d.books, quick).PostAll(d.ctx, nil)
	require.NoError(t, err)
	require.Equal(t, 1, report.Confirmed)
	d.bookedOnce(numbers)
}

// stallingBooks lets nobody go on after the first search until it is told to.
type stallingBooks struct {
	erp.Books
	searched, goOn chan struct{}
	once           *sync.Once
}

func (b stallingBooks) Probe(ctx context.Context, numbers []string) (map[string][]erp.Booked, error) {
	found, err := b.Books.Probe(ctx, numbers)
	b.once.Do(func() {
		close(b.searched)
		<-b.goOn
	})
	return found, err
}

func TestAPosterThatWasOvertakenSinceItsSearchPostsNothing(t *testing.T) {
	// Given a poster that has searched, and for which time stands still then:
	// by its own clock the lease is its own
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(5)
	began := time.Now()
	slowly := quick
	slowly.Lease = projections.LeaseOptions{Holder: "slow", TTL: time.Hour, Clock: func() time.Time { return began }, Log: quick.Log}
	books := stallingBooks{d.books, make(chan struct{}), make(chan struct{}), &sync.Once{}}
	type result struct {
		report erp.Report
		err    error
	}
	slow := make(chan result, 1)
	go func() {
		report, err := erp.NewPoster(d.outbox, d.store, d.codec, d.exec, books, slowly).PostAll(d.ctx, nil)
		slow <- result{report, err}
	}()
	<-books.searched

	// When another process takes over an hour later, and posts
	second, err := erp.OpenOutbox(d.ctx, d.path, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	later := quick
	later.CallTimeout = 50 * time.Millisecond
	later.Lease = projections.LeaseOptions{Holder: "next", TTL: time.Hour, Clock: func() time.Time { return began.Add(time.Hour) }, Log: quick.Log}
	report, err := erp.NewPoster(second, d.store, d.codec, d.exec, d.books, later).PostAll(d.ctx, nil)
	require.NoError(t, err)
	require.Equal(t, erp.Counts{Confirmed: 5}, report.Left)
	close(books.goOn)

	// Then the first posts nothing, and finds that all is done
	r := <-slow
	require.NoError(t, r.err)
	require.Zero(t, r.report.Confirmed)
	require.Equal(t, erp.Counts{Confirmed: 5}, r.report.Left)
	d.bookedOnce(numbers)
}

func TestRunPostsWhatHappens(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	d.faults(sandboxerp.Faults{DropRate: "0.3", RejectRate: "0.2", Seed: 5})
	ctx, stop := context.WithCancel(d.ctx)
	p := d.poster(nil)
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()

	numbers := d.issueMany(60)
	require.Eventually(t, func() bool {
		counts, _, err := p.Status(d.ctx)
		require.NoError(t, err)
		return counts.Confirmed == len(numbers)
	}, 20*time.Second, 5*time.Millisecond)

	stop()
	require.ErrorIs(t, <-ran, context.Canceled)
	d.faults(sandboxerp.Faults{})
	d.bookedOnce(numbers)
}

func TestOutboxOfALongerHistoryIsRefused(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	d.issueMany(3)
	d.postAll()
	other := open(t, sandboxerp.Options{})

	_, err := erp.NewPoster(d.outbox, other.store, other.codec, other.exec, d.books, quick).PostAll(d.ctx, nil)

	require.ErrorContains(t, err, "delete the file")
}
