// Package sandboxerp is a small ERP to post to, to reconcile against and to
// break: an HTTP server with a double-entry general ledger on one SQLite file.
//
// # What it is
//
// It behaves as most real ERPs do. It has customers with payment terms and a
// credit status, a chart of accounts, months that close, a general ledger, a
// trial balance, a bank feed and an extract. It checks each document it is asked
// to book, and books it or rejects it with a permanent code. And it has no
// idempotency whatever: a document number is a label, so posting a number twice
// books it twice. Whoever posts must probe first (POST /documents:probe) and must
// keep their own record of what became of each attempt. A client whose transport
// repeats requests by itself will double-book here: Go's http.Transport does so
// after a cut connection when the request carries an Idempotency-Key header.
//
// # What it is not
//
// It is not an accounting system. It has no users, no permissions, no exchange
// rates, no tax, no statements, and it posts nothing by itself but receipts. A
// credit hold is reported and not enforced. It deletes and alters booked entries
// for anyone who asks, because finding that out is what a reconciler is for. It
// shares no code with any other package of this module, so agreement between the
// two is evidence and not an echo. It answers to anyone who reaches its port:
// bind it to the loopback interface.
//
// # The API
//
// Every answer is JSON; every refusal is {"error":{"code","message"}}. The types
// of this package are the wire format, field by field.
//
//	GET    /health
//	GET    /customers?after=&limit=     sorted by code
//	GET    /customers/{code}            PUT to write one
//	POST   /customers:batch             up to 1000, all or none
//	GET    /accounts                    PUT /accounts/{code} to write one
//	GET    /periods                     and /periods/{YYYY-MM}; PUT to open or close one
//	POST   /documents                   up to 200, each booked or rejected on its own
//	GET    /documents?number=&number=   up to 200 numbers; POST /documents:probe likewise
//	GET    /documents/{id}              with its lines
//	GET    /ledger                      the extract, period_from= and period_to= optional
//	GET    /trial-balance               period_from= and period_to= optional
//	POST   /receipts                    money reaches the bank; GET ?after=&limit= is the feed
//	GET    /autopay                     PUT to change
//	GET    /faults                      PUT to change
//
// Direct edits, which keep no balance, heed no closed month and leave modified_at
// behind:
//
//	PATCH  /entries/{id}                DELETE to remove it
//	POST   /entries                     a stray line on a booked document
//	PATCH  /documents/{id}              DELETE to remove it with its lines
//	POST   /documents/{id}:duplicate    a copy under the same number
//
// A deleted document or entry leaves no trace but a gap: ids are never given
// twice.
//
// # Booking
//
// One POST is one transaction, committed before it answers: every document of it
// that was not rejected is in the books, or, when the answer is an error, none
// is. No answer at all means that the outcome is unknown. The period of a
// document is the month of its date. Checks run in this order and the first that
// fails names the rejection: the document's own form (bad-document,
// too-many-lines, bad-amount, duplicate-line-ref), the customer
// (unknown-customer, inactive-customer, currency-mismatch), the accounts
// (unknown-account), the month (closed-period) and the sums (unbalanced).
//
// # The extract
//
// GET /ledger streams newline-delimited JSON: a header, the entries, a trailer.
// Entries are sorted by document number, document id, line ref and entry id.
// Number and ref sort bytewise on their UTF-8 form, as Go compares strings: "INV-10"
// comes before "INV-9", and capitals before small letters. The whole extract
// shows one instant, the header's as_of. An extract that does not end in a
// trailer with the right count and totals was cut short and must not be believed.
//
// # Money
//
// Amounts travel as plain decimal strings and are stored as whole thousandths.
// Currencies have the minor digits of ISO 4217 (JPY 0, KWD 3), two when unknown;
// the rare currency with four digits gets two.
//
// # Autopay
//
// With autopay on, each booked invoice is paid at once by a receipt dated its due
// date, or its date plus the customer's terms: what the invoice adds to account
// 1200, once per invoice number however often the invoice is booked. A due date
// in a closed month slips to the first day of the next open one.
//
// # Faults
//
// PUT /faults switches trouble on. Latency, down and down_every strike every
// request but /health and /faults. reject_rate and drop_rate strike POST
// /documents and POST /receipts only: a reject answers 500 and has booked
// nothing, a drop has booked everything and cuts the connection without a byte.
// Both follow dice seeded by the faults' seed, thrown in the order the booking
// requests arrive.
package sandboxerp
