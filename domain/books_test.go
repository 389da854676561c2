package domain_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// accounts says where a document is booked, entry by entry in order of ref.
func accounts(d domain.Document) string {
	var all []string
	for _, e := range d.Entries {
		all = append(all, fmt.Sprintf("%s %s %s %s", e.Ref, e.Account, e.Side, e.Amount.Format()))
	}
	return strings.Join(all, "\n")
}

// bookkeeper follows a history and keeps what was booked, by document.
type bookkeeper struct {
	t      testing.TB
	charts domain.Charts
	memory domain.MapMemory
	books  map[string]domain.Document
}

func newBookkeeper(t testing.TB) *bookkeeper {
	return &bookkeeper{t: t, memory: domain.MapMemory{}, books: map[string]domain.Document{}}
}

func (b *bookkeeper) fold(events ...domain.Event) *bookkeeper {
	b.t.Helper()
	for _, e := range events {
		if e, ok := e.(domain.ChartAdopted); ok {
			b.charts = b.charts.With(e)
		}
		d, ok, err := b.charts.Book(e, b.memory)
		require.NoError(b.t, err)
		if ok {
			require.True(b.t, d.Balanced(), d.Number)
			b.books[d.Number] = d
		}
	}
	return b
}

func inForce(c domain.ChartVersion) domain.ChartAdopted {
	return domain.ChartAdopted{Chart: c.Chart, Terms: c, By: "finance desk"}
}

func TestTheFirstRowThatFitsGivesTheAccount(t *testing.T) {
	c := chart("1", "2024-01-01",
		domain.ChartRow{Role: domain.Revenue, Kind: domain.Accessorial, Code: "DTL", Account: "code"},
		domain.ChartRow{Role: domain.Revenue, Unit: "reefer", Destination: "CA", Account: "reefer to Canada"},
		domain.ChartRow{Role: domain.Revenue, Origin: "US-IL", Account: "from Illinois"},
		domain.ChartRow{Role: domain.TaxPayable, Jurisdiction: "CA", Account: "Canadian tax"})
	line := func(kind domain.ChargeKind, code string, d domain.Dimensions) domain.BillLine {
		l := line("A", "10.00", "1.00")
		l.Kind, l.Code, l.Dimensions, l.Accrued = kind, code, d, usd("0.00")
		return l
	}
	for _, x := range []struct {
		of           domain.BillLine
		revenue, tax domain.Account
		row          int
	}{
		{line(domain.Accessorial, "DTL", domain.Dimensions{Unit: "reefer", Destination: "CA-ON"}), "code", "2200", 1},
		{line(domain.Accessorial, "LUM", domain.Dimensions{Unit: "reefer", Destination: "CA-ON", Origin: "US-IL"}), "reefer to Canada", "2200", 2},
		{line(domain.Freight, "", domain.Dimensions{Unit: "dry", Destination: "CA-ON", Origin: "US-IL", Jurisdiction: "CA-ON"}), "from Illinois", "Canadian tax", 3},
		{line(domain.FuelSurcharge, "", domain.Dimensions{Origin: "US"}), "4030", "2200", 12},
		{line(domain.Freight, "", domain.Dimensions{Jurisdiction: "CAR"}), "4010", "2200", 14},
		{line(domain.Discount, "", domain.Dimensions{}), "4010", "2200", 14},
	} {
		b := newBookkeeper(t).fold(inForce(c), domain.InvoiceIssued{Invoice: invoice, Number: number, Candidate: candidate(), IssueDate: "2024-03-31", Total: usd("11.00"), Lines: []domain.BillLine{x.of}})
		found := map[domain.Role]domain.Entry{}
		for _, e := range b.books[number].Entries {
			found[e.Role] = e
		}
		require.Equal(t, [2]domain.Account{x.revenue, x.tax}, [2]domain.Account{found[domain.Revenue].Account, found[domain.TaxPayable].Account}, "%+v", x.of)
		require.Equal(t, x.row, found[domain.Revenue].Row)
		require.Equal(t, "1", found[domain.Revenue].Chart, "the entry says which version chose its account")
	}
}

