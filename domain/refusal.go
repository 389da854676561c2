package domain

import "fmt"

// Code classifies a refusal; it is stable, texts are not.
type Code string

// The codes. Callers map them to HTTP statuses and exit codes in one place.
const (
	NotFound Code = "not-found" // the thing does not exist
	Invalid  Code = "invalid"   // the command itself is wrong
	Conflict Code = "conflict"  // contradicts what is recorded
	NotReady Code = "not-ready" // something must happen first
	Denied   Code = "denied"    // this person may not do it
	TooLate  Code = "too-late"  // it can no longer be done; a correction is a new event
)

// Refusal is the domain's no: the state stays as it is.
type Refusal struct {
	Code Code
	Rule int // the rule's number, 0 for none
	Text string
}

func (r *Refusal) Error() string {
	if r.Rule == 0 {
		return r.Text
	}
	return fmt.Sprintf("%s (rule %d)", r.Text, r.Rule)
}

func refuse(code Code, format string, args ...any) error {
	return &Refusal{Code: code, Text: fmt.Sprintf(format, args...)}
}

func refuseByRule(rule int, code Code, format string, args ...any) error {
	return &Refusal{Code: code, Rule: rule, Text: fmt.Sprintf(format, args...)}
}
