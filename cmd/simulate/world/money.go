package world

import (
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// What people do with invoices and cash.

func actions() []action { return slices.Concat(freightActions(), tariffActions(), moneyActions()) }

func moneyActions() []action {
	return []action{
		{"hold invoice", 2, func(p *people) domain.Command {
			id, ok := anyOf(p.w.k, p.drafts)
			if !ok {
				return nil
			}
			return domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: id, Reason: domain.HoldByHand, Detail: "customer asked", By: kernel.Pick(p.w.k, []string{"billing", "finance"})}}
		}},
		{"release hold", 6, releaseHold},
		{"void", 8, func(p *people) domain.Command {
			v, ok := p.invoiceThat(func(v domain.Invoice) bool {
				return (!v.Posted || p.w.k.OneIn(4)) && v.Number != "" && v.Status != domain.InvoiceIsVoid
			})
			if !ok {
				return nil
			}
			return domain.VoidInvoice{Invoice: v.ID, Date: p.today(), Reason: "wrong customer", By: "billing"}
		}},
		{"cancel invoice", 2, func(p *people) domain.Command {
			v, ok := p.invoice()
			if !ok {
				return nil
			}
			return domain.CancelInvoice{Invoice: v.ID, Date: p.today(), Reason: "wrong", By: "finance"}
		}},
		{"credit", 6, credit},
		{"dispute", 10, dispute},
		{"decide dispute", 16, decide},
		{"rules", 3, rules},
		{"assign", 4, assignSome},
		{"receive", 6, func(p *people) domain.Command { p.w.bank.receive(); return nil }},
		{"announce", 3, announce},
		{"allocate", 4, allocate},
		{"refund", 3, refund},
		{"reverse payment", 2, func(p *people) domain.Command { p.w.bank.takeBack(); return nil }},
		{"write off", 8, writeOff},
		{"decide write-off", 14, decideWriteOff},
		{"reverse write-off", 6, func(p *people) domain.Command {
			v, ok := p.invoiceThat(func(v domain.Invoice) bool { return len(v.WriteOffs) > 0 })
			if !ok {
				return nil
			}
			return domain.ReverseWriteOff{Invoice: v.ID, WriteOff: kernel.Pick(p.w.k, v.WriteOffs).ID, Date: p.today(), Reason: "a mistake", By: "finance"}
		}},
		{"retry posting", 4, func(p *people) domain.Command {
			document, ok := anyOf(p.w.k, p.rejected)
			if !ok {
				return nil
			}
			return domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: document, By: "finance"}}
		}},
		{"master data", 3, func(p *people) domain.Command { p.w.bank.changeCustomer(); return nil }},
	}
}

// invoiceThat finds an invoice of a kind.
func (p *people) invoiceThat(is func(domain.Invoice) bool) (domain.Invoice, bool) {
	if len(p.invoices) == 0 {
		return domain.Invoice{}, false
	}
	from := p.w.k.Int(len(p.invoices))
	for i := range p.invoices {
		if v := state[domain.Invoice](p.w, p.invoices[(from+i)%len(p.invoices)].Stream()); is(v) {
			return v, true
		}
	}
	return domain.Invoice{}, false
}

func releaseHold(p *people) domain.Command {
	if len(p.drafts) == 0 {
		return nil
	}
	from := p.w.k.Int(len(p.drafts))
	for i := range p.drafts {
		v := state[domain.Invoice](p.w, p.drafts[(from+i)%len(p.drafts)].Stream())
		for _, why := range v.Holds {
			if why == domain.HoldByHand || why == domain.HoldLateDebit {
				return domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v.ID, Reason: why, By: kernel.Pick(p.w.k, []string{"billing", "finance"})}}
			}
		}
	}
	return nil
}

// someLine is a part of a line, tax included, as a credit or dispute names it.
func (p *people) someLine(v domain.Invoice) []domain.CreditLine {
	if len(v.Lines) == 0 {
		return nil
	}
	l := kernel.Pick(p.w.k, v.Lines)
	return []domain.CreditLine{{Shipment: l.Shipment, Charge: l.Charge, Kind: l.Kind, Amount: p.part(l.Amount), Tax: p.part(l.Tax)}}
}

func credit(p *people) domain.Command {
	v, ok := p.invoice()
	if !ok {
		return nil
	}
	c := domain.CreditInvoice{Invoice: v.ID, Credit: p.name("credit"), Reason: "wrong rate", By: "billing"}
	switch p.w.k.Int(4) {
	case 0:
		c.Rebill = true
	case 1:
	default:
		c.Lines = p.someLine(v)
	}
	return c
}

func dispute(p *people) domain.Command {
	v, ok := p.invoice()
	if !ok {
		return nil
	}
	return domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v.ID, Dispute: domain.DisputeID(p.name("dispute")), Customer: v.Candidate.Customer, Reason: "not agreed", Lines: p.someLine(v),
		DisputeTerms: domain.DisputeTerms{Code: kernel.Pick(p.w.k, []domain.DisputeReason{domain.ReasonPricing, domain.ReasonNotReceived}), Opened: v.IssueDate}}}
}

