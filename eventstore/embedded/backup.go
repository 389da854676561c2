package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// copying ends the name of a file that is not whole yet.
const copying = ".copying"

// BackupOptions adjust a Backup. The zero BackupOptions are good.
type BackupOptions struct {
	// FS holds both folders; the default is the machine's file system.
	FS vfs.FS
	// Progress is told how many of how many bytes were copied.
	Progress func(done, total int64)
}

// Copied is what a Backup made.
type Copied struct {
	Events uint64 `json:"events"` // of the ledger, in the copy
	Digest string `json:"digest"` // of the copy, see eventstore.Digest
	Bytes  int64  `json:"bytes"`  // that were copied this time
}

// NoHistory says that a folder holds no events.
type NoHistory struct{ Dir string }

func (e *NoHistory) Error() string { return fmt.Sprintf("folder %s holds no history of events", e.Dir) }

// Occupied refuses to copy into a folder that holds something else.
type Occupied struct {
	Dir    string
	Reason string
}

func (e *Occupied) Error() string {
	return fmt.Sprintf("folder %s %s; choose another folder, or an empty one", e.Dir, e.Reason)
}

// Backup copies the events of a data folder into another folder, also while a
// process has it open and appends: everything that was acknowledged before
// Backup began is in the copy. The copy is read again, every checksum and every
// hash, and is itself a data folder; its index is made when it is opened.
//
// Into a folder that holds an earlier copy of the same history only what was
// added since is copied. A Backup that was interrupted is made whole by the
// next. To restore, copy the copy.
//
// Errors: *NoHistory, *NewerFormat, *OlderFormat, *Occupied, *Corrupt when
// what was copied is damaged, or what the file system answers.
func Backup(ctx context.Context, from, to string, o BackupOptions) (Copied, error) {
	b := backup{ctx: ctx, fs: o.FS, from: from, to: to, progress: o.Progress, digest: eventstore.NewDigest()}
	if b.fs == nil {
		b.fs = vfs.Default
	}
	if b.progress == nil {
		b.progress = func(int64, int64) {}
	}
	// What is acknowledged by now is in the files by now.
	m, err := b.formatOf(from)
	if err != nil {
		return Copied{}, err
	}
	names, err := b.segments(from)
	if err != nil {
		return Copied{}, err
	}
	if len(names) == 0 || m.head == 0 {
		return Copied{}, &NoHistory{from}
	}
	if err := b.prepare(names); err != nil {
		return Copied{}, err
	}
	if err := b.copy(names); err != nil {
		return Copied{}, fmt.Errorf("back %s up: %w; run it again, it goes on", from, err)
	}
	end, err := b.check(m.head)
	if err != nil {
		return Copied{}, err
	}
	if err := b.finish(names, end); err != nil {
		return Copied{}, fmt.Errorf("back %s up: %w; run it again, it goes on", from, err)
	}
	return Copied{Events: b.digest.Events(), Digest: b.digest.String(), Bytes: b.done}, nil
}

type backup struct {
	ctx         context.Context // of the one call of Backup
	fs          vfs.FS
	from, to    string
	progress    func(done, total int64)
	done, total int64
	digest      *eventstore.Digest
}

func (b *backup) formatOf(dir string) (marked, error) {
	if _, err := b.fs.Stat(dir); err != nil {
		return marked{}, errors.Join(&NoHistory{dir}, err)
	}
	s := Store{dir: dir, opts: Options{FS: b.fs}}
	return s.formatCheck()
}

func (b *backup) segments(dir string) ([]string, error) {
	names, err := b.fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list folder %s: %w", dir, err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, segment.Suffix) })
	slices.Sort(names)
	return names, nil
}

// prepare makes the folder of the copy, unless it holds something that is none.
func (b *backup) prepare(source []string) error {
	if err := makeFolder(b.fs, b.to); err != nil {
		return fmt.Errorf("create folder %s: %w", b.to, err)
	}
	names, err := b.fs.List(b.to)
	if err != nil {
		return fmt.Errorf("list folder %s: %w", b.to, err)
	}
	for _, name := range names {
		switch {
		case name == indexFolder:
			return &Occupied{b.to, "is a data folder that was opened, and may have events of its own"}
		case name == markFile, name == "LOCK", name == "lost+found", strings.HasSuffix(name, copying), slices.Contains(source, name):
		default:
			return &Occupied{b.to, fmt.Sprintf("holds %q, which is not of the history in %s", name, b.from)}
		}
	}
	return nil
}