func TestADocumentIsBookedByTheVersionInForceOnItsDateAsFarAsItWasKnown(t *testing.T) {
	second, third := moved(chart("2", "2024-03-01"), "-2"), moved(chart("3", "2024-05-01"), "-3")
	receipt := func(n, date string) domain.PaymentReceived {
		return domain.PaymentReceived{Payment: domain.PaymentID(n), Customer: customer, Document: n, Amount: usd("1.00"), Date: date}
	}
	b := newBookkeeper(t).fold(receipt("before any", "2024-04-01"), inForce(third), receipt("before the third", "2024-04-01"), receipt("in the third", "2024-05-01"),
		inForce(second), receipt("in the second", "2024-04-30"), receipt("before the second", "2024-02-29"), receipt("again in the third", "2025-01-01"))
	for n, bank := range map[string]domain.Account{"before any": "1000", "before the third": "1000", "in the third": "1000-3", "in the second": "1000-2",
		"before the second": "1000", "again in the third": "1000-3"} {
		require.Equal(t, bank, b.books[n].Entries[0].Account, n)
	}
}

func TestAnIssuerIsBookedByItsOwnChartAndElseByTheDefaultOne(t *testing.T) {
	of := func(issuer string, c domain.ChartVersion) domain.ChartVersion {
		c.Chart = issuer
		return c
	}
	issued := func(n, issuer, date string) domain.InvoiceIssued {
		e := domain.InvoiceIssued{Invoice: domain.InvoiceID(n), Number: n, Candidate: candidate(), IssueDate: date, Total: usd("100.00"), Lines: []domain.BillLine{line("A", "100.00", "0.00")}}
		e.Candidate.Issuer, e.Lines[0].Accrued = issuer, usd("0.00")
		return e
	}
	lost := func(n string) domain.WrittenOff {
		return domain.WrittenOff{Invoice: domain.InvoiceID(n), Document: "WOF-" + n, WriteOff: "W1", Date: "2024-12-31", Amount: usd("100.00"), Lines: []domain.CreditLine{creditLine("A", "100.00", "0.00")}}
	}
	b := newBookkeeper(t).fold(inForce(moved(chart("1", "2024-01-01"), "-all")), inForce(of("CA01", moved(chart("1", "2024-03-01"), "-CA"))),
		issued("one of many", "", "2024-04-01"), issued("its own", "CA01", "2024-04-01"), issued("before its own", "CA01", "2024-02-01"), issued("without its own", "US01", "2024-04-01"),
		domain.RevenueAccrued{Shipment: "SH-9", Document: "accrual", Date: "2024-04-01", Issuer: "CA01", Lines: []domain.AccrualLine{{Charge: "A", Kind: domain.Freight, Amount: usd("1.00")}}},
		lost("its own"), lost("without its own"),
		// The version that begins last counts, in whatever order they are adopted
		inForce(of("CA01", moved(chart("3", "2024-09-01"), "-CA-3"))), inForce(of("CA01", moved(chart("2", "2024-06-01"), "-CA-2"))), inForce(moved(chart("2", "2024-10-01"), "-all-2")),
		issued("by its last", "CA01", "2024-12-01"), issued("by its second", "CA01", "2024-08-31"))
	for n, account := range map[string]domain.Account{"one of many": "1200-all", "its own": "1200-CA", "before its own": "1200-all", "without its own": "1200-all", "by its last": "1200-CA-3", "by its second": "1200-CA-2",
		"accrual": "4090-CA", "WOF-its own": "1200-CA", "WOF-without its own": "1200-all"} {
		require.Equal(t, account, b.books[n].Entries[0].Account, n)
	}
	require.Equal(t, domain.Account("6010-CA"), b.books["WOF-its own"].Entries[1].Account)
}

