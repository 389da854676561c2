package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/stretchr/testify/require"
)

const (
	firstAccount  = "DE89370400440532013000"
	secondAccount = "NL91ABNA0417164300"
)

// cashPage is docs/CASH.md: its commands and its files.
type cashPage struct {
	commands []string
	files    map[string]string
}

func readCashPage(t testing.TB) cashPage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "CASH.md"))
	require.NoError(t, err)
	page := cashPage{files: map[string]string{}}
	for _, part := range fence.FindAllStringSubmatch(string(text), -1) {
		switch {
		case part[1] == "sh":
			page.commands = append(page.commands, strings.Split(strings.TrimSpace(part[3]), "\n")...)
		case part[2] != "":
			page.files[part[2]] = part[3]
		}
	}
	require.NotEmpty(t, page.commands)
	return page
}

// owed is an office whose customer owes 100, 200 and 300 USD, in the ERP's books.
func owed(t testing.TB) *office {
	o := newOffice(t).withERP()
	lines := []historyLine{{id: "1", asn: "ASN-1", delivered: "2-Apr-06", recorded: "2-Apr-06", freight: "100"},
		{id: "2", asn: "ASN-2", delivered: "2-May-06", recorded: "2-May-06", freight: "200"},
		{id: "3", asn: "ASN-3", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "300"}}
	for i, line := range lines { // one after the other, so that their numbers follow
		file := o.write(fmt.Sprintf("history-%d.csv", i), historyLines(line))
		if i == 0 {
			o.must("sandbox-erp", "customers", "--scms", file)
		}
		o.must("import", "scms", file)
	}
	return o
}