func decide(p *people) domain.Command {
	k := p.w.k
	var open []domain.DisputeID
	for _, id := range p.disputes {
		switch state[domain.Dispute](p.w, id.Stream()).Status {
		case domain.DisputeIsOpen, domain.DisputeIsAcknowledged, domain.DisputeIsEscalated:
			open = append(open, id)
		}
	}
	id, ok := anyOf(k, open)
	if !ok {
		return nil
	}
	d := state[domain.Dispute](p.w, id.Stream())
	switch k.Int(7) {
	case 0:
		return domain.AcknowledgeDispute{DisputeAcknowledged: domain.DisputeAcknowledged{Dispute: id, By: "disputes"}}
	case 1:
		return domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: id, By: "disputes", To: "finance", Reason: "large"}}
	case 2:
		return domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: id,
			DisputeEvidence: domain.DisputeEvidence{Document: p.name("letter"), By: "disputes", At: p.now(), SHA256: strings.Repeat("0f", 32)}}}
	case 3:
		return domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: id, By: "disputes", Reason: "proof is clean"}}
	case 4:
		return domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: id, By: "customer"}}
	}
	lines := d.Lines
	if one := lines[0]; k.OneIn(2) && !one.Amount.IsZero() {
		one.Amount, one.Tax = money.FromMinor(int64(one.Amount.Sign()), one.Amount.Currency()), money.Zero(one.Amount.Currency())
		lines = []domain.CreditLine{one}
	}
	return domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: id, By: "disputes", Reason: "agreed", Lines: lines}}
}

func rules(p *people) domain.Command {
	k := p.w.k
	i := k.Int(len(p.w.customers))
	return domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: p.w.customers[i], By: "credit desk",
		Rules: domain.CustomerRules{Tolerance: domain.Tolerance{Amount: money.FromMinor(int64(k.Between(100, 8000)), currencyOf(i)), Percent: kernel.Pick(k, []string{"", "20"})},
			WriteOffSmall: k.OneIn(2), OldestFirst: k.OneIn(2)}}}
}

// announce tells what a payment will be for.
func announce(p *people) domain.Command {
	v, ok := p.invoice()
	if !ok {
		return nil
	}
	open, err := v.Open()
	if err != nil || open.Sign() <= 0 {
		return nil
	}
	id := domain.PaymentID(p.name("R"))
	paid := p.part(open)
	item := domain.RemittanceItem{Document: v.Number, Paid: paid}
	if kept, err := open.Sub(paid); err == nil && kept.Sign() > 0 && p.w.k.OneIn(2) {
		item.Gross, item.Adjustments = open, []domain.Adjustment{{Amount: kept.Neg(), Reason: "59", Line: string(v.Lines[0].Charge)}}
	}
	amount := paid
	if p.w.k.OneIn(5) {
		amount = p.amount(paid.Currency(), 1000)
	}
	trace := "TRN-" + string(id)
	if !p.w.k.OneIn(4) {
		p.w.bank.pays(v.Candidate.Customer, "", trace, paid, p.w.k.During(0, 96*time.Hour))
	}
	return domain.AnnounceRemittance{RemittanceAnnounced: domain.RemittanceAnnounced{Payment: id, Payer: "payer", Reference: trace, Amount: amount, Items: []domain.RemittanceItem{item}}}
}

// allocate means by hand what is left of a payment for an invoice.
func allocate(p *people) domain.Command {
	for range 6 {
		id, ok := anyOf(p.w.k, p.payments)
		if !ok {
			return nil
		}
		payment := state[domain.Payment](p.w, id.Stream())
		left, err := payment.Unallocated()
		if err != nil || left.Sign() <= 0 || payment.Reversed {
			continue
		}
		v, ok := p.invoiceThat(func(v domain.Invoice) bool {
			return v.Candidate.Customer == payment.Customer && v.Status != domain.InvoiceIsVoid
		})
		if !ok {
			continue
		}
		a := domain.Allocation{Invoice: v.ID, Amount: p.part(left)}
		if p.w.k.OneIn(3) {
			a.Reason = "CS"
		}
		return domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: id, Date: p.today(), Allocations: []domain.Allocation{a}}}
	}
	return nil
}

func refund(p *people) domain.Command {
	for range 6 {
		id, ok := anyOf(p.w.k, p.payments)
		if !ok {
			return nil
		}
		payment := state[domain.Payment](p.w, id.Stream())
		left, err := payment.Unallocated()
		if err != nil || left.Sign() <= 0 || payment.Reversed {
			continue
		}
		r := domain.RefundPayment{Payment: id, Refund: p.name("refund"), Date: p.today(), Reason: "paid too much", RequestedBy: "finance", ApprovedBy: kernel.Pick(p.w.k, []string{"finance", "manager", "manager"})}
		if p.w.k.OneIn(2) {
			r.Amount = p.part(left)
		}
		return r
	}
	return nil
}

func writeOff(p *people) domain.Command {
	v, ok := p.invoiceThat(func(v domain.Invoice) bool {
		open, err := v.Open()
		return err == nil && open.Sign() > 0 && v.Asked.ID == ""
	})
	if !ok {
		return nil
	}
	r := domain.RequestWriteOff{Invoice: v.ID, WriteOff: p.name("W"), Date: p.today(), Reason: "insolvent", By: kernel.Pick(p.w.k, []string{"finance", "lead"})}
	if open, err := v.Open(); err == nil && p.w.k.OneIn(2) {
		r.Amount = p.part(open)
	}
	return r
}

func decideWriteOff(p *people) domain.Command {
	v, ok := p.invoiceThat(func(v domain.Invoice) bool { return v.Asked.ID != "" })
	if !ok {
		return nil
	}
	if p.w.k.OneIn(4) {
		return domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: v.ID, WriteOff: v.Asked.ID, Reason: "they pay", By: "lead"}}
	}
	return domain.ApproveWriteOff{Invoice: v.ID, WriteOff: v.Asked.ID, Amount: v.Asked.Amount, By: kernel.Pick(p.w.k, []string{"lead", "manager", "manager"})}
}
