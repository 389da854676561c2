package embedded

import "fmt"

// Locked refuses to open a data folder that is open already.
type Locked struct {
	Dir string
	Err error
}

func (e *Locked) Error() string {
	return fmt.Sprintf("data folder %s is in use by another process; stop that process, or choose another folder", e.Dir)
}

func (e *Locked) Unwrap() error { return e.Err }

// NewerFormat refuses to open a data folder in a format of the future.
type NewerFormat struct {
	Dir  string
	Have int // the folder's format
	Want int // the newest format this program can read
}

func (e *NewerFormat) Error() string {
	return fmt.Sprintf("data folder %s is in format %d, this program reads up to %d: it was written by a newer version; upgrade",
		e.Dir, e.Have, e.Want)
}

// Corrupt says that stored bytes are not what was written. What can be read
// besides stays readable; nothing is repaired or skipped.
type Corrupt struct {
	Dir    string
	Place  string // which record, index entry or file
	Reason string
	Err    error // what the storage engine said, if it was the one to notice
}

func (e *Corrupt) Error() string {
	msg := fmt.Sprintf("data folder %s is damaged at %s: %s", e.Dir, e.Place, e.Reason)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg + "; stop writing, keep a copy of the folder and restore a backup"
}

func (e *Corrupt) Unwrap() error { return e.Err }

// DiskFull refuses an append because the disk has almost no space left.
// Nothing of the append was stored, and reading goes on.
type DiskFull struct {
	Dir  string
	Free uint64 // bytes
	Need uint64 // bytes, see Options.MinFree
}

func (e *DiskFull) Error() string {
	return fmt.Sprintf("data folder %s has %d bytes of disk left and keeps %d in reserve; free some space and repeat the append",
		e.Dir, e.Free, e.Need)
}
