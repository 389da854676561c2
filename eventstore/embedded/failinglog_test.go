package embedded_test

import (
	"io/fs"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failingLog lets a number of writes and syncs of the log pass, then answers
// an error to each.
type failingLog struct {
	vfs.FS
	mu   sync.Mutex
	left int
	err  error
}

func (f *failingLog) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left < 0 {
		return &fs.PathError{Op: "write", Path: "log", Err: f.err}
	}
	return nil
}

type failingFile struct {
	vfs.File
	log *failingLog
}

func (f *failingLog) wrap(name string, file vfs.File, err error) (vfs.File, error) {
	if err != nil || !strings.HasSuffix(name, ".events") {
		return file, err
	}
	return &failingFile{file, f}, nil
}

func (f *failingLog) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, opts...)
	return f.wrap(name, file, err)
}

func (f *failingLog) Unwrap() vfs.FS { return f.FS }

func (f *failingFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.log.next(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, at)
}

func (f *failingFile) Sync() error {
	if err := f.log.next(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *failingFile) SyncData() error {
	if err := f.log.next(); err != nil {
		return err
	}
	return f.File.SyncData()
}

// logErrors are what a disk answers in TestFailingLogEndsTheProcess.
var logErrors = map[string]error{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC}
