package sandboxerp

import (
	"math/big"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAmountsKeepTheirCurrencysDigits(t *testing.T) {
	for _, c := range []struct{ text, currency, want string }{
		{"", "USD", "0.00"},
		{"0", "USD", "0.00"},
		{"1250", "USD", "1250.00"},
		{"0.5", "USD", "0.50"},
		{"12.500000", "USD", "12.50"},
		{"1250", "JPY", "1250"},
		{"1250.000000", "JPY", "1250"},
		{"0.125", "KWD", "0.125"},
		{"999999999999999.999", "KWD", "999999999999999.999"},
		{"999999999999999.99", "ZZZ", "999999999999999.99"},
	} {
		n, err := parseAmount(c.text, c.currency)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, formatAmount(n, c.currency))
	}
}

func TestAmountsOutsideTheGrammarAreRefused(t *testing.T) {
	for _, c := range []struct{ text, currency string }{
		{"-1", "USD"}, {"+1", "USD"}, {"1e3", "USD"}, {"1E3", "USD"}, {" 1", "USD"}, {"1 ", "USD"},
		{".5", "USD"}, {"1.", "USD"}, {"1,000", "USD"}, {"1.2.3", "USD"}, {"0x10", "USD"}, {"NaN", "USD"},
		{"01", "USD"}, {"00", "USD"}, {"1.005", "USD"}, {"1.000001", "USD"}, {"1.0000000", "USD"},
		{"1.5", "JPY"}, {"0.1255", "KWD"}, {"1000000000000000", "USD"}, {"١", "USD"}, {"1.0/", "USD"},
		{strings.Repeat("9", 1<<10), "USD"},
	} {
		_, err := parseAmount(c.text, c.currency)
		require.Error(t, err, "%q %s", c.text, c.currency)
	}
}

// Changing a document's currency must not change a number, even to one in which
// the number cannot be written.
func TestAnAmountTooFineForItsCurrencyIsShownWhole(t *testing.T) {
	require.Equal(t, "12.50", formatAmount(12_500, "USD"))
	require.Equal(t, "12.5", formatAmount(12_500, "JPY"))
	require.Equal(t, "12.05", formatAmount(12_050, "JPY"))
	require.Equal(t, "12.005", formatAmount(12_005, "USD"))
}

var plainGrammar = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$`)

func FuzzParseAmount(f *testing.F) {
	for _, seed := range []string{"", "0", "1250.00", "-1", "1e9", "00.1", "999999999999999.999999", "1..2", "0.000001"} {
		f.Add(seed, 0)
		f.Add(seed, 1)
	}
	currencies := []string{"USD", "JPY", "KWD"}
	f.Fuzz(func(t *testing.T, text string, pick int) {
		currency := currencies[uint(pick)%3]
		n, err := parseAmount(text, currency)
		if text == "" {
			require.NoError(t, err)
			require.Zero(t, n)
			return
		}
		var exact decimal.Decimal
		fits := plainGrammar.MatchString(text)
		if fits {
			exact = decimal.RequireFromString(text)
			fits = exact.Equal(exact.Truncate(int32(minorDigits(currency))))
		}
		require.Equal(t, fits, err == nil, "%q %s: %v", text, currency, err)
		if fits {
			require.True(t, exact.Equal(decimal.New(int64(n), -amountScale)), "%q became %d thousandths", text, n)
			require.Equal(t, exact.StringFixed(int32(minorDigits(currency))), formatAmount(n, currency))
		}
	})
}

func TestTotalsAreExactHoweverLarge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(0, 999_999_999_999_999_999), 0, 60).Draw(t, "amounts")
		var sum total
		exact := new(big.Int)
		var high, low int64
		for _, n := range amounts {
			sum.add(amount(n))
			exact.Add(exact, big.NewInt(n))
			high += n / sumHalf
			low += n % sumHalf
		}
		require.Zero(t, exact.Cmp(sum.int()))
		require.Zero(t, exact.Cmp(joinHalves(high, low).int()))
		require.True(t, decimal.NewFromBigInt(exact, -amountScale).Equal(decimal.RequireFromString(sum.text("USD"))))
		require.Equal(t, sum.text("USD"), joinHalves(high, low).text("USD"))
	})
}

// The extract must never sort: a sort would hold the whole ledger before the
// first line.
func TestTheExtractTakesItsOrderFromIndexes(t *testing.T) {
	erp, err := Open(filepath.Join(t.TempDir(), "books.db"), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, erp.Close()) }()
	for _, query := range []string{extractDocuments, extractEntries} {
		steps := 0
		err := each(t.Context(), erp.readers, "EXPLAIN QUERY PLAN "+query, []any{"", lastPeriod}, func(scan func(...any) error) error {
			var id, parent, unused int
			var detail string
			if err := scan(&id, &parent, &unused, &detail); err != nil {
				return err
			}
			steps++
			require.NotContains(t, detail, "TEMP B-TREE", query)
			return nil
		})
		require.NoError(t, err)
		require.NotZero(t, steps)
	}
}
