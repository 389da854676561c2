package node

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node/persistent"
)

// Where persistent subscriptions keep what must survive: the settings of all
// groups, one event a change, in one stream; progress and parked events of
// each group in streams of its own, whose names are the protocol's.
const (
	groupsStream       = "$persistentSubscriptionConfig"
	groupsPrefix       = "$persistentsubscription-"
	typeGroupSet       = "$persistentSubscriptionSet"     // data: groupConfig
	typeGroupDeleted   = "$persistentSubscriptionDeleted" // data: groupName
	typeGroupProgress  = "$SubscriptionCheckpoint"        // data: a revision, or a position as positionText has it
	maxGroupNamesBytes = 900                              // stream and group, which leaves room for the streams' names
)

// groupName names a group: it belongs to its stream, or to $all.
type groupName struct {
	Stream string `json:"stream"`
	Group  string `json:"group"`
}

func (g groupName) all() bool { return g.Stream == allStream }

func (g groupName) checkpointStream() string {
	return groupsPrefix + g.Stream + "::" + g.Group + "-checkpoint"
}

func (g groupName) parkedStream() string {
	return groupsPrefix + g.Stream + "::" + g.Group + "-parked"
}

// groupConfig is what a group's owner chose.
type groupConfig struct {
	groupName
	Settings persistent.Settings `json:"settings"`
	Start    groupStart          `json:"start"`
	Filter   *groupFilter        `json:"filter,omitempty"`
	By       string              `json:"by,omitempty"` // who chose it last
}

// groupStart is the first event of a group, inclusive.
type groupStart struct {
	// AtEnd says that the group was to begin with the next event there would be.
	AtEnd bool `json:"atEnd,omitempty"`
	// From is the revision, or the store's number of an event of $all. It is
	// set for the end too, as it was when the group was made: what comes while
	// nobody is connected belongs to the group.
	From uint64 `json:"from"`
}

// groupFilter is a filter as it was given; it implements expression.
type groupFilter struct {
	ByStream bool     `json:"byStream,omitempty"`
	Regex    string   `json:"regex,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
}

func (f *groupFilter) GetRegex() string    { return f.Regex }
func (f *groupFilter) GetPrefix() []string { return f.Prefixes }

// compiled is nil when there is no filter.
func (f *groupFilter) compiled() (*filter, error) {
	if f == nil {
		return nil, nil
	}
	made, err := match(f.ByStream, f)
	return &made, err
}

// loadGroups reads the settings of all groups.
func (h *history) loadGroups(ctx context.Context) (map[groupName]groupConfig, error) {
	groups := map[groupName]groupConfig{}
	for e, err := range h.raw.ReadStream(ctx, groupsStream, 0, embedded.Forwards) {
		if err != nil {
			return nil, err
		}
		switch e.Type {
		case typeGroupSet:
			var c groupConfig
			if err := json.Unmarshal(e.Data, &c); err != nil {
				return nil, fmt.Errorf("%s %d: %w", groupsStream, e.Revision, err)
			}
			groups[c.groupName] = c
		case typeGroupDeleted:
			var name groupName
			if err := json.Unmarshal(e.Data, &name); err != nil {
				return nil, fmt.Errorf("%s %d: %w", groupsStream, e.Revision, err)
			}
			delete(groups, name)
		}
	}
	return groups, nil
}

// note stores an event of the node's own.
func (h *history) note(ctx context.Context, stream, kind string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = h.append(ctx, stream, anyRevision, []rawEvent{{Proposed: eventstore.Proposed{ID: uuid.New(), Type: kind, Data: data}}})
	return err
}

// positionText is how the protocol writes a position.
func positionText(p eventstore.Position) string {
	return fmt.Sprintf("C:%d/P:%d", p.Commit, p.Prepare)
}

func parsePositionText(text string) (p eventstore.Position, err error) {
	if _, err = fmt.Sscanf(text, "C:%d/P:%d", &p.Commit, &p.Prepare); err != nil {
		err = fmt.Errorf("position %.40q: want C:n/P:n", text)
	}
	return p, err
}

// placeText is a group's place as the protocol writes it.
func (h *history) placeText(g groupName, place uint64) string {
	if g.all() {
		return positionText(h.positions.Wire(place))
	}
	return strconv.FormatUint(place, 10)
}
