package scms

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func mapped(t testing.TB, file []byte) []inbox.Item {
	t.Helper()
	items, err := Items(t.Context(), "scms-1", file)
	require.NoError(t, err)
	return items
}

// sources are where a command says that its facts were read.
func sources(t testing.TB, c domain.Command) []domain.Source {
	t.Helper()
	switch c := c.(type) {
	case domain.Together:
		var all []domain.Source
		for _, one := range c {
			all = append(all, sources(t, one)...)
		}
		return all
	case domain.ReleaseOrder:
		return []domain.Source{c.Source}
	case domain.EnterCharge:
		return []domain.Source{c.Source}
	case domain.LinkCharge:
		return []domain.Source{c.Source}
	case domain.DeclareNotBillable:
		return []domain.Source{c.Source}
	case domain.HoldCharge:
		return []domain.Source{c.Source}
	case domain.RecordMilestone:
		return []domain.Source{c.Source}
	case domain.ReceivePOD:
		return []domain.Source{c.Source}
	case domain.VerifyPOD: // follows from the proof that was received
		return nil
	}
	t.Fatalf("a delivery history does not ask for %s", c.CommandName())
	return nil
}

func TestAShipmentBecomesOneBatch(t *testing.T) {
	data := history(t)
	f := readHistory(t)
	items := mapped(t, data)
	require.Len(t, items, 5068)
	names := map[string]bool{}
	for i, item := range items {
		s := &f.Shipments[i]
		require.Equal(t, "shipment "+s.ID, item.Name)
		require.False(t, names[item.Name])
		names[item.Name] = true
		require.Nil(t, item.Refusal)
		batch := item.Command.(domain.Together)

		// The order, a freight charge a line, an insurance where there is one,
		// the delivery, its proof and its verification
		insured := 0
		for _, at := range s.Lines {
			if f.Lines[at].Insurance.Valid {
				insured++
			}
		}
		require.Len(t, batch, 1+len(s.Lines)+insured+3)
		require.Equal(t, "ReleaseOrder", batch[0].CommandName())
		require.Equal(t, []string{"RecordMilestone", "ReceivePOD", "VerifyPOD"}, batch.Names()[len(batch)-3:])
		for _, c := range batch {
			require.Equal(t, domain.ShipmentID(s.ID).Stream(), c.Stream())
		}
	}
}

// physical gives each line of the file with its line end, by its number.
func physical(data []byte) [][]byte { return bytes.SplitAfter(data, []byte("\n")) }

func TestEverySourcePointsAtItsLineByteForByte(t *testing.T) {
	data := history(t)
	lines := physical(data)
	places := map[string]int{}
	for _, item := range mapped(t, data) {
		for _, source := range sources(t, item.Command) {
			require.Equal(t, domain.MessageID("scms-1"), source.Message)
			var number int
			_, err := fmt.Sscanf(source.Place, "line %d", &number)
			require.NoError(t, err)
			require.Equal(t, string(lines[number-1]), string(data[source.Offset:source.Offset+source.Length]))
			places[source.Place]++
		}
	}
	require.Len(t, places, 7000, "every line but the header is the source of something")
	require.Zero(t, places["line 1"])
}

func TestSourcesSpanTheLinesOfAQuotedCell(t *testing.T) {
	odd := fixtureLine("2", cells{colItem: "\"two\nlines\""})
	for name, file := range map[string]string{
		"line feeds":            fixture(fixtureLine("1", cells{}), odd, fixtureLine("3", cells{})),
		"windows line ends":     strings.ReplaceAll(fixture(fixtureLine("1", cells{}), fixtureLine("3", cells{}), odd), "\n", "\r\n"),
		"the odd line is first": fixture(odd, fixtureLine("1", cells{})),
	} {
		t.Run(name, func(t *testing.T) {
			f := mustRead(t, file)
			raw := map[string]string{}
			for _, line := range f.Lines {
				raw[fmt.Sprintf("line %d", line.Number)] = line.Raw
			}
			seen := map[string]bool{}
			for _, item := range mapped(t, []byte(file)) {
				for _, source := range sources(t, item.Command) {
					got := file[source.Offset : source.Offset+source.Length]
					require.Equal(t, raw[source.Place], strings.TrimRight(got, "\r\n"))
					seen[source.Place] = true
				}
			}
			require.Len(t, seen, len(f.Lines))
		})
	}
}

