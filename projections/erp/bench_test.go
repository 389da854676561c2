package erp_test

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/erp"
)

// BenchmarkPostAll takes 5,000 invoices of ten entries from history into the
// ERP, with everything in between: outbox, HTTP, books and recorded answers.
func BenchmarkPostAll(b *testing.B) {
	const documents = 5000
	for range b.N {
		b.StopTimer()
		d := open(b, sandboxerp.Options{})
		var group errgroup.Group
		group.SetLimit(64)
		for i := range documents {
			e := invoice("ACME", i+1, 9, "2026-03-10")
			d.happened(e.Invoice.Stream(), e)
			doc, _ := domaintest.Booked(e)
			group.Go(func() error {
				d.do(domain.RequestPosting{PostingRequested: domain.PostingRequested{Document: doc.Number, Kind: doc.Kind, Subject: e.Invoice.Stream(), Date: doc.Date}})
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		report := d.postAll()
		b.StopTimer()
		if report.Left != (erp.Counts{Confirmed: documents}) {
			b.Fatalf("left over: %+v", report.Left)
		}
		b.ReportMetric(documents/report.Elapsed.Seconds(), "documents/s")
		b.StartTimer()
	}
}
