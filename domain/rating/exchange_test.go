package rating

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

// inCAD is an agreement in USD that is billed in CAD, for flat freight and
// unloading that is passed on.
func inCAD(rate string) (Agreement, Facts) {
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal(rate)})
	a.Exchange = []Exchange{{Currency: "CAD", Index: "BOC-USD", Per: "USD"}}
	f := trip()
	f.Currency = "CAD"
	f.Indexes = []IndexValue{{Index: "BOC-USD", Published: f.PickedUp, Effective: f.PickedUp, Value: MustDecimal("1.3643")}}
	return a, f
}

func cad(amount string) money.Money { return money.MustParse(amount, "CAD") }

func TestRule29AnAgreementIsBilledInAnotherCurrencyAtThePublishedRate(t *testing.T) {
	// Given 1,000.00 USD of freight, and unloading of 185.00 for a fee of 10.00
	a, f := inCAD("1000.00")
	a.Accessorials = []Accessorial{{Code: "LUM", Name: "lumper", Trigger: TriggerPassThrough, Fee: MustDecimal("10"), ApprovalAbove: MustDecimal("500")}}
	f.Services = []Service{{Service: "1", Code: "LUM", Stop: 2, Receipt: money.MustParse("185.00", "USD")}}
	require.NoError(t, a.Check())
	require.Equal(t, []Need{{Index: "BOC-USD", Date: f.PickedUp, Lookup: LookupEffective}}, a.Needs(f))

	// When it is rated for a shipment that is billed in CAD
	r, err := a.Rate(f)
	require.NoError(t, err)

	// Then the charges are in CAD, and the last steps of each sheet are the exchange
	require.Equal(t, map[string]string{"linehaul": "1364.30 ", "LUM-1": "266.04 "}, paid(r.Charges)) // 195 × 1.3643 = 266.0385
	steps := r.Charges[0].Derivation.Steps
	last := steps[len(steps)-3:]
	require.Equal(t, []string{"rate of exchange per USD", "at the rate", "in CAD"}, []string{last[0].Label, last[1].Label, last[2].Label})
	require.Equal(t, []string{"1.3643", "index BOC-USD of " + f.PickedUp, "1364.3"}, []string{last[0].Value, last[0].From, last[2].Value})
	require.Equal(t, Round{money.HalfUp, MustDecimal("0.01")}, *last[2].Round)
	require.Equal(t, money.HalfUp, r.Charges[0].Rounding)
	require.NoError(t, r.Verify(a, f))

	// and what is passed on is bounded in CAD, too: 185 × 1.3643 = 252.3955, and the rest is the fee
	lumper := r.Charges[1]
	require.Equal(t, []money.Money{cad("252.40"), cad("13.64")}, []money.Money{lumper.Receipt, lumper.Fee})
	require.False(t, lumper.NeedsApproval, "its threshold is in USD")

	// A limit of the agreement is that many CAD
	limit, known := a.In(f, MustDecimal("500"))
	require.True(t, known)
	require.Equal(t, cad("682.15"), limit)
}

func TestRule29ARateOfTheCurrencyThatIsBilledDivides(t *testing.T) {
	a, f := inCAD("1000.00")
	a.Exchange[0].Per = "CAD"
	f.Indexes[0].Value = MustDecimal("0.7330")
	r, err := a.Rate(f)
	require.NoError(t, err)
	require.Equal(t, cad("1364.26"), r.Charges[0].Amount) // 1,000 ÷ 0.733 = 1,364.2564…
	require.NoError(t, r.Verify(a, f))
}

