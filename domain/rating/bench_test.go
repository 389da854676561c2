package rating

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// BenchmarkRate compares rating with derivations with the bare arithmetic of
// the same three lines, and with proving a stored result.
func BenchmarkRate(b *testing.B) {
	a := terms("USD", "0.01", Linehaul{Per: PerCWT, Rate: MustDecimal("41.93"), Discount: MustDecimal("80")}).burning(statedFuel(OfNet, MustDecimal("10.50")))
	f := trip().weighing("1340", "lb")
	r, err := a.Rate(f)
	if err != nil {
		b.Fatal(err)
	}
	per := func(b *testing.B, charges int) {
		b.ReportMetric(float64(charges)*float64(b.N)/b.Elapsed().Seconds(), "charges/s")
	}
	b.Run("by=bare", func(b *testing.B) {
		weight, rate := decimal.RequireFromString("1340"), decimal.RequireFromString("41.93")
		off, fuel := decimal.RequireFromString("0.8"), decimal.RequireFromString("0.105")
		b.ReportAllocs()
		for b.Loop() {
			linehaul := weight.Shift(-2).Mul(rate).Round(2)
			discount := linehaul.Mul(off).Round(2).Neg()
			surcharge := linehaul.Add(discount).Mul(fuel).Round(2)
			for _, amount := range []decimal.Decimal{linehaul, discount, surcharge} {
				if _, err := money.New(amount, "USD"); err != nil {
					b.Fatal(err)
				}
			}
		}
		per(b, 3)
	})
	b.Run("by=rate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Rate(f); err != nil {
				b.Fatal(err)
			}
		}
		per(b, len(r.Charges))
	})
	b.Run("by=verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := r.Verify(a, f); err != nil {
				b.Fatal(err)
			}
		}
		per(b, len(r.Charges))
	})
	for _, e := range ratingExamples() {
		r, err := e.agreement.Rate(e.facts)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("example="+e.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.agreement.Rate(e.facts); err != nil {
					b.Fatal(err)
				}
			}
			per(b, len(r.Charges))
		})
	}
}
