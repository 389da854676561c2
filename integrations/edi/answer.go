package edi

import (
	"context"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// tenderAnswer maps a 990, the carrier's answer to a load tender.
func (s *set) tenderAnswer(ctx context.Context, v *view) (domain.Command, error) {
	b1, ok := s.first("B1")
	if !ok {
		return nil, s.missing("B1", "it names the shipment and the carrier's answer")
	}
	carrier, err := s.needed(b1, 1, "the carrier's SCAC")
	if err != nil {
		return nil, err
	}
	id, err := s.needed(b1, 2, "the shipment's id")
	if err != nil {
		return nil, err
	}
	action, remark := text(b1, 4), s.remark()
	weigh := "settle it with the carrier, then ask for a plain yes (A) or no (D), or dismiss this item"
	switch action {
	case "A", "D":
	case "B":
		return nil, s.fault(CodeCounterOffer, b1, 4, weigh, "carrier %s accepts under conditions (B): %s", quote(carrier), quote(remark))
	case "C":
		return nil, s.fault(CodeCounterOffer, b1, 4, weigh, "carrier %s makes a counter-offer (C): %s", quote(carrier), quote(remark))
	case "":
		return nil, s.fault(CodeMissing, b1, 4, "ask the carrier for its answer", "B1-04, the carrier's answer, is missing")
	default:
		return nil, s.fault(CodeUnknownCode, b1, 4, weigh, "answer %s is neither acceptance (A) nor decline (D)", quote(action))
	}
	known, err := v.find(ctx, s, b1, 2, id, knownAs(id))
	if err != nil {
		return nil, err
	}
	at := s.reportedAt()
	if text(b1, 3) != "" {
		if at, err = s.moment(b1, 3, 0, 0, ""); err != nil {
			return nil, err
		}
	}
	if action == "D" {
		return domain.DeclineTender{TenderDeclined: domain.TenderDeclined{Shipment: known.ID, Carrier: clip(carrier, 10), Reason: remark, At: at, Source: s.source(b1)}}, nil
	}
	accepted := domain.TenderAccepted{Shipment: known.ID, Carrier: clip(carrier, 10), At: at, Source: s.source(b1)}
	batch := domain.Together{nil}
	for _, seg := range s.tx.Segments {
		if seg.ID != "N9" || text(seg, 1) == "" || text(seg, 2) == "" {
			continue
		}
		if accepted.DispatchRef == "" {
			accepted.DispatchRef = clip(text(seg, 2), 80)
		}
		if text(seg, 1) == "CN" {
			batch = append(batch, s.addReference(known.ID, "CN", text(seg, 2), seg))
		}
		if len(batch) > referencesMost {
			return nil, s.fault(CodeLimit, seg, 0, "ask the carrier to name its reference once", "more than %d references", referencesMost)
		}
	}
	if accepted.DispatchRef == "" && remark != "" {
		accepted.DispatchRef = remark
		s.note("the dispatch reference is taken from free text (K1): %s", quote(remark))
	}
	batch[0] = domain.AcceptTender{TenderAccepted: accepted}
	return batch, nil
}

// remark is the set's first free text (K1).
func (s *set) remark() string {
	seg, ok := s.first("K1")
	if !ok {
		return ""
	}
	return clip(text(seg, 1)+" "+text(seg, 2), textBytesMost)
}

// addReference makes a shipment known by one more number.
func (s *set) addReference(id domain.ShipmentID, qualifier, value string, seg x12.Segment) domain.Command {
	return domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: id, Reference: reference(qualifier, value), Source: s.source(seg)}}
}
