package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// usdRates publishes what 1 USD is worth in CAD, one value a pair of day and rate.
func usdRates(pairs ...string) domain.PublishIndex {
	p := domain.PublishIndex{Index: "BOC-USD"}
	for i := 0; i < len(pairs); i += 2 {
		p.Values = append(p.Values, rating.IndexValue{Published: pairs[i], Effective: pairs[i], Value: number6(pairs[i+1]), Source: "Bank of Canada"})
	}
	return p
}

// ratesFor has an issuer state USD in its books.
func ratesFor(change ...func(*domain.BookRate)) func(*domain.Issuer) {
	r := domain.BookRate{Currency: "USD", Index: "BOC-USD", Per: "USD"}
	for _, f := range change {
		f(&r)
	}
	return func(i *domain.Issuer) { i.Exchange = []domain.BookRate{r} }
}

// billsDollars is a ledger of an issuer in Ontario that keeps its books in CAD,
// on 1 January 2026.
func billsDollars(t testing.TB, policy domain.Policy, change ...func(*domain.Issuer)) *ledger {
	t.Helper()
	l := newLedger(policy)
	l.now = at("2026-01-01").UTC
	ca := rulesOf(t, "ca")
	l.must(t, issuer(ca.Registrant, change...), adoptRules(ca), buyer("CA", "ON"))
	return l
}

func dollars(id domain.ShipmentID, amount string) []domain.Command {
	return freightOf{id, "CA-ON", "CA-ON", "2025-06-26", usd(amount), ""}.moved()
}

func TestRule29AnInvoiceInAnotherCurrencyKeepsTheRateAndWhatItIsInTheBooks(t *testing.T) {
	for name, test := range map[string]struct {
		terms           func(*domain.BookRate)
		on, effective   string
		net, tax, total string
	}{
		// 1,000.00 × 1.3643, 130.00 × 1.3643 = 177.359: the last rate before Monday, 30 June, as first published
		"on the day of issue": {func(*domain.BookRate) {}, "2025-06-30", "2025-06-27", "1364.30", "177.36", "1541.66"},
		// 1,000.00 × 1.3705, 130.00 × 1.3705 = 178.165
		"on the day of service": {func(r *domain.BookRate) { r.On = domain.RateOnService }, "2025-06-26", "2025-06-26", "1370.50", "178.17", "1548.67"},
		// 1,000.00 ÷ 1.3643 = 732.976…, 130.00 ÷ 1.3643 = 95.286…
		"by a rate of the other currency": {func(r *domain.BookRate) { r.Per = "CAD" }, "2025-06-30", "2025-06-27", "732.98", "95.29", "828.27"},
	} {
		t.Run(name, func(t *testing.T) {
			// Given published rates, one of which was revised later
			l := billsDollars(t, domain.Policy{ByPeriod: true}, ratesFor(test.terms))
			l.must(t, usdRates("2025-06-25", "1.3741", "2025-06-26", "1.3705", "2025-06-27", "1.3643", "2025-07-02", "1.3616"))
			l.must(t, domain.PublishIndex{Index: "BOC-USD", Values: []rating.IndexValue{{Published: "2025-07-03", Effective: "2025-06-27", Value: number6("1.9")}}})

			// When freight is billed in USD
			l.must(t, dollars("SH-1", "1000.00")...)

			// Then the invoice is in USD, and says what it is in CAD and by which rate
			v := l.invoice("ACME_2025-06_USD_1")
			require.Equal(t, domain.InvoiceIsIssued, v.Status, "%v", v.Holds)
			require.Equal(t, [2]money.Money{usd("130.00"), usd("1130.00")}, [2]money.Money{v.Tax, v.Total})
			require.NotNil(t, v.Exchange)
			require.Equal(t, [3]money.Money{cad(test.net), cad(test.tax), cad(test.total)}, [3]money.Money{v.Exchange.Net, v.Exchange.Tax, v.Exchange.Total})
			require.Equal(t, [4]string{test.on, test.effective, test.effective, "BOC-USD"}, [4]string{v.Exchange.On, v.Exchange.Rate.Effective, v.Exchange.Rate.Published, v.Exchange.Rate.Index})
			require.Nil(t, v.Taxed.Seller.Exchange, "the rate stands once on the invoice")
			require.Empty(t, l.refused)
		})
	}
}

