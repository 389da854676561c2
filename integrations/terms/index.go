package terms

import (
	"errors"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
)

// Index is a published series, as the EIA's weekly price of diesel.
type Index struct {
	Index  string  `json:"index"` // id, by which agreements name it
	Title  string  `json:"title,omitempty"`
	Unit   string  `json:"unit,omitempty"`   // "USD/gal"
	Source string  `json:"source,omitempty"` // who publishes it, and where
	Values []Value `json:"values"`
}

// Value is one of the series. A revision is a further value with the same
// effective date and a later day of publication; rule 23 keeps it from
// re-rating what was rated by the first.
type Value struct {
	Published string         `json:"published"` // civil dates
	Effective string         `json:"effective"`
	Value     rating.Decimal `json:"value"`
}

// Series are the values as facts hold them.
func (x Index) Series() []rating.IndexValue {
	series := make([]rating.IndexValue, len(x.Values))
	for i, v := range x.Values {
		series[i] = rating.IndexValue{Index: x.Index, Published: v.Published, Effective: v.Effective, Value: v.Value, Source: x.Source}
	}
	return series
}

// Bounds of an index: a century of weekly values and their revisions.
const (
	maxValues = 10_000
	maxText   = 200
	maxErrors = 100
)

func (x Index) check(doc Document) error {
	var errs []error
	refuse := func(pointer, format string, args ...any) {
		if len(errs) < maxErrors {
			errs = append(errs, doc.Refuse(pointer, format, args...))
		}
	}
	if err := domain.CheckID("index", x.Index); err != nil {
		refuse("/index", "%w", err)
	}
	for _, f := range []struct{ name, text string }{{"title", x.Title}, {"unit", x.Unit}, {"source", x.Source}} {
		if len(f.text) > maxText {
			refuse("/"+f.name, "%s is %d bytes long: at most %d are kept", f.name, len(f.text), maxText)
		}
	}
	if len(x.Values) == 0 || len(x.Values) > maxValues {
		refuse("/values", "values has %d entries: write 1 to %d", len(x.Values), maxValues)
		return errors.Join(errs...)
	}
	type days struct{ published, effective string }
	seen := map[days]int{}
	for i, v := range x.Values {
		at := fmt.Sprintf("/values/%d", i)
		for field, day := range map[string]string{"published": v.Published, "effective": v.Effective} {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				refuse(at+"/"+field, "value %d: %s %.40q is no date: write year, month and day as in 2026-03-31", i+1, field, day)
			}
		}
		if v.Value.Sign() <= 0 {
			refuse(at+"/value", "value %d: value %q is no price: write a number above 0", i+1, v.Value)
		}
		key := days{v.Published, v.Effective}
		if first, again := seen[key]; again {
			refuse(at, "value %d: number %d was published and is effective on the same days: keep one", i+1, first+1)
		}
		seen[key] = i
	}
	return errors.Join(errs...)
}
