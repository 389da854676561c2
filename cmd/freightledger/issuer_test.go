package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/stretchr/testify/require"
)

const lakeshore = `{"kind":"issuer","issuer":"carrier-ca","name":"Lakeshore Freight Ltd.","register":"Ontario 1234567","book":"CAD","default":true,
	"address":{"street":"1 Dock Road","city":"Hamilton","region":"ON","postal_code":"L8L 1A1","country":"CA"},
	"registrations":[{"jurisdiction":"CA","id":"EXAMPLE RT0001"},{"jurisdiction":"CA-QC","id":"EXAMPLE TQ0001"}]}`

// From a file that says who bills, and one by which rules, to the document that
// the customer gets.
func TestPrintAnInvoiceThatItsIssuerTaxed(t *testing.T) {
	o := newOffice(t).withERP()
	o.must("sandbox-erp", "customers", o.write("customers.json", `[{"code":"MAPLE","name":"Maple & Sons","terms_days":30,"currency":"CAD","tax":{"country":"CA","region":"ON","status":"business"}}]`))

	// Given an issuer in Ontario that adopted the sample rules of Canada
	raw, err := os.ReadFile(filepath.Join("..", "..", "domain", "tax", "testdata", "rules", "ca.json"))
	require.NoError(t, err)
	var rules map[string]any
	require.NoError(t, json.Unmarshal(raw, &rules))
	rules["kind"] = "tax-rules"
	text, err := json.Marshal(rules)
	require.NoError(t, err)
	issuer, adopted := o.write("issuer.json", lakeshore), o.write("rules.json", string(text))
	require.Contains(t, o.must("terms", "check", issuer, adopted).out, "Lakeshore Freight Ltd.: default issuer")
	o.must("import", "terms", issuer, adopted)

	// When freight of Ontario is delivered in Québec, under an order whose terms say another tax
	const at = `{"utc":"2025-06-05T00:00:00Z","local":"2025-06-05"}`
	o.must("import", "desk", o.write("desk.jsonl", strings.Join([]string{
		`{"command":"ReleaseOrder","body":{"shipment":"SH-1","customer":"MAPLE","currency":"CAD","stops":[{"seq":1,"kind":"pickup","where":{"country":"CA","state":"ON"}},{"seq":2,"kind":"delivery","where":{"country":"CA","state":"QC"}}],"terms":{"approval_above":null,"tax":{"code":"standard","jurisdiction":"CA-ON","percent":"13","version":"2010"}}}}`,
		`{"command":"EnterCharge","body":{"shipment":"SH-1","charge":"F","kind":"freight","amount":{"amount":"1000.00","currency":"CAD"},"requested_by":"desk"}}`,
		`{"command":"RecordMilestone","body":{"shipment":"SH-1","stop":2,"kind":"unloaded","at":` + at + `}}`,
		`{"command":"ReceivePOD","body":{"shipment":"SH-1","document":"receipt 1","signed_by":"dock","at":` + at + `}}`,
		`{"command":"VerifyPOD","body":{"shipment":"SH-1","outcome":"clean","by":"billing"}}`}, "\n")))
	o.must("settle")
	invoices := ask[[]struct{ ID, Number string }](o, "list", "invoices")
	require.Len(t, invoices, 1)
	number := invoices[0].Number

	// Then the invoice says by itself who bills and that GST alone is due
	page := o.must("print", number, "--format", "html").out
	for _, part := range []string{"Lakeshore Freight Ltd.", "1 Dock Road", "Maple &amp; Sons", "GST 5% (CA), no. EXAMPLE RT0001", ">50.00<", ">1,050.00 CAD<"} {
		require.Contains(t, page, part)
	}
	require.NotContains(t, page, "13%")
	for _, format := range []string{"xml", "ubl"} {
		written := o.must("print", number, "--format", format).out
		for _, part := range []string{"<cbc:RegistrationName>Lakeshore Freight Ltd.<", "<cbc:CompanyID>EXAMPLE RT0001<", "<cbc:CompanyID>Ontario 1234567<", "<cbc:Percent>5<", `<cbc:TaxAmount currencyID="CAD">50.00<`} {
			require.Contains(t, written, part, format)
		}
	}
	require.True(t, strings.HasPrefix(o.must("print", number, "--format", "pdf").out, "%PDF-"))

	// A file of parties adds how to pay, and is refused where it names another seller
	pay := o.write("pay.yaml", "kind: seller\ncontact: {name: Billing desk}\nremit: {account: \"000123456789\"}\n")
	require.Contains(t, o.must("print", number, "--format", "html", "--parties", pay).out, "000123456789")
	other := o.run("print", number, "--parties", o.write("other.yaml", partiesFor("MAPLE")))
	require.NotZero(t, other.code)
	require.Contains(t, other.errs, "BT-27")

	// And a credit of half of it gives half of the tax back
	o.must("command", "CreditInvoice", `{"invoice":"`+invoices[0].ID+`","credit":"C1","date":"2025-07-05","reason":"late","by":"billing desk","lines":[{"shipment":"SH-1","charge":"F","kind":"freight","amount":{"amount":"500.00","currency":"CAD"}}]}`)
	o.must("settle")
	memo := o.must("print", "CM-2025-000001", "--format", "html").out
	for _, part := range []string{"Lakeshore Freight Ltd.", "GST 5% (CA), no. EXAMPLE RT0001", ">25.00<", ">525.00 CAD<"} {
		require.Contains(t, memo, part)
	}

	// Every amount can be computed again, also those of one invoice or shipment alone
	all := o.must("recompute").out
	require.Contains(t, all, "0 differ")
	for _, name := range []string{number, invoices[0].ID, "CM-2025-000001"} {
		one := ask[recompute.Report](o, "recompute", "--invoice", name)
		require.Equal(t, []int{2, 1, 1, 0}, []int{one.Invoices, one.Taxed, one.Credited, one.Differ}, name)
	}
	require.Equal(t, 1, ask[recompute.Report](o, "recompute", "--shipment", "SH-1").Stated)
	for _, args := range [][]string{{"--invoice", "CM-2025-000002"}, {"--shipment", "SH-2"}, {"--shipment", ""}} {
		none := o.run(append([]string{"recompute"}, args...)...)
		require.NotZero(t, none.code)
		require.Contains(t, none.errs, "known")
	}
}
