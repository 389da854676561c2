package reconciler

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type numbered struct{ number, body string }

// drain gives what the sorter sorted.
func drain(t require.TestingT, s *sorter) []numbered {
	next, done, err := s.sorted()
	require.NoError(t, err)
	var got []numbered
	for {
		r, err := next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		got = append(got, numbered{string(r.number()), string(r.body())})
	}
	require.NoError(t, done())
	return got
}

func TestTheSorterSortsStablyInAnyMemory(t *testing.T) {
	temp := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) numbered {
			number := rapid.StringOfN(rapid.RuneFrom([]rune("AB-1\x00é")), 0, 6, -1).Draw(t, "number")
			return numbered{number, strings.Repeat("x", rapid.IntRange(0, 9000).Draw(t, "size")) + rapid.StringN(0, 3, -1).Draw(t, "body")}
		}), 0, 60).Draw(t, "records")
		s := newSorter(rapid.IntRange(0, 40_000).Draw(t, "budget"), temp)
		for _, r := range records {
			require.NoError(t, s.add(r.number, []byte(r.body)))
		}
		got := drain(t, s)
		require.NoError(t, s.close())
		slices.SortStableFunc(records, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
		require.Equal(t, len(records), len(got))
		for i := range records {
			require.Equal(t, records[i], got[i])
		}
		left, err := os.ReadDir(temp)
		require.NoError(t, err)
		require.Empty(t, left)
	})
}

func TestTheSorterKeepsItsMemoryAndItsFilesBounded(t *testing.T) {
	temp := t.TempDir()
	s := newSorter(64<<10, temp)
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 60_000
	most := 0
	for range n {
		number := fmt.Sprintf("INV-%06d", rng.IntN(n))
		size := 100
		if rng.IntN(5000) == 0 {
			size = 100_000 // one record over the budget
		}
		require.NoError(t, s.add(number, bytes.Repeat([]byte{'x'}, size)))
		held := 0
		for _, c := range s.chunks {
			held += cap(c)
		}
		most = max(most, held)
		require.LessOrEqual(t, len(s.runs), fanIn)
	}
	require.LessOrEqual(t, most, 64<<10+100_000+64<<10, "the budget, one large record, and what a chunk leaves over")
	require.Greater(t, s.spills, 2*fanIn, "so many runs that they are merged on the way")
	before := ""
	got := drain(t, s)
	require.Len(t, got, n)
	for _, r := range got {
		require.LessOrEqual(t, before, r.number)
		before = r.number
	}
	require.NoError(t, s.close())
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestADamagedRunIsAnError(t *testing.T) {
	for name, damage := range map[string]func(b []byte) []byte{
		"cut within a record": func(b []byte) []byte { return b[:len(b)-1] },
		"cut within a head":   func(b []byte) []byte { return b[:len(b)-60] },
		"a wild length":       func(b []byte) []byte { b[0] = 0xff; return b },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSorter(0, t.TempDir())
			for i := range 200 {
				require.NoError(t, s.add(fmt.Sprintf("N%03d", i), bytes.Repeat([]byte{'x'}, 50)))
			}
			require.Greater(t, len(s.runs), 1)
			path := filepath.Join(s.dir, "run-000000")
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, damage(b), 0o600))
			next, done, err := s.sorted()
			for err == nil {
				_, err = next()
			}
			require.NotEqual(t, io.EOF, err)
			require.ErrorContains(t, err, "run-000000")
			if done != nil {
				require.NoError(t, done())
			}
			require.NoError(t, s.close())
		})
	}
}

func TestTheSorterRefusesWhatCannotBeADocument(t *testing.T) {
	s := newSorter(0, t.TempDir())
	require.ErrorContains(t, s.add(strings.Repeat("9", maxNumber+1), nil), "document number")
	require.NoError(t, s.close())
}

func document() domain.Document {
	d, ok := domaintest.Booked(domain.RevenueAccrued{Shipment: "S1", Customer: "C-1", Document: "ACC-S1-1", Date: "2026-01-05", Lines: []domain.AccrualLine{
		{Charge: "A", Kind: domain.Freight, Amount: money.MustParse("1234567890.123", "KWD")},
		{Charge: "B", Kind: domain.Discount, Amount: money.MustParse("-0.001", "KWD")},
	}})
	if !ok {
		panic("an accrual means something to the books")
	}
	return d
}

func TestARecordReadsBack(t *testing.T) {
	d := document()
	origin := Departure{Stream: "shipment-S1", Revision: 1 << 40, Event: uuid.NewSHA1(uuid.NameSpaceOID, []byte("x")), Type: "RevenueAccrued"}
	at := time.Date(2026, 1, 5, 1, 2, 3, 0, time.UTC)
	var p packer
	p.document(&d, origin, at, true)
	require.Equal(t, byte(tagDocument), p[0])
	got, err := unpackDocument("ACC-S1-1", p[1:])
	require.NoError(t, err)
	require.Equal(t, origin, got.origin)
	require.Equal(t, at, got.recordedAt)
	require.True(t, got.late)
	require.Equal(t, "C-1", got.customer)
	require.Len(t, got.entries, 4)
	for i, e := range d.Entries {
		require.Equal(t, e.Ref, got.entries[i].ref)
		require.Equal(t, string(e.Side), got.entries[i].side())
		require.True(t, e.Amount.Amount().Equal(got.entries[i].amount))
		require.Equal(t, e.Memo, got.entries[i].memo)
	}
	for cut := 1; cut < len(p); cut++ {
		_, err := unpackDocument("ACC-S1-1", p[1:cut])
		require.ErrorIs(t, err, errRecord, "cut at %d", cut)
	}
}

func FuzzRecords(f *testing.F) {
	d := document()
	var p packer
	p.document(&d, Departure{Stream: "s"}, time.Time{}, false)
	f.Add([]byte(p[1:]))
	p = nil
	p.posting(factRedated, "2026-01-01", Departure{}, true)
	f.Add([]byte(p[1:]))
	f.Fuzz(func(t *testing.T, body []byte) {
		if d, err := unpackDocument("N", body); err == nil {
			for _, e := range d.entries {
				require.NotContains(t, e.amount.String(), "e")
			}
		}
		var s posting
		_ = s.apply(body)
	})
}

func FuzzFigures(f *testing.F) {
	f.Add([]byte(`{"amount":"-12.50","currency":"USD"}`))
	f.Add([]byte(`{"amount":"1e9","currency":"USD"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var a, b Figure
		if a.UnmarshalJSON(body) != nil {
			return
		}
		out, err := a.MarshalJSON()
		require.NoError(t, err)
		if len(out) <= 512 {
			require.NoError(t, b.UnmarshalJSON(out))
			require.True(t, a.Amount.Equal(b.Amount))
		}
	})
}
