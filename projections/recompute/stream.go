package recompute

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// Of computes again what one stream states: a shipment's ratings and charges;
// or an invoice's totals and tax, with the ratings and charges of the shipments
// that it bills. It reads no more than those streams, the agreements that rated
// them, the indexes that these go by and the rules of the invoice's issuer, and
// takes their events in the order of the history, so that each rating knows
// what Run would know of it.
//
// It answers a *domain.Refusal with code NotFound when there is no such
// shipment or invoice.
func Of(ctx context.Context, streams eventstore.StreamReader, codec eventstore.Codec, stream domain.Stream) (Report, error) {
	r := newRun(streams, codec)
	g := gathering{reader: r.reader, seen: map[domain.Stream]bool{}}
	if err := g.whole(ctx, stream); err != nil {
		return r.report, fmt.Errorf("recompute %s: %w", stream, err)
	}
	slices.SortFunc(g.events, func(a, b eventstore.Decoded) int { return a.Position.Compare(b.Position) })
	r.report.Events = g.read
	for _, e := range g.events {
		if err := r.take(ctx, e); err != nil {
			return r.report, fmt.Errorf("recompute %s: %w", stream, err)
		}
	}
	return r.report, nil
}

// gathering is what one report rests on.
type gathering struct {
	reader
	seen   map[domain.Stream]bool
	read   uint64
	events []eventstore.Decoded // those that state amounts, or that amounts rest on
}

func (g *gathering) whole(ctx context.Context, stream domain.Stream) error {
	switch stream.Category() {
	case "shipment":
		if err := g.shipment(ctx, stream); err != nil {
			return err
		}
	case "invoice":
		if err := g.invoice(ctx, stream); err != nil {
			return err
		}
	default:
		return &domain.Refusal{Code: domain.Invalid, Text: fmt.Sprintf("stream %.80q is neither a shipment's nor an invoice's", stream)}
	}
	if g.read == 0 {
		return &domain.Refusal{Code: domain.NotFound, Text: fmt.Sprintf("%s %.80q is not known", stream.Category(), stream.ID())}
	}
	return nil
}

// invoice gathers an invoice with the shipments of its lines, the issuer whose
// rules decided its tax and the numbers of its credit memos.
func (g *gathering) invoice(ctx context.Context, stream domain.Stream) error {
	var v domain.Invoice
	var taxed []*domain.Taxed
	var numbers []string      // its own and those of its credit memos
	var rates []domain.Stream // of exchange
	err := g.stream(ctx, stream, func(e domain.Event) {
		v = v.Evolve(e)
		switch e := e.(type) {
		case domain.CandidateSealed:
			taxed = append(taxed, e.Taxed)
			if e.Exchange != nil {
				rates = append(rates, domain.IndexStream(e.Exchange.Rate.Index))
			}
		case domain.InvoiceIssued:
			taxed, numbers = append(taxed, e.Taxed), append(numbers, e.Number)
		case domain.CreditIssued:
			numbers = append(numbers, e.Credit.Number)
		}
	})
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if err := g.number(ctx, number); err != nil {
			return err
		}
	}
	for _, index := range rates {
		if err := g.stream(ctx, index, func(domain.Event) {}); err != nil {
			return err
		}
	}
	for _, t := range taxed {
		if t == nil {
			continue // the terms of the orders say the tax
		}
		if err := g.stream(ctx, domain.RegistrantStream(t.Registrant), func(domain.Event) {}); err != nil {
			return err
		}
	}
	for _, line := range v.Lines {
		if err := g.shipment(ctx, line.Shipment.Stream()); err != nil {
			return err
		}
	}
	return nil
}

// number gathers the event that gave a document its number, and the one before
// it.
func (g *gathering) number(ctx context.Context, number string) error {
	cut := max(strings.LastIndexByte(number, '-'), 0)
	series := number[:cut]
	n, err := strconv.ParseUint(number[min(cut+1, len(number)):], 10, 63)
	if err != nil || n == 0 {
		return nil // not issued, or no number of a series
	}
	for e, err := range g.from(ctx, string(domain.SeriesStream(series)), n-min(n, 2)) {
		if err != nil {
			return err
		}
		if e.Revision >= n {
			break
		}
		if !slices.ContainsFunc(g.events, func(has eventstore.Decoded) bool { return has.ID == e.ID }) {
			g.read++
			g.events = append(g.events, e)
		}
	}
	return nil
}

// shipment gathers a shipment with the agreements that rated it.
func (g *gathering) shipment(ctx context.Context, stream domain.Stream) error {
	var agreements []domain.Stream
	err := g.stream(ctx, stream, func(e domain.Event) {
		if e, ok := e.(domain.ShipmentRated); ok {
			agreements = append(agreements, domain.AgreementStream(e.Agreement))
		}
	})
	if err != nil {
		return err
	}
	for _, agreement := range agreements {
		if err := g.agreement(ctx, agreement); err != nil {
			return err
		}
	}
	return nil
}

// agreement gathers an agreement with the indexes that its fuel and its rates of exchange go by.
func (g *gathering) agreement(ctx context.Context, stream domain.Stream) error {
	var indexes []domain.Stream
	err := g.stream(ctx, stream, func(e domain.Event) {
		if e, ok := e.(domain.AgreementAdopted); ok {
			for _, fuel := range e.Terms.Fuel {
				indexes = append(indexes, domain.IndexStream(fuel.Index))
			}
			for _, x := range e.Terms.Exchange {
				indexes = append(indexes, domain.IndexStream(x.Index))
			}
		}
	})
	if err != nil {
		return err
	}
	for _, index := range indexes {
		if err := g.stream(ctx, index, func(domain.Event) {}); err != nil {
			return err
		}
	}
	return nil
}

// stream reads a stream once, shows each event, and keeps those that count.
func (g *gathering) stream(ctx context.Context, stream domain.Stream, show func(domain.Event)) error {
	if g.seen[stream] {
		return nil
	}
	g.seen[stream] = true
	for e, err := range g.from(ctx, string(stream), 0) {
		if err != nil {
			return err
		}
		g.read++
		show(e.Event)
		if counts(e.Event) {
			g.events = append(g.events, e)
		}
	}
	return nil
}

// counts tells the events that take does something with.
func counts(e domain.Event) bool {
	switch e.(type) {
	case domain.AgreementAdopted, domain.IndexPublished, domain.IssuerSet, domain.TaxRulesAdopted, domain.ShipmentRated, domain.ChargeEntered, domain.ChargeAmended,
		domain.RevenueAccrued, domain.CandidateSealed, domain.NumberAssigned, domain.InvoiceIssued, domain.CreditRequested, domain.CreditIssued:
		return true
	}
	return false
}
