package edi

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func deliverySets() []written {
	return []written{
		orderSet, acceptSet,
		{"214", statusBody("AT7*X3*NS***20260210*0810*LT", "MS1*CHICAGO*IL*US")},
		{"214", statusBody("AT7*AF*NS***20260210*0930*LT", "MS1*CHICAGO*IL*US")},
		{"214", statusBody("AT7*X1*NS***20260211*0905*LT", "MS1*COLUMBUS*OH*US", "L11*2*QN")},
		{"214", statusBody("AT7*D1*NS***20260211*1030*ET", "MS1*COLUMBUS*OH*US", "L11*2*QN")},
	}
}

func TestAnOrderItsAnswerAndItsReportsMayComeInOneFile(t *testing.T) {
	l := newLedger(t)
	body := interchange(t, envelope{control: 1}, deliverySets()...)
	report := l.accept(body)
	require.Equal(t, 6, report.Items)
	require.Equal(t, 6, report.Applied)
	s := l.shipment("LOAD-1")
	require.Equal(t, "delivered", s.Status())
	require.Equal(t, domain.CustomerID("MILL"), s.Customer)
	require.Equal(t, "PRO-7", s.Tender.DispatchRef)
	require.Equal(t, "453.592", s.WeightKg)
	require.Len(t, s.Charges, 1)
	require.Equal(t, domain.ChargeReady, s.Charges[0].Status)
	arrived, ok := s.Actual(1, domain.ArrivedPickup)
	require.True(t, ok)
	require.Equal(t, instantOf(t, "2026-02-10T14:10:00Z"), arrived.At.UTC, "08:10 in Chicago")
	require.Equal(t, instantOf(t, "2026-02-11T15:30:00Z"), s.Delivered.UTC, "10:30 in Columbus")

	t.Run("taken in again it adds no event", func(t *testing.T) {
		again := l.accept(body)
		require.True(t, again.Known)
		require.Zero(t, again.Events)
		require.Zero(t, again.Applied)
	})
	t.Run("the same sets in another interchange change nothing", func(t *testing.T) {
		other := l.accept(interchange(t, envelope{control: 2}, deliverySets()...))
		require.False(t, other.Known)
		require.Zero(t, other.Applied)
		require.Equal(t, 6, other.Repeated)
		require.Equal(t, s, l.shipment("LOAD-1"))
	})
}

func TestAReportFindsItsShipmentByWhatTheSameFileSays(t *testing.T) {
	l := newLedger(t)
	body := interchange(t, envelope{control: 1}, orderSet, acceptSet,
		written{"214", "B10*PRO-7**ACME\nLX*1\nAT7*X3*NS***20260210*0810*LT"},
		written{"214", "B10**BOL-9*ACME\nLX*1\nAT7*AF*NS***20260210*0930*LT"})
	items := l.items(body)
	requireNote(t, items[2], `shipment LOAD-1 was found by its reference PRO "PRO-7"`)
	requireNote(t, items[3], `shipment LOAD-1 was found by its reference BOL "BOL-9"`)
	l.accept(body)
	require.Equal(t, "in-transit", l.shipment("LOAD-1").Status())
}

// references are a lookup as the read models offer it.
type references map[domain.Reference][]domain.ShipmentID

func (r references) ShipmentByReference(_ context.Context, kind, value string) ([]domain.ShipmentID, error) {
	return r[domain.Reference{Kind: kind, Value: value}], nil
}

func TestAReportFindsItsShipmentByARecordedReference(t *testing.T) {
	body := single(t, "214", "B10*PRO-7*BOL-9*ACME\nLX*1\nAT7*X6*NS***20260210*0930*CT")
	t.Run("of one shipment", func(t *testing.T) {
		l := released(t)
		l.mapper.Lookup = references{{Kind: "BOL", Value: "BOL-9"}: {"LOAD-1"}}
		l.accept(body)
		require.Equal(t, "in-transit", l.shipment("LOAD-1").Status())
	})
	t.Run("never of one among several", func(t *testing.T) {
		l := released(t)
		l.mapper.Lookup = references{{Kind: "BOL", Value: "BOL-9"}: {"LOAD-1", "LOAD-2"}}
		no := l.refused(body)
		require.Equal(t, CodeAmbiguous, no.Code)
		require.Equal(t, "ST 0001 segment 2 (B10), element 02", no.Place)
		require.Contains(t, no.Reason, "LOAD-1, LOAD-2")
	})
}

func TestADeadLetterIsReplayedOnceItsOrderCame(t *testing.T) {
	l := newLedger(t)
	report := interchange(t, envelope{control: 7}, written{"214", statusBody("AT7*X3*NS***20260210*0810*LT")})
	name := "000000007/1/0001"

	first := l.take(report)
	require.Len(t, first.Refused, 1)
	require.Equal(t, name, first.Refused[0].Item)
	require.Equal(t, CodeNotFound, first.Refused[0].Code)
	require.Equal(t, "ST 0001 segment 2 (B10), element 02", first.Refused[0].Place)
	require.Contains(t, first.Refused[0].Remedy, "204")
	require.False(t, l.shipment("LOAD-1").Released())

	replay := func() inbox.Report {
		done, err := l.inbox.Replay(context.Background(), content(report).ID(), name, report, l.mapper.Items)
		require.NoError(t, err)
		return done
	}
	require.Len(t, replay().Refused, 1, "the cause is not mended yet")
	l.accept(interchange(t, envelope{control: 8}, orderSet))
	done := replay()
	require.Empty(t, done.Refused)
	require.Equal(t, 1, done.Applied)
	require.Equal(t, "at-pickup", l.shipment("LOAD-1").Status())

	state, err := l.exec.State(context.Background(), content(report).ID().Stream())
	require.NoError(t, err)
	item := state.(domain.Message).Item(name)
	require.NotNil(t, item)
	require.Equal(t, domain.ItemApplied, item.Status)
	require.Zero(t, replay().Applied)
}

