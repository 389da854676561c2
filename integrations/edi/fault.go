package edi

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Codes of refusals, permanent like the domain's own. A file that package x12
// cannot read carries that package's code: "edifact", "not-x12", "limit" …
const (
	CodeMissing           = "missing"             // a segment or element that the mapping needs
	CodeInvalid           = "invalid"             // an element that cannot be read
	CodeUnknownCode       = "unknown-code"        // a code that has no agreed meaning here
	CodeDisagrees         = "disagrees"           // two places of the set contradict each other
	CodeNotFound          = "not-found"           // the shipment is not known yet
	CodeAmbiguous         = "ambiguous"           // a reference belongs to several shipments
	CodeConflict          = "conflict"            // contradicts the order as it is recorded
	CodeUnsupportedSet    = "unsupported-set"     // a transaction set that is not taken in
	CodeUnsupportedChange = "unsupported-change"  // a change of what an order cannot change
	CodeCounterOffer      = "counter-offer"       // an answer that a person has to weigh
	CodeRejected          = "rejected-by-partner" // an acknowledgement that says no
	CodeEnvelope          = "envelope"            // counts, control numbers or trailers
	CodeLimit             = "limit"               // more than one set may hold
)

// Fault refuses a transaction set, or a file: where, why, and what to do.
type Fault struct {
	Code   string
	Place  string // "ST 0001 segment 14 (AT7), element 06"
	Reason string
	Remedy string
	cause  error
}

func (f *Fault) Error() string { return f.Place + ": " + f.Reason + "; " + f.Remedy }

// Unwrap is the tokenizer's refusal, when the fault is a file's.
func (f *Fault) Unwrap() error { return f.cause }

// Refusal is the fault as the inbox keeps it.
func (f *Fault) Refusal() inbox.Refusal {
	return inbox.Refusal{Code: f.Code, Place: f.Place, Reason: f.Reason, Remedy: f.Remedy}
}

// refuseFile words the tokenizer's refusal of a whole file.
func refuseFile(err error, content []byte) error {
	var bad *x12.Error
	if !errors.As(err, &bad) {
		return err
	}
	f := &Fault{Code: string(bad.Code), Place: fmt.Sprintf("line %d, byte %d", bad.Line, bad.Offset), Reason: bad.Reason, Remedy: bad.Remedy, cause: err}
	if bad.Segment != "" {
		f.Place += " (" + bad.Segment + ")"
		if bad.Element > 0 {
			f.Place += fmt.Sprintf(", element %02d", bad.Element)
		}
	}
	if bad.Code == x12.CodeEDIFACT {
		segment := "UNB"
		if rest := content[min(int64(len(content)), bad.Offset):]; bytes.HasPrefix(rest, []byte("UNA")) {
			segment = "UNA"
		}
		f.Place += " (" + segment + ")"
		f.Reason = "the file begins with " + segment + ": it is EDIFACT, and X12 is expected (UNA/UNB open EDIFACT, ISA opens X12)"
		f.Remedy = "ask the partner for X12, or have the file translated, and send it again"
	}
	return f
}

func clip(s string, most int) string { return inbox.Clip(s, most) }

// quote shows a value of a file in a sentence.
func quote(s string) string { return fmt.Sprintf("%q", clip(s, 60)) }
