// Package reconciler compares what the history says the ERP should hold with
// what the ERP's general ledger does hold, to the cent and both ways, and names
// every break together with the event it departs from.
//
// # Expected
//
// The whole history is read once. Each event that means something to the books
// (domain.Journal) is an expected document; the events of its posting tell
// whether the ERP should hold it already and under which date. Nothing is taken
// from an outbox or a read model: a broken outbox cannot vouch for itself. The
// documents are sorted by number in bounded memory; what does not fit goes to
// sorted runs in a temporary folder, which is removed when the run ends, however
// it ends.
//
// # Actual
//
// A [Ledger] gives the ERP's entries sorted by number, document, ref and entry.
// A ledger that is out of order, contradicts itself or is empty although the ERP
// confirmed documents is an error, never "no breaks".
//
// The first entry of the ledger is asked for when the history has been read, and
// what the history learned meanwhile is read after that. So whatever the extract
// holds, the history explains, if anything does; a document that was confirmed
// in those moments may be missing from the extract and is then in flight.
//
// # Breaks
//
// Documents meet by number and their entries by ref; where the ERP numbers the
// lines of its own documents itself, by what they say. One change in the ERP is
// one break: a changed header is one, whatever it holds, a changed line is one, a
// missing or repeated document is one and not one for each of its entries. A
// document that is asked for and not confirmed is in flight; it is listed, and
// once the ERP holds it, it is compared like any other.
//
// # Result
//
// A [Report] counts and sums everything, keeps a bounded number of breaks (all of
// them go to a callback), ties the books out by account and period, and bridges
// the charges that were entered to what was billed, line by line of what is held.
// [Report.Err] tells breaks from errors. Equal input gives an equal report.
package reconciler
