package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

// Killed after any number of commands, before or after the last of them had
// its effect, taking the message in again makes the history what it would have
// been.
func TestTakingInAgainCompletesWhatACrashCutShort(t *testing.T) {
	text := "release S1\nnote refer S1 PO 7\nwhat is this\nrefer S9 PO 7\nrelease S2\nnote refer S2 PO 7\n" + strings.Repeat(" ", domain.MaxPartBytes)
	whole := open(t)
	whole.inbox.Workers = 1
	complete := whole.take(text, lines)
	want := map[string]int{}
	for _, e := range whole.all() {
		want[fmt.Sprint(e.ID, e.Stream, e.Type)]++
	}
	commands := 3 + 5 + 4 + 1 // kept, applied, recorded, taken in

	for _, after := range []bool{false, true} {
		for n := range commands {
			t.Run(fmt.Sprintf("killed at command %d, its effect stays %t", n, after), func(t *testing.T) {
				d := open(t)
				left := n
				d.inbox.Exec = &failing{Executor: d.exec, after: after, fails: func(domain.Command) bool { left--; return left < 0 }}
				d.inbox.Workers = 1
				_, err := d.inbox.Take(t.Context(), content(text), lines, nil)
				require.ErrorIs(t, err, errKilled)

				d.inbox.Exec = d.exec
				report := d.take(text, lines)
				require.Equal(t, complete.Refused, report.Refused)
				require.Equal(t, complete.Items, report.Items)
				got := map[string]int{}
				for _, e := range d.all() {
					got[fmt.Sprint(e.ID, e.Stream, e.Type)]++
				}
				require.Equal(t, want, got)
				head := d.head()
				require.Zero(t, d.take(text, lines).Events)
				require.Equal(t, head, d.head())
			})
		}
	}
}

func TestABrokenStoreIsNoDeadLetter(t *testing.T) {
	d := open(t)
	d.inbox.Exec = &failing{Executor: d.exec, fails: func(c domain.Command) bool { return c.CommandName() == "AddReference" }}
	report, err := d.inbox.Take(t.Context(), content("release S1\nrefer S1 PO 7"), lines, nil)
	require.ErrorIs(t, err, errKilled)
	require.ErrorContains(t, err, "apply line 2 of message")
	require.Empty(t, report.Refused)
	require.Equal(t, 1, report.Applied)
	require.Zero(t, report.Repeated, "what was not reached is not counted")
	require.Empty(t, ofType[domain.MessageRefused](d.all()))
}

func TestAnEndedContextStopsTakingIn(t *testing.T) {
	d := open(t)
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "release S%d\n", i)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()

	// When the context ends amid the items
	report, err := d.inbox.Take(ctx, content(text.String()), lines, func(done, _ int) {
		if done == 100 {
			end()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, report.Applied, 100)
	require.Less(t, report.Applied, 2000)
	require.Empty(t, report.Refused)

	// Then nothing happens under it any more, also not while reading
	head := d.head()
	_, err = d.inbox.Take(ctx, content("release T1"), lines, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, head, d.head())
	reading, stop := context.WithCancel(t.Context())
	_, err = d.inbox.Take(reading, content("release T2"), func(ctx context.Context, _ domain.MessageID, _ []byte) ([]inbox.Item, error) {
		stop()
		return nil, ctx.Err()
	}, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, ofType[domain.MessageRefused](d.all()), "a reader that was stopped says nothing about the message")

	// And taking in again completes it
	again := d.take(text.String(), lines)
	require.Equal(t, 2000, again.Applied+again.Repeated)
	require.Len(t, ofType[domain.OrderReleased](d.all()), 2000)
}

// Whatever an item says stands in texts about it; none of that may stop the
// message.
func TestHostileItemsAreBounded(t *testing.T) {
	long := strings.Repeat("é\x00\xff", 1<<20)
	d := open(t)
	read := func(context.Context, domain.MessageID, []byte) ([]inbox.Item, error) {
		notes := make([]string, 5000)
		for i := range notes {
			notes[i] = long[:1<<16]
		}
		parts := domain.Together{}
		for i := range 30 {
			parts = append(parts, refer("S1", fmt.Sprint("K", i)+strings.Repeat("k", 64<<10), "v"))
		}
		return []inbox.Item{
			{Name: "refused", Kind: long, Refusal: &inbox.Refusal{Code: long, Place: long, Reason: long, Remedy: long}},
			{Name: "order", Kind: "test", Command: release("S1")},
			{Name: "noted", Kind: long, Command: refer("S1", "PO", "7"), Notes: notes},
			{Name: "no id", Kind: "test", Command: release("")},
			{Name: "long id", Kind: "test", Command: refer(domain.ShipmentID(strings.Repeat("S", 1<<20)), "PO", "7")},
			{Name: "too large", Kind: "test", Command: parts},
		}, nil
	}
	report := d.take("x", read)
	codes := map[string]string{}
	for _, r := range report.Refused {
		codes[r.Item] = r.Code
		require.Less(t, len(r.Reason), 2100)
	}
	delete(codes, "refused")
	require.Equal(t, map[string]string{"no id": "invalid", "long id": "invalid", "too large": "too-large"}, codes)
	require.Equal(t, 2, report.Applied)
	for _, e := range ofType[domain.MessageApplied](d.all()) {
		require.LessOrEqual(t, len(e.Notes), 51)
	}
	head := d.head()
	require.Zero(t, d.take("x", read).Events)
	require.Equal(t, head, d.head())
}

// What a reader has to know of the ledger is read from a store that may be away:
// there is nothing wrong with the message.
func TestAMessageWhoseReaderCouldNotLookSomethingUpIsNoDeadLetter(t *testing.T) {
	d := open(t)
	away := func(context.Context, domain.MessageID, []byte) ([]inbox.Item, error) {
		return nil, fmt.Errorf("read line 1: %w", &inbox.LookupError{Err: fmt.Errorf("look S1 up: %w", errKilled)})
	}
	report, err := d.inbox.Take(t.Context(), content("release S1"), away, nil)
	require.ErrorIs(t, err, errKilled)
	require.Empty(t, report.Refused)
	_, err = d.inbox.Replay(t.Context(), report.Message, inbox.WholeMessage, []byte("release S1"), away)
	require.ErrorIs(t, err, errKilled)
	require.Empty(t, ofType[domain.MessageRefused](d.all()))
	// Once the store answers, it is taken in
	require.Equal(t, 1, d.take("release S1", lines).Applied)
	// What the ledger refuses to tell is a dead letter still
	no := func(context.Context, domain.MessageID, []byte) ([]inbox.Item, error) {
		return nil, &inbox.LookupError{Err: &domain.Refusal{Code: domain.NotFound, Text: "no profile"}}
	}
	require.Len(t, d.take("release S2", no).Refused, 1)
}
