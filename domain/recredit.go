package domain

import (
	"fmt"
	"strings"
)

// CreditedAgain is the request as its invoice should have decided it. V is the
// invoice as it was before the request, with the credits and write-offs before
// it; upheld is what the dispute found for the customer, where the credit
// follows from one.
//
// How much of a line is given back is for people to say, and is taken as
// stated; that it was left to give, its tax and of which taxes that is, are
// decided. A tax may be off by what the rounding of a gross amount makes of it
// (rule 36). All that is credited because the whole invoice or a dispute is, is
// decided. The error is a [Refusal] where the invoice would have refused.
func (e CreditRequested) CreditedAgain(v Invoice, upheld []CreditLine) (CreditRequested, error) {
	var decided []Event
	var err error
	dispute, follows := e.Dispute()
	switch {
	case follows:
		decided, err = CreditDispute{v.ID, dispute, upheld, e.Date, e.Reason, e.By}.Decide(v)
	case e.ID == cancellationCredit:
		decided, err = ContinueCancellation{v.ID, e.Date}.Decide(v)
	default:
		c := CreditInvoice{Invoice: v.ID, Credit: e.ID, Lines: e.Lines, Rebill: e.Rebill, Date: e.Date, Reason: e.Reason, By: e.By}
		if c.Rebill {
			c.Lines = nil // all that is left
		}
		decided, err = c.Decide(v)
	}
	if err != nil {
		return e, err
	}
	for _, d := range decided {
		if again, ok := d.(CreditRequested); ok {
			return again, nil
		}
	}
	return e, fmt.Errorf("invoice %s has nothing to credit as %s", v.ID, e.ID)
}

// IssuedAgain is the credit memo as the invoice, as it was before it, should
// have issued it under the number that the series gave it.
func (e CreditIssued) IssuedAgain(v Invoice, given NumberAssigned) (CreditIssued, error) {
	if series := v.creditSeries(); given.Series != "" && !strings.HasPrefix(given.Series, series+"-") {
		return e, refuseByRule(34, Conflict, "number %s is of series %s, credit memos of invoice %s are of %s", given.Number, given.Series, v.Number, series)
	}
	decided, err := IssueCredit{v.ID, e.ID, given.Number, given.Date}.Decide(v)
	if err != nil {
		return e, err
	}
	for _, d := range decided {
		if again, ok := d.(CreditIssued); ok {
			return again, nil
		}
	}
	return e, fmt.Errorf("credit %s of invoice %s is issued already", e.ID, v.ID)
}
