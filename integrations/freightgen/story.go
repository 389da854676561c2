package freightgen

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/desk"
)

// Story is the freight of one customer with a life that few shipments have:
// evidence that changes, disputes, credits, cash that falls short. It is told
// in steps; everything that follows from a step has happened before the next.
type Story struct {
	Name     string
	Tells    string // what it shows
	Customer Customer
	// Stranger: the ERP gets to know the customer before this step only; 0:
	// from the beginning.
	Stranger int
	Steps    []Step
	Ends     Ends
}

// Step is what happens at once.
type Step struct {
	Note     string
	Commands func(Known) []domain.Command // of the desk
	Receipts []Receipt                    // that the ERP's bank books before the commands
	Returned []Returned                   // that it books too
	Closes   string                       // a month that the ERP closes before it, "2025-11"
	Messages func(Known) ([]File, error)  // taken in behind the commands
	Accounts []string                     // that the ERP's books get before it
	Refuses  int                          // items that must become dead letters
	Replays  bool                         // and are taken in again at its end
}

// Receipt is cash of the story's customer.
type Receipt struct {
	Ref     string           // names it within the story
	Invoice domain.InvoiceID // that the payer names; "" none
	Amount  string           // USD
	Date    string
}

// Returned is a receipt that the bank takes back.
type Returned struct {
	Ref    string // of the receipt
	Date   string
	Reason string
}

// Known is what is only known once it has happened.
type Known interface {
	// Payment is the payment that a receipt of the story became.
	Payment(ref string) domain.PaymentID
	// Number is an issued invoice's.
	Number(domain.InvoiceID) string
	// Movement is money of this amount that nobody has dealt with.
	Movement(amount string) domain.MovementID
	// DeadLetters are the items that were refused.
	DeadLetters() []DeadLetter
}

// DeadLetter names a refused item.
type DeadLetter struct {
	Message domain.MessageID
	Item    string
	Kind    string
}

// Ends is where the customer's account must stand at the end, in USD, computed
// by hand. Billed less credited, paid and written off is what is open.
type Ends struct{ Billed, Credited, Paid, WrittenOff, Open, Unapplied string }

// Lines writes a step's commands as a desk's records.
func Lines(commands []domain.Command) ([]byte, error) {
	var buf strings.Builder
	lines := json.NewEncoder(&buf)
	for _, c := range commands {
		body, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", c.CommandName(), err)
		}
		if err := lines.Encode(desk.Line{Command: c.CommandName(), Body: body}); err != nil {
			return nil, fmt.Errorf("write %s: %w", c.CommandName(), err)
		}
	}
	return []byte(buf.String()), nil
}

// People of the stories. Who asks is never who approves.
const (
	rater    = "rating"
	dispatch = "dispatch-desk"
	billing  = "billing-desk"
	finance  = "finance-desk"
	lead     = "finance-lead"
)

// teller makes a story's commands.
type teller struct {
	name string
	zone *time.Location
}

func (t teller) customer() domain.CustomerID {
	return domain.CustomerID("ST-" + strings.ToUpper(t.name))
}

func (t teller) shipment(n int) domain.ShipmentID {
	return domain.ShipmentID(fmt.Sprintf("%s-%d", t.customer(), n))
}

// invoice is the n-th of a month.
func (t teller) invoice(month string, n int) domain.InvoiceID {
	return domain.Candidate{Customer: t.customer(), Period: month, Currency: "USD", Number: n}.ID()
}

// at is a time of day in Chicago.
func (t teller) at(day, clock string) domain.Moment {
	local, _ := time.ParseInLocation(domain.DayLayout+" 15:04", day+" "+clock, t.zone) // the stories' own text
	return domain.MomentIn(local, t.zone)
}

func dollars(amount string) money.Money { return money.MustParse(amount, "USD") }

// order is a move from Chicago to Dallas; accessorials above 50.00 need approval.
func (t teller) order(n int) domain.OrderReleased {
	return domain.OrderReleased{Shipment: t.shipment(n), Customer: t.customer(), Currency: "USD",
		References: []domain.Reference{{Kind: "BOL", Value: "BOL-" + string(t.shipment(n))}},
		Stops: []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Place: "CHICAGO", Zone: "America/Chicago"},
			{Seq: 2, Kind: domain.StopDelivery, Place: "DALLAS", Zone: "America/Chicago"}},
		Terms: domain.Terms{ApprovalAbove: dollars("50.00")}}
}

func (t teller) enter(n int, id domain.ChargeID, kind domain.ChargeKind, code, amount string) domain.Command {
	return domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: t.shipment(n), Charge: id, Kind: kind, Code: code, Amount: dollars(amount), RequestedBy: rater}}
}

func (t teller) approve(n int, id domain.ChargeID, amount string) domain.Command {
	return domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: t.shipment(n), Charge: id, Amount: dollars(amount), By: billing}}
}

// delivered is the delivery of a shipment with its clean receipt.
func (t teller) delivered(n int, day string) []domain.Command {
	return append(t.unloaded(n, day), t.receipt(n, day, "receipt of "+string(t.shipment(n))), t.verified(n))
}

func (t teller) unloaded(n int, day string) []domain.Command {
	return []domain.Command{domain.RecordMilestone{Milestone: domain.Milestone{Shipment: t.shipment(n), Stop: 2, Kind: domain.Unloaded, At: t.at(day, "14:00")}}}
}

func (t teller) receipt(n int, day, document string) domain.Command {
	return domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: t.shipment(n), Document: document, SignedBy: "consignee", At: t.at(day, "14:05")}}
}

func (t teller) verified(n int) domain.Command {
	return domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: t.shipment(n), Outcome: domain.PODClean, By: billing}}
}

// moved is a shipment from its order to its receipt, with these charges.
func (t teller) moved(n int, day string, charges ...domain.Command) []domain.Command {
	commands := append([]domain.Command{domain.ReleaseOrder{OrderReleased: t.order(n)}}, charges...)
	return append(commands, t.delivered(n, day)...)
}

// freight is the linehaul of a shipment.
func (t teller) freight(n int, amount string) domain.Command {
	return t.enter(n, "F", domain.Freight, "", amount)
}

// line is a part of a charge on an invoice, without tax.
func (t teller) line(n int, id domain.ChargeID, amount string) domain.CreditLine {
	return domain.CreditLine{Shipment: t.shipment(n), Charge: id, Kind: domain.Freight, Amount: dollars(amount), Tax: dollars("0.00")}
}

func (t teller) contest(invoice domain.InvoiceID, id, reason string, code domain.DisputeReason, line domain.CreditLine) domain.Command {
	return domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: invoice, Dispute: t.dispute(id), Customer: t.customer(), Reason: reason,
		Lines: []domain.CreditLine{line}, DisputeTerms: domain.DisputeTerms{Code: code, Opened: "2026-03-10"}}}
}

func (t teller) dispute(id string) domain.DisputeID {
	return domain.DisputeID(string(t.customer()) + "-" + id)
}

// commands are those that need nothing to be known.
func commands(list ...domain.Command) func(Known) []domain.Command {
	return func(Known) []domain.Command { return list }
}