// The chart is changed between every two documents of a shipment's life.
func TestWhatIsTakenBackLeavesTheAccountsItWasBookedTo(t *testing.T) {
	version := func(n int) domain.ChartAdopted {
		return inForce(moved(chart(fmt.Sprint(n), fmt.Sprintf("2024-%02d-01", n)), fmt.Sprintf("-%d", n)))
	}
	accrual := func(n int, amount string) domain.RevenueAccrued {
		return domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: fmt.Sprint("ACC-", n), Date: fmt.Sprintf("2024-%02d-05", n),
			Lines: []domain.AccrualLine{{Charge: "A", Kind: domain.Freight, Amount: usd(amount)}}}
	}
	billed := line("A", "100.00", "5.00")
	billed.Accrued = usd("90.00")
	b := newBookkeeper(t)

	// Given an accrual of which 60.00 are booked by the built-in chart, 50.00 by
	// the version of February and 20.00 taken back in March
	b.fold(accrual(1, "60.00"), version(2), accrual(2, "50.00"), version(3), accrual(3, "-20.00"))
	require.Equal(t, "L0001-accrued 4090-2 debit 20.00\nL0001-unbilled 1250-2 credit 20.00", accounts(b.books["ACC-3"]))

	// When it is invoiced in April, each part leaves the accounts it is on
	issued := domain.InvoiceIssued{Invoice: invoice, Number: number, Candidate: candidate(), IssueDate: "2024-04-05", Total: usd("105.00"), Lines: []domain.BillLine{billed}}
	b.fold(version(4), issued)
	require.Equal(t, strings.Join([]string{"AR 1200-4 debit 105.00", "L0001-accrued 4090-2 debit 30.00", "L0001-accrued-2 4090 debit 60.00", "L0001-revenue 4010-4 credit 90.00",
		"L0001-tax 2200-4 credit 5.00", "L0001-unbilled 1250-2 credit 30.00", "L0001-unbilled-2 1250 credit 60.00", "L0001-variance 4190-4 credit 10.00"}, "\n"), accounts(b.books[number]))

	// And voided in May, the void is the invoice turned around
	voided := domain.InvoiceVoided{Invoice: invoice, Number: number, Customer: customer, Date: "2024-05-05", Lines: issued.Lines, Total: issued.Total}
	b.fold(version(5), voided)
	void := b.books["VOID-"+number]
	turned := void
	turned.Entries = append([]domain.Entry{}, void.Entries...)
	for i := range turned.Entries {
		turned.Entries[i].Side = map[domain.Side]domain.Side{domain.DebitSide: domain.CreditSide, domain.CreditSide: domain.DebitSide}[turned.Entries[i].Side]
	}
	require.Equal(t, accounts(b.books[number]), accounts(turned))

	// And invoiced again in June, the accrual leaves the same accounts once more
	again := issued
	again.Invoice, again.Number, again.IssueDate = "ACME_2024-03_USD_2", "INV-2", "2024-06-05"
	b.fold(version(6), again)
	require.Contains(t, accounts(b.books["INV-2"]), "L0001-unbilled 1250-2 credit 30.00\nL0001-unbilled-2 1250 credit 60.00")

	// Then credits and cash meet the receivable that the invoice opened, and a
	// write-off its own loss
	b.fold(version(7), domain.PaymentReceived{Payment: "P1", Customer: customer, Document: "RC-1", Amount: usd("50.00"), Date: "2024-07-05"}, version(8),
		domain.CreditIssued{Invoice: again.Invoice, Of: "INV-2", Customer: customer, Date: "2024-08-05", Total: usd("10.50"), Credit: domain.Credit{ID: "C", Number: "CM-1", Lines: []domain.CreditLine{creditLine("A", "10.00", "0.50")}}},
		domain.PaymentApplied{Invoice: again.Invoice, Number: "INV-2", Customer: customer, Payment: "P1", Document: "APP", Date: "2024-08-06", Amount: usd("50.00")},
		domain.PaymentUnapplied{Invoice: again.Invoice, Number: "INV-2", Customer: customer, Payment: "P1", Document: "UNA", Date: "2024-08-06", Amount: usd("50.00")},
		domain.CashReleased{Invoice: again.Invoice, Number: "INV-2", Customer: customer, Payment: "P1", Document: "REL", Date: "2024-08-06", Amount: usd("1.00")},
		domain.PaymentRefunded{Payment: "P1", Customer: customer, Document: "RF", Date: "2024-08-06", Amount: usd("2.00")},
		domain.PaymentReversed{Payment: "P1", Customer: customer, Document: "RC-R", Amount: usd("50.00"), Date: "2024-08-06"},
		domain.WrittenOff{Invoice: again.Invoice, Number: "INV-2", Customer: customer, Document: "WOF", WriteOff: "W1", Date: "2024-08-06", Amount: usd("10.50"), Lines: []domain.CreditLine{creditLine("A", "10.00", "0.50")}},
		version(9),
		domain.WriteOffReversed{Invoice: again.Invoice, Number: "INV-2", Customer: customer, Document: "WOR", WriteOff: "W1", Date: "2024-09-06", Amount: usd("10.50"), Lines: []domain.CreditLine{creditLine("A", "10.00", "0.50")}})
	for document, is := range map[string]string{
		"CM-1": "AR 1200-6 credit 10.50\nL0001-credit 4900-6 debit 10.00\nL0001-tax 2200-6 debit 0.50",
		"RC-1": "bank 1000-7 debit 50.00\nunapplied 2100-7 credit 50.00",
		"APP":  "AR 1200-6 credit 50.00\nunapplied 2100-7 debit 50.00",
		"UNA":  "AR 1200-6 debit 50.00\nunapplied 2100-7 credit 50.00",
		"REL":  "AR 1200-6 debit 1.00\nunapplied 2100-7 credit 1.00",
		"RF":   "refund 2110-8 credit 2.00\nunapplied 2100-7 debit 2.00",
		"RC-R": "bank 1000-7 credit 50.00\nunapplied 2100-7 debit 50.00",
		"WOF":  "AR 1200-6 credit 10.50\nL0001-bad-debt 6010-8 debit 10.50",
		"WOR":  "AR 1200-6 debit 10.50\nL0001-bad-debt 6010-8 credit 10.50",
	} {
		require.Equal(t, is, accounts(b.books[document]), document)
	}
}

