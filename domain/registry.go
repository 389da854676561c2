package domain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
)

// EventForm is how one event type is stored: its permanent name, its version
// today, and how older versions become it.
type EventForm struct {
	Name    string
	Version int
	Zero    Event // for the catalogue; never decoded into
	// Upcasters take a stored body one version up: Upcasters[0] makes a body
	// of version 2 from one of version 1.
	Upcasters []func(json.RawMessage) (json.RawMessage, error)
	decode    func([]byte) (Event, error)
}

// Registry knows every event type that history may hold.
type Registry struct {
	forms map[string]EventForm
}

// NewRegistry makes a registry of forms; a name used twice, or a version
// without its upcasters, is a mistake of the program.
func NewRegistry(forms ...EventForm) (Registry, error) {
	r := Registry{make(map[string]EventForm, len(forms))}
	for _, f := range forms {
		if _, taken := r.forms[f.Name]; taken {
			return Registry{}, fmt.Errorf("event name %s is registered twice", f.Name)
		}
		if f.Name == "" || f.Version != len(f.Upcasters)+1 {
			return Registry{}, fmt.Errorf("event %q: version %d with %d upcasters", f.Name, f.Version, len(f.Upcasters))
		}
		r.forms[f.Name] = f
	}
	return r, nil
}

// Form registers E under a permanent name, at the version that follows from
// its upcasters.
func Form[E Event](name string, upcasters ...func(json.RawMessage) (json.RawMessage, error)) EventForm {
	var zero E
	return EventForm{Name: name, Version: len(upcasters) + 1, Zero: zero, Upcasters: upcasters, decode: func(body []byte) (Event, error) {
		var e E
		if (len(body) == 0 || body[0] != '{') && !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
			return nil, fmt.Errorf("the body is not an object")
		}
		// Unlike encoding/json this refuses a name that comes twice, or in
		// another case, and text that is not UTF-8: what was stored has one
		// reading.
		if err := jsonv2.Unmarshal(body, &e, jsonv2.RejectUnknownMembers(true)); err != nil {
			return nil, err
		}
		return e, nil
	}}
}

