package trace

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain"
)

// happened is when an event says that its fact happened, and in which zone: ""
// for what happens by being recorded.
func happened(e domain.Event) (at, zone string) {
	local := func(m domain.Moment) (string, string) { return m.Local, m.Zone }
	switch e := e.(type) {
	case domain.OrderTendered:
		return local(e.At)
	case domain.TenderAccepted:
		return local(e.At)
	case domain.TenderDeclined:
		return local(e.At)
	case domain.TenderExpired:
		return local(e.At)
	case domain.ShipmentDispatched:
		return local(e.At)
	case domain.ShipmentCancelled:
		return local(e.At)
	case domain.MilestoneRecorded:
		return local(e.At)
	case domain.ShipmentDelivered:
		return local(e.At)
	case domain.PODReceived:
		return local(e.At)
	case domain.PODCorrected:
		return local(e.At)
	case domain.RevenueAccrued:
		return e.Date, ""
	case domain.InvoiceIssued:
		return e.IssueDate, ""
	case domain.InvoiceVoided:
		return e.Date, ""
	case domain.CreditIssued:
		return e.Date, ""
	case domain.PaymentReceived:
		return e.Date, ""
	case domain.PaymentReversed:
		return e.Date, ""
	case domain.PaymentApplied:
		return e.Date, ""
	case domain.PaymentUnapplied:
		return e.Date, ""
	case domain.CashReleased:
		return e.Date, ""
	case domain.PaymentRefunded:
		return e.Date, ""
	case domain.WrittenOff:
		return e.Date, ""
	case domain.WriteOffReversed:
		return e.Date, ""
	case domain.PostingConfirmed:
		return e.Date, ""
	}
	return "", ""
}

// sourceOf is where an event was read.
func sourceOf(e domain.Event) domain.Source {
	switch e := e.(type) {
	case domain.OrderReleased:
		return e.Source
	case domain.ReferenceAdded:
		return e.Source
	case domain.OrderTendered:
		return e.Source
	case domain.TenderAccepted:
		return e.Source
	case domain.TenderDeclined:
		return e.Source
	case domain.ShipmentDispatched:
		return e.Source
	case domain.ShipmentCancelled:
		return e.Source
	case domain.MilestoneRecorded:
		return e.Source
	case domain.ExceptionRaised:
		return e.Source
	case domain.PODReceived:
		return e.Source
	case domain.PODCorrected:
		return e.Source
	case domain.ChargeEntered:
		return e.Source
	case domain.ChargeLinked:
		return e.Source
	case domain.ChargeNotBillable:
		return e.Source
	case domain.ChargeHeld:
		return e.Source
	}
	return domain.Source{}
}

// says tells an event's content in the freight desk's words.
func says(e domain.Event) string {
	switch e := e.(type) {
	case domain.OrderReleased:
		return fmt.Sprintf("for customer %s in %s, %s%s", e.Customer, e.Currency, count(len(e.Stops), "stop"), given(", mode ", e.Mode))
	case domain.ReferenceAdded:
		return e.Reference.Kind + " " + e.Reference.Value
	case domain.OrderTendered:
		return "to carrier " + e.Carrier
	case domain.TenderAccepted:
		return "by carrier " + e.Carrier + given(", dispatch reference ", e.DispatchRef)
	case domain.TenderDeclined:
		return "by carrier " + e.Carrier + given(": ", e.Reason)
	case domain.TenderExpired:
		return "by carrier " + e.Carrier
	case domain.ShipmentDispatched:
		return given("load ", e.Load)
	case domain.ShipmentCancelled:
		return e.Reason
	case domain.MilestoneRecorded:
		kind := e.Kind
		if e.Estimate {
			kind += " (estimate)"
		}
		if e.Stop != 0 {
			kind += fmt.Sprintf(" at stop %d", e.Stop)
		}
		return kind + given(", ", e.Milestone.Place) + given(", reason ", e.Reason)
	case domain.ExceptionRaised:
		return e.Kind + given(": ", e.Detail)
	case domain.ExceptionResolved:
		return e.Exception + ": " + e.Resolution + " (by " + e.By + ")"
	case domain.PODReceived:
		return fmt.Sprintf("version %d, %s%s", e.Version, e.Document, given(", signed by ", e.SignedBy))
	case domain.PODVerified:
		return fmt.Sprintf("version %d: %s (by %s)", e.Version, e.Outcome, e.By)
	case domain.PODUnreadable:
		return fmt.Sprintf("version %d (by %s)", e.Version, e.By)
	case domain.PODCorrected:
		return fmt.Sprintf("version %d, %s: %s", e.Version, e.Document, e.Reason)
	case domain.ServiceRecorded:
		return fmt.Sprintf("%s %s%s (by %s)", e.Service.Code, e.Service.Service, given(": ", e.Service.Document), e.By)
	case domain.DelayRecorded:
		return fmt.Sprintf("at stop %d until %s, reason %s", e.Stop, e.Until.Local, e.Reason)
	case domain.NoticeRecorded:
		return fmt.Sprintf("of stop %d by %s%s", e.Stop, e.Medium, given(" to ", e.To))
	case domain.StopFactsRecorded:
		weight := ""
		if !e.Weight.IsZero() {
			weight = e.Weight.String()
		}
		return fmt.Sprintf("of stop %d%s%s (by %s)", e.Stop, given(", party ", string(e.Party)), given(", weight ", weight), e.By)
	case domain.RatingDue:
		return "under agreement " + e.Agreement
	case domain.RatingBlocked:
		return e.Reason
	case domain.ShipmentRated:
		text := fmt.Sprintf("by %s version %s: %s", e.Agreement, e.Version, count(len(e.Charges), "charge"))
		for _, m := range e.Missing {
			text += fmt.Sprintf("; missing, %s: %s", m.Clause, m.Text)
		}
		return text
	case domain.RevenueAccrued:
		return fmt.Sprintf("document %s, %s", e.Document, count(len(e.Lines), "line"))
	case domain.ChargesClaimed:
		return fmt.Sprintf("%s for invoice %s on %s", count(len(e.Lines), "charge"), e.Candidate.ID(), e.Evidence)
	case domain.ClaimQuestioned:
		return fmt.Sprintf("%s for invoice %s: %s", count(len(e.Charges), "charge"), e.Invoice, strings.Join(e.Holds, "; "))
	case domain.ChargesReturned:
		return fmt.Sprintf("%s by invoice %s: %s", count(len(e.Charges), "charge"), e.Invoice, e.Reason)
	case domain.ChargesReleased:
		return fmt.Sprintf("%s of invoice %s: %s", count(len(e.Charges), "charge"), e.Invoice, e.Reason)
	case domain.ChargesWrittenOff:
		return fmt.Sprintf("%s of invoice %s", count(len(e.Charges), "charge"), e.Invoice)
	case domain.ChargesReinstated:
		return fmt.Sprintf("%s of invoice %s", count(len(e.Charges), "charge"), e.Invoice)
	}
	if text := saysCharge(e); text != "" {
		return text
	}
	return saysMoney(e)
}

