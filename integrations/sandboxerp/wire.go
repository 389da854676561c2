package sandboxerp

import "time"

// Amounts on the wire are strings in plain decimal grammar: no sign, no
// exponent, at most 15 digits before the point and 6 after it, such as "1250",
// "0.50" or "12.500000". Digits beyond the currency's minor unit must be zero.
// Dates are "YYYY-MM-DD", periods "YYYY-MM", instants RFC 3339 in UTC.

// Limits of one request.
const (
	MaxBodyBytes     = 8 << 20
	MaxDocuments     = 200  // documents in one POST /documents
	MaxLines         = 5000 // lines in one document; more are rejected, not refused
	MaxProbeNumbers  = 200  // numbers in one probe
	MaxCustomerBatch = 1000 // customers in one POST /customers:batch
	MaxPage          = 1000 // rows in one page of customers or receipts
)

// Kinds of document. A receipt is written by POST /receipts, which puts it into
// the feed, or posted by whoever has it from the bank.
const (
	KindInvoice         = "invoice"
	KindAccrual         = "accrual"
	KindCreditMemo      = "credit-memo"
	KindDebitMemo       = "debit-memo"
	KindVoid            = "void"
	KindCashApplication = "cash-application"
	KindWriteOff        = "write-off"
	KindRefund          = "refund"
	KindJournal         = "journal"
	KindReceipt         = "receipt"
)

// Answers for one document of a batch.
const (
	StatusBooked   = "booked"
	StatusRejected = "rejected"
)

// Codes of a rejected document. They are permanent.
const (
	CodeBadDocument      = "bad-document"
	CodeTooManyLines     = "too-many-lines"
	CodeBadAmount        = "bad-amount"
	CodeDuplicateLineRef = "duplicate-line-ref"
	CodeUnknownCustomer  = "unknown-customer"
	CodeInactiveCustomer = "inactive-customer"
	CodeCurrencyMismatch = "currency-mismatch"
	CodeUnknownAccount   = "unknown-account"
	CodeClosedPeriod     = "closed-period"
	CodeUnbalanced       = "unbalanced"
)

// Codes of a request that was refused as a whole. They are permanent, and the
// codes of a rejected document appear here too when a request books one thing
// only, such as POST /receipts.
const (
	CodeBadRequest       = "bad-request"
	CodeBodyTooLarge     = "body-too-large"
	CodeNotFound         = "not-found"
	CodeMethodNotAllowed = "method-not-allowed"
	CodeTransient        = "transient" // the reject fault: nothing was booked, try again
	CodeDown             = "down"      // the down fault: nothing was looked at
	CodeClosing          = "closing"
	CodeInternal         = "internal"
)

// ErrorAnswer is the body of every answer that is not a success.
type ErrorAnswer struct {
	Error ErrorDetail `json:"error"`
}

// ErrorDetail names one problem: the code is for programs, the message for people.
type ErrorDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// CustomerInput is what PUT /customers/{code} and POST /customers:batch take.
// An absent credit status means "good", an absent active means true, and an
// empty currency lets the customer be billed in any.
type CustomerInput struct {
	Code         string       `json:"code,omitempty"`
	Name         string       `json:"name"`
	TermsDays    int          `json:"terms_days"`
	CreditStatus string       `json:"credit_status,omitempty"` // "good" or "hold"
	Active       *bool        `json:"active,omitempty"`
	Currency     string       `json:"currency,omitempty"`
	Tax          *CustomerTax `json:"tax,omitempty"`
}

// CustomerTax is what a tax authority would ask of a customer; what is absent
// is not known.
type CustomerTax struct {
	Status       string                `json:"status,omitempty"`  // "business" or "consumer"
	Country      string                `json:"country,omitempty"` // ISO 3166-1, two letters
	Region       string                `json:"region,omitempty"`  // ISO 3166-2 without the country
	IDs          []CustomerTaxID       `json:"ids,omitempty"`
	Certificates []CustomerCertificate `json:"certificates,omitempty"`
}

