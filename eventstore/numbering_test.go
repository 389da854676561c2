package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

var errStopped = errors.New("the process was stopped")

// process answers events as the policy says, with ids that derive from them, as
// every process does.
type process struct {
	*eventstore.Executor
	stops func(domain.Command) bool // in front of which command; nil: of none
}

// carry executes a command and whatever follows from it.
func (p process) carry(ctx context.Context, c domain.Command, id uuid.UUID) error {
	if p.stops != nil && p.stops(c) {
		return errStopped
	}
	result, err := p.Execute(ctx, c, eventstore.Request{ID: id, Actor: "test"})
	if err != nil {
		return fmt.Errorf("%s on %s: %w", c.CommandName(), c.Stream(), err)
	}
	for _, e := range result.Events {
		for i, r := range (domain.Policy{}).React(e.Event, e.Meta.RecordedAt) {
			if err := p.carry(ctx, r.Command, uuid.NewSHA1(e.ID, fmt.Appendf(nil, "%d %s", i, r.Command.CommandName()))); err != nil {
				return err
			}
		}
	}
	return nil
}

// load is freight that is billed, billed some more, and credited: an invoice, a
// debit memo and a credit memo of one issuer.
type load struct {
	shipment domain.ShipmentID
	issuer   string
}

func (l load) run(ctx context.Context, p process) error {
	day := domain.DayMoment(2026, 2, 5)
	place := rating.Place{Country: "CA", State: "ON"}
	enter := func(id domain.ChargeID) domain.Command {
		return domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: l.shipment, Charge: id, Kind: domain.Freight, Amount: money.MustParse("100.00", "CAD"), RequestedBy: "billing desk"}}
	}
	steps := []domain.Command{
		domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: l.shipment, Customer: "ACME", Currency: "CAD",
			Stops: []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Where: place}, {Seq: 2, Kind: domain.StopDelivery, Where: place}},
			Terms: domain.Terms{Issuer: l.issuer, Billing: domain.BillingTerms{Cycle: rating.PerShipment}}}},
		enter("F"),
		domain.RecordMilestone{Milestone: domain.Milestone{Shipment: l.shipment, Stop: 2, Kind: domain.Unloaded, At: day}},
		domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: l.shipment, Version: 1, Document: "receipt", SignedBy: "dock", At: day}},
		domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: l.shipment, Version: 1, Outcome: domain.PODClean, By: "billing desk"}},
		enter("LATE"),
	}
	for i, c := range steps {
		if err := p.carry(ctx, c, id(fmt.Sprintf("%s %d", l.shipment, i))); err != nil {
			return err
		}
	}
	s, err := p.State(ctx, l.shipment.Stream())
	if err != nil {
		return err
	}
	return p.carry(ctx, domain.CreditInvoice{Invoice: s.(domain.Shipment).Charges[0].Invoice, Credit: "C1", Reason: "damaged", By: "billing desk"}, id(string(l.shipment)+" credit"))
}

// twoIssuers bill in one store: the default one, and one with series of its own.
func twoIssuers(t testing.TB, p process) {
	raw, err := os.ReadFile(filepath.Join("..", "domain", "tax", "testdata", "rules", "ca.json"))
	require.NoError(t, err)
	rules, err := tax.Decode(raw)
	require.NoError(t, err)
	issuer := func(registrant string, series domain.Series) {
		rules.Registrant = registrant
		for _, c := range []domain.Command{
			domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: registrant, By: "finance desk", Issuer: domain.Issuer{Name: registrant, Book: "CAD",
				Address: domain.Address{Country: "CA"}, Default: series == domain.Series{}, Series: series}}},
			domain.AdoptTaxRules{Rules: rules, By: "finance desk"},
		} {
			require.NoError(t, p.carry(t.Context(), c, id(registrant+c.CommandName())))
		}
	}
	issuer("SOUTH", domain.Series{})
	issuer("NORTH", domain.Series{Invoice: "NO", Debit: "NOD", Credit: "NOC"})
	require.NoError(t, p.carry(t.Context(), domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "ACME", Source: "test", Master: domain.CustomerMaster{
		Name: "Acme", TermsDays: 30, Credit: domain.CreditGood, Active: true, TaxStatus: tax.Business, BillingTo: domain.Address{Country: "CA", Region: "ON"}}}}, id("ACME")))
}

