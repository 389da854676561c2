package bank

import (
	"fmt"

	"github.com/freightledger/freightledger/integrations/inbox"
)

// Codes of refusals, permanent like the domain's own.
const (
	CodeMalformed      = "malformed"       // not well-formed XML or CSV, or letters that are none
	CodeForbidden      = "forbidden"       // a document type or an entity
	CodeLimit          = "limit"           // more than one file may hold
	CodeVersion        = "version"         // another message, or another version of it
	CodeMissing        = "missing"         // something that the mapping needs
	CodeInvalid        = "invalid"         // something that cannot be read
	CodeSum            = "sum"             // it does not add up
	CodeConflict       = "conflict"        // one statement number, two contents
	CodeUnsplit        = "unsplit"         // a batch that says too little of its parts
	CodeUnknownAccount = "unknown-account" // nobody said who books its receipts
	CodeUnknownPayer   = "unknown-payer"   // nobody knows whose customer it is
	CodeUnknownPayment = "unknown-payment" // a reversal of nothing that was received
	CodeAmbiguous      = "ambiguous"       // a reversal that fits several payments
	CodePartial        = "partial"         // a reversal of a part
)

// Fault refuses a file, a statement or an entry: where, why, and what to do.
type Fault struct {
	Code   string
	Place  string // "statement 253 of NL77…, entry 12 (line 340)"
	Reason string
	Remedy string
	whole  bool // nothing more of the file can be read
	cause  error
}

func (f *Fault) Error() string { return f.Place + ": " + f.Reason + "; " + f.Remedy }

// Unwrap is what the decoder said, when it was the decoder's.
func (f *Fault) Unwrap() error { return f.cause }

// Refusal is the fault as the inbox keeps it.
func (f *Fault) Refusal() inbox.Refusal {
	return inbox.Refusal{Code: f.Code, Place: f.Place, Reason: f.Reason, Remedy: f.Remedy}
}

// textMost bounds one text that is kept of a file; ISO 20022 allows 500
// characters at most where this package looks.
const textMost = 600

func clip(s string, most int) string { return inbox.Clip(s, most) }

// quote shows a value of a file in a sentence.
func quote(s string) string { return fmt.Sprintf("%q", clip(s, 60)) }
