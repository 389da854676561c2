package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// The published delivery history, 7,000 lines of a public-health supply chain,
// must come out to the cent.
func TestTheDeliveryHistoryComesOutToTheCent(t *testing.T) {
	file := shared(t, "data", "scms_delivery_history.csv")

	// Given an ERP that knows the customers and is paid by them
	o := newOffice(t).withERP("--autopay")
	o.must("sandbox-erp", "customers", "--scms", file)

	// When the file is imported
	first := ask[importAnswer](o, "import", "scms", file)

	// Then every line is billed, linked, not billable or held
	require.Len(t, first.Messages, 1)
	require.Equal(t, 5068, first.Messages[0].Items)
	require.Empty(t, first.Messages[0].Refused)
	requireTheFigures(t, o)

	// And importing it again changes nothing
	again := ask[importAnswer](o, "import", "scms", file)
	require.Zero(t, again.Messages[0].Events)
	require.Zero(t, again.Messages[0].Applied)
	require.Equal(t, first.Settled.Summary.Events, again.Settled.Summary.Events, "no new event")

	// And every record verifies
	require.Contains(t, o.must("doctor").out, "verified")

	// And the read models built anew are those built live, byte for byte
	live := o.must("projections", "dump").out
	o.must("projections", "rebuild")
	require.True(t, live == o.must("projections", "dump").out, "rebuilt read models differ from the live ones")

	// And an invoice is traced to the line of the file
	trace := o.must("trace", "INV-2013-000001", "--json").out
	require.Contains(t, trace, `"scms_delivery_history.csv"`)
	require.Contains(t, o.must("trace", "INV-2013-000001").out, "scms_delivery_history.csv, line ")

	// When 25 edits are made directly in the ERP's ledger
	edits := ask[[]edit](o, "sandbox-erp", "tamper", "--edits", "25", "--seed", "11")

	// Then the next reconciliation names exactly these
	found := o.run("reconcile", "--json")
	require.Equal(t, exitBreaks, found.code, found.errs)
	report := decode[reconciliation](t, found)
	require.Equal(t, 25, report.BreakCount)
	var want, got []string
	for _, e := range edits {
		want = append(want, e.Document)
	}
	for _, b := range report.Breaks {
		got = append(got, b.Number)
	}
	require.ElementsMatch(t, want, got)
}

// requireTheFigures holds the ledger against the published figures, and the
// ERP against the ledger.
func requireTheFigures(t *testing.T, o *office) {
	t.Helper()
	type key struct{ kind, disposition string }
	counts, sums := map[key]int{}, map[string]decimal.Decimal{}
	lines := 0
	for _, d := range ask[[]disposition](o, "list", "charges") {
		counts[key{d.Kind, d.Disposition}] += d.Count
		if d.Kind == "freight" {
			lines += d.Count
		}
		if d.NoFigure < d.Count {
			sums[d.Kind] = sums[d.Kind].Add(decimal.RequireFromString(d.Amount.Amount))
		}
	}
	require.Equal(t, 7000, lines, "each line has its say on freight")
	require.Equal(t, 4402, counts[key{"freight", "billed"}]+counts[key{"freight", "ready"}], "lines with their own freight")
	require.Equal(t, 6713, counts[key{"insurance", "billed"}]+counts[key{"insurance", "ready"}], "lines with insurance")
	require.Equal(t, 1293+197, counts[key{"freight", "not-billable"}], "included in the commodity cost, or invoiced separately")
	require.Equal(t, 1108-74, counts[key{"freight", "linked"}], "billed by another line")
	require.Equal(t, 74, counts[key{"freight", "held"}], "whose freight is that?")
	require.Equal(t, "46922717.88", sums["freight"].String())
	require.Equal(t, "1328046.89", sums["insurance"].String())

	shipments := ask[[]struct{ Customer, Status string }](o, "list", "shipments", "--limit", "0")
	customers := map[string]bool{}
	exceptions := 0
	for _, s := range shipments {
		customers[s.Customer] = true
		if s.Status == "exception" {
			exceptions++
		}
	}
	require.Len(t, shipments, 5068)
	require.Len(t, customers, 132)
	require.Equal(t, 3, exceptions, "POD recorded before the delivery")

	// The ERP holds what the history says, and its revenue is the two sums
	// less what is held, which is listed line by line.
	report := ask[reconciliation](o, "reconcile")
	require.Zero(t, report.BreakCount)
	require.Zero(t, report.InFlight.Count)
	require.Equal(t, report.Documents.Expected, report.Documents.Actual, "no document twice, none missing")
	o.must("recompute") // every amount of it, from the history alone
	held := map[string]decimal.Decimal{}
	for _, h := range report.Bridge.Held {
		if h.Amount != nil {
			held[h.Kind] = held[h.Kind].Add(decimal.RequireFromString(h.Amount.Amount))
		}
	}
	require.Equal(t, 74+2*3, report.Bridge.HeldCount)
	erp := map[string]decimal.Decimal{}
	for _, row := range report.TieOut {
		require.Equal(t, row.Expected, row.Actual, "%s %s", row.Account, row.Period)
		erp[row.Account] = erp[row.Account].Add(decimal.RequireFromString(row.Actual.Amount))
	}
	require.True(t, erp["4010"].Neg().Equal(sums["freight"].Sub(held["freight"])), "freight revenue %s", erp["4010"])
	require.True(t, erp["4020"].Neg().Equal(sums["insurance"].Sub(held["insurance"])), "insurance revenue %s", erp["4020"])
	require.True(t, erp["4090"].Neg().Equal(held["freight"].Add(held["insurance"])), "accrued and held %s", erp["4090"])
	require.True(t, erp["1200"].IsZero(), "every invoice is paid")
}

