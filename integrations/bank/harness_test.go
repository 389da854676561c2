package bank_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the goldens in testdata")

// golden compares JSON with a file of testdata.
func golden(t testing.TB, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(v))
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run go test ./integrations/bank -update once")
	require.Equal(t, string(want), got.String(), "%s differs", path)
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return content
}

func profile(t testing.TB, name string) bank.Profile {
	t.Helper()
	p, err := bank.ReadProfile(bytes.NewReader(sample(t, name+".json")))
	require.NoError(t, err)
	return p
}

func directory(t testing.TB) *bank.Directory {
	t.Helper()
	d, err := bank.ReadDirectory(bytes.NewReader(sample(t, "payers.json")))
	require.NoError(t, err)
	return d
}

// numbers are the invoices of the samples.
func numbers() []*regexp.Regexp {
	return []*regexp.Regexp{regexp.MustCompile(`\bINV-\d{4}-\d{6}\b`)}
}

func amount(t testing.TB, text string) money.Money {
	t.Helper()
	number, currency, ok := strings.Cut(text, " ")
	require.True(t, ok)
	return money.MustParse(number, currency)
}

// blank is a ledger that holds nothing.
type blank struct{}

func (blank) Payment(context.Context, domain.PaymentID) (domain.Payment, error) {
	return domain.Payment{}, nil
}

// fresh maps for a ledger that holds nothing.
func fresh(t testing.TB) *bank.Mapper {
	t.Helper()
	return &bank.Mapper{Payers: directory(t), Payments: blank{}, Options: bank.Options{InvoiceNumbers: numbers()}}
}

// reported is what a mapper says of a camt.053 file.
func reported(t testing.TB, m *bank.Mapper, content []byte) bank.Report {
	t.Helper()
	r, err := m.ReportCamt053(context.Background(), "m", content)
	require.NoError(t, err)
	return r
}

// desk is a ledger in a folder, with its read models.
type desk struct {
	t      testing.TB
	store  *embedded.Store
	exec   *eventstore.Executor
	inbox  *inbox.Inbox
	runner *projections.Runner
	views  *views.Views
	mapper *bank.Mapper
}

func open(t testing.TB) *desk {
	t.Helper()
	dir := t.TempDir()
	store, err := embedded.Open(dir, embedded.Options{MinFree: -1})
	require.NoError(t, err)
	codec := eventstore.NewCodec(domain.Events())
	exec := eventstore.NewExecutor(store, codec, func() time.Time { return time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC) })
	log := slog.New(slog.DiscardHandler)
	list := views.Projections()
	db, err := views.Open(t.Context(), filepath.Join(dir, "views.db"), list, log)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, db.Close())
		require.NoError(t, store.Close())
	})
	runner, err := projections.NewRunner(t.Context(), db, store, codec, list, projections.Options{Logger: log})
	require.NoError(t, err)
	d := &desk{t: t, store: store, exec: exec, inbox: &inbox.Inbox{Exec: exec, Actor: "test"}, runner: runner, views: views.New(db)}
	states := bank.States{Exec: exec}
	d.mapper = &bank.Mapper{Accounts: states, Payers: directory(t), Payments: states, Receipts: d, Statements: states, Options: bank.Options{InvoiceNumbers: numbers()}}
	d.adopt(domain.BankTerms{From: "2026-01-01", Source: domain.CashFromBank, Currency: "EUR", GL: "1010"})
	return d
}

const account = "DE89370400440532013000"

// adopt puts terms of the account in force.
func (d *desk) adopt(terms domain.BankTerms) {
	d.t.Helper()
	d.do(domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: account, BankTerms: terms, By: "treasury"}})
}

// do executes a command that has to succeed, and lets the read models follow.
func (d *desk) do(c domain.Command) {
	d.t.Helper()
	body, err := json.Marshal(c)
	require.NoError(d.t, err)
	_, err = d.exec.Execute(context.Background(), c, request(c.CommandName()+string(body)))
	require.NoError(d.t, err)
	_, err = d.runner.CatchUp(context.Background(), nil)
	require.NoError(d.t, err)
}

// ReceiptsByReference finds payments in the read model of references.
func (d *desk) ReceiptsByReference(ctx context.Context, reference string) (ids []domain.PaymentID, err error) {
	hits, err := d.views.Search(ctx, reference, 100)
	for _, hit := range hits {
		if (hit.Kind == views.HitReceipt || hit.Kind == views.HitTrace) && hit.Value == reference && hit.Stream.Category() == "payment" {
			ids = append(ids, domain.PaymentID(hit.Stream.ID()))
		}
	}
	return ids, err
}

// take takes a file in and brings the read models up to date.
func (d *desk) take(channel, name string, content []byte) inbox.Report {
	d.t.Helper()
	read := d.mapper.Camt053
	if rest, ok := strings.CutPrefix(channel, "bank-csv-"); ok {
		read = d.mapper.CSV(profile(d.t, rest))
	}
	report, err := d.inbox.Take(context.Background(), inbox.Content{Channel: channel, Name: name, Bytes: content}, read, nil)
	require.NoError(d.t, err)
	_, err = d.runner.CatchUp(context.Background(), nil)
	require.NoError(d.t, err)
	return report
}