func TestADiscountIsAccruedBelowNoughtAndTakenBackAbove(t *testing.T) {
	accrual := func(document, amount string) domain.RevenueAccrued {
		return domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: document, Date: "2024-03-05",
			Lines: []domain.AccrualLine{{Charge: "D", Kind: domain.Discount, Amount: usd(amount)}}}
	}
	b := newBookkeeper(t).fold(inForce(moved(chart("1", "2024-01-01"), "-1")), accrual("first", "-30.00"), inForce(moved(chart("2", "2024-02-01"), "-2")), accrual("more", "-5.00"), accrual("back", "12.00"))
	require.Equal(t, strings.Join([]string{"L0001-accrued 4090-2 credit 5.00", "L0001-accrued-2 4090-1 credit 7.00", "L0001-unbilled 1250-2 debit 5.00", "L0001-unbilled-2 1250-1 debit 7.00"}, "\n"), accounts(b.books["back"]))
}

// What a document hangs on is kept as long as another one may come, and no
// longer; what the built-in chart booked goes without saying.
func TestOnlyWhatALaterDocumentHangsOnIsKept(t *testing.T) {
	accrual := func(document, date, amount string) domain.RevenueAccrued {
		return domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: document, Date: date,
			Lines: []domain.AccrualLine{{Charge: "A", Kind: domain.Freight, Amount: usd(amount)}}}
	}
	billed := func(accrued money.Money) []domain.BillLine {
		l := line("A", "100.00", "5.00")
		l.Accrued = accrued
		return []domain.BillLine{l}
	}
	issued := func(date string, accrued money.Money) domain.InvoiceIssued {
		return domain.InvoiceIssued{Invoice: invoice, Number: number, Candidate: candidate(), IssueDate: date, Total: usd("105.00"), Lines: billed(accrued)}
	}
	voided := func(accrued money.Money) domain.InvoiceVoided {
		return domain.InvoiceVoided{Invoice: invoice, Number: number, Customer: customer, Date: "2024-05-05", Lines: billed(accrued), Total: usd("105.00")}
	}
	received := func(date string) domain.PaymentReceived {
		return domain.PaymentReceived{Payment: "P1", Customer: customer, Document: "RC-1", Amount: usd("50.00"), Date: date}
	}
	feb, mar := inForce(moved(chart("2", "2024-02-01"), "-2")), inForce(moved(chart("3", "2024-03-01"), "-3"))
	const of, accrued, reversed = "invoice " + string(invoice), "accrued SH-1 A", "reversed " + string(invoice)
	for name, test := range map[string]struct {
		history []domain.Event
		kept    []string
	}{
		"nothing of January":                        {[]domain.Event{feb, accrual("1", "2024-01-05", "10.00"), received("2024-01-05"), issued("2024-01-31", usd("10.00"))}, nil},
		"nor when it is taken back":                 {[]domain.Event{feb, accrual("1", "2024-01-05", "10.00"), issued("2024-01-31", usd("10.00")), voided(usd("10.00"))}, nil},
		"a receipt":                                 {[]domain.Event{feb, received("2024-02-05")}, []string{"payment P1"}},
		"an accrual":                                {[]domain.Event{feb, accrual("1", "2024-02-05", "10.00")}, []string{accrued}},
		"as long as there is one":                   {[]domain.Event{feb, accrual("1", "2024-02-05", "10.00"), accrual("2", "2024-02-06", "-9.99")}, []string{accrued}},
		"not when it is taken back":                 {[]domain.Event{feb, accrual("1", "2024-02-05", "10.00"), accrual("2", "2024-02-06", "-10.00")}, nil},
		"an invoice":                                {[]domain.Event{feb, issued("2024-02-29", money.Money{})}, []string{of}},
		"of what had accrued nothing":               {[]domain.Event{feb, issued("2024-02-29", usd("0.00")), voided(usd("0.00"))}, []string{of}},
		"with the accrual that its version booked":  {[]domain.Event{feb, accrual("1", "2024-02-05", "10.00"), issued("2024-02-29", usd("10.00"))}, []string{of}},
		"which it gives back":                       {[]domain.Event{feb, accrual("1", "2024-02-05", "10.00"), issued("2024-02-29", usd("10.00")), voided(usd("10.00"))}, []string{accrued, of}},
		"one of another version, to bring it back":  {[]domain.Event{feb, accrual("1", "2024-02-05", "10.00"), mar, issued("2024-03-31", usd("10.00"))}, []string{of, reversed}},
		"one of two, to bring both back":            {[]domain.Event{feb, mar, accrual("1", "2024-03-05", "10.00"), accrual("2", "2024-02-05", "1.00"), issued("2024-03-31", usd("11.00"))}, []string{of, reversed}},
		"one that the built-in chart booked before": {[]domain.Event{accrual("1", "2024-01-05", "10.00"), feb, issued("2024-02-29", usd("10.00"))}, []string{of, reversed}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBookkeeper(t).fold(test.history...)
			require.Equal(t, test.kept, slices.Sorted(maps.Keys(b.memory)))
		})
	}

	// What is voided leaves the accounts of its version, and accrues there again
	apr := inForce(moved(chart("4", "2024-04-01"), "-4"))
	b := newBookkeeper(t).fold(feb, accrual("1", "2024-02-05", "10.00"), issued("2024-02-29", usd("10.00")), apr, voided(usd("10.00")), accrual("back", "2024-04-06", "-10.00"))
	require.Contains(t, accounts(b.books["VOID-"+number]), "L0001-accrued 4090-2 credit 10.00")
	require.Equal(t, "L0001-accrued 4090-2 debit 10.00\nL0001-unbilled 1250-2 credit 10.00", accounts(b.books["back"]))
}