func TestRule29AnInvoiceInTheCurrencyOfTheBooksHasNoRate(t *testing.T) {
	l := billsDollars(t, domain.Policy{ByPeriod: true}, booksIn("USD"))
	l.must(t, dollars("SH-1", "1000.00")...)
	v := l.invoice("ACME_2025-06_USD_1")
	require.Equal(t, domain.InvoiceIsIssued, v.Status)
	require.Nil(t, v.Exchange)
}

func TestRule29ACandidateWaitsForItsRateAndIsBilledByItself(t *testing.T) {
	// Given an issuer that names no series of rates
	l := billsDollars(t, domain.Policy{ByPeriod: true})
	l.must(t, dollars("SH-1", "1000.00")...)
	id := domain.InvoiceID("ACME_2025-06_USD_1")
	waits := func(why string) {
		t.Helper()
		require.Equal(t, []string{domain.HoldExchange}, l.invoice(id).Holds)
		require.Contains(t, l.last(t, domain.ExchangeBlocked{}).(domain.ExchangeBlocked).Detail, why)
	}
	waits("keeps its books in CAD and names no series of rates for USD")
	domaintest.When(t, domaintest.Given(l.streams[id.Stream()]...), domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: id, Reason: domain.HoldExchange, By: "finance lead", Role: domain.RoleFinance}}).Refused(domain.Denied).ByRule(29)

	// When it names one, it has no values yet; one that is too old, and one of later, do not count
	l.must(t, issuer("carrier-ca", ratesFor()))
	waits("series BOC-USD has no rate of USD for CAD in effect on 2025-06-30 or in the 7 days before")
	l.must(t, usdRates("2025-06-22", "1.3", "2025-07-01", "1.4"))
	waits("series BOC-USD has no rate")

	// and when the rate is published, it is issued
	l.must(t, usdRates("2025-06-23", "1.3741"))
	v := l.invoice(id)
	require.Equal(t, domain.InvoiceIsIssued, v.Status)
	require.Equal(t, cad("1374.10"), v.Exchange.Net)
	require.Empty(t, v.Holds)
	require.Empty(t, l.refused)
	require.Empty(t, l.state(domain.IndexStream("BOC-USD")).(domain.Index).Bills)

	// A candidate that is decided before news came, and kept after, is decided anew at once
	again := l.last(t, domain.ExchangeBlocked{}).(domain.ExchangeBlocked)
	require.NoError(t, l.do(domain.AwaitRate{Index: again.Index, Candidate: again.Candidate, Values: again.Values}))
	require.True(t, l.last(t, domain.RateAwaited{}).(domain.RateAwaited).Changed)
	require.Empty(t, l.state(domain.IndexStream("BOC-USD")).(domain.Index).Bills)
}

