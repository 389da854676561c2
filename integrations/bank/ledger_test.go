package bank_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

func request(what string) eventstore.Request {
	return eventstore.Request{ID: inbox.Correlation(what), Correlation: inbox.Correlation(what), Actor: "test"}
}

// notes of a statement's item.
func notes(d *desk, item string) string {
	var all []string
	for _, m := range of[domain.MessageApplied](d) {
		if m.Item == item {
			all = append(all, m.Notes...)
		}
	}
	return strings.Join(all, "\n")
}

func TestAStatementBecomesPaymentsOnce(t *testing.T) {
	d := open(t)
	content := sample(t, "camt.053.001.08.xml")

	// When a statement is taken in
	report := d.camt(content)

	// Then its receipts are payments, its return has reversed one, and what
	// nobody can tell is a dead letter
	require.Len(t, report.Refused, 1)
	require.Equal(t, []string{"entry 8", bank.CodeUnknownPayer}, []string{report.Refused[0].Item, report.Refused[0].Code})
	received := map[string]string{}
	for _, e := range of[domain.PaymentReceived](d) {
		received[e.Document] = fmt.Sprint(e.Amount, " of ", e.Customer, " for ", e.Invoice)
		require.Equal(t, "2026-03-02", e.Date)
		require.Equal(t, "bank DE89370400440532013000", e.Source)
	}
	require.Equal(t, map[string]string{
		"BK-1001":         "900.00 EUR of MILL for INV-2026-000001",
		"BK-1002":         "1500.00 EUR of PRINTER for INV-2026-000002",
		"BK-1003/T-1003A": "100.00 EUR of MILL for 539007547034",
		"BK-1003/T-1003B": "200.00 EUR of PRINTER for ",
		"BK-1005":         "250.00 EUR of PRINTER for ",
		"BK-1009":         "100.00 EUR of PRINTER for INV-2026-000003",
	}, received)
	reversed := of[domain.PaymentReversed](d)
	require.Len(t, reversed, 1)
	require.Equal(t, "AM04 insufficient funds", reversed[0].Reason)
	require.Equal(t, "BK-1006", reversed[0].Document)
	require.Equal(t, "250.00 EUR", reversed[0].Amount.String())
	require.Equal(t, `9 entries, booked 2825.50 EUR: from 10000.00 EUR to 12825.50 EUR
6 received 3050.00 EUR, 1 reversed -250.00 EUR, 1 held 40.00 EUR, 2 not a receipt -14.50 EUR, 1 pending 77.00 EUR
gap: statement 41, the one before, was not taken in`, notes(d, "statement DE89370400440532013000/2026/42"))
	kept := of[domain.MessagePart](d)
	require.Equal(t, string(content), string(kept[0].Content), "byte for byte")

	// And when it comes again, under whatever name, nothing changes
	head := d.head()
	again := d.take(bank.Camt053Channel, "copy.xml", content)
	require.True(t, again.Known)
	require.Zero(t, again.Applied)
	require.Equal(t, head, d.head())

	// And when it comes in other bytes, only the message is new
	again = d.camt([]byte(strings.Replace(string(content), "Account fees of February", "Fees", 1)))
	require.Len(t, of[domain.PaymentReceived](d), 6)
	require.Len(t, of[domain.PaymentReversed](d), 1)
	require.Len(t, of[domain.RemittanceAnnounced](d), 2)
	require.Zero(t, again.Applied)
}

func TestTheReportSaysBeforehandWhatATakeComesTo(t *testing.T) {
	d := open(t)
	content := sample(t, "camt.053.001.08.xml")
	head := d.head()
	before := d.report(content)
	require.Equal(t, head, d.head(), "a report changes nothing")
	d.camt(content)
	after := d.report(content)
	for i, l := range before.Statements[0].Lines {
		want := l.Outcome
		if want == bank.Received || want == bank.Reversed {
			want = bank.Repeated
		}
		require.Equal(t, want, after.Statements[0].Lines[i].Outcome, l.Item)
	}
}

