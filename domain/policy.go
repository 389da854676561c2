package domain

import (
	"cmp"
	"strings"
	"time"
)

// Policy carries freight from dispatch to cash with nobody in between: it
// answers each event with the commands that follow from it. It keeps no
// state: whatever a step needs is in the event.
type Policy struct {
	// Grace is how long after the end of a billing period its invoices wait for
	// late charges: of a month, a week, or the day of one delivery.
	Grace time.Duration
	// Quiet is how long a candidate stays open at least after it was opened,
	// so that a period that is long over is still billed on one invoice.
	Quiet time.Duration
	// ByPeriod dates invoices by the last day of their billing period, in no
	// order: for a history from before the ledger was in use. Otherwise a
	// document is dated by the day on which it is made.
	ByPeriod bool
}

// Reaction is a command that follows from an event, at once or, when
// NotBefore is set, when that instant has come and everything recorded before
// it has been answered.
type Reaction struct {
	Command   Command
	NotBefore time.Time
}

// Document series.
const (
	InvoiceSeries = "INV"
	DebitSeries   = "DM"
	CreditSeries  = "CM"
)

// Answers tells whether anything may follow from events of a type, so that a
// follower need not read the others.
func (Policy) Answers(eventType string) bool {
	switch eventType {
	case ChargesClaimed{}.EventType(), ClaimQuestioned{}.EventType(), LinesWithdrawn{}.EventType(), LinesDeclined{}.EventType(), LinesMoved{}.EventType(), CandidateOpened{}.EventType(), HoldReleased{}.EventType(),
		BillingAllowed{}.EventType(), BillingBlocked{}.EventType(), CandidateSealed{}.EventType(), CreditRequested{}.EventType(),
		NumberAssigned{}.EventType(), PostingConfirmed{}.EventType(), PaymentAllocated{}.EventType(), LinesDisputed{}.EventType(),
		DisputeUpheld{}.EventType(), DisputePartlyUpheld{}.EventType(), DisputeDenied{}.EventType(), DisputeWithdrawn{}.EventType(), DisputeCleared{}.EventType(), CancellationBegan{}.EventType(),
		TaxBlocked{}.EventType(), ExchangeBlocked{}.EventType(), RateAwaited{}.EventType(), IssuerSet{}.EventType(), TaxRulesAdopted{}.EventType(), RegistrantAwaited{}.EventType(), ClaimRestated{}.EventType(),
		RatingDue{}.EventType(), ShipmentRated{}.EventType(), RatingBlocked{}.EventType(), TransitDue{}.EventType(), AgreementAdopted{}.EventType(), AgreementAwaited{}.EventType(), IndexPublished{}.EventType(), IndexAwaited{}.EventType(),
		ShortPaid{}.EventType(), ShortPayContested{}.EventType(), ShortPayForgiven{}.EventType(), ReceiptMatched{}.EventType():
		return true
	}
	return Journaled(eventType)
}

