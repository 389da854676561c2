// Package persistent shares the events of one source, a stream or the whole
// history, among the consumers of a group, as EventStoreDB's persistent
// subscriptions do: the group and not its consumers remembers how far it is.
//
// A group reads ahead of its consumers into a buffer and hands every event to
// one of them, which has as many slots for events in hand as it asked for. An
// event leaves the group when it is acknowledged, skipped or parked. One that
// is not answered in time, that is handed back, or whose consumer goes away,
// is given out again, at most Settings.MaxRetries times; then it is parked. A
// parked event waits in a stream of its own until somebody has the parked
// replayed.
//
// The checkpoint trails the lowest event that is still in the group, so that
// every event is handled at least once, whatever fails. The same holds for
// replayed events: they stay parked until they are done with.
//
// The rules are in core, which does nothing by itself: it is told what
// happens and when. Group runs it on a [Source] and a [Memory].
package persistent

import (
	"fmt"
	"time"
)

// Strategy names the rule by which a group chooses the consumer of an event.
// The names are those of the protocol.
type Strategy string

// The strategies.
const (
	// RoundRobin takes the consumers in turn.
	RoundRobin Strategy = "RoundRobin"
	// DispatchToSingle gives everything to the consumer that has been there
	// longest, and to the next one only what that one has no slot for.
	DispatchToSingle Strategy = "DispatchToSingle"
	// Pinned gives the events of one stream to one consumer as long as the
	// consumers stay the same, and lets them wait while it has no slot. Links
	// count as events of the stream that they point to.
	Pinned Strategy = "Pinned"
	// PinnedByCorrelation is Pinned by the metadata's $correlationId; events
	// without one are pinned by their stream.
	PinnedByCorrelation Strategy = "PinnedByCorrelation"
)

// Settings are what a group's owner can choose.
type Settings struct {
	ResolveLinks    bool          `json:"resolveLinks"`    // hand out what a link points to
	ExtraStatistics bool          `json:"extraStatistics"` // kept for its owner; there are no further statistics
	MaxRetries      int           `json:"maxRetries"`      // how often an event is given out again before it is parked
	Timeout         time.Duration `json:"timeout"`         // how long a consumer may take; 0 is for ever
	MinCheckpoint   int           `json:"minCheckpoint"`   // events for which a checkpoint is written once CheckpointAfter is over
	MaxCheckpoint   int           `json:"maxCheckpoint"`   // events for which one is written at once
	CheckpointAfter time.Duration `json:"checkpointAfter"`
	MaxSubscribers  int           `json:"maxSubscribers"` // consumers at a time; 0 is any number
	LiveBuffer      int           `json:"liveBuffer"`     // kept for its owner; there is one buffer, HistoryBuffer
	HistoryBuffer   int           `json:"historyBuffer"`  // events that are read ahead
	ReadBatch       int           `json:"readBatch"`      // events for which there is to be room before more are read
	Strategy        Strategy      `json:"strategy"`
}

const (
	// mostBuffered bounds the events that a group reads ahead.
	mostBuffered = 10_000
	// mostSlots bounds the events that one consumer can have in hand.
	mostSlots = 4_000
	// mostOpen bounds how far a group goes beyond its lowest open event.
	mostOpen = 65_536
	// bufferedBytes bounds the size of the events in a group, roughly: what a
	// batch has beyond it is taken too.
	bufferedBytes = 16 << 20
	// skippedAtOnce is how many events that a filter hides make a checkpoint
	// worth writing. It is large because a checkpoint of a group on the whole
	// history is itself an event that the group does not see.
	skippedAtOnce = 1_000
)

// Check says what is wrong with the settings. The limits are the server's,
// but for the bound on buffers, which is this package's.
func (s Settings) Check() error {
	switch {
	case s.MaxRetries < 0, s.Timeout < 0, s.MinCheckpoint < 0, s.CheckpointAfter < 0, s.MaxSubscribers < 0, s.LiveBuffer < 0:
		return fmt.Errorf("a number of the settings is negative: %+v", s)
	case s.ReadBatch < 1:
		return fmt.Errorf("read batch size is %d: want at least 1", s.ReadBatch)
	case s.HistoryBuffer <= s.ReadBatch || s.HistoryBuffer > mostBuffered:
		return fmt.Errorf("history buffer size is %d: want more than the read batch size, %d, and at most %d", s.HistoryBuffer, s.ReadBatch, mostBuffered)
	case s.MaxCheckpoint < s.MinCheckpoint:
		return fmt.Errorf("maximum checkpoint count %d is under the minimum, %d", s.MaxCheckpoint, s.MinCheckpoint)
	}
	switch s.Strategy {
	case RoundRobin, DispatchToSingle, Pinned, PinnedByCorrelation:
		return nil
	}
	return fmt.Errorf("there is no consumer strategy %.80q: use %s, %s, %s or %s", s.Strategy, RoundRobin, DispatchToSingle, Pinned, PinnedByCorrelation)
}