func TestAResolvedExceptionIsBilledOnALaterInvoice(t *testing.T) {
	// Given two lines of one shipment whose proof of delivery is dated before
	// the delivery
	o := newOffice(t).withERP("--autopay")
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(
		historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "1-Jun-06", freight: "100.10", insurance: "1.05"},
		historyLine{id: "2", asn: "ASN-2", delivered: "3-Jun-06", recorded: "3-Jun-06", freight: "200.20", insurance: ""},
	)), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("import", "scms", file)
	require.Contains(t, o.must("list", "held").out, "ASN-1")

	// When the exception is resolved
	o.must("command", "ResolveException", `{"shipment":"ASN-1","exception":"pod-before-delivery-1","resolution":"the date was confirmed","by":"billing"}`)
	o.must("settle")

	// Then it is billed on the customer's next invoice of that month
	require.NotContains(t, o.must("list", "held").out, "ASN-1")
	invoices := ask[[]struct {
		ID, Number, Status string
		Total              amount
	}](o, "list", "invoices")
	require.Len(t, invoices, 2)
	require.Equal(t, "200.20", invoices[0].Total.Amount)
	require.Equal(t, "101.15", invoices[1].Total.Amount)
	require.Zero(t, ask[reconciliation](o, "reconcile").BreakCount)
}

// historyLine is one line of a small delivery history.
type historyLine struct {
	id, asn, delivered, recorded, freight, insurance string
}

func historyLines(lines ...historyLine) string {
	columns := []string{"ID", "Project Code", "PQ #", "PO / SO #", "ASN/DN #", "Country", "Managed By", "Fulfill Via", "Vendor INCO Term", "Shipment Mode",
		"PQ First Sent to Client Date", "PO Sent to Vendor Date", "Scheduled Delivery Date", "Delivered to Client Date", "Delivery Recorded Date", "Product Group",
		"Sub Classification", "Vendor", "Item Description", "Molecule/Test Type", "Brand", "Dosage", "Dosage Form", "Unit of Measure (Per Pack)", "Line Item Quantity",
		"Line Item Value", "Pack Price", "Unit Price", "Manufacturing Site", "First Line Designation", "Weight (Kilograms)", "Freight Cost (USD)", "Line Item Insurance (USD)"}
	var b strings.Builder
	b.WriteString(strings.Join(columns, "\t") + "\n")
	for _, l := range lines {
		b.WriteString(strings.Join([]string{l.id, "100-CI-T01", "Pre-PQ Process", "SCMS-4", l.asn, "Kenya", "PMO - US", "Direct Drop", "EXW", "Air",
			"Pre-PQ Process", "Date Not Captured", l.delivered, l.delivered, l.recorded, "HRDT",
			"HIV test", "Vendor", "Test kit", "Test", "Generic", "N/A", "Test kit", "30", "19",
			"551", "29", "0.97", "Site", "Yes", "13", l.freight, l.insurance}, "\t") + "\n")
	}
	return b.String()
}
