package bank_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/stretchr/testify/require"
)

func read(content []byte) (statements []*bank.Statement, entries []*bank.Entry, err error) {
	statements, err = bank.ReadCamt053(bytes.NewReader(content), bank.Limits{}, func(_ *bank.Statement, e *bank.Entry) error {
		entries = append(entries, e)
		return nil
	})
	return statements, entries, err
}

func TestStatementsOfEachVersionAreReadAlike(t *testing.T) {
	for _, version := range []string{"camt.053.001.02", "camt.053.001.04", "camt.053.001.08"} {
		t.Run(version, func(t *testing.T) {
			statements, entries, err := read(sample(t, version+".xml"))
			require.NoError(t, err)
			require.Len(t, statements, 1)
			require.Nil(t, statements[0].Fault)
			require.Equal(t, version, statements[0].Format)
			golden(t, version+".statement.json", struct {
				Statement *bank.Statement
				Entries   []*bank.Entry
			}{statements[0], entries})
		})
	}
}

func TestAFileOfAnotherKindIsNamed(t *testing.T) {
	ours := string(sample(t, "camt.053.001.08.xml"))
	for name, c := range map[string]struct{ content, code, words string }{
		"an interim report":     {strings.Replace(ours, "camt.053.001.08", "camt.052.001.08", 1), bank.CodeVersion, "interim report"},
		"a notification":        {strings.Replace(ours, "camt.053.001.08", "camt.054.001.04", 1), bank.CodeVersion, "notification"},
		"another version":       {strings.Replace(ours, "camt.053.001.08", "camt.053.001.13", 1), bank.CodeVersion, "camt.053.001.13"},
		"no namespace":          {strings.Replace(ours, ` xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"`, "", 1), bank.CodeVersion, "namespace"},
		"no document":           {"<html/>", bank.CodeVersion, "no ISO 20022 document"},
		"nothing":               {"", bank.CodeVersion, "no ISO 20022 document"},
		"no statement":          {`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>`, bank.CodeMissing, "no statement"},
		"two documents":         {ours + ours[strings.Index(ours, "<Document"):], bank.CodeMalformed, "second document"},
		"cut short":             {ours[:len(ours)/2], bank.CodeMalformed, "not well-formed"},
		"cut after an entry":    {ours[:strings.Index(ours, "</Ntry>")+7], bank.CodeMalformed, "not well-formed"},
		"tags crossed":          {strings.Replace(ours, "</Ntry>", "</Ntr>", 1), bank.CodeMalformed, "not well-formed"},
		"bytes that are no XML": {strings.Replace(ours, "Paper", "\x00\xff", 1), bank.CodeMalformed, ""},
		"an unknown encoding":   {strings.Replace(ours, "UTF-8", "EBCDIC", 1), bank.CodeMalformed, "EBCDIC"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read([]byte(c.content))
			var f *bank.Fault
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.code, f.Code, f.Error())
			require.Contains(t, f.Reason, c.words)
			require.Contains(t, f.Place, "line")
			require.NotEmpty(t, f.Remedy)
			require.Equal(t, f.Code, f.Refusal().Code)
		})
	}
}

