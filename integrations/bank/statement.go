package bank

import (
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// Statement is what a bank says of one account: a head, its entries, which are
// handed out one by one, and what became of the sums.
type Statement struct {
	ID       string // the bank's
	Format   string // "camt.053.001.08", or "csv" and the profile
	Account  string // IBAN or other number, capitals without blanks
	Currency money.Currency
	Sequence int64 // electronic sequence number, else the legal one; 0 when there is none
	Page     string
	Copy     string // "DUPL", "COPY", "CODU": the bank says that it sent it before
	From, To string // days, inclusive
	Opening  Balance
	Closing  Balance

	// What was counted while the entries were read.
	Entries int
	Booked  money.Money // sum of the booked entries, credits less debits
	Line    int
	// Fault is why nothing of the statement may be used. It is known for
	// certain only when the file was read to its end.
	Fault *Fault
}

// Balance of an account, negative when it is overdrawn. A CSV file has none.
type Balance struct {
	Kind   string // "OPBD", "PRCD", "CLBD" …
	Amount money.Money
	Date   string
}

// Entry is one movement on the account.
type Entry struct {
	Number    int // within its statement, from 1
	Line      int // of the file
	Amount    money.Money
	Credit    bool
	Status    string // "BOOK", "PDNG", "INFO", "FUTR"
	Booked    string // day
	Value     string // day
	Reference string // the bank's, for the entry (AcctSvcrRef)
	Reversal  bool   // it takes an earlier movement back (RvslInd)
	Code      string // domain/family/sub-family, as in "PMNT/RCDT/ESCT"
	Bank      string // the bank's own code for the kind of movement
	Kind      Kind   // as a CSV profile has it; else empty
	Text      string
	Batch     string // the payer's or our own message id of a batch
	BatchSize string // transactions in it, as stated
	Charges   []money.Money
	Details   []Detail
	// Charged is what the bank has kept of the details' sum.
	Charged money.Money
	// Unsplit is why the details cannot be told apart by amount.
	Unsplit string
}

// Detail is one transaction of an entry.
type Detail struct {
	Amount      money.Money // in the account's currency; unset when only others are stated
	Credit      bool
	Instructed  money.Money // by the payer, in whatever currency
	Reference   string      // the bank's, for the transaction
	EndToEnd    string      // the payer's, carried through
	Transaction string
	Instruction string
	Code        string
	Payer       Party
	Return      string // reason code and text of a returned payment
	Charges     []money.Money
	Remittance  Remittance
	Text        string
	directed    bool // the detail itself says credit or debit
}

// Party is whoever paid.
type Party struct {
	Name    string
	Account string // IBAN or other number, capitals without blanks
}

// Remittance is what the payer says that the money is for.
type Remittance struct {
	Reference string     // the creditor's, as on our invoice
	Documents []Document // as far as they are stated one by one
	Text      []string
	Notes     []string // what could not be read of it
}

// Document is one that a payer pays.
type Document struct {
	Number      string
	Kind        string // "CINV", "CREN" …
	Paid        money.Money
	Gross       money.Money
	Discount    money.Money
	Adjustments []domain.Adjustment
}

// signed is an amount with the sign of its direction.
func signed(m money.Money, credit bool) money.Money {
	if credit {
		return m
	}
	return m.Neg()
}

// place names the statement.
func (s *Statement) place() string {
	if s.ID == "" {
		return fmt.Sprintf("statement (line %d)", s.Line)
	}
	return fmt.Sprintf("statement %s (line %d)", clip(s.ID, 40), s.Line)
}

func (s *Statement) placeOf(e *Entry) string {
	if s.ID == "" {
		return fmt.Sprintf("line %d", e.Line)
	}
	return fmt.Sprintf("statement %s, entry %d (line %d)", clip(s.ID, 40), e.Number, e.Line)
}

// fail keeps the first fault.
func (s *Statement) fail(f *Fault) {
	if s.Fault == nil {
		s.Fault = f
	}
}

// count adds an entry up.
func (s *Statement) count(e *Entry) {
	if e.Status != StatusBooked {
		return
	}
	if !s.Booked.IsSet() {
		s.Booked = money.Zero(s.Currency)
	}
	sum, err := s.Booked.Add(signed(e.Amount, e.Credit))
	if err != nil {
		s.fail(&Fault{Code: CodeSum, Place: s.placeOf(e), Reason: err.Error(), Remedy: "ask the bank for a statement in one currency, of less than 10^15"})
		return
	}
	s.Booked = sum
}

// Statuses of entries.
const (
	StatusBooked  = "BOOK"
	StatusPending = "PDNG"
)

// balance checks that the opening balance and the booked entries make the
// closing balance.
func (s *Statement) balance() *Fault {
	if !s.Booked.IsSet() {
		s.Booked = money.Zero(s.Currency)
	}
	for what, b := range map[string]Balance{"opening (OPBD, PRCD)": s.Opening, "closing (CLBD)": s.Closing} {
		if !b.Amount.IsSet() {
			return &Fault{Code: CodeMissing, Place: s.place(), Reason: "the " + what + " balance is missing, so that the statement cannot be added up", Remedy: "ask the bank for statements with booked balances"}
		}
	}
	end, err := s.Opening.Amount.Add(s.Booked)
	var off money.Money
	if err == nil {
		off, err = s.Closing.Amount.Sub(end)
	}
	if err != nil {
		return &Fault{Code: CodeSum, Place: s.place(), Reason: err.Error(), Remedy: "ask the bank for a statement in one currency"}
	}
	if !off.IsZero() {
		return &Fault{Code: CodeSum, Place: s.place(), Reason: fmt.Sprintf("opening %s and booked entries of %s make %s; closing is %s: %s too little is explained",
			s.Opening.Amount, s.Booked, end, s.Closing.Amount, off), Remedy: "ask the bank for the whole statement, then import that file and dismiss this item"}
	}
	return nil
}

// check adds an entry's details up and fills in what follows from the entry.
func (s *Statement) check(e *Entry) *Fault {
	if len(e.Details) == 0 {
		return nil
	}
	for i := range e.Details {
		if d := &e.Details[i]; !d.directed {
			d.Credit = e.Credit
		}
	}
	if !e.amounts() {
		return nil
	}
	want := signed(e.Amount, e.Credit)
	sum, charges := money.Zero(s.Currency), money.Zero(s.Currency)
	var err error
	add := func(to *money.Money, m money.Money) {
		if err == nil {
			*to, err = to.Add(m)
		}
	}
	for _, d := range e.Details {
		add(&sum, signed(d.Amount, d.Credit))
		for _, c := range d.Charges {
			add(&charges, c)
		}
	}
	for _, c := range e.Charges {
		add(&charges, c)
	}
	if err != nil {
		return &Fault{Code: CodeSum, Place: s.placeOf(e), Reason: err.Error(), Remedy: "ask the bank to correct the entry"}
	}
	if sum.Equal(want) {
		return nil
	}
	if net, err := sum.Sub(charges); err == nil && net.Equal(want) {
		e.Charged = charges
		return nil
	}
	reason := fmt.Sprintf("its %d transactions make %s, the entry is %s", len(e.Details), sum, want)
	if !charges.IsZero() {
		reason += fmt.Sprintf(" and charges are %s", charges)
	}
	return &Fault{Code: CodeSum, Place: s.placeOf(e), Reason: reason, Remedy: "ask the bank to correct the statement, then import that file and dismiss this item"}
}

// amounts gives each detail its amount in the account's currency, and reports
// whether they are to be added up.
func (e *Entry) amounts() bool {
	missing := 0
	for _, d := range e.Details {
		if !d.Amount.IsSet() {
			missing++
		}
	}
	if missing == 0 {
		return true
	}
	if len(e.Details) == 1 {
		e.Details[0].Amount = e.Amount
		return false
	}
	for i := range e.Details {
		d := &e.Details[i]
		if !d.Amount.IsSet() && d.Instructed.Currency() == e.Amount.Currency() {
			d.Amount = d.Instructed
			missing--
		}
	}
	if missing > 0 {
		e.Unsplit = fmt.Sprintf("%d of its %d transactions state no amount in %s", missing, len(e.Details), e.Amount.Currency())
		return false
	}
	return true
}

// day reads a civil date; a time of day or a zone behind it is let go.
func day(s string) (string, error) {
	if len(s) > 10 {
		switch s[10] {
		case 'T', 'Z', '+', '-':
			s = s[:10]
		}
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("%s is not a date; write 2026-03-01", quote(s))
	}
	return s, nil
}
