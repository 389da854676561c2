package scms

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/shopspring/decimal"
)

// Channel is how delivery histories come in.
const Channel = "scms"

// tariff names the basis of amounts that the publisher states.
const tariff = "scms-delivery-history"

// recorder is who vouches for the publisher's delivery records.
const recorder = "SCMS delivery record"

// Items reads a delivery history for the inbox: an item a shipment, each with
// one command that records all that its lines say, or nothing of it.
func Items(_ context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
	f, err := Read(bytes.NewReader(content), Options{Size: int64(len(content))})
	if err != nil {
		return nil, err
	}
	m := mapper{file: f, message: id, starts: lineStarts(content), size: int64(len(content))}
	items := make([]inbox.Item, len(f.Shipments))
	for i := range f.Shipments {
		s := &f.Shipments[i]
		cmd, err := m.shipment(s)
		if err != nil {
			return nil, fmt.Errorf("shipment %s: %w", s.ID, err)
		}
		items[i] = inbox.Item{Name: "shipment " + s.ID, Kind: "delivery history", Command: cmd}
	}
	return items, nil
}

// Refusal makes a file that could not be understood a dead letter.
func (e *FileError) Refusal() inbox.Refusal {
	first := e.Problems[0]
	return inbox.Refusal{Code: "bad-lines", Place: fmt.Sprintf("line %d", first.Line), Reason: e.Error(), Remedy: first.Remedy}
}

// mapper turns lines into the domain's words.
type mapper struct {
	file    *File
	message domain.MessageID
	starts  []int64 // where each physical line starts
	size    int64
}

// shipment records the order first, then its charges, then the delivery and
// its proof: so that the charges are accrued and claimed together.
func (m *mapper) shipment(s *Shipment) (domain.Together, error) {
	id := domain.ShipmentID(s.ID)
	first := s.Lines[0]
	released := domain.OrderReleased{
		Shipment: id, Customer: domain.CustomerID(s.Project), Currency: "USD",
		References: m.references(s), Mode: s.Mode, Incoterm: s.Incoterm, Promised: moment(s.Promised),
		Stops:  []domain.Stop{{Seq: 1, Kind: domain.StopDelivery, Place: s.Country}},
		Source: m.source(first),
	}
	released.WeightKg, released.Weight = m.weight(s)
	commands := domain.Together{domain.ReleaseOrder{OrderReleased: released}}
	for _, i := range s.Lines {
		freight, err := m.freight(id, i)
		if err != nil {
			return nil, err
		}
		commands = append(commands, freight)
		if line := &m.file.Lines[i]; line.Insurance.Valid {
			charge, err := m.stated(id, domain.ChargeID(line.ID+"-insurance"), domain.Insurance, line.Insurance.Decimal, i)
			if err != nil {
				return nil, err
			}
			commands = append(commands, charge)
		}
	}
	delivered := domain.Milestone{Shipment: id, Stop: 1, Kind: domain.Unloaded, At: moment(s.Delivered), Place: s.Country, Source: m.source(first)}
	pod := domain.PODReceived{Shipment: id, Document: "delivery record of " + s.ID, At: moment(s.Recorded), Source: m.source(first)}
	return append(commands,
		domain.RecordMilestone{Milestone: delivered},
		domain.ReceivePOD{PODReceived: pod},
		domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: domain.PODClean, By: recorder}},
	), nil
}

