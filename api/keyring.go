package api

import (
	"container/list"
	"sync"

	"github.com/google/uuid"
)

// keysKept bounds the keyring.
const keysKept = 1 << 16

// keyring notices a key that comes again for another stream.
//
// That a key is used once in a stream, the history itself remembers for ever.
// It cannot be asked across streams, so the latest keys are remembered here,
// as long as the process lives.
type keyring struct {
	mu     sync.Mutex
	limit  int
	keys   map[uuid.UUID]*list.Element // of *usedKey
	recent *list.List                  // latest first
}

type usedKey struct {
	key      uuid.UUID
	stream   string
	users    int
	recorded bool // it led to events
}

func newKeyring(limit int) *keyring {
	return &keyring{limit: limit, keys: map[uuid.UUID]*list.Element{}, recent: list.New()}
}

// use takes a key for a stream; false when it belongs to another one. settled
// must be called with whether the command led to events: a key that led to
// none is free again.
func (k *keyring) use(key uuid.UUID, stream string) (settled func(recorded bool), ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	el, known := k.keys[key]
	if !known {
		el = k.recent.PushFront(&usedKey{key: key, stream: stream})
		k.keys[key] = el
	}
	u := el.Value.(*usedKey)
	if u.stream != stream {
		return nil, false
	}
	k.recent.MoveToFront(el)
	u.users++
	for old := k.recent.Back(); len(k.keys) > k.limit && old != nil; {
		newer := old.Prev()
		if old.Value.(*usedKey).users == 0 {
			delete(k.keys, old.Value.(*usedKey).key)
			k.recent.Remove(old)
		}
		old = newer
	}
	return func(recorded bool) {
		k.mu.Lock()
		defer k.mu.Unlock()
		u.users--
		u.recorded = u.recorded || recorded
		if u.users == 0 && !u.recorded {
			delete(k.keys, key)
			k.recent.Remove(el)
		}
	}, true
}
