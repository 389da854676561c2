package x12

import "iter"

// File is everything one file held, in file order.
type File struct {
	Interchanges []Interchange
	Notices      []Notice // of the file itself: byte-order mark, text after the last interchange
	Bytes        int64    // size of the file
}

// Interchange is one ISA…IEA envelope. Elements are right-trimmed, dates and
// times are raw: they carry no zone.
type Interchange struct {
	SenderQualifier   string // ISA05
	Sender            string // ISA06
	ReceiverQualifier string // ISA07
	Receiver          string // ISA08
	Date              string // ISA09, YYMMDD
	Time              string // ISA10, HHMM
	Version           string // ISA12, "00401"
	Control           string // ISA13 as written, leading zeros kept
	AckRequested      bool   // ISA14 is 1: the sender asks for a TA1
	Usage             string // ISA15: P production, T test, I information
	Separators        Separators
	Header            Segment   // the ISA
	Service           []Segment // TA1, TA3, ISB, ISE and their like
	Groups            []Group
	Notices           []Notice
	Start, End        int64 // byte offsets in the file, IEA's terminator included
}

// Group is one GS…GE envelope.
type Group struct {
	FunctionalID string // GS01: QM is 214, IM 210, SM 204, GF 990, RA 820, FA 997
	Sender       string // GS02
	Receiver     string // GS03
	Date         string // GS04, CCYYMMDD
	Time         string // GS05
	Control      string // GS06 as written
	Agency       string // GS07
	Version      string // GS08, "004010"
	Header       Segment
	Transactions []Transaction
	Notices      []Notice
	Start, End   int64 // byte offsets in the file
}

// Transaction is one ST…SE transaction set.
type Transaction struct {
	Set        string    // ST01, "214"
	Control    string    // ST02
	Convention string    // ST03, the implementation convention, from 005010
	Segments   []Segment // ST first, SE last when present
	Notices    []Notice
	Raw        string // the set's bytes as they stood in the file, to hash and to keep
	Start, End int64  // byte offsets of Raw in the file
}

// Transactions walks every transaction set with the envelopes that hold it.
func (f *File) Transactions() iter.Seq2[Envelope, *Transaction] {
	return func(yield func(Envelope, *Transaction) bool) {
		for i := range f.Interchanges {
			ic := &f.Interchanges[i]
			for g := range ic.Groups {
				group := &ic.Groups[g]
				for t := range group.Transactions {
					if !yield(Envelope{Interchange: ic, Group: group}, &group.Transactions[t]) {
						return
					}
				}
			}
		}
	}
}

// Envelope is where a transaction set stood.
type Envelope struct {
	Interchange *Interchange
	Group       *Group
}

// AllNotices are the notices of the file and of everything in it: first the
// file's, then each interchange's, its groups' and their sets'.
func (f *File) AllNotices() []Notice {
	all := append([]Notice(nil), f.Notices...)
	for i := range f.Interchanges {
		ic := &f.Interchanges[i]
		all = append(all, ic.Notices...)
		for g := range ic.Groups {
			all = append(all, ic.Groups[g].Notices...)
			for t := range ic.Groups[g].Transactions {
				all = append(all, ic.Groups[g].Transactions[t].Notices...)
			}
		}
	}
	return all
}
