package reconciler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func reconcile(t testing.TB, d *desk, ledger reconciler.Ledger, opts reconciler.Options) *reconciler.Report {
	t.Helper()
	report, err := reconciler.Run(context.Background(), d.store, codec(), ledger, opts)
	require.NoError(t, err)
	return report
}

func text(t testing.TB, r *reconciler.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b))
	return b.String()
}

func jsonOf(t testing.TB, r *reconciler.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, r.WriteJSON(&b))
	return b.String()
}

func TestAFaithfulLedgerHasNoBreaks(t *testing.T) {
	for seed := range uint64(6) {
		d := year(t, seed, 100)
		report := reconcile(t, d, d.erp, reconciler.Options{})
		require.Zero(t, report.BreakCount, "seed %d\n%s", seed, text(t, report))
		require.True(t, report.Ties(), "seed %d\n%s", seed, text(t, report))
		require.True(t, report.Bridge.Holds(), "seed %d\n%s", seed, text(t, report))
		require.NoError(t, report.Err())
		require.Zero(t, report.InFlight.Count)
		require.Equal(t, len(d.erp.documents), report.Documents.Compared)
		require.Equal(t, len(d.erp.list()), report.Entries.Compared)
		require.Equal(t, report.Entries.Compared, report.Entries.Expected)
		require.Len(t, report.Totals, 4, "seed %d: four currencies were billed", seed)
		head, err := d.store.Head(context.Background())
		require.NoError(t, err)
		require.Equal(t, head.String(), report.HistoryHead)
		out := text(t, report)
		require.Contains(t, out, "\n0 breaks\n")
		require.Contains(t, out, "Every account ties out.")
	}
}

// The tie-out's actual side is the ledger's own trial balance.
func TestTheTieOutIsTheTrialBalance(t *testing.T) {
	d := year(t, 2, 60)
	books := d.erp.clone()
	changeAmount(books.documents[7].entries[0], "3")
	books.documents[9].currency = "QQQ"
	books.delete(books.documents[11])
	want := map[string]decimal.Decimal{}
	for _, e := range books.list() {
		key := e.Account + " " + e.Period + " " + e.Currency
		want[key] = want[key].Add(decimal.RequireFromString(e.Debit)).Sub(decimal.RequireFromString(e.Credit))
	}
	report := reconcile(t, d, books, reconciler.Options{})
	off := 0
	for _, row := range report.TieOut {
		key := row.Account + " " + row.Period + " " + row.Actual.Currency
		require.True(t, want[key].Equal(row.Actual.Amount), key)
		require.True(t, row.Actual.Amount.Sub(row.Expected.Amount).Equal(row.Difference.Amount), key)
		if !row.Ties() {
			off++
		}
		delete(want, key)
	}
	require.Empty(t, want)
	require.NotZero(t, off)
	require.False(t, report.Ties())
}

func TestTheReportInWords(t *testing.T) {
	d := newDesk(t, 1)
	d.do(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "C-100", Source: "erp",
		Master: domain.CustomerMaster{Name: "C-100", TermsDays: 30, Credit: domain.CreditGood, Active: true}}})
	for i, id := range []domain.ShipmentID{"S1", "S2", "S3"} {
		d.do(domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: "C-100", Currency: "USD", Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}})
		d.charge(id, "FRT", domain.Freight, "", money.FromMinor(int64(123450*(i+1)), "USD"))
		d.do(domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: 1, Kind: domain.Unloaded, At: domain.DayMoment(2026, 3, 3)}})
	}
	d.do(domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: "S1", Document: "pod-1", At: domain.DayMoment(2026, 3, 3)}})
	d.do(domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: "S1", Outcome: domain.PODClean, By: "clerk"}})
	d.monthEnd()
	d.asked = slices.DeleteFunc(d.asked, func(number string) bool { return number == "ACC-S3-1" })
	d.post()
	books := d.erp.clone()
	changeAmount(books.find("INV-2026-000001").entries[0], "10")
	books.delete(books.find("ACC-S2-1"))
	books.duplicate(books.find("ACC-S1-1")).number = "MJ-1"

	want, err := os.ReadFile("testdata/report.txt")
	require.NoError(t, err)
	report := reconcile(t, d, books, reconciler.Options{})
	report.Events, report.HistoryHead = 33, "0000000000000021.0000000000000021"
	got := text(t, report)
	require.Equal(t, string(want), got)
}

