// Package edi takes X12 interchanges in: it maps transaction sets onto the
// domain's commands, one [inbox.Item] a set. Package x12 cuts the file; what
// the segments mean is decided here.
//
// A set asks for all that it says or for nothing of it. What is not certain is
// never guessed: either the mapping notes which reading it took (the order, the
// bytes and the note are kept), or it refuses the set with a [Fault] that names
// the segment, its position, the element and the remedy, and the set waits as a
// dead letter. Every event points at the bytes that it was read from.
//
// # Sets and elements
//
//	204  B2 02 carrier, 04 shipment, 06 payment method; B2A 01 purpose;
//	     N1 BT bill-to; L11, N9, L5-06/07 references; S5 stops with G62
//	     37/38/53/54, N4, AT8; L3 01 weight, 03/04 rate, 05 charge; C3, CUR
//	990  B1 01 carrier, 02 shipment, 03 date, 04 answer; N9, else K1:
//	     dispatch reference
//	214  B10 01 PRO, 02 shipment, 03 carrier; L11 SI, BM, CN; LX loops of AT7
//	     (01/02 or 03/04, 05 to 07), MS1, L11 QN, Q7, K1; AT8 is compared
//	     with the order's weight
//	820  BPR 02 amount, 16 date; TRN 02 reference; CUR; N1 PR payer; RMR 02
//	     invoice, 04 paid, 05 gross, 06 discount, 07/08 adjustment; ADX 01, 02
//	997, 999, 824  AK5, IK5, AK9, OTI, TED: a yes is a note, a no is refused so
//	     that somebody sees it
//
// Every other set, the carrier's freight bill (210) among them, is refused with
// [CodeUnsupportedSet], and an EDIFACT file as a whole.
//
// # Orders
//
// An original (B2A-01 00) becomes ReleaseOrder, TenderOrder and, from L3, the
// linehaul charge as the order states it (FormulaStated). The same original in
// another file changes nothing; another order under the same id is refused with
// [CodeConflict]. A cancellation (01) becomes CancelShipment. A change (04) or
// replacement (05) may add references: any other difference is refused with
// [CodeUnsupportedChange], because a released order is not edited. The bill-to's
// code is the customer; without a code an id is made of the name, with a note.
// Stops that neither load nor unload (IN, WL, HT) are left out with a note.
// Pounds become kilograms by 0.45359237, rounded once, half to even, to grams.
// A charge is N2 (implied decimals): a written decimal point is refused, and so
// is a flat rate (FR) that is not the charge.
//
// # Status reports
//
// A shipment is found by its id, else by a reference that belongs to it alone:
// one of the recorded ones or of an earlier set of the same file. An unknown one
// is refused with [CodeNotFound]: import its order, then replay the item.
// [Statuses] and [Appointments] list the codes that have a meaning;
// Options.Statuses adds a partner's own. A report belongs to the stop it names
// (L11 QN), else to the stop of its kind at its place, else to the only one,
// else to the first pickup or the last delivery, with a note.
//
// Times are kept as written, with the instant they stand for. LT or no code is
// local to the stop: its zone, else that of the reported state, else none, with
// a note. A state or province gives a zone only when it has one. A reading that
// came twice when clocks were set back is taken as the earlier, with a note.
// Which of two reports counts is decided by when the group was made (GS04,
// GS05), never by when it came.
//
// # Remittances
//
// The payment's id is the payer's code (N1 PR) and the trace number (TRN-02). A
// remittance that does not add up is kept and held by the domain (rules 45, 46).
// An ADX belongs to the RMR before it, or is an item of its own.
//
// # Envelopes
//
// Wrong counts, control numbers and trailers are noted, or refuse the set:
// Options.Envelope. Nothing that was forgiven goes unsaid.
package edi
