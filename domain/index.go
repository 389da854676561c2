package domain

import (
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/rating"
)

// An index is a series that somebody publishes, such as the weekly price of
// diesel or the daily rate of a currency. What was published first for a day is what rating goes by; a later
// revision is kept beside it (rule 23).

// Index is the state of an index's stream.
type Index struct {
	ID      string
	Values  []rating.IndexValue // in order of recording
	Waiting []ShipmentID        // shipments that could not be rated without a value
	Bills   []Candidate         // candidates that could not be sealed without a value
}

// IndexStream names an index's stream.
func IndexStream(id string) Stream { return Stream("index-" + id) }

// maxIndexValues bounds one publication, so that it stays one event.
const maxIndexValues = 10_000

// Events of indexes.
type (
	// IndexPublished records values of a series.
	IndexPublished struct {
		Index   string              `json:"index"`
		Values  []rating.IndexValue `json:"values"`
		Source  Source              `json:"source,omitzero"`
		Waiting []ShipmentID        `json:"waiting,omitempty"` // shipments to be rated now
		Bills   []Candidate         `json:"bills,omitempty"`   // candidates to be billed now
	}
	// IndexAwaited keeps a shipment whose date has no value yet.
	IndexAwaited struct {
		Index    string     `json:"index"`
		Shipment ShipmentID `json:"shipment"`
	}
	// RateAwaited keeps a candidate until the series goes on.
	RateAwaited struct {
		Index     string    `json:"index"`
		Candidate Candidate `json:"candidate"`
		// Changed: it has gone on since the candidate was decided, which is
		// decided anew at once.
		Changed bool `json:"changed,omitempty"`
	}
)

func (IndexPublished) EventType() string { return "IndexPublished" }
func (IndexAwaited) EventType() string   { return "IndexAwaited" }
func (RateAwaited) EventType() string    { return "RateAwaited" }

// Commands of indexes.
type (
	// PublishIndex records the values that are not known yet.
	PublishIndex struct {
		Index  string              `json:"index"`
		Values []rating.IndexValue `json:"values"`
		Source Source              `json:"source,omitzero"`
	}
	// AwaitIndex keeps a shipment until values come.
	AwaitIndex struct{ IndexAwaited }
	// AwaitRate keeps a candidate, by policy.
	AwaitRate struct {
		Index     string    `json:"index"`
		Candidate Candidate `json:"candidate"`
		Values    int       `json:"values"` // that were known when it was decided
	}
)

func (c PublishIndex) Stream() Stream    { return IndexStream(c.Index) }
func (c AwaitIndex) Stream() Stream      { return IndexStream(c.Index) }
func (c AwaitRate) Stream() Stream       { return IndexStream(c.Index) }
func (PublishIndex) CommandName() string { return "PublishIndex" }
func (AwaitIndex) CommandName() string   { return "AwaitIndex" }
func (AwaitRate) CommandName() string    { return "AwaitRate" }

func (c PublishIndex) Decide(x Index) ([]Event, error) {
	if err := CheckID("index", c.Index); err != nil {
		return nil, err
	}
	if len(c.Values) == 0 || len(c.Values) > maxIndexValues {
		return nil, refuse(Invalid, "index %s: %d values; 1 to %d are taken at once", c.Index, len(c.Values), maxIndexValues)
	}
	type day struct{ published, effective string }
	known := map[day][]rating.Decimal{}
	for _, v := range x.Values {
		of := day{v.Published, v.Effective}
		known[of] = append(known[of], v.Value)
	}
	var news []rating.IndexValue
	for i, v := range c.Values {
		v.Index = c.Index
		_, errP := time.Parse(DayLayout, v.Published)
		_, errE := time.Parse(DayLayout, v.Effective)
		switch {
		case errP != nil || errE != nil:
			return nil, refuseByRule(23, Invalid, "index %s, value %d: published %.20q, effective %.20q: want dates like 2026-03-02", c.Index, i+1, v.Published, v.Effective)
		case v.Value.Sign() <= 0:
			return nil, refuseByRule(23, Invalid, "index %s, value %d of %s: %q is not above nought", c.Index, i+1, v.Published, v.Value)
		}
		of := day{v.Published, v.Effective}
		if !slices.ContainsFunc(known[of], v.Value.Equal) {
			news, known[of] = append(news, v), append(known[of], v.Value)
		}
	}
	if len(news) == 0 {
		return nil, nil
	}
	return []Event{IndexPublished{c.Index, news, c.Source, x.Waiting, x.Bills}}, nil
}

func (c AwaitIndex) Decide(x Index) ([]Event, error) {
	if slices.Contains(x.Waiting, c.Shipment) {
		return nil, nil
	}
	return []Event{c.IndexAwaited}, nil
}

func (c AwaitRate) Decide(x Index) ([]Event, error) {
	if err := CheckID("index", c.Index); err != nil {
		return nil, err
	}
	changed := len(x.Values) != c.Values
	if !changed && slices.Contains(x.Bills, c.Candidate) {
		return nil, nil
	}
	return []Event{RateAwaited{c.Index, c.Candidate, changed}}, nil
}

// Evolve applies an event to the index.
func (x Index) Evolve(e Event) Index {
	switch e := e.(type) {
	case IndexPublished:
		x.ID, x.Values, x.Waiting, x.Bills = e.Index, append(slices.Clip(x.Values), e.Values...), nil, nil
	case IndexAwaited:
		x.Waiting = append(slices.Clip(x.Waiting), e.Shipment)
	case RateAwaited:
		if !e.Changed {
			x.Bills = append(slices.Clip(x.Bills), e.Candidate)
		}
	}
	return x
}