func saysCharge(e domain.Event) string {
	switch e := e.(type) {
	case domain.ChargeEntered:
		text := fmt.Sprintf("%s: %s %s%s%s, asked for by %s", e.Charge, e.Kind, e.Amount, given(", ", e.Description), given(", paid by ", string(e.Payor)), e.RequestedBy)
		if e.NeedsApproval {
			text += ", needs approval"
		}
		return text
	case domain.ChargeAmended:
		return fmt.Sprintf("%s: %s: %s (by %s)", e.Charge, e.Amount, e.Reason, e.RequestedBy)
	case domain.ChargeAssigned:
		return fmt.Sprintf("%s: paid by %s: %s (by %s)", e.Charge, cmp.Or(string(e.Payor), "the customer"), e.Reason, e.By)
	case domain.ChargeApproved:
		return fmt.Sprintf("%s: %s by %s", e.Charge, e.Amount, e.By)
	case domain.ApprovalVoided:
		text := fmt.Sprintf("%s: approved by %s before", e.Charge, e.By)
		for _, c := range e.Changes {
			text += fmt.Sprintf("; %s was %s, is %s", c.Of, c.Was, orDash(c.Is))
		}
		return text
	case domain.ChargeRejected:
		return fmt.Sprintf("%s: %s (by %s)", e.Charge, e.Reason, e.By)
	case domain.ChargeWaived:
		return fmt.Sprintf("%s: %s (by %s)", e.Charge, e.Reason, e.By)
	case domain.ChargeLinked:
		return fmt.Sprintf("%s: %s, billed by charge %s of shipment %s%s", e.Charge, e.Kind, e.BilledBy.Charge, e.BilledBy.Shipment, given(": ", e.Reason))
	case domain.ChargeNotBillable:
		return fmt.Sprintf("%s: %s: %s", e.Charge, e.Kind, e.Reason)
	case domain.ChargeHeld:
		return fmt.Sprintf("%s: %s: %s", e.Charge, e.Kind, e.Reason)
	}
	return ""
}