func TestRule34EverySeriesOfEveryIssuerIsGapFreeWhateverStops(t *testing.T) {
	const workers, each = 2, 4
	store, _ := open(t, t.TempDir())
	setup := process{Executor: executor(store)}
	twoIssuers(t, setup)

	// Given processes that bill freight of both issuers at once. Some are
	// stopped: when a document was sealed or asked for and has no number, and
	// when it has one and nobody was told …
	stops := []func(domain.Command) bool{
		nil,
		func(c domain.Command) bool {
			a, ok := c.(domain.AssignNumber)
			return ok && a.For.Credit != "" && a.Series == "CM-2026"
		},
		func(c domain.Command) bool { a, ok := c.(domain.AssignNumber); return ok && a.Series == "DM-2026" },
		func(c domain.Command) bool { a, ok := c.(domain.AssignNumber); return ok && a.Series == "NO-2026" },
		func(c domain.Command) bool { _, ok := c.(domain.IssueCredit); return ok },
		func(c domain.Command) bool { _, ok := c.(domain.IssueInvoice); return ok },
	}
	var g errgroup.Group
	var loads []load
	stopped := make([]bool, len(stops)*workers)
	for n, stop := range stops {
		x := executor(store)
		for w := range workers {
			var mine []load
			for i := range each {
				mine = append(mine, load{domain.ShipmentID(fmt.Sprintf("SH%d-%d-%d", n, w, i)), []string{"", "NORTH"}[(i+w)%2]})
			}
			loads = append(loads, mine...)
			g.Go(func() error {
				for _, l := range mine {
					if err := l.run(t.Context(), process{x, stop}); errors.Is(err, errStopped) {
						stopped[n*workers+w] = true
						return nil
					} else if err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	require.NoError(t, g.Wait())
	for i, was := range stopped {
		require.Equal(t, stops[i/workers] != nil, was, "process %d", i/workers)
	}
	issued := func() (documents map[domain.NumberFor]string) {
		documents = map[domain.NumberFor]string{}
		for r, err := range store.ReadAll(t.Context(), eventstore.Start) {
			require.NoError(t, err)
			e, err := codec.Decode(r)
			require.NoError(t, err)
			switch e := e.Event.(type) {
			case domain.InvoiceIssued:
				documents[domain.NumberFor{Invoice: e.Invoice}] = e.Number
			case domain.CreditIssued:
				documents[domain.NumberFor{Invoice: e.Invoice, Credit: e.Credit.ID}] = e.Number
			}
		}
		return documents
	}
	require.Less(t, len(issued()), 3*len(loads))

	// … when several others carry all of it on, at the same time
	var others errgroup.Group
	for range 3 {
		p := process{Executor: executor(store)}
		others.Go(func() error {
			for _, l := range loads {
				if err := l.run(t.Context(), p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, others.Wait())

	// Then each series goes from 1 without a gap, no document has two numbers,
	// and each was issued under its own.
	documents := issued()
	require.Len(t, documents, 3*len(loads))
	for _, series := range []string{"INV", "DM", "CM", "NO", "NOD", "NOC"} {
		given := history(t, store, domain.SeriesStream(series+"-2026"))
		require.Len(t, given, len(loads)/2, series)
		for i, e := range given {
			n := e.Event.(domain.NumberAssigned)
			require.Equal(t, int64(i+1), n.N)
			require.Equal(t, fmt.Sprintf("%s-2026-%06d", series, i+1), n.Number)
			require.Equal(t, n.Number, documents[n.For])
			delete(documents, n.For)
		}
	}
	require.Empty(t, documents)
}
