package domain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// A bank account has one source of cash at a time: either its statements book
// what customers pay, or the ERP does. What the other source says of the same
// money is matched and never booked. The ERP is the source of every account
// that nobody adopted.

// BankAccountID is an IBAN or another number of an account, in capitals and
// without blanks, as [AccountNumber] writes it.
type BankAccountID string

func (id BankAccountID) Stream() Stream { return Stream("bank-" + string(id)) }

// AccountNumber is the form in which numbers of accounts are compared.
func AccountNumber(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// BankAccount is the state of a bank account's stream.
type BankAccount struct {
	ID         BankAccountID
	Terms      []BankTerms // by their first day
	Payers     []KnownPayer
	Statements []StatementTaken
}

// CashSource says who books the receipts of a bank account.
type CashSource string

// The sources of cash.
const (
	CashFromBank CashSource = "bank" // its statements, as they are taken in here
	CashFromERP  CashSource = "erp"
)

// BankTerms say how an account is kept from a booking day on.
type BankTerms struct {
	From     string         `json:"from"`
	Source   CashSource     `json:"source"`
	Currency money.Currency `json:"currency"`
	GL       Account        `json:"gl"` // the account of the general ledger that is this bank account
}

// KnownPayer says whose customer a payer of the account is: by the number of
// its account, by a reference that it repeats, or by its name.
type KnownPayer struct {
	Mark     PayerMark  `json:"known_by"`
	Value    string     `json:"value"` // the number, reference or name
	Customer CustomerID `json:"customer"`
}

// PayerMark is what a payer is known by.
type PayerMark string

// What a payer is known by, the surest first.
const (
	ByAccount   PayerMark = "account"
	ByReference PayerMark = "reference"
	ByName      PayerMark = "name"
)

// normal is the form in which marks of a kind are compared.
func (m PayerMark) normal(s string) string {
	if m == ByName {
		return strings.ToUpper(strings.Join(strings.Fields(s), " "))
	}
	return AccountNumber(s)
}

// Events of bank accounts.
type (
	// BankAccountAdopted puts terms in force from a booking day on.
	BankAccountAdopted struct {
		Account BankAccountID `json:"account"`
		BankTerms
		By string `json:"by"`
	}
	// PayerAttributed makes a payer known, or another customer's; without a
	// customer it is known no more.
	PayerAttributed struct {
		Account BankAccountID `json:"account"`
		KnownPayer
		By string `json:"by"` // who says so
	}
	// StatementTaken is a statement whose entries were all accounted for.
	StatementTaken struct {
		Account   BankAccountID  `json:"account"`
		Statement string         `json:"statement"` // its name in the inbox
		Format    string         `json:"format"`
		Year      string         `json:"year"`
		Sequence  int64          `json:"sequence,omitempty"` // 0 when the bank gives none
		Page      string         `json:"page,omitempty"`
		From      string         `json:"from,omitempty"`
		To        string         `json:"to,omitempty"`
		Currency  money.Currency `json:"currency"`
		Opening   money.Money    `json:"opening"` // null in a CSV file
		Closing   money.Money    `json:"closing"`
		Entries   int            `json:"entries"`
		Booked    money.Money    `json:"booked"` // sum of the booked entries
		Message   MessageID      `json:"message"`
	}
)

func (BankAccountAdopted) EventType() string { return "BankAccountAdopted" }
func (PayerAttributed) EventType() string    { return "PayerAttributed" }
func (StatementTaken) EventType() string     { return "StatementTaken" }

// Commands of bank accounts.
type (
	// AdoptBankAccount puts terms in force from a booking day on, the last one
	// adopted so far or later. Once statements were taken in, their days keep
	// their source.
	AdoptBankAccount struct{ BankAccountAdopted }
	// AttributePayer makes a payer known; the same again changes nothing.
	AttributePayer struct{ PayerAttributed }
	// TakeStatement records that a statement was taken in.
	TakeStatement struct{ StatementTaken }
)

func (c AdoptBankAccount) Stream() Stream { return c.Account.Stream() }
func (c AttributePayer) Stream() Stream   { return c.Account.Stream() }
func (c TakeStatement) Stream() Stream    { return c.Account.Stream() }

func (AdoptBankAccount) CommandName() string { return "AdoptBankAccount" }
func (AttributePayer) CommandName() string   { return "AttributePayer" }
func (TakeStatement) CommandName() string    { return "TakeStatement" }

// checkBankAccount refuses a number that is not in its one form.
func checkBankAccount(id BankAccountID) error {
	if err := checkID("bank account", string(id), 40); err != nil {
		return err
	}
	if normal := AccountNumber(string(id)); normal != string(id) {
		return refuse(Invalid, "bank account %s: write it as %s", id, normal)
	}
	return nil
}

func (c AdoptBankAccount) Decide(b BankAccount) ([]Event, error) {
	if err := checkBankAccount(c.Account); err != nil {
		return nil, err
	}
	if err := checkDay("bank account "+string(c.Account)+": the first day", c.From); err != nil {
		return nil, err
	}
	if err := CheckID("account of the general ledger", string(c.GL)); err != nil {
		return nil, err
	}
	if _, err := money.ParseCurrency(string(c.Currency)); err != nil {
		return nil, refuse(Invalid, "bank account %s: %v", c.Account, err)
	}
	switch {
	case c.Source != CashFromBank && c.Source != CashFromERP:
		return nil, refuse(Invalid, "bank account %s: the source %.20q: want %s or %s", c.Account, c.Source, CashFromBank, CashFromERP)
	case c.By == "":
		return nil, refuse(Invalid, "bank account %s: say who adopts it", c.Account)
	}
	if len(b.Terms) > 0 {
		last := b.Terms[len(b.Terms)-1]
		switch {
		case last == c.BankTerms:
			return nil, nil
		case last.Currency != c.Currency:
			return nil, refuse(Conflict, "bank account %s is kept in %s", c.Account, last.Currency)
		case c.From <= last.From:
			return nil, refuse(TooLate, "bank account %s: terms are in force from %s on: the next begin later", c.Account, last.From)
		case c.From <= b.lastDay():
			return nil, refuse(TooLate, "bank account %s: statements to %s were taken in under the terms before", c.Account, b.lastDay())
		}
	}
	return []Event{c.BankAccountAdopted}, nil
}

// lastDay is the last day that a statement covers.
func (b BankAccount) lastDay() (last string) {
	for _, s := range b.Statements {
		last = max(last, s.To)
	}
	return last
}

// On gives the terms in force on a booking day; false before the first ones.
func (b BankAccount) On(day string) (BankTerms, bool) {
	for _, t := range slices.Backward(b.Terms) {
		if t.From <= day {
			return t, true
		}
	}
	return BankTerms{}, false
}

// BooksItself tells whether the account's statements book the receipts of a
// day.
func (b BankAccount) BooksItself(day string) bool {
	terms, ok := b.On(day)
	return ok && terms.Source == CashFromBank
}

func (c AttributePayer) Decide(b BankAccount) ([]Event, error) {
	if len(b.Terms) == 0 {
		return nil, refuse(NotFound, "bank account %s was not adopted", c.Account)
	}
	e := c.PayerAttributed
	switch e.Mark {
	case ByAccount, ByReference, ByName:
	default:
		return nil, refuse(Invalid, "bank account %s: a payer is known by %s, %s or %s, not by %.20q", c.Account, ByAccount, ByReference, ByName, e.Mark)
	}
	e.Value = e.Mark.normal(e.Value)
	switch {
	case e.Value == "" || len(e.Value) > 200:
		return nil, refuse(Invalid, "bank account %s: a payer's %s has 1 to 200 bytes", c.Account, e.Mark)
	case e.By == "":
		return nil, refuse(Invalid, "bank account %s: say who attributes the payer", c.Account)
	}
	if e.Customer != "" {
		if err := CheckID("customer", string(e.Customer)); err != nil {
			return nil, err
		}
	}
	if known, _ := b.payer(e.Mark, e.Value); known == e.Customer {
		return nil, nil
	}
	return []Event{e}, nil
}

func (b BankAccount) payer(mark PayerMark, value string) (CustomerID, bool) {
	normal := mark.normal(value)
	for _, p := range b.Payers {
		if p.Mark == mark && p.Value == normal && normal != "" {
			return p.Customer, true
		}
	}
	return "", false
}

// CustomerOf says whose customer a payer is: its account decides before a
// reference, and a reference before its name.
func (b BankAccount) CustomerOf(account string, references []string, name string) (CustomerID, bool) {
	if id, ok := b.payer(ByAccount, account); ok {
		return id, true
	}
	for _, r := range references {
		if id, ok := b.payer(ByReference, r); ok {
			return id, true
		}
	}
	return b.payer(ByName, name)
}

func (c TakeStatement) Decide(b BankAccount) ([]Event, error) {
	if len(b.Terms) == 0 {
		return nil, refuse(NotFound, "bank account %s was not adopted", c.Account)
	}
	for _, s := range b.Statements {
		if s.says(c.StatementTaken) {
			return nil, nil
		}
	}
	return []Event{c.StatementTaken}, nil
}

// says tells whether two statements are the same one, with the same figures.
func (s StatementTaken) says(t StatementTaken) bool {
	return s.Statement == t.Statement && s.Entries == t.Entries && s.Booked.Equal(t.Booked) && s.Opening.Equal(t.Opening) && s.Closing.Equal(t.Closing)
}

// Evolve applies an event to the account.
func (b BankAccount) Evolve(e Event) BankAccount {
	switch e := e.(type) {
	case BankAccountAdopted:
		b.ID, b.Terms = e.Account, append(slices.Clip(b.Terms), e.BankTerms)
	case PayerAttributed:
		b.Payers = slices.DeleteFunc(slices.Clone(b.Payers), func(p KnownPayer) bool { return p.Mark == e.Mark && p.Value == e.Value })
		if e.Customer != "" {
			b.Payers = append(b.Payers, e.KnownPayer)
		}
	case StatementTaken:
		b.Statements = append(slices.Clip(b.Statements), e)
	}
	return b
}

// Gap says what is missing between two statements of an account that follow
// each other in a list by year, sequence and page; "" when nothing is.
func Gap(before, after StatementTaken) string {
	next := before.Year == after.Year && after.Sequence == before.Sequence+1 || before.Year < after.Year && after.Sequence == 1 || before.Sequence == after.Sequence
	switch {
	case after.Sequence == 0 || before.Sequence == 0:
		return ""
	case !next && before.Year == after.Year:
		return "statements " + sequence(before.Sequence+1) + " to " + sequence(after.Sequence-1) + " are missing"
	case !next:
		return "statement " + sequence(after.Sequence) + " of " + after.Year + " follows " + sequence(before.Sequence) + " of " + before.Year
	case before.Closing.IsSet() && after.Opening.IsSet() && before.Sequence != after.Sequence && !before.Closing.Equal(after.Opening):
		return "it opens with " + after.Opening.String() + ", the one before closes with " + before.Closing.String()
	}
	return ""
}

func sequence(n int64) string { return strconv.FormatInt(n, 10) }

// CompareStatements orders statements by account, year, sequence and page.
func CompareStatements(a, b StatementTaken) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Year, b.Year), cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Page, b.Page), cmp.Compare(a.From, b.From), cmp.Compare(a.Statement, b.Statement))
}
