package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// A movement is money that was seen and that nobody has booked as a customer's
// payment: of a payer that nobody knows, a fee or interest, or what the source
// that does not book the account says of money that the other one books. It
// means nothing to the books.

// MovementID names a movement. What may become a payment has the payment's id.
type MovementID string

func (id MovementID) Stream() Stream { return Stream("movement-" + string(id)) }

// MovementKind is what a movement is, where its direction does not say it.
type MovementKind string

// Kinds of movements. Without one, a credit is a receipt and a debit is not.
const (
	MovementReceipt  MovementKind = "receipt"
	MovementReversal MovementKind = "reversal" // a debit that takes an earlier receipt back
	MovementFee      MovementKind = "fee"
	MovementInterest MovementKind = "interest"
	MovementTransfer MovementKind = "transfer" // between own accounts
	MovementOther    MovementKind = "other"
)

// Movement is the state of a movement's stream.
type Movement struct {
	Noted    MovementNoted
	Customer CustomerID // it was assigned to
	End      MovementEnd
}

// MovementEnd is why a movement needs nobody's attention any more.
type MovementEnd string

// Ends of a movement.
const (
	EndReceived  MovementEnd = "received"  // it is a payment now
	EndMatched   MovementEnd = "matched"   // a payment of the other source is this money
	EndDismissed MovementEnd = "dismissed" // it is no customer's
)

// Payer is what a bank says of whoever paid.
type Payer struct {
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
}

// Events of movements.
type (
	// MovementNoted is money that was seen.
	MovementNoted struct {
		Movement   MovementID    `json:"movement"`
		Account    BankAccountID `json:"account"`
		GL         Account       `json:"gl"`                  // the account's, that day
		Seen       CashSource    `json:"seen_by"`             // the source that says it
		BookedBy   CashSource    `json:"booked_by,omitempty"` // the other source, when it is to be matched
		Kind       MovementKind  `json:"kind"`
		Reason     string        `json:"reason"` // why it is nobody's payment yet
		Amount     money.Money   `json:"amount"` // debits are negative
		Date       string        `json:"date"`
		Document   string        `json:"document,omitempty"`   // the bank's reference, or the ERP's number
		References []string      `json:"references,omitempty"` // all by which it may be known
		Payer      Payer         `json:"payer"`
		Text       string        `json:"text,omitempty"`
		Customer   CustomerID    `json:"customer,omitempty"` // as far as the source says it
		Item       string        `json:"item,omitempty"`     // of the message, to be replayed
		Source     Source        `json:"source,omitzero"`
	}
	// MovementAssigned says whose payment it is; replaying its item receives it.
	MovementAssigned struct {
		Movement MovementID `json:"movement"`
		Customer CustomerID `json:"customer"`
		By       string     `json:"by"`
	}
	// MovementEnded takes it off the list.
	MovementEnded struct {
		Movement MovementID  `json:"movement"`
		End      MovementEnd `json:"end"`
		Payment  PaymentID   `json:"payment,omitempty"`
		Reason   string      `json:"reason,omitempty"`
		By       string      `json:"by,omitempty"`
	}
)

func (MovementNoted) EventType() string    { return "MovementNoted" }
func (MovementAssigned) EventType() string { return "MovementAssigned" }
func (MovementEnded) EventType() string    { return "MovementEnded" }

// Commands of movements.
type (
	// NoteMovement records money that was seen; again it changes nothing.
	NoteMovement struct{ MovementNoted }
	// AssignMovement says whose payment an incoming movement is. What the bank
	// brought is received when its item is replayed.
	AssignMovement struct{ MovementAssigned }
	// DismissMovement says that a movement is no customer's payment.
	DismissMovement struct {
		Movement MovementID `json:"movement"`
		Reason   string     `json:"reason"`
		By       string     `json:"by"`
	}
	// EndMovement follows from a payment that turned out to be this money.
	EndMovement struct {
		Movement MovementID  `json:"movement"`
		End      MovementEnd `json:"end"`
		Payment  PaymentID   `json:"payment"`
	}
)

func (c NoteMovement) Stream() Stream    { return c.Movement.Stream() }
func (c AssignMovement) Stream() Stream  { return c.Movement.Stream() }
func (c DismissMovement) Stream() Stream { return c.Movement.Stream() }
func (c EndMovement) Stream() Stream     { return c.Movement.Stream() }

func (NoteMovement) CommandName() string    { return "NoteMovement" }
func (AssignMovement) CommandName() string  { return "AssignMovement" }
func (DismissMovement) CommandName() string { return "DismissMovement" }
func (EndMovement) CommandName() string     { return "EndMovement" }

