package reconciler

import (
	"fmt"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
)

// explainAbsence says what the history knows about a document that the ledger
// does not hold.
func explainAbsence(d *expected, p *posting) string {
	what := fmt.Sprintf("%s over %s is not in the ERP", documentName(d.kind, d.number), Figure{d.debits, d.currency})
	switch {
	case d.byERP:
		return what + ", which booked it itself."
	case p.status == domain.PostingIsIn:
		return fmt.Sprintf("%s, which confirmed it as its document %s.", what, p.erpID)
	case p.status == domain.PostingWasNot:
		return fmt.Sprintf("%s, which rejected it as %s.", what, p.code)
	case p.status == domain.PostingIsParked:
		return fmt.Sprintf("%s: its posting is parked, %s.", what, p.code)
	case p.status == domain.PostingAsked:
		return what + ": it was asked for and not confirmed."
	}
	return what + ": nobody asked for it to be posted."
}

func remedyAbsence(p *posting) string {
	switch p.status {
	case domain.PostingIsIn:
		return "Find out in the ERP who removed it, and have it booked again under the same number."
	case domain.PostingWasNot:
		return "Deal with the rejection and retry the posting."
	case domain.PostingIsParked:
		return "Look into the parked posting and decide what the ERP holds."
	case domain.PostingAsked:
		return "Check that the poster runs and reaches the ERP."
	}
	return "Check that the policies have followed the history; a document of the ERP's own was removed there."
}

// explain gives the break its sentence and what to do about it, unless it has
// them.
func (b *Break) explain() {
	if b.Explanation != "" {
		return
	}
	e, a := b.Expected, b.Actual
	switch b.Kind {
	case MissingInERP:
		b.Explanation = fmt.Sprintf("Entry %s of %s, %s on account %s, is not in the ERP although its document is.",
			b.Ref, documentName(e.Kind, b.Number), sided(e), e.Account)
		b.Remedy = "Find out in the ERP who removed the entry, and restore it."
	case MissingInHistory:
		if b.Whole() {
			b.Explanation = fmt.Sprintf("%s over %s is in the ERP as document %d, and no event explains it.", documentName(a.Kind, b.Number), a.Amount, a.Document)
			b.Remedy = "Have it reversed in the ERP, or record in the history what it stands for; a receipt comes in through the bank feed."
		} else {
			b.Explanation = fmt.Sprintf("Entry %s of %s, %s on account %s, is in the ERP, and its event has no such entry.",
				orNone(b.Ref), documentName(a.Kind, b.Number), sided(a), a.Account)
			b.Remedy = "Find out in the ERP who added the entry, and remove it."
		}
	case Duplicate:
		if b.Whole() {
			b.Explanation = fmt.Sprintf("%s is in the ERP once more than the history says, as document %d over %s.", documentName(e.Kind, b.Number), a.Document, a.Amount)
			b.Remedy = fmt.Sprintf("Reverse document %d in the ERP.", a.Document)
		} else {
			b.Explanation = fmt.Sprintf("Entry %s of %s is there twice; the second is entry %d, %s on account %s.", b.Ref, documentName(e.Kind, b.Number), a.Entry, sided(a), a.Account)
			b.Remedy = fmt.Sprintf("Remove entry %d in the ERP.", a.Entry)
		}
	case WrongCustomer, WrongPeriod, WrongCurrency:
		b.explainHeader()
	case WrongAccount, WrongAmount:
		b.explainLine()
	case EditedAfterPosting:
		what := documentName(e.Kind, b.Number)
		if !b.Whole() {
			what = "Entry " + b.Ref + " of " + what
		}
		b.Explanation = fmt.Sprintf("%s was changed in the ERP on %s, after it was booked, although every compared figure agrees.", what, a.ModifiedAt.UTC().Format(time.RFC3339))
		b.Remedy = "See in the ERP's own log what was changed, such as a memo or reference."
	}
}

func (b *Break) explainHeader() {
	e, a := b.Expected, b.Actual
	var text string
	for _, kind := range append([]Kind{b.Kind}, b.Also...) {
		if text != "" {
			text += ", "
		}
		switch kind {
		case WrongCustomer:
			text += fmt.Sprintf("on customer %s instead of %s", orNone(a.Customer), orNone(e.Customer))
		case WrongPeriod:
			text += fmt.Sprintf("dated %s in period %s instead of %s in %s", orNone(a.Date), orNone(a.Period), e.Date, e.Period)
		case WrongCurrency:
			text += fmt.Sprintf("in %s instead of %s", orNone(a.Amount.Currency), e.Amount.Currency)
		}
	}
	b.Explanation = fmt.Sprintf("%s over %s is in the ERP %s.", documentName(e.Kind, b.Number), e.Amount, text)
	b.Remedy = fmt.Sprintf("Have document %d corrected in the ERP; the history's event is what was agreed.", a.Document)
}

func (b *Break) explainLine() {
	e, a := b.Expected, b.Actual
	text := ""
	if b.Kind == WrongAccount {
		text = fmt.Sprintf("is on account %s instead of %s", orNone(a.Account), e.Account)
	}
	if b.Kind == WrongAmount || slices.Contains(b.Also, WrongAmount) {
		if text != "" {
			text += " and "
		}
		text += fmt.Sprintf("is %s instead of %s", sided(a), sided(e))
	}
	b.Explanation = fmt.Sprintf("Entry %s of %s %s in the ERP.", b.Ref, documentName(e.Kind, b.Number), text)
	b.Remedy = fmt.Sprintf("Have entry %d of document %d corrected in the ERP; the history's event is what was agreed.", a.Entry, a.Document)
}

func sided(p *Position) string { return p.Amount.String() + " " + p.Side }

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
