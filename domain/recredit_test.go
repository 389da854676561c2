package domain_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// creditedAgain decides every credit of a ledger again, on its invoice as it was
// before, and names them.
func creditedAgain(t require.TestingT, l *ledger) (ids []string) {
	for _, v := range l.invoices() {
		for i, e := range l.streams[v.ID.Stream()] {
			before := l.states[v.ID.Stream()][i].(domain.Invoice)
			var again domain.Event
			var err error
			switch e := e.(type) {
			case domain.CreditRequested:
				again, err = e.CreditedAgain(before, l.upheld(e.Credit))
			case domain.CreditIssued:
				again, err = e.IssuedAgain(before, l.given(v.ID, e.ID))
				ids = append(ids, e.ID)
			default:
				continue
			}
			require.NoError(t, err)
			require.Equal(t, asStored(t, e), asStored(t, again))
		}
	}
	return ids
}

// upheld is what the dispute of a credit found for the customer.
func (l *ledger) upheld(c domain.Credit) (lines []domain.CreditLine) {
	id, follows := c.Dispute()
	if !follows {
		return nil
	}
	for _, e := range l.streams[id.Stream()] {
		switch e := e.(type) {
		case domain.DisputeUpheld:
			lines = e.Lines
		case domain.DisputePartlyUpheld:
			lines = e.Lines
		}
	}
	return lines
}

// given is the number that a credit memo got.
func (l *ledger) given(v domain.InvoiceID, credit string) domain.NumberAssigned {
	for _, e := range l.all {
		if e, ok := e.(domain.NumberAssigned); ok && e.For == (domain.NumberFor{Invoice: v, Credit: credit}) {
			return e
		}
	}
	return domain.NumberAssigned{}
}

func asStored(t require.TestingT, e domain.Event) string {
	text, err := json.Marshal(e)
	require.NoError(t, err)
	return string(text)
}

// creditedInQuebec has given 31.95 and its tax back: a part, a part that a
// dispute found, and the rest.
func creditedInQuebec(t *testing.T) (*ledger, domain.InvoiceID) {
	t.Helper()
	l, v := taxedInvoice(t, "31.95")
	l.must(t, give(v, "C1", "10.65", ""),
		domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v, Dispute: "D1", Reason: "damaged", DisputeTerms: domain.DisputeTerms{Code: domain.ReasonPricing, Opened: "2025-08-01"},
			Lines: []domain.CreditLine{{Shipment: "SH-1", Charge: "F", Amount: cad("10.00"), Tax: cad("1.50")}}}},
		domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", By: "desk", Reason: "it was", Lines: []domain.CreditLine{{Shipment: "SH-1", Charge: "F", Amount: cad("5.00"), Tax: cad("0.75")}}}},
		domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: v, Number: l.invoice(v).Number}},
		domain.CancelInvoice{Invoice: v, Date: "2025-09-01", Reason: "wrong customer", By: "billing desk"})
	return l, v
}

func TestRule36ACreditIsDecidedAgainFromWhatWasGivenBackBefore(t *testing.T) {
	l, _ := creditedInQuebec(t)
	require.Equal(t, []string{"C1", "dispute-D1", "cancellation"}, creditedAgain(t, l))

	// A bill that is made anew credits all that is left
	l, v := taxedInvoice(t, "31.95")
	rebill := give(v, "C2", "0.00", "")
	rebill.Lines, rebill.Rebill = nil, true
	l.must(t, give(v, "C1", "10.65", ""), rebill)
	require.Equal(t, []string{"C1", "C2"}, creditedAgain(t, l))
}

func TestRule36WhatACreditStatesOtherwiseIsDecidedAsItShouldBe(t *testing.T) {
	l, v := creditedInQuebec(t)
	stream := l.streams[v.Stream()]
	at := func(id string) (domain.CreditRequested, domain.Invoice) {
		i := slices.IndexFunc(stream, func(e domain.Event) bool { c, ok := e.(domain.CreditRequested); return ok && c.ID == id })
		e := stream[i].(domain.CreditRequested)
		e.Lines, e.Levies = slices.Clone(e.Lines), slices.Clone(e.Levies)
		return e, l.states[v.Stream()][i].(domain.Invoice)
	}

	// Levies, series and number of the invoice are its own
	e, before := at("C1")
	right := asStored(t, e)
	e.Levies[0].Tax, e.Levies[1].Amount, e.Series, e.Of, e.Lines[0].Kind = "HST", cad("9.99"), "CN", "INV-9", domain.Insurance
	again, err := e.CreditedAgain(before, nil)
	require.NoError(t, err)
	require.Equal(t, right, asStored(t, again))

	// a tax that does not go with its amount is refused, and so is more than is left
	e, _ = at("C1")
	e.Lines[0].Tax = add(t, e.Lines[0].Tax, cad("0.02"))
	_, err = e.CreditedAgain(before, nil)
	requireRule(t, err, 36)
	e, _ = at("C1")
	e.Lines[0].Amount = cad("31.96")
	_, err = e.CreditedAgain(before, nil)
	requireRule(t, err, 36)

	// a dispute gives what it found, and a cancellation all that is left
	for id, upheld := range map[string][]domain.CreditLine{"dispute-D1": {{Shipment: "SH-1", Charge: "F", Amount: cad("5.00"), Tax: cad("0.75")}}, "cancellation": nil} {
		e, before := at(id)
		right := asStored(t, e)
		e.Lines[0].Amount = cad("0.01")
		again, err := e.CreditedAgain(before, upheld)
		require.NoError(t, err)
		require.Equal(t, right, asStored(t, again))
		_, err = e.CreditedAgain(l.invoice(v), upheld)
		require.ErrorContains(t, err, "has nothing to credit as "+id)
	}
}

func TestRule34ACreditMemoHasTheNumberThatItsSeriesGaveIt(t *testing.T) {
	l, v := creditedInQuebec(t)
	i := slices.IndexFunc(l.streams[v.Stream()], func(e domain.Event) bool { _, ok := e.(domain.CreditIssued); return ok })
	e, before := l.streams[v.Stream()][i].(domain.CreditIssued), l.states[v.Stream()][i].(domain.Invoice)
	right := asStored(t, e)

	forged := e
	forged.Credit.Number, forged.Date, forged.Total, forged.Credit.Levies = "CM-2025-000009", "2025-01-01", cad("1.00"), nil
	again, err := forged.IssuedAgain(before, l.given(v, e.ID))
	require.NoError(t, err)
	require.Equal(t, right, asStored(t, again))

	_, err = e.IssuedAgain(before, domain.NumberAssigned{Series: "INV-2025", N: 1, Number: "INV-2025-000001"})
	requireRule(t, err, 34)
	_, err = e.IssuedAgain(l.invoice(v), l.given(v, e.ID))
	require.ErrorContains(t, err, "is issued already")
}

func requireRule(t *testing.T, err error, rule int) {
	t.Helper()
	var no *domain.Refusal
	require.ErrorAs(t, err, &no)
	require.Equal(t, rule, no.Rule)
}
