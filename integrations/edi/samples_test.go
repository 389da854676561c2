package edi

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

// described is an item in one line: name, kind, and its commands or refusal.
func described(item inbox.Item) string {
	what := "nothing to do"
	switch {
	case item.Refusal != nil:
		what = "refused " + item.Refusal.Code + " at " + item.Refusal.Place
	case item.Command != nil:
		names := []string{item.Command.CommandName()}
		if batch, ok := item.Command.(domain.Together); ok {
			names = batch.Names()
		}
		what = fmt.Sprintf("%s: %s", item.Command.Stream(), strings.Join(names, " "))
	}
	return item.Name + " " + item.Kind + " " + what
}

// want is what a sample must give: its items, and words of the first item's
// notes, one a note.
type want struct {
	items []string
	notes []string
	file  string // code of the refusal of the file as a whole
}

func each(first, last int, line string) []string {
	var lines []string
	for i := first; i <= last; i++ {
		lines = append(lines, fmt.Sprintf(line, i))
	}
	return lines
}

// Every X12 and EDIFACT sample, each met by a ledger that knows nothing.
func TestEverySampleIsMappedOrRefusedWithItsPlace(t *testing.T) {
	const ack = " 997 refused rejected-by-partner at ST 0001 segment 6 (AK5), element 01"
	wants := map[string]want{
		"204/indice-edinet_204-MGCTLYST.edi": {
			items: []string{"000018718/17878/178780001 204 shipment-75027674: ReleaseOrder TenderOrder EnterCharge"},
			notes: []string{`SE01 declares "41" segments, the set has 38`, "names no currency (C3, CUR): USD is taken"}},
		"210/indice-edinet_210-MGCTLYST.edi": {
			items: []string{"000001838/1838/18380001 210 refused unsupported-set at ST 18380001 segment 1 (ST), element 01"},
			notes: []string{"layout read leniently: trailing-blanks"}},
		"210/jftech-omniparser_ups_210.txt": {
			items: each(158669, 158673, "000002838/2767/000%[1]d 210 refused unsupported-set at ST 000%[1]d segment 1 (ST), element 01"),
			notes: []string{`SE01 declares "46" segments, the set has 48`}},
		"210/xlate-staedi_issue128_ts210_80char.edi": {
			items: []string{"000026003/2619/1305 210 refused unsupported-set at ST 1305 segment 1 (ST), element 01"},
			notes: []string{"layout read leniently: wrapped"}},
		"214/dominicfinn-open_tms_lit_B10-misordered.edi": {
			items: []string{"000000001/1/0001 214 refused not-found at ST 0001 segment 2 (B10), element 01"},
			notes: []string{`SE01 declares "8" segments, the set has 7`, "read as shipment, carrier, PRO"}},
		"214/indice-edinet_214-MGCTLYST.edi": {
			items: []string{"000082265/82265/822650001 214 refused not-found at ST 822650001 segment 2 (B10), element 02"},
			notes: []string{"no-repetition"}},
		"214/indice-edinet_x12.214.edi": {
			items: []string{"000082265/82265/822650001 214 refused not-found at ST 822650001 segment 2 (B10), element 02"},
			notes: []string{"line-break", "bom"}},
		"214/jftech-omniparser_canadapost_214.txt": {
			items: each(1, 19, "000001644/000001644/%09[1]d 214 refused not-found at ST %09[1]d segment 2 (B10), element 02")},
		"214/xlate-staedi_issue109_ts214_ellipses_segterm.edi": {
			items: []string{"000075776/75776/757760001 214 refused not-found at ST 757760001 segment 2 (B10), element 02"}},
		"820/dominicfinn-open_tms_lit_short-pay.edi": {
			items: []string{"000000456/456/0001 820 payment-BIGRET-ACH-REF-78901: AnnounceRemittance"},
			notes: []string{"USD is taken", "no date (BPR-16)"}},
		"820/indice-edinet_x12.820.issue140.edi": {
			items: []string{"820101047/820101047/101053 820 payment-1238742000008-4529952: AnnounceRemittance"}},
		"820/moov-io-x12_stp820_sample.txt": {
			items: []string{"000000001/1/0001 820 payment-227777777-12053011440000192: AnnounceRemittance"},
			notes: []string{"collapsed-isa", "USD is taken"}},
		"990/indice-edinet_990-MGCTLYST.edi": {
			items: []string{"000002356/267/000000448 990 refused not-found at ST 000000448 segment 2 (B1), element 02"}},
		"997/transcom-mymove_lit_824.edi": {
			items: []string{"000000001/1/000000001 824 refused rejected-by-partner at ST 000000001 segment 3 (OTI), element 01"},
			notes: []string{"blank-lines"}},
		"997/transcom-mymove_lit_824_8digit-ISA13_group-ctl-mismatch.edi": {
			items: []string{"00000995/1/000000001 824 refused rejected-by-partner at ST 000000001 segment 3 (OTI), element 01"},
			notes: []string{"collapsed-isa"}},
		"997/transcom-mymove_lit_997_blank-lines.edi": {
			items: []string{"000000022/220001/0001 997 nothing to do"},
			notes: []string{"blank-lines", "transaction set 858 0001 was accepted", "group SI 100001251 was accepted"}},
		"997/xlate-staedi_empty997.edi": {
			items: []string{"000000001/1/0001 997 nothing to do"},
			notes: []string{"says nothing about what it acknowledges"}},
		"997/xlate-staedi_extraDelimiter997.edi": {items: []string{"508121953/000005/0001" + ack}},
		"997/xlate-staedi_invalid997.edi":        {items: []string{"508121953/000005/0001" + ack}},
		"997/xlate-staedi_invalid997_min.edi": {
			items: []string{"508121953/000005/0001 997 refused rejected-by-partner at ST 0001 segment 3 (AK9), element 01"},
			notes: []string{"group-control"}},
		"997/xlate-staedi_optionalInterchangeServices.edi": {
			items: []string{"000003438/000005/0001 997 nothing to do"},
			notes: []string{"group HC 000001 was accepted"}},
		"997/xlate-staedi_simple997-multiple-interchanges.edi": {items: each(1, 3, "00000000%[1]d/000005/0001"+ack)},
		"997/xlate-staedi_simple997.edi":                       {items: []string{"508121953/000005/0001" + ack}},
		"envelope/hellooops_X12-interchanges.x12": {items: []string{
			"000000001/1/0001 850 refused unsupported-set at ST 0001 segment 1 (ST), element 01",
			"000000001/1/0002 864 refused unsupported-set at ST 0002 segment 1 (ST), element 01",
			"000000001/2/0003 850 refused unsupported-set at ST 0003 segment 1 (ST), element 01"}},
		"envelope/hellooops_multiple_transactions.x12": {
			items: each(1, 2, "000000089/13/000%[1]d 860 refused unsupported-set at ST 000%[1]d segment 1 (ST), element 01"),
			notes: []string{"blank-lines"}},
		"envelope/hellooops_EDIFACT-interchanges.edifact": {file: "edifact"},
		"envelope/hellooops_bug-edifact-escape.edifact":   {file: "edifact"},
		"envelope/hellooops_syntaxVersion4.edifact":       {file: "edifact"},
	}
	for name, w := range wants {
		t.Run(name, func(t *testing.T) {
			body := sample(t, name)
			l := newLedger(t)
			if w.file != "" {
				_, err := l.mapper.Items(context.Background(), "x12-1", body)
				var fault *Fault
				require.ErrorAs(t, err, &fault)
				require.Equal(t, w.file, fault.Code)
				require.Contains(t, fault.Reason, "UNA/UNB")
				report := l.take(body)
				require.Len(t, report.Refused, 1)
				require.Equal(t, inbox.WholeMessage, report.Refused[0].Item)
				require.Equal(t, w.file, report.Refused[0].Code)
				return
			}
			items := l.items(body)
			var got []string
			for _, item := range items {
				got = append(got, described(item))
			}
			require.Equal(t, w.items, got)
			require.Len(t, items[0].Notes, len(w.notes), "%q", items[0].Notes)
			for i, words := range w.notes {
				require.Contains(t, items[0].Notes[i], words)
			}
			l.take(body)
		})
	}
	t.Run("no sample is left out", func(t *testing.T) {
		sample(t, "204/indice-edinet_204-MGCTLYST.edi")
		paths, err := filepath.Glob(filepath.Join(sampleFolder, "*", "*"))
		require.NoError(t, err)
		for _, path := range paths {
			name, err := filepath.Rel(sampleFolder, path)
			require.NoError(t, err)
			require.Contains(t, wants, filepath.ToSlash(name))
		}
		require.Len(t, paths, len(wants))
	})
}