// React gives the commands that follow from an event recorded at an instant.
func (p Policy) React(e Event, recorded time.Time) []Reaction {
	var reactions []Reaction
	then := func(c Command) { reactions = append(reactions, Reaction{Command: c}) }

	// Whatever means something to the books is posted.
	if d, ok := Journal(e); ok && !d.ByERP {
		then(RequestPosting{PostingRequested{d.Number, d.Kind, subjectOf(e), d.Date}})
	}
	switch e := e.(type) {
	case TransitDue:
		if day, err := time.Parse(DayLayout, e.Date); err == nil { // it always is one
			reactions = append(reactions, Reaction{AccrueTransit(e), day.AddDate(0, 0, 1)})
		}
	case RatingDue:
		then(RateShipment{Shipment: e.Shipment})
	case RatingBlocked:
		then(AwaitAgreement{AgreementAwaited{e.Agreement, e.Shipment}})
	case ShipmentRated:
		for _, index := range e.Awaits {
			then(AwaitIndex{IndexAwaited{index, e.Shipment}})
		}
	case AgreementAdopted:
		for _, id := range e.Waiting {
			then(RateShipment{Shipment: id})
		}
	case AgreementAwaited:
		then(RateShipment{Shipment: e.Shipment}) // a version may have come meanwhile
	case IndexAwaited:
		then(RateShipment{Shipment: e.Shipment}) // a value may have come meanwhile
	case IndexPublished:
		for _, id := range e.Waiting {
			then(RateShipment{Shipment: id})
		}
		for _, waiting := range e.Bills {
			then(RequestBilling{waiting})
		}
	case ChargesClaimed:
		then(AddLines{e.Candidate, e.Shipment, e.Lines, e.ReviewAbove})
	case LinesDeclined:
		then(MoveClaim{e.Shipment, e.Invoice, e.Next, e.Charges})
	case LinesMoved:
		then(MoveClaim{e.Shipment, e.Invoice, e.To, chargesOn(e.Lines)})
	case ClaimQuestioned:
		then(WithdrawLines{e.Invoice, e.Shipment, e.Charges, strings.Join(e.Holds, "; ")})
	case LinesWithdrawn:
		then(ReturnCharges{ChargesReturned{e.Shipment, e.Invoice, chargesOn(e.Lines), e.Reason}})
	case CandidateOpened:
		reactions = append(reactions, Reaction{RequestBilling{e.Candidate}, p.billingFrom(e, recorded)})
	case HoldReleased:
		// Its billing may have been allowed while the hold was in force.
		if date, err := e.Candidate.BillingDate(); err == nil {
			from := Policy{Grace: p.Grace}.billingFrom(CandidateOpened{BillingDate: date}, recorded)
			reactions = append(reactions, Reaction{RequestBilling{e.Candidate}, from})
		}
	case BillingAllowed:
		then(SealCandidate{Invoice: e.Candidate.ID(), TermsDays: e.TermsDays, Date: p.today(recorded), Buyer: e.Buyer})
	case BillingBlocked:
		if !sealHold(e.Reason) { // such a hold is in force already
			then(BlockInvoice{InvoiceHeld{Invoice: e.Candidate.ID(), Reason: e.Reason, Detail: e.Detail}})
		}
	case TaxBlocked:
		then(AwaitRegistrant{e.Registrant, e.Candidate, e.Changes})
		then(AwaitCustomer{e.Candidate, e.Buyer, e.Reason, e.Detail})
	case ExchangeBlocked:
		then(AwaitRegistrant{e.Registrant, e.Candidate, e.Changes})
		if e.Index != "" {
			then(AwaitRate{e.Index, e.Candidate, e.Values})
		}
	case RateAwaited:
		if e.Changed {
			then(RequestBilling{e.Candidate})
		}
	case IssuerSet:
		then(ListIssuer{e.listing()})
		for _, waiting := range e.Waiting {
			then(RequestBilling{waiting})
		}
	case TaxRulesAdopted:
		for _, waiting := range e.Waiting {
			then(RequestBilling{waiting})
		}
	case RegistrantAwaited:
		if e.Changed {
			then(RequestBilling{e.Candidate})
		}
	case ClaimRestated:
		then(RestateLines{LinesRestated{e.Invoice, e.Shipment, e.Facts}})
	case CandidateSealed:
		date := e.IssueDate
		if p.ByPeriod {
			date = ""
		}
		then(AssignNumber{e.Series + "-" + e.IssueDate[:4], NumberFor{Invoice: e.Invoice}, date})
	case CreditRequested:
		// Somebody may have granted it before; it is not dated ahead.
		granted := cmp.Or(e.Date, dayOf(recorded))
		then(AssignNumber{e.Series + "-" + granted[:4], NumberFor{e.Invoice, e.Credit.ID}, min(granted, dayOf(recorded))})
	case NumberAssigned:
		if e.For.Credit != "" {
			then(IssueCredit{e.For.Invoice, e.For.Credit, e.Number, e.Date})
		} else {
			then(IssueInvoice{e.For.Invoice, e.Number, e.Date})
		}
	case InvoiceIssued:
		// The invoices that it raises or replaces learn of it.
		if of := e.Candidate.Raises; of != (Raised{}) {
			then(LinkDebit{DebitLinked{of.Invoice, e.Invoice, e.Number}})
		}
		for _, id := range replaced(e.Lines) {
			then(LinkRebill{RebillLinked{Invoice: id, By: e.Invoice, Number: e.Number}})
		}
	case InvoiceVoided:
		reactions = append(reactions, releaseAll(e.Invoice, e.Lines, "invoice "+e.Number+" voided: "+e.Reason, true)...)
	case CancellationBegan:
		then(ContinueCancellation{e.Invoice, dayOf(recorded)})
	case CreditIssued:
		then(ContinueCancellation{e.Invoice, dayOf(recorded)}) // it may have waited for this
		if e.Rebill {
			lines := make([]BillLine, len(e.Lines))
			for i, line := range e.Lines {
				lines[i] = BillLine{Shipment: line.Shipment, Charge: line.Charge}
			}
			reactions = append(reactions, releaseAll(e.Invoice, lines, "invoice "+e.Of+" credited by "+e.Credit.Number+" to be billed again: "+e.Reason, false)...)
		}
	case PostingConfirmed:
		if e.Kind == DocumentInvoice || e.Kind == DocumentDebit {
			then(MarkPosted{InvoicePosted{InvoiceID(e.Subject.ID()), e.Document}})
		}
	case PaymentAllocated:
		for _, a := range e.Allocations {
			then(ApplyPayment{a.Invoice, e.Payment, e.Date, a.Amount, a.Reason, a.Deductions})
		}
	case PaymentApplied:
		if !e.Excess.IsZero() {
			then(ReduceAllocation{AllocationReduced{e.Payment, e.Invoice, e.Excess}})
		}
		if e.Reason == "" && !e.Residual.IsZero() {
			// What was open before it: both are in the invoice's one currency.
			if open, err := e.Amount.Add(e.Residual); err == nil {
				then(JudgeShortPay{Customer: e.Customer, Invoice: e.Invoice, Payment: e.Payment, Date: e.Date, Open: open, Residual: e.Residual})
			}
		}
	case ShortPaid:
		then(JudgeShortPay{e.Customer, e.Invoice, e.Payment, e.Case, e.Date, e.Open, e.Residual, e.Reason})
	case ShortPayContested:
		then(DisputeShortPay{e.Invoice, e.Case})
	case ShortPayForgiven:
		then(WriteOffSmall{e.Invoice, e.Payment, e.Date, e.Residual, e.Reason})
	case WrittenOff:
		for _, s := range byShipment(e.Ended) {
			then(WriteOffCharges{ChargesWrittenOff{s.id, e.Invoice, s.charges}})
		}
	case WriteOffReversed:
		for _, s := range byShipment(e.Reopened) {
			then(ReinstateCharges{ChargesReinstated{s.id, e.Invoice, s.charges}})
		}
		then(ContinueCancellation{e.Invoice, dayOf(recorded)}) // it may have waited for this
	case CashReleased:
		then(ReduceAllocation{AllocationReduced{e.Payment, e.Invoice, e.Amount}})
	case PaymentReceived:
		if e.Own {
			then(EndMovement{MovementID(e.Payment), EndReceived, e.Payment}) // it may have been nobody's at first
		}
	case ReceiptMatched:
		then(EndMovement{e.Movement, EndMatched, e.Payment})
	case PaymentReversed:
		for _, id := range e.Invoices {
			then(UnapplyPayment{id, e.Payment, e.Date})
		}
	case LinesDisputed:
		then(OpenDispute{DisputeOpened{e.Dispute, e.Invoice, e.Customer, e.Reason, e.Lines, e.DisputeTerms}})
	case DisputeUpheld:
		then(CreditDispute{e.Invoice, e.Dispute, e.Lines, dayOf(recorded), e.Reason, e.By})
	case DisputePartlyUpheld:
		then(CreditDispute{e.Invoice, e.Dispute, e.Lines, dayOf(recorded), e.Reason, e.By})
	case DisputeDenied:
		then(ClearDispute{DisputeCleared{Invoice: e.Invoice, Dispute: e.Dispute, End: EndDenied}})
	case DisputeWithdrawn:
		then(ClearDispute{DisputeCleared{Invoice: e.Invoice, Dispute: e.Dispute, End: EndWithdrawn}})
	case DisputeCleared:
		then(ContinueCancellation{e.Invoice, dayOf(recorded)}) // it may have waited for this
		// The case learns what the invoice did about it.
		if e.End == EndCredited || e.End == EndNothingLeft {
			then(SettleDispute{DisputeSettled{e.Dispute, e.Invoice, e.End, e.Credit, e.Credited}})
		}
	}
	return reactions
}

