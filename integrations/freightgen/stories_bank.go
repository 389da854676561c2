package freightgen

import (
	"fmt"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// The bank accounts of the stories. The first one's statements are the source
// of its cash; the second one's only say what the ERP has booked already.
const (
	ownAccount    domain.BankAccountID = "GB33BUKB20201555555555"
	erpsAccount   domain.BankAccountID = "DE75512108001245126199"
	ownGL                              = "1010"
	bankProfile                        = "stories"
	bankCSV                            = "bank-csv-" + bankProfile
	statementHead                      = "date,amount,kind,ref,e2e,name,text\n"
)

// banked: 1,000.00 is paid by name of its invoice; of 800.00 come 785.00 as an
// 820 has announced, and the 15.00 are credited; 55.00 of an unlisted payer turn
// out to be the customer's and wait.
func banked(t teller) Story {
	t.name = "bank"
	v, w := t.invoice(february, 1), t.invoice("2026-03", 1)
	ends := paidUp("1800.00", "15.00", "1785.00")
	ends.Unapplied = "55.00"
	terms := domain.BankTerms{From: "2026-03-01", Source: domain.CashFromBank, Currency: "USD", GL: ownGL}
	profile := domain.CSVProfile{Name: bankProfile, Encoding: "utf-8", Delimiter: ",", Header: true, Dates: "YYYY-MM-DD", Decimal: ".", Sign: "minus",
		Account: string(ownAccount), Currency: "USD", Kinds: map[string]domain.MovementKind{"CHG": domain.MovementFee},
		Columns: domain.CSVColumns{Booked: "date", Amount: "amount", Kind: "kind", Reference: "ref", EndToEnd: "e2e", PayerName: "name", Text: []string{"text"}}}
	return t.story("cash by bank statement: one receipt names its invoice, one was announced by an 820, one is of nobody known, and a fee", ends,
		Step{Note: "billed; the account's statements are the source of its cash", Accounts: []string{ownGL}, Commands: commands(append(append(
			t.moved(1, delivery, t.freight(1, "1000.00")), t.moved(2, "2026-03-10", t.freight(2, "800.00"))...),
			domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: ownAccount, BankTerms: terms, By: finance}},
			domain.AdoptStatementProfile{StatementProfileAdopted: domain.StatementProfileAdopted{Profile: profile, By: finance}},
			domain.AttributePayer{PayerAttributed: domain.PayerAttributed{Account: ownAccount, By: finance, KnownPayer: domain.KnownPayer{Mark: domain.ByName, Value: "STORY BANK", Customer: t.customer()}}})...)},
		Step{Note: "advice, and the statement", Refuses: 1, Messages: func(k Known) ([]File, error) {
			good, err := t.advice(1, "T-1", "785.00", k.Number(w), "800.00", "-15.00")
			if err != nil {
				return nil, err
			}
			// Advice that does not add up is kept, and held.
			bad, err := t.advice(2, "T-2", "100.00", k.Number(v), "1000.00", "-15.00")
			rows := statementHead +
				"2026-03-20,1000.00,,BK-1,,STORY BANK,freight " + k.Number(v) + "\n" +
				"2026-04-15,785.00,,BK-2,T-1,STORY BANK,\n" +
				"2026-04-16,55.00,,BK-3,,UNLISTED TRADERS,on account\n" +
				"2026-04-16,-4.50,CHG,BK-4,,THE BANK,charges\n"
			return []File{good, bad, {"statement.csv", bankCSV, []byte(rows)}}, err
		}},
		Step{Note: "55.00 is found to be theirs, and the fee nobody's; the dispute is upheld", Replays: true, Commands: func(k Known) []domain.Command {
			return []domain.Command{
				domain.AssignMovement{MovementAssigned: domain.MovementAssigned{Movement: k.Movement("55.00"), Customer: t.customer(), By: finance}},
				domain.DismissMovement{Movement: k.Movement("-4.50"), Reason: "charges, booked in the ERP", By: finance},
				domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: domain.DisputeID(k.Number(w) + "-S1"), Invoice: w, By: billing, Reason: "short by a carton"}},
			}
		}})
}

