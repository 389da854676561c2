package node

import (
	"regexp"
	"strings"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

const (
	maxPatternBytes = 1024
	maxPrefixes     = 256
	usualWindow     = 32 // events, if a client names no window
)

// filter chooses events of $all.
type filter struct {
	byStream bool
	pattern  *regexp.Regexp // nil: by prefixes
	prefixes []string
	window   uint64 // events read for each page
	interval uint64 // checkpoints are due after so many events
}

// expression is the part of a filter that has the same form in all services.
type expression interface {
	GetRegex() string
	GetPrefix() []string
}

// match makes the test of a filter. Patterns are Go's, that is RE2: linear in
// time, without looking around or back.
func match(byStream bool, e expression) (filter, error) {
	f := filter{byStream: byStream, prefixes: e.GetPrefix(), window: usualWindow}
	pattern := e.GetRegex()
	switch {
	case len(pattern) > maxPatternBytes:
		return filter{}, invalid("filter: the pattern has %d bytes, over the limit of %d", len(pattern), maxPatternBytes)
	case len(f.prefixes) > maxPrefixes:
		return filter{}, invalid("filter: %d prefixes, over the limit of %d", len(f.prefixes), maxPrefixes)
	}
	for _, p := range f.prefixes {
		if len(p) > maxPatternBytes {
			return filter{}, invalid("filter: prefix %.40q… has %d bytes, over the limit of %d", p, len(p), maxPatternBytes)
		}
	}
	if pattern == "" {
		return f, nil
	}
	var err error
	if f.pattern, err = regexp.Compile(pattern); err != nil {
		return filter{}, invalid("filter: pattern %q: %v; patterns are those of Go, https://golang.org/s/re2syntax", pattern, err)
	}
	return f, nil
}

// parseFilter reads the filter of a call. Nil means that there is none.
func parseFilter(o *api.ReadReq_Options) (*filter, error) {
	stated := o.GetFilter()
	if stated == nil {
		return nil, nil
	}
	var f filter
	var err error
	switch by := stated.GetFilter().(type) {
	case *api.ReadReq_Options_FilterOptions_StreamIdentifier:
		f, err = match(true, by.StreamIdentifier)
	case *api.ReadReq_Options_FilterOptions_EventType:
		f, err = match(false, by.EventType)
	default:
		return nil, invalid("filter: say whether it is on the stream's name or the event's type")
	}
	if err != nil {
		return nil, err
	}
	switch stated.GetWindow().(type) {
	case *api.ReadReq_Options_FilterOptions_Max:
		if f.window = uint64(stated.GetMax()); f.window == 0 {
			return nil, invalid("filter: the search window must be greater than 0")
		}
	case *api.ReadReq_Options_FilterOptions_Count:
	default:
		return nil, invalid("filter: say the search window")
	}
	if o.GetSubscription() != nil && stated.GetCheckpointIntervalMultiplier() == 0 {
		return nil, invalid("filter: the checkpoint interval multiplier must be greater than 0")
	}
	f.interval = f.window * uint64(stated.GetCheckpointIntervalMultiplier())
	return &f, nil
}

// takes says whether an event passes. What keeps the books of the server
// itself passes no filter; without one, f being nil, it is hidden only from
// those who read on for ever, see ownBooks.
func (f *filter) takes(e *event) bool {
	if ownBooks(e.Stream) {
		return false
	}
	if f == nil {
		return true
	}
	text := e.Type
	if f.byStream {
		text = e.Stream
	}
	if f.pattern != nil {
		return f.pattern.MatchString(text)
	}
	for _, p := range f.prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// ownBooks tells the streams in which persistent subscriptions to $all keep
// their progress: whoever they were shown would make new ones by reading.
func ownBooks(stream string) bool {
	if !strings.HasPrefix(stream, "$") {
		return false
	}
	return stream == "$epoch-information" ||
		strings.HasPrefix(stream, "$persistentsubscription-$all::") &&
			(strings.HasSuffix(stream, "-checkpoint") || strings.HasSuffix(stream, "-parked"))
}
