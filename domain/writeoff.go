package domain

import "github.com/freightledger/freightledger/domain/money"

// A write-off gives up what is owed on an issued invoice. One person asks for
// it and another approves it (rule 17), for one amount while one balance is
// open and the same of it disputed (rule 18). A small rest of a payment is
// given up by the customer's rules alone. Cash that comes after all takes a
// write-off back as far as it reaches.

// WriteOff is what stands of a write-off; without lines, nothing.
type WriteOff struct {
	ID    string
	Small bool
	Lines []CreditLine
}

// WriteOffRequest waits for somebody else's approval.
type WriteOffRequest struct {
	ID     string
	By     string
	Amount money.Money
	Open   money.Money // on the invoice
	Date   string
	Reason string
}

// Events of write-offs.
type (
	// WriteOffRequested asks for an approval. It is void as soon as credits,
	// cash, another write-off or a dispute change what is open or disputed.
	WriteOffRequested struct {
		Invoice  InvoiceID   `json:"invoice"`
		Number   string      `json:"number"`
		Customer CustomerID  `json:"customer"`
		WriteOff string      `json:"write_off"` // within the invoice
		Date     string      `json:"date"`
		Amount   money.Money `json:"amount"`
		Open     money.Money `json:"open"`
		Reason   string      `json:"reason"`
		By       string      `json:"by"`
	}
	// WriteOffDeclined ends the request.
	WriteOffDeclined struct {
		Invoice  InvoiceID `json:"invoice"`
		WriteOff string    `json:"write_off"`
		Reason   string    `json:"reason"`
		By       string    `json:"by"`
	}
	// WrittenOff gives a part of the invoice up.
	WrittenOff struct {
		Invoice     InvoiceID    `json:"invoice"`
		Number      string       `json:"number"`
		Customer    CustomerID   `json:"customer"`
		Document    string       `json:"document"`
		WriteOff    string       `json:"write_off"`
		Date        string       `json:"date"`
		Amount      money.Money  `json:"amount"`
		Open        money.Money  `json:"open"`            // before it; not said before version 2
		Small       bool         `json:"small,omitempty"` // by the customer's rules
		Reason      string       `json:"reason"`
		RequestedBy string       `json:"requested_by"`
		ApprovedBy  string       `json:"approved_by"`
		Lines       []CreditLine `json:"lines"`
		Ended       []ChargeRef  `json:"ended,omitempty"` // charges of which nothing else is left
	}
	// WriteOffReversed makes it owed again.
	WriteOffReversed struct {
		Invoice  InvoiceID    `json:"invoice"`
		Number   string       `json:"number"`
		Customer CustomerID   `json:"customer"`
		Document string       `json:"document"`
		WriteOff string       `json:"write_off"`
		Date     string       `json:"date"`
		Amount   money.Money  `json:"amount"`
		Small    bool         `json:"small,omitempty"`
		Reason   string       `json:"reason"`
		By       string       `json:"by"`
		Lines    []CreditLine `json:"lines"`
		Reopened []ChargeRef  `json:"reopened,omitempty"` // charges that had ended
	}
)

func (WriteOffRequested) EventType() string { return "WriteOffRequested" }
func (WriteOffDeclined) EventType() string  { return "WriteOffDeclined" }
func (WrittenOff) EventType() string        { return "WrittenOff" }
func (WriteOffReversed) EventType() string  { return "WriteOffReversed" }

// Commands of write-offs.
type (
	// RequestWriteOff asks for an approval; without an amount, of all that is
	// open and not disputed.
	RequestWriteOff struct {
		Invoice  InvoiceID   `json:"invoice"`
		WriteOff string      `json:"write_off"`
		Amount   money.Money `json:"amount"`
		Date     string      `json:"date"`
		Reason   string      `json:"reason"`
		By       string      `json:"by"`
	}
	// ApproveWriteOff writes off what was asked for; the amount says what the
	// approver saw.
	ApproveWriteOff struct {
		Invoice  InvoiceID   `json:"invoice"`
		WriteOff string      `json:"write_off"`
		Amount   money.Money `json:"amount"`
		By       string      `json:"by"`
	}
	// DeclineWriteOff ends the request.
	DeclineWriteOff struct{ WriteOffDeclined }
	// ReverseWriteOff takes back what stands of a write-off.
	ReverseWriteOff struct {
		Invoice  InvoiceID `json:"invoice"`
		WriteOff string    `json:"write_off"`
		Date     string    `json:"date"`
		Reason   string    `json:"reason"`
		By       string    `json:"by"`
	}
	// WriteOffSmall gives a small residual of a payment up, by policy.
	WriteOffSmall struct {
		Invoice InvoiceID   `json:"invoice"`
		Payment PaymentID   `json:"payment"`
		Date    string      `json:"date"`
		Amount  money.Money `json:"amount"`
		Reason  string      `json:"reason,omitempty"`
	}
)

func (c RequestWriteOff) Stream() Stream { return c.Invoice.Stream() }
func (c ApproveWriteOff) Stream() Stream { return c.Invoice.Stream() }
func (c DeclineWriteOff) Stream() Stream { return c.Invoice.Stream() }
func (c ReverseWriteOff) Stream() Stream { return c.Invoice.Stream() }
func (c WriteOffSmall) Stream() Stream   { return c.Invoice.Stream() }