// camt takes a camt.053 file in.
func (d *desk) camt(content []byte) inbox.Report {
	d.t.Helper()
	return d.take(bank.Camt053Channel, "statement.xml", content)
}

func (d *desk) report(content []byte) bank.Report {
	d.t.Helper()
	return reported(d.t, d.mapper, content)
}

func (d *desk) payment(id domain.PaymentID) domain.Payment {
	d.t.Helper()
	p, err := d.mapper.Payments.Payment(context.Background(), id)
	require.NoError(d.t, err)
	return p
}

func (d *desk) head() eventstore.Position {
	d.t.Helper()
	head, err := d.store.Head(context.Background())
	require.NoError(d.t, err)
	return head
}

// of lists the history's events of a type.
func of[E domain.Event](d *desk) (found []E) {
	d.t.Helper()
	codec := eventstore.NewCodec(domain.Events())
	for r, err := range d.store.ReadAll(context.Background(), eventstore.Start) {
		require.NoError(d.t, err)
		e, err := codec.Decode(r)
		require.NoError(d.t, err)
		if e, ok := e.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// movement is an entry to be written.
type movement struct {
	amount    string // with its sign
	reference string
	endToEnd  string
	name      string
	text      string
	day       string
	more      string // XML within TxDtls
	within    string // XML within Ntry, before its details
	status    string
	batch     string // XML of TxDtls, instead of one
}

// written is a statement to be written, in version 08.
type written struct {
	account  string
	currency string
	sequence int
	opening  string
	closing  string // the sum when empty
	page     string // XML
	list     []movement
}

func (w written) xml(t testing.TB) string {
	t.Helper()
	if w.account == "" {
		w.account = "DE89370400440532013000"
	}
	if w.currency == "" {
		w.currency = "EUR"
	}
	if w.opening == "" {
		w.opening = "0"
	}
	c := money.Currency(w.currency)
	parse := func(s string) money.Money {
		m, err := money.Parse(s, c)
		require.NoError(t, err)
		return m
	}
	number := func(m money.Money) (string, string) {
		if m.IsNegative() {
			return m.Neg().Amount().String(), "DBIT"
		}
		return m.Amount().String(), "CRDT"
	}
	sum := parse(w.opening)
	var entries strings.Builder
	for _, m := range w.list {
		value := parse(m.amount)
		digits, way := number(value)
		status, date := "BOOK", "2026-03-02"
		if m.status != "" {
			status = m.status
		} else {
			var err error
			sum, err = sum.Add(value)
			require.NoError(t, err)
		}
		if m.day != "" {
			date = m.day
		}
		fmt.Fprintf(&entries, `<Ntry><Amt Ccy=%q>%s</Amt><CdtDbtInd>%s</CdtDbtInd>%s<Sts><Cd>%s</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt>`, c, digits, way, m.within, status, date)
		if m.reference != "" {
			fmt.Fprintf(&entries, `<AcctSvcrRef>%s</AcctSvcrRef>`, m.reference)
		}
		if m.batch != "" {
			fmt.Fprintf(&entries, "<NtryDtls>%s</NtryDtls></Ntry>\n", m.batch)
			continue
		}
		entries.WriteString("<NtryDtls><TxDtls>")
		if m.endToEnd != "" {
			fmt.Fprintf(&entries, `<Refs><EndToEndId>%s</EndToEndId></Refs>`, m.endToEnd)
		}
		entries.WriteString(m.more)
		if m.name != "" {
			fmt.Fprintf(&entries, `<RltdPties><Dbtr><Pty><Nm>%s</Nm></Pty></Dbtr></RltdPties>`, m.name)
		}
		if m.text != "" {
			fmt.Fprintf(&entries, `<RmtInf><Ustrd>%s</Ustrd></RmtInf>`, m.text)
		}
		entries.WriteString("</TxDtls></NtryDtls></Ntry>\n")
	}
	if w.closing != "" {
		sum = parse(w.closing)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "<Stmt><Id>STM-%d</Id>%s", w.sequence, w.page)
	if w.sequence > 0 {
		fmt.Fprintf(&s, "<ElctrncSeqNb>%d</ElctrncSeqNb>", w.sequence)
	}
	fmt.Fprintf(&s, "<Acct><Id><IBAN>%s</IBAN></Id></Acct>", w.account)
	for _, b := range []struct {
		kind string
		of   money.Money
	}{{"OPBD", parse(w.opening)}, {"CLBD", sum}} {
		digits, way := number(b.of)
		fmt.Fprintf(&s, `<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy=%q>%s</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>`, b.kind, c, digits, way)
	}
	return s.String() + "\n" + entries.String() + "</Stmt>"
}

// document writes a file of statements.
func document(t testing.TB, statements ...written) []byte {
	t.Helper()
	var s strings.Builder
	s.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>` + "\n")
	for _, w := range statements {
		s.WriteString(w.xml(t))
	}
	s.WriteString("</BkToCstmrStmt></Document>")
	return []byte(s.String())
}
