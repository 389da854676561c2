package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// A hold keeps a candidate from being sealed. Its type says what it waits for
// and who ends it: the ledger itself where the cause can go away by itself, a
// person where somebody has to answer for the bill.

// Reasons for holding a candidate.
const (
	HoldCustomerUnknown  = "customer-unknown"
	HoldCustomerInactive = "customer-inactive"
	HoldCurrency         = "wrong-currency"
	HoldNegativeTotal    = "negative-total"
	HoldEmpty            = "no-lines"
	HoldLateDebit        = "debit-memo-after-180-days"
	HoldAboveLimit       = "above-review-limit"
	HoldByHand           = "by-hand"
	HoldIssuer           = "issuer-not-set-up"
	HoldTaxRules         = "no-tax-rule"
	HoldTaxFacts         = "tax-facts-missing"
	HoldExchange         = "no-exchange-rate"
)

// HoldEnder is who ends a hold.
type HoldEnder string

// Who ends a hold.
const (
	EndsItself  HoldEnder = "itself"  // when its cause goes away; nobody releases it
	EndsFinance HoldEnder = "finance" // a person in the role of finance
	EndsPerson  HoldEnder = "person"  // a person who looks at the bill
	EndsAnother HoldEnder = "another" // another person than who placed it
)

// RoleFinance is the role in which a person answers for what the books take.
const RoleFinance = "finance"

// HoldType is a row of the table of holds.
type HoldType struct {
	Reason string    `json:"reason"` // as events name it
	Waits  string    `json:"waits"`  // what it waits for
	Ends   HoldEnder `json:"ends"`
	Remedy string    `json:"remedy"` // what a person can do
	rule   int       // that a release by the wrong person breaks; 0 for none
}

// HoldTypes are all of them, the table of docs/BILLING.md.
func HoldTypes() []HoldType {
	return []HoldType{
		{HoldCustomerUnknown, "the customer in the ERP", EndsItself, "create the customer in the ERP and sync customers", 0},
		{HoldCustomerInactive, "the customer to be active", EndsItself, "activate the customer in the ERP and sync customers", 0},
		{HoldCurrency, "the ERP to bill in the charges' currency", EndsItself, "let the ERP bill the customer in this currency, or credit the charges and enter them in its own", 0},
		{HoldIssuer, "the issuer that the orders name", EndsItself, "set up the registrant that the orders name; it is billed by itself then", 0},
		{HoldTaxRules, "tax rules that speak of it", EndsItself, "adopt a version of tax rules that covers it, or record the fact that is wrong; it is billed by itself then", 0},
		{HoldTaxFacts, "what tax must know", EndsItself, "record what tax must know of the shipment, or state it of the customer in the ERP and sync customers; it is billed by itself then", 0},
		{HoldExchange, "a rate of exchange for the issuer's books", EndsItself, "publish the rate, or name in the issuer's particulars the series that it is of; it is billed by itself then", 29},
		{HoldNegativeTotal, "lines that come to more than the discounts", EndsItself, "wait for more lines, or pay the customer out in the ERP", 0},
		{HoldEmpty, "lines", EndsItself, "wait for lines", 0},
		{HoldLateDebit, "finance to allow a debit memo after 180 days", EndsFinance, "release the hold, in the role of finance", 35},
		{HoldAboveLimit, "a person to look at a bill above the agreement's limit", EndsPerson, "look at the bill and release the hold", 0},
		{HoldByHand, "another person than who placed it", EndsAnother, "release the hold, by another person than who placed it", 17},
	}
}

// HoldTypeOf is the type of a reason. What is not in the table was placed by
// hand, before there was one.
func HoldTypeOf(reason string) HoldType {
	types := HoldTypes()
	i := slices.IndexFunc(types, func(t HoldType) bool { return t.Reason == reason })
	if i < 0 {
		i = len(types) - 1
	}
	t := types[i]
	t.Reason = reason
	return t
}

// Who says in words who ends a hold that a person, if it was one, has placed.
func (t HoldType) Who(placedBy string) string {
	switch {
	case t.Ends == EndsItself:
		return "ends by itself"
	case t.Ends == EndsFinance:
		return "finance ends it"
	case t.Ends == EndsAnother && placedBy != "":
		return "another person than " + placedBy + " ends it"
	}
	return "a person ends it"
}

// InvoiceHeld keeps a candidate from being sealed.
type InvoiceHeld struct {
	Invoice InvoiceID `json:"invoice"`
	Reason  string    `json:"reason"`
	Detail  string    `json:"detail,omitempty"`
	// By is who placed it by hand. The ledger's own have none, and no hold of
	// a time when nobody was asked.
	By string `json:"by,omitempty"`
}

// HoldReleased ends one reason; the candidate asks for billing again.
type HoldReleased struct {
	Invoice   InvoiceID `json:"invoice"`
	Reason    string    `json:"reason"`
	By        string    `json:"by"`
	Role      string    `json:"role,omitempty"` // RoleFinance, where that has to end it
	Candidate Candidate `json:"candidate"`
}

func (InvoiceHeld) EventType() string  { return "InvoiceHeld" }
func (HoldReleased) EventType() string { return "HoldReleased" }

type (
	// HoldInvoice keeps a candidate from being sealed, by hand: reason by-hand,
	// and the detail says what for. Another person releases it.
	HoldInvoice struct{ InvoiceHeld }
	// BlockInvoice keeps it from being sealed by policy, for what its
	// customer's master data lack.
	BlockInvoice struct{ InvoiceHeld }
	// ReleaseHold ends one reason that a person has to end.
	ReleaseHold struct{ HoldReleased }
)

