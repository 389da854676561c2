// Package projections derives read models from the history and keeps them up
// to date.
//
// A read model lives in an SQLite file and can be thrown away at any time: it
// holds nothing that is not in the history. A [Runner] follows the history
// from the file's checkpoint, in pages; what a page changes and the new
// checkpoint are committed in one transaction, so that a crash at any point
// neither skips an event nor handles one twice. The checkpoint also chains a
// digest over the events that were handled, which [Runner.Verify] compares
// with the history.
//
// Any number of processes may have a file open and read it. The one that holds
// its [Lease] writes; what it commits after it has lost the lease is refused.
// [Hold] waits for a lease and works under it, as long as it lasts. [Share] is
// for work that only has to be done, by whomever.
//
// A file whose layout is not this program's is begun anew by [OpenDB], unless
// another process uses it. [Rebuild] builds a second file from the beginning
// and swaps it in. A rebuilt model equals a followed one byte for byte, as
// [DB.Dump] shows.
//
// The subpackages are the read models themselves (views), the reactor that
// carries freight from dispatch to cash (flow), what is exchanged with the ERP
// (erp), and the answers that come from streams directly (trace).
package projections