// What the bridge holds is what the aggregates say, shipment by shipment.
func TestTheBridgeAgreesWithTheShipments(t *testing.T) {
	for seed := range uint64(3) {
		d := year(t, 20+seed, 100)
		report := reconcile(t, d, d.erp, reconciler.Options{})

		issued := map[domain.InvoiceID]bool{}
		for _, v := range d.issued {
			state, err := d.executor.State(context.Background(), v.Invoice.Stream())
			require.NoError(t, err)
			issued[v.Invoice] = state.(domain.Invoice).Status != domain.InvoiceIsVoid
		}
		var want, got []string
		for i := range 100 {
			s := d.state(domain.ShipmentID(fmt.Sprintf("S%05d", i)))
			for _, c := range s.Charges {
				open := c.Status == domain.ChargePending || c.Status == domain.ChargeReady || c.Status == domain.ChargeIsHeld ||
					c.Status == domain.ChargeClaimed && !issued[c.Invoice]
				if open {
					want = append(want, fmt.Sprintf("%s %s %s %s", s.ID, c.ID, c.Status, c.Amount))
				}
			}
		}
		for _, line := range report.Bridge.Held {
			amount := money.Money{}.String()
			if line.Amount != nil {
				amount = line.Amount.Text() + " " + line.Amount.Currency
			}
			got = append(got, fmt.Sprintf("%s %s %s %s", line.Shipment, line.Charge, line.Status, amount))
			require.NotEmpty(t, line.Reason)
			require.NotEmpty(t, line.Customer, "%s %s", line.Shipment, line.Charge)
		}
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, "seed %d", seed)
		require.NotEmpty(t, got)
	}
}

func TestALedgerThatCannotBeBelievedIsAnError(t *testing.T) {
	d := year(t, 3, 20)
	whole := d.erp.list()
	connection := errors.New("connection cut")
	edited := func(f func(es []reconciler.LedgerEntry)) []reconciler.LedgerEntry {
		es := slices.Clone(whole)
		f(es)
		return es
	}
	for _, c := range []struct {
		name   string
		ledger extract
		want   error
		says   string
	}{
		{"empty", extract{}, reconciler.ErrEmptyLedger, "documents are confirmed"},
		{"cut at once", extract{cut: connection}, connection, "after 0 entries"},
		{"cut short", extract{entries: whole[:10], cut: connection}, connection, "after 10 entries"},
		{"cut at the very end", extract{entries: whole, cut: connection}, connection, "read the ERP's ledger"},
		{"numbers out of order", extract{entries: edited(func(es []reconciler.LedgerEntry) { slices.Reverse(es) })}, reconciler.ErrUnsorted, "out of order"},
		{"sorted by number as a number", extract{entries: []reconciler.LedgerEntry{{Entry: 1, Document: 1, Number: "9"}, {Entry: 2, Document: 2, Number: "10"}}}, reconciler.ErrUnsorted, "out of order"},
		{"documents out of order", extract{entries: []reconciler.LedgerEntry{{Entry: 1, Document: 2, Number: "A"}, {Entry: 2, Document: 1, Number: "A"}}}, reconciler.ErrUnsorted, "out of order"},
		{"refs out of order", extract{entries: edited(func(es []reconciler.LedgerEntry) { es[0], es[1] = es[1], es[0] })}, reconciler.ErrUnsorted, "out of order"},
		{"an entry twice", extract{entries: append(slices.Clone(whole), whole[len(whole)-1])}, reconciler.ErrUnsorted, "there twice"},
		{"two headers", extract{entries: edited(func(es []reconciler.LedgerEntry) { es[1].Customer = "C-1" })}, reconciler.ErrContradiction, "disagree on its header"},
		{"no amount", extract{entries: edited(func(es []reconciler.LedgerEntry) { es[4].Debit = "1e9" })}, money.ErrAmount, "debit"},
		{"an amount with a comma", extract{entries: edited(func(es []reconciler.LedgerEntry) { es[4].Credit = "1,00" })}, money.ErrAmount, "credit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			temp := t.TempDir()
			report, err := reconciler.Run(context.Background(), d.store, codec(), c.ledger, reconciler.Options{MemoryBytes: 1, TempDir: temp})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, report)
			var breaks *reconciler.BreaksFound
			require.False(t, errors.As(err, &breaks))
			requireEmpty(t, temp)
		})
	}
}

