package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// BillingTerms say how a shipment's charges become invoices: what of the
// agreement's billing rules rating does not do itself. Without them one invoice
// has a customer's charges of a month.
type BillingTerms struct {
	Cycle      rating.Cycle `json:"cycle,omitempty"`      // rating.Monthly when ""
	ByPO       bool         `json:"by_po,omitempty"`      // one invoice a purchase order
	References []string     `json:"references,omitempty"` // kinds that must be there: "PO", "BOL"
	TermsDays  *int         `json:"terms_days,omitempty"` // of the bill-to; else its account's
	// ReviewAbove is the total of an invoice above which a person looks at it
	// before it is billed; none when not stated.
	ReviewAbove rating.Decimal `json:"review_above,omitzero"`
	// Recognition is the agreement's word; [Terms.Recognition] goes before it.
	Recognition string `json:"recognition,omitempty"`
}

// billingTerms are those of an agreement.
func billingTerms(b rating.Billing) BillingTerms {
	return BillingTerms{b.Cycle, b.ByPO, b.References, b.TermsDays, b.ReviewAbove, b.Recognition}
}

// Bounds of billing terms, those of agreements.
const (
	maxReferences = 1000
	maxTermsDays  = 365
)

func (t BillingTerms) check(id ShipmentID) error {
	switch t.Cycle {
	case "", rating.Monthly, rating.Weekly, rating.PerShipment, rating.PerDelivery:
	default:
		return refuse(Invalid, "shipment %s: billing cycle %.40q is not known", id, t.Cycle)
	}
	if len(t.References) > maxReferences {
		return refuse(Invalid, "shipment %s: %d kinds of reference must be there; at most %d are taken", id, len(t.References), maxReferences)
	}
	if t.ReviewAbove.Sign() < 0 {
		return refuse(Invalid, "shipment %s: bills above %s are looked at: want no amount below nought", id, t.ReviewAbove)
	}
	if err := checkRecognition(id, t.Recognition); err != nil {
		return err
	}
	for _, kind := range t.References {
		if err := CheckID("kind of reference", kind); err != nil {
			return err
		}
	}
	if t.TermsDays != nil && (*t.TermsDays < 0 || *t.TermsDays > maxTermsDays) {
		return refuse(Invalid, "shipment %s: payment terms of %d days", id, *t.TermsDays)
	}
	return nil
}

// kindPO is the reference of a purchase order.
const kindPO = "PO"

// lackingReferences are the kinds of reference that must be there before the
// shipment is billed, and are not.
func (s Shipment) lackingReferences() []string {
	kinds := slices.Clone(s.Terms.Billing.References)
	if s.Terms.Billing.ByPO {
		kinds = append(kinds, kindPO)
	}
	var lacking []string
	for _, kind := range kinds {
		same := func(k string) bool { return strings.EqualFold(k, kind) }
		if !slices.ContainsFunc(s.References, func(r Reference) bool { return same(r.Kind) }) && !slices.ContainsFunc(lacking, same) {
			lacking = append(lacking, kind)
		}
	}
	return lacking
}

// Candidate is the consolidated invoice that charges go to. Charges whose
// payor, issuer, period, currency and the rest are the same are gathered on one;
// when it is closed, further ones go to that of the next number.
type Candidate struct {
	Customer CustomerID `json:"customer"` // who pays
	// Issuer is the legal entity that bills; "" the only one there is.
	Issuer string `json:"issuer,omitempty"`
	// Period is the billing period by the cycle: "2013-05", "2013-W18", or the
	// day of delivery, "2013-05-03".
	Period string `json:"period"`
	// PO has the purchase orders of a candidate by purchase order, in order and
	// with a comma between them.
	PO string `json:"po,omitempty"`
	// Shipment, and Stop of a delivery, are there when it bills no other.
	Shipment ShipmentID `json:"shipment,omitempty"`
	Stop     int        `json:"stop,omitempty"`
	// TermsDays are the days to pay that the agreement states: "45"; "" those
	// of the customer's account.
	TermsDays string `json:"terms_days,omitempty"`
	// Part is there for what was split off by hand, by its name.
	Part     string         `json:"part,omitempty"`
	Currency money.Currency `json:"currency"`
	Number   int            `json:"number"` // from 1
	// Raises is there for a debit memo only.
	Raises Raised `json:"raises,omitzero"`
}

