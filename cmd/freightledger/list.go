package main

import (
	"context"

	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/spf13/cobra"
)

func (a *app) listCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List shipments, charges, invoices, receivables, what is held and why",
		Example: `  freightledger list held
  freightledger list invoices --limit 500 --json`,
	}
	var limit int
	cmd.PersistentFlags().IntVar(&limit, "limit", 50, "at most so many rows; 0 for all")
	add := func(use, short, example string, list func(ctx context.Context, v *views.Views, limit int) (any, table, error)) *cobra.Command {
		sub := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.withViews(cmd.Context(), func(ctx context.Context, v *views.Views) error {
					if limit <= 0 {
						limit = int(^uint(0) >> 1)
					}
					rows, t, err := list(ctx, v, limit)
					if err != nil {
						return err
					}
					if a.json {
						return a.printJSON(rows)
					}
					return t.flush()
				})
			}}
		cmd.AddCommand(sub)
		return sub
	}
	add("shipments", "Shipments with their state", "  freightledger list shipments --limit 0 --json", a.listShipments)
	add("charges", "How charges stand, summed by kind and disposition", "  freightledger list charges", a.listDispositions)
	add("held", "Charges that are not billed, one by one, and why", "  freightledger list held --limit 0", a.listHeld)
	add("exceptions", "Open exceptions that hold a bill", "  freightledger list exceptions", a.listExceptions)
	var held bool
	add("invoices", "Invoices and candidates", `  freightledger list invoices
  freightledger list invoices --held`, func(ctx context.Context, v *views.Views, limit int) (any, table, error) {
		return a.listInvoices(ctx, v, limit, held)
	}).Flags().BoolVar(&held, "held", false, "candidates that are held: by what, since when and who ends it")
	var open bool
	add("disputes", "What customers contest, and how it was decided", "  freightledger list disputes --open",
		func(ctx context.Context, v *views.Views, limit int) (any, table, error) {
			return a.listDisputes(ctx, v, open, limit)
		}).
		Flags().BoolVar(&open, "open", false, "only those that wait for a decision")
	a.listAccounts(add)
	add("postings", "Documents that the ERP does not hold yet", "  freightledger list postings", a.listPostings)
	add("payments", "Payments with cash that is not applied", "  freightledger list payments", a.listPayments)
	a.listBanking(add)
	return cmd
}

// pages collects pages until there are enough rows or no more.
func pages[T any](limit int, next func(limit int) ([]T, error)) ([]T, error) {
	var all []T
	for len(all) < limit {
		page, err := next(min(limit-len(all), views.MaxLimit))
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) == 0 {
			break
		}
	}
	if all == nil {
		all = []T{} // JSON says [] and not null
	}
	return all, nil
}

func (a *app) listShipments(ctx context.Context, v *views.Views, limit int) (any, table, error) {
	var f views.ShipmentFilter
	rows, err := pages(limit, func(n int) ([]views.Shipment, error) {
		f.Limit = n
		page, err := v.Shipments(ctx, f)
		if len(page) > 0 {
			f.After = string(page[len(page)-1].ID)
		}
		return page, err
	})
	t := a.table("shipment", "customer", "mode", "status", "delivered", "POD", "charged", "held by")
	for _, s := range rows {
		t.row(s.ID, s.Customer, s.Mode, s.Status, s.Delivered, s.POD, s.Charged.Grouped(), strings.Join(s.Holds, "; "))
	}
	return rows, t, err
}

func (a *app) listDispositions(ctx context.Context, v *views.Views, _ int) (any, table, error) {
	rows, err := v.Dispositions(ctx)
	t := a.table("kind", "disposition", "charges", "without figure", "amount")
	for _, d := range rows {
		t.row(d.Kind, d.Disposition, d.Count, d.NoFigure, show(d.Amount))
	}
	return rows, t, err
}

func (a *app) listHeld(ctx context.Context, v *views.Views, limit int) (any, table, error) {
	rows := []views.Charge{} // JSON says [] and not null
	f := views.ChargeFilter{NotBilled: true, Limit: views.MaxLimit}
	for len(rows) < limit {
		page, err := v.Charges(ctx, f)
		if err != nil {
			return nil, a.table(), err
		}
		if len(page) == 0 {
			break
		}
		last := page[len(page)-1]
		f.After = domain.ChargeRef{Shipment: last.Shipment, Charge: last.Charge}
		page = slices.DeleteFunc(page, func(c views.Charge) bool {
			return c.Status == domain.ChargeIsLinked || c.Status == domain.ChargeUnbillable
		})
		rows = append(rows, page[:min(len(page), limit-len(rows))]...)
	}
	t := a.table("shipment", "charge", "kind", "stands", "amount", "why")
	for _, c := range rows {
		t.row(c.Shipment, c.Charge, c.Kind, c.Disposition, show(c.Amount), c.Reason)
	}
	return rows, t, nil
}

