package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

// desk is an inbox before a real store.
type desk struct {
	t     testing.TB
	store *embedded.Store
	exec  *eventstore.Executor
	inbox *inbox.Inbox
}

func open(t testing.TB) *desk {
	t.Helper()
	store, err := embedded.Open(t.TempDir(), embedded.Options{MinFree: -1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	exec := eventstore.NewExecutor(store, eventstore.NewCodec(domain.Events()), nil)
	return &desk{t, store, exec, &inbox.Inbox{Exec: exec, Actor: "test"}}
}

func (d *desk) take(text string, read inbox.Reader) inbox.Report {
	d.t.Helper()
	report, err := d.inbox.Take(d.t.Context(), content(text), read, nil)
	require.NoError(d.t, err)
	return report
}

func content(text string) inbox.Content {
	return inbox.Content{Channel: "test", Name: "file.txt", Bytes: []byte(text)}
}

// all is the whole history.
func (d *desk) all() []eventstore.Decoded {
	d.t.Helper()
	var all []eventstore.Decoded
	for r, err := range d.store.ReadAll(context.Background(), eventstore.Start) {
		require.NoError(d.t, err)
		e, err := eventstore.NewCodec(domain.Events()).Decode(r)
		require.NoError(d.t, err)
		all = append(all, e)
	}
	return all
}

func (d *desk) head() eventstore.Position {
	d.t.Helper()
	head, err := d.store.Head(context.Background())
	require.NoError(d.t, err)
	return head
}

func (d *desk) item(id domain.MessageID, name string) *domain.MessageItem {
	d.t.Helper()
	state, err := d.exec.State(d.t.Context(), id.Stream())
	require.NoError(d.t, err)
	return state.(domain.Message).Item(name)
}

func (d *desk) shipment(id domain.ShipmentID) domain.Shipment {
	d.t.Helper()
	state, err := d.exec.State(d.t.Context(), id.Stream())
	require.NoError(d.t, err)
	return state.(domain.Shipment)
}

func ofType[E domain.Event](all []eventstore.Decoded) (found []E) {
	for _, e := range all {
		if e, ok := e.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// lines reads messages of one item a line: "release S1", "refer S1 PO 7", "note
// …" before one of them, "nothing"; anything else is not readable, and a first
// line of "garbage" makes the whole message so.
func lines(_ context.Context, _ domain.MessageID, raw []byte) ([]inbox.Item, error) {
	var items []inbox.Item
	for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if i == 0 && line == "garbage" {
			return nil, errors.New("line 1 is garbage")
		}
		item := inbox.Item{Name: fmt.Sprintf("line %d", i+1), Kind: "test"}
		if rest, noted := strings.CutPrefix(line, "note "); noted {
			line, item.Notes = rest, []string{"spelt oddly"}
		}
		words := strings.Fields(line)
		switch {
		case line == "nothing":
		case len(words) == 2 && words[0] == "release":
			item.Command = release(domain.ShipmentID(words[1]))
		case len(words) == 4 && words[0] == "refer":
			item.Command = refer(domain.ShipmentID(words[1]), words[2], words[3])
		default:
			item.Refusal = &inbox.Refusal{Code: "unreadable", Place: item.Name + ", column 1", Reason: "no such word: " + line, Remedy: "write release or refer"}
		}
		items = append(items, item)
	}
	return items, nil
}

func release(id domain.ShipmentID) domain.Command {
	return domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: "ACME", Currency: "USD", Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}}
}

func refer(id domain.ShipmentID, kind, value string) domain.Command {
	return domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: id, Reference: domain.Reference{Kind: kind, Value: value}}}
}

// failing fails, from some command on, as a process that is killed does.
type failing struct {
	*eventstore.Executor
	mu    sync.Mutex
	fails func(domain.Command) bool
	after bool // the command has its effect, but its answer is lost
}

var errKilled = errors.New("killed")

func (f *failing) Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error) {
	f.mu.Lock()
	fails := f.fails(cmd)
	f.mu.Unlock()
	if fails && !f.after {
		return eventstore.Result{}, errKilled
	}
	result, err := f.Executor.Execute(ctx, cmd, req)
	if fails {
		return eventstore.Result{}, errKilled
	}
	return result, err
}

// bytesKept joins the parts of a message.
func bytesKept(t testing.TB, all []eventstore.Decoded, id domain.MessageID) []byte {
	t.Helper()
	var whole bytes.Buffer
	for i, part := range ofType[domain.MessagePart](all) {
		require.Equal(t, id, part.Message)
		require.Equal(t, i, part.Part)
		whole.Write(part.Content)
	}
	return whole.Bytes()
}