// copy copies what the copy does not have. Segments before the last never
// change; if one of the same name and size is another's, the hashes tell.
func (b *backup) copy(names []string) error {
	var missing []string
	for i, name := range names {
		have, err := b.fs.Stat(b.fs.PathJoin(b.from, name))
		if err != nil {
			return err
		}
		last := i == len(names)-1
		if there, err := b.fs.Stat(b.fs.PathJoin(b.to, name)); err == nil && there.Size() == have.Size() && !last {
			continue
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		missing = append(missing, name)
		b.total += have.Size()
	}
	for _, name := range missing {
		if err := b.file(b.fs.PathJoin(b.from, name), name, -1); err != nil {
			return err
		}
	}
	return syncDir(b.fs, b.to)
}

// file copies a file, or its first bytes, under a name of the copy, whole or
// not at all.
func (b *backup) file(from, name string, bytes int64) (err error) {
	in, err := b.fs.Open(from, vfs.SequentialReadsOption)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	temporary := b.fs.PathJoin(b.to, name+copying)
	out, err := b.fs.Create(temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<20)
	for bytes != 0 && err == nil {
		if err = b.ctx.Err(); err != nil {
			break
		}
		part := buf
		if bytes > 0 {
			part = buf[:min(bytes, int64(len(buf)))]
		}
		var n int
		n, err = in.Read(part)
		if n > 0 {
			_, wrong := out.Write(part[:n])
			err = errors.Join(wrong, err)
			if b.done += int64(n); bytes > 0 {
				bytes -= int64(n)
			}
			b.progress(min(b.done, b.total), b.total)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, b.fs.Remove(temporary))
	}
	return b.fs.Rename(temporary, b.fs.PathJoin(b.to, name))
}

// errEnough ends a scan.
var errEnough = errors.New("far enough")

// check reads the copy up to the group that has a record. What follows it may
// have been copied while it was being written.
func (b *backup) check(head uint64) (end segment.State, err error) {
	l, err := segment.Open(b.fs, b.to, 0)
	if err != nil {
		return end, b.damaged(err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	_, err = l.Scan(l.Start(), func(before segment.State, chain segment.Chain, entries []segment.Entry) error {
		for _, e := range entries {
			f, err := split(e.Body)
			if err != nil {
				return &Corrupt{Dir: b.from, Place: recordPlace(e.Number), Reason: "it is no event", Err: err}
			}
			if stream := string(f.stream); !system(stream) {
				b.digest.Add(f.record(e.Number, stream, string(f.typ)).Record)
			}
		}
		last := entries[len(entries)-1]
		end = segment.State{Groups: before.Groups + 1, Records: last.Number, Chain: chain, Segment: before.Segment,
			Offset: last.Offset + segment.RecordHeader + int64(len(last.Body))}
		if end.Records >= head {
			return errEnough
		}
		return b.ctx.Err()
	})
	switch {
	case errors.Is(err, errEnough):
		return end, nil
	case err != nil:
		return end, b.damaged(err)
	}
	return end, &Corrupt{Dir: b.from, Place: recordPlace(end.Records + 1),
		Reason: fmt.Sprintf("the history ends at event %d, but %s says that event %d was acknowledged", end.Records, markFile, head)}
}

func (b *backup) damaged(err error) error {
	var damage *segment.Damage
	if errors.As(err, &damage) {
		s := Store{dir: b.from}
		return fmt.Errorf("the copy in %s cannot be verified; verify the history: if it is whole, remove the copy and make it again: %w", b.to, s.corrupt(damage))
	}
	return fmt.Errorf("read the copy in %s: %w", b.to, err)
}

// finish cuts off what was not checked, and says how far the copy goes.
func (b *backup) finish(names []string, end segment.State) error {
	last := segment.Name(end.Segment)
	for _, name := range names {
		if name > last {
			if err := b.fs.Remove(b.fs.PathJoin(b.to, name)); err != nil {
				return err
			}
		}
	}
	copied := b.done
	if err := b.file(b.fs.PathJoin(b.to, last), last, end.Offset); err != nil {
		return err
	}
	b.done = copied
	if err := syncDir(b.fs, b.to); err != nil {
		return err
	}
	mark, err := openMark(b.fs, b.to, end.Records)
	if err != nil {
		return err
	}
	return mark.close()
}
