package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnIssuedInvoiceAndItsCreditArePrinted(t *testing.T) {
	// Given an invoice in the ERP, and a credit memo for all of it
	o := newOffice(t).withERP()
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("import", "scms", file)
	v := ask[[]struct{ ID, Number, Customer string }](o, "list", "invoices")[0]
	o.must("command", "CreditInvoice", `{"invoice":"`+v.ID+`","credit":"C1","date":"2006-07-05","reason":"agreed","by":"billing desk"}`)
	o.must("settle")

	// Without the parties, the command says what is missing and how to say it
	lacking := o.run("print", v.Number, "--format", "html")
	require.NotZero(t, lacking.code)
	require.Contains(t, lacking.errs, "BT-27")
	require.Contains(t, lacking.errs, "kind: seller")
	wrong := filepath.Join(o.dir, "wrong.yaml")
	require.NoError(t, os.WriteFile(wrong, []byte("kind: seller\nnaem: Prairie Freight\n"), 0o600))
	require.Regexp(t, `wrong\.yaml:2:\d+: `, o.run("print", v.Number, "--parties", wrong).errs)

	// With them, each format is written whole, and the same bytes again
	parties := filepath.Join(o.dir, "parties.yaml")
	require.NoError(t, os.WriteFile(parties, []byte(partiesFor(v.Customer)), 0o600))
	for format, has := range map[string]string{"html": "Acme Stores Inc.", "xml": "urn:cen.eu:en16931:2017", "ubl": "<cbc:ID>" + v.Number, "pdf": "%PDF-"} {
		out := filepath.Join(o.dir, "invoice."+format)
		o.must("print", v.Number, "--parties", parties, "--format", format, "--out", out)
		written, err := os.ReadFile(out)
		require.NoError(t, err)
		require.Contains(t, string(written), has, format)
		require.Equal(t, string(written), o.must("print", v.Number, "--parties", parties, "--format", format).out, format)
	}
	require.Contains(t, o.must("print", "CM-2006-000001", "--parties", parties, "--format", "xml").out, "<CreditNote")

	// What is not there, or in no format that is known, is refused
	require.NotZero(t, o.run("print", "INV-1999-000001", "--parties", parties).code)
	require.Equal(t, exitUsage, o.run("print", v.Number, "--format", "docx").code)
}

// partiesFor is a file of parties in which a customer buys.
func partiesFor(customer string) string {
	return `kind: seller
name: Prairie Freight LLC
address: [1200 W Lake St]
city: Chicago
region: IL
postal_code: "60607"
country: US
tax_ids: [{scheme: legal, label: EIN, value: 12-3456789}]
remit: {account: "000123456789", routing: "071000013"}
---
kind: buyer
customer: "` + customer + `"
name: Acme Stores Inc.
address: [500 Elm St]
city: Dallas
region: TX
postal_code: "75201"
country: US
`
}
