package freightgen_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/freightledger/freightledger/integrations/freightgen"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func generated(t testing.TB, o freightgen.Options) freightgen.Freight {
	t.Helper()
	f, err := freightgen.Make(o)
	require.NoError(t, err)
	return f
}

func whole(f freightgen.Freight) []byte {
	var b bytes.Buffer
	for _, file := range f.Files {
		fmt.Fprintf(&b, "%s %s %d\n", file.Name, file.Channel, len(file.Content))
		b.Write(file.Content)
	}
	return b.Bytes()
}

func TestOneSeedGivesTheSameBytes(t *testing.T) {
	o := freightgen.Options{Seed: 7, Shipments: 700}
	first := generated(t, o)
	require.Equal(t, first, generated(t, o))

	// Another seed, number, day or span gives others
	for name, other := range map[string]freightgen.Options{
		"seed":   {Seed: 8, Shipments: 700},
		"number": {Seed: 7, Shipments: 701},
		"day":    {Seed: 7, Shipments: 700, From: time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)},
		"span":   {Seed: 7, Shipments: 700, Days: 79},
	} {
		require.NotEqual(t, string(whole(first)), string(whole(generated(t, other))), name)
	}
	explicit := freightgen.Options{Seed: 7, Shipments: 700, From: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Days: 80}
	require.Equal(t, first, generated(t, explicit), "the zero options are these")
}

func TestMakeRefusesWhatItCannotMake(t *testing.T) {
	for _, n := range []int{-1, 0, 1_000_001} {
		_, err := freightgen.Make(freightgen.Options{Shipments: n})
		require.ErrorContains(t, err, "ask for 1 to 1000000")
	}
	require.Equal(t, 1, generated(t, freightgen.Options{Shipments: 1}).Truth.Shipments)
}

func TestEveryInterchangeIsClean(t *testing.T) {
	f := generated(t, freightgen.Options{Seed: 3, Shipments: 1200})
	sets := map[string]int{}
	controls := map[string]bool{}
	for _, file := range f.Files {
		if file.Channel != "x12" {
			continue
		}
		parsed, err := x12.Parse(file.Content, x12.Limits{})
		require.NoError(t, err, file.Name)
		require.Empty(t, parsed.Notices, file.Name)
		require.Len(t, parsed.Interchanges, 1)
		for _, ic := range parsed.Interchanges {
			require.Empty(t, ic.Notices, file.Name)
			require.False(t, controls[ic.Control], "control number %s is used twice", ic.Control)
			controls[ic.Control] = true
			require.Len(t, ic.Groups, 1)
			for _, group := range ic.Groups {
				require.Empty(t, group.Notices, file.Name)
				require.LessOrEqual(t, len(group.Transactions), 500)
				for _, tx := range group.Transactions {
					require.Empty(t, tx.Notices, "%s, set %s", file.Name, tx.Control)
					sets[tx.Set]++
				}
			}
		}
	}
	require.Equal(t, f.Truth.Messages, sets["204"]+sets["990"]+sets["214"])
	require.Equal(t, 1200, sets["204"])
	require.Equal(t, 1200, sets["990"])
	require.Greater(t, sets["214"], 5*1200)
}

func TestEveryDeskLineIsACommand(t *testing.T) {
	f := generated(t, freightgen.Options{Seed: 3, Shipments: 1200})
	last := f.Files[len(f.Files)-1]
	require.Equal(t, desk.Channel, last.Channel, "the desk comes last")
	items, err := desk.Items(context.Background(), "m", last.Content)
	require.NoError(t, err)
	require.Equal(t, bytes.Count(last.Content, []byte("\n")), len(items))
	kinds := map[string]int{}
	for _, item := range items {
		require.Nil(t, item.Refusal, "%s: %v", item.Name, item.Refusal)
		kinds[item.Kind]++
	}
	require.Equal(t, 2*f.Truth.TendersTwice, kinds["TenderOrder"]+kinds["AcceptTender"])
	require.Equal(t, 1200-f.Truth.Held["no proof of delivery"]-f.Truth.Held["not delivered yet"], kinds["ReceivePOD"])
	require.Equal(t, kinds["ReceivePOD"], kinds["VerifyPOD"])
}

// The truth is told by the generator's plan; the files have to say the same.
func TestTheTruthIsWhatTheFilesSay(t *testing.T) {
	for seed := range uint64(5) {
		f := generated(t, freightgen.Options{Seed: seed, Shipments: 900})
		truth := f.Truth
		held := 0
		for _, n := range truth.Held {
			held += n
		}
		require.Equal(t, 900, truth.Shipments)
		require.Equal(t, truth.Shipments, truth.Billable+held)
		require.Len(t, truth.Held, 5, "every ending occurs: %v", truth.Held)

		// Sum what the orders and the desk ask for
		stated := decimal.Zero
		for _, file := range f.Files {
			if file.Channel != "x12" {
				continue
			}
			parsed, err := x12.Parse(file.Content, x12.Limits{})
			require.NoError(t, err)
			for _, tx := range parsed.Interchanges[0].Groups[0].Transactions {
				for _, seg := range tx.Segments {
					if tx.Set == "204" && seg.ID == "L3" {
						rate, err := x12.R(seg.Element(3))
						require.NoError(t, err)
						cents, err := x12.N2(seg.Element(5))
						require.NoError(t, err)
						require.True(t, rate.Equal(cents))
						stated = stated.Add(cents)
					}
				}
			}
		}
		items, err := desk.Items(t.Context(), "m", f.Files[len(f.Files)-1].Content)
		require.NoError(t, err)
		amounts := map[string]decimal.Decimal{}
		for _, item := range items {
			key := func(s domain.ShipmentID, c domain.ChargeID) string { return string(s) + " " + string(c) }
			switch c := item.Command.(type) {
			case domain.EnterCharge:
				amounts[key(c.Shipment, c.Charge)] = c.Amount.Amount()
			case domain.RejectCharge:
				delete(amounts, key(c.Shipment, c.Charge))
			}
		}
		for _, amount := range amounts {
			stated = stated.Add(amount)
		}
		billed := truth.Freight.Add(truth.Fuel).Add(truth.Accessorial)
		require.Equal(t, stated.StringFixed(2), billed.Add(truth.HeldMoney).StringFixed(2))
		require.True(t, truth.Rejected.IsPositive())
		require.Positive(t, truth.Repeats)
		require.Positive(t, truth.LateMilestone)
	}
}

var _ inbox.Reader = desk.Items
