package freightgen_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi"
	"github.com/freightledger/freightledger/integrations/freightgen"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// ledger is everything between a file and an issued invoice, with a clock that
// stands long after the freight was moved.
type ledger struct {
	t     testing.TB
	store *embedded.Store
	exec  *eventstore.Executor
	inbox inbox.Inbox
	codec eventstore.Codec
	flow  *flow.Reactor
}

func open(t testing.TB) *ledger {
	t.Helper()
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	store, err := embedded.Open(filepath.Join(dir, "history"), embedded.Options{MinFree: -1, Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	codec := eventstore.NewCodec(domain.Events())
	clock := func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }
	exec := eventstore.NewExecutor(store, codec, clock)
	reactor, err := flow.Open(t.Context(), filepath.Join(dir, "flow.db"), store, codec, exec, domain.Policy{}, flow.Options{Clock: clock, Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, reactor.Close()) })
	return &ledger{t, store, exec, inbox.Inbox{Exec: exec, Actor: "import"}, codec, reactor}
}

func (l *ledger) sync(customers []freightgen.Customer) {
	l.t.Helper()
	for _, c := range customers {
		cmd := domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: domain.CustomerID(c.Code), Source: "test",
			Master: domain.CustomerMaster{Name: c.Name, TermsDays: c.TermsDays, Credit: domain.CreditGood, Active: true, Currency: "USD"}}}
		_, err := l.exec.Execute(l.t.Context(), cmd, eventstore.Request{ID: inbox.Correlation("sync " + c.Code)})
		require.NoError(l.t, err)
	}
}

func (l *ledger) take(file freightgen.File) inbox.Report {
	l.t.Helper()
	read := desk.Items
	if file.Channel == edi.Channel {
		read = (&edi.Mapper{Shipments: edi.States{Exec: l.exec}}).Items
	}
	report, err := l.inbox.Take(l.t.Context(), inbox.Content{Channel: file.Channel, Name: file.Name, Bytes: file.Content}, read, nil)
	require.NoError(l.t, err)
	return report
}

func (l *ledger) settle() {
	l.t.Helper()
	done, err := l.flow.Settle(l.t.Context(), nil)
	require.NoError(l.t, err)
	require.Zero(l.t, done.Refused)
}

// billed sums the lines of every invoice by kind, and counts its shipments.
func (l *ledger) billed() (sums map[domain.ChargeKind]decimal.Decimal, shipments map[domain.ShipmentID]bool) {
	l.t.Helper()
	sums, shipments = map[domain.ChargeKind]decimal.Decimal{}, map[domain.ShipmentID]bool{}
	codec := eventstore.NewCodec(domain.Events())
	seen := map[domain.ChargeRef]string{}
	for r, err := range l.store.ReadAll(context.Background(), eventstore.Start) {
		require.NoError(l.t, err)
		e, err := codec.Decode(r)
		require.NoError(l.t, err)
		issued, ok := e.Event.(domain.InvoiceIssued)
		if !ok {
			continue
		}
		for _, line := range issued.Lines {
			ref := domain.ChargeRef{Shipment: line.Shipment, Charge: line.Charge}
			require.Empty(l.t, seen[ref], "charge %v is billed twice", ref)
			seen[ref] = issued.Number
			sums[line.Kind] = sums[line.Kind].Add(line.Amount.Amount())
			shipments[line.Shipment] = true
		}
	}
	return sums, shipments
}

// why names the ending that keeps a shipment from being billed.
func why(s domain.Shipment) string {
	holds := strings.Join(s.BillingHolds(), "; ")
	switch {
	case holds == "":
		return ""
	case strings.Contains(holds, "not delivered"):
		return "not delivered yet"
	case strings.Contains(holds, "exception "+domain.Refused):
		return "refused, unresolved"
	case strings.Contains(holds, "exception "+domain.ExceptionPODNotes):
		return "proof of delivery with exceptions"
	case strings.Contains(holds, "no verified proof"):
		return "no proof of delivery"
	case strings.Contains(holds, "waits for approval"):
		return "accessorial waits for approval"
	}
	return holds
}

// What goes in as files comes out as invoices of exactly what the generator's
// plan says, which knows nothing of the ledger's rules.
func TestWhatIsBilledIsWhatWasPlanned(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			const shipments = 300
			f := generated(t, freightgen.Options{Seed: seed, Shipments: shipments, Contracts: 100})
			l := open(t)
			l.sync(f.Customers)
			for _, file := range f.Files {
				report := l.take(file)
				require.Empty(t, report.Refused, file.Name)
			}
			l.settle()

			// Then every shipment is billed, or held for the reason that was planned
			held := map[string]int{}
			heldMoney, rejected := decimal.Zero, decimal.Zero
			sums, billed := l.billed()
			for i := range shipments {
				id := domain.ShipmentID(fmt.Sprintf("SH-%06d", i+1))
				state, err := l.exec.State(t.Context(), id.Stream())
				require.NoError(t, err)
				s := state.(domain.Shipment)
				reason := why(s)
				require.Equal(t, reason == "", billed[id], "%s: %v", id, s.BillingHolds())
				if reason != "" {
					held[reason]++
				}
				for _, c := range s.Charges {
					switch c.Status {
					case domain.ChargeRefused:
						rejected = rejected.Add(c.Amount.Amount())
					case domain.ChargeReady, domain.ChargePending:
						heldMoney = heldMoney.Add(c.Amount.Amount())
					}
				}
			}
			require.Equal(t, f.Truth.Held, held)
			require.Len(t, billed, f.Truth.Billable)

			// And the money is the same to the cent
			require.Equal(t, f.Truth.Freight.StringFixed(2), sums[domain.Freight].StringFixed(2))
			require.Equal(t, f.Truth.Fuel.StringFixed(2), sums[domain.FuelSurcharge].StringFixed(2))
			require.Equal(t, f.Truth.Accessorial.StringFixed(2), sums[domain.Accessorial].StringFixed(2))
			require.Len(t, sums, 3)

			// And every amount of it can be computed again from the history
			again, err := recompute.Run(t.Context(), l.store, l.codec, nil)
			require.NoError(t, err)
			require.Empty(t, again.Differences)
			require.Equal(t, 100, again.Ratings)
			require.Equal(t, f.Truth.HeldMoney.StringFixed(2), heldMoney.StringFixed(2))
			require.Equal(t, f.Truth.Rejected.StringFixed(2), rejected.StringFixed(2))

			// When everything comes again, nothing happens
			head, err := l.store.Head(t.Context())
			require.NoError(t, err)
			for _, file := range f.Files {
				report := l.take(file)
				require.True(t, report.Known)
				require.Zero(t, report.Events)
			}
			l.settle()
			after, err := l.store.Head(t.Context())
			require.NoError(t, err)
			require.Equal(t, head, after)
		})
	}
}