func TestAnEmptyLedgerIsFineWhileNothingIsConfirmed(t *testing.T) {
	d := newDesk(t, 1)
	report := reconcile(t, d, extract{}, reconciler.Options{})
	require.NoError(t, report.Err())

	d.do(domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: "S1", Customer: "C-100", Currency: "USD", Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}})
	d.charge("S1", "FRT", domain.Freight, "", money.MustParse("100.00", "USD"))
	d.do(domain.RecordMilestone{Milestone: domain.Milestone{Shipment: "S1", Stop: 1, Kind: domain.Unloaded, At: domain.DayMoment(2026, 1, 5)}})
	report = reconcile(t, d, extract{}, reconciler.Options{})
	require.NoError(t, report.Err(), text(t, report))
	require.Equal(t, 1, report.InFlight.Count)
}

func requireEmpty(t testing.TB, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "temporary files are removed")
}

func TestSpillingChangesNothing(t *testing.T) {
	d := year(t, 5, 150)
	books := d.erp.clone()
	for i, change := range edits() {
		doc := books.find(d.erp.documents[i*5].number)
		change.do(books, doc, doc.entries[0])
	}
	inMemory := reconcile(t, d, books, reconciler.Options{})
	require.Zero(t, inMemory.SortedRuns)
	require.NotZero(t, inMemory.BreakCount)

	temp := t.TempDir()
	spilled := reconcile(t, d, books, reconciler.Options{MemoryBytes: 1, TempDir: temp})
	require.Greater(t, spilled.SortedRuns, 20)
	require.Equal(t, jsonOf(t, inMemory), jsonOf(t, spilled))
	require.Equal(t, text(t, inMemory), text(t, spilled))
	requireEmpty(t, temp)
}