func TestRule29CreditsGoByTheRateOfTheirInvoice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Given an invoice at one rate, and another rate since
		amount := rapid.Int64Range(1, 5_000_00).Draw(rt, "cents")
		l := billsDollars(t, domain.Policy{ByPeriod: true}, ratesFor())
		l.must(t, usdRates("2025-06-30", "1."+rapid.StringMatching("[0-9]{4}").Draw(rt, "decimals")))
		l.must(t, dollars("SH-1", money.FromMinor(amount, "USD").Format())...)
		v := l.invoice("ACME_2025-06_USD_1")
		l.must(t, usdRates("2025-07-01", "9"))

		// When it is given back in parts, whatever they are
		for i := range rapid.IntRange(0, 4).Draw(rt, "parts") {
			part := rapid.Int64Range(1, amount).Draw(rt, "part")
			_ = l.do(domain.CreditInvoice{Invoice: v.ID, Credit: "C" + string(rune('1'+i)), Date: "2025-08-01", Reason: "billed wrongly", By: "billing desk",
				Lines: []domain.CreditLine{{Shipment: "SH-1", Charge: "F", Amount: money.FromMinor(part, "USD")}}}) // refused when less is left
		}
		_ = l.do(domain.CreditInvoice{Invoice: v.ID, Credit: "REST", Date: "2025-08-01", Reason: "billed wrongly", By: "billing desk"})

		// Then in the books, too, all parts come to all of the invoice, to the cent
		sums := [3]money.Money{cad("0.00"), cad("0.00"), cad("0.00")}
		for _, e := range l.streams[v.ID.Stream()] {
			if credit, ok := e.(domain.CreditIssued); ok {
				require.Equal(rt, v.Exchange.Rate, credit.Exchange.Rate)
				for i, m := range []money.Money{credit.Exchange.Net, credit.Exchange.Tax, credit.Exchange.Total} {
					sum, err := sums[i].Add(m)
					require.NoError(rt, err)
					sums[i] = sum
				}
			}
		}
		require.Equal(rt, [3]money.Money{v.Exchange.Net, v.Exchange.Tax, v.Exchange.Total}, sums)
	})
}

func TestRule29ADebitMemoGoesByTheRateOfTheInvoiceThatItRaises(t *testing.T) {
	// Given an invoice at 1.3643
	l := billsDollars(t, domain.Policy{Grace: day}, ratesFor(func(r *domain.BookRate) { r.WithinDays = 60 }))
	l.now = at("2025-06-27").UTC
	l.must(t, usdRates("2025-06-27", "1.3643"))
	l.must(t, dollars("SH-1", "1000.00")...)
	require.NoError(t, l.wait(10*day))
	require.Equal(t, domain.InvoiceIsIssued, l.invoice("ACME_2025-06_USD_1").Status)

	// When a further charge comes after the rate has changed
	l.must(t, usdRates("2025-07-05", "1.5"))
	l.must(t, domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "SH-1", Charge: "DET", Kind: domain.Accessorial, Amount: usd("100.00"), RequestedBy: "rating"}},
		domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: "SH-1", Charge: "DET", Amount: usd("100.00"), By: "billing desk", Evidence: "e-mail"}})
	require.NoError(t, l.wait(40*day))

	// Then what it adds is stated at the rate of the first
	memo := l.invoice("ACME_2025-06_USD_1_DM1")
	require.Equal(t, domain.InvoiceIsIssued, memo.Status, "%v", memo.Holds)
	require.Equal(t, [2]money.Money{cad("136.43"), cad("17.74")}, [2]money.Money{memo.Exchange.Net, memo.Exchange.Tax})
	require.Equal(t, "2025-06-27", memo.Exchange.Rate.Published)
}

func TestRule29ADebitMemoToAnInvoiceWithoutARateGoesByTheRateOfItsOwnDay(t *testing.T) {
	// Given an invoice of a time when none had a rate
	raised := candidate()
	raised.Period = "2025-06"
	memo := domain.Candidate{Customer: customer, Period: "2025-06", Currency: "USD", Number: 1, Raises: domain.Raised{Invoice: raised.ID(), Number: "INV-2025-000001", Issued: "2025-06-30"}}
	told := canadian(t)
	registrant := domain.RegistrantStream(rulesOf(t, "ca").Registrant)
	told[registrant] = told[registrant].And(issuer(rulesOf(t, "ca").Registrant, ratesFor()).IssuerSet)
	told[raised.ID().Stream()] = domaintest.Given(domain.CandidateOpened{Invoice: raised.ID(), Candidate: raised, BillingDate: "2025-06-30"})
	told[domain.IndexStream("BOC-USD")] = played(t, nil, usdRates("2025-06-27", "1.3643"))

	// Then what raises it has the one of its own
	added := juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-ON", ""))
	added.Candidate, added.Lines[0].Amount, added.Lines[0].Accrued = memo, usd("100.00"), usd("100.00")
	seal := sealJune()
	seal.Invoice = memo.ID()
	sealed := domaintest.When(t, played(t, nil, added), seal, told).Events()[0].(domain.CandidateSealed)
	require.Equal(t, cad("136.43"), sealed.Exchange.Net)
}