func TestTheRealOrderAnswerAndReportTellOneStory(t *testing.T) {
	l := newLedger(t)
	order := l.only(sample(t, "204/indice-edinet_204-MGCTLYST.edi"))
	commands := made(t, order)
	release := commands[0].(domain.ReleaseOrder)
	require.Equal(t, domain.CustomerID("NPBTO"), release.Customer)
	require.Equal(t, "2482.057", release.WeightKg, "5472 lb")
	require.Equal(t, []domain.Reference{{Kind: "PO", Value: "3297832"}, {Kind: "CR", Value: "0000011660"}, {Kind: "BOL", Value: "75027674"}, {Kind: "SI", Value: "88756818"}}, release.References)
	require.Len(t, release.Stops, 2)
	require.Equal(t, "RUMFORD, ME 04276, US", release.Stops[0].Place)
	require.Equal(t, "America/New_York", release.Stops[0].Zone)
	require.Equal(t, "WEST ALLIS, WI 53214, US", release.Stops[1].Place)
	require.Equal(t, "2016-07-29T23:59:00", release.Promised.Local)
	require.Equal(t, instantOf(t, "2016-07-30T04:59:00Z"), release.Promised.UTC)
	require.Equal(t, "SCAC", commands[1].(domain.TenderOrder).Carrier)
	charge := commands[2].(domain.EnterCharge)
	require.Equal(t, "557.21 USD", charge.Amount.String())
	require.Equal(t, domain.FormulaStated, charge.Basis.Formula)
	require.Equal(t, "PP", charge.Basis.Inputs["payment-method"])

	l.accept(sample(t, "204/indice-edinet_204-MGCTLYST.edi"))
	require.Equal(t, "tendered", l.shipment("75027674").Status())
	l.accept(sample(t, "990/indice-edinet_990-MGCTLYST.edi"))
	require.Equal(t, "accepted", l.shipment("75027674").Status())
	report := l.only(sample(t, "214/indice-edinet_214-MGCTLYST.edi"))
	requireNote(t, report, `the report is from "BRATTLEBORO, VT", the only delivery stop is "WEST ALLIS, WI 53214, US"`)
	l.accept(sample(t, "214/indice-edinet_214-MGCTLYST.edi"))
	s := l.shipment("75027674")
	require.Equal(t, "delivered", s.Status())
	require.Contains(t, s.References, domain.Reference{Kind: "PRO", Value: "1751807"})
	done, ok := s.Actual(2, domain.Unloaded)
	require.True(t, ok)
	require.Equal(t, "NS", done.Reason)
	require.Equal(t, "2016-07-26T12:30:00", done.At.Local)
	require.Equal(t, "America/Chicago", done.At.Zone)
	require.Equal(t, "2016-07-26T13:03:00", done.ReportedAt.Local)
	require.Empty(t, done.ReportedAt.Zone)

	// The same report in another form of file is no news.
	again := l.accept(sample(t, "214/indice-edinet_x12.214.edi"))
	require.Equal(t, 1, again.Repeated)
	require.Zero(t, again.Applied)
}