// outcome is what reports must come to, whatever their order: which report
// counts, and where the shipment stands.
func outcome(s domain.Shipment) []string {
	var lines []string
	for _, m := range s.Actuals {
		lines = append(lines, fmt.Sprintf("%d %s %s %s", m.Stop, m.Kind, m.At.UTC.Format(time.RFC3339), m.Reason))
	}
	for _, x := range s.Exceptions {
		lines = append(lines, fmt.Sprintf("exception %s %v", x.ID, x.Open))
	}
	slices.Sort(lines)
	return append(lines, s.Status(), s.Delivered.Local)
}

func TestReportsConvergeHoweverTheyCome(t *testing.T) {
	// Each report with the minute at which its sender made it. The second D1
	// corrects the first.
	reports := []struct {
		minute int
		body   string
	}{
		{1, statusBody("AT7*X3*NS***20260210*0810*LT", "L11*1*QN")},
		{2, statusBody("AT7*CP*NS***20260210*0900*LT", "L11*1*QN")},
		{3, statusBody("AT7*AF*NS***20260210*0930*LT", "L11*1*QN")},
		{4, statusBody("AT7*AG*NS***20260211*1200*ET", "L11*2*QN")},
		{5, statusBody("AT7*X1*NS***20260211*0905*LT", "L11*2*QN")},
		{6, statusBody("AT7*D1*NS***20260211*1030*LT", "L11*2*QN")},
		{7, statusBody("AT7*CD*NS***20260211*1045*LT", "L11*2*QN")},
		{8, statusBody("AT7*D1*BF***20260211*1035*LT", "L11*2*QN")},
	}
	files := make([][]byte, len(reports))
	for i, r := range reports {
		files[i] = interchange(t, envelope{control: 10 + i, at: time.Date(2026, 2, 12, 8, r.minute, 0, 0, time.UTC)}, written{"214", r.body})
	}
	order := interchange(t, envelope{control: 900}, orderSet)
	straight := released(t)
	for _, f := range files {
		straight.accept(f)
	}
	wanted := outcome(straight.shipment("LOAD-1"))
	require.Contains(t, wanted, "2 unloaded 2026-02-11T15:35:00Z BF")
	require.Contains(t, wanted, "delivered")

	rapid.Check(t, func(rt *rapid.T) {
		repeats := rapid.SliceOfN(rapid.IntRange(0, len(files)-1), 0, 4).Draw(rt, "early repeats")
		all := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7}).Draw(rt, "order")
		l, closeStore := openLedger(t, "ledger", embedded.Options{MinFree: -1, FS: vfs.NewMem()})
		defer closeStore()
		l.accept(order)
		for _, i := range append(repeats, all...) {
			l.accept(files[i])
		}
		require.Equal(rt, wanted, outcome(l.shipment("LOAD-1")))
	})
}

func TestNothingOfARefusedSetIsApplied(t *testing.T) {
	l := released(t)
	before := l.shipment("LOAD-1")
	report := l.take(single(t, "214", statusBody("AT7*X3*NS***20260210*0810*LT\nAT7*ZZ*NS***20260210*0811*LT")))
	require.Len(t, report.Refused, 1)
	require.Equal(t, CodeUnknownCode, report.Refused[0].Code)
	require.Equal(t, "ST 0001 segment 5 (AT7), element 01", report.Refused[0].Place)
	require.Equal(t, before, l.shipment("LOAD-1"))
}

func TestItemNamesAreUniqueAndStay(t *testing.T) {
	l := newLedger(t)
	one := single(t, "204", orderBody)
	twice := append(append([]byte{}, one...), one...)
	for range 2 {
		items := l.items(twice)
		require.Len(t, items, 2)
		require.Equal(t, "000000001/1/0001", items[0].Name)
		require.Equal(t, "000000001/1/0001#2", items[1].Name)
	}
	report := l.accept(twice)
	require.Equal(t, 1, report.Applied)
	require.Equal(t, 1, report.Repeated)
}

func TestAStoreThatDoesNotAnswerIsNoRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l := released(t)
	cancel()
	_, err := l.mapper.Items(ctx, "x12-1", single(t, "214", statusBody("AT7*X3*NS***20260210*0810*LT")))
	require.ErrorIs(t, err, context.Canceled)

	l.mapper.Shipments = brokenShipments{}
	_, err = l.mapper.Items(context.Background(), "x12-1", single(t, "214", statusBody("AT7*X3*NS***20260210*0810*LT")))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var fault *Fault
	require.NotErrorAs(t, err, &fault)
	var lookup *inbox.LookupError
	require.ErrorAs(t, err, &lookup, "no dead letter is made of it")
}

// brokenShipments is a store that timed out.
type brokenShipments struct{}

func (brokenShipments) Shipment(context.Context, domain.ShipmentID) (domain.Shipment, error) {
	return domain.Shipment{}, context.DeadlineExceeded
}
