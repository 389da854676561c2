package x12

// Limits bound what one file may cost. A field of zero or less takes its
// default, so the zero Limits are the defaults.
//
// What a file costs beyond its own bytes is about 80 bytes a segment and, when
// every set breaks every rule, about 1.5 KiB a transaction set: the defaults suit
// a trusted partner's mailbox. At an open door set FileBytes, Segments and
// Transactions to what one request may cost.
type Limits struct {
	FileBytes              int64 // bytes of one file; default 64 MiB
	SegmentBytes           int   // bytes of one segment without its terminator; default 64 KiB
	SegmentsPerTransaction int   // ST and SE included; also service segments of one interchange; default 100,000
	ElementsPerSegment     int   // default 200
	Interchanges           int   // in one file; default 10,000
	Groups                 int   // in one file; default 20,000
	Transactions           int   // in one file; default 100,000
	Segments               int   // in one file, envelopes included; default 4,000,000
}

// DefaultLimits are the bounds used where a Limits field is zero.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:              64 << 20,
		SegmentBytes:           64 << 10,
		SegmentsPerTransaction: 100_000,
		ElementsPerSegment:     200,
		Interchanges:           10_000,
		Groups:                 20_000,
		Transactions:           100_000,
		Segments:               4_000_000,
	}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	if l.FileBytes <= 0 {
		l.FileBytes = d.FileBytes
	}
	for _, f := range []struct {
		set      *int
		fallback int
	}{
		{&l.SegmentBytes, d.SegmentBytes},
		{&l.SegmentsPerTransaction, d.SegmentsPerTransaction},
		{&l.ElementsPerSegment, d.ElementsPerSegment},
		{&l.Interchanges, d.Interchanges},
		{&l.Groups, d.Groups},
		{&l.Transactions, d.Transactions},
		{&l.Segments, d.Segments},
	} {
		if *f.set <= 0 {
			*f.set = f.fallback
		}
	}
	return l
}
