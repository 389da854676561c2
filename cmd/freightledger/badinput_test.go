package main

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

// Bad input gets an error that names the place and the remedy, an exit code
// that is not zero, and leaves nothing half done.

func events(o *office) int {
	return ask[struct{ Events int }](o, "status").Events
}

func TestABadLineIsNamedAndNothingOfTheFileIsApplied(t *testing.T) {
	for name, bad := range map[string]struct{ line, place string }{
		"amount":       {"9\t100-CI-T01\tx", "line 3"},
		"freight":      {strings.Split(historyLines(historyLine{id: "2", asn: "ASN-2", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "1e999999999"}), "\n")[1], "line 3"},
		"date":         {strings.Split(historyLines(historyLine{id: "2", asn: "ASN-2", delivered: "31-Feb-06", recorded: "2-Jun-06", freight: "1"}), "\n")[1], "line 3"},
		"missing line": {strings.Split(historyLines(historyLine{id: "2", asn: "ASN-2", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "See ASN-9 (ID#:99)"}), "\n")[1], "line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			file := filepath.Join(o.dir, "bad.csv")
			good := historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})
			require.NoError(t, os.WriteFile(file, []byte(good+bad.line+"\n"), 0o600))

			a := o.run("import", "scms", file)

			require.Equal(t, exitRefused, a.code, a.out+a.errs)
			require.Contains(t, a.out, bad.place)
			require.Contains(t, a.out, "remedy")
			require.Empty(t, ask[[]any](o, "list", "shipments"), "nothing of a file that has a bad line")
			letters := ask[[]struct{ Reason string }](o, "dead-letters", "list")
			require.Len(t, letters, 1, "the file is kept as a dead letter")
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	o := newOffice(t)
	empty := filepath.Join(o.dir, "empty.csv")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, path := range []string{filepath.Join(o.dir, "absent.csv"), o.dir, empty} {
		a := o.run("import", "scms", path)
		require.Equal(t, exitBroken, a.code, path)
		require.Contains(t, a.errs, path)
	}
	require.Zero(t, events(o))
}

func TestATimeThatIsNoneIsToldWithWhatIsWanted(t *testing.T) {
	o := newOffice(t)
	for want, args := range map[string][]string{
		"want a date like":            {"missing", "SH-1", "--as-of", "yesterday"},
		"or the number of an invoice": {"replay", "SH-1", "--as-of", "INV-2026-000001"},
		"want 2026-11-22T10:00:00Z":   {"whatif", "SH-1", "--as-of", "2026-13-01", "--report", "2 unloaded 2026-03-05T12:00:00 -06:00"},
		`required flag(s) "amount"`:   {"sandbox-erp", "receipt", "--customer", "ACME", "--date", "2026-03-20"},
		"name the ERP":                {"sandbox-erp", "return", "RCPT-00000001", "--date", "2026-03-20", "--reason", "none"},
		"--shipment or --invoice":     {"recompute", "--shipment", "SH-1", "--invoice", "INV-2026-000001"},
		"a month and open or closed":  {"sandbox-erp", "period", "2026-03"},
		"want a month like":           {"journal", "--period", "March"},
	} {
		a := o.run(args...)
		require.Equal(t, exitUsage, a.code, "%v: %s", args, a.errs)
		require.Contains(t, a.errs, want)
	}
}

func TestALockedDataFolderSaysWhoHoldsIt(t *testing.T) {
	o := newOffice(t)
	l, err := openLedger(t.Context(), ledgerOptions{dir: o.data, log: (&app{errs: os.Stderr}).logger(), bars: newProgress(true)})
	require.NoError(t, err)
	a := o.run("status")
	require.Equal(t, exitData, a.code)
	require.Contains(t, a.errs, "history")
	require.NoError(t, l.close())
	o.must("status")
}

func TestADataFolderOfANewerVersionIsLeftAlone(t *testing.T) {
	o := newOffice(t)
	o.must("status")
	// Given a folder that a later version wrote
	o.elsewhere = true
	mark := newerFormat(t, filepath.Join(o.data, "history"))
	// When it is opened
	a := o.run("status")
	// Then it is refused with the remedy, and unchanged
	require.Equal(t, exitData, a.code, a.errs)
	require.Contains(t, a.errs, "newer")
	require.Contains(t, a.errs, "upgrade")
	mark()
}

func TestAnUnknownCustomerHoldsTheInvoiceUntilTheERPKnowsIt(t *testing.T) {
	// Given delivered freight of a customer that the ERP does not know
	o := newOffice(t).withERP()
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})), 0o600))
	o.must("import", "scms", file)
	invoices := ask[[]struct {
		Status string
		Holds  []string
	}](o, "list", "invoices")
	require.Len(t, invoices, 1)
	require.Equal(t, "held", invoices[0].Status)
	require.Equal(t, []string{"customer-unknown"}, invoices[0].Holds)
	held := ask[[]struct{ Held []views.Hold }](o, "list", "invoices", "--held")
	require.Equal(t, domain.HoldTypeOf(domain.HoldCustomerUnknown), held[0].Held[0].HoldType)
	require.False(t, held[0].Held[0].Since.IsZero())
	require.Regexp(t, `customer-unknown +\d{4}-\d\d-\d\d +the customer in the ERP +ends by itself`, o.must("list", "invoices", "--held").out)
	// The accrual is rejected by the ERP for the same reason, and not posted.
	require.Contains(t, o.must("list", "postings").out, "unknown-customer")

	// When the ERP knows the customer
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("settle")

	// Then the invoice is issued and everything is posted
	invoices = ask[[]struct {
		Status string
		Holds  []string
	}](o, "list", "invoices")
	require.Equal(t, "posted", invoices[0].Status)
	report := ask[reconciliation](o, "reconcile")
	require.Zero(t, report.InFlight.Count)
}

