package domain

import "slices"

// Evolve applies an event to the shipment. Slices are copied before they
// change: an earlier state stays what it was.
func (s Shipment) Evolve(e Event) Shipment {
	switch e := e.(type) {
	case OrderReleased:
		s.ID, s.Customer, s.Currency = e.Shipment, e.Customer, e.Currency
		s.References, s.Mode, s.Incoterm = e.References, e.Mode, e.Incoterm
		s.WeightKg, s.Weight, s.Promised = e.WeightKg, e.Weight, e.Promised
		s.Stops, s.Terms, s.Measures, s.Ordered = e.Stops, e.Terms, e.Measures, e.Ordered
	case ReferenceAdded:
		s.References = append(slices.Clip(s.References), e.Reference)
	case OrderTendered:
		s.Tender = Tender{Carrier: e.Carrier, State: TenderOpen}
	case TenderAccepted:
		s.Tender.State, s.Tender.DispatchRef = TenderWasTaken, e.DispatchRef
	case TenderDeclined:
		s.Tender.State = TenderWasNot
	case TenderExpired:
		s.Tender.State = TenderRanOut
	case ShipmentDispatched:
		s.Dispatched = e.At
		if e.Load != "" {
			s.References = append(slices.Clip(s.References), Reference{"LOAD", e.Load})
		}
	case ShipmentCancelled:
		s.Cancelled, s.CancelledAt, s.CancelledByCarrier = e.Reason, e.At, e.ByCarrier
	case MilestoneRecorded:
		s = s.withMilestone(e.Milestone)
	case ShipmentDelivered:
		s.Delivered = e.At
	case ExceptionRaised:
		raised := Exception{ID: e.Exception, Kind: e.Kind, Detail: e.Detail, Open: true}
		s.Exceptions = slices.Clone(s.Exceptions)
		if x := s.exception(e.Exception); x != nil {
			*x = raised // again
		} else {
			s.Exceptions = append(s.Exceptions, raised)
		}
	case ExceptionResolved:
		s.Exceptions = slices.Clone(s.Exceptions)
		if x := s.exception(e.Exception); x != nil {
			x.Open, x.ResolvedBy = false, e.By
		}
	case PODReceived:
		s.POD = POD{Version: e.Version, State: PODIsReceived, Document: e.Document, SignedBy: e.SignedBy, At: e.At, Notes: e.Notes}
	case PODVerified:
		s.POD.State = PODIsClean
		if e.Outcome == PODWithExceptions {
			s.POD.State = PODIsException
		}
		s.POD.VerifiedBy, s.POD.Timed = e.By, e.Timed
	case PODUnreadable:
		s.POD.State = PODIsUnreadable
	case PODCorrected:
		s.POD = POD{Version: e.Version, State: PODIsReceived, Document: e.Document, SignedBy: e.SignedBy, At: e.At, Notes: e.Notes}
	case RatingDue, RatingBlocked, ShipmentRated:
		s = s.withRating(e)
	case TaxFactsRecorded:
		s.TaxFacts = s.TaxFacts.with(e.Facts)
	case ServiceRecorded, DelayRecorded, NoticeRecorded:
		s = s.withService(e)
	case StopFactsRecorded:
		s = s.withStopFacts(e)
	case TransitDue, TransitMeasured:
		s = s.withTransit(e)
	default:
		s = s.withCharge(e)
	}
	return s
}

// conclude adds to what was decided whatever follows from it within the
// shipment: the months that ended on the way, delivery, exceptions, the rating
// of what is earned, the end of
// approvals whose evidence has changed, the accrual of revenue and the claim
// of its charges by an invoice, and the question whether a claim still holds.
// A cancelled shipment has no delivery: it may have earned what a truck
// ordered and not used costs.
func (s Shipment) conclude(events ...Event) []Event {
	for _, e := range events {
		s = s.Evolve(e)
	}
	for _, conclusion := range []func(Shipment) []Event{
		Shipment.concludeMonths,
		Shipment.concludeDelivery,
		Shipment.concludeStopTimes,
		Shipment.concludePOD,
		Shipment.concludeTransit,
		Shipment.concludeRating,
		Shipment.concludeApprovals,
		Shipment.concludeAccrual,
		Shipment.concludeBilling,
		Shipment.concludeQuestions,
	} {
		for _, e := range conclusion(s) {
			s = s.Evolve(e)
			events = append(events, e)
		}
	}
	return events
}
