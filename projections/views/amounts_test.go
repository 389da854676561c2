package views

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAmountsAreStoredAndAddedUpExactly(t *testing.T) {
	layout := projections.Layout{Name: "amounts", Statements: []string{"CREATE TABLE amounts (id INTEGER PRIMARY KEY, amount)"}}
	db, err := projections.OpenDB(t.Context(), filepath.Join(t.TempDir(), "amounts.db"), layout, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()

	rapid.Check(t, func(t *rapid.T) {
		// Given amounts of one currency, also with fractions of a minor unit
		// and none at all
		currency := rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD"}).Draw(t, "currency")
		var want []money.Money
		sum := money.Zero(currency)
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			if rapid.IntRange(0, 5).Draw(t, "none") == 0 {
				want = append(want, money.Money{})
				continue
			}
			m, err := money.New(decimal.New(rapid.Int64Range(-1e15, 1e15).Draw(t, "units"), -int32(rapid.IntRange(0, 6).Draw(t, "decimals"))), currency)
			if err != nil {
				continue
			}
			next, err := sum.Add(m)
			if err != nil {
				continue
			}
			want, sum = append(want, m), next
		}
		if err := projections.Hold(t.Context(), db, "test", projections.LeaseOptions{}, func(ctx context.Context, _ projections.Held) error {
			return db.Write(ctx, func(tx *projections.Tx) error {
				if err := tx.Exec("DELETE FROM amounts"); err != nil {
					return err
				}
				for i, m := range want {
					if err := tx.Exec("INSERT INTO amounts VALUES (?, ?)", i, stored(m)); err != nil {
						return err
					}
				}
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}

		// Then each reads back as it was, and SQL adds them up to the unit
		got, err := selectAll(t.Context(), db.Read(), func(r row) (money.Money, error) {
			var a amount
			if err := r.Scan(&a); err != nil {
				return money.Money{}, err
			}
			return a.in(currency)
		}, "SELECT amount FROM amounts ORDER BY id")
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d of %d amounts: %v", len(got), len(want), err)
		}
		for i := range want {
			if !got[i].Equal(want[i]) {
				t.Fatalf("%s was stored as %s", want[i], got[i])
			}
		}
		total, _, err := selectOne(t.Context(), db.Read(), func(r row) (money.Money, error) {
			var s total
			if err := r.Scan(&s.whole, &s.odd); err != nil {
				return money.Money{}, err
			}
			return s.in(currency)
		}, "SELECT "+sumOf("amount")+" FROM amounts")
		if err != nil || !total.Equal(sum) {
			t.Fatalf("sum is %s, want %s: %v", total, sum, err)
		}
	})
}