func show(m money.Money) string {
	if !m.IsSet() {
		return "no figure"
	}
	return m.Grouped() + " " + string(m.Currency())
}

func (a *app) listExceptions(ctx context.Context, v *views.Views, limit int) (any, table, error) {
	var after views.ExceptionKey
	rows, err := pages(limit, func(n int) ([]views.Exception, error) {
		page, err := v.Exceptions(ctx, after, n, false)
		if len(page) > 0 {
			last := page[len(page)-1]
			after = views.ExceptionKey{Shipment: last.Shipment, Exception: last.Exception}
		}
		return page, err
	})
	t := a.table("shipment", "exception", "kind", "detail", "place")
	for _, x := range rows {
		t.row(x.Shipment, x.Exception, x.Kind, x.Detail, x.Source.Place)
	}
	return rows, t, err
}

func (a *app) listInvoices(ctx context.Context, v *views.Views, limit int, held bool) (any, table, error) {
	var f views.InvoiceFilter
	if held {
		f.Status = domain.InvoiceIsHeld
	}
	rows, err := pages(limit, func(n int) ([]views.Invoice, error) {
		f.Limit = n
		page, err := v.Invoices(ctx, f)
		if len(page) > 0 {
			f.After = string(page[len(page)-1].ID)
		}
		return page, err
	})
	if held {
		t := a.table("candidate", "total", "hold", "since", "waits for", "ends", "detail")
		for _, i := range rows {
			for _, h := range i.Held {
				t.row(i.ID, show(i.Total), h.Reason, h.Since.UTC().Format(domain.DayLayout), h.Waits, h.Who, h.Detail)
			}
		}
		return rows, t, err
	}
	t := a.table("number", "id", "customer", "period", "status", "due", "lines", "total", "open")
	for _, i := range rows {
		t.row(i.Number, i.ID, i.Customer, i.Period, i.Status, i.DueDate, i.Lines, show(i.Total), show(i.Open))
	}
	return rows, t, err
}

func (a *app) listDisputes(ctx context.Context, v *views.Views, open bool, limit int) (any, table, error) {
	f := views.DisputeFilter{OpenOnly: open}
	rows, err := pages(limit, func(n int) ([]views.Dispute, error) {
		f.Limit = n
		page, err := v.Disputes(ctx, f)
		if len(page) > 0 {
			f.After = string(page[len(page)-1].ID)
		}
		return page, err
	})
	t := a.table("dispute", "invoice", "amount", "why", "opened", "answer due", "status", "with", "decided by", "because", "credit memo")
	for _, d := range rows {
		why := string(d.Code)
		if d.Reason != why { // a short pay may state the code alone
			why = strings.TrimSpace(why + " " + d.Reason)
		}
		t.row(d.ID, d.Invoice, show(d.Amount), why, d.OpenedOn, d.AnswerDue, d.Status, d.EscalatedTo, d.DecidedBy, d.Decision, d.Credit)
	}
	return rows, t, err
}

func (a *app) listPostings(ctx context.Context, v *views.Views, limit int) (any, table, error) {
	var rows []views.Posting
	for _, status := range []domain.PostingStatus{domain.PostingAsked, domain.PostingWasNot, domain.PostingIsParked} {
		f := views.PostingFilter{Status: status}
		some, err := pages(limit-len(rows), func(n int) ([]views.Posting, error) {
			f.Limit = n
			page, err := v.Postings(ctx, f)
			if len(page) > 0 {
				f.After = page[len(page)-1].Document
			}
			return page, err
		})
		if err != nil {
			return nil, a.table(), err
		}
		rows = append(rows, some...)
	}
	t := a.table("document", "kind", "status", "date", "code", "message")
	for _, p := range rows {
		t.row(p.Document, p.Kind, p.Status, p.Date, p.Code, p.Message)
	}
	return rows, t, nil
}

func (a *app) listPayments(ctx context.Context, v *views.Views, limit int) (any, table, error) {
	f := views.PaymentFilter{Unapplied: true}
	rows, err := pages(limit, func(n int) ([]views.Payment, error) {
		f.Limit = n
		page, err := v.Payments(ctx, f)
		if len(page) > 0 {
			f.After = string(page[len(page)-1].ID)
		}
		return page, err
	})
	t := a.table("payment", "customer", "date", "amount", "unapplied", "hold")
	for _, p := range rows {
		t.row(p.ID, p.Customer, p.Date, show(p.Received), show(p.Unapplied), p.Hold)
	}
	return rows, t, err
}
