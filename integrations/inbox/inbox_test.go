package inbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

func TestAMessageIsKeptByteForByte(t *testing.T) {
	for _, size := range []int{0, 1, domain.MaxPartBytes - 1, domain.MaxPartBytes, domain.MaxPartBytes + 1, 3*domain.MaxPartBytes + 12345} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			d := open(t)
			raw := make([]byte, size)
			dice := rand.NewChaCha8([32]byte{1})
			_, err := dice.Read(raw)
			require.NoError(t, err)
			c := inbox.Content{Channel: "test", Name: "noise.bin", Bytes: raw}

			// When a message of any bytes is taken in
			report, err := d.inbox.Take(t.Context(), c, func(_ context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
				require.Equal(t, c.ID(), id)
				require.Equal(t, raw, content)
				return nil, nil
			}, nil)

			// Then its parts are its bytes, and say how many and of what hash
			require.NoError(t, err)
			all := d.all()
			require.Equal(t, string(raw), string(bytesKept(t, all, c.ID())))
			parts := (size + domain.MaxPartBytes - 1) / domain.MaxPartBytes
			sum := sha256.Sum256(raw)
			require.Equal(t, []domain.MessageReceived{{Message: c.ID(), Channel: "test", Name: "noise.bin", Size: int64(size), SHA256: hex.EncodeToString(sum[:]), Parts: parts}},
				ofType[domain.MessageReceived](all))
			require.Len(t, all, parts+2, "received, its parts, taken in")
			require.Equal(t, inbox.Report{Message: c.ID(), Name: "noise.bin", Events: parts + 2}, report)
		})
	}
}

func TestTheSameBytesAreOneMessage(t *testing.T) {
	const text = "release S1\nrefer S1 PO 7\nrefer S9 PO 7\nwhat is this\nnote refer S1 BOL 8\nnothing"
	d := open(t)
	// Given a message of which some was refused
	first := d.take(text, lines)
	require.Equal(t, []int{6, 3, 1, 2}, []int{first.Items, first.Applied, first.Repeated, len(first.Refused)})
	require.False(t, first.Known)
	require.Len(t, d.all(), first.Events, "the report counts every new event")
	head := d.head()

	for name, c := range map[string]inbox.Content{
		"again":              content(text),
		"under another name": {Channel: "test", Name: "copy of file.txt", Bytes: []byte(text)},
	} {
		t.Run(name, func(t *testing.T) {
			// When the same bytes come
			again, err := d.inbox.Take(t.Context(), c, lines, nil)

			// Then nothing is recorded, and the same is refused
			require.NoError(t, err)
			require.Equal(t, head, d.head())
			require.Equal(t, inbox.Report{Message: first.Message, Name: c.Name, Known: true, Items: 6, Repeated: 4, Refused: first.Refused}, again)
		})
	}

	// But one byte more, or another channel, is another message
	require.NotEqual(t, first.Message, d.take(text+"\n", lines).Message)
	other, err := d.inbox.Take(t.Context(), inbox.Content{Channel: "other", Name: "file.txt", Bytes: []byte(text)}, lines, nil)
	require.NoError(t, err)
	require.False(t, other.Known)
	require.Len(t, d.shipment("S1").References, 2, "to no effect on what was recorded")
}

func TestARefusedItemBecomesADeadLetter(t *testing.T) {
	d := open(t)
	// When one item cannot be read and the domain refuses another
	report := d.take("release S1\nwhat is this\nrefer S9 PO 7\nrefer S1 PO 7", lines)

	// Then each is kept with its place, reason and remedy, in the message's order
	require.Len(t, report.Refused, 2)
	reason := report.Refused[1].Reason
	require.Contains(t, reason, "S9")
	want := []inbox.RefusedItem{
		{Item: "line 2", Kind: "test", Code: "unreadable", Place: "line 2, column 1", Reason: "no such word: what is this", Remedy: "write release or refer"},
		{Item: "line 3", Kind: "test", Code: string(domain.NotFound), Place: "line 3", Reason: reason, Remedy: "mend the cause, then replay this item"},
	}
	require.Equal(t, want, report.Refused)
	kept := map[string]domain.MessageRefused{}
	for _, e := range ofType[domain.MessageRefused](d.all()) {
		require.Equal(t, report.Message, e.Message)
		kept[e.Item] = e
	}
	for _, w := range want {
		require.Equal(t, domain.MessageRefused{Message: report.Message, Item: w.Item, Kind: w.Kind, Code: w.Code, Place: w.Place, Reason: w.Reason, Remedy: w.Remedy}, kept[w.Item])
	}
	// And the others had their effect
	require.Equal(t, 2, report.Applied)
	require.Equal(t, []domain.Reference{{Kind: "PO", Value: "7"}}, d.shipment("S1").References)
}

