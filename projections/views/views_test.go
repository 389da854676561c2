package views_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

// desk is a freight desk whose read models follow it when told.
type desk struct {
	*seeded.Desk
	*views.Views
	runner      *projections.Runner
	react       *flow.Reactor
	held, moved int // by hand
}

func open(t *testing.T, seed uint64) *desk {
	d := &desk{Desk: seeded.Open(t, seed)}
	list := views.Projections()
	db, err := views.Open(t.Context(), filepath.Join(t.TempDir(), "views.db"), list, d.Log)
	require.NoError(t, err)
	d.Views = views.New(db)
	d.runner, err = projections.NewRunner(t.Context(), db, d.Store, d.Codec, list, projections.Options{Logger: d.Log})
	require.NoError(t, err)
	d.react, err = flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, domain.Policy{Grace: 24 * time.Hour, Quiet: time.Hour, ByPeriod: true},
		flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, d.react.Close())
		require.NoError(t, db.Close())
	})
	return d
}

// byHand holds a candidate, and splits a line of it off.
func (d *desk) byHand() {
	d.settle()
	list, err := d.Invoices(d.T.Context(), views.InvoiceFilter{Status: domain.InvoiceOpen})
	require.NoError(d.T, err)
	for _, v := range list {
		if v.Lines < 2 {
			continue
		}
		lines, err := d.InvoiceLines(d.T.Context(), v.ID, domain.ChargeRef{}, 1)
		require.NoError(d.T, err)
		if _, ok := d.Try(domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: v.ID, Reason: domain.HoldByHand, Detail: "looked into", By: "billing desk"}}); ok {
			d.held++
		}
		if _, ok := d.Try(domain.MoveLines{Invoice: v.ID, Part: "apart", Lines: []domain.ChargeRef{{Shipment: lines[0].Shipment, Charge: lines[0].Charge}}, By: "billing desk", Reason: "looked into"}); ok {
			d.moved++
		}
		d.settle()
		d.Try(domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v.ID, Reason: domain.HoldByHand, By: "finance desk"}})
		return
	}
}

func (d *desk) settle() {
	_, err := d.react.Settle(d.T.Context(), nil)
	require.NoError(d.T, err)
	_, err = d.runner.CatchUp(d.T.Context(), nil)
	require.NoError(d.T, err)
	require.NoError(d.T, d.runner.Verify(d.T.Context()))
}

// bill lets so much time pass that everything delivered is billed.
func (d *desk) bill() {
	for range 2 {
		d.settle()
		d.Pass(40 * 24 * time.Hour)
	}
	d.settle()
}

func TestReadModelsSayWhatTheDomainSays(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		d := open(t, seed)
		// Given a random history
		for range 10 {
			d.Steps(70)
			d.byHand()
			d.Pass(15 * 24 * time.Hour)
			d.settle()
		}
		require.NotZero(t, d.held, "nothing was held by hand")
		require.NotZero(t, d.moved, "nothing was moved by hand")
		ctx := t.Context()

		// Then at every position what was earned is billed, unbilled, waived or
		// written off
		revenue, all := domaintest.NewRevenue(), d.All()
		for i, e := range all {
			revenue.Fold(domain.Stream(e.Stream), e.Event)
			if i+1 < len(all) && all[i+1].Meta.Command == e.Meta.Command {
				continue // recorded together
			}
			_, err := revenue.Check()
			require.NoError(t, err, "event %d of %s", e.Revision, e.Stream)
		}

		// and every shipment, invoice, payment and posting stands in its read
		// model as the domain folds it; pages of three miss none
		shipments := paged(t, func(after string) ([]views.Shipment, error) {
			return d.Shipments(ctx, views.ShipmentFilter{Page: views.Page{After: after, Limit: 3}})
		}, func(s views.Shipment) string { return string(s.ID) })
		streams := map[domain.Stream]bool{}
		for _, e := range d.All() {
			streams[domain.Stream(e.Stream)] = true
		}
		charges := 0
		for stream := range streams {
			state, err := d.Exec.State(ctx, stream)
			require.NoError(t, err)
			switch s := state.(type) {
			case domain.Shipment:
				i := slices.IndexFunc(shipments, func(v views.Shipment) bool { return v.ID == s.ID })
				require.GreaterOrEqual(t, i, 0)
				v := shipments[i]
				require.Equal(t, s.Status(), v.Status)
				require.Equal(t, s.Delivered.Local, v.Delivered)
				require.Equal(t, s.POD.State, v.POD)
				require.Equal(t, s.OpenExceptions(), v.Exceptions)
				require.ElementsMatch(t, s.BillingHolds(), v.Holds)
				require.ElementsMatch(t, s.References, v.References)
				charges += len(s.Charges)
				d.requireCharges(s)
			case domain.Invoice:
				v, ok, err := d.Invoice(ctx, string(s.ID))
				require.NoError(t, err)
				require.True(t, ok)
				d.requireInvoice(s, v)
			case domain.Payment:
				v, ok, err := d.Payment(ctx, s.ID)
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, s.Held, v.Hold)
				if s.Received && !s.Reversed {
					left, err := s.Unallocated()
					require.NoError(t, err)
					require.Equal(t, left, v.Unapplied)
				}
			case domain.Posting:
				v, ok, err := d.Posting(ctx, s.Document)
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, s, domain.Posting{Document: v.Document, Kind: v.Kind, Subject: v.Subject, Status: v.Status, Date: v.Date, ERPID: v.ERPID, Code: v.Code})
			case domain.Dispute:
				found, err := d.Disputes(ctx, views.DisputeFilter{Invoice: s.Invoice})
				require.NoError(t, err)
				require.True(t, slices.ContainsFunc(found, func(v views.Dispute) bool { return v.ID == s.ID && v.Status == s.Status }))
			case domain.Message:
				v, ok, err := d.Views.Message(ctx, s.ID)
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, len(s.Items), v.Applied+v.Refused+v.Dismissed)
				require.Equal(t, s.Kept, v.Kept)
			case domain.Customer:
				v, ok, err := d.Customer(ctx, s.ID)
				if s.ID == "" { // known only by a candidate that it blocks
					continue
				}
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, s.Master, v.CustomerMaster)
				require.Len(t, v.Waiting, len(s.Waiting))
			}
		}

		// And every charge is accounted for
		dispositions, err := d.Dispositions(ctx)
		require.NoError(t, err)
		counted := 0
		for _, x := range dispositions {
			counted += x.Count
		}
		require.Equal(t, charges, counted)
		unbilled, err := d.Charges(ctx, views.ChargeFilter{NotBilled: true, Limit: views.MaxLimit})
		require.NoError(t, err)
		require.NotEmpty(t, unbilled)
		for _, c := range unbilled {
			require.NotEmpty(t, c.Reason, "charge %s of %s is %s for no reason", c.Charge, c.Shipment, c.Disposition)
			require.NotEqual(t, views.Billed, c.Disposition)
		}
		summary, err := d.Summary(ctx)
		require.NoError(t, err)
		require.EqualValues(t, len(d.All()), summary.Events)
	}
}