func TestSourcesPointAtTheirBytes(t *testing.T) {
	for name, body := range map[string][]byte{
		"ends of line": sample(t, "204/indice-edinet_204-MGCTLYST.edi"),
		"tildes":       interchange(t, envelope{control: 3}, orderSet),
	} {
		t.Run(name, func(t *testing.T) {
			at := func(s domain.Source) string { return string(body[s.Offset : s.Offset+s.Length]) }
			commands := made(t, newLedger(t).only(body))
			whole := commands[0].(domain.ReleaseOrder).Source
			require.True(t, strings.HasPrefix(at(whole), "ST*204*"), at(whole))
			require.Contains(t, at(whole), "SE*")
			require.Equal(t, content(body).ID(), whole.Message)
			tendered := commands[1].(domain.TenderOrder).Source
			require.Regexp(t, `^B2\*\*[A-Z]+\*\*[A-Z0-9-]+\*\*PP$`, at(tendered))
			charged := commands[2].(domain.EnterCharge).Source
			require.Regexp(t, `^L3\*[0-9*A-Z.]+$`, at(charged))
			require.Regexp(t, `^ST \d+ segment \d+ \(L3\)$`, charged.Place)
		})
	}
	t.Run("a terminator of several bytes", func(t *testing.T) {
		body := sample(t, "214/xlate-staedi_issue109_ts214_ellipses_segterm.edi")
		l := released(t)
		body = []byte(strings.Replace(string(body), "*7727019*", "*LOAD-1*", 1))
		commands := made(t, l.only(body))
		m := commands[1].(domain.RecordMilestone)
		require.True(t, m.Estimate)
		require.Equal(t, "AT7*AG*NS***20200911*1159*ET", string(body[m.Source.Offset:m.Source.Offset+m.Source.Length]))
		require.Equal(t, "2020-09-11T11:59:00", m.At.Local)
		require.Equal(t, "America/New_York", m.At.Zone)
		require.Equal(t, domain.DepartedPickup, commands[2].(domain.RecordMilestone).Kind)
	})
}

