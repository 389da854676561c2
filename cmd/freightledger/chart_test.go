package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what is printed into the pages")

// fenced is a block of a page, by what stands behind its fence.
func fenced(t *testing.T, page, fence string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "```"+fence+"\n")
	require.True(t, found, "the page has no block %q", fence)
	text, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	return text
}

// reefer are a desk's records of a shipment from Illinois to Ontario that is
// delivered on a day of June 2006.
func reefer(day string, proven bool) string {
	at := `{"utc":"2006-06-` + day + `T00:00:00Z","local":"2006-06-` + day + `"}`
	lines := []string{
		`{"command":"ReleaseOrder","body":{"shipment":"SH-1","customer":"ACME","currency":"USD","stops":[{"seq":1,"kind":"pickup","where":{"country":"US","state":"IL"}},{"seq":2,"kind":"delivery","where":{"country":"CA","state":"ON"}}],"terms":{"approval_above":{"amount":"1000.00","currency":"USD"},"unit":"reefer","tax":{"code":"standard","jurisdiction":"CA-ON","percent":"13","version":"2006"}}}}`,
		`{"command":"EnterCharge","body":{"shipment":"SH-1","charge":"F","kind":"freight","amount":{"amount":"1000.00","currency":"USD"},"requested_by":"desk"}}`,
		`{"command":"EnterCharge","body":{"shipment":"SH-1","charge":"D","kind":"accessorial","code":"DTL","amount":{"amount":"75.00","currency":"USD"},"requested_by":"desk"}}`,
		`{"command":"RecordMilestone","body":{"shipment":"SH-1","stop":2,"kind":"unloaded","at":` + at + `}}`,
	}
	if proven {
		lines = []string{`{"command":"ReceivePOD","body":{"shipment":"SH-1","document":"receipt 1","signed_by":"dock","at":` + at + `}}`,
			`{"command":"VerifyPOD","body":{"shipment":"SH-1","outcome":"clean","by":"billing"}}`}
	}
	return strings.Join(lines, "\n")
}

// The example of docs/ACCOUNTS.md, from a chart in a file to books that agree.
func TestAccountsAreThoseOfTheChartInForceAndLeaveNothingBehind(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "ACCOUNTS.md")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	page := string(content)
	o := newOffice(t).withERP()
	write := func(name, text string) string {
		path := filepath.Join(o.dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	o.must("sandbox-erp", "customers", write("customers.json", `[{"code":"ACME","name":"Acme","terms_days":30,"currency":"USD"}]`))

	// Given freight that is delivered and accrued before there is a chart
	o.must("import", "desk", write("carried.jsonl", reefer("05", false)))
	require.Zero(t, ask[reconciliation](o, "reconcile").BreakCount)

	// When a chart is adopted, a wrong one is told by its row, and a right one only once
	text := fenced(t, page, "yaml chart")
	wrong := o.run("terms", "check", write("wrong.yaml", strings.Replace(text, "  - {role: revenue, account: \"4010\"}\n", "", 1)))
	require.NotZero(t, wrong.code)
	require.Regexp(t, `wrong\.yaml:\d+:\d+: row 11 \(revenue, kind fuel-surcharge\)`, wrong.errs)
	chart := write("chart.yaml", text)
	require.Contains(t, o.must("terms", "check", chart).out, "from 2006-06-10")
	o.must("import", "terms", chart)
	require.Regexp(t, `conflict`, o.run("import", "terms", write("other.yaml", strings.Replace(text, "4011", "4013", 1))).out)

	// And the freight is billed, its documents wait for accounts that the ERP lacks
	o.must("import", "desk", write("proven.jsonl", reefer("05", true)))
	require.Contains(t, o.must("list", "postings").out, "unknown-account")
	require.Equal(t, 1, ask[reconciliation](o, "reconcile").InFlight.Count)
	require.Contains(t, o.must("sandbox-erp", "accounts", chart).out, "17 accounts written")
	o.must("command", "RetryPosting", `{"document":"INV-2006-000001","by":"finance desk"}`)
	o.must("settle")

	// Then the accrual leaves the accounts that it is on, and revenue goes where the chart says
	trace := o.must("trace", "INV-2006-000001", "--accounts").out
	_, booked, found := strings.Cut(trace, "posting INV-2006-000001")
	require.True(t, found, trace)
	var lines []string
	for line := range strings.Lines(booked) {
		if strings.Contains(line, "(chart ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	shown := strings.Join(lines, "\n") + "\n"
	if *update {
		page = strings.Replace(page, fenced(t, page, "text invoice"), shown, 1)
		require.NoError(t, os.WriteFile(path, []byte(page), 0o644))
	}
	require.Equal(t, fenced(t, page, "text invoice"), shown)

	// And so do credits and cash, to the end
	o.must("command", "CreditInvoice", `{"invoice":"ACME_2006-06_USD_1","credit":"C1","date":"2006-07-03","reason":"late","by":"billing desk","lines":[{"shipment":"SH-1","charge":"F","kind":"freight","amount":{"amount":"100.00","currency":"USD"},"tax":{"amount":"13.00","currency":"USD"}}]}`)
	o.must("settle")
	report := ask[reconciliation](o, "reconcile")
	require.Zero(t, report.BreakCount)
	require.Zero(t, report.InFlight.Count)
	balance := map[string]string{}
	for _, row := range report.TieOut {
		if row.Period == "2006-06" || row.Period == "2006-07" {
			balance[row.Account+" "+row.Period] = row.Actual.Amount
		}
	}
	require.Equal(t, map[string]string{"1210 2006-06": "1214.75", "1210 2006-07": "-113.00", "1250 2006-06": "0.00", "4090 2006-06": "0.00",
		"2210 2006-06": "-139.75", "2210 2006-07": "13.00", "4011 2006-06": "-1000.00", "4045 2006-06": "-75.00", "4900 2006-07": "100.00"}, balance)
	o.must("doctor")
	o.must("recompute")
}