func TestRule29TheExchangeOfAnInvoiceIsChosenAgainFromWhatWasKnown(t *testing.T) {
	// Given an invoice in USD that was sealed by an issuer who keeps its books in CAD
	told := canadian(t)
	by := issuer(rulesOf(t, "ca").Registrant, ratesFor()).Issuer
	registrant := domain.RegistrantStream(rulesOf(t, "ca").Registrant)
	told[registrant] = told[registrant].And(domain.IssuerSet{Registrant: rulesOf(t, "ca").Registrant, Issuer: by, By: "finance desk"})
	told[domain.IndexStream("BOC-USD")] = played(t, nil, usdRates("2025-06-27", "1.3643"))
	values := domaintest.Fold[domain.Index](told[domain.IndexStream("BOC-USD")]...).Values
	added := juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-ON", ""))
	added.Candidate.Currency, added.Lines[0].Amount, added.Lines[0].Accrued = "USD", usd("100.00"), usd("100.00")
	seal := sealJune()
	seal.Invoice = added.Candidate.ID()
	h := played(t, nil, added)
	sealed := domaintest.When(t, h, seal, told).Events()[0].(domain.CandidateSealed)
	v := domaintest.Fold[domain.Invoice](h...)

	// Then the same is chosen again
	again, err := v.ExchangedAgain(sealed, by, values, nil)
	require.NoError(t, err)
	require.Equal(t, sealed.Exchange, again)

	// unless nothing can be: no values, or no series
	_, err = v.ExchangedAgain(sealed, by, nil, nil)
	require.ErrorContains(t, err, "series BOC-USD has no rate for 2025-06-30")
	unnamed := by
	unnamed.Exchange = nil
	_, err = v.ExchangedAgain(sealed, unnamed, values, nil)
	require.ErrorContains(t, err, "names no series of rates for USD")

	// An invoice that it raises comes first, and books in its currency need none
	raised := *sealed.Exchange
	raised.Rate.Value = number6("2")
	again, err = v.ExchangedAgain(sealed, unnamed, nil, &raised)
	require.NoError(t, err)
	require.Equal(t, cad("200.00"), again.Net)
	by.Book = "USD"
	again, err = v.ExchangedAgain(sealed, by, values, &raised)
	require.NoError(t, err)
	require.Nil(t, again)
}

func TestRule29ARateIsAboveNought(t *testing.T) {
	for _, rate := range []string{"0", "-1"} {
		x := domain.Exchange{Per: "USD", Rate: rating.IndexValue{Value: number6(rate)}}
		_, err := x.At(usd("1.00"), "CAD")
		require.Error(t, err)
		x.Per = "CAD"
		_, err = x.At(usd("1.00"), "CAD")
		require.Error(t, err)
	}
}

func TestRule29ACandidateWaitsForItsRateOnce(t *testing.T) {
	await := domain.AwaitRate{Index: "BOC-USD", Candidate: candidate(), Values: 1}
	h := played(t, nil, usdRates("2025-06-27", "1.3643"))
	domaintest.When(t, h, await).Then(domain.RateAwaited{Index: "BOC-USD", Candidate: candidate()})
	h = played(t, h, await)
	domaintest.When(t, h, await).Nothing()
	other := await
	other.Candidate = candidate().Next()
	domaintest.When(t, h, other).Then(domain.RateAwaited{Index: "BOC-USD", Candidate: candidate().Next()})
	await.Values = 0
	domaintest.When(t, h, await).Then(domain.RateAwaited{Index: "BOC-USD", Candidate: candidate(), Changed: true})
}