func (RequestWriteOff) CommandName() string { return "RequestWriteOff" }
func (ApproveWriteOff) CommandName() string { return "ApproveWriteOff" }
func (DeclineWriteOff) CommandName() string { return "DeclineWriteOff" }
func (ReverseWriteOff) CommandName() string { return "ReverseWriteOff" }
func (WriteOffSmall) CommandName() string   { return "WriteOffSmall" }

func (c RequestWriteOff) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	if v.writeOff(c.WriteOff) != nil {
		return nil, nil
	}
	if c.WriteOff == "" || c.Reason == "" || c.By == "" {
		return nil, refuse(Invalid, "invoice %s: a write-off needs its id, a reason and who asks for it", v.Number)
	}
	if err := checkID("write-off", c.WriteOff, 120); err != nil {
		return nil, err
	}
	if err := checkDay("invoice "+v.Number+": the write-off", c.Date); err != nil {
		return nil, err
	}
	left, err := v.uncontested()
	if err != nil {
		return nil, err
	}
	amount := c.Amount
	if !amount.IsSet() {
		amount = left
	}
	if over, err := amount.Cmp(left); err != nil || over > 0 || amount.Sign() <= 0 {
		return nil, refuse(Conflict, "invoice %s: %s cannot be written off: %s is open and not disputed", v.Number, amount, left)
	}
	if !amount.IsWholeMinor() {
		return nil, refuseByRule(30, Invalid, "invoice %s: %s has more decimals than %s has", v.Number, amount, v.Candidate.Currency)
	}
	switch {
	case v.Asked.ID == c.WriteOff && v.Asked.Amount.Equal(amount) && v.Asked.By == c.By:
		return nil, nil
	case v.Asked.ID != "":
		return nil, refuse(Conflict, "invoice %s: write-off %s of %s waits for approval: decline it first", v.Number, v.Asked.ID, v.Asked.Amount)
	}
	open, err := v.Open()
	if err != nil {
		return nil, err
	}
	return []Event{WriteOffRequested{v.ID, v.Number, v.Candidate.Customer, c.WriteOff, c.Date, amount, open, c.Reason, c.By}}, nil
}

func (c ApproveWriteOff) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	asked := v.Asked
	switch {
	case v.writeOff(c.WriteOff) != nil:
		return nil, nil
	case asked.ID == "" || asked.ID != c.WriteOff:
		return nil, refuseByRule(18, Conflict, "invoice %s: write-off %s does not wait for approval; if it did, what is open or disputed has changed since: ask for it again", v.Number, c.WriteOff)
	case !c.Amount.Equal(asked.Amount):
		return nil, refuseByRule(18, Conflict, "invoice %s: write-off %s is of %s; the approval is for %s", v.Number, c.WriteOff, asked.Amount, c.Amount)
	}
	if err := checkApprover("invoice "+v.Number+": write-off "+c.WriteOff, asked.By, c.By); err != nil {
		return nil, err
	}
	e, err := v.giveUp(asked.Amount, WrittenOff{WriteOff: asked.ID, Date: asked.Date, Reason: asked.Reason, RequestedBy: asked.By, ApprovedBy: c.By})
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

func (c DeclineWriteOff) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	switch {
	case v.Asked.ID == "" || v.Asked.ID != c.WriteOff:
		return nil, nil
	case c.By == "" || c.Reason == "":
		return nil, refuse(Invalid, "invoice %s: say who declines write-off %s and why", v.Number, c.WriteOff)
	}
	return []Event{c.WriteOffDeclined}, nil
}

func (c ReverseWriteOff) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	w := v.writeOff(c.WriteOff)
	switch {
	case w == nil:
		return nil, refuse(NotFound, "invoice %s has no write-off %s", v.Number, c.WriteOff)
	case len(w.Lines) == 0:
		return nil, nil
	case c.By == "" || c.Reason == "":
		return nil, refuse(Invalid, "invoice %s: say who reverses write-off %s and why", v.Number, c.WriteOff)
	}
	if err := checkDay("invoice "+v.Number+": the reversal", c.Date); err != nil {
		return nil, err
	}
	e, err := v.reverse(*w, w.Lines, c.Date, c.By, c.Reason)
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// Decide gives a residual up only while it is what is open, all of it
// undisputed: whatever else happened meanwhile needs a person.
func (c WriteOffSmall) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	id := smallWriteOff(c.Payment)
	left, err := v.uncontested()
	if err != nil || v.writeOff(id) != nil || !left.Equal(c.Amount) || left.Sign() <= 0 {
		return nil, err
	}
	reason := "within the customer's tolerance"
	if c.Reason != "" {
		reason += ": " + c.Reason
	}
	e, err := v.giveUp(c.Amount, WrittenOff{WriteOff: id, Date: c.Date, Small: true, Reason: reason, RequestedBy: itself, ApprovedBy: itself})
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// smallWriteOff names the write-off of what a payment left over.
func smallWriteOff(p PaymentID) string { return "small-" + string(p) }