func TestCamtAndCSVOfOneDayAreTheSamePayments(t *testing.T) {
	camt := func(d *desk) inbox.Report { return d.camt(sample(t, "camt.053.001.08.xml")) }
	csv := func(d *desk) inbox.Report {
		return d.take(profile(t, "semicolon").Channel(), "semicolon.csv", sample(t, "semicolon.csv"))
	}
	for name, order := range map[string][]func(*desk) inbox.Report{"camt first": {camt, csv}, "CSV first": {csv, camt}} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			order[0](d)
			order[1](d)
			byDocument := map[string]int{}
			for _, e := range of[domain.PaymentReceived](d) {
				byDocument[e.Document]++
			}
			require.Equal(t, 1, byDocument["BK-1001"])
			require.Equal(t, 1, byDocument["BK-1002"])
			require.Len(t, of[domain.PaymentReceived](d), 6+2, "six of the statement, two of the next day")
		})
	}
}

func TestEqualRowsOfAFileAreTwoPaymentsAndOfTwoFilesTheSame(t *testing.T) {
	d := open(t)
	p := profile(t, "semicolon")
	rows := strings.Split(strings.TrimSpace(string(sample(t, "semicolon.csv"))), "\r\n")
	equal := func(n int) []byte {
		list := append([]string{rows[0]}, rows[1])
		for range n {
			list = append(list, rows[4])
		}
		return []byte(strings.Join(list, "\r\n"))
	}
	taken := func() int { return len(of[domain.PaymentReceived](d)) }

	// Given a file with two equal rows without a reference
	d.take(p.Channel(), "a.csv", equal(2))
	require.Equal(t, 1+2, taken())
	// When a file has one of them, or the two, again
	d.take(p.Channel(), "b.csv", equal(1))
	d.take(p.Channel(), "c.csv", append(equal(2), "\r\n"...))
	// Then nothing is new; a third one is
	require.Equal(t, 1+2, taken())
	d.take(p.Channel(), "d.csv", equal(3))
	require.Equal(t, 1+3, taken())
	var documents []string
	for _, e := range of[domain.PaymentReceived](d) {
		documents = append(documents, e.Document)
	}
	require.Contains(t, strings.Join(documents, " "), "#2")
	require.Contains(t, strings.Join(documents, " "), "#3")
}

func TestAReferenceThatTheBankGivesAgainOnAnotherDayIsAnotherPayment(t *testing.T) {
	d := open(t)
	d.camt(document(t, written{sequence: 1, list: []movement{{amount: "10", reference: "0001", name: "Paper Mill"}}}))
	d.camt(document(t, written{sequence: 2, list: []movement{{amount: "10", reference: "0001", name: "Paper Mill", day: "2026-03-03"}}}))
	require.Len(t, of[domain.PaymentReceived](d), 2)
	// And another amount under the same reference and day is a contradiction
	report := d.camt(document(t, written{sequence: 3, list: []movement{{amount: "11", reference: "0001", name: "Paper Mill"}}}))
	require.Equal(t, bank.CodeConflict, report.Refused[0].Code)
}

func TestAHeldReceiptIsReplayedOnceItsPayerIsKnown(t *testing.T) {
	d := open(t)
	content := document(t, written{sequence: 1, list: []movement{{amount: "40", reference: "R", name: "Unlisted Traders"}}})
	report := d.camt(content)
	require.Equal(t, "entry 1", report.Refused[0].Item)
	require.Contains(t, report.Refused[0].Remedy, "add the payer")

	// When the payer is added and the item is replayed
	known, err := bank.ReadDirectory(strings.NewReader(`{"names":{"unlisted traders":"NEW"}}`))
	require.NoError(t, err)
	d.mapper.Payers = known
	replayed, err := d.inbox.Replay(t.Context(), report.Message, "entry 1", content, d.mapper.Camt053)

	// Then it is received
	require.NoError(t, err)
	require.Equal(t, 1, replayed.Applied)
	received := of[domain.PaymentReceived](d)
	require.Len(t, received, 1)
	require.Equal(t, domain.CustomerID("NEW"), received[0].Customer)
}

