// Package documents makes the papers that customers get: an issued invoice, a
// credit memo, a debit memo or a rebill, for people to print and for machines
// to read.
//
// [FromIssued] and [FromCredit] turn an event of the history, and what the
// history does not hold ([Extras]: parties, references, proofs), into an
// [Invoice]. [Write] renders it:
//
//   - html: one self-contained page, fit for a screen, a screen reader and
//     paper of either size;
//   - pdf: the same text, the same bytes for the same document, with the
//     typeface inside;
//   - xml: UBL 2.1 that conforms to the European standard EN 16931;
//   - ubl: UBL 2.1 without that claim, for what EN 16931 cannot say, such as
//     amounts with three decimals.
//
// Nothing here computes what is owed. Amounts are those of the event; that
// Σ lines + Σ tax = total (rule 26) is checked, and a document for which it
// does not hold is refused, as is one that lacks what it must state. A
// [FieldError] names the field and the standard's term for it.
//
// # Reading order of EN 16931
//
// Comments name business terms (BT-1) and groups (BG-25) of EN 16931-1, and
// rules (BR-CO-15) of its validation artefacts. The standard has no negative
// price (BR-27), so a discount is a line of its own with a negative quantity:
// an allowance of the document would lose which shipment it belongs to, and a
// credit memo could no longer name the line it gives back.
//
// The standard computes tax once for each category and rate; this ledger
// computes it once a line (rule 27) and states the sum. The standard's rules
// admit a difference below one unit of the currency (BR-S-09, BR-CO-17). A
// document beyond that is refused as xml, and never adjusted.
//
// Whether it all conforms is not for this package to say: scripts/official.sh
// holds the documents of testdata against the OASIS schemas and the validation
// artefacts of CEN, and a test fails for a document that did not pass them.
//
// # Who sells, and what tax
//
// Where the rules of an issuer decided the tax ([domain.Taxed]), the document
// takes the seller, its numbers, and category, rate and reason of each line from
// what was sealed. [Extras] may add to it (contact, bank, a label of a number) and
// is refused where it says otherwise. Notices stand as the reason of their
// category, or as a note where the standard wants none (S, Z). A line of several
// taxes, such as GST and QST, shows each; ubl names each by its own tax scheme, and
// xml is refused, since EN 16931 has one rate for a line.
//
// # Text that means harm
//
// Everything is escaped. What could steer the direction of text or has no
// place in it (controls, overrides, halves of characters) becomes U+FFFD in
// every format. The PDF's typeface has the Latin, Greek and Cyrillic letters;
// what it lacks prints as U+FFFD with a note, and stands as it is in the others.
package documents
