package domain

// What two sources say of one receipt, and what a payer's advice says of it,
// are brought together here. Neither moves money: it was booked once, by the
// source of its account.

// Events of receipts that were recognised.
type (
	// ReceiptMatched says that a movement is the money of this payment: the
	// source that does not book the account has seen it, too.
	ReceiptMatched struct {
		Payment  PaymentID  `json:"payment"`
		Movement MovementID `json:"movement"`
		Document string     `json:"document,omitempty"` // the other source's number
		Date     string     `json:"date"`               // and day
		By       string     `json:"by"`
	}
	// RemittanceMatched says which receipt an advice announced.
	RemittanceMatched struct {
		Payment PaymentID `json:"payment"` // the advice's own
		Receipt PaymentID `json:"receipt"`
	}
)

func (ReceiptMatched) EventType() string    { return "ReceiptMatched" }
func (RemittanceMatched) EventType() string { return "RemittanceMatched" }

// Commands of receipts that were recognised.
type (
	// MatchReceipt says that a movement is the money of this payment.
	MatchReceipt struct{ ReceiptMatched }
	// MatchRemittance says which receipt an advice announced.
	MatchRemittance struct{ RemittanceMatched }
)

func (c MatchReceipt) Stream() Stream    { return c.Payment.Stream() }
func (c MatchRemittance) Stream() Stream { return c.Payment.Stream() }

func (MatchReceipt) CommandName() string    { return "MatchReceipt" }
func (MatchRemittance) CommandName() string { return "MatchRemittance" }

func (c MatchReceipt) Decide(p Payment) ([]Event, error) {
	switch {
	case !p.Received:
		return nil, refuse(NotFound, "payment %s was not received", c.Payment)
	case p.Match == c.Movement:
		return nil, nil
	case p.Match != "":
		return nil, refuse(Conflict, "payment %s is movement %s already", c.Payment, p.Match)
	case c.By == "":
		return nil, refuse(Invalid, "payment %s: say who matches it", c.Payment)
	}
	if err := CheckID("movement", string(c.Movement)); err != nil {
		return nil, err
	}
	return []Event{c.ReceiptMatched}, nil
}

func (c MatchRemittance) Decide(p Payment) ([]Event, error) {
	switch {
	case !p.Announced:
		return nil, refuse(NotFound, "remittance %s was not announced", c.Payment)
	case p.Advises == c.Receipt:
		return nil, nil
	case p.Advises != "":
		return nil, refuse(Conflict, "remittance %s announced payment %s", c.Payment, p.Advises)
	}
	return []Event{c.RemittanceMatched}, nil
}

// Learn gives the command what it has to know of its bank account.
func (c ReceivePayment) Learn(k Knowledge) Command { c.knowledge = k; return c }

// bookedOn is the account of the general ledger on which a statement's receipt
// is booked. It refuses what another source books: the same money would count
// twice.
func (c ReceivePayment) bookedOn() (Account, error) {
	if err := CheckID("customer", string(c.Customer)); err != nil {
		return "", err
	}
	if err := checkDay("payment "+string(c.Payment), c.Date); err != nil {
		return "", err
	}
	account, err := known[BankAccount](c.knowledge, c.Account.Stream())
	if err != nil {
		return "", err
	}
	terms, ok := account.On(c.Date)
	switch {
	case !ok || terms.Source != CashFromBank:
		return "", refuse(Conflict, "payment %s: the ERP books the receipts of bank account %s on %s", c.Payment, c.Account, c.Date)
	case terms.Currency != c.Amount.Currency():
		return "", refuse(Invalid, "payment %s: bank account %s is kept in %s, the receipt is %s", c.Payment, c.Account, terms.Currency, c.Amount)
	}
	return terms.GL, nil
}

// BankGL is the account of the general ledger on which the receipt is booked.
func (e PaymentReceived) BankGL() Account {
	if e.GL == "" {
		return UsualBank
	}
	return e.GL
}

// receiptNumber is the number of a receipt that this ledger books. Banks use
// their references again, so the payment's id gives it.
func receiptNumber(id PaymentID) string { return "RC-" + string(id) }