func TestADeadLetterIsReplayedOnceItsCauseIsMended(t *testing.T) {
	const text = "refer S9 PO 7\nrefer S8 PO 7"
	replay := func(d *desk, id domain.MessageID) inbox.Report {
		report, err := d.inbox.Replay(d.t.Context(), id, "line 1", []byte(text), lines)
		require.NoError(d.t, err)
		return report
	}
	again := func(d *desk, id domain.MessageID) inbox.Report { return d.take(text, lines) }
	for name, try := range map[string]func(*desk, domain.MessageID) inbox.Report{"replayed": replay, "sent again": again} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			id := d.take(text, lines).Message

			// Given that its cause is not mended: it stays, and nothing is added
			head := d.head()
			require.NotEmpty(t, try(d, id).Refused)
			require.Equal(t, head, d.head())

			// When it is
			d.take("release S9", lines)
			report := try(d, id)

			// Then it is applied and off the list; the other is still on it
			require.Equal(t, 1, report.Applied)
			require.Equal(t, 2, report.Events, "its effect, and that it had it")
			require.Equal(t, []domain.Reference{{Kind: "PO", Value: "7"}}, d.shipment("S9").References)
			require.Equal(t, domain.ItemApplied, d.item(id, "line 1").Status)
			require.Equal(t, domain.ItemRefused, d.item(id, "line 2").Status)

			// And that is it
			head = d.head()
			require.Zero(t, try(d, id).Events)
			require.Zero(t, d.take(text, lines).Events)
			require.Equal(t, head, d.head())
		})
	}
}

func TestWhatADeskDismissedIsNotTriedAgain(t *testing.T) {
	d := open(t)
	id := d.take("refer S9 PO 7", lines).Message
	_, err := d.exec.Execute(t.Context(), domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: id, Item: "line 1", By: "desk", Reason: "not ours"}}, eventstore.Request{ID: inbox.Correlation("dismiss")})
	require.NoError(t, err)
	d.take("release S9", lines)

	// When the same bytes come, nothing happens
	head := d.head()
	require.Empty(t, d.take("refer S9 PO 7", lines).Refused)
	require.Equal(t, head, d.head())

	// But a person may still ask for it
	report, err := d.inbox.Replay(t.Context(), id, "line 1", []byte("refer S9 PO 7"), lines)
	require.NoError(t, err)
	require.Equal(t, 1, report.Applied)
	require.Equal(t, domain.ItemApplied, d.item(id, "line 1").Status)
}

func TestAMessageThatCannotBeReadIsADeadLetterAsAWhole(t *testing.T) {
	const text = "garbage\nrelease S1\nrefer S9 PO 7"
	d := open(t)
	report := d.take(text, lines)
	want := []inbox.RefusedItem{{Item: inbox.WholeMessage, Kind: "test", Code: "unreadable", Place: "message file.txt", Reason: "line 1 is garbage", Remedy: "correct the message and send it again"}}
	require.Equal(t, want, report.Refused)
	require.Equal(t, text, string(bytesKept(t, d.all(), report.Message)))
	head := d.head()
	require.Equal(t, want, d.take(text, lines).Refused)
	require.Equal(t, head, d.head())

	// When a better reader replays it
	lenient := func(ctx context.Context, id domain.MessageID, raw []byte) ([]inbox.Item, error) {
		return lines(ctx, id, []byte(strings.Replace(string(raw), "garbage", "nothing", 1)))
	}
	_, err := d.inbox.Replay(t.Context(), report.Message, "line 2", []byte(text), lines)
	require.ErrorContains(t, err, "line 1 is garbage")
	replayed, err := d.inbox.Replay(t.Context(), report.Message, inbox.WholeMessage, []byte(text), lenient)

	// Then its items are applied, or dead letters of their own
	require.NoError(t, err)
	require.Equal(t, 1, replayed.Applied)
	require.Equal(t, "line 3", replayed.Refused[0].Item)
	require.Equal(t, domain.ItemApplied, d.item(report.Message, inbox.WholeMessage).Status)
	require.Equal(t, domain.ItemRefused, d.item(report.Message, "line 3").Status)
	require.True(t, d.shipment("S1").Released())

	// And the old reader cannot undo that
	head = d.head()
	require.Empty(t, d.take(text, lines).Refused)
	require.Equal(t, head, d.head())
	_, err = d.inbox.Replay(t.Context(), report.Message, "line 9", []byte(text), lenient)
	require.ErrorContains(t, err, `has no item "line 9"`)
	var no *domain.Refusal
	require.ErrorAs(t, err, &no)
	require.Equal(t, domain.NotFound, no.Code)
}

func TestAReaderThatNamesThePlaceIsHeard(t *testing.T) {
	d := open(t)
	report := d.take("x", func(context.Context, domain.MessageID, []byte) ([]inbox.Item, error) {
		return nil, fmt.Errorf("read: %w", placed{inbox.Refusal{Code: "bad-lines", Place: "line 7", Reason: "torn", Remedy: "ask for it again"}})
	})
	require.Equal(t, []inbox.RefusedItem{{Item: "*", Kind: "test", Code: "bad-lines", Place: "line 7", Reason: "torn", Remedy: "ask for it again"}}, report.Refused)
}

type placed struct{ refusal inbox.Refusal }

func (p placed) Error() string          { return "placed" }
func (p placed) Refusal() inbox.Refusal { return p.refusal }

