package reconciler_test

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/stretchr/testify/require"
)

// bulk is a history of many confirmed accruals of several charges each, and the
// ledger that holds them; both are made as they are read, so that the
// benchmark's own memory does not count.
type bulk struct {
	documents int
	charges   int // two entries each
	records   []eventstore.Record
}

func newBulk(b *testing.B, entries int) *bulk {
	const charges = 5
	out := &bulk{documents: entries / (2 * charges), charges: charges}
	m := newMemory(b)
	for i := range out.documents {
		d := out.accrual(i)
		m.add(d.Shipment.Stream(), d)
		m.add(domain.PostingStream(d.Document),
			domain.PostingRequested{Document: d.Document, Kind: domain.DocumentAccrual, Subject: d.Shipment.Stream(), Date: d.Date},
			domain.PostingConfirmed{Document: d.Document, Kind: domain.DocumentAccrual, Subject: d.Shipment.Stream(), Date: d.Date, ERPID: strconv.Itoa(i + 1)})
	}
	out.records = m.records
	return out
}

// accrual of document i; the order of numbers is not the order of history.
func (b *bulk) accrual(i int) domain.RevenueAccrued {
	number := (i*7919 + 13) % b.documents
	e := domain.RevenueAccrued{Shipment: domain.ShipmentID(fmt.Sprintf("S%07d", number)), Customer: "C-100",
		Document: fmt.Sprintf("ACC-S%07d-1", number), Date: fmt.Sprintf("2026-%02d-15", 1+number%12)}
	for c := range b.charges {
		e.Lines = append(e.Lines, domain.AccrualLine{Charge: domain.ChargeID(fmt.Sprintf("C%d", c)), Kind: domain.Freight, Amount: money.FromMinor(int64(number%10_000+c+1), "USD")})
	}
	return e
}

func (b *bulk) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return (&memory{records: b.records}).ReadAll(ctx, after)
}

func (b *bulk) Entries(context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	place := make([]int, b.documents)
	for i := range place {
		place[(i*7919+13)%b.documents] = i
	}
	return func(yield func(reconciler.LedgerEntry, error) bool) {
		entry := int64(0)
		for _, i := range place {
			d, _ := domaintest.Booked(b.accrual(i))
			for _, e := range d.Entries {
				entry++
				l := reconciler.LedgerEntry{Entry: entry, Document: int64(i + 1), Number: d.Number, Kind: d.Kind, Customer: string(d.Customer), Date: d.Date,
					Period: d.Date[:7], Currency: "USD", Ref: e.Ref, Account: string(e.Account), Debit: e.Amount.Format(), Credit: "0.00", BookedAt: bookingTime}
				if e.Side == domain.CreditSide {
					l.Debit, l.Credit = l.Credit, l.Debit
				}
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, entries := range []int{100_000, 1_000_000} {
		b.Run(strconv.Itoa(entries), func(b *testing.B) {
			source := newBulk(b, entries)
			b.ReportAllocs()
			for b.Loop() {
				report, err := reconciler.Run(context.Background(), source, codec(), source, reconciler.Options{})
				require.NoError(b, err)
				require.Zero(b, report.BreakCount)
				require.Equal(b, entries, report.Entries.Compared)
				b.ReportMetric(float64(report.SortedRuns), "runs")
			}
			b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