func TestAnAccrualIsTakenBackFromWhatWasAccruedLast(t *testing.T) {
	accrual := func(document, date, amount string) domain.RevenueAccrued {
		return domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: document, Date: date,
			Lines: []domain.AccrualLine{{Charge: "A", Kind: domain.Freight, Amount: usd(amount)}}}
	}
	// Given 60.00 by the built-in chart, 10.00 and 20.00 by February's version, and 5.00 by March's
	b := newBookkeeper(t).fold(accrual("built in", "2024-01-05", "60.00"), inForce(moved(chart("2", "2024-02-01"), "-2")), accrual("1", "2024-02-05", "10.00"), accrual("2", "2024-02-06", "20.00"),
		inForce(moved(chart("3", "2024-03-01"), "-3")), accrual("3", "2024-03-05", "5.00"))
	for _, step := range []struct{ amount, is string }{
		{"-5.00", "L0001-accrued 4090-3 debit 5.00\nL0001-unbilled 1250-3 credit 5.00"},
		{"-25.00", "L0001-accrued 4090-2 debit 25.00\nL0001-unbilled 1250-2 credit 25.00"},
		{"-35.00", "L0001-accrued 4090-2 debit 5.00\nL0001-accrued-2 4090 debit 30.00\nL0001-unbilled 1250-2 credit 5.00\nL0001-unbilled-2 1250 credit 30.00"},
		{"-30.00", "L0001-accrued 4090 debit 30.00\nL0001-unbilled 1250 credit 30.00"},
	} {
		b.fold(accrual("back "+step.amount, "2024-03-06", step.amount))
		require.Equal(t, step.is, accounts(b.books["back "+step.amount]))
	}
}

