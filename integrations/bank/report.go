package bank

import (
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Outcome is what an entry of a statement, or a part of it, comes to.
type Outcome string

// The outcomes. Every entry of a file has one.
const (
	Received   Outcome = "received"      // a payment that is new to the ledger
	Repeated   Outcome = "repeated"      // the ledger has it already
	Reversed   Outcome = "reversed"      // it takes a payment back
	Held       Outcome = "held"          // somebody has to look: Refusal says at what
	Noted      Outcome = "noted"         // another source books it: they are to be matched
	NotReceipt Outcome = "not a receipt" // Reason says what it is
	Pending    Outcome = "pending"       // not booked yet
)

// Outcomes lists them in the order of reports.
func Outcomes() []Outcome {
	return []Outcome{Received, Repeated, Reversed, Held, Noted, NotReceipt, Pending}
}

// Report accounts for every entry of a file: what taking it in comes to, by
// what the ledger holds before.
type Report struct {
	Statements []StatementReport `json:"statements"`
}

// StatementReport accounts for one statement.
type StatementReport struct {
	Item     string         `json:"item"` // its name in the inbox
	ID       string         `json:"id,omitempty"`
	Format   string         `json:"format"`
	Account  string         `json:"account"`
	Currency money.Currency `json:"currency"`
	Sequence int64          `json:"sequence,omitempty"`
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Opening  money.Money    `json:"opening"`
	Closing  money.Money    `json:"closing"`
	Entries  int            `json:"entries"`
	Booked   money.Money    `json:"booked"`
	Notes    []string       `json:"notes,omitempty"`
	// Refusal is why none of it was used; then there are no lines.
	Refusal *inbox.Refusal `json:"refusal,omitempty"`
	Lines   []Line         `json:"lines,omitempty"`
	Command domain.Command `json:"-"` // records it
}

// Line is an entry, or one transaction of it.
type Line struct {
	Item     string            `json:"item"` // its name in the inbox
	Place    string            `json:"place"`
	Outcome  Outcome           `json:"outcome"`
	Reason   string            `json:"reason,omitempty"`
	Amount   money.Money       `json:"amount"` // debits are negative
	Date     string            `json:"date"`
	Document string            `json:"document,omitempty"` // the bank's reference, or one made of what it says
	Payment  domain.PaymentID  `json:"payment,omitempty"`
	Customer domain.CustomerID `json:"customer,omitempty"`
	Command  domain.Command    `json:"-"`
	Note     domain.Command    `json:"-"` // keeps it for a person, beside whatever else becomes of it
	Notes    []string          `json:"notes,omitempty"`
	Refusal  *inbox.Refusal    `json:"refusal,omitempty"`
}

// Total is the number and sum of the lines of an outcome.
func (s StatementReport) Total(o Outcome) (count int, sum money.Money, err error) {
	sum = money.Zero(s.Currency)
	for _, l := range s.Lines {
		if l.Outcome != o {
			continue
		}
		count++
		if sum, err = sum.Add(l.Amount); err != nil {
			return count, sum, fmt.Errorf("add %s up: %w", l.Place, err)
		}
	}
	return count, sum, nil
}

// summary tells a statement in a few lines.
func (s StatementReport) summary() ([]string, error) {
	said := fmt.Sprintf("%d entries, booked %s", s.Entries, s.Booked)
	if s.Opening.IsSet() {
		said += fmt.Sprintf(": from %s to %s", s.Opening, s.Closing)
	}
	notes := []string{said}
	var parts []string
	for _, o := range Outcomes() {
		count, sum, err := s.Total(o)
		if err != nil {
			return nil, err
		}
		if count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s %s", count, o, sum))
		}
	}
	if len(parts) > 0 {
		notes = append(notes, strings.Join(parts, ", "))
	}
	return append(notes, s.Notes...), nil
}

// items are a statement's items for the inbox: its own, which keeps the
// summary, and one for each line.
func (s StatementReport) items() ([]inbox.Item, error) {
	own := inbox.Item{Name: s.Item, Kind: "statement", Refusal: s.Refusal}
	if s.Refusal != nil {
		return []inbox.Item{own}, nil
	}
	var err error
	if own.Notes, err = s.summary(); err != nil {
		return nil, err
	}
	own.Command = s.Command
	items := []inbox.Item{own}
	for _, l := range s.Lines {
		item := inbox.Item{Name: l.Item, Kind: string(l.Outcome), Command: l.Command, Refusal: l.Refusal}
		if l.Outcome == NotReceipt {
			item.Kind += ": " + l.Reason
		}
		if l.Command != nil {
			item.Notes = l.Notes
		}
		items = append(items, item)
		if l.Note != nil {
			items = append(items, inbox.Item{Name: l.Item + " noted", Kind: item.Kind, Command: l.Note})
		}
	}
	return items, nil
}
