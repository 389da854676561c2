package api

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

const printed = "/v1/invoices/INV-2024-000001/document"

func TestAnInvoiceIsPrintedInTheFormatThatThePathNames(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	for format, want := range map[string]struct{ mediaType, file, has string }{
		"pdf":  {"application/pdf", "INV-2024-000001.pdf", "%PDF-"},
		"html": {"text/html; charset=utf-8", "INV-2024-000001.html", "Acme Mills"},
		"xml":  {"application/xml", "INV-2024-000001.xml", "urn:cen.eu:en16931:2017"},
		"ubl":  {"application/xml", "INV-2024-000001.xml", "<cbc:ID>INV-2024-000001"},
	} {
		r := h.get(printed + "." + format)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, want.mediaType, r.header.Get("Content-Type"))
		require.Equal(t, "inline; filename="+want.file, r.header.Get("Content-Disposition"))
		require.Contains(t, r.text, want.has, format)
		require.Equal(t, r.text, h.get(printed+"."+format).text, "the same document gives the same bytes")
		if strings.HasSuffix(want.mediaType, "xml") {
			require.NoError(t, xml.Unmarshal([]byte(r.text), new(struct{})))
		}
		head := h.call(http.MethodHead, printed+"."+format, nil)
		require.Empty(t, head.text)
		require.Equal(t, fmt.Sprint(len(r.text)), head.header.Get("Content-Length"))
	}
	require.NotEqual(t, h.get(printed+".pdf?paper=A4").text, h.get(printed+".pdf?paper=Letter").text)
	h.get(printed+".pdf?paper=A5").problem(t, http.StatusBadRequest, "bad-query")
	h.get(printed+".docx").problem(t, http.StatusNotFound, "not-found")
	h.get("/v1/invoices/INV-1999-000001/document.pdf").problem(t, http.StatusNotFound, "not-found")
}

func TestAPageMayHaveItsStyleAndNothingElse(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	policy := h.get(printed + ".html").header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'; style-src 'unsafe-inline'")
	require.Contains(t, policy, "sandbox")
	require.NotContains(t, policy, "script-src")
	require.NotContains(t, h.get(printed+".pdf").header.Get("Content-Security-Policy"), "style-src")
}

func TestAnInvoiceIsPrintedInTheFormatThatIsLikedBest(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	for accept, mediaType := range map[string]string{
		"":    "application/pdf",
		"*/*": "application/pdf",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html; charset=utf-8", // a browser
		"application/xml":                                "application/xml",
		"application/*":                                  "application/pdf",
		"application/*, application/pdf;q=0":             "application/xml",
		"text/*;q=0.5, application/pdf;q=0.4":            "text/html; charset=utf-8",
		"TEXT/HTML":                                      "text/html; charset=utf-8",
		"*/*;q=0.1, application/xml;q=0.2, ;;;, text/=":  "application/xml",
		"application/pdf;q=nan, text/html;q=2, */*;q=.1": "application/pdf",
	} {
		r := h.call(http.MethodGet, printed, nil, "Accept", accept)
		require.Equal(t, http.StatusOK, r.status, accept)
		require.Equal(t, mediaType, r.header.Get("Content-Type"), accept)
		require.Equal(t, "Accept", r.header.Get("Vary"))
	}
	for _, accept := range []string{"image/png", "application/pdf;q=0", "*/*;q=0", "nonsense"} {
		p := h.call(http.MethodGet, printed, nil, "Accept", accept).problem(t, http.StatusNotAcceptable, "not-acceptable")
		require.Equal(t, "header Accept", p.Place)
	}
}

func TestWhatCannotBePrintedSaysWhatItLacks(t *testing.T) {
	// Given an invoice of a customer of whom nothing more is known
	h := open(t, true, nil)
	h.bill("SH-1")
	h.ask(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "BETA", Source: "erp",
		Master: domain.CustomerMaster{Name: "Beta", TermsDays: 30, Credit: domain.CreditGood, Active: true}}})
	h.done("ReleaseOrder", strings.ReplaceAll(releaseOrder("SH-2"), "ACME", "BETA"))
	h.done("EnterCharge", enterCharge("SH-2", "F", "100.00"))
	candidate := func() string {
		h.settle()
		return h.items("/v1/invoices?customer=BETA")[0].(map[string]any)["id"].(string)
	}
	h.done("RecordMilestone", fmt.Sprintf(`{"shipment":"SH-2","stop":2,"kind":%q,"at":%s}`, domain.Unloaded, day))
	h.done("ReceivePOD", fmt.Sprintf(`{"shipment":"SH-2","version":1,"document":"receipt 9","signed_by":"dock 4","at":%s}`, day))
	h.done("VerifyPOD", `{"shipment":"SH-2","version":1,"outcome":"clean","by":"billing desk"}`)

	p := h.get("/v1/invoices/"+candidate()+"/document.pdf").problem(t, http.StatusConflict, "not-printable")
	require.Contains(t, p.Detail, "BT-44")
	require.NotContains(t, p.Detail, "\n")
}
