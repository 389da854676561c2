package embedded

import (
	"container/list"

	"github.com/freightledger/freightledger/eventstore"
)

// heads remembers the revisions of the streams used last, so that most appends
// need not look in the index. It forgets the stream unused for longest. Only
// the committer uses it.
type heads struct {
	limit int
	byAge *list.List // of *head, the latest used in front
	at    map[string]*list.Element
}

type head struct {
	stream   string
	revision eventstore.Revision
}

func newHeads(limit int) *heads {
	return &heads{limit: limit, byAge: list.New(), at: make(map[string]*list.Element)}
}

func (h *heads) get(stream string) (eventstore.Revision, bool) {
	el, ok := h.at[stream]
	if !ok {
		return 0, false
	}
	h.byAge.MoveToFront(el)
	return el.Value.(*head).revision, true
}

func (h *heads) set(stream string, revision eventstore.Revision) {
	if el, ok := h.at[stream]; ok {
		el.Value.(*head).revision = revision
		h.byAge.MoveToFront(el)
		return
	}
	if len(h.at) >= h.limit {
		oldest := h.byAge.Back()
		delete(h.at, oldest.Value.(*head).stream)
		h.byAge.Remove(oldest)
	}
	h.at[stream] = h.byAge.PushFront(&head{stream, revision})
}