func TestAReversalFindsThePaymentThatItNames(t *testing.T) {
	receipt := movement{amount: "10", reference: "R1", endToEnd: "E1", name: "Paper Mill"}
	back := movement{amount: "-10", reference: "R9", endToEnd: "E1", within: "<RvslInd>true</RvslInd>"}
	take := func(d *desk, sequence int, list ...movement) inbox.Report {
		return d.camt(document(t, written{sequence: sequence, list: list}))
	}
	t.Run("of an earlier statement", func(t *testing.T) {
		d := open(t)
		take(d, 1, receipt)
		require.Empty(t, take(d, 2, back).Refused)
		require.Len(t, of[domain.PaymentReversed](d), 1)
		// And another statement that says so changes nothing
		require.Empty(t, take(d, 3, back).Refused)
		require.Len(t, of[domain.PaymentReversed](d), 1)
	})
	t.Run("by the bank's reference", func(t *testing.T) {
		d := open(t)
		take(d, 1, receipt)
		require.Empty(t, take(d, 2, movement{amount: "-10", reference: "R1", within: "<RvslInd>true</RvslInd>"}).Refused)
		require.Len(t, of[domain.PaymentReversed](d), 1)
	})
	t.Run("with an advice of its own", func(t *testing.T) {
		d := open(t)
		advised := receipt
		advised.more = `<RmtInf><Strd><RfrdDocInf><Nb>A-1</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="EUR">10</RmtdAmt></RfrdDocAmt></Strd></RmtInf>`
		take(d, 1, advised)
		require.Len(t, of[domain.RemittanceAnnounced](d), 1)
		require.Empty(t, take(d, 2, back).Refused)
		require.Len(t, of[domain.PaymentReversed](d), 1)
	})
	t.Run("that was allocated, which names its invoices", func(t *testing.T) {
		d := open(t)
		take(d, 1, receipt)
		id := of[domain.PaymentReceived](d)[0].Payment
		_, err := d.exec.Execute(t.Context(), domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: id, Date: "2026-03-02",
			Allocations: []domain.Allocation{{Invoice: "I1", Amount: amount(t, "10 EUR")}}}}, request("allocate"))
		require.NoError(t, err)
		take(d, 2, back)
		require.Equal(t, []domain.InvoiceID{"I1"}, of[domain.PaymentReversed](d)[0].Invoices)
	})
	t.Run("before its receipt is known it is held, then replayed", func(t *testing.T) {
		d := open(t)
		content := document(t, written{sequence: 2, list: []movement{back}})
		held := d.camt(content)
		require.Equal(t, bank.CodeUnknownPayment, held.Refused[0].Code)
		take(d, 1, receipt)
		replayed, err := d.inbox.Replay(t.Context(), held.Message, "entry 1", content, d.mapper.Camt053)
		require.NoError(t, err)
		require.Equal(t, 1, replayed.Applied)
		require.Len(t, of[domain.PaymentReversed](d), 1)
	})
	t.Run("of a receipt that is held", func(t *testing.T) {
		d := open(t)
		unknown := receipt
		unknown.name = "Unlisted Traders"
		report := take(d, 1, back, unknown)
		require.Len(t, report.Refused, 2)
		require.Equal(t, []string{bank.CodeUnknownPayment, bank.CodeUnknownPayer}, []string{report.Refused[0].Code, report.Refused[1].Code})
		require.Contains(t, report.Refused[0].Reason, "is held")
	})
	t.Run("of a part is held", func(t *testing.T) {
		d := open(t)
		take(d, 1, receipt)
		part := back
		part.amount = "-4"
		report := take(d, 2, part)
		require.Equal(t, bank.CodePartial, report.Refused[0].Code)
		require.Empty(t, of[domain.PaymentReversed](d))
	})
	t.Run("of one of two is held", func(t *testing.T) {
		d := open(t)
		second := receipt
		second.reference = "R2"
		take(d, 1, receipt, second)
		report := take(d, 2, back)
		require.Equal(t, bank.CodeAmbiguous, report.Refused[0].Code)
		require.Empty(t, of[domain.PaymentReversed](d))
	})
	t.Run("twice in a statement is held once", func(t *testing.T) {
		d := open(t)
		other := back
		other.reference = "R8"
		report := take(d, 1, receipt, back, other)
		require.Equal(t, bank.CodeAmbiguous, report.Refused[0].Code)
		require.Len(t, of[domain.PaymentReversed](d), 1)
	})
}

func TestABatchThatWasReceivedAsAWholeIsNotReceivedInParts(t *testing.T) {
	d := open(t)
	take := `<TxDtls><Refs><EndToEndId>%s</EndToEndId></Refs><Amt Ccy="EUR">%s</Amt><RltdPties><Dbtr><Pty><Nm>Paper Mill</Nm></Pty></Dbtr></RltdPties></TxDtls>`
	d.camt(document(t, written{sequence: 1, list: []movement{{amount: "30", reference: "R", name: "Paper Mill"}}}))
	report := d.camt(document(t, written{sequence: 2, list: []movement{{amount: "30", reference: "R", batch: fmt.Sprintf(take+take, "A", "10", "B", "20")}}}))
	require.Len(t, report.Refused, 2)
	require.Equal(t, bank.CodeConflict, report.Refused[0].Code)
	require.Len(t, of[domain.PaymentReceived](d), 1)
}