// seenTwice: 650.00 that the ERP has booked is on a statement as well.
func seenTwice(t teller) Story {
	t.name = "twice"
	v := t.invoice(february, 1)
	terms := domain.BankTerms{From: "2026-01-01", Source: domain.CashFromERP, Currency: "USD", GL: domain.UsualBank}
	return t.story("a receipt of the ERP is on the bank's statement as well, and is counted once", paidUp("650.00", "0.00", "650.00"),
		Step{Note: "billed", Commands: commands(append(t.moved(1, delivery, t.freight(1, "650.00")),
			domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: erpsAccount, BankTerms: terms, By: finance}})...)},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "650.00", inMarch}}},
		Step{Note: "the statement comes", Messages: func(k Known) ([]File, error) {
			return []File{{"camt.xml", "camt053", []byte(strings.NewReplacer("\n", "", "AMOUNT", "650.00", "DAY", inMarch, "TEXT", "freight "+k.Number(v), "ACCOUNT", string(erpsAccount)).Replace(camt))}}, nil
		}})
}

// camt is a statement of one receipt.
const camt = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb>
<Acct><Id><IBAN>ACCOUNT</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>DAY</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">AMOUNT</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>DAY</Dt></Dt></Bal>
<Ntry><Amt Ccy="USD">AMOUNT</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>DAY</Dt></BookgDt><AcctSvcrRef>ES-1</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Story twice</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>TEXT</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>`

// advice is an 820 that announces what is paid of an invoice, with a deduction
// because something was not received.
func (t teller) advice(control int, trace, paid, number, gross, deducted string) (File, error) {
	b, err := x12.NewInterchange(x12.Options{Sender: "STORYPAYER", Receiver: carrier, Control: 9000 + control, At: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		return File{}, err
	}
	if err := b.Group(x12.GroupOptions{FunctionalID: "RA", Control: 9000 + control}); err != nil {
		return File{}, err
	}
	if err := b.Transaction("820", "0001",
		[]string{"BPR", "C", paid, "C", "ACH", "", "", "", "", "", "", "", "", "", "", "", "20260415"},
		[]string{"TRN", "1", trace},
		[]string{"CUR", "PR", "USD"},
		[]string{"N1", "PR", "STORY BANK", "92", string(t.customer())},
		[]string{"ENT", "1"},
		[]string{"RMR", "IV", number, "PO", paid, gross},
		[]string{"ADX", deducted, "59"}); err != nil {
		return File{}, err
	}
	content, err := b.Bytes()
	return File{fmt.Sprintf("advice-%d.x12", control), "x12", content}, err
}

// approvedTwice: 80.00 of detention is approved, and again when the arrival
// turns out to have been another.
func approvedTwice(t teller) Story {
	t.name = "approval"
	id := t.shipment(1)
	arrival := func(clock, reported string) domain.Command {
		return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: 2, Kind: domain.ArrivedDelivery, At: t.at(delivery, clock), ReportedAt: t.at(delivery, reported)}}
	}
	return t.story("an approval dies when what the approver saw changes", paidUp("1080.00", "0.00", "1080.00"),
		Step{Note: "detention is approved", Commands: commands(domain.ReleaseOrder{OrderReleased: t.order(1)}, t.freight(1, "1000.00"),
			arrival("09:10", "09:15"), t.enter(1, "DET", domain.Accessorial, "DET", "80.00"), t.approve(1, "DET", "80.00"))},
		Step{Note: "the arrival is corrected, and the freight delivered", Commands: commands(append([]domain.Command{arrival("10:05", "16:00")}, t.delivered(1, delivery)...)...)},
		Step{Note: "approved anew", Commands: commands(t.approve(1, "DET", "80.00"))},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 1), "1080.00", inMarch}}})
}
