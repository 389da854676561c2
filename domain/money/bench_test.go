package money

import "testing"

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("1234.50", "USD"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	m, n := MustParse("1234.50", "USD"), MustParse("-0.07", "USD")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Add(n); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalJSON(b *testing.B) {
	m := MustParse("1234.50", "USD")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalJSON(b *testing.B) {
	raw := []byte(`{"amount":"1234.50","currency":"USD"}`)
	var m Money
	b.ReportAllocs()
	for b.Loop() {
		if err := m.UnmarshalJSON(raw); err != nil {
			b.Fatal(err)
		}
	}
}
