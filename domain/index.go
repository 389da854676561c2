package domain

import (
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/rating"
)

// An index is a series that somebody publishes, such as the weekly price of
// diesel. What was published first for a day is what rating goes by; a later
// revision is kept beside it (rule 23).

// Index is the state of an index's stream.
type Index struct {
	ID      string
	Values  []rating.IndexValue // in order of recording
	Waiting []ShipmentID        // shipments that could not be rated without a value
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
	}
	// IndexAwaited keeps a shipment whose date has no value yet.
	IndexAwaited struct {
		Index    string     `json:"index"`
		Shipment ShipmentID `json:"shipment"`
	}
)

func (IndexPublished) EventType() string { return "IndexPublished" }
func (IndexAwaited) EventType() string   { return "IndexAwaited" }

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
)

func (c PublishIndex) Stream() Stream    { return IndexStream(c.Index) }
func (c AwaitIndex) Stream() Stream      { return IndexStream(c.Index) }
func (PublishIndex) CommandName() string { return "PublishIndex" }
func (AwaitIndex) CommandName() string   { return "AwaitIndex" }

func (c PublishIndex) Decide(x Index) ([]Event, error) {
	if err := CheckID("index", c.Index); err != nil {
		return nil, err
	}
	if len(c.Values) == 0 || len(c.Values) > maxIndexValues {
		return nil, refuse(Invalid, "index %s: %d values; 1 to %d are taken at once", c.Index, len(c.Values), maxIndexValues)
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
		again := func(w rating.IndexValue) bool {
			return w.Published == v.Published && w.Effective == v.Effective && w.Value.Equal(v.Value)
		}
		if !slices.ContainsFunc(x.Values, again) && !slices.ContainsFunc(news, again) {
			news = append(news, v)
		}
	}
	if len(news) == 0 {
		return nil, nil
	}
	return []Event{IndexPublished{c.Index, news, c.Source, x.Waiting}}, nil
}

func (c AwaitIndex) Decide(x Index) ([]Event, error) {
	if slices.Contains(x.Waiting, c.Shipment) {
		return nil, nil
	}
	return []Event{c.IndexAwaited}, nil
}

// Evolve applies an event to the index.
func (x Index) Evolve(e Event) Index {
	switch e := e.(type) {
	case IndexPublished:
		x.ID, x.Values, x.Waiting = e.Index, append(slices.Clip(x.Values), e.Values...), nil
	case IndexAwaited:
		x.Waiting = append(slices.Clip(x.Waiting), e.Shipment)
	}
	return x
}
