// Package erp carries what freightledger books into the ERP, and what the ERP
// knows back into history: documents out, cash and customers in.
//
// # Exactly once, on an ERP that has no such thing
//
// Most ERPs book a document twice when it is sent twice, and go on booking
// after their client has given up waiting. So every document takes the same
// steps, in this order:
//
//  1. The outbox marks it as being sent, and commits.
//  2. The ERP is probed by document number. A document that it holds once, with
//     the same customer, currency and total, is confirmed; one that it holds
//     several times, or otherwise, is parked for a person.
//  3. Only what it does not hold is posted.
//  4. The answer is recorded as an event, under a command id that is derived
//     from the document and the answer.
//
// An answer that never came leaves the document in doubt. So does the end of
// the process between two steps. A document in doubt starts over at step 1, and
// as long as the ERP may still be busy with the lost request ([Options].Settle),
// a probe that finds nothing proves nothing: the document waits.
//
// # The outbox
//
// The [Outbox] is a SQLite file of its own. It follows history and holds each
// document from its journal event until its confirmation; what it adds of its
// own is only when a document was last sent and when it is due again. Deleting
// the file while nothing is being sent loses nothing: it is derived from history
// again, and everything unconfirmed is probed before it is posted.
//
// # Several processes
//
// Any number of processes may have the outbox open. One posts at a time, by the
// lease PostingLease, and one takes cash, by CashLease; the file refuses what a
// process commits that has lost its lease. A process that takes over from one
// that was killed, or is only stopped, puts its claims back. What these were
// about is in doubt as long as the other one's call may take
// ([Options].CallTimeout), and then as long as the ERP may still be busy with it
// (Settle): until then it is probed, and confirmed if it is found, but not
// posted.
//
// The lease is confirmed, by the clock and by the file, right before documents
// are sent. One window is left, on an ERP that cannot tell two requests from
// one: a process that is stopped for longer than TTL, CallTimeout and Settle
// together, exactly between that look and the moment the request is on its way,
// and then goes on, has the documents of this one request booked twice. Nothing
// but the ERP could refuse them; the reconciliation reports them.
//
// # Rejections
//
// A closed period moves the document to the first open date (rule 40). Other
// rejections wait until somebody asks again with RetryPosting; those for the
// customer's sake are asked again when the customer's master data has changed.
//
// # Cash and customers
//
// [Cash] follows the ERP's receipts, records them and means them for the
// invoices that they name, or that a remittance with the same reference names;
// where nothing was advised, for the customer's oldest ones if its rules say so.
// [SyncCustomers] records customers where they changed.
package erp