func (d *desk) requireCharges(s domain.Shipment) {
	d.T.Helper()
	rows, err := d.Charges(d.T.Context(), views.ChargeFilter{Shipment: s.ID})
	require.NoError(d.T, err)
	require.Len(d.T, rows, len(s.Charges))
	for _, c := range s.Charges {
		i := slices.IndexFunc(rows, func(r views.Charge) bool { return r.Charge == c.ID })
		require.GreaterOrEqual(d.T, i, 0)
		require.Equal(d.T, c.Status, rows[i].Status)
		require.Equal(d.T, c.Amount, rows[i].Amount)
		require.Equal(d.T, c.Invoice, rows[i].Invoice)
		require.Equal(d.T, c.BilledBy, rows[i].BilledBy)
		require.Equal(d.T, c.ApprovedBy, rows[i].ApprovedBy)
		require.Equal(d.T, c.Source, rows[i].Source)
	}
}

func (d *desk) requireInvoice(s domain.Invoice, v views.Invoice) {
	d.T.Helper()
	require.Equal(d.T, s.Status, v.Status)
	require.Equal(d.T, s.Number, v.Number)
	require.Equal(d.T, s.Posted, v.Posted)
	require.Equal(d.T, s.DueDate, v.DueDate)
	require.ElementsMatch(d.T, s.Holds, v.Holds)
	require.Len(d.T, v.Held, len(s.Holds))
	for i, h := range v.Held {
		require.Equal(d.T, s.Holds[i], h.Reason)
		require.Equal(d.T, domain.HoldTypeOf(h.Reason).Remedy, h.Remedy)
		require.False(d.T, h.Since.Before(v.Opened) || h.Since.After(v.Changed))
	}
	require.Equal(d.T, len(s.Lines), v.Lines)
	if s.Number != "" {
		require.Equal(d.T, s.Net, v.Net)
		require.Equal(d.T, s.Total, v.Total)
	}
	if s.Number != "" && s.Status != domain.InvoiceIsVoid {
		open, err := s.Open()
		require.NoError(d.T, err)
		require.Equal(d.T, open, v.Open)
	}
	var lines []domain.BillLine
	for after := (domain.ChargeRef{}); ; {
		page, err := d.InvoiceLines(d.T.Context(), s.ID, after, 3)
		require.NoError(d.T, err)
		if len(page) == 0 {
			break
		}
		for _, line := range page {
			lines = append(lines, line.BillLine)
			after = domain.ChargeRef{Shipment: line.Shipment, Charge: line.Charge}
		}
	}
	require.ElementsMatch(d.T, s.Lines, lines)
}

func paged[T any](t *testing.T, get func(after string) ([]T, error), key func(T) string) (all []T) {
	t.Helper()
	for after := ""; ; {
		page, err := get(after)
		require.NoError(t, err)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = key(page[len(page)-1])
	}
}