// billingFrom is when a candidate may be billed: its period is over and late
// charges have had their time.
func (p Policy) billingFrom(e CandidateOpened, recorded time.Time) time.Time {
	from := recorded.Add(p.Quiet)
	// The billing date was checked when the candidate was opened.
	if end, err := time.Parse(DayLayout, e.BillingDate); err == nil {
		if over := end.AddDate(0, 0, 1).Add(p.Grace); over.After(from) {
			from = over
		}
	}
	return from
}

// today is the civil date of a document made at an instant, "" when its period
// dates it.
func (p Policy) today(recorded time.Time) string {
	if p.ByPeriod {
		return ""
	}
	return dayOf(recorded)
}

// dayOf is the civil date, in UTC, of an instant.
func dayOf(t time.Time) string { return t.UTC().Format(DayLayout) }

// chargesOn are the charges of lines.
func chargesOn(lines []BillLine) []ChargeID {
	charges := make([]ChargeID, len(lines))
	for i, line := range lines {
		charges[i] = line.Charge
	}
	return charges
}

// releaseAll releases an invoice's charges, one command a shipment.
func releaseAll(invoice InvoiceID, lines []BillLine, reason string, accrualRestored bool) []Reaction {
	refs := make([]ChargeRef, len(lines))
	for i, line := range lines {
		refs[i] = ChargeRef{line.Shipment, line.Charge}
	}
	var reactions []Reaction
	for _, s := range byShipment(refs) {
		reactions = append(reactions, Reaction{Command: ReleaseCharges{ChargesReleased{s.id, invoice, s.charges, reason, accrualRestored}}})
	}
	return reactions
}

