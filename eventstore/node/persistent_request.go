package node

import (
	"math"
	"strings"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/node/persistent"
)

// Answers about groups. Source of the names: Constants.cs and
// RpcExceptions.cs of EventStoreDB 24.10.

func groupFailure(code codes.Code, exception, text string, g groupName) error {
	return fail(code, text, "exception", exception, "stream-name", ascii(g.Stream), "group-name", ascii(g.Group))
}

func noGroup(g groupName) error {
	return groupFailure(codes.NotFound, "persistent-subscription-does-not-exist",
		"Subscription group "+g.Group+" on stream "+g.Stream+" does not exist.", g)
}

func groupExists(g groupName) error {
	return groupFailure(codes.AlreadyExists, "persistent-subscription-exists",
		"Subscription group "+g.Group+" on stream "+g.Stream+" exists.", g)
}

func groupFull(g groupName) error {
	return groupFailure(codes.FailedPrecondition, "maximum-subscribers-reached",
		"Maximum subscriptions reached for subscription group "+g.Group+" on stream "+g.Stream+".", g)
}

func groupDropped(g groupName) error {
	return groupFailure(codes.Canceled, "persistent-subscription-dropped",
		"Subscription group "+g.Group+" on stream "+g.Stream+" was dropped.", g)
}

// parseGroup reads which group a call is about. A stream called $all is $all:
// not every client tells them apart.
func parseGroup(stream *shared.StreamIdentifier, all bool, group string) (groupName, error) {
	g := groupName{Stream: allStream, Group: group}
	if !all {
		var err error
		if g.Stream, err = parseName(stream); err != nil {
			return groupName{}, err
		}
	}
	switch {
	case group == "":
		return groupName{}, invalid("a group of stream %s needs a name", g.Stream)
	case group[0] == ':' || strings.Contains(group, "::"):
		// The names of its streams would not say where the stream's name ends.
		return groupName{}, invalid("group %.80q: its name may not begin with a colon or have two in a row", group)
	case len(g.Stream)+len(group) > maxGroupNamesBytes:
		return groupName{}, invalid("group %.40q…: the names of stream and group have %d bytes, over the limit of %d",
			group, len(g.Stream)+len(group), maxGroupNamesBytes)
	}
	return g, nil
}

// groupBegin is where a client wants a group to begin, in its own terms.
type groupBegin struct {
	end      bool
	revision uint64               // of a stream
	position *eventstore.Position // of $all; nil is its start
}

// groupOptions is what CreateReq_Options and UpdateReq_Options have in common,
// besides the parts whose types are their own.
type groupOptions interface {
	// GetStreamIdentifier is where clients name the stream that are older than
	// groups on $all, or as careful as if they were. They give the first
	// revision in the settings.
	GetStreamIdentifier() *shared.StreamIdentifier
	GetGroupName() string
}

// groupOnStream is what CreateReq_StreamOptions and UpdateReq_StreamOptions have in common.
type groupOnStream interface {
	GetStreamIdentifier() *shared.StreamIdentifier
	GetRevision() uint64
	GetEnd() *shared.Empty
}

// groupOnAll likewise.
type groupOnAll interface {
	GetEnd() *shared.Empty
}

// groupSettings is what CreateReq_Settings and UpdateReq_Settings have in common.
type groupSettings interface {
	GetRevision() uint64
	GetResolveLinks() bool
	GetExtraStatistics() bool
	GetMaxRetryCount() int32
	GetMinCheckpointCount() int32
	GetMaxCheckpointCount() int32
	GetMaxSubscriberCount() int32
	GetLiveBufferSize() int32
	GetReadBatchSize() int32
	GetHistoryBufferSize() int32
	GetMessageTimeoutTicks() int64
	GetMessageTimeoutMs() int32
	GetCheckpointAfterTicks() int64
	GetCheckpointAfterMs() int32
}

// parseStream reads a group on a stream and its start. One is nil when the
// client uses the older fields.
func parseStream(o groupOptions, one groupOnStream, s groupSettings) (groupName, groupBegin, error) {
	id, at := o.GetStreamIdentifier(), groupBegin{revision: s.GetRevision(), end: s.GetRevision() > math.MaxInt64}
	if one != nil {
		id, at = one.GetStreamIdentifier(), groupBegin{revision: one.GetRevision(), end: one.GetEnd() != nil}
		if at.revision > math.MaxInt64 {
			return groupName{}, at, invalid("a group cannot start at revision %d", at.revision)
		}
	}
	g, err := parseGroup(id, false, o.GetGroupName())
	if err == nil && g.all() {
		err = invalid("a group on $all is made with the options for $all")
	}
	return g, at, err
}

