package domain

import "fmt"

// A numbering series gives each document the next number, without a gap and
// never twice (rule 34): the number is taken only by a document that can no
// longer fail to be issued.

// Numbering is the state of a series' stream.
type Numbering struct {
	Series string
	Last   int64
	Given  map[NumberFor]string
}

// NumberFor says which document asks.
type NumberFor struct {
	Invoice InvoiceID `json:"invoice"`
	Credit  string    `json:"credit,omitempty"`
}

// SeriesStream names a series' stream.
func SeriesStream(series string) Stream { return Stream("numbering-" + series) }

// NumberAssigned gives a document its number.
type NumberAssigned struct {
	Series string    `json:"series"`
	N      int64     `json:"n"`
	Number string    `json:"number"`
	For    NumberFor `json:"for"`
}

func (NumberAssigned) EventType() string { return "NumberAssigned" }

// AssignNumber asks for the next number of a series.
type AssignNumber struct {
	Series string    `json:"series"`
	For    NumberFor `json:"for"`
}

func (c AssignNumber) Stream() Stream    { return SeriesStream(c.Series) }
func (AssignNumber) CommandName() string { return "AssignNumber" }

func (c AssignNumber) Decide(n Numbering) ([]Event, error) {
	if err := CheckID("series", c.Series); err != nil {
		return nil, err
	}
	if _, given := n.Given[c.For]; given {
		return nil, nil
	}
	next := n.Last + 1
	return []Event{NumberAssigned{c.Series, next, fmt.Sprintf("%s-%06d", c.Series, next), c.For}}, nil
}

// Evolve applies an event to the series. The map of numbers is shared with
// the state before: it only grows, and a state that an append refused is
// thrown away with its stream's cache.
func (n Numbering) Evolve(e Event) Numbering {
	if e, ok := e.(NumberAssigned); ok {
		given := make(map[NumberFor]string, len(n.Given)+1)
		if n.Given != nil {
			given = n.Given
		}
		given[e.For] = e.Number
		n.Series, n.Last, n.Given = e.Series, e.N, given
	}
	return n
}