func (c HoldInvoice) Stream() Stream     { return c.Invoice.Stream() }
func (c BlockInvoice) Stream() Stream    { return c.Invoice.Stream() }
func (c ReleaseHold) Stream() Stream     { return c.Invoice.Stream() }
func (HoldInvoice) CommandName() string  { return "HoldInvoice" }
func (BlockInvoice) CommandName() string { return "BlockInvoice" }
func (ReleaseHold) CommandName() string  { return "ReleaseHold" }

func (c HoldInvoice) Decide(v Invoice) ([]Event, error) {
	switch {
	case c.Reason != HoldByHand:
		return nil, refuse(Invalid, "invoice %s: a person holds it for reason %s and says in the detail what for, not for reason %.40q", c.Invoice, HoldByHand, c.Reason)
	case strings.TrimSpace(c.By) == "" || strings.EqualFold(strings.TrimSpace(c.By), itself):
		return nil, refuse(Invalid, "invoice %s: who holds it is missing", c.Invoice)
	}
	return v.hold(c.InvoiceHeld)
}

func (c BlockInvoice) Decide(v Invoice) ([]Event, error) { return v.hold(c.InvoiceHeld) }

func (v Invoice) hold(e InvoiceHeld) ([]Event, error) {
	switch {
	case v.ID == "":
		return nil, refuse(NotFound, "invoice %s is not known", e.Invoice)
	case slices.Contains(v.Holds, e.Reason):
		return nil, nil
	case !v.gathers():
		return nil, refuse(TooLate, "invoice %s is %s: only a candidate is held", e.Invoice, v.Status)
	}
	return []Event{e}, nil
}

// gathers tells a candidate, held or not.
func (v Invoice) gathers() bool { return v.Status == InvoiceOpen || v.Status == InvoiceIsHeld }

func (c ReleaseHold) Decide(v Invoice) ([]Event, error) {
	if v.ID == "" {
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	}
	if !slices.Contains(v.Holds, c.Reason) {
		return nil, nil
	}
	t := HoldTypeOf(c.Reason)
	by := strings.TrimSpace(c.By)
	deny := func(format string, args ...any) error {
		why := fmt.Sprintf(format, args...)
		return refuseByRule(t.rule, Denied, "hold %s of invoice %s: %s: %s", c.Reason, c.Invoice, why, t.Remedy)
	}
	switch {
	case t.Ends == EndsItself:
		return nil, deny("it waits for %s and ends by itself", t.Waits)
	case by == "":
		return nil, refuse(Invalid, "hold %s of invoice %s: who releases it is missing", c.Reason, c.Invoice)
	case strings.EqualFold(by, itself):
		return nil, deny("%s is nobody's name", c.By)
	case t.Ends == EndsFinance && c.Role != RoleFinance:
		return nil, deny("%s releases it in role %.40q", c.By, c.Role)
	case t.Ends == EndsAnother && strings.EqualFold(by, strings.TrimSpace(v.HeldBy)):
		return nil, deny("%s placed it", v.HeldBy)
	}
	e := c.HoldReleased
	e.Candidate = v.Candidate
	return []Event{e}, nil
}

// ReviewLimit is the amount above which an agreement has a person look at an
// invoice that bills a shipment of it.
type ReviewLimit struct {
	Shipment ShipmentID
	Above    money.Money
}

// reviewAbove is the limit of the shipment's agreement.
func (s Shipment) reviewAbove() money.Money {
	above := s.Terms.Billing.ReviewAbove
	if above.IsZero() {
		return money.Money{}
	}
	m, err := money.New(above.Exact(), s.Currency)
	if err != nil {
		return money.Money{} // unreachable: the currency was checked when the order was released
	}
	return m
}

// withLimit keeps the limit that a shipment's lines came with last.
func (v Invoice) withLimit(s ShipmentID, above money.Money) Invoice {
	v.Limits = slices.DeleteFunc(slices.Clone(v.Limits), func(l ReviewLimit) bool { return l.Shipment == s })
	if above.IsSet() {
		v.Limits = append(v.Limits, ReviewLimit{s, above})
	}
	return v
}

// aboveLimit holds a bill that is above the lowest limit of the shipments on
// it, until a person has looked at it; nil when nothing needs that.
func (v Invoice) aboveLimit(total money.Money) (Event, error) {
	if slices.Contains(v.Allowed, HoldAboveLimit) {
		return nil, nil
	}
	var lowest ReviewLimit
	for _, l := range v.Limits {
		if !slices.ContainsFunc(v.Lines, func(line BillLine) bool { return line.Shipment == l.Shipment }) {
			continue
		}
		// All are in the invoice's one currency.
		if lower, err := l.Above.Cmp(lowest.Above); lowest.Shipment == "" || err == nil && lower < 0 {
			lowest = l
		}
	}
	if lowest.Shipment == "" {
		return nil, nil
	}
	if over, err := total.Cmp(lowest.Above); err != nil || over <= 0 {
		return nil, err
	}
	return InvoiceHeld{Invoice: v.ID, Reason: HoldAboveLimit,
		Detail: fmt.Sprintf("it comes to %s; the agreement of shipment %s wants a person to look at what is above %s", total, lowest.Shipment, lowest.Above)}, nil
}

// released ends a hold whose cause went away.
func (v Invoice) released(reason string) HoldReleased {
	return HoldReleased{Invoice: v.ID, Reason: reason, By: itself, Candidate: v.Candidate}
}