func TestNothingIsKeptWhileTheBuiltInChartIsTheOnlyOne(t *testing.T) {
	b := newBookkeeper(t).fold(examples()[:0]...)
	for _, e := range examples() {
		if _, ok := e.(domain.ChartAdopted); !ok {
			b.fold(e)
		}
	}
	require.NotEmpty(t, b.books)
	require.Empty(t, b.memory)

	// Nor is a memory asked
	for _, e := range examples() {
		_, _, err := domain.Charts{}.Book(e, nil)
		require.NoError(t, err)
	}
}

// A follower passes over what does not concern it, as no event at all.
func TestWhatWasNotReadBooksNothing(t *testing.T) {
	_, ok, err := domain.Charts{}.With(inForce(chart("1", "2024-01-01"))).Book(nil, domain.MapMemory{})
	require.NoError(t, err)
	require.False(t, ok)
}

// A memory that breaks ends the booking with what broke.
func TestABrokenMemoryIsToldAndBooksNothing(t *testing.T) {
	for key, e := range map[string]domain.Event{
		"accrued SH-1 A":             domain.RevenueAccrued{Shipment: shipment, Date: "2024-03-05", Lines: []domain.AccrualLine{{Charge: "A", Kind: domain.Freight, Amount: usd("1.00")}}},
		"invoice " + string(invoice): domain.CreditIssued{Invoice: invoice, Total: usd("1.00")},
		"payment P1":                 domain.PaymentReversed{Payment: "P1", Amount: usd("1.00")},
	} {
		charts := domain.Charts{}.With(inForce(chart("1", "2024-01-01")))
		_, ok, err := charts.Book(e, domain.MapMemory{key: "broken"})
		require.ErrorContains(t, err, key)
		require.False(t, ok)
	}
}