func saysMoney(e domain.Event) string {
	switch e := e.(type) {
	case domain.CandidateOpened:
		return "billing date " + e.BillingDate
	case domain.LinesAdded:
		return fmt.Sprintf("%s of shipment %s", count(len(e.Lines), "line"), e.Shipment)
	case domain.LinesWithdrawn:
		return fmt.Sprintf("%s of shipment %s: %s", count(len(e.Lines), "line"), e.Shipment, e.Reason)
	case domain.LinesMoved:
		return fmt.Sprintf("%s of shipment %s to %s: %s (by %s)", count(len(e.Lines), "line"), e.Shipment, e.To.ID(), e.Reason, e.By)
	case domain.LinesDeclined:
		return fmt.Sprintf("%s of shipment %s: %s", count(len(e.Charges), "line"), e.Shipment, e.Reason)
	case domain.InvoiceHeld:
		return e.Reason + given(": ", e.Detail) + given(" by ", e.By)
	case domain.HoldReleased:
		return e.Reason + " (by " + e.By + ")"
	case domain.CandidateSealed:
		return fmt.Sprintf("%s and tax %s, %d days", e.Net, e.Tax, e.TermsDays)
	case domain.InvoiceIssued:
		return fmt.Sprintf("%s: %s%s, due %s", e.Number, e.Total, booked(e.Exchange), e.DueDate)
	case domain.InvoiceVoided:
		return e.Reason + " (by " + e.By + ")"
	case domain.CancellationBegan:
		return e.Reason + " (by " + e.By + ")"
	case domain.CancellationBlocked:
		return e.Blocker + ": " + e.Subject
	case domain.CancellationDone:
		return "by " + e.Credit
	case domain.RebillLinked:
		return "billed again by " + e.Number
	case domain.DebitLinked:
		return "raised by " + e.Number
	case domain.CreditRequested:
		return fmt.Sprintf("credit %s: %s (by %s)", e.ID, e.Reason, e.By)
	case domain.CreditIssued:
		return fmt.Sprintf("%s: %s%s", e.Credit.Number, e.Total, booked(e.Exchange))
	case domain.PaymentApplied:
		return fmt.Sprintf("%s of payment %s, %s left open%s", e.Amount, e.Payment, e.Residual, given(", ", e.Reason))
	case domain.CashReleased:
		return fmt.Sprintf("%s back to payment %s%s", e.Amount, e.Payment, given(", after credit memo ", e.Credit))
	case domain.PaymentUnapplied:
		return fmt.Sprintf("%s of payment %s", e.Amount, e.Payment)
	case domain.ShortPaid:
		return fmt.Sprintf("%s short by payment %s: %s", e.Residual, e.Payment, e.Reason)
	case domain.WriteOffRequested:
		return fmt.Sprintf("%s of %s open: %s (by %s)", e.Amount, e.Open, e.Reason, e.By)
	case domain.WriteOffDeclined:
		return e.WriteOff + ": " + e.Reason + " (by " + e.By + ")"
	case domain.WrittenOff:
		return fmt.Sprintf("%s: %s (approved by %s)", e.Amount, e.Reason, e.ApprovedBy)
	case domain.WriteOffReversed:
		return fmt.Sprintf("%s: %s (by %s)", e.Amount, e.Reason, e.By)
	case domain.LinesDisputed:
		return fmt.Sprintf("%s by dispute %s, %s: %s", count(len(e.Lines), "line"), e.Dispute, e.Code.Name(), e.Reason)
	case domain.DisputeCleared:
		return fmt.Sprintf("%s: %s%s", e.Dispute, e.End, given(" by ", e.Credit))
	case domain.PaymentReceived:
		return fmt.Sprintf("%s as %s", e.Amount, e.Document)
	case domain.PaymentRefunded:
		return fmt.Sprintf("%s: %s (approved by %s)", e.Amount, e.Reason, e.ApprovedBy)
	case domain.PaymentReversed:
		return fmt.Sprintf("%s: %s", e.Amount, e.Reason)
	case domain.PostingRequested:
		return e.Kind + " of " + e.Date
	case domain.PostingConfirmed:
		return "the ERP holds it as " + e.ERPID
	case domain.PostingRejected:
		return e.Code + ": " + e.Message
	case domain.PostingRedated:
		return "from " + e.From + " to " + e.To + ": " + e.Reason
	case domain.PostingRetried:
		return "by " + e.By
	case domain.PostingParked:
		return e.Reason
	case domain.DisputeOpened:
		return e.Code.Name() + ": " + e.Reason + given(", to be answered by ", e.AnswerDue)
	case domain.DisputeEvidenceAttached:
		return e.Document + ", SHA-256 " + e.SHA256 + " (by " + e.By + ")"
	case domain.DisputeEscalated:
		return "to " + e.To + ": " + e.Reason + " (by " + e.By + ")"
	case domain.DisputePartlyUpheld:
		return fmt.Sprintf("%s of %s: %s (by %s)", e.Upheld, e.Disputed, e.Reason, e.By)
	case domain.DisputeSettled:
		return string(e.End) + given(" by ", e.Credit)
	case domain.DisputeUpheld:
		return e.Reason + " (by " + e.By + ")"
	case domain.DisputeDenied:
		return e.Reason + " (by " + e.By + ")"
	case domain.MessageReceived:
		return fmt.Sprintf("%s by %s, %d bytes", e.Name, e.Channel, e.Size)
	}
	return ""
}

// given is text after its lead, nothing when there is none.
func given(lead, text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return lead + text
}

// count words a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// booked is what a document is in its issuer's books.
func booked(x *domain.Exchange) string {
	if x == nil {
		return ""
	}
	return ", " + x.Total.String() + " in the books"
}