func (c NoteMovement) Decide(m Movement) ([]Event, error) {
	if m.Known() {
		if m.Noted.Amount.Equal(c.Amount) {
			return nil, nil
		}
		return nil, refuse(Conflict, "movement %s was noted as %s, not %s", c.Movement, m.Noted.Amount, c.Amount)
	}
	if err := CheckID("movement", string(c.Movement)); err != nil {
		return nil, err
	}
	if err := checkDay("movement "+string(c.Movement), c.Date); err != nil {
		return nil, err
	}
	if !c.Amount.IsSet() || c.Amount.IsZero() {
		return nil, refuse(Invalid, "movement %s: an amount of %s is none", c.Movement, c.Amount)
	}
	return []Event{c.MovementNoted}, nil
}

func (c AssignMovement) Decide(m Movement) ([]Event, error) {
	switch {
	case !m.Known():
		return nil, refuse(NotFound, "movement %s is not known", c.Movement)
	case c.Customer != "" && m.Customer == c.Customer:
		return nil, nil
	case m.End != "":
		return nil, refuse(TooLate, "movement %s is %s already", c.Movement, m.End)
	case m.Noted.Kind != MovementReceipt || m.Noted.Seen != CashFromBank || m.Noted.Amount.IsNegative():
		return nil, refuse(Invalid, "movement %s is no receipt of a statement (%s %s): dismiss it when it is dealt with", c.Movement, m.Noted.Kind, m.Noted.Amount)
	case c.By == "":
		return nil, refuse(Invalid, "movement %s: say who assigns it", c.Movement)
	}
	if err := CheckID("customer", string(c.Customer)); err != nil {
		return nil, err
	}
	return []Event{c.MovementAssigned}, nil
}

func (c DismissMovement) Decide(m Movement) ([]Event, error) {
	switch {
	case !m.Known():
		return nil, refuse(NotFound, "movement %s is not known", c.Movement)
	case m.End == EndDismissed:
		return nil, nil
	case m.End != "":
		return nil, refuse(TooLate, "movement %s is %s already", c.Movement, m.End)
	case c.By == "" || c.Reason == "":
		return nil, refuse(Invalid, "movement %s: say who dismisses it and why", c.Movement)
	}
	return []Event{MovementEnded{Movement: c.Movement, End: EndDismissed, Reason: c.Reason, By: c.By}}, nil
}

func (c EndMovement) Decide(m Movement) ([]Event, error) {
	if !m.Known() || m.End == EndReceived || m.End == EndMatched {
		return nil, nil
	}
	return []Event{MovementEnded{Movement: c.Movement, End: c.End, Payment: c.Payment}}, nil
}

// Known tells whether the movement was noted.
func (m Movement) Known() bool { return m.Noted.Movement != "" }

// Evolve applies an event to the movement.
func (m Movement) Evolve(e Event) Movement {
	switch e := e.(type) {
	case MovementNoted:
		m.Noted = e
	case MovementAssigned:
		m.Customer = e.Customer
	case MovementEnded:
		m.End = e.End
	}
	return m
}

// MatchDays is how far apart two sources may date the same money.
const MatchDays = 5

// Likeness is how surely two sources say the same money.
type Likeness int

// Likenesses.
const (
	Unlike    Likeness = iota
	SameSum            // amount and account agree, and the dates are near
	SameMoney          // and a reference, too
)

// LikenessOf compares a movement with a receipt of the other source.
func LikenessOf(m MovementNoted, p PaymentReceived) Likeness {
	if !m.Amount.Equal(p.Amount) || m.GL != p.BankGL() || m.Kind != MovementReceipt || !withinDays(m.Date, p.Date, MatchDays) {
		return Unlike
	}
	for _, r := range append(slices.Clip(m.References), m.Document) {
		for _, q := range []string{p.Document, p.Reference, p.Invoice} {
			if r != "" && AccountNumber(r) == AccountNumber(q) {
				return SameMoney
			}
		}
	}
	return SameSum
}

// withinDays tells whether two days are at most so many apart.
func withinDays(a, b string, most int) bool {
	days, err := DaysOverdue(a, b)
	return err == nil && -most <= days && days <= most
}

// Pairs matches movements with receipts of the other source, each once: by a
// reference first, else where amount, account and dates leave no choice. The
// answer gives a receipt's place for a movement's.
func Pairs(movements []MovementNoted, receipts []PaymentReceived) map[int]int {
	pairs, taken := map[int]int{}, map[int]bool{}
	for _, want := range []Likeness{SameMoney, SameSum} {
		fits, suitors := map[int][]int{}, map[int]int{}
		for i, m := range movements {
			if _, done := pairs[i]; done {
				continue
			}
			for j, p := range receipts {
				if !taken[j] && LikenessOf(m, p) == want {
					fits[i] = append(fits[i], j)
					suitors[j]++
				}
			}
		}
		for i := range movements {
			if len(fits[i]) == 1 && suitors[fits[i][0]] == 1 {
				pairs[i], taken[fits[i][0]] = fits[i][0], true
			}
		}
	}
	return pairs
}
