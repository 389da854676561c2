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

// OlderFormat refuses to open a data folder in a format that was never
// released.
type OlderFormat struct {
	Dir  string
	Have int // the folder's format
	Want int // the oldest format this program can read
}

func (e *OlderFormat) Error() string {
	return fmt.Sprintf("data folder %s is in format %d, this program reads format %d: it was written by a development version "+
		"before the first release; choose an empty folder and import again", e.Dir, e.Have, e.Want)
}

// Corrupt says that stored bytes are not what was written. What can be read
// besides stays readable; nothing is repaired or skipped.
type Corrupt struct {
	Dir    string
	Place  string // which record, index entry or file
	Reason string
	Index  bool  // only the index, which can be made anew; the events are not concerned
	Err    error // what the storage engine said, if it was the one to notice
}

func (e *Corrupt) Error() string {
	what, remedy := "data folder "+e.Dir+" is damaged", "stop writing, keep a copy of the folder and restore a backup"
	if e.Index {
		what = "the index of data folder " + e.Dir + " is damaged"
		remedy = "the events are not concerned; start again, or run freightledger doctor --rebuild-index, and the index is made anew from them"
	}
	msg := fmt.Sprintf("%s at %s: %s", what, e.Place, e.Reason)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg + "; " + remedy
}

func (e *Corrupt) Unwrap() error { return e.Err }

// DiskFull refuses an append because the disk has almost no space left, or
// none. Nothing of the append was stored, and reading goes on.
type DiskFull struct {
	Dir  string
	Free uint64 // bytes
	Need uint64 // bytes, see Options.MinFree
	Err  error  // what the file system answered, if it was asked for more
}

func (e *DiskFull) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("data folder %s has no space left (%v); free some space and repeat the append", e.Dir, e.Err)
	}
	return fmt.Sprintf("data folder %s has %d bytes of disk left and keeps %d in reserve; free some space and repeat the append",
		e.Dir, e.Free, e.Need)
}

func (e *DiskFull) Unwrap() error { return e.Err }