func TestRealRemittances(t *testing.T) {
	payment := func(l *ledger, id domain.PaymentID) domain.Payment {
		state, err := l.exec.State(context.Background(), id.Stream())
		require.NoError(t, err)
		return state.(domain.Payment)
	}
	t.Run("a retailer's advice adds up to the cent", func(t *testing.T) {
		l := newLedger(t)
		l.accept(sample(t, "820/indice-edinet_x12.820.issue140.edi"))
		p := payment(l, "1238742000008-4529952")
		require.True(t, p.Announced)
		require.Empty(t, p.Held)
		require.Len(t, p.Items, 7)
		first := p.Items[0]
		require.Equal(t, "26801", first.Document)
		require.Equal(t, "4408.75 USD", first.Paid.String())
		require.Equal(t, "4650.41 USD", first.Gross.String())
		require.Equal(t, "97.90 USD", first.Discount.String())
		require.Len(t, first.Adjustments, 1)
		require.Equal(t, "-143.76 USD", first.Adjustments[0].Amount.String())
		require.Equal(t, "59", first.Adjustments[0].Reason)
		require.Equal(t, "ST 101053 segment 9 (RMR)", first.Place)
	})
	t.Run("a gross of nothing is held by rule 46", func(t *testing.T) {
		l := newLedger(t)
		l.accept(sample(t, "820/dominicfinn-open_tms_lit_short-pay.edi"))
		p := payment(l, "BIGRET-ACH-REF-78901")
		require.Contains(t, p.Held, "invoice INV-20260401-0001: gross less discount plus adjustments is 0.00 USD, paid is 1750.00 USD")
		require.Contains(t, p.Held, "ST 0001 segment 7 (RMR)")
	})
	t.Run("amounts without gross add up", func(t *testing.T) {
		l := newLedger(t)
		l.accept(sample(t, "820/moov-io-x12_stp820_sample.txt"))
		p := payment(l, "227777777-12053011440000192")
		require.Empty(t, p.Held)
		require.Len(t, p.Items, 2)
		require.Equal(t, "953.19 USD", p.Items[0].Paid.String())
		require.False(t, p.Items[0].Gross.IsSet())
	})
}

func TestReportsOnUnknownShipmentsWaitForTheirOrders(t *testing.T) {
	l := newLedger(t)
	body := sample(t, "214/jftech-omniparser_canadapost_214.txt")
	report := l.take(body)
	require.Len(t, report.Refused, 19)
	require.True(t, slices.ContainsFunc(report.Refused, func(r inbox.RefusedItem) bool {
		return strings.Contains(r.Reason, `shipment "4343638098171441"`) && strings.Contains(r.Remedy, "204")
	}))
}
