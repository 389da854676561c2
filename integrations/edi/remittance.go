package edi

import (
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// remittance maps an 820, the payer's advice of what it pays. Whether it adds
// up is the domain's to say (rules 45, 46): it keeps the advice either way and
// holds one that does not.
func (s *set) remittance(v *view) (domain.Command, error) {
	bpr, ok := s.first("BPR")
	if !ok {
		return nil, s.missing("BPR", "it states the payment")
	}
	trn, ok := s.first("TRN")
	if !ok {
		return nil, s.missing("TRN", "it names the payment")
	}
	if text(bpr, 3) == "D" {
		return nil, s.fault(CodeUnknownCode, bpr, 3, "ask the payer what it means, then dismiss this item", "the set is a debit (D), not a payment to us")
	}
	trace, err := s.needed(trn, 2, "the payment's reference")
	if err != nil {
		return nil, err
	}
	e := domain.RemittanceAnnounced{Reference: trace, Source: s.whole()}
	payer, seg, element := s.payer(trn)
	e.Payer = payer
	e.Payment = domain.PaymentID(payer + "-" + trace)
	if err := domain.CheckID("payment", string(e.Payment)); err != nil {
		return nil, s.fault(CodeInvalid, seg, element, "ask the payer for a code and a reference that can be kept", "%v", err)
	}
	currency, err := s.currency()
	if err != nil {
		return nil, err
	}
	if _, err := s.needed(bpr, 2, "the amount paid"); err != nil {
		return nil, err
	}
	if e.Amount, err = s.stated(bpr, 2, currency); err != nil {
		return nil, err
	}
	if e.Amount.IsNegative() {
		return nil, s.fault(CodeInvalid, bpr, 2, "ask the payer to correct the amount", "the payment is %s", e.Amount)
	}
	if text(bpr, 16) == "" {
		s.noteAt(bpr, "the payment has no date (BPR-16)")
	} else {
		day, err := s.moment(bpr, 16, 0, 0, "")
		if err != nil {
			return nil, err
		}
		e.Date = day.Day()
	}
	if e.Items, err = s.remitted(currency); err != nil {
		return nil, err
	}
	return domain.AnnounceRemittance{RemittanceAnnounced: e}, v.announce(s, trn, e)
}

// payer is the code of the payer (N1 PR), or an id made of its name or of the
// sender; and where a fault about the payment's id lies.
func (s *set) payer(trn x12.Segment) (string, x12.Segment, int) {
	for _, seg := range s.tx.Segments {
		if seg.ID != "N1" || text(seg, 1) != "PR" {
			continue
		}
		if code := text(seg, 4); code != "" {
			if domain.CheckID("payer", code) != nil {
				return code, seg, 4
			}
			return code, trn, 2
		}
		if id := identifier(text(seg, 2)); id != "" {
			s.noteAt(seg, "the payer has no code (N1-04): %s is made of its name", id)
			return id, trn, 2
		}
	}
	id := identifier(s.sender())
	s.note("the set names no payer (N1 PR): the sender %s is taken", id)
	return id, trn, 2
}

// remitted lists what is paid. An ADX belongs to the RMR before it; before the
// first RMR of its entity (ENT) it is an item of its own.
func (s *set) remitted(c money.Currency) ([]domain.RemittanceItem, error) {
	var items []domain.RemittanceItem
	open := false
	for _, seg := range s.tx.Segments {
		switch seg.ID {
		case "ENT":
			open = false
		case "RMR":
			item, err := s.paid(seg, c)
			if err != nil {
				return nil, err
			}
			items, open = append(items, item), true
		case "ADX":
			a, err := s.adjustment(seg, 1, 2, c)
			if err != nil {
				return nil, err
			}
			if open {
				a.Line = clip(text(seg, 4), 80)
				last := &items[len(items)-1]
				last.Adjustments = append(last.Adjustments, a)
				continue
			}
			document := clip(text(seg, 4), 80)
			if document == "" {
				document = "adjustment " + a.Reason
			}
			items = append(items, domain.RemittanceItem{Document: document, Paid: a.Amount, Place: s.at(seg)})
			s.noteAt(seg, "adjustment %s of %s belongs to no invoice: it is an item of its own", quote(a.Reason), a.Amount)
		}
		if len(items) > remittedMost {
			return nil, s.fault(CodeLimit, seg, 0, "ask the payer to split the advice", "more than %d items", remittedMost)
		}
	}
	if len(items) == 0 {
		s.note("the advice names no invoice (RMR)")
	}
	return items, nil
}

func (s *set) paid(seg x12.Segment, c money.Currency) (item domain.RemittanceItem, err error) {
	item.Place = s.at(seg)
	if item.Document, err = s.needed(seg, 2, "the invoice's number"); err != nil {
		return item, err
	}
	item.Document = clip(item.Document, 80)
	if _, err = s.needed(seg, 4, "the amount paid"); err != nil {
		return item, err
	}
	if item.Paid, err = s.stated(seg, 4, c); err != nil {
		return item, err
	}
	if text(seg, 5) != "" {
		if item.Gross, err = s.stated(seg, 5, c); err != nil {
			return item, err
		}
	}
	if text(seg, 6) != "" {
		if item.Discount, err = s.stated(seg, 6, c); err != nil {
			return item, err
		}
	}
	if text(seg, 8) != "" {
		a, err := s.adjustment(seg, 8, 7, c)
		if err != nil {
			return item, err
		}
		item.Adjustments = append(item.Adjustments, a)
	}
	return item, nil
}

func (s *set) adjustment(seg x12.Segment, amount, reason int, c money.Currency) (a domain.Adjustment, err error) {
	if _, err = s.needed(seg, amount, "the amount adjusted"); err != nil {
		return a, err
	}
	if a.Amount, err = s.stated(seg, amount, c); err != nil {
		return a, err
	}
	if a.Reason = clip(text(seg, reason), 20); a.Reason == "" {
		s.noteAt(seg, "the adjustment of %s states no reason", a.Amount)
	}
	return a, nil
}

// announce refuses a second advice under the same payer and reference that
// says something else: the ledger would keep the first and drop it.
func (v *view) announce(s *set, trn x12.Segment, e domain.RemittanceAnnounced) error {
	e.Source = domain.Source{}
	items := e.Items
	e.Items = make([]domain.RemittanceItem, len(items))
	for i, item := range items {
		item.Place = ""
		e.Items[i] = item
	}
	said, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("fingerprint remittance %s: %w", e.Payment, err)
	}
	if before, ok := v.remitted[e.Payment]; ok && before != string(said) {
		return s.fault(CodeConflict, trn, 2, "ask the payer which advice holds, and for a reference of its own for the other", "payment %s was advised before in this file, with other content", e.Payment)
	}
	v.remitted[e.Payment] = string(said)
	return nil
}
