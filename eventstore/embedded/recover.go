package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

const (
	// suspectFile in the index says that it is to be made anew.
	suspectFile = "SUSPECT"
	// discarded is where an index goes that is to be removed.
	discarded = "index.discarded"

	progressEvery = 1_000_000 // events
	catchUpBytes  = 1 << 20   // of a batch of index entries
)

// errUnusable says that the index is not that of an earlier moment of the log.
var errUnusable = errors.New("it cannot be used for the events as they are")

// makeFolder makes a folder such that a power failure leaves it.
func makeFolder(fsys vfs.FS, dir string) error {
	var parents []string
	for at := dir; ; {
		parent := fsys.PathDir(at)
		parents = append(parents, parent)
		if _, err := fsys.Stat(parent); err == nil || parent == at {
			break
		}
		at = parent
	}
	if err := fsys.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for _, parent := range parents {
		// Whoever may not open the parent did not make the folder.
		if err := syncDir(fsys, parent); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// open checks the folder, brings the index up to the end of the log, and makes
// both ready for appending. Nothing of the log is changed before all is checked.
func (s *Store) open() error {
	marked, err := s.formatCheck()
	if err != nil {
		return err
	}
	s.log, err = segment.Open(s.opts.FS, s.dir, s.opts.SegmentBytes)
	var newer *segment.Newer
	switch {
	case errors.As(err, &newer):
		return &NewerFormat{Dir: s.dir, Have: newer.Version, Want: formatVersion}
	case err != nil:
		return s.corrupt(err)
	}
	end, err := s.catchUp()
	if err != nil {
		return err
	}
	switch head := end.Records; {
	case head < marked.head:
		return &Corrupt{Dir: s.dir, Place: recordPlace(head + 1),
			Reason: fmt.Sprintf("the history ends at event %d, but %s says that event %d was acknowledged", head, markFile, marked.head)}
	case marked.format == 0 && head > 0:
		s.opts.Logger.Warn("event store: the file "+markFile+" is missing and is written anew; verify the folder",
			"dir", s.dir, "head", head)
	}
	cleared, err := s.log.Continue(end)
	if err != nil {
		return fmt.Errorf("open data folder %s: %w", s.dir, err)
	}
	if cleared {
		s.opts.Logger.Warn("event store: cleared a write that was cut short; nobody was told that it was stored",
			"dir", s.dir, "after", end.Records)
	}
	s.mark, err = openMark(s.opts.FS, s.dir, end.Records)
	return err
}

// formatCheck refuses folders of other formats.
func (s *Store) formatCheck() (marked, error) {
	m, err := readMark(s.opts.FS, s.dir)
	if err != nil {
		return m, err
	}
	if m.format == 0 {
		// Format 1 kept the engine's files here.
		names, err := s.opts.FS.List(s.dir)
		if err != nil {
			return m, fmt.Errorf("list data folder %s: %w", s.dir, err)
		}
		for _, name := range names {
			if strings.HasPrefix(name, "MANIFEST-") {
				m.format = 1
			}
		}
	}
	switch {
	case m.format > formatVersion:
		return m, &NewerFormat{Dir: s.dir, Have: m.format, Want: formatVersion}
	case m.format == 1:
		return m, &OlderFormat{Dir: s.dir, Have: m.format, Want: formatVersion}
	}
	return m, nil
}

// catchUp opens the index and brings it up to the log's end, which it gives.
func (s *Store) catchUp() (segment.State, error) {
	if err := s.opts.FS.RemoveAll(s.opts.FS.PathJoin(s.dir, discarded)); err != nil {
		return segment.State{}, fmt.Errorf("remove an old index of %s: %w", s.dir, err)
	}
	reason := s.distrusted()
	if reason == nil {
		end, err := s.resume()
		if !errors.Is(err, errUnusable) {
			return end, err
		}
		reason = err
	}
	s.opts.Logger.Warn("event store: the index is made anew from the events", "dir", s.dir, "reason", reason)
	if err := s.discard(); err != nil {
		return segment.State{}, err
	}
	if err := s.openIndex(); err != nil {
		return segment.State{}, fmt.Errorf("make the index of %s: %w", s.dir, err)
	}
	return s.scan(covered{before: s.log.Start()}, false)
}

// distrusted says why the index is to be made anew before it is looked at.
func (s *Store) distrusted() error {
	if s.opts.RebuildIndex {
		return errors.New("this was asked for")
	}
	_, err := s.opts.FS.Stat(s.suspectPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(errors.New("it contradicted the events"), err)
}

func (s *Store) suspectPath() string { return s.opts.FS.PathJoin(s.dir, indexFolder, suspectFile) }

// mistrust makes the error of a reader whom the index misled, and has the next
// opening make it anew.
func (s *Store) mistrust(place, reason string, err error) error {
	if !s.suspect.Swap(true) {
		f, err := s.opts.FS.Create(s.suspectPath(), vfs.WriteCategoryUnspecified)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		s.opts.Logger.Error("event store: the index is damaged; the next start makes it anew", "dir", s.dir, "place", place, "error", err)
	}
	return &Corrupt{Dir: s.dir, Place: place, Reason: reason, Index: true, Err: err}
}

func (s *Store) openIndex() error {
	db, err := pebble.Open(s.opts.FS.PathJoin(s.dir, indexFolder), engineOptions(s.opts, &s.health))
	if err != nil {
		return err
	}
	s.index = &index{db: db, memory: uint64(s.opts.MemTableBytes)}
	return nil
}

// resume catches up from where the index ends.
func (s *Store) resume() (segment.State, error) {
	if err := s.openIndex(); err != nil {
		return segment.State{}, fmt.Errorf("%w: %w", errUnusable, err)
	}
	c, begun, err := s.index.covers()
	if err != nil {
		return segment.State{}, fmt.Errorf("%w: %w", errUnusable, err)
	}
	if !begun {
		c.before = s.log.Start()
	}
	return s.scan(c, begun)
}

// scan enters the log from a place on into the index. When the index was begun,
// it has the first group already, which tells whether it belongs to this log.
func (s *Store) scan(c covered, begun bool) (segment.State, error) {
	x, at, entered := s.index, extent{seq: c.before.Records, ledger: c.ledger, chain: c.before.Chain}, uint64(0)
	var done covered
	end, err := s.log.Scan(c.before, func(before segment.State, chain segment.Chain, entries []segment.Entry) error {
		if begun && chain != c.chain {
			return errUnusable
		}
		begun = false
		done = covered{before, at.ledger, chain}
		for _, e := range entries {
			f, err := split(e.Body)
			if err != nil {
				return fmt.Errorf("%s: %w", recordPlace(e.Number), err)
			}
			p := segment.Place{Number: e.Number, Offset: e.Offset, Length: segment.RecordHeader + len(e.Body)}
			if err := x.add(string(f.stream), f.revision(), p); err != nil {
				return err
			}
			if !system(string(f.stream)) {
				at.ledger = e.Number
			}
			if entered++; entered%progressEvery == 0 {
				s.opts.Logger.Info("event store: entering events into the index", "dir", s.dir, "events", entered)
			}
		}
		at.chain = chain
		if x.batch.Len() < catchUpBytes {
			return nil
		}
		return x.commit(done)
	})
	if err == nil && x.batch != nil {
		err = x.commit(done)
	}
	switch {
	case begun && (err == nil || errors.Is(err, segment.ErrNoPlace) || errors.As(err, new(*segment.Damage))):
		// Either the index is ahead of the log, or it leads into the midst of
		// something. The log itself is judged from its beginning.
		return end, errUnusable
	case err != nil:
		return end, s.corrupt(err)
	}
	at.seq = end.Records
	s.tip.at = at
	return end, nil
}

// discard removes the index.
func (s *Store) discard() error {
	if s.index != nil {
		err := s.index.db.Close()
		s.index = nil
		if err != nil {
			s.opts.Logger.Warn("event store: close an index that is given up", "dir", s.dir, "error", err)
		}
	}
	fsys := s.opts.FS
	from, to := fsys.PathJoin(s.dir, indexFolder), fsys.PathJoin(s.dir, discarded)
	// First out of the way as a whole, so that a crash leaves no half of it.
	err := fsys.Rename(from, to)
	if err == nil {
		err = syncDir(fsys, s.dir)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = fsys.RemoveAll(to)
	}
	if err != nil {
		return fmt.Errorf("remove the index of %s: %w", s.dir, err)
	}
	return nil
}
