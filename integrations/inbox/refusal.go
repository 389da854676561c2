package inbox

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// Refusal names the place in the message and the remedy.
type Refusal struct {
	Code   string
	Place  string
	Reason string
	Remedy string
}

// LookupError says that a reader could not learn what it has to know of the
// ledger, because a store did not answer. Nothing is wrong with the message: take
// it in again.
type LookupError struct{ Err error }

func (e *LookupError) Error() string { return e.Err.Error() }
func (e *LookupError) Unwrap() error { return e.Err }

func lookupFailed(err error) bool {
	var lookup *LookupError
	return errors.As(err, &lookup) && !isRefusal(err)
}

func isRefusal(err error) bool {
	var no *domain.Refusal
	var large *eventstore.TooLarge
	return errors.As(err, &no) || errors.As(err, &large)
}

// refusalOf words an error as a dead letter's reason.
func refusalOf(err error, place string) Refusal {
	var placed interface{ Refusal() Refusal }
	if errors.As(err, &placed) {
		return placed.Refusal()
	}
	var no *domain.Refusal
	if errors.As(err, &no) {
		return Refusal{Code: string(no.Code), Place: place, Reason: no.Error(), Remedy: "mend the cause, then replay this item"}
	}
	var large *eventstore.TooLarge
	if errors.As(err, &large) {
		// Without the size, which the time of the attempt is part of: the same
		// refusal is recorded once.
		return Refusal{Code: "too-large", Place: place, Reason: fmt.Sprintf("its events are over the limit of %d bytes", large.Limit), Remedy: "split what it asks for over several items"}
	}
	return Refusal{Code: "unreadable", Place: place, Reason: err.Error(), Remedy: "correct the message and send it again"}
}

// What the outside sent may stand in any text about it; so texts are bounded
// before they are recorded, or a hostile item could stop the whole message.
const (
	textBytesMost = 2000
	notesMost     = 50
)

func clip(s string) string { return Clip(s, textBytesMost) }

// Clip bounds text of a message before it is kept, in whole characters.
func Clip(s string, most int) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD")
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// clipNotes bounds notes, and says so.
func clipNotes(notes []string) []string {
	var kept []string
	for i, note := range notes {
		if i == notesMost {
			return append(kept, fmt.Sprintf("and %d more notes", len(notes)-i))
		}
		kept = append(kept, clip(note))
	}
	return kept
}
