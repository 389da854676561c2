package scms

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func see(shipment, id string) string { return Refers{shipment, id}.String() }

func TestPointersLeadToTheLineWithTheFigure(t *testing.T) {
	// given a pointer forward, one back, one by way of another, and one across shipments
	f := mustRead(t, fixture(
		fixtureLine("1", cells{colShipment: "ASN-1", colFreight: see("ASN-1", "2"), colWeight: see("ASN-1", "2")}),
		fixtureLine("2", cells{colShipment: "ASN-1", colFreight: "5.00", colWeight: "8"}),
		fixtureLine("3", cells{colShipment: "ASN-1", colFreight: see("ASN-1", "1"), colWeight: see("ASN-1", "1")}),
		fixtureLine("4", cells{colFreight: see("ASN-1", "3")}),
	))
	for i := range f.Lines {
		carrier, figure := f.FreightCarrier(i)
		require.Equal(t, 1, carrier)
		require.True(t, figure)
	}
	carrier, figure := f.WeightCarrier(2)
	require.Equal(t, 1, carrier)
	require.True(t, figure)
	require.Equal(t, Refers{Shipment: "ASN-1", LineID: "2"}, f.Lines[0].Freight)
	require.Empty(t, f.Findings())
	got := Summary(f)
	require.Equal(t, 3, got.Refers)
	require.Equal(t, "5", got.OwnFreight.Amount.String(), "freight pointed at is counted once")
}

func TestPointersToALineWithoutAFigureAreFacts(t *testing.T) {
	f := mustRead(t, fixture(
		fixtureLine("1", cells{colShipment: "ASN-1", colFreight: see("ASN-1", "2"), colWeight: see("ASN-1", "2")}),
		fixtureLine("2", cells{colShipment: "ASN-1", colFreight: wordingInvoiced, colWeight: wordingCaptured}),
		fixtureLine("3", cells{colShipment: "ASN-3", colFreight: see("ASN-3", "4")}),
		fixtureLine("4", cells{colShipment: "ASN-3", colFreight: wordingIncluded}),
	))
	carrier, figure := f.FreightCarrier(0)
	require.Equal(t, 1, carrier)
	require.False(t, figure)
	got := Summary(f)
	require.Equal(t, 2, got.RefersWithoutFigure)
	require.Equal(t, 1, got.WeightRefersNoFigure)
	findings := f.Findings()
	require.Len(t, findings, 3)
	require.Equal(t, Finding{FreightWithoutFigure, 2, "1", "ASN-1",
		`freight is said to be on ID 2, line 3, which has no amount of its own: "Invoiced Separately"`}, findings[0])
	require.Equal(t, WeightWithoutFigure, findings[1].Kind)
	require.Contains(t, findings[2].Detail, wordingIncluded)
}

func TestPointersThatLeadNowhereAreProblems(t *testing.T) {
	for name, c := range map[string]struct {
		pointer string
		reason  string
	}{
		"no such line":  {see("ASN-2", "99"), "no line of the file has ID 99"},
		"other ASN":     {see("ASN-7", "2"), "ID 2 on line 3 belongs to ASN-2, not to ASN-7"},
		"itself":        {see("ASN-1", "1"), "points at itself"},
		"leading zeros": {see("ASN-2", "02"), "no line of the file has ID 02"},
	} {
		for _, col := range []column{colFreight, colWeight} {
			t.Run(name+" "+col.String(), func(t *testing.T) {
				p := one(t, fixture(fixtureLine("1", cells{col: c.pointer}), fixtureLine("2", nil)))
				require.Equal(t, 2, p.Line)
				require.Equal(t, "1", p.ID)
				require.Equal(t, col.String(), p.Column)
				require.Equal(t, c.pointer, p.Value)
				require.Contains(t, p.Reason, c.reason)
			})
		}
	}
}

func TestPointersInACircleAreOneProblem(t *testing.T) {
	// given a way into a circle of three, whose first line in the file is not its entry
	p := one(t, fixture(
		fixtureLine("1", cells{colFreight: see("ASN-4", "4")}),
		fixtureLine("2", cells{colFreight: see("ASN-3", "3")}),
		fixtureLine("3", cells{colFreight: see("ASN-4", "4")}),
		fixtureLine("4", cells{colFreight: see("ASN-2", "2")}),
		fixtureLine("5", cells{colFreight: see("ASN-1", "1")}),
	))
	require.Equal(t, 3, p.Line)
	require.Equal(t, "the pointers go round in a circle of 3 lines: ID 2 → 3 → 4 → 2", p.Reason)
}

func TestPointersToAnUnreadableLineAreNotAtFault(t *testing.T) {
	short := "2\tA"
	require.Contains(t, one(t, fixture(fixtureLine("1", cells{colFreight: see("ASN-2", "2")}), short)).Reason, "2 fields")
	bad := fixtureLine("2", cells{colFreight: "?"})
	require.Contains(t, one(t, fixture(fixtureLine("1", cells{colFreight: see("ASN-2", "2")}), bad)).Reason, "wording")
	require.Contains(t, refused(t, fixture(short, fixtureLine("2", nil)), Options{}).Problems[1].Reason, "same ID")
}

func TestDatesAreDaysOfThisCentury(t *testing.T) {
	for text, day := range map[string]string{
		"2-Jun-06": "2006-06-02", "02-Jun-06": "2006-06-02", "29-Feb-12": "2012-02-29", "31-Dec-99": "2099-12-31", "1-Jan-00": "2000-01-01",
	} {
		d, ok := parseDate(text)
		require.True(t, ok, text)
		require.Equal(t, day, d.String())
		require.Equal(t, text, d.Raw)
	}
	for _, text := range []string{"", "-", "--", "2-Jun", "2-Jun-2006", "2-June-06", "2--06", "+2-Jun-06", "2-Jun-06-", "32-Jan-06", "002-Jan-06"} {
		_, ok := parseDate(text)
		require.False(t, ok, text)
	}
	a, _ := parseDate("31-Dec-06")
	b, _ := parseDate("1-Jan-07")
	require.True(t, a.Before(b))
	require.False(t, b.Before(a))
}