// ID names the invoice that the candidate becomes:
//
//	ACME_2024-03_USD_1
//	ACME_2024-W10_issuer-DE01_po-4500017_net-45_EUR_1
//	ACME_2024-03-05_shipment-SH-1_stop-2_USD_1
//
// Read from its end it is unambiguous: the parts between the period and the
// currency have no underscore and begin with a letter, the period with a digit.
func (c Candidate) ID() InvoiceID {
	if c.Raises != (Raised{}) {
		return InvoiceID(fmt.Sprintf("%s_DM%d", c.Raises.Invoice, c.Number))
	}
	parts := []string{string(c.Customer), c.Period}
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"-"+token(value))
		}
	}
	add("issuer", c.Issuer)
	add("po", c.PO)
	add("shipment", string(c.Shipment))
	if c.Stop != 0 {
		add("stop", strconv.Itoa(c.Stop))
	}
	add("net", c.TermsDays)
	add("part", c.Part)
	return InvoiceID(strings.Join(append(parts, string(c.Currency), strconv.Itoa(c.Number)), "_"))
}

// maxToken is the longest text that stands in an id as it is.
const maxToken = 40

// token is a text as a part of an id: the text itself where it is short and of
// letters, digits, points and dashes, else its beginning and a digest of all of
// it behind a colon, which no text has that stands as it is.
func token(text string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-'
	}
	clean := strings.Map(func(r rune) rune {
		if plain(r) {
			return r
		}
		return '-'
	}, text)
	if clean == text && len(text) <= maxToken {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return clean[:min(len(clean), maxToken/2)] + ":" + hex.EncodeToString(sum[:8])
}

// Next is the candidate after this one.
func (c Candidate) Next() Candidate {
	c.Number++
	return c
}

// BillingDate is the last day of the candidate's period.
func (c Candidate) BillingDate() (string, error) {
	closes, ok := rating.PeriodCloses(c.Period)
	if !ok {
		return "", refuse(Invalid, "period %.20q: want a month like 2013-05, a week like 2013-W18 or a day like 2013-05-03", c.Period)
	}
	return closes, nil
}

// termsDays are the days to pay: the candidate's own, else those of the account.
func (c Candidate) termsDays(account int) int {
	if days, err := strconv.Atoi(c.TermsDays); err == nil {
		return days
	}
	return account
}

// payor is who pays a charge: the customer, unless another one was named.
func (s Shipment) payor(c Charge) CustomerID { return cmp.Or(c.Payor, s.Customer) }

// candidateOf is the invoice that bills a charge, by the billing terms.
func (s Shipment) candidateOf(c Charge) Candidate {
	terms := s.Terms.Billing
	candidate := Candidate{Customer: s.payor(c), Issuer: s.Terms.Issuer, Currency: s.Currency, Number: 1}
	day := s.earned().Day()
	switch terms.Cycle {
	case rating.PerShipment:
		candidate.Shipment = s.ID
	case rating.PerDelivery:
		candidate.Shipment = s.ID
		if stop, unloaded, ok := s.deliveryOf(c); ok {
			candidate.Stop, day = stop.Seq, unloaded.Day()
		}
	}
	candidate.Period, _ = rating.Billing{Cycle: terms.Cycle}.Period(day)
	if terms.ByPO {
		candidate.PO = s.purchaseOrders()
	}
	if terms.TermsDays != nil && candidate.Customer == s.Customer {
		candidate.TermsDays = strconv.Itoa(*terms.TermsDays)
	}
	return candidate
}

// purchaseOrders are those of the shipment, in order whatever order they came in.
func (s Shipment) purchaseOrders() string {
	var orders []string
	for _, r := range s.References {
		if strings.EqualFold(r.Kind, kindPO) {
			orders = append(orders, r.Value)
		}
	}
	slices.Sort(orders)
	return strings.Join(slices.Compact(orders), ",")
}

// deliveryOf is the delivery that a charge is billed with, and its time: that of
// the stop where the charge arose, else the payor's last one, else the last of
// all. It is false where nothing was delivered.
func (s Shipment) deliveryOf(c Charge) (found Stop, unloaded Moment, ok bool) {
	payor := s.payor(c)
	rank := func(stop Stop) int {
		switch {
		case stop.Seq == c.Stop:
			return 2
		case stop.Party == payor:
			return 1
		}
		return 0
	}
	for _, stop := range s.Stops {
		m, done := s.Actual(stop.Seq, Unloaded)
		if stop.Kind != StopDelivery || !done {
			continue
		}
		better := cmp.Or(cmp.Compare(rank(stop), rank(found)), m.At.UTC.Compare(unloaded.UTC), cmp.Compare(stop.Seq, found.Seq))
		if !ok || better > 0 {
			found, unloaded, ok = stop, m.At, true
		}
	}
	return found, unloaded, ok
}