func TestGapsAndRepetitionsAreToldApart(t *testing.T) {
	day := func(sequence int, opening string) written {
		return written{sequence: sequence, opening: opening, list: []movement{{amount: "10", reference: fmt.Sprint("R", sequence), name: "Paper Mill"}}}
	}
	item := func(n int) string { return fmt.Sprintf("statement DE89370400440532013000/2026/%d", n) }
	t.Run("over several files", func(t *testing.T) {
		d := open(t)
		first := d.camt(document(t, day(1, "0")))
		d.camt(document(t, day(2, "10")))
		d.camt(document(t, day(4, "30")))
		require.NotContains(t, notes(d, item(1)), "gap")
		require.NotContains(t, notes(d, item(2)), "gap")
		require.Contains(t, notes(d, item(4)), "gap: statement 3, the one before, was not taken in")
		// When one comes again with a movement more
		again := day(1, "0")
		again.list = append(again.list, movement{amount: "5", reference: "R1b", name: "Paper Mill"})
		d.camt(document(t, again))
		// Then it is named as a repetition, and the movement counts
		require.Contains(t, notes(d, item(1)), "repeated: message "+string(first.Message)+" has brought it before")
		require.Len(t, of[domain.PaymentReceived](d), 4)
		require.NotContains(t, notes(d, item(1)), "gap")
	})
	t.Run("in one file", func(t *testing.T) {
		d := open(t)
		d.mapper.Statements = nil
		report := d.camt(document(t, day(7, "10"), day(5, "0"), day(8, "20"), day(5, "0"), written{sequence: 8, opening: "20", list: []movement{{amount: "11"}}}, day(9, "31")))
		require.Contains(t, notes(d, item(7)), "gap: statement 6")
		require.NotContains(t, notes(d, item(5)), "gap")
		require.Equal(t, 1, strings.Count(notes(d, item(5)), "entries"))
		require.Contains(t, notes(d, item(5)+"#2"), "repeated: the file has it before")
		require.Contains(t, notes(d, item(5)+"#2"), "1 repeated 10.00 EUR")
		require.NotContains(t, notes(d, item(8)), "gap")
		require.Len(t, report.Refused, 1)
		require.Equal(t, []string{item(8) + "#2", bank.CodeConflict}, []string{report.Refused[0].Item, report.Refused[0].Code})
		require.Len(t, of[domain.PaymentReceived](d), 4, "5, 7, 8 and 9 have one each")
	})
	t.Run("an opening that is not the closing before", func(t *testing.T) {
		d := open(t)
		d.camt(document(t, day(1, "0"), day(2, "11")))
		require.Contains(t, notes(d, item(2)), "it opens with 11.00 EUR, statement 1 closes with 10.00 EUR")
	})
	t.Run("without numbers", func(t *testing.T) {
		d := open(t)
		d.camt(document(t, day(0, "0")))
		require.Contains(t, notes(d, "statement DE89370400440532013000/STM-0"), "no sequence number")
	})
}

func TestADeadStoreIsNoRefusal(t *testing.T) {
	d := open(t)
	require.NoError(t, d.store.Close())
	_, err := d.mapper.Camt053(t.Context(), "m", sample(t, "camt.053.001.08.xml"))
	var f *bank.Fault
	require.Error(t, err)
	require.NotErrorAs(t, err, &f)
}

func TestAnUnadoptedAccountRefusesTheFileUntilItIsAdopted(t *testing.T) {
	d := open(t)
	content := document(t, written{account: "NL91ABNA0417164300", sequence: 1, list: []movement{{amount: "10", reference: "R", name: "Paper Mill"}}})
	report := d.camt(content)
	require.Equal(t, []string{inbox.WholeMessage, bank.CodeUnknownAccount}, []string{report.Refused[0].Item, report.Refused[0].Code})
	require.Empty(t, of[domain.PaymentReceived](d))

	d.do(domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: "NL91ABNA0417164300", By: "treasury",
		BankTerms: domain.BankTerms{From: "2026-01-01", Source: domain.CashFromBank, Currency: "EUR", GL: "1020"}}})
	require.Empty(t, d.camt(content).Refused)
	received := of[domain.PaymentReceived](d)[0]
	require.Equal(t, []any{domain.BankAccountID("NL91ABNA0417164300"), domain.Account("1020"), true}, []any{received.Account, received.GL, received.Own})
}