func TestRule29WithoutARateNothingIsChargedAndItSaysWhatIsMissing(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Agreement, *Facts)
		why    string
	}{
		"no value yet":             {func(_ *Agreement, f *Facts) { f.Indexes = nil }, "index BOC-USD has no value for "},
		"only an old one":          {func(a *Agreement, f *Facts) { a.Exchange[0].MaxAgeDays, f.Indexes[0].Effective = 7, "2000-01-01" }, "index BOC-USD has no value for "},
		"the date not known":       {func(a *Agreement, f *Facts) { a.Exchange[0].Basis, f.Delivered = ByDelivery, "" }, "the date of delivery is not known, for which the rate of exchange BOC-USD is looked up"},
		"no rate of the agreement": {func(a *Agreement, f *Facts) { a.Exchange = nil }, "the agreement is in USD, the shipment in CAD, and no rate of exchange is named"},
	} {
		t.Run(name, func(t *testing.T) {
			a, f := inCAD("1000.00")
			test.change(&a, &f)
			r, err := a.Rate(f)
			require.NoError(t, err)
			require.Empty(t, r.Charges)
			require.Len(t, r.Missing, 1)
			require.Equal(t, "exchange CAD", r.Missing[0].Clause)
			require.Contains(t, r.Missing[0].Text, test.why)
			require.False(t, r.Missing[0].Unknown, "it holds the bill")
			_, known := a.In(f, MustDecimal("500"))
			require.False(t, known)
		})
	}
}

func TestRule29InTheAgreementsOwnCurrencyNothingIsExchanged(t *testing.T) {
	for _, c := range []money.Currency{"", "USD"} {
		a, f := inCAD("1000.00")
		f.Currency = c
		require.Empty(t, a.Needs(f))
		r, err := a.Rate(f)
		require.NoError(t, err)
		require.Equal(t, money.MustParse("1000.00", "USD"), r.Charges[0].Amount)
		limit, known := a.In(f, MustDecimal("500"))
		require.True(t, known)
		require.Equal(t, money.MustParse("500", "USD"), limit)
	}
	a, _ := inCAD("1000.00")
	require.True(t, a.Exchanges("USD"))
	require.True(t, a.Exchanges("CAD"))
	require.False(t, a.Exchanges("EUR"))
}

func TestRule29SharesOfAnExchangedChargeComeToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Given any amount in USD, any rate, and two who share it
		amount := money.FromMinor(rapid.Int64Range(1, 10_000_000).Draw(t, "cents"), "USD")
		a, f := inCAD(amount.Format())
		f.Indexes[0].Value = MustDecimal(rapid.StringMatching("[1-9]\\.[0-9]{4}").Draw(t, "rate"))
		if rapid.Bool().Draw(t, "divides") {
			a.Exchange[0].Per = "CAD"
		}
		whole, err := a.Rate(f)
		require.NoError(t, err)
		a.Billing.Split = []Share{{"A", MustDecimal("33.33")}, {"B", MustDecimal("66.67")}}
		parts, err := a.Rate(f)
		require.NoError(t, err)

		// Then they share the whole cents that are billed
		sum := money.Zero("CAD")
		for _, c := range parts.Charges {
			require.True(t, c.Amount.IsWholeMinor())
			sum, err = sum.Add(c.Amount)
			require.NoError(t, err)
		}
		require.Equal(t, whole.Charges[0].Amount.Format(), sum.Format())
		require.NoError(t, parts.Verify(a, f))
	})
}

func TestAnAgreementNamesItsRatesOfExchangeClearly(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Exchange)
		at     string
		why    string
	}{
		"its own currency": {func(x *Exchange) { x.Currency = "USD" }, "exchange USD, currency", "other than the agreement's own"},
		"no currency":      {func(x *Exchange) { x.Currency = "CA$" }, "exchange 1, currency", "ISO 4217"},
		"a third one":      {func(x *Exchange) { x.Per = "EUR" }, "exchange CAD, per", "prices one unit"},
		"no series":        {func(x *Exchange) { x.Index = "" }, "exchange CAD, index", ""},
		"another date":     {func(x *Exchange) { x.Basis = "invoice" }, "exchange CAD, basis", ""},
		"an age of years":  {func(x *Exchange) { x.MaxAgeDays = 367 }, "exchange CAD, max age days", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := inCAD("1000.00")
			test.change(&a.Exchange[0])
			err := a.Check()
			require.ErrorContains(t, err, test.at)
			require.ErrorContains(t, err, test.why)
		})
	}
	a, f := inCAD("1000.00")
	a.Exchange = append(a.Exchange, a.Exchange[0])
	require.ErrorContains(t, a.Check(), "currency CAD is there twice")
	f.Currency = "CA$"
	require.ErrorContains(t, f.Check(), "currency")
}