func TestRunsAreRemovedWhenTheRunIsBrokenOff(t *testing.T) {
	d := year(t, 5, 40)
	temp := t.TempDir()
	stop := errors.New("enough")
	books := d.erp.clone()
	books.delete(books.documents[3])
	_, err := reconciler.Run(context.Background(), d.store, codec(), books, reconciler.Options{MemoryBytes: 1, TempDir: temp, OnBreak: func(reconciler.Break) error { return stop }})
	require.ErrorIs(t, err, stop)
	requireEmpty(t, temp)

	ctx, cancel := context.WithCancel(context.Background())
	_, err = reconciler.Run(ctx, d.store, codec(), extract{entries: books.list(), opened: cancel}, reconciler.Options{MemoryBytes: 1, TempDir: temp})
	require.ErrorIs(t, err, context.Canceled)
	requireEmpty(t, temp)

	_, err = reconciler.Run(context.Background(), d.store, codec(), books, reconciler.Options{MemoryBytes: 1, TempDir: temp + "/nowhere"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestARedatedDocumentIsExpectedAtItsNewDate(t *testing.T) {
	// given an accrual that the ERP took only in the next month
	d := year(t, 6, 20)
	d.do(domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: "R1", Customer: "C-100", Currency: "USD", Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}})
	d.charge("R1", "FRT", domain.Freight, "", money.MustParse("100.00", "USD"))
	d.do(domain.RecordMilestone{Milestone: domain.Milestone{Shipment: "R1", Stop: 1, Kind: domain.Unloaded, At: domain.DayMoment(2026, 1, 31)}})
	require.Equal(t, []string{"ACC-R1-1"}, d.asked)
	d.redate("ACC-R1-1")
	require.Equal(t, "2026-02", d.erp.find("ACC-R1-1").period)

	require.NoError(t, reconcile(t, d, d.erp, reconciler.Options{}).Err())

	// when somebody moves it back to the month of its delivery
	books := d.erp.clone()
	doc := books.find("ACC-R1-1")
	doc.date, doc.period, doc.modifiedAt = "2026-01-31", "2026-01", editTime
	report := reconcile(t, d, books, reconciler.Options{})

	// then the break departs from the decision to redate it
	require.Equal(t, 1, report.BreakCount)
	b := report.Breaks[0]
	require.Equal(t, reconciler.WrongPeriod, b.Kind)
	require.Equal(t, "PostingRedated", b.Departs.Type)
	require.Equal(t, "posting-ACC-R1-1", b.Departs.Stream)
	require.Equal(t, "2026-02-01", b.Expected.Date)
	require.False(t, report.Ties())
}

// flight makes five accruals that stand at different places of their way.
func flight(t *testing.T) *desk {
	d := year(t, 7, 20)
	for _, id := range []domain.ShipmentID{"F-ASKED", "F-REJECTED", "F-PARKED", "F-THERE", "F-WRONG"} {
		d.do(domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: "C-300", Currency: "JPY", Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}})
		d.charge(id, "FRT", domain.Freight, "", money.MustParse("5000", "JPY"))
		d.do(domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: 1, Kind: domain.Unloaded, At: domain.DayMoment(2026, 2, 3)}})
	}
	d.do(domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: "ACC-F-REJECTED-1", Code: "unknown-customer", Message: "no such customer"}})
	d.do(domain.ParkPosting{PostingParked: domain.PostingParked{Document: "ACC-F-PARKED-1", Reason: "answer lost"}})
	d.erp.book(d.journals["ACC-F-THERE-1"], "")
	changeAmount(d.erp.book(d.journals["ACC-F-WRONG-1"], "").entries[0], "1")
	return d
}

func TestADocumentInFlightIsListedAndNoBreak(t *testing.T) {
	d := flight(t)
	var seen []string
	report := reconcile(t, d, d.erp, reconciler.Options{OnFlight: func(f reconciler.Flight) error {
		seen = append(seen, fmt.Sprintf("%s %s %q %v %s", f.Number, f.Status, f.Detail, f.Held, f.Amount))
		return nil
	}})
	require.Equal(t, []string{
		`ACC-F-ASKED-1 asked "" false 5,000 JPY`,
		`ACC-F-PARKED-1 parked "answer lost" false 5,000 JPY`,
		`ACC-F-REJECTED-1 rejected "unknown-customer" false 5,000 JPY`,
		`ACC-F-THERE-1 asked "" true 5,000 JPY`,
		`ACC-F-WRONG-1 asked "" true 5,000 JPY`,
	}, seen)
	require.Equal(t, 3, report.InFlight.Count)
	require.Equal(t, 2, report.InFlight.Held)
	require.Equal(t, 1, report.BreakCount, "what the ERP holds already is compared: %s", text(t, report))
	require.Equal(t, "ACC-F-WRONG-1", report.Breaks[0].Number)
	i := slices.IndexFunc(report.TieOut, func(r reconciler.TieOut) bool {
		return r.Account == "1250" && r.Period == "2026-02" && r.InFlight.Currency == "JPY"
	})
	require.Equal(t, "15,000 JPY", report.TieOut[i].InFlight.String())
}