func TestAStatementInAnEnvelopeAndInAnotherEncodingIsRead(t *testing.T) {
	ours := string(sample(t, "camt.053.001.08.xml"))
	_, want, err := read([]byte(ours))
	require.NoError(t, err)
	head, body, _ := strings.Cut(ours, "\n")
	latin := strings.Replace(strings.Replace(ours, "UTF-8", "ISO-8859-1", 1), "Paper Mill", "Papierm\xfchle", 1)
	_, entries, err := read([]byte(latin))
	require.NoError(t, err)
	require.Equal(t, "Papiermühle", entries[0].Details[0].Payer.Name)
	_, entries, err = read([]byte(head + `<Envelope><AppHdr><X>1</X></AppHdr>` + body + `</Envelope>`))
	require.NoError(t, err)
	require.Len(t, entries, len(want))
	_, entries, err = read([]byte(strings.NewReplacer("<Document xmlns=", "<c:Document xmlns:c=", "</", "</c:", "<BkTo", "<c:BkTo").Replace(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt></BkToCstmrStmt></Document>`)))
	require.ErrorContains(t, err, "no statement", "a prefix is as good as a default namespace")
	require.Empty(t, entries)
}

// What was added by others, in a namespace of theirs, does not count.
func TestForeignElementsAreSkipped(t *testing.T) {
	content := strings.Replace(string(sample(t, "camt.053.001.08.xml")), "<NtryRef>1</NtryRef>", `<x:Amt xmlns:x="urn:x" Ccy="EUR">1.00<Amt>2</Amt></x:Amt>`, 1)
	statements, entries, err := read([]byte(content))
	require.NoError(t, err)
	require.Nil(t, statements[0].Fault)
	require.Equal(t, "900.00 EUR", entries[0].Amount.String())
}

func TestAHostileFileIsRefusedWithinBounds(t *testing.T) {
	body := `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>`
	for name, c := range map[string]struct{ content, code string }{
		"entities that multiply": {`<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + body + `&b;</Id>`, bank.CodeForbidden},
		"an entity from a file":  {`<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>` + body + `&f;</Id>`, bank.CodeForbidden},
		"an unknown entity":      {body + `&b;</Id>`, bank.CodeMalformed},
		"a tower of elements":    {body + strings.Repeat("<a>", 100_000), bank.CodeLimit},
		"a tower to be skipped":  {`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>` + strings.Repeat(`<a xmlns="">`, 100_000), bank.CodeLimit},
		"a text without end":     {body + strings.Repeat("x", 1<<20), bank.CodeLimit},
		"a tag without end":      {body + "<" + strings.Repeat("x", 1<<20), bank.CodeLimit},
		"attributes without end": {body + "<a " + strings.Repeat(`b="c" `, 1<<18), bank.CodeLimit},
		"a comment without end":  {body + "<!--" + strings.Repeat("x", 1<<20), bank.CodeLimit},
		"a wide transaction":     {body + "</Id><Ntry><NtryDtls><TxDtls>" + strings.Repeat("<Ustrd/>", 50_000), bank.CodeLimit},
		"a wide head":            {body + "</Id>" + strings.Repeat("<Bal/>", 50_000), bank.CodeLimit},
	} {
		t.Run(name, func(t *testing.T) {
			_, entries, err := read([]byte(c.content))
			var f *bank.Fault
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.code, f.Code, f.Error())
			require.Empty(t, entries)
			require.Less(t, len(f.Error()), 1000)
		})
	}
	t.Run("limits of the caller", func(t *testing.T) {
		content := sample(t, "camt.053.001.08.xml")
		for _, l := range []bank.Limits{{Bytes: 1000}, {Token: 20}, {Depth: 5}, {Elements: 10}, {Details: 1}, {Entries: 3}} {
			_, err := bank.ReadCamt053(bytes.NewReader(content), l, func(*bank.Statement, *bank.Entry) error { return nil })
			var f *bank.Fault
			require.ErrorAs(t, err, &f, "%+v", l)
			require.Equal(t, bank.CodeLimit, f.Code)
		}
	})
}

func TestTheVisitorsErrorAndTheReadersEndTheReading(t *testing.T) {
	stop := errors.New("enough")
	_, err := bank.ReadCamt053(bytes.NewReader(sample(t, "camt.053.001.08.xml")), bank.Limits{}, func(*bank.Statement, *bank.Entry) error { return stop })
	require.ErrorIs(t, err, stop)
	_, err = bank.ReadCamt053(io.MultiReader(strings.NewReader("<a>"), broken{}), bank.Limits{}, nil)
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestAStatementThatDoesNotAddUpIsRefusedAsAWhole(t *testing.T) {
	ours := string(sample(t, "camt.053.001.08.xml"))
	for name, c := range map[string]struct{ from, to, code, words string }{
		"closing":               {`"EUR">12825.5<`, `"EUR">12825.49<`, bank.CodeSum, "opening 10000.00 EUR and booked entries of 2825.50 EUR make 12825.50 EUR; closing is 12825.49 EUR: -0.01 EUR too little"},
		"opening":               {`"EUR">10000.00<`, `"EUR">10000.01<`, bank.CodeSum, "0.01"},
		"a batch":               {`"EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>` + "\n            <RltdPties><Dbtr><Pty><Nm>PAPER", `"EUR">100.01</Amt><CdtDbtInd>CRDT</CdtDbtInd>` + "\n            <RltdPties><Dbtr><Pty><Nm>PAPER", bank.CodeSum, "its 2 transactions make 300.01 EUR, the entry is 300.00 EUR"},
		"a transaction":         {`<Amt Ccy="EUR">1500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>` + "\n            <RltdPties>", `<Amt Ccy="EUR">1499.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>` + "\n            <RltdPties>", bank.CodeSum, "1499.00 EUR, the entry is 1500.00 EUR"},
		"charges":               {`<Rcrd><Amt Ccy="EUR">2.00</Amt>`, `<Rcrd><Amt Ccy="EUR">2.01</Amt>`, bank.CodeSum, "charges are 2.01 EUR"},
		"no opening":            {"OPBD", "OPAV", bank.CodeMissing, "opening"},
		"no closing":            {"CLBD", "FWAV", bank.CodeMissing, "closing"},
		"two currencies":        {`<Amt Ccy="EUR">77.00`, `<Amt Ccy="USD">77.00`, bank.CodeInvalid, "it is in USD, the account is in EUR"},
		"an account in another": {"<Ccy>EUR</Ccy>", "<Ccy>USD</Ccy>", bank.CodeInvalid, "USD"},
		"a currency unknown":    {`<Amt Ccy="EUR">77.00`, `<Amt Ccy="EUX">77.00`, bank.CodeInvalid, "EUX"},
		"half a cent":           {`<Amt Ccy="EUR">77.00`, `<Amt Ccy="EUR">77.005`, bank.CodeInvalid, "fraction"},
		"words":                 {`<Amt Ccy="EUR">77.00`, `<Amt Ccy="EUR">lots`, bank.CodeInvalid, "not an amount"},
		"an exponent":           {`<Amt Ccy="EUR">77.00`, `<Amt Ccy="EUR">1e999999`, bank.CodeInvalid, "not an amount"},
		"a negative amount":     {`<Amt Ccy="EUR">77.00`, `<Amt Ccy="EUR">-77.00`, bank.CodeInvalid, "debits are marked"},
		"no direction":          {"<CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts><Cd>PDNG", "<CdtDbtInd>UP</CdtDbtInd>\n        <Sts><Cd>PDNG", bank.CodeInvalid, "neither credit"},
		"no status":             {"<Sts><Cd>PDNG</Cd></Sts>", "", bank.CodeMissing, "no status"},
		"a day unknown":         {"<BookgDt><Dt>2026-03-03</Dt>", "<BookgDt><Dt>2026-02-30</Dt>", bank.CodeInvalid, "2026-02-30"},
		"no account":            {"<Id><IBAN>DE89370400440532013000</IBAN></Id>", "<Id/>", bank.CodeMissing, "no account"},
		"a number in words":     {"<ElctrncSeqNb>42<", "<ElctrncSeqNb>forty<", bank.CodeInvalid, "forty"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(ours, c.from), "the sample has it once")
			content := []byte(strings.Replace(ours, c.from, c.to, 1))

			// When the statement is read
			items, err := fresh(t).Camt053(t.Context(), "m", content)
			require.NoError(t, err)

			// Then nothing of it is used: it is one dead letter that names place,
			// figures and remedy
			require.Len(t, items, 1)
			require.Nil(t, items[0].Command)
			no := items[0].Refusal
			require.Equal(t, c.code, no.Code, no.Reason)
			require.Contains(t, no.Reason, c.words)
			require.Contains(t, no.Place, "statement")
			require.NotEmpty(t, no.Remedy)
		})
	}
}