// Whatever a desk does, and however the chart changes meanwhile: every document
// balances, an invoice is owed on one account, and what a charge had accrued
// leaves every account that it was on.
func TestPropertyNothingStaysBehindWhenTheChartChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDesk(t)
		d.work()
		charts, memory, from := domain.Charts{}, domain.MapMemory{}, map[string]bool{}
		type place struct {
			role    domain.Role
			of      string
			account domain.Account
		}
		standing := map[place]decimal.Decimal{}
		owedOn := map[string]map[domain.Account]bool{}
		for _, e := range d.all {
			if rapid.IntRange(0, 4).Draw(t, "the chart changes") == 0 {
				if c := randomChart(t, len(from)); !from[c.From] {
					from[c.From] = true
					require.NoError(t, c.Check())
					charts = charts.With(inForce(c))
				}
			}
			doc, ok, err := charts.Book(e, memory)
			require.NoError(t, err)
			if !ok {
				continue
			}
			plain, _ := domain.Journal(e)
			require.True(t, doc.Balanced(), doc.Number)
			require.Equal(t, debits(t, plain), debits(t, doc), doc.Number)
			for _, entry := range doc.Entries {
				require.NotEmpty(t, entry.Account)
				at := place{entry.Role, entry.Memo, entry.Account}
				switch entry.Role {
				case domain.Receivable:
					if at.of = doc.Reference; doc.Kind == domain.DocumentInvoice || doc.Kind == domain.DocumentDebit {
						at.of = doc.Number
					}
					if owedOn[at.of] == nil {
						owedOn[at.of] = map[domain.Account]bool{}
					}
					owedOn[at.of][entry.Account] = true
				case domain.Unbilled, domain.AccruedRevenue:
				default:
					continue
				}
				amount := entry.Amount.Amount()
				if entry.Side == domain.CreditSide {
					amount = amount.Neg()
				}
				standing[at] = standing[at].Add(amount)
			}
		}
		for of, on := range owedOn {
			require.Len(t, on, 1, "invoice %s is owed on %v", of, on)
		}
		whole := map[place]decimal.Decimal{} // on all accounts
		for at, amount := range standing {
			sum := place{role: at.role, of: at.of}
			whole[sum] = whole[sum].Add(amount)
		}
		for at, amount := range standing {
			if (whole[place{role: at.role, of: at.of}]).IsZero() {
				require.True(t, amount.IsZero(), "%s of %s leaves %s on %s", at.role, at.of, amount, at.account)
			}
		}
	})
}

func debits(t require.TestingT, d domain.Document) string {
	sum := usd("0.00")
	for _, e := range d.Entries {
		if e.Side == domain.DebitSide {
			sum = add(t, sum, e.Amount)
		}
	}
	return sum.Format()
}

// randomChart is the built-in one with other accounts and a few rows before.
func randomChart(t *rapid.T, n int) domain.ChartVersion {
	from := time.Date(2024, time.February, 1+rapid.IntRange(0, 150).Draw(t, "from"), 0, 0, 0, 0, time.UTC)
	var first []domain.ChartRow
	for i := range rapid.IntRange(0, 2).Draw(t, "rows") {
		row := domain.ChartRow{Role: rapid.SampledFrom([]domain.Role{domain.Revenue, domain.Unbilled, domain.CreditsGiven}).Draw(t, "role"),
			Kind: rapid.SampledFrom([]domain.ChargeKind{domain.Freight, domain.Discount}).Draw(t, "kind"), Account: domain.Account(fmt.Sprint("X", i))}
		if !slices.ContainsFunc(first, func(r domain.ChartRow) bool { return r.Role == row.Role && r.Kind == row.Kind }) {
			first = append(first, row)
		}
	}
	return moved(chart(fmt.Sprint("v", n), from.Format(domain.DayLayout), first...), fmt.Sprint("-", n))
}