func TestStrictMakesBreaksOfWhatIsInFlight(t *testing.T) {
	d := flight(t)
	report := reconcile(t, d, d.erp, reconciler.Options{Strict: true})
	var got []string
	for _, b := range report.Breaks {
		got = append(got, b.Number+" "+string(b.Kind))
	}
	require.Equal(t, []string{"ACC-F-ASKED-1 missing-in-erp", "ACC-F-PARKED-1 missing-in-erp", "ACC-F-REJECTED-1 missing-in-erp", "ACC-F-WRONG-1 amount"}, got)
	require.Zero(t, report.InFlight.Count)
	require.Contains(t, report.Breaks[1].Explanation, "answer lost")
	require.Contains(t, report.Breaks[2].Explanation, "unknown-customer")
}

// A policy that never asked for a posting cannot hide behind it.
func TestADocumentThatNobodyAskedForIsMissing(t *testing.T) {
	m := newMemory(t)
	accrual := domain.RevenueAccrued{Shipment: "S1", Customer: "C-100", Document: "ACC-S1-1", Date: "2026-01-05",
		Lines: []domain.AccrualLine{{Charge: "FRT", Kind: domain.Freight, Amount: money.MustParse("10.00", "USD")}}}
	m.add("shipment-S1", domain.OrderReleased{Shipment: "S1", Customer: "C-100", Currency: "USD"}, accrual)

	report, err := reconciler.Run(context.Background(), m, codec(), extract{}, reconciler.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, report.BreakCount)
	require.Contains(t, report.Breaks[0].Explanation, "nobody asked")

	report, err = reconciler.Run(context.Background(), m, codec(), extract{}, reconciler.Options{Grace: time.Minute})
	require.NoError(t, err)
	require.Zero(t, report.BreakCount, "the policy may not have come so far")
	require.Equal(t, reconciler.FlightNotAsked, report.InFlight.Documents[0].Status)

	m.add("shipment-S2", domain.OrderReleased{Shipment: "S2"}, domain.OrderReleased{Shipment: "S2"})
	report, err = reconciler.Run(context.Background(), m, codec(), extract{}, reconciler.Options{Grace: time.Minute})
	require.NoError(t, err)
	require.Equal(t, 1, report.BreakCount, "by now it has")
}

// The desk works on while the ledger is being opened.
func TestWhatHappensWhileTheLedgerIsOpened(t *testing.T) {
	d := year(t, 8, 20)
	before := d.erp.clone()
	accrue := func(id domain.ShipmentID) {
		d.do(domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: "C-100", Currency: "USD", Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}})
		d.charge(id, "FRT", domain.Freight, "", money.MustParse("10.00", "USD"))
		d.do(domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: 1, Kind: domain.Unloaded, At: domain.DayMoment(2026, 2, 3)}})
	}
	accrue("EARLY")
	late := false
	work := func() {
		if !late {
			late = true
			accrue("LATE")
			d.post()
			d.receive("PLATE", d.issued[0], money.MustParse("5.00", string(d.issued[0].Candidate.Currency)))
		}
	}

	// the extract shows the books before any of it was booked
	report := reconcile(t, d, extract{entries: before.list(), opened: work}, reconciler.Options{})
	require.NoError(t, report.Err(), text(t, report))
	require.Equal(t, 3, report.InFlight.Count)
	head, err := d.store.Head(context.Background())
	require.NoError(t, err)
	require.Equal(t, head.String(), report.HistoryHead)

	// the extract shows all of it, and the history explains it
	late = false
	d2 := year(t, 8, 20)
	d = d2
	accrue("EARLY")
	report = reconcile(t, d2, lazily(func() reconciler.Ledger { work(); return d2.erp }), reconciler.Options{})
	require.NoError(t, report.Err(), text(t, report))
	require.Zero(t, report.InFlight.Count)
}