func TestRule29ASealedInvoiceThatLosesLinesKeepsItsRate(t *testing.T) {
	// Given a candidate of two shipments that is sealed and waits for its number
	l := billsDollars(t, domain.Policy{ByPeriod: true}, ratesFor())
	l.must(t, usdRates("2025-06-30", "1.3643"))
	l.must(t, dollars("SH-1", "1000.00")...)
	h := []domain.Event{}
	for _, e := range l.streams[domain.InvoiceID("ACME_2025-06_USD_1").Stream()] {
		if h = append(h, e); e.EventType() == (domain.CandidateSealed{}).EventType() {
			break
		}
	}
	sealed := h[len(h)-1].(domain.CandidateSealed)
	added := h[1].(domain.LinesAdded)
	other := added.Lines[0]
	other.Shipment, other.Amount = "SH-2", usd("200.00")
	both := sealed
	both.Lines = append(both.Lines, both.Lines[0])

	// When one is taken off, then the rest is stated at the same rate
	given := domaintest.Given(h[0], added, domain.LinesAdded{Invoice: sealed.Invoice, Shipment: "SH-2", Lines: []domain.BillLine{other}}, both)
	events := domaintest.When(t, given, domain.WithdrawLines{Invoice: sealed.Invoice, Shipment: "SH-1", Charges: []domain.ChargeID{"F"}, Reason: "no verified proof of delivery"}).Events()
	again := events[len(events)-1].(domain.CandidateSealed)
	require.Equal(t, [2]money.Money{cad("272.86"), cad("35.47")}, [2]money.Money{again.Exchange.Net, again.Exchange.Tax})
	require.Equal(t, sealed.Exchange.Rate, again.Exchange.Rate)
}

func TestRule29AnIssuerNamesItsRatesClearly(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*domain.BookRate)
		why    string
	}{
		"the currency of its books": {func(r *domain.BookRate) { r.Currency = "CAD" }, "want each currency of ISO 4217 but CAD at most once"},
		"no currency":               {func(r *domain.BookRate) { r.Currency = "XXY" }, "want each currency of ISO 4217"},
		"a third currency":          {func(r *domain.BookRate) { r.Per = "EUR" }, "say of which of USD and CAD it prices one unit"},
		"another date":              {func(r *domain.BookRate) { r.On = "payment" }, "want issue or service"},
		"an age below nought":       {func(r *domain.BookRate) { r.WithinDays = -1 }, "want up to 366"},
		"an age of years":           {func(r *domain.BookRate) { r.WithinDays = 367 }, "want up to 366"},
		"no series":                 {func(r *domain.BookRate) { r.Index = "" }, "index"},
	} {
		t.Run(name, func(t *testing.T) {
			err := issuer("carrier-ca", ratesFor(test.change)).Issuer.Check("carrier-ca")
			require.ErrorContains(t, err, test.why)
		})
	}
	twice := issuer("carrier-ca", ratesFor(), func(i *domain.Issuer) { i.Exchange = append(i.Exchange, i.Exchange[0]) })
	require.ErrorContains(t, twice.Issuer.Check("carrier-ca"), "at most once")
	many := issuer("carrier-ca", func(i *domain.Issuer) { i.Exchange = make([]domain.BookRate, 201) })
	require.ErrorContains(t, many.Issuer.Check("carrier-ca"), "201 rates of exchange; at most 200 are taken")
	most := issuer("carrier-ca", ratesFor(func(r *domain.BookRate) { r.WithinDays = 366 }))
	require.NoError(t, most.Issuer.Check("carrier-ca"))

	// and says so again whenever they change
	l := billsDollars(t, domain.Policy{}, ratesFor())
	l.must(t, issuer("carrier-ca", ratesFor(func(r *domain.BookRate) { r.On = domain.RateOnService })))
	require.Equal(t, domain.RateOnService, l.state(domain.RegistrantStream("carrier-ca")).(domain.Registrant).Issuer.Exchange[0].On)
}

