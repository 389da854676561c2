// Package bank takes bank statements in: ISO 20022 camt.053 (versions 02, 04
// and 08) and CSV files by a profile. Each booked credit becomes a payment that
// was received, each return of one its reversal; everything else on a statement
// is accounted for by name, so that the lines of a [Report] add up to the
// statement.
//
// # Statements
//
// A camt.053 statement counts as a whole or not at all: its opening balance
// (OPBD, else PRCD, else ITBD on a further page) and its booked entries make
// its closing balance (CLBD, else ITBD), and the transactions of an entry make
// the entry, or the entry and the charges that the bank states beside it. One
// that does not add up is refused with the figures. Statements are known by
// account, year and sequence number (electronic, else legal): a repeated one
// and a gap before one are told apart in the notes of the statement's item. Two
// statements of one number with different content in one file refuse the
// second.
//
// Files are read as a stream, within [Limits]. Document types are refused, and
// entities are unknown. CSV files have no balances; nothing adds them up.
//
// # Payments
//
// A payment's id is derived from the account, the booking day and the bank's
// reference (AcctSvcrRef), so a statement that comes again, in camt or in CSV,
// changes nothing; see [PaymentID]. The transactions of a batch, and entries
// without a reference, are told apart by what they say, and equal ones by their
// number within the file. What the file lists twice is two movements; what two
// files list once each is one.
//
// The payment's Document is the bank's reference, its Reference the payer's
// (EndToEndId), its Invoice the one number that the payer names: of a listed
// document (RfrdDocInf), else the creditor's reference (CdtrRefInf, without the
// check digits of ISO 11649), else what [Options].InvoiceNumbers find in the
// text. When the payer states an amount for each document, the receipt comes
// with a remittance advice of its own, announced on the same stream under the
// payment's id; the domain holds one that does not add up (rules 45, 46), and
// the receipt counts nevertheless. A receipt whose bank kept charges of it is
// what the payer paid; the charges are a line of their own.
//
// A payer's customer is a clerk's word, else comes from its bank account, else
// from [Payers]; the receipts of an unknown one are held until the payer is known
// and the item is replayed.
//
// # Accounts
//
// With [Accounts], a file of an account that nobody adopted is refused as a
// whole. Where the ERP books an account's receipts, they are noted, not received.
// Notes are movements in the ledger, beside what else becomes of an entry: also
// of unknown payers, fees, interest, and credits that are no receipts.
//
// # Reversals
//
// A debit that is marked as a reversal (RvslInd), as a return (RtrInf) or by
// its transaction code takes back the one payment of the same amount that
// carries one of its references, in the same file or in the ledger. One that
// fits none, or several, or a part, is held. A credit that is marked so is an
// own payment that came back, and no receipt.
package bank