func TestAReportOfSomePeriods(t *testing.T) {
	d := year(t, 9, 60)
	all := reconcile(t, d, d.erp, reconciler.Options{})
	march := reconcile(t, d, d.erp, reconciler.Options{From: "2026-03", To: "2026-03"})
	require.NoError(t, march.Err(), text(t, march))
	require.NotZero(t, march.Documents.Compared)
	require.Less(t, march.Documents.Compared, all.Documents.Compared)
	for _, row := range march.TieOut {
		require.Equal(t, "2026-03", row.Period)
		require.Contains(t, fmt.Sprint(all.TieOut), fmt.Sprint(row))
	}

	// a document that was moved out of the range, or into it, is one break of it
	books := d.erp.clone()
	i := slices.IndexFunc(books.documents, func(d *erpDocument) bool { return d.period == "2026-03" })
	j := slices.IndexFunc(books.documents, func(d *erpDocument) bool { return d.period == "2026-01" })
	k := slices.IndexFunc(books.documents, func(d *erpDocument) bool { return d.period == "2026-02" })
	books.documents[i].period, books.documents[i].modifiedAt = "2026-01", editTime
	books.documents[j].period, books.documents[j].modifiedAt = "2026-03", editTime
	books.documents[k].period, books.documents[k].modifiedAt = "2026-01", editTime
	march = reconcile(t, d, books, reconciler.Options{From: "2026-03", To: "2026-03"})
	require.Equal(t, 2, march.BreakCount, text(t, march))
	require.Equal(t, 3, reconcile(t, d, books, reconciler.Options{}).BreakCount)

	for _, wrong := range []reconciler.Options{{From: "March"}, {To: "2026-13"}, {From: "2026-03", To: "2026-02"}} {
		_, err := reconciler.Run(context.Background(), d.store, codec(), d.erp, wrong)
		require.ErrorContains(t, err, "period")
	}
}

func TestTheReportKeepsSomeAndCountsAll(t *testing.T) {
	d := year(t, 10, 60)
	books := d.erp.clone()
	deleted := 0
	for i, doc := range d.erp.documents {
		if i%2 == 0 {
			books.delete(books.find(doc.number))
			deleted++
		}
	}
	var seen, held int
	var last reconciler.Progress
	report := reconcile(t, d, books, reconciler.Options{Keep: 3,
		OnBreak:  func(reconciler.Break) error { seen++; return nil },
		OnHeld:   func(reconciler.HeldLine) error { held++; return nil },
		Progress: func(p reconciler.Progress) { last = p }})
	require.Len(t, report.Breaks, 3)
	require.Equal(t, deleted, report.BreakCount)
	require.Equal(t, deleted, seen)
	require.Equal(t, deleted, report.ByKind[0].Count)
	require.Len(t, report.Bridge.Held, 3)
	require.Equal(t, held, report.Bridge.HeldCount)
	require.Greater(t, held, 3)
	require.Equal(t, reconciler.Progress{Stage: reconciler.StageLedger, Events: report.Events, Entries: len(books.list()), Breaks: deleted, Done: true}, last)
	var breaks *reconciler.BreaksFound
	require.ErrorAs(t, report.Err(), &breaks)
	require.Equal(t, deleted, breaks.Breaks)
	require.Contains(t, text(t, report), fmt.Sprintf("not listed: %d further breaks.", deleted-3))
	require.Contains(t, text(t, report), "The accounts do not tie out.")
}

func TestAReportReadsBackFromJSON(t *testing.T) {
	d := flight(t)
	books := d.erp.clone()
	books.documents[0].currency, books.documents[0].modifiedAt = "QQQ", editTime
	report := reconcile(t, d, books, reconciler.Options{Strict: true})
	out := jsonOf(t, report)
	var back reconciler.Report
	require.NoError(t, json.Unmarshal([]byte(out), &back))
	require.Equal(t, out, jsonOf(t, &back))
	require.Error(t, back.Err())
	require.NotContains(t, out, "null", "lists are empty, not missing")
}

func TestWhatTheERPHoldsDoesNotSteerTheTerminal(t *testing.T) {
	d := year(t, 10, 10)
	books := d.erp.clone()
	books.duplicate(books.documents[0]).number = "MJ\x1b[2J\n0 breaks"
	out := text(t, reconcile(t, d, books, reconciler.Options{}))
	require.NotContains(t, out, "\x1b")
	require.Equal(t, 0, strings.Count(out, "\n0 breaks"))
}
