package domain

import (
	"fmt"
	"maps"
	"slices"
)

// A numbering series gives each document the next number, without a gap and
// never twice (rule 34): the number is taken only by a document that can no
// longer fail to be issued. Numbers run with the documents' dates: a document
// that comes behind the last one's date gets that date. The law asks for a
// sequence (Directive 2006/112/EC, Article 226(2)); that it runs with the dates
// is what every auditor expects.

// Numbering is the state of a series' stream.
type Numbering struct {
	Series string
	Last   int64
	Date   string // of the last document, "" when none was dated
	// Given is what each document got, in tables of halving size that are
	// never changed: an earlier state stays what it was, and a long series
	// costs little to extend.
	Given []map[NumberFor]string
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
	Date   string    `json:"date,omitempty"` // of the document: civil date; absent when the document says it itself
}

func (NumberAssigned) EventType() string { return "NumberAssigned" }

// AssignNumber asks for the next number of a series.
type AssignNumber struct {
	Series string    `json:"series"`
	For    NumberFor `json:"for"`
	Date   string    `json:"date,omitempty"` // that the document should have
}

func (c AssignNumber) Stream() Stream    { return SeriesStream(c.Series) }
func (AssignNumber) CommandName() string { return "AssignNumber" }

func (c AssignNumber) Decide(n Numbering) ([]Event, error) {
	if err := CheckID("series", c.Series); err != nil {
		return nil, err
	}
	if _, given := n.Number(c.For); given {
		return nil, nil
	}
	date := c.Date
	if date != "" {
		if err := checkDay("series "+c.Series, date); err != nil {
			return nil, err
		}
		date = max(date, n.Date)
	}
	next := n.Last + 1
	return []Event{NumberAssigned{c.Series, next, fmt.Sprintf("%s-%06d", c.Series, next), c.For, date}}, nil
}

// Number is what a document got.
func (n Numbering) Number(d NumberFor) (string, bool) {
	for _, table := range n.Given {
		if number, ok := table[d]; ok {
			return number, true
		}
	}
	return "", false
}

// Evolve applies an event to the series.
func (n Numbering) Evolve(e Event) Numbering {
	if e, ok := e.(NumberAssigned); ok {
		tables := append(slices.Clip(n.Given), map[NumberFor]string{e.For: e.Number})
		for i := len(tables) - 1; i > 0 && len(tables[i-1]) <= len(tables[i]); i-- {
			merged := maps.Clone(tables[i-1])
			maps.Copy(merged, tables[i])
			tables[i-1], tables = merged, tables[:i]
		}
		n.Series, n.Last, n.Given, n.Date = e.Series, e.N, tables, max(n.Date, e.Date)
	}
	return n
}
