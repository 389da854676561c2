package edi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Channel is how X12 interchanges come in.
const Channel = "x12"

// Shipments reads a shipment's present state, zero before its order. A
// *domain.Refusal of code NotFound says the same as the zero state.
type Shipments interface {
	Shipment(ctx context.Context, id domain.ShipmentID) (domain.Shipment, error)
}

// References finds shipments by a number that they are known by.
type References interface {
	ShipmentByReference(ctx context.Context, kind, value string) ([]domain.ShipmentID, error)
}

// Mapper reads X12 interchanges for the inbox. It keeps nothing between
// messages and is safe for concurrent use when its parts are.
type Mapper struct {
	Shipments Shipments
	Lookup    References // nil: shipments are known by their id and by what the same file says
	Options   Options
}

// Options say how a partner's files are read. The zero Options suit a partner
// that follows the standard.
type Options struct {
	// Envelope says what becomes of a set whose envelope contradicts itself.
	Envelope EnvelopePolicy
	// Currency of amounts in a set that names none; USD when empty.
	Currency money.Currency
	// Customers overrides who is billed, by "sender/code" as in
	// "MGCTLYST/NPBTO" (ISA06 and N1-04 of the bill-to), and by "sender/" for
	// orders that name no bill-to.
	Customers map[string]domain.CustomerID
	// Statuses gives AT7-01 codes the meaning agreed with the partner; it goes
	// before [Statuses].
	Statuses map[string]Status
	// Limits bound one file; zero fields take the defaults of package x12.
	Limits x12.Limits
}

// EnvelopePolicy says what becomes of a set when its counts, control numbers
// or trailers are wrong.
type EnvelopePolicy int

const (
	// Tolerate notes what is wrong and accepts the set, unless a part of the
	// set itself may be lost (a doubt, such as a missing SE): then it is refused.
	Tolerate EnvelopePolicy = iota
	// Strict refuses a set for a warning on it or on its group or interchange.
	Strict
	// AcceptDoubts notes everything and refuses nothing: for replaying a file
	// that a person has looked at.
	AcceptDoubts
)

// States reads shipments from an executor of commands.
type States struct {
	Exec interface {
		State(ctx context.Context, stream domain.Stream) (any, error)
	}
}

// Shipment is the shipment's present state, zero before its order.
func (s States) Shipment(ctx context.Context, id domain.ShipmentID) (domain.Shipment, error) {
	state, err := s.Exec.State(ctx, id.Stream())
	if err != nil {
		return domain.Shipment{}, err
	}
	shipment, ok := state.(domain.Shipment)
	if !ok {
		return domain.Shipment{}, fmt.Errorf("stream %s holds a %T", id.Stream(), state)
	}
	return shipment, nil
}

// Items cuts a file into items for the inbox, one a transaction set, in the
// file's order; it has the signature of [inbox.Reader]. An item's name is
// "ISA13/GS06/ST02", with "#2" and so on when the file repeats it. An error
// means that nothing could be read, or that a shipment's state could not.
func (m *Mapper) Items(ctx context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
	file, err := x12.Parse(content, m.Options.Limits)
	if err != nil {
		return nil, refuseFile(err, content)
	}
	v := &view{mapper: m, local: map[domain.ShipmentID]domain.Shipment{}, byReference: map[domain.Reference][]domain.ShipmentID{}, remitted: map[domain.PaymentID]string{}}
	names := map[string]int{} // how often each was used
	var items []inbox.Item
	add := func(item inbox.Item) {
		for name := item.Name; names[item.Name] > 0; {
			names[name]++
			item.Name = fmt.Sprintf("%s#%d", name, names[name])
		}
		names[item.Name]++
		items = append(items, item)
	}
	for i := range file.Interchanges {
		ic := &file.Interchanges[i]
		sets := 0
		around := append(append([]x12.Notice(nil), file.Notices...), ic.Notices...)
		for g := range ic.Groups {
			group := &ic.Groups[g]
			envelope := append(append([]x12.Notice(nil), around...), group.Notices...)
			for t := range group.Transactions {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				sets++
				s := &set{message: id, interchange: ic, group: group, tx: &group.Transactions[t], options: &m.Options}
				item, err := m.item(ctx, s, v, envelope)
				if err != nil {
					return nil, fmt.Errorf("read %s: %w", s.name(), err)
				}
				add(item)
			}
		}
		if sets == 0 {
			add(emptyInterchange(ic))
		}
	}
	return items, nil
}