func (o *office) write(name, text string) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	require.NoError(o.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// atERP sends the sandbox ERP a request of its own clerks.
func (o *office) atERP(method, path, body string) {
	o.t.Helper()
	request, err := http.NewRequestWithContext(o.t.(*testing.T).Context(), method, o.erp+path, strings.NewReader(body))
	require.NoError(o.t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(o.t, err)
	defer answer.Body.Close()
	require.Less(o.t, answer.StatusCode, 300)
}

// bankEntry is an entry of a statement to be written.
type bankEntry struct{ amount, reference, endToEnd, payer, text, more string }

// bankStatement writes a camt.053 file.
func bankStatement(account, day string, sequence int, opening, closing string, entries ...bankEntry) string {
	side := func(amount string) (string, string) {
		if rest, debit := strings.CutPrefix(amount, "-"); debit {
			return rest, "DBIT"
		}
		return amount, "CRDT"
	}
	balance := func(kind, amount string) string {
		value, way := side(amount)
		return fmt.Sprintf(`<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy="USD">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>`, kind, value, way, day)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>
<Stmt><Id>S%d</Id><ElctrncSeqNb>%d</ElctrncSeqNb><Acct><Id><IBAN>%s</IBAN></Id></Acct>%s%s`, sequence, sequence, account, balance("OPBD", opening), balance("CLBD", closing))
	for _, e := range entries {
		value, way := side(e.amount)
		fmt.Fprintf(&b, `<Ntry><Amt Ccy="USD">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt><AcctSvcrRef>%s</AcctSvcrRef><NtryDtls><TxDtls>`, value, way, day, e.reference)
		if e.endToEnd != "" {
			fmt.Fprintf(&b, "<Refs><EndToEndId>%s</EndToEndId></Refs>", e.endToEnd)
		}
		fmt.Fprintf(&b, "<RltdPties><Dbtr><Pty><Nm>%s</Nm></Pty></Dbtr></RltdPties>%s<RmtInf><Ustrd>%s</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>", e.payer, e.more, e.text)
	}
	return b.String() + "</Stmt></BkToCstmrStmt></Document>"
}

type (
	movementRow struct {
		Movement, Account, Kind, Reason, End string
		Amount                               amount
	}
	paymentRow struct {
		ID, Customer, Status, Account, GL, Match, Advises string
		Received, Unapplied                               amount
	}
	invoiceRow struct {
		Number, Status string
		Open           amount
	}
)

func (o *office) open() map[string]string {
	o.t.Helper()
	left := map[string]string{}
	for _, v := range ask[[]invoiceRow](o, "list", "invoices") {
		left[v.Number] = v.Open.Amount
	}
	return left
}

func (o *office) unassigned() map[string]movementRow {
	o.t.Helper()
	byAmount := map[string]movementRow{}
	for _, m := range ask[[]movementRow](o, "list", "receipts", "--unassigned") {
		byAmount[m.Amount.Amount] = m
	}
	return byAmount
}

// agrees asks that the ERP's books are what the history says.
func (o *office) agrees() {
	o.t.Helper()
	report := ask[reconciliation](o, "reconcile")
	require.Zero(o.t, report.BreakCount, report.Breaks)
	require.Zero(o.t, report.InFlight.Count)
	for _, tie := range report.TieOut {
		require.Equal(o.t, "0.00", tie.Difference.Amount, "%s %s", tie.Account, tie.Period)
	}
	require.Contains(o.t, o.must("recompute").out, "0 differ")
}

// happened asks that events of these types were recorded.
func (o *office) happened(types ...domain.Event) {
	o.t.Helper()
	store, err := openHistory(o.t.(*testing.T).Context(), "", o.data, false, slog.New(slog.DiscardHandler))
	require.NoError(o.t, err)
	defer store.Close()
	seen := map[string]bool{}
	for r, err := range store.ReadAll(o.t.(*testing.T).Context(), eventstore.Start) {
		require.NoError(o.t, err)
		seen[r.Type] = true
	}
	for _, e := range types {
		require.True(o.t, seen[e.EventType()], e.EventType())
	}
}

func TestTheExampleOfTheCashPageRunsAndTheBooksAgree(t *testing.T) {
	o := owed(t)
	page := readCashPage(t)
	for name, text := range page.files {
		o.write(name, text)
	}
	for _, line := range page.commands {
		args := strings.Fields(line)[1:]
		for i, arg := range args {
			if _, known := page.files[arg]; known {
				args[i] = filepath.Join(o.dir, arg)
			}
		}
		a := o.run(args...)
		if args[0] == "import" && args[1] == "camt053" {
			require.Equal(t, exitRefused, a.code, "%s%s", a.out, a.errs)
			require.Contains(t, a.out, "Unlisted Traders")
			continue
		}
		require.Zero(t, a.code, "%s: %s%s", line, a.out, a.errs)
	}

	// Then one invoice is paid in full, one short with the advice's reason
	require.Equal(t, map[string]string{"INV-2006-000001": "0.00", "INV-2006-000002": "15.00", "INV-2006-000003": "300.00"}, o.open())
	statement := o.must("list", "statement", "--customer", "100-CI-T01", "--from", "2006-07-01", "--as-of", "2006-07-31").out
	require.Contains(t, statement, "-185.00")
	require.Contains(t, o.must("search", "INV-2006-000002-S1").out, "dispute")
	require.Contains(t, o.must("list", "receipts").out, firstAccount)
	o.agrees()

	// And when the unknown payer is assigned, its receipt counts, too
	left := o.unassigned()
	require.Len(t, left, 2)
	require.Equal(t, "fee", left["-4.50"].Kind)
	o.must("assign", left["40.00"].Movement, "--customer", "100-CI-T01", "--remember")
	require.Len(t, ask[[]paymentRow](o, "list", "receipts"), 3)
	o.must("assign", left["-4.50"].Movement, "--nobody", "--reason", "booked in the ERP")
	require.Empty(t, o.unassigned())
	require.Contains(t, o.must("dead-letters", "list").out, "no dead letters")
	o.agrees()

	// And importing everything again adds no event
	before := events(o)
	o.must("import", "camt053", filepath.Join(o.dir, "first.xml"))
	o.must("import", "edi", filepath.Join(o.dir, "advice.x12"))
	require.Equal(t, before, events(o))
	o.happened(domain.BankAccountAdopted{}, domain.PayerAttributed{}, domain.StatementTaken{}, domain.MovementNoted{}, domain.MovementAssigned{}, domain.MovementEnded{}, domain.RemittanceMatched{})
}

func TestAReturnedPaymentAnOverlapAndAnAdviceThatComesLate(t *testing.T) {
	o := owed(t)
	page := readCashPage(t)
	o.must("bank", "adopt", firstAccount, "--source", "bank", "--from", "2006-07-01")
	o.must("bank", "payer", firstAccount, "--name", "Project T01", "--customer", "100-CI-T01")
	first := bankEntry{amount: "100.00", reference: "BK-1", endToEnd: "E-1", payer: "Project T01", text: "INV-2006-000001"}
	o.must("import", "camt053", o.write("1.xml", bankStatement(firstAccount, "2006-07-20", 1, "0", "100.00", first)))
	require.Equal(t, "0.00", o.open()["INV-2006-000001"])

	// When the bank takes it back, and pays in what no advice explains yet
	back := bankEntry{amount: "-100.00", reference: "BK-9", endToEnd: "E-1", payer: "Project T01", more: "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"}
	short := bankEntry{amount: "185.00", reference: "BK-10", payer: "Project T01"}
	o.must("import", "camt053", o.write("3.xml", bankStatement(firstAccount, "2006-07-21", 3, "100.00", "185.00", back, short)))

	// Then the invoice is open again, the rest is unapplied, a gap is named
	require.Equal(t, "100.00", o.open()["INV-2006-000001"])
	require.Contains(t, o.must("list", "payments").out, "185.00")
	require.Contains(t, o.must("list", "bank-statements").out, "statements 2 to 2 are missing")
	o.agrees()

	// When the advice comes, under a reference that the bank did not carry
	o.must("import", "edi", o.write("advice.x12", page.files["advice.x12"]))
	require.Equal(t, "15.00", o.open()["INV-2006-000002"])
	var advised []string
	for _, p := range ask[[]paymentRow](o, "list", "receipts") {
		advised = append(advised, p.Status+" "+p.Received.Amount)
	}
	require.ElementsMatch(t, []string{"reversed 100.00", "received 185.00"}, advised)

	// And the same day comes as CSV: nothing is new but the file
	o.write("semicolon.json", `{"name":"plain","encoding":"utf-8","delimiter":";","header":true,"dates":"YYYY-MM-DD","decimal":".","sign":"minus","account":"`+firstAccount+`","currency":"USD",
		"columns":{"booked":"day","amount":"amount","reference":"reference","payer_name":"payer","text":["text"]}}`)
	csv := o.write("day.csv", "day;amount;reference;payer;text\n2006-07-20;100.00;BK-1;Project T01;INV-2006-000001\n2006-07-21;185.00;BK-10;Project T01;\n")
	report := ask[importAnswer](o, "import", "bank-csv", csv, "--profile", filepath.Join(o.dir, "semicolon.json"))
	require.Equal(t, 1, report.Messages[0].Applied, "the statement itself")
	require.Len(t, ask[[]paymentRow](o, "list", "receipts"), 2)
	o.agrees()
	o.happened(domain.StatementProfileAdopted{}, domain.PaymentReversed{})
}

func TestEachAccountHasOneSourceOfCash(t *testing.T) {
	o := owed(t)
	o.atERP("PUT", "/accounts/1010", `{"name":"Second bank","type":"asset"}`)
	receipt := func(account, amount, date, reference, invoice string) {
		o.atERP("POST", "/receipts", fmt.Sprintf(`{"customer":"100-CI-T01","amount":%q,"currency":"USD","date":%q,"reference":%q,"account":%q,"invoice":%q}`, amount, date, reference, account, invoice))
	}
	// Given an ERP that books receipts of accounts that nobody adopted
	receipt("1000", "100.00", "2006-06-20", "W-1", "INV-2006-000001")
	o.must("settle")
	require.Equal(t, "0.00", o.open()["INV-2006-000001"])

	// Then the bank's statements cannot have the same days, by whatever way it is asked
	late := o.run("bank", "adopt", firstAccount, "--source", "bank", "--from", "2006-06-01")
	require.NotZero(t, late.code)
	require.Contains(t, late.errs, "2006-06-20")
	body := fmt.Sprintf(`{"account":%q,"source":"bank","from":"2006-06-01","currency":"USD","gl":"1000","by":"finance"}`, firstAccount)
	require.Contains(t, o.run("command", "AdoptBankAccount", body).errs, "2006-06-20")
	asked := o.run("import", "desk", o.write("adopt.jsonl", `{"command":"AdoptBankAccount","body":`+body+"}\n"))
	require.Equal(t, exitRefused, asked.code)
	require.Contains(t, asked.out, "2006-06-20")
	served := o.start("serve", "--addr", "127.0.0.1:0")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, served.at("freightledger at ", ",")+"/commands/AdoptBankAccount", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "5f0e9a55-6b1b-4d52-9a55-0c6f3f6f7a11")
	request.Header.Set("X-Actor", "finance")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, errors.Join(err, answer.Body.Close()))
	require.Equal(t, http.StatusConflict, answer.StatusCode, "%s", text)
	require.Contains(t, string(text), "2006-06-20")
	served.stop(t)
	// and a statement of an account that nobody adopted waits for somebody
	file := o.write("1.xml", bankStatement(firstAccount, "2006-07-20", 1, "0", "200.00", bankEntry{amount: "200.00", reference: "BK-1", endToEnd: "W-2", payer: "Project T01", text: "INV-2006-000002"}))
	require.Equal(t, exitRefused, o.run("import", "camt053", file).code)

	// When one account is adopted for its statements, another for the ERP
	o.must("bank", "adopt", firstAccount, "--source", "bank", "--from", "2006-07-01")
	o.must("bank", "payer", firstAccount, "--name", "Project T01", "--customer", "100-CI-T01")
	o.must("bank", "adopt", secondAccount, "--source", "erp", "--from", "2006-07-01", "--gl", "1010")
	require.Equal(t, exitRefused, o.run("dead-letters", "replay", "--all").code, "the adoption from June on is refused again")
	require.Equal(t, "0.00", o.open()["INV-2006-000002"])
	o.must("import", "camt053", o.write("2.xml", bankStatement(secondAccount, "2006-07-20", 1, "0", "300.00", bankEntry{amount: "300.00", reference: "NL-1", payer: "Project T01", text: "INV-2006-000003"})))

	// Then the second account's receipt waits for the ERP's
	require.Equal(t, "300.00", o.open()["INV-2006-000003"])
	require.Contains(t, o.unassigned()["300.00"].Reason, "the ERP books the receipts")
	receipt("1010", "300.00", "2006-07-21", "whatever", "INV-2006-000003")
	o.must("settle")
	require.Equal(t, "0.00", o.open()["INV-2006-000003"])
	require.Empty(t, o.unassigned())
	o.agrees()
	for _, p := range ask[[]paymentRow](o, "list", "receipts") {
		if p.GL == "1010" {
			require.NotEmpty(t, p.Match)
			require.Empty(t, p.Account)
		}
	}

	// When the ERP dates before the first day what a statement has booked after it
	o.must("import", "camt053", o.write("0.xml", bankStatement(firstAccount, "2006-07-02", 2, "200.00", "270.00", bankEntry{amount: "70.00", reference: "BK-2", endToEnd: "W-9", payer: "Project T01"})))
	receipt("1000", "70.00", "2006-06-30", "W-9", "")
	o.must("settle")

	// Then their reference tells that it is one receipt
	require.Len(t, ask[[]paymentRow](o, "list", "receipts"), 4)
	require.Empty(t, o.unassigned())

	// When the ERP books what the first account's statement has booked
	receipt("1000", "200.00", "2006-07-22", "W-2", "INV-2006-000002")
	o.must("settle")

	// Then it is matched and counts once here; the ERP holds it twice, and is told so
	require.Len(t, ask[[]paymentRow](o, "list", "receipts"), 4)
	require.Empty(t, o.unassigned())
	a := o.run("reconcile", "--json")
	require.Equal(t, exitBreaks, a.code)
	report := decode[reconciliation](t, a)
	require.Equal(t, 2, report.BreakCount)
	require.Equal(t, []string{"RCPT-00000003", "RCPT-00000004"}, []string{report.Breaks[0].Number, report.Breaks[1].Number})
	o.happened(domain.ReceiptMatched{})
}
