package edi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// view is what the sets of one file may know of shipments: the recorded state
// and, over it, what earlier sets of the same file are about to make of it.
// The inbox maps all items before it executes the first, so an order and its
// status reports in one file would not find each other otherwise.
type view struct {
	mapper      *Mapper
	local       map[domain.ShipmentID]domain.Shipment
	byReference map[domain.Reference][]domain.ShipmentID
	remitted    map[domain.PaymentID]string // remittances of this file and what they say
}

// shipment is the state that a set meets; zero when the order is not known.
func (v *view) shipment(ctx context.Context, id domain.ShipmentID) (domain.Shipment, error) {
	if s, ok := v.local[id]; ok {
		return s, nil
	}
	if v.mapper.Shipments == nil || domain.CheckID("shipment", string(id)) != nil {
		return domain.Shipment{}, nil
	}
	s, err := v.mapper.Shipments.Shipment(ctx, id)
	var no *domain.Refusal
	if errors.As(err, &no) && no.Code == domain.NotFound {
		return domain.Shipment{}, nil
	}
	if err != nil {
		return domain.Shipment{}, &inbox.LookupError{Err: fmt.Errorf("read shipment %s: %w", id, err)}
	}
	return s, nil
}

// fold lets later sets see what a command does to its order. Status reports
// change nothing that a mapping looks at, apart from references; leaving them
// out keeps a file of many reports on one shipment cheap.
func (v *view) fold(ctx context.Context, cmd domain.Command) error {
	if cmd.Stream().Category() != "shipment" {
		return nil
	}
	batch, ok := cmd.(domain.Together)
	if !ok {
		batch = domain.Together{cmd}
	}
	var order domain.Together
	for _, c := range batch {
		switch c := c.(type) {
		case domain.ReleaseOrder, domain.TenderOrder, domain.AcceptTender, domain.DeclineTender, domain.CancelShipment:
			order = append(order, c)
		case domain.AddReference:
			v.index(c.Shipment, c.Reference)
		}
	}
	if len(order) == 0 {
		return nil
	}
	id := domain.ShipmentID(cmd.Stream().ID())
	state, err := v.shipment(ctx, id)
	if err != nil {
		return err
	}
	aggregate, err := domain.AggregateOf(cmd.Stream())
	if err != nil {
		return err
	}
	events, err := aggregate.Decide(state, order)
	if err != nil {
		return nil // the inbox will hear the same refusal and keep it
	}
	var now any = state
	for _, e := range events {
		now = aggregate.Evolve(now, e)
	}
	v.local[id] = now.(domain.Shipment)
	for _, r := range v.local[id].References {
		v.index(id, r)
	}
	return nil
}

func (v *view) index(id domain.ShipmentID, r domain.Reference) {
	if ids := v.byReference[r]; !slices.Contains(ids, id) && len(ids) < 2 { // two are ambiguous already
		v.byReference[r] = append(ids, id)
	}
}

// find is the shipment that a set speaks of: by its id, else by the first of
// its references that belongs to exactly one shipment.
func (v *view) find(ctx context.Context, s *set, seg x12.Segment, element int, id string, refs []domain.Reference) (domain.Shipment, error) {
	if id != "" {
		state, err := v.shipment(ctx, domain.ShipmentID(id))
		if err != nil || state.Released() {
			return state, err
		}
	}
	for _, r := range refs {
		ids := slices.Clone(v.byReference[r])
		if v.mapper.Lookup != nil {
			recorded, err := v.mapper.Lookup.ShipmentByReference(ctx, r.Kind, r.Value)
			if err != nil {
				return domain.Shipment{}, &inbox.LookupError{Err: fmt.Errorf("find shipment by %s %s: %w", r.Kind, quote(r.Value), err)}
			}
			ids = append(ids, recorded...)
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		switch len(ids) {
		case 0:
			continue
		case 1:
			state, err := v.shipment(ctx, ids[0])
			if err != nil {
				return state, err
			}
			if state.Released() {
				s.noteAt(seg, "shipment %s was found by its reference %s %s", state.ID, r.Kind, quote(r.Value))
				return state, nil
			}
		default:
			return domain.Shipment{}, s.fault(CodeAmbiguous, seg, element, "ask the sender to name the shipment by its id, then replay",
				"reference %s %s belongs to several shipments: %s, %s …", r.Kind, quote(r.Value), ids[0], ids[1])
		}
	}
	return domain.Shipment{}, s.fault(CodeNotFound, seg, element, "import the shipment's load tender (204) first, then replay this item",
		"shipment %s is not known%s", quote(id), alsoTried(refs))
}

// alsoTried words the references that led nowhere, each value once.
func alsoTried(refs []domain.Reference) string {
	var b strings.Builder
	for i, r := range refs {
		switch {
		case i == 0:
			b.WriteString(", nor is any by its ")
		case r.Value == refs[i-1].Value:
			b.WriteString("/")
		default:
			b.WriteString(", ")
		}
		b.WriteString(r.Kind)
		if i == len(refs)-1 || r.Value != refs[i+1].Value {
			b.WriteString(" " + quote(r.Value))
		}
	}
	return b.String()
}

// knownAs lists the references by which a sender may mean a shipment.
func knownAs(value string) []domain.Reference {
	var refs []domain.Reference
	for _, kind := range []string{"BOL", "SI", "LOAD", "ORDER"} {
		refs = append(refs, domain.Reference{Kind: kind, Value: clip(value, 80)})
	}
	return refs
}