// item maps one transaction set. Only what has nothing to do with the set
// itself, such as a store that does not answer, is an error.
func (m *Mapper) item(ctx context.Context, s *set, v *view, envelope []x12.Notice) (inbox.Item, error) {
	item := inbox.Item{Name: s.name(), Kind: clip(s.tx.Set, 12)}
	err := s.checkEnvelope(envelope)
	if err == nil {
		item.Command, err = s.command(ctx, v)
	}
	var no *Fault
	switch {
	case errors.As(err, &no):
		refusal := no.Refusal()
		item.Refusal = &refusal
	case err != nil:
		return item, err
	case item.Command != nil:
		if err := v.fold(ctx, item.Command); err != nil {
			return item, err
		}
	}
	item.Notes = s.notes
	return item, nil
}

// command maps a set by its kind.
func (s *set) command(ctx context.Context, v *view) (domain.Command, error) {
	switch s.tx.Set {
	case "204":
		return s.loadTender(ctx, v)
	case "990":
		return s.tenderAnswer(ctx, v)
	case "214":
		return s.statusReport(ctx, v)
	case "820":
		return s.remittance(v)
	case "997", "999":
		return nil, s.functionalAcknowledgment()
	case "824":
		return nil, s.applicationAdvice()
	}
	remedy := "ask the sender to leave it out, or dismiss this item; 204, 214, 820, 824, 990, 997 and 999 are taken in"
	if s.tx.Set == "210" {
		remedy = "hand the carrier's freight bill to accounts payable, then dismiss this item"
	}
	return nil, s.fault(CodeUnsupportedSet, s.tx.Segments[0], 1, remedy, "transaction set %s is not taken in", quote(s.tx.Set))
}

// emptyInterchange shows an interchange without sets to whoever reads the
// report; it may hold the partner's rejection of one of ours (TA1).
func emptyInterchange(ic *x12.Interchange) inbox.Item {
	item := inbox.Item{Name: clip(ic.Control, 30), Kind: "ISA"}
	for _, seg := range ic.Service {
		if code := text(seg, 4); seg.ID == "TA1" && code != "A" {
			item.Kind = "TA1"
			item.Refusal = &inbox.Refusal{Code: CodeRejected, Place: fmt.Sprintf("ISA %s, line %d (TA1), element 04", item.Name, seg.Line),
				Reason: fmt.Sprintf("the partner answers interchange %s with %s, note %s", quote(text(seg, 1)), quote(code), quote(text(seg, 5))),
				Remedy: "correct the interchange and send it again, then dismiss this item"}
			return item
		}
	}
	item.Notes = []string{fmt.Sprintf("interchange %s holds no transaction set", quote(ic.Control))}
	return item
}

// checkEnvelope weighs the notices on the set and around it.
func (s *set) checkEnvelope(around []x12.Notice) error {
	var layout []string
	for _, from := range []struct {
		notices []x12.Notice
		own     bool
	}{{s.tx.Notices, true}, {around, false}} {
		for _, n := range from.notices {
			lost := from.own && n.Severity >= x12.Doubt
			switch {
			case n.Severity == x12.Info:
				if !slices.Contains(layout, string(n.Code)) {
					layout = append(layout, string(n.Code))
				}
			case s.options.Envelope == Strict, s.options.Envelope == Tolerate && lost:
				return s.envelopeFault(n, lost)
			default:
				s.note("%s", n.String())
			}
		}
	}
	if len(layout) > 0 {
		s.note("layout read leniently: %s", strings.Join(layout, ", "))
	}
	return nil
}

func (s *set) envelopeFault(n x12.Notice, lost bool) error {
	f := &Fault{Code: CodeEnvelope, Place: s.label(), Reason: fmt.Sprintf("%s: %s (line %d, byte %d)", n.Code, clip(n.Text, 300), n.Line, n.Offset),
		Remedy: "ask the sender for a correct file, or tolerate this in the partner's options and replay"}
	if lost {
		f.Remedy = "look at the set, a part of it may be lost: ask the sender to send it again, or accept doubts in the partner's options and replay"
	}
	if n.Index > 0 {
		f.Place += fmt.Sprintf(" segment %d", n.Index)
	}
	if n.Segment != "" {
		f.Place += " (" + n.Segment + ")"
		if n.Element > 0 {
			f.Place += fmt.Sprintf(", element %02d", n.Element)
		}
	}
	return f
}
