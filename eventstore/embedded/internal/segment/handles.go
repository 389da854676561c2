package segment

import (
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// handlesKept bounds how many files are open for reading while nobody reads.
const handlesKept = 64

// handles keeps files open for reading.
type handles struct {
	open func(name string) (vfs.File, error)

	mu     sync.Mutex
	byName map[string]*handle
	uses   uint64
}

// handle is a file, shared by those who read it.
type handle struct {
	vfs.File
	of   *handles
	name string
	refs int
	used uint64 // greater is later
}

func (h *handles) get(name string) (*handle, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uses++
	if f, ok := h.byName[name]; ok {
		f.refs++
		f.used = h.uses
		return f, nil
	}
	if len(h.byName) >= handlesKept {
		h.forget()
	}
	file, err := h.open(name)
	if err != nil {
		return nil, err
	}
	if h.byName == nil {
		h.byName = make(map[string]*handle)
	}
	f := &handle{File: file, of: h, name: name, refs: 1, used: h.uses}
	h.byName[name] = f
	return f, nil
}

// forget closes the file that was not used for longest.
func (h *handles) forget() {
	var oldest *handle
	for _, f := range h.byName {
		if f.refs == 0 && (oldest == nil || f.used < oldest.used) {
			oldest = f
		}
	}
	if oldest != nil {
		delete(h.byName, oldest.name)
		_ = oldest.Close() // was only read
	}
}

func (f *handle) release() {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	f.refs--
}

func (h *handles) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, f := range h.byName {
		errs = append(errs, f.Close())
	}
	h.byName = nil
	return errors.Join(errs...)
}