// CustomerTaxID is a number under which a customer is registered.
type CustomerTaxID struct {
	Jurisdiction string `json:"jurisdiction"` // "FR", "CA-QC"
	Number       string `json:"number"`
}

// CustomerCertificate frees a customer from tax.
type CustomerCertificate struct {
	Certificate string `json:"certificate"`
	Number      string `json:"number"`
	From        string `json:"from,omitempty"`
	Through     string `json:"through,omitempty"`
}

// CustomerBatch is the body of POST /customers:batch; it is written whole or not at all.
type CustomerBatch struct {
	Customers []CustomerInput `json:"customers"`
}

// CustomerBatchAnswer says how many customers of a batch now stand as sent.
type CustomerBatchAnswer struct {
	Written int `json:"written"`
}

// Customer is the master record. A credit hold is told, not enforced: the books
// accept documents for a customer on hold. UpdatedAt moves only when something changed.
type Customer struct {
	Code         string       `json:"code"`
	Name         string       `json:"name"`
	TermsDays    int          `json:"terms_days"`
	CreditStatus string       `json:"credit_status"`
	Active       bool         `json:"active"`
	Currency     string       `json:"currency"`
	Tax          *CustomerTax `json:"tax,omitempty"`
	UpdatedAt    time.Time    `json:"updated_at"`
}

// CustomerPage is one page, sorted bytewise by code; Next is empty on the last.
type CustomerPage struct {
	Customers []Customer `json:"customers"`
	Next      string     `json:"next,omitempty"`
}

// AccountInput is the body of PUT /accounts/{code}.
type AccountInput struct {
	Name string `json:"name"`
	Type string `json:"type"` // "asset", "liability", "equity", "revenue", "contra-revenue" or "expense"
}

