package persistent

import (
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Consumer is a member of a group. Its owner receives from Messages, answers,
// and leaves.
type Consumer struct {
	group  *Group
	who    Who
	number uint64 // of this group's consumers
	slots  int
	out    chan Message
	gone   chan struct{}

	// The group's lock guards:
	flying   int
	handed   int64
	measured int64 // handed when the statistics were last asked for
}

// Who says whose consumer it is, for the statistics.
type Who struct {
	Name string // the connection's
	From string // its network address
	User string
}

// Messages gives the events that the consumer is to handle. There are never
// more of them than it has slots.
func (n *Consumer) Messages() <-chan Message { return n.out }

// Dropped is closed when the group ends.
func (n *Consumer) Dropped() <-chan struct{} { return n.gone }

// Ack finishes events, by the ids of their original records.
func (n *Consumer) Ack(ids []uuid.UUID) {
	n.group.do(func(c *core) {
		for _, id := range ids {
			c.ack(id)
		}
	})
}

// maxReason bounds what is kept of why an event was parked.
const maxReason = 1000

// Nack says what is to become of events that could not be handled. Of the
// reason the first 1000 bytes are kept.
func (n *Consumer) Nack(ids []uuid.UUID, a Action, reason string) {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	n.group.do(func(c *core) {
		for _, id := range ids {
			c.nack(n, id, a, reason)
		}
	})
}

// Leave gives back what the consumer has not answered.
func (n *Consumer) Leave() { n.group.do(func(c *core) { c.leave(n) }) }

// free says whether the consumer can be handed a message. What it was handed
// and lost to a timeout may still lie unread in its channel.
func (n *Consumer) free() bool { return n.flying < n.slots && len(n.out) < n.slots }

// choose gives the consumer for a message, or none while it has to wait.
func (c *core) choose(m *message) *Consumer {
	switch c.settings.Strategy {
	case DispatchToSingle:
		if i := slices.IndexFunc(c.consumers, (*Consumer).free); i >= 0 {
			return c.consumers[i]
		}
		return nil
	case Pinned, PinnedByCorrelation:
		if n := c.pinned(m.key); n.free() {
			return n
		}
		return nil
	default:
		for i := range c.consumers {
			at := (c.turn + i) % len(c.consumers)
			if c.consumers[at].free() {
				c.turn = (at + 1) % len(c.consumers)
				return c.consumers[at]
			}
		}
		return nil
	}
}

// pinned gives the consumer that ranks highest for a key (rendezvous hashing):
// when one comes or goes, only the keys that it gains or had change hands.
func (c *core) pinned(key string) *Consumer {
	var best *Consumer
	var most uint64
	for _, n := range c.consumers {
		h := fnv.New64a()
		_, _ = io.WriteString(h, strconv.FormatUint(n.number, 10)+"/"+key) // a hash takes everything
		rank := mix(h.Sum64())
		if best == nil || rank > most {
			best, most = n, rank
		}
	}
	return best
}

// mix spreads what differs in a few bits over all of them (the finalizer of
// SplitMix64); ranks of FNV sums alone lie too close together.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