func TestOneBadStatementDoesNotStopTheOthersOfTheFile(t *testing.T) {
	good := written{sequence: 2, list: []movement{{amount: "10", reference: "R", name: "Paper Mill"}}}
	bad := written{sequence: 1, closing: "11", list: []movement{{amount: "10", reference: "R", name: "Paper Mill"}}}
	d := open(t)
	report := d.camt(document(t, bad, good))
	require.Len(t, report.Refused, 1)
	require.Equal(t, "statement DE89370400440532013000/2026/1", report.Refused[0].Item)
	require.Len(t, of[domain.PaymentReceived](d), 1)
}

func TestPagesOfAStatementMeetInInterimBalances(t *testing.T) {
	page := func(n int, last bool, from, to string) string {
		w := written{sequence: 7, opening: "100", page: fmt.Sprintf("<StmtPgntn><PgNb>%d</PgNb><LastPgInd>%t</LastPgInd></StmtPgntn>", n, last),
			list: []movement{{amount: "10", reference: fmt.Sprint("R", n), name: "Paper Mill"}}}
		if n == 2 {
			w.opening = "110"
		}
		return strings.NewReplacer("OPBD", from, "CLBD", to).Replace(string(document(t, w)))
	}
	d := open(t)
	require.Empty(t, d.camt([]byte(page(1, false, "OPBD", "ITBD"))).Refused)
	require.Empty(t, d.camt([]byte(page(2, true, "ITBD", "CLBD"))).Refused)
	require.Len(t, of[domain.PaymentReceived](d), 2)
	for _, m := range of[domain.MessageApplied](d) {
		require.NotContains(t, strings.Join(m.Notes, "\n"), "repeated")
	}
}

func TestSumsAreExactInEveryCurrency(t *testing.T) {
	for currency, list := range map[string][]string{
		"EUR": {"0.10", "0.20", "-0.30", "99999999999999.99", "-99999999999999.98"},
		"JPY": {"1", "999999999999998", "-999999999999997"},
		"KWD": {"0.001", "0.002", "-0.003", "123456.789"},
	} {
		w := written{sequence: 1, currency: currency}
		want := money.Zero(money.Currency(currency))
		for i, a := range list {
			w.list = append(w.list, movement{amount: a, reference: fmt.Sprint("R", i), name: "Paper Mill"})
			var err error
			want, err = want.Add(amount(t, a+" "+currency))
			require.NoError(t, err)
		}
		statements, _, err := read(document(t, w))
		require.NoError(t, err)
		require.Nil(t, statements[0].Fault)
		require.True(t, want.Equal(statements[0].Booked), "%s: %s", currency, statements[0].Booked)

		// And the last digit counts
		smallest := money.FromMinor(1, money.Currency(currency))
		off, err := want.Add(smallest)
		require.NoError(t, err)
		w.closing = off.Amount().String()
		statements, _, err = read(document(t, w))
		require.NoError(t, err)
		require.Equal(t, bank.CodeSum, statements[0].Fault.Code)
		require.Contains(t, statements[0].Fault.Reason, smallest.String())
	}
}