// chargesOf are charges of one shipment.
type chargesOf struct {
	id      ShipmentID
	charges []ChargeID
}

// byShipment gathers charges by shipment, in order of first naming.
func byShipment(refs []ChargeRef) []chargesOf {
	var all []chargesOf
	at := map[ShipmentID]int{}
	for _, ref := range refs {
		i, known := at[ref.Shipment]
		if !known {
			i = len(all)
			at[ref.Shipment] = i
			all = append(all, chargesOf{id: ref.Shipment})
		}
		all[i].charges = append(all[i].charges, ref.Charge)
	}
	return all
}

// subjectOf names the stream whose event a journal document says.
func subjectOf(e Event) Stream {
	switch e := e.(type) {
	case RevenueAccrued:
		return e.Shipment.Stream()
	case InvoiceIssued:
		return e.Invoice.Stream()
	case InvoiceVoided:
		return e.Invoice.Stream()
	case CreditIssued:
		return e.Invoice.Stream()
	case PaymentApplied:
		return e.Invoice.Stream()
	case PaymentUnapplied:
		return e.Invoice.Stream()
	case WrittenOff:
		return e.Invoice.Stream()
	case WriteOffReversed:
		return e.Invoice.Stream()
	case PaymentRefunded:
		return e.Payment.Stream()
	case PaymentReceived:
		return e.Payment.Stream()
	case PaymentReversed:
		return e.Payment.Stream()
	case CashReleased:
		return e.Invoice.Stream()
	}
	return ""
}
