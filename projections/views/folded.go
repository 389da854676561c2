package views

import (
	"bytes"
	"container/list"
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/projections"
)

// statesKept is how many folded states stay in memory between pages.
const statesKept = 8192

// folded keeps aggregates' folded states: in memory while they are in use, and
// as JSON in a table of the file.
type folded[S any] struct {
	table  string
	states map[string]*list.Element // of *state[S], most recently used first
	recent *list.List
	dirty  []*state[S] // in order of first change
}

type state[S any] struct {
	key     string
	is      S
	changed bool
}

func newFolded[S any](table string) *folded[S] {
	return &folded[S]{table: table, states: map[string]*list.Element{}, recent: list.New()}
}

func (f *folded[S]) schema() string {
	return "CREATE TABLE " + f.table + " (id TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID"
}

// change gives a state that is going to change: the zero S when it is new.
func (f *folded[S]) change(tx *projections.Tx, key string) (*S, error) {
	el, ok := f.states[key]
	if ok {
		f.recent.MoveToFront(el)
	} else {
		s := &state[S]{key: key}
		var raw []byte
		found, err := tx.Row("SELECT state FROM "+f.table+" WHERE id = ?", []any{key}, &raw)
		if err != nil {
			return nil, err
		}
		if found {
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&s.is); err != nil {
				return nil, fmt.Errorf("read state of %s: %w: rebuild the read model", key, err)
			}
		}
		el = f.recent.PushFront(s)
		f.states[key] = el
	}
	s := el.Value.(*state[S])
	if !s.changed {
		s.changed = true
		f.dirty = append(f.dirty, s)
	}
	return &s.is, nil
}

// flush stores what changed and gives each to write.
func (f *folded[S]) flush(tx *projections.Tx, write func(key string, s *S) error) error {
	for _, s := range f.dirty {
		if err := write(s.key, &s.is); err != nil {
			return err
		}
		raw, err := json.Marshal(&s.is)
		if err != nil {
			return fmt.Errorf("store state of %s: %w", s.key, err)
		}
		if err := tx.Exec("INSERT OR REPLACE INTO "+f.table+" VALUES (?, ?)", s.key, raw); err != nil {
			return err
		}
		s.changed = false
	}
	f.dirty = f.dirty[:0]
	for len(f.states) > statesKept {
		oldest := f.recent.Back()
		f.recent.Remove(oldest)
		delete(f.states, oldest.Value.(*state[S]).key)
	}
	return nil
}

// forget drops all states: what they came from was undone.
func (f *folded[S]) forget() {
	clear(f.states)
	f.recent.Init()
	f.dirty = nil
}