func TestAnERPThatIsDownLosesNothing(t *testing.T) {
	// Given an ERP that answers nothing
	o := newOffice(t).withERP()
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("sandbox-erp", "faults", "--down")
	// When freight is imported
	a := o.run("import", "scms", file)
	// Then it is said, and the freight is kept
	require.Equal(t, exitBroken, a.code)
	require.Contains(t, a.errs, "sync customers with the ERP")
	require.Len(t, ask[[]any](o, "list", "shipments"), 1)
	// And when the ERP is back, everything goes on
	o.must("sandbox-erp", "faults")
	o.must("settle")
	require.Zero(t, ask[reconciliation](o, "reconcile").BreakCount)
	require.Contains(t, o.must("status").out, "1 posted")
}

func TestAWrongCurrencyHoldsTheInvoice(t *testing.T) {
	o := newOffice(t).withERP()
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})), 0o600))
	customers := filepath.Join(o.dir, "customers.json")
	require.NoError(t, os.WriteFile(customers, []byte(`[{"code":"100-CI-T01","name":"Project 100-CI-T01","terms_days":30,"currency":"EUR"}]`), 0o600))
	o.must("sandbox-erp", "customers", customers)
	o.must("import", "scms", file)
	require.Contains(t, o.must("list", "invoices", "--json").out, "wrong-currency")
}

func TestAClosedPeriodIsPostedToTheFirstOpenOne(t *testing.T) {
	// Given books whose June 2006 is closed
	o := newOffice(t).withERP("--closed-before", "2006-07")
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100"})), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)
	// When freight of June is billed
	o.must("import", "scms", file)
	// Then it stands in July, with its service date, and ties out
	report := ask[reconciliation](o, "reconcile")
	require.Zero(t, report.BreakCount)
	require.Zero(t, report.InFlight.Count)
	for _, row := range report.TieOut {
		require.Equal(t, "2006-07", row.Period)
	}
}

func TestWrongUsageSaysWhatIsWanted(t *testing.T) {
	o := newOffice(t)
	for _, args := range [][]string{{"trace"}, {"import", "scms"}, {"reconcile"}, {"replay", "X", "--as-of", "yesterday"}, {"--nonsense"}, {"command", "Nonsense", "{}"}} {
		a := o.run(args...)
		require.Equal(t, exitUsage, a.code, "%v: %s", args, a.errs)
		require.NotEmpty(t, a.errs)
	}
	a := o.run("trace", "INV-1999-000001")
	require.Equal(t, exitBroken, a.code)
	require.Contains(t, a.errs, "INV-1999-000001")
}

func TestEveryCommandHelpsWithExamples(t *testing.T) {
	var check func(path []string)
	check = func(path []string) {
		a := newOffice(t).run(append(path, "--help")...)
		require.Zero(t, a.code)
		subs := strings.Contains(a.out, "Available Commands:")
		if !subs {
			require.Contains(t, a.out, "Examples:", "%v has no example", path)
			return
		}
		_, list, _ := strings.Cut(a.out, "Available Commands:\n")
		for _, line := range strings.Split(list, "\n") {
			if !strings.HasPrefix(line, "  ") {
				break
			}
			if name := strings.Fields(line)[0]; name != "help" && name != "completion" {
				check(append(path[:len(path):len(path)], name))
			}
		}
	}
	check(nil)
}

// newerFormat marks a history as written by the format after this one, and
// returns a check that nothing has touched the mark since.
func newerFormat(t *testing.T, history string) (unchanged func()) {
	t.Helper()
	name := filepath.Join(history, "HIGHWATER")
	line := "freightledger events format 99 head 0"
	line = fmt.Sprintf("%s crc %08x", line, crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli)))
	line += strings.Repeat(" ", 511-len(line)) + "\n"
	require.NoError(t, os.WriteFile(name, []byte(line+line), 0o600))
	return func() {
		after, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, line+line, string(after))
	}
}

func TestAnIndexThatIsLostOrDistrustedIsMadeAnew(t *testing.T) {
	o := newOffice(t)
	o.elsewhere = true // at its end it is damaged
	freight := filepath.Join(o.dir, "freight")
	o.must("generate", freight, "--shipments", "10", "--seed", "3")
	files, err := filepath.Glob(filepath.Join(freight, "*.x12"))
	require.NoError(t, err)
	o.must(append([]string{"import", "edi"}, files...)...)
	type health struct{ Digest string }
	was := ask[health](o, "doctor")
	require.NoError(t, os.RemoveAll(filepath.Join(o.data, "history", "index")))
	require.Equal(t, was, ask[health](o, "doctor"))
	require.Equal(t, was, ask[health](o, "doctor", "--rebuild-index"))

	// Damage to the events themselves is not: it is named with its place
	segment := filepath.Join(o.data, "history", "00000000000000000001.events")
	bytes, err := os.ReadFile(segment)
	require.NoError(t, err)
	bytes[len(bytes)/1000] ^= 1
	require.NoError(t, os.WriteFile(segment, bytes, 0o600))
	a := o.run("doctor")
	require.Equal(t, exitData, a.code, a.out+a.errs)
	require.Contains(t, a.out+a.errs, "00000000000000000001.events")
	require.Contains(t, a.out+a.errs, "restore a backup")
}
