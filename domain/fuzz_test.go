package domain_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// FuzzDecodeEvent: whatever history holds is an event or an error, and an event
// that was read is stored the same way again.
func FuzzDecodeEvent(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "events", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no goldens to begin with: %v", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		f.Add(name, 1, body)
	}
	f.Add("InvoicePosted", 2, []byte(`null`))
	registry := domain.Events()
	f.Fuzz(func(t *testing.T, name string, version int, body []byte) {
		e, err := registry.Decode(name, version, body)
		if err != nil {
			if e != nil {
				t.Fatalf("an event and an error: %v", err)
			}
			return
		}
		name, version, stored, err := registry.Encode(e)
		if err != nil {
			t.Fatalf("%s was read and cannot be stored: %v", name, err)
		}
		back, err := registry.Decode(name, version, stored)
		if err != nil {
			t.Fatal(err)
		}
		_, _, again, err := registry.Encode(back)
		if err != nil || string(stored) != string(again) {
			t.Fatalf("%s is stored otherwise the second time: %v\n%s\n%s", name, err, stored, again)
		}
		// Meaning something to the books or leading to commands must not fail either.
		domain.Journal(e)
	})
}

// FuzzBasisAmount: a basis from outside gives an amount that can be stored, the
// same whenever it is computed, or a refusal.
func FuzzBasisAmount(f *testing.F) {
	f.Add("rate-times-quantity", "41.93", "1340", "100", "75", "half-up", "USD")
	f.Add("rate-times-quantity", "999999999999999", "999999999999999", "1", "0", "up", "CLF")
	f.Add("percent-of", "561.86", "-80", "", "", "half-even", "JPY")
	f.Add("stated", "11.7985", "", "", "", "down", "KWD")
	f.Fuzz(func(t *testing.T, formula, first, second, per, minimum, rounding, currency string) {
		b := domain.Basis{Formula: formula, Rounding: money.Rounding(rounding), Inputs: map[string]string{}}
		names := map[string][2]string{domain.FormulaPercent: {"base", "percent"}, domain.FormulaStated: {"amount", "note"}}
		pair, ok := names[formula]
		if !ok {
			pair = [2]string{"rate", "quantity"}
		}
		for name, value := range map[string]string{pair[0]: first, pair[1]: second, "per": per, "minimum": minimum} {
			if value != "" {
				b.Inputs[name] = value
			}
		}
		c := money.Currency(currency)
		if !c.Known() {
			return // no shipment has such a currency
		}
		amount, err := b.Amount(c)
		if err != nil {
			var refusal *domain.Refusal
			if !errors.As(err, &refusal) || refusal.Rule != 14 {
				t.Fatalf("broken, not refused: %v", err)
			}
			return
		}
		if err := amount.Check(); err != nil || !amount.IsWholeMinor() || amount.Currency() != c {
			t.Fatalf("%s cannot be billed: %v", amount, err)
		}
		again, err := b.Amount(c)
		if err != nil || !again.Equal(amount) {
			t.Fatalf("%s, then %s: %v", amount, again, err)
		}
	})
}