// freight is the command that a line's freight cell asks for.
func (m *mapper) freight(id domain.ShipmentID, i int) (domain.Command, error) {
	line := &m.file.Lines[i]
	charge := domain.ChargeID(line.ID + "-freight")
	switch f := line.Freight.(type) {
	case Own:
		return m.stated(id, charge, domain.Freight, f.Amount, i)
	case Included:
		return domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: id, Charge: charge, Kind: domain.Freight,
			Reason: "freight is included in the commodity cost", Source: m.source(i)}}, nil
	case InvoicedSeparately:
		return domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: id, Charge: charge, Kind: domain.Freight,
			Reason: "freight is invoiced separately", Source: m.source(i)}}, nil
	case Refers:
		at, figure := m.file.FreightCarrier(i)
		carrier := &m.file.Lines[at]
		ref := domain.ChargeRef{Shipment: domain.ShipmentID(carrier.Shipment), Charge: domain.ChargeID(carrier.ID + "-freight")}
		if figure {
			return domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: id, Charge: charge, Kind: domain.Freight, BilledBy: ref,
				Reason: f.String(), Source: m.source(i)}}, nil
		}
		return domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: id, Charge: charge, Kind: domain.Freight, Refers: ref,
			Reason: "whose freight is that? " + f.String() + " carries no figure of its own", Source: m.source(i)}}, nil
	}
	return nil, fmt.Errorf("line %d: freight of an unknown kind", line.Number)
}

// stated is a charge whose amount the publisher states.
func (m *mapper) stated(id domain.ShipmentID, charge domain.ChargeID, kind domain.ChargeKind, amount decimal.Decimal, i int) (domain.Command, error) {
	line := &m.file.Lines[i]
	usd, err := money.New(amount, "USD")
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", line.Number, err)
	}
	return domain.EnterCharge{ChargeEntered: domain.ChargeEntered{
		Shipment: id, Charge: charge, Kind: kind, Description: line.Item, Amount: usd, RequestedBy: recorder, Source: m.source(i),
		Basis: domain.Basis{Tariff: tariff, Version: m.file.SHA256[:12], Formula: domain.FormulaStated,
			Inputs: map[string]string{"amount": amount.String()}, Rounding: money.HalfUp},
	}}, nil
}

// references are the numbers that the shipment is known by.
func (m *mapper) references(s *Shipment) []domain.Reference {
	refs := []domain.Reference{{Kind: s.ID[:max(strings.IndexByte(s.ID, '-'), 0)], Value: s.ID}}
	if s.PO != "" {
		refs = append(refs, domain.Reference{Kind: "PO", Value: s.PO})
	}
	if quote := m.file.Lines[s.Lines[0]].PriceQuote; quote != "" && quote != "Pre-PQ Process" {
		refs = append(refs, domain.Reference{Kind: "PQ", Value: quote})
	}
	for _, i := range s.Lines {
		refs = append(refs, domain.Reference{Kind: "LINE", Value: m.file.Lines[i].ID})
	}
	return refs
}

// weight is the sum of the weights that the shipment's own lines state, or
// where it is kept instead.
func (m *mapper) weight(s *Shipment) (string, domain.WeightNote) {
	var sum decimal.Decimal
	stated := false
	var note domain.WeightNote
	for _, i := range s.Lines {
		switch w := m.file.Lines[i].Weight.(type) {
		case Weighed:
			sum, stated = sum.Add(w.Kilograms), true
		case CapturedSeparately:
			note.Reason = "captured separately"
		case Refers:
			note.Refers = w.String()
		}
	}
	if !stated {
		return "", note
	}
	return sum.String(), note
}

// source is where a line stands in the message, byte for byte.
func (m *mapper) source(i int) domain.Source {
	line := &m.file.Lines[i]
	start := m.starts[line.Number-1]
	end := m.size
	if next := line.Number + strings.Count(line.Raw, "\n"); next < len(m.starts) {
		end = m.starts[next]
	}
	return domain.Source{Message: m.message, Place: fmt.Sprintf("line %d", line.Number), Offset: start, Length: end - start}
}

func lineStarts(content []byte) []int64 {
	starts := []int64{0}
	for at := 0; ; {
		i := bytes.IndexByte(content[at:], '\n')
		if i < 0 {
			return starts
		}
		at += i + 1
		starts = append(starts, int64(at))
	}
}

func moment(d Date) domain.Moment {
	return domain.DayMoment(int(d.Year), time.Month(d.Month), int(d.Day))
}