// parseAll reads a group on $all and its start.
func parseAll(o groupOptions, all groupOnAll, commit, prepare uint64, positioned bool) (groupName, groupBegin, error) {
	g, err := parseGroup(nil, true, o.GetGroupName())
	at := groupBegin{end: all.GetEnd() != nil}
	if positioned {
		at.position = &eventstore.Position{Commit: commit, Prepare: prepare}
	}
	return g, at, err
}

func parseCreate(o *api.CreateReq_Options) (groupConfig, groupBegin, error) {
	c := groupConfig{Settings: parseSettings(o.GetSettings(), persistent.Strategy(o.GetSettings().GetConsumerStrategy()))}
	if c.Settings.Strategy == "" {
		var older interface {
			GetNamedConsumerStrategy() api.CreateReq_ConsumerStrategy
		} = o.GetSettings()
		c.Settings.Strategy = persistent.Strategy(older.GetNamedConsumerStrategy().String())
	}
	var at groupBegin
	var err error
	if all := o.GetAll(); all != nil {
		c.groupName, at, err = parseAll(o, all, all.GetPosition().GetCommitPosition(), all.GetPosition().GetPreparePosition(), all.GetPosition() != nil)
		c.Filter = parseGroupFilter(all.GetFilter())
	} else if one := o.GetStream(); one != nil {
		c.groupName, at, err = parseStream(o, one, o.GetSettings())
	} else {
		c.groupName, at, err = parseStream(o, nil, o.GetSettings())
	}
	if err != nil {
		return c, at, err
	}
	if _, err := c.Filter.compiled(); err != nil {
		return c, at, err
	}
	return c, at, checkSettings(c)
}

func parseUpdate(o *api.UpdateReq_Options) (groupConfig, groupBegin, error) {
	c := groupConfig{Settings: parseSettings(o.GetSettings(), persistent.Strategy(o.GetSettings().GetNamedConsumerStrategy().String()))}
	var at groupBegin
	var err error
	if all := o.GetAll(); all != nil {
		c.groupName, at, err = parseAll(o, all, all.GetPosition().GetCommitPosition(), all.GetPosition().GetPreparePosition(), all.GetPosition() != nil)
	} else if one := o.GetStream(); one != nil {
		c.groupName, at, err = parseStream(o, one, o.GetSettings())
	} else {
		c.groupName, at, err = parseStream(o, nil, o.GetSettings())
	}
	if err != nil {
		return c, at, err
	}
	return c, at, checkSettings(c)
}

func checkSettings(c groupConfig) error {
	if err := c.Settings.Check(); err != nil {
		return invalid("group %s on %s: %v", c.Group, c.Stream, err)
	}
	return nil
}

func parseSettings(s groupSettings, by persistent.Strategy) persistent.Settings {
	return persistent.Settings{
		ResolveLinks: s.GetResolveLinks(), ExtraStatistics: s.GetExtraStatistics(), MaxRetries: int(s.GetMaxRetryCount()),
		Timeout:       span(s.GetMessageTimeoutMs(), s.GetMessageTimeoutTicks()),
		MinCheckpoint: int(s.GetMinCheckpointCount()), MaxCheckpoint: int(s.GetMaxCheckpointCount()),
		CheckpointAfter: span(s.GetCheckpointAfterMs(), s.GetCheckpointAfterTicks()),
		MaxSubscribers:  int(s.GetMaxSubscriberCount()), LiveBuffer: int(s.GetLiveBufferSize()),
		HistoryBuffer: int(s.GetHistoryBufferSize()), ReadBatch: int(s.GetReadBatchSize()), Strategy: by,
	}
}

// span is given in milliseconds or in ticks of 100 ns; the other is 0. What a
// Duration cannot hold is for ever.
func span(ms int32, ticks int64) time.Duration {
	if ticks > math.MaxInt64/100 {
		return 0
	}
	return time.Duration(ms)*time.Millisecond + time.Duration(ticks)*100
}

func parseGroupFilter(f *api.CreateReq_AllOptions_FilterOptions) *groupFilter {
	switch by := f.GetFilter().(type) {
	case *api.CreateReq_AllOptions_FilterOptions_StreamIdentifier:
		return &groupFilter{ByStream: true, Regex: by.StreamIdentifier.GetRegex(), Prefixes: by.StreamIdentifier.GetPrefix()}
	case *api.CreateReq_AllOptions_FilterOptions_EventType:
		return &groupFilter{Regex: by.EventType.GetRegex(), Prefixes: by.EventType.GetPrefix()}
	}
	return nil
}