func TestToleratedDisorderIsKept(t *testing.T) {
	const text = "release S1\nnote refer S1 PO 7\nnote refer S1 PO 7\nnote nothing"
	d := open(t)
	report := d.take(text, lines)
	// Then what changed something is kept with its notes, and so is what asked
	// for nothing; a repetition is not
	var applied []string
	for _, e := range ofType[domain.MessageApplied](d.all()) {
		applied = append(applied, fmt.Sprint(e.Item, e.Subject, e.Notes))
	}
	require.ElementsMatch(t, []string{"line 2shipment-S1[spelt oddly]", "line 4[spelt oddly]", "*[]"}, applied)
	require.Len(t, d.all(), report.Events)
}

func TestAnotherReadingOfTheSameBytesDoesNotUndoTheFirst(t *testing.T) {
	d := open(t)
	const text = "release S1\nrefer S1 PO 7\nrefer S9 PO 1"
	d.take(text, lines)
	head := d.head()
	otherwise := func(ctx context.Context, id domain.MessageID, raw []byte) ([]inbox.Item, error) {
		return lines(ctx, id, []byte("release S1\nrefer S1 PO 8\nrefer S9 PO 1"))
	}
	// Given a reader that learned to read otherwise
	again := d.take(text, otherwise)
	require.Len(t, again.Refused, 1)
	require.Equal(t, head, d.head())
	replayed, err := d.inbox.Replay(t.Context(), again.Message, "line 2", []byte(text), otherwise)
	require.NoError(t, err)
	require.Equal(t, inbox.Report{Message: again.Message, Name: "line 2", Known: true, Items: 1, Repeated: 1}, replayed)
	require.Equal(t, []domain.Reference{{Kind: "PO", Value: "7"}}, d.shipment("S1").References)
}

func TestItemsOfOneAggregateKeepTheirOrder(t *testing.T) {
	const shipments, references = 40, 25
	for _, workers := range []int{0, 1, 3} {
		d := open(t)
		d.inbox.Workers = workers
		var text strings.Builder
		for s := range shipments {
			fmt.Fprintf(&text, "release S%d\n", s)
		}
		for r := range references {
			for s := range shipments {
				fmt.Fprintf(&text, "refer S%d PO %d\n", s, r)
			}
		}
		// When many items of many aggregates are applied side by side
		var told []int
		report, err := d.inbox.Take(t.Context(), content(text.String()), lines, func(done, total int) {
			require.Equal(t, shipments*(references+1), total)
			told = append(told, done)
		})

		// Then each aggregate saw its own in the message's order
		require.NoError(t, err)
		require.Equal(t, shipments*(references+1), report.Applied)
		require.IsIncreasing(t, told)
		require.Len(t, told, report.Items)
		for s := range shipments {
			got := d.shipment(domain.ShipmentID(fmt.Sprint("S", s))).References
			require.Len(t, got, references)
			for r, ref := range got {
				require.Equal(t, fmt.Sprint(r), ref.Value)
			}
		}
	}
}

func TestEveryEventOfAnItemSaysWhereItCameFrom(t *testing.T) {
	d := open(t)
	d.take("release S1", lines)
	d.take("refer S1 PO 7", lines)
	for _, e := range d.all() {
		require.Equal(t, "test", e.Meta.Actor)
		require.Equal(t, "inbox", e.Meta.Via)
		require.Equal(t, inbox.Correlation(domain.Stream(e.Stream).ID()), e.Meta.Correlation)
	}
}

func TestOneMessageTakenInByManyAtOnce(t *testing.T) {
	d := open(t)
	text := strings.Repeat("nothing\n", 100_000) + "release S1\nrefer S1 PO 7\nrefer S9 PO 7\nnote refer S1 BOL 8"
	raw := []byte(text)
	require.Greater(t, len(raw), domain.MaxPartBytes)
	other := &inbox.Inbox{Exec: eventstore.NewExecutor(d.store, eventstore.NewCodec(domain.Events()), nil), Actor: "another process"}
	short := func(ctx context.Context, id domain.MessageID, _ []byte) ([]inbox.Item, error) {
		return lines(ctx, id, []byte(strings.TrimLeft(text, "nothig\n")))
	}
	var g errgroup.Group
	for i := range 8 {
		in := d.inbox
		if i%2 == 0 {
			in = other
		}
		g.Go(func() error {
			report, err := in.Take(context.Background(), inbox.Content{Channel: "test", Name: fmt.Sprint("copy ", i), Bytes: raw}, short, nil)
			if err == nil && len(report.Refused) > 1 {
				err = fmt.Errorf("refused: %v", report.Refused)
			}
			return err
		})
	}
	require.NoError(t, g.Wait())
	all := d.all()
	require.Equal(t, text, string(bytesKept(t, all, content(text).ID())))
	require.Len(t, ofType[domain.OrderReleased](all), 1)
	require.Len(t, ofType[domain.ReferenceAdded](all), 2)
	require.Len(t, ofType[domain.MessageRefused](all), 1)
	require.Len(t, ofType[domain.MessageReceived](all), 1)
	require.Len(t, ofType[domain.MessageApplied](all), 2, "the noted item, and the message")
}