func TestRule29AContractInAnotherCurrencyIsBilledAtThePublishedRate(t *testing.T) {
	// Given an agreement in USD that is billed in CAD, of which no rate is published
	version := terms()
	version.Exchange = []rating.Exchange{{Currency: "CAD", Index: "BOC-USD", Per: "USD", Basis: rating.ByDelivery, MaxAgeDays: 7}}
	version.Billing.ReviewAbove = number6("1000")
	l := agreed(t, domain.Policy{Grace: 2 * day}, version)
	order := ratedOrder()
	order.Currency = "CAD"
	l.must(t, master("ACME", true), domain.ReleaseOrder{OrderReleased: order})
	l.must(t, carried()[1:]...)

	// Then nothing is charged, and it says what it waits for
	require.Empty(t, l.shipment().Charges)
	missing := l.shipment().Missing()
	require.Equal(t, []string{domain.MissingRating, domain.MissingCharge}, codes(missing))
	require.Equal(t, "exchange CAD: index BOC-USD has no value for 2024-03-05", missing[0].Text)

	// When the rate is published, it is rated by itself, in CAD
	l.must(t, usdRates("2024-03-05", "1.3643"))
	want := map[domain.ChargeID]money.Money{"linehaul": cad("1719.02"), "fuel": cad("388.83"), "DET-2": cad("68.22")} // 1260.00, 285.00, 50.00
	for _, c := range l.shipment().Charges {
		require.Equal(t, want[c.ID], c.Amount, c.ID)
		require.Equal(t, "index BOC-USD of 2024-03-05", c.Basis.Sheet.Steps[len(c.Basis.Sheet.Steps)-3].From)
	}
	require.Len(t, l.shipment().Charges, len(want))

	// and the limits of the agreement are as many CAD
	require.Equal(t, cad("68.22"), l.shipment().Terms.ApprovalAbove)
	require.Equal(t, "1364.30", l.shipment().Terms.Billing.ReviewAbove.String())

	// A revision of the rate changes nothing, and an agreement that names no rate blocks
	require.NoError(t, l.do(domain.PublishIndex{Index: "BOC-USD", Values: []rating.IndexValue{{Published: "2024-03-09", Effective: "2024-03-05", Value: number6("2")}}}))
	require.NoError(t, l.do(rate))
	require.Equal(t, cad("1719.02"), l.shipment().Charges[0].Amount)
	require.Empty(t, l.refused)

	l = agreed(t, domain.Policy{}, terms())
	l.must(t, domain.ReleaseOrder{OrderReleased: order})
	l.must(t, carried()[1:]...)
	require.Equal(t, "cannot be rated: agreement ACME version 2024 is in USD and names no rate of exchange, the shipment is in CAD", l.shipment().Missing()[0].Text)
}

func TestRule29ARateThatLeadsBeyondAnyAmountHoldsTheBillAndNothingElse(t *testing.T) {
	// Given a rate that somebody has published in the wrong unit
	l := billsDollars(t, domain.Policy{ByPeriod: true}, ratesFor(func(r *domain.BookRate) { r.Per = "CAD" }))
	l.must(t, usdRates("2025-06-29", "0.000001"))
	l.must(t, dollars("SH-1", "1000000000.00")...)

	// Then the candidate is held, and says so
	id := domain.InvoiceID("ACME_2025-06_USD_1")
	require.Equal(t, []string{domain.HoldExchange}, l.invoice(id).Holds)
	blocked := l.last(t, domain.ExchangeBlocked{}).(domain.ExchangeBlocked)
	require.Equal(t, [2]string{"BOC-USD", "at 1 CAD = 0.000001 USD: 16 whole digits, at most 15 are kept: amount out of range"}, [2]string{blocked.Index, blocked.Detail})

	// and when the right one comes, it is issued
	l.must(t, usdRates("2025-06-30", "0.7330"))
	require.Equal(t, domain.InvoiceIsIssued, l.invoice(id).Status)
	require.Empty(t, l.refused)
}
