package edi

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

var sampleFolder = filepath.Join("..", "..", "..", "shared", "samples")

// sample reads a real file, or skips aloud where the samples are not at hand.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(sampleFolder, filepath.FromSlash(name)))
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("the sample files must be present: %v", err)
	}
	if err != nil {
		t.Skipf("skipped: the sample files are not present: %v", err)
	}
	return body
}

// ledger is a real store with the inbox and the mapper before it.
type ledger struct {
	t      testing.TB
	exec   *eventstore.Executor
	inbox  *inbox.Inbox
	mapper *Mapper
}

func newLedger(t testing.TB) *ledger {
	t.Helper()
	l, closeStore := openLedger(t, t.TempDir(), embedded.Options{MinFree: -1})
	t.Cleanup(closeStore)
	return l
}

func openLedger(t testing.TB, dir string, options embedded.Options) (l *ledger, closeStore func()) {
	t.Helper()
	store, err := embedded.Open(dir, options)
	require.NoError(t, err)
	exec := eventstore.NewExecutor(store, eventstore.NewCodec(domain.Events()), func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) })
	return &ledger{t: t, exec: exec, inbox: &inbox.Inbox{Exec: exec, Actor: "test"}, mapper: &Mapper{Shipments: States{exec}}},
		func() { require.NoError(t, store.Close()) }
}

func content(body []byte) inbox.Content {
	return inbox.Content{Channel: Channel, Name: "file.x12", Bytes: body}
}

func (l *ledger) take(body []byte) inbox.Report {
	l.t.Helper()
	report, err := l.inbox.Take(context.Background(), content(body), l.mapper.Items, nil)
	require.NoError(l.t, err)
	return report
}

// accept takes a file in of which nothing may be refused.
func (l *ledger) accept(body []byte) inbox.Report {
	l.t.Helper()
	report := l.take(body)
	require.Empty(l.t, report.Refused)
	return report
}

func (l *ledger) shipment(id domain.ShipmentID) domain.Shipment {
	l.t.Helper()
	s, err := States{l.exec}.Shipment(context.Background(), id)
	require.NoError(l.t, err)
	return s
}

// items maps a file on its own.
func (l *ledger) items(body []byte) []inbox.Item {
	l.t.Helper()
	items, err := l.mapper.Items(context.Background(), content(body).ID(), body)
	require.NoError(l.t, err)
	return items
}

// only is the single item of a file with one set.
func (l *ledger) only(body []byte) inbox.Item {
	l.t.Helper()
	items := l.items(body)
	require.Len(l.t, items, 1)
	return items[0]
}

// refused is the refusal of a file with one set.
func (l *ledger) refused(body []byte) inbox.Refusal {
	l.t.Helper()
	item := l.only(body)
	require.NotNil(l.t, item.Refusal, "%v", item.Command)
	require.Nil(l.t, item.Command)
	require.NotEmpty(l.t, item.Refusal.Place)
	require.NotEmpty(l.t, item.Refusal.Reason)
	require.NotEmpty(l.t, item.Refusal.Remedy)
	return *item.Refusal
}

// made are the commands of an item that is taken in.
func made(t testing.TB, item inbox.Item) []domain.Command {
	t.Helper()
	require.Nil(t, item.Refusal)
	if batch, ok := item.Command.(domain.Together); ok {
		return batch
	}
	return []domain.Command{item.Command}
}

// written is a transaction set to be written: its id and its segments, one a
// line, elements parted by "*".
type written struct{ id, body string }

// envelope says how an interchange is written.
type envelope struct {
	control int
	at      time.Time
}

// interchange writes sets in order, a group each.
func interchange(t testing.TB, e envelope, sets ...written) []byte {
	t.Helper()
	if e.at.IsZero() {
		e.at = time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC)
	}
	b, err := x12.NewInterchange(x12.Options{Sender: "SHIPPER", Receiver: "CARRIER", Control: e.control, At: e.at})
	require.NoError(t, err)
	groups := map[string]string{"204": "SM", "990": "GF", "214": "QM", "820": "RA", "997": "FA", "824": "AG", "210": "IM"}
	for i, s := range sets {
		require.NoError(t, b.Group(x12.GroupOptions{FunctionalID: groups[s.id], Control: i + 1}))
		var segments [][]string
		for _, line := range strings.Split(strings.TrimSpace(s.body), "\n") {
			segments = append(segments, strings.Split(strings.TrimSpace(line), "*"))
		}
		require.NoError(t, b.Transaction(s.id, "0001", segments...))
	}
	body, err := b.Bytes()
	require.NoError(t, err)
	return body
}

// single writes one set in an interchange.
func single(t testing.TB, id, body string) []byte {
	t.Helper()
	return interchange(t, envelope{control: 1}, written{id, body})
}

const orderBody = `
B2**ACME**LOAD-1**PP
B2A*00*LT
L11*PO-9*PO
L11*BOL-9*BM
C3*USD
N1*BT*Paper Mill*93*MILL
S5*1*CL
L11*PO-9*PO
G62*37*20260210*I*0800
G62*38*20260210*K*1200
AT8*G*L*1000
N1*SH*Mill
N4*CHICAGO*IL*60607*US
S5*2*CU
G62*53*20260211*G*0900
G62*54*20260211*L*1700
N1*CN*Printer
N4*COLUMBUS*OH*43215*US
L3*1000*G*500.00*FR*50000`

const acceptBody = `
B1*ACME*LOAD-1*20260209*A
N9*CN*PRO-7`

func statusBody(at7 string, more ...string) string {
	return "B10*PRO-7*LOAD-1*ACME\nLX*1\n" + at7 + "\n" + strings.Join(more, "\n")
}

var (
	orderSet  = written{"204", orderBody}
	acceptSet = written{"990", acceptBody}
)

// released is a ledger that knows the order LOAD-1.
func released(t testing.TB) *ledger {
	t.Helper()
	l := newLedger(t)
	l.accept(interchange(t, envelope{control: 900}, orderSet))
	return l
}

func instantOf(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

// requireNote asks for a note that holds the words.
func requireNote(t testing.TB, item inbox.Item, words string) {
	t.Helper()
	require.Contains(t, strings.Join(item.Notes, "\n"), words)
}