// Account is one row of the chart of accounts.
type Account struct {
	Code string `json:"code"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// AccountList is the whole chart, sorted by code.
type AccountList struct {
	Accounts []Account `json:"accounts"`
}

// PeriodInput is the body of PUT /periods/{YYYY-MM}.
type PeriodInput struct {
	Status string `json:"status"` // "open" or "closed"
}

// Period is one month of the books.
type Period struct {
	Period string `json:"period"`
	Status string `json:"status"`
}

// PeriodList holds the months that were ever opened or closed by hand. Months
// before ClosedBefore are closed and all others open unless listed here.
type PeriodList struct {
	Periods      []Period `json:"periods"`
	ClosedBefore string   `json:"closed_before,omitempty"`
}

// BookRequest is the body of POST /documents.
type BookRequest struct {
	Documents []Document `json:"documents"`
}

// Document is one document to book. The customer may be empty on a journal only.
type Document struct {
	Number    string `json:"number"`
	Kind      string `json:"kind"`
	Customer  string `json:"customer"`
	Date      string `json:"date"`
	Currency  string `json:"currency"`
	DueDate   string `json:"due_date,omitempty"`
	Reference string `json:"reference,omitempty"`
	Lines     []Line `json:"lines"`
}

// Line is one entry to book. One of Debit and Credit is an amount; the other is
// empty or zero. Ref is the sender's own name for the line, unique in its document.
type Line struct {
	Ref     string `json:"ref"`
	Account string `json:"account"`
	Debit   string `json:"debit"`
	Credit  string `json:"credit"`
	Memo    string `json:"memo,omitempty"`
}

// BookAnswer answers POST /documents, one result a document in the order sent.
type BookAnswer struct {
	Results []BookResult `json:"results"`
}

// BookResult says what became of one document. ID is the ERP's own and is set
// when booked; Code and Message are set when rejected.
type BookResult struct {
	Number  string `json:"number"`
	Status  string `json:"status"`
	ID      int64  `json:"id,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// ProbeRequest is the body of POST /documents:probe.
type ProbeRequest struct {
	Numbers []string `json:"numbers"`
}

// ProbeAnswer holds every document that bears one of the numbers asked for,
// sorted by (number, id): none, one, or several for a number booked twice.
type ProbeAnswer struct {
	Documents []BookedDocument `json:"documents"`
}

// BookedDocument is a document as it stands in the books now, edits included.
type BookedDocument struct {
	ID         int64         `json:"id"`
	Number     string        `json:"number"`
	Kind       string        `json:"kind"`
	Customer   string        `json:"customer"`
	Date       string        `json:"date"`
	Period     string        `json:"period"`
	Currency   string        `json:"currency"`
	DueDate    string        `json:"due_date,omitempty"`
	Reference  string        `json:"reference,omitempty"`
	TotalDebit string        `json:"total_debit"`
	LineCount  int           `json:"line_count"`
	BookedAt   time.Time     `json:"booked_at"`
	ModifiedAt *time.Time    `json:"modified_at"`
	Lines      []BookedEntry `json:"lines,omitempty"` // GET /documents/{id} only
}

// BookedEntry is one entry of a booked document.
type BookedEntry struct {
	Entry      int64      `json:"entry"`
	Ref        string     `json:"ref"`
	Account    string     `json:"account"`
	Debit      string     `json:"debit"`
	Credit     string     `json:"credit"`
	Memo       string     `json:"memo"`
	ModifiedAt *time.Time `json:"modified_at"`
}

// LedgerHeader is the first record of the extract. Everything booked up to AsOf
// is in the extract and nothing booked later is.
type LedgerHeader struct {
	Record string    `json:"record"` // "header"
	AsOf   time.Time `json:"as_of"`
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
}

// LedgerEntry is one entry of the extract, with its document's columns beside it.
type LedgerEntry struct {
	Record        string     `json:"record"` // "entry"
	Entry         int64      `json:"entry"`
	Document      int64      `json:"document"`
	Number        string     `json:"number"`
	Kind          string     `json:"kind"`
	Customer      string     `json:"customer"`
	Date          string     `json:"date"`
	Period        string     `json:"period"`
	Currency      string     `json:"currency"`
	Ref           string     `json:"ref"`
	Account       string     `json:"account"`
	Debit         string     `json:"debit"`
	Credit        string     `json:"credit"`
	Memo          string     `json:"memo"`
	BookedAt      time.Time  `json:"booked_at"`
	ModifiedAt    *time.Time `json:"modified_at"`
	DocModifiedAt *time.Time `json:"doc_modified_at"`
}

// LedgerTrailer is the last record of the extract. An extract without it, or
// with another count or other totals than its entries have, was cut short.
type LedgerTrailer struct {
	Record  string            `json:"record"` // "trailer"
	Entries int64             `json:"entries"`
	Debit   map[string]string `json:"debit"`  // currency → total
	Credit  map[string]string `json:"credit"` // currency → total
}

// TrialBalance answers GET /trial-balance, sorted by (account, period, currency).
type TrialBalance struct {
	AsOf time.Time         `json:"as_of"`
	From string            `json:"from,omitempty"`
	To   string            `json:"to,omitempty"`
	Rows []TrialBalanceRow `json:"rows"`
}

// TrialBalanceRow sums one account in one period and currency.
type TrialBalanceRow struct {
	Account  string `json:"account"`
	Period   string `json:"period"`
	Currency string `json:"currency"`
	Debit    string `json:"debit"`
	Credit   string `json:"credit"`
}

// ReceiptInput is the body of POST /receipts: money that reached the bank.
type ReceiptInput struct {
	Invoice    string `json:"invoice,omitempty"`
	Customer   string `json:"customer"`
	Amount     string `json:"amount"`
	Currency   string `json:"currency"`
	Date       string `json:"date"`
	Reference  string `json:"reference"`
	Remittance string `json:"remittance,omitempty"`
	Account    string `json:"account,omitempty"` // the bank account it is booked on; absent means 1000
}

// Receipt is one line of the bank's feed. The feed is what the bank said: it
// keeps its line whatever is done to the booked document later.
type Receipt struct {
	N          int64     `json:"n"`
	Number     string    `json:"number"`
	Document   int64     `json:"document"`
	Customer   string    `json:"customer"`
	Invoice    string    `json:"invoice"`
	Amount     string    `json:"amount"`
	Currency   string    `json:"currency"`
	Date       string    `json:"date"`
	Reference  string    `json:"reference"`
	Remittance string    `json:"remittance,omitempty"`
	Account    string    `json:"account,omitempty"` // unless it is 1000
	BookedAt   time.Time `json:"booked_at"`
}

// ReceiptPage is one page of the feed in the order received; Next is the n to
// ask after, and repeats the one asked with when nothing is new.
type ReceiptPage struct {
	Receipts []Receipt `json:"receipts"`
	Next     int64     `json:"next"`
}

// ReturnInput is the body of POST /receipts/{number}/return: the bank took a
// receipt back.
type ReturnInput struct {
	Date   string `json:"date"`
	Reason string `json:"reason"`
}

// Returned is what was booked when the bank took a receipt back. Asked for
// again, it is the same.
type Returned struct {
	Number   string `json:"number"`
	Document int64  `json:"document"`
	Receipt  string `json:"receipt"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Date     string `json:"date"`
}

// AutoPay makes customers pay the invoices that are booked. Every ShortPayEvery-th
// payment (never, when zero) falls short by ShortPayPercent of the invoice.
type AutoPay struct {
	Enabled         bool   `json:"enabled"`
	ShortPayEvery   int    `json:"short_pay_every"`
	ShortPayPercent string `json:"short_pay_percent"` // above 0 and below 100; "5" when empty
}

// EntryPatch is the body of PATCH /entries/{id}; absent fields stay.
type EntryPatch struct {
	Account *string `json:"account,omitempty"`
	Debit   *string `json:"debit,omitempty"`
	Credit  *string `json:"credit,omitempty"`
	Memo    *string `json:"memo,omitempty"`
}

// DocumentPatch is the body of PATCH /documents/{id}; absent fields stay. A new
// date does not move the period, nor a new period the date.
type DocumentPatch struct {
	Customer  *string `json:"customer,omitempty"`
	Date      *string `json:"date,omitempty"`
	Period    *string `json:"period,omitempty"`
	Currency  *string `json:"currency,omitempty"`
	Reference *string `json:"reference,omitempty"`
}

// StrayEntry is the body of POST /entries: a line added to a booked document.
// Its ref may repeat one that the document has.
type StrayEntry struct {
	Document int64  `json:"document"`
	Ref      string `json:"ref"`
	Account  string `json:"account"`
	Debit    string `json:"debit"`
	Credit   string `json:"credit"`
	Memo     string `json:"memo,omitempty"`
}

// EditAnswer names what an edit touched or made.
type EditAnswer struct {
	Document int64 `json:"document,omitempty"`
	Entry    int64 `json:"entry,omitempty"`
}

// Faults are the troubles to play. PUT /faults replaces them all, reseeds the
// dice and clears the counters.
type Faults struct {
	LatencyMS  int    `json:"latency_ms"`  // wait before every answer but /health and /faults
	Down       bool   `json:"down"`        // 503 to everything but /health and /faults
	DownEvery  int    `json:"down_every"`  // 503 to every n-th such request; never, when zero
	RejectRate string `json:"reject_rate"` // share of booking requests answered 500 before booking
	DropRate   string `json:"drop_rate"`   // share of booking requests booked, then cut off unanswered
	Seed       uint64 `json:"seed"`
}

// FaultsAnswer is what GET and PUT /faults answer.
type FaultsAnswer struct {
	Faults
	Fired FaultCounts `json:"fired"`
}

// FaultCounts counts the faults that struck since the last PUT /faults.
type FaultCounts struct {
	Delayed  int64 `json:"delayed"`
	Down     int64 `json:"down"`
	Rejected int64 `json:"rejected"`
	Dropped  int64 `json:"dropped"`
}