func TestAFileThatCannotBeUnderstoodIsADeadLetterThatNamesTheLine(t *testing.T) {
	_, err := Items(t.Context(), "m", []byte(fixture(fixtureLine("1", cells{colWeight: "heavy"}))))
	var bad *FileError
	require.ErrorAs(t, err, &bad)
	refusal := bad.Refusal()
	require.Equal(t, "bad-lines", refusal.Code)
	require.Equal(t, "line 2", refusal.Place)
	require.NotEmpty(t, refusal.Reason)
	require.NotEmpty(t, refusal.Remedy)
}

// The published history comes out to the cent: every line is billable, linked,
// not billable or held, and none vanishes.
func TestTheHistoryIsTakenInToTheCent(t *testing.T) {
	data := history(t)
	store, err := embedded.Open(t.TempDir(), embedded.Options{MinFree: -1})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	codec := eventstore.NewCodec(domain.Events())
	exec := eventstore.NewExecutor(store, codec, nil)
	in := inbox.Inbox{Exec: exec, Actor: "import"}
	c := inbox.Content{Channel: Channel, Name: "scms_delivery_history.csv", Bytes: data}

	// When the file is imported
	report, err := in.Take(t.Context(), c, Items, nil)
	require.NoError(t, err)
	require.Empty(t, report.Refused)
	require.Equal(t, []int{5068, 5068, 0}, []int{report.Items, report.Applied, report.Repeated})

	// Then its shipments hold what its lines say
	sums := map[domain.ChargeKind]decimal.Decimal{}
	statuses := map[string]int{}
	exceptions := map[string]int{}
	f := readHistory(t)
	for i := range f.Shipments {
		state, err := exec.State(t.Context(), domain.ShipmentID(f.Shipments[i].ID).Stream())
		require.NoError(t, err)
		s := state.(domain.Shipment)
		require.False(t, s.Delivered.IsZero())
		for _, charge := range s.Charges {
			status := string(charge.Status)
			if charge.Status == domain.ChargeReady || charge.Status == domain.ChargeClaimed {
				status = "billable"
				sums[charge.Kind] = sums[charge.Kind].Add(charge.Amount.Amount())
			}
			statuses[string(charge.Kind)+" "+status]++
		}
		for _, x := range s.Exceptions {
			exceptions[x.Kind]++
			require.True(t, x.Open)
			require.NotEmpty(t, s.BillingHolds())
		}
	}
	require.Equal(t, map[string]int{"freight billable": 4402, "insurance billable": 6713, "freight linked": 1034, "freight not-billable": 1490, "freight held": 74}, statuses)
	require.Equal(t, "46922717.88", sums[domain.Freight].StringFixed(2))
	require.Equal(t, "1328046.89", sums[domain.Insurance].StringFixed(2))
	require.Equal(t, map[string]int{domain.ExceptionPODBeforeDelivery: 3}, exceptions)

	// And the kept bytes are the file's
	var kept bytes.Buffer
	for r, err := range store.ReadStream(t.Context(), string(c.ID().Stream()), 0) {
		require.NoError(t, err)
		e, err := codec.Decode(r)
		require.NoError(t, err)
		if part, ok := e.Event.(domain.MessagePart); ok {
			kept.Write(part.Content)
		}
	}
	require.True(t, bytes.Equal(data, kept.Bytes()))

	// When it is imported again, also by another process or under another name
	head, err := store.Head(t.Context())
	require.NoError(t, err)
	other := inbox.Inbox{Exec: eventstore.NewExecutor(store, codec, nil), Actor: "import"}
	for _, again := range []struct {
		by   *inbox.Inbox
		name string
	}{{&in, c.Name}, {&other, c.Name}, {&in, "copy.csv"}} {
		c.Name = again.name
		report, err := again.by.Take(t.Context(), c, Items, nil)
		require.NoError(t, err)
		require.True(t, report.Known)
		require.Equal(t, []int{5068, 0, 5068, 0}, []int{report.Items, report.Applied, report.Repeated, report.Events})
		after, err := store.Head(t.Context())
		require.NoError(t, err)
		require.Equal(t, head, after)
	}
}