func TestWhatTheERPBooksIsNotedAndNotReceived(t *testing.T) {
	d := open(t)
	d.adopt(domain.BankTerms{From: "2026-03-02", Source: domain.CashFromERP, Currency: "EUR", GL: "1010"})
	entries := []movement{{amount: "10", reference: "R1", endToEnd: "E1", name: "Paper Mill", day: "2026-03-01"}, {amount: "20", reference: "R2", endToEnd: "E2", name: "Paper Mill", text: "INV-2026-000001"}}
	content := document(t, written{sequence: 1, list: entries})
	require.Empty(t, d.camt(content).Refused)

	// Then the day before is the statement's, the next the ERP's
	received := of[domain.PaymentReceived](d)
	require.Len(t, received, 1)
	require.Equal(t, "R1", received[0].Document)
	noted := of[domain.MovementNoted](d)
	require.Len(t, noted, 1)
	require.Equal(t, domain.CashFromERP, noted[0].BookedBy)
	require.Equal(t, []string{"E2", "R2", "INV-2026-000001"}, noted[0].References)
	require.Equal(t, "20.00 EUR", noted[0].Amount.String())
	require.Equal(t, string(bank.PaymentID(account, "2026-03-02", "R2")), string(noted[0].Movement))
	require.Len(t, of[domain.StatementTaken](d), 1)

	// And in other bytes nothing is new
	before := len(of[domain.MovementNoted](d)) + len(of[domain.StatementTaken](d))
	d.camt(append(content, ' '))
	require.Equal(t, before, len(of[domain.MovementNoted](d))+len(of[domain.StatementTaken](d)))
}

func TestWhatTheERPBookedBeforeTheFirstDayIsNotBookedAgain(t *testing.T) {
	d := open(t)
	d.do(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "RCPT-1", Customer: "MILL", Document: "RCPT-1", Reference: "E1", Amount: amount(t, "10.00 EUR"), Date: "2025-12-31", Source: "books", GL: "1010"}})
	same := movement{amount: "10", reference: "R1", endToEnd: "E1", name: "Paper Mill", day: "2026-01-02"}
	other := movement{amount: "10", reference: "R2", endToEnd: "E2", name: "Paper Mill", day: "2026-01-02"}
	d.camt(document(t, written{sequence: 1, list: []movement{same, other}}))
	require.Len(t, of[domain.PaymentReceived](d), 2, "the ERP's, and the one of another reference")
	require.Equal(t, domain.CashFromERP, of[domain.MovementNoted](d)[0].BookedBy)
	// And what the ERP booked is reversed where it was booked
	report := d.camt(document(t, written{sequence: 2, opening: "20", list: []movement{{amount: "-10", reference: "R9", endToEnd: "E1", within: "<RvslInd>true</RvslInd>"}}}))
	require.Contains(t, report.Refused[0].Reason, "RCPT-1 of this reference was booked elsewhere")
}

func TestFeesAndUnknownPayersAreNotedOnce(t *testing.T) {
	d := open(t)
	fee := movement{amount: "-4.50", within: "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>"}
	unknown := movement{amount: "40", reference: "R", name: "Unlisted Traders"}
	salary := movement{amount: "-9", reference: "S"}
	d.camt(document(t, written{sequence: 1, list: []movement{fee, fee, unknown, salary}}))
	kinds := map[domain.MovementKind]int{}
	for _, m := range of[domain.MovementNoted](d) {
		kinds[m.Kind]++
		require.Empty(t, m.BookedBy)
	}
	require.Equal(t, map[domain.MovementKind]int{domain.MovementFee: 2, domain.MovementReceipt: 1}, kinds, "two equal fees are two, a salary is nobody's worry")
	d.camt(document(t, written{sequence: 1, page: "<ElctrncSeqNb/>", list: []movement{fee, fee, unknown, salary}}))
	require.Len(t, of[domain.MovementNoted](d), 3)

	// When a clerk says whose payment it is, and the item is replayed
	id := domain.MovementID(bank.PaymentID(account, "2026-03-02", "R"))
	d.do(domain.AssignMovement{MovementAssigned: domain.MovementAssigned{Movement: id, Customer: "TRADER", By: "finance desk"}})
	content := document(t, written{sequence: 1, list: []movement{fee, fee, unknown, salary}})
	require.Empty(t, d.camt(content).Refused)
	require.Equal(t, domain.CustomerID("TRADER"), of[domain.PaymentReceived](d)[0].Customer)
}
