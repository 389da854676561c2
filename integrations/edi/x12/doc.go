// Package x12 reads and writes ASC X12 interchanges, the envelope and the
// segments, and nothing of what they mean.
//
// A trading partner's file is a stack of envelopes: an interchange (ISA…IEA)
// holds functional groups (GS…GE), a group holds transaction sets (ST…SE), and
// a set holds segments, which hold elements. The characters that part them are
// declared by each ISA and never assumed: the element separator is the byte
// after "ISA", the component separator is ISA16, the segment terminator is the
// character after it.
//
// Real files bend the rules. About one in four breaks its own counts; others
// carry a byte-order mark, blank lines, indentation, a hard wrap at 80 columns
// or an ISA without its padding. [Read] and [Parse] take such a file and say
// what they forgave: every tolerance leaves a [Notice], with a place and a
// [Severity], on the transaction set, group, interchange or file it concerns.
// Whether a notice refuses the set is the caller's policy, one partner at a
// time. What cannot be read without guessing is refused with an [*Error] that
// names the segment, the place and the remedy; then nothing is returned.
//
// Bytes come from outside, so [Limits] bound them before memory is spent.
// Segments are slices of one copy of the file: memory grows with the input and
// with the count of segments, never with the count of elements, and a file kept
// for one set keeps the whole text. A parsed file is immutable and may be
// shared between goroutines.
//
// [Builder] writes the same envelopes with correct padding and counts. [Date8],
// [Date6], [Time], [N2], [R] and [Zone] read the typed elements: exact decimals
// and calendar values, never floats, and never a guess.
package x12
