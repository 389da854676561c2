package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAccountIsStatedRemindedAndWrittenOff(t *testing.T) {
	// Given an invoice of June 2006 that is posted
	o := newOffice(t).withERP()
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("import", "scms", file)
	v := ask[[]struct{ ID, Number, Customer string }](o, "list", "invoices")[0]

	// Then what is said of its account is of that date
	require.Contains(t, o.must("list", "receivables", "--as-of", "2006-12-31").out, v.Customer)
	require.Empty(t, ask[[]any](o, "list", "receivables", "--as-of", "2006-06-29"), "it was not issued yet")
	require.Contains(t, o.must("list", "outstanding", "--as-of", "2006-06-30", "--days", "30").out, "30.0")
	require.Empty(t, ask[[]any](o, "duplicates"))

	// When the customer has rules, it is reminded
	o.must("command", "SetCustomerRules", `{"customer":"`+v.Customer+`","by":"credit desk","rules":{"dunning":[{"after_days":10,"name":"reminder"}]}}`)
	require.Contains(t, o.must("list", "reminders", "--as-of", "2006-12-31").out, "reminder")

	// and when the invoice is written off by two, the ERP's books say so too
	o.must("command", "RequestWriteOff", `{"invoice":"`+v.ID+`","write_off":"W1","date":"2006-12-31","reason":"insolvent","by":"finance desk"}`)
	alone := o.run("command", "ApproveWriteOff", `{"invoice":"`+v.ID+`","write_off":"W1","amount":{"amount":"100.00","currency":"USD"},"by":"finance desk"}`)
	require.NotZero(t, alone.code)
	o.must("command", "ApproveWriteOff", `{"invoice":"`+v.ID+`","write_off":"W1","amount":{"amount":"100.00","currency":"USD"},"by":"finance lead"}`)
	o.must("settle")
	statement := o.must("list", "statement", "--customer", v.Customer, "--from", "2006-06-01", "--as-of", "2006-12-31").out
	require.Contains(t, statement, "write-off")
	require.Regexp(t, `closing balance +0\.00 USD`, strings.TrimSpace(statement))
	report := ask[reconciliation](o, "reconcile")
	require.Zero(t, report.BreakCount)
	require.Zero(t, report.InFlight.Count)
	require.Contains(t, o.must("list", "charges").out, "written-off")
	o.must("recompute")
}