// Forms lists the registry in order of name.
func (r Registry) Forms() []EventForm {
	forms := make([]EventForm, 0, len(r.forms))
	for _, f := range r.forms {
		forms = append(forms, f)
	}
	slices.SortFunc(forms, func(a, b EventForm) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return forms
}

// Knows tells whether events of this name can be read.
func (r Registry) Knows(name string) bool {
	_, ok := r.forms[name]
	return ok
}

// Encode gives an event's permanent name, version and stored body.
func (r Registry) Encode(e Event) (name string, version int, body []byte, err error) {
	f, ok := r.forms[e.EventType()]
	if !ok {
		return "", 0, nil, fmt.Errorf("event %s is not registered", e.EventType())
	}
	body, err = json.Marshal(e)
	if err != nil {
		return "", 0, nil, fmt.Errorf("encode %s: %w", f.Name, err)
	}
	return f.Name, f.Version, body, nil
}

// Decode reads a stored body of any version. An unknown name, a version newer
// than this program knows, or a body that does not fit is an error: history is
// never skipped.
func (r Registry) Decode(name string, version int, body []byte) (Event, error) {
	f, ok := r.forms[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("event type %.60q is not known to this version of freightledger: upgrade it", name)
	case version < 1:
		return nil, fmt.Errorf("event %s has version %d", name, version)
	case version > f.Version:
		return nil, fmt.Errorf("event %s has version %d; this version of freightledger reads up to %d: upgrade it", name, version, f.Version)
	}
	raw := json.RawMessage(body)
	for v := version; v < f.Version; v++ {
		var err error
		if raw, err = f.Upcasters[v-1](raw); err != nil {
			return nil, fmt.Errorf("upcast %s from version %d: %w", name, v, err)
		}
	}
	e, err := f.decode(raw)
	if err != nil {
		return nil, fmt.Errorf("decode %s version %d: %w", name, version, err)
	}
	return e, nil
}

// Events is the registry of every event in this package. Names are permanent;
// a changed shape gets an upcaster and keeps its old golden for ever.
func Events() Registry {
	r, err := NewRegistry(
		Form[OrderReleased]("OrderReleased", asItWas, asItWas, asItWas, asItWas, asItWas, asItWas),
		Form[ReferenceAdded]("ReferenceAdded"),
		Form[OrderTendered]("OrderTendered"),
		Form[TenderAccepted]("TenderAccepted"),
		Form[TenderDeclined]("TenderDeclined"),
		Form[TenderExpired]("TenderExpired"),
		Form[ShipmentDispatched]("ShipmentDispatched"),
		Form[ShipmentCancelled]("ShipmentCancelled", asItWas),
		Form[MilestoneRecorded]("MilestoneRecorded", asItWas),
		Form[ShipmentDelivered]("ShipmentDelivered"),
		Form[ExceptionRaised]("ExceptionRaised"),
		Form[ExceptionResolved]("ExceptionResolved"),
		Form[PODReceived]("PODReceived"),
		Form[PODVerified]("PODVerified", asItWas),
		Form[PODUnreadable]("PODUnreadable"),
		Form[PODCorrected]("PODCorrected"),
		Form[ServiceRecorded]("ServiceRecorded"),
		Form[DelayRecorded]("DelayRecorded"),
		Form[NoticeRecorded]("NoticeRecorded"),
		Form[StopFactsRecorded]("StopFactsRecorded"),
		Form[RatingDue]("RatingDue"),
		Form[ShipmentRated]("ShipmentRated", asItWas, asItWas, asItWas, asItWas, asItWas),
		Form[RatingBlocked]("RatingBlocked"),
		Form[AgreementAdopted]("AgreementAdopted", asItWas, asItWas),
		Form[AgreementAwaited]("AgreementAwaited"),
		Form[IndexPublished]("IndexPublished", asItWas),
		Form[RateAwaited]("RateAwaited"),
		Form[IndexAwaited]("IndexAwaited"),
		Form[ChartAdopted]("ChartAdopted"),
		Form[ChargeEntered]("ChargeEntered", asItWas, asItWas),
		Form[ChargeAmended]("ChargeAmended", asItWas),
		Form[ChargeApproved]("ChargeApproved", asItWas),
		Form[ApprovalVoided]("ApprovalVoided"),
		Form[ChargeAssigned]("ChargeAssigned"),
		Form[ChargeRejected]("ChargeRejected"),
		Form[ChargeWaived]("ChargeWaived"),
		Form[ChargeLinked]("ChargeLinked"),
		Form[ChargeNotBillable]("ChargeNotBillable"),
		Form[ChargeHeld]("ChargeHeld"),
		Form[RevenueAccrued]("RevenueAccrued", asItWas, asItWas),
		Form[TransitDue]("TransitDue"),
		Form[TransitMeasured]("TransitMeasured"),
		Form[ChargesClaimed]("ChargesClaimed", asItWas, monthIsPeriod("candidate"), asItWas, asItWas, asItWas),
		Form[TaxFactsRecorded]("TaxFactsRecorded"),
		Form[ClaimRestated]("ClaimRestated"),
		Form[ChargesReleased]("ChargesReleased"),
		Form[ClaimQuestioned]("ClaimQuestioned"),
		Form[ChargesReturned]("ChargesReturned"),
		Form[CandidateOpened]("CandidateOpened", asItWas, monthIsPeriod("candidate"), asItWas),
		Form[LinesAdded]("LinesAdded", asItWas, asItWas, asItWas),
		Form[LinesDeclined]("LinesDeclined", asItWas, monthIsPeriod("next"), asItWas),
		Form[LinesWithdrawn]("LinesWithdrawn", asItWas, asItWas),
		Form[LinesRestated]("LinesRestated"),
		Form[TaxBlocked]("TaxBlocked", asItWas),
		Form[ExchangeBlocked]("ExchangeBlocked"),
		Form[LinesMoved]("LinesMoved"),
		Form[InvoiceHeld]("InvoiceHeld", asItWas),
		Form[HoldReleased]("HoldReleased", asItWas, monthIsPeriod("candidate"), asItWas),
		Form[CandidateSealed]("CandidateSealed", then(repeating("issue_date", "billing_date"), stating("series", InvoiceSeries)), asItWas, asItWas),
		Form[InvoiceIssued]("InvoiceIssued", asItWas, monthIsPeriod("candidate"), asItWas, asItWas, asItWas, asItWas),
		Form[InvoicePosted]("InvoicePosted"),
		Form[InvoiceVoided]("InvoiceVoided", asItWas, asItWas),
		Form[CancellationBegan]("CancellationBegan"),
		Form[CancellationBlocked]("CancellationBlocked"),
		Form[CancellationDone]("CancellationDone"),
		Form[RebillLinked]("RebillLinked"),
		Form[DebitLinked]("DebitLinked"),
		Form[CreditRequested]("CreditRequested", asItWas, stating("series", CreditSeries)),
		Form[CreditIssued]("CreditIssued", asItWas, asItWas, asItWas),
		Form[PaymentApplied]("PaymentApplied"),
		Form[PaymentUnapplied]("PaymentUnapplied"),
		Form[ShortPaid]("ShortPaid"),
		Form[WriteOffRequested]("WriteOffRequested"),
		Form[WriteOffDeclined]("WriteOffDeclined"),
		Form[WrittenOff]("WrittenOff", asItWas, asItWas),
		Form[WriteOffReversed]("WriteOffReversed", asItWas),
		Form[ChargesWrittenOff]("ChargesWrittenOff"),
		Form[ChargesReinstated]("ChargesReinstated"),
		Form[CustomerRulesSet]("CustomerRulesSet"),
		Form[ShortPayContested]("ShortPayContested"),
		Form[ShortPayForgiven]("ShortPayForgiven"),
		Form[CashReleased]("CashReleased"),
		Form[LinesDisputed]("LinesDisputed", stating("code", string(ReasonOther)), asItWas),
		Form[DisputeCleared]("DisputeCleared", stating("end", string(EndUnstated))),
		Form[NumberAssigned]("NumberAssigned", asItWas),
		Form[IssuerSet]("IssuerSet", asItWas, asItWas),
		Form[IssuerListed]("IssuerListed"),
		Form[TaxRulesAdopted]("TaxRulesAdopted", asItWas),
		Form[RegistrantAwaited]("RegistrantAwaited", asItWas),
		Form[CustomerSynced]("CustomerSynced", asItWas, asItWas),
		Form[BillingAllowed]("BillingAllowed", asItWas, monthIsPeriod("candidate"), asItWas, asItWas),
		Form[BillingBlocked]("BillingBlocked", asItWas, monthIsPeriod("candidate"), asItWas),
		Form[PostingRequested]("PostingRequested"),
		Form[PostingConfirmed]("PostingConfirmed"),
		Form[PostingRejected]("PostingRejected"),
		Form[PostingRedated]("PostingRedated"),
		Form[PostingRetried]("PostingRetried"),
		Form[PostingParked]("PostingParked"),
		Form[RemittanceAnnounced]("RemittanceAnnounced", asItWas),
		Form[RemittanceHeld]("RemittanceHeld"),
		Form[PaymentReceived]("PaymentReceived", asItWas),
		Form[PaymentAllocated]("PaymentAllocated", asItWas),
		Form[AllocationReduced]("AllocationReduced"),
		Form[PaymentRefunded]("PaymentRefunded"),
		Form[PaymentReversed]("PaymentReversed", asItWas),
		Form[ReceiptMatched]("ReceiptMatched"),
		Form[RemittanceMatched]("RemittanceMatched"),
		Form[BankAccountAdopted]("BankAccountAdopted"),
		Form[PayerAttributed]("PayerAttributed"),
		Form[StatementTaken]("StatementTaken"),
		Form[StatementProfileAdopted]("StatementProfileAdopted"),
		Form[MovementNoted]("MovementNoted"),
		Form[MovementAssigned]("MovementAssigned"),
		Form[MovementEnded]("MovementEnded"),
		Form[DisputeOpened]("DisputeOpened", stating("code", string(ReasonOther)), asItWas),
		Form[DisputeEvidenceAttached]("DisputeEvidenceAttached"),
		Form[DisputeAcknowledged]("DisputeAcknowledged"),
		Form[DisputeEscalated]("DisputeEscalated"),
		Form[DisputeUpheld]("DisputeUpheld", asItWas),
		Form[DisputePartlyUpheld]("DisputePartlyUpheld", asItWas),
		Form[DisputeDenied]("DisputeDenied"),
		Form[DisputeWithdrawn]("DisputeWithdrawn"),
		Form[DisputeSettled]("DisputeSettled"),
		Form[MessageReceived]("MessageReceived"),
		Form[MessagePart]("MessagePart"),
		Form[MessageApplied]("MessageApplied"),
		Form[MessageRefused]("MessageRefused"),
		Form[MessageDismissed]("MessageDismissed"),
	)
	if err != nil {
		panic(err) // a mistake of the program, found by every test
	}
	return r
}
