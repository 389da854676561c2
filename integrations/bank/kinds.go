package bank

import (
	"cmp"
	"strings"
)

// kindOf tells what a part is, and for what is no receipt, in words.
//
// A reversal's direction is its own: a debit takes an earlier credit back, and
// a credit that is marked so is an own payment that came back (ISO 20022,
// RvslInd).
func (o *Options) kindOf(p *part) (Kind, string) {
	e, d := p.entry, p.detail
	if p.charge {
		return KindFee, "charges that the bank kept"
	}
	kind := e.Kind
	for _, code := range []string{e.Bank, e.Code, d.Code} {
		if agreed, ok := o.Kinds[code]; ok && code != "" {
			kind = agreed
		}
	}
	code := cmp.Or(d.Code, e.Code)
	sub := code[strings.LastIndexByte(code, '/')+1:]
	if kind == "" {
		switch {
		case e.Reversal, d.Return != "", returned(sub):
			kind = KindReversal
		case sub == "INTR":
			kind = KindInterest
		case sub == "CHRG", sub == "COMM", sub == "FEES":
			kind = KindFee
		case p.credit:
			kind = KindReceipt
		}
	}
	switch {
	case kind == KindReversal && p.credit:
		return KindOther, "an own payment that came back: " + p.why()
	case kind == KindReceipt && !p.credit, kind == "":
		return KindOther, "a debit"
	case kind == KindFee:
		return kind, "fees and charges"
	case kind == KindInterest:
		return kind, "interest"
	case kind == KindTransfer:
		return kind, "a transfer between own accounts"
	case kind == KindOther:
		return kind, "what its code " + quote(cmp.Or(e.Bank, code)) + " stands for"
	}
	return kind, ""
}

// returned tells the sub-families of the external bank transaction codes (ISO
// 20022) that take an earlier movement back: returned transfers, cancelled
// ones, reversed and unpaid direct debits, unpaid cheques.
func returned(sub string) bool {
	switch sub {
	case "RRTN", "RPCR", "PRDD", "UPDD", "UPCQ":
		return true
	}
	return false
}

// why is the reason of a reversal.
func (p *part) why() string {
	return clip(cmp.Or(p.detail.Return, p.detail.Text, p.entry.Text, strings.Join(p.detail.Remittance.Text, " "), "the bank gives no reason"), 200)
}
