package views

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
)

// Hold is a reason that keeps a candidate from being billed, with who ends it.
type Hold struct {
	domain.HoldType
	Who    string    `json:"who"` // ends it, in words
	Detail string    `json:"detail,omitempty"`
	By     string    `json:"by,omitempty"` // who placed it by hand
	Since  time.Time `json:"since"`        // recorded
}

// placed is a hold in force as it is stored.
type placed struct {
	Reason string    `json:"reason"`
	Detail string    `json:"detail,omitempty"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
}

// changeHolds follows the holds of a candidate.
func (s *invoiceState) changeHolds(e domain.Event, recorded time.Time) {
	switch e := e.(type) {
	case domain.InvoiceHeld:
		s.Held = append(s.Held, placed{e.Reason, e.Detail, e.By, recorded})
	case domain.HoldReleased:
		s.Held = slices.DeleteFunc(s.Held, func(h placed) bool { return h.Reason == e.Reason })
	}
}

// holdsOf reads what was stored of a candidate's holds.
func holdsOf(text string) ([]Hold, error) {
	var stored []placed
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, err
	}
	holds := make([]Hold, len(stored))
	for i, h := range stored {
		t := domain.HoldTypeOf(h.Reason)
		holds[i] = Hold{t, t.Who(h.By), h.Detail, h.By, h.Since}
	}
	return holds, nil
}
