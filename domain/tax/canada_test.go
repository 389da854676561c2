package tax

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRule31InCanadaTheDestinationDecidesTheRate(t *testing.T) {
	ca := rulesOf(t, "ca")
	for _, c := range []struct{ day, from, to, want, jurisdiction string }{
		{"2025-06-30", "CA-ON", "CA-AB", "GST 5", "CA"},
		{"2025-06-30", "CA-ON", "CA-BC", "GST 5", "CA"},
		{"2025-06-30", "CA-ON", "CA-MB", "GST 5", "CA"},
		{"2025-06-30", "CA-ON", "CA-SK", "GST 5", "CA"},
		{"2025-06-30", "CA-NS", "CA-YT", "GST 5", "CA"},
		{"2025-06-30", "CA-ON", "CA-NT", "GST 5", "CA"},
		{"2025-06-30", "CA-ON", "CA-NU", "GST 5", "CA"},
		{"2025-06-30", "CA-AB", "CA-ON", "HST 13", "CA-ON"},
		{"2025-06-30", "CA-ON", "CA-ON", "HST 13", "CA-ON"},
		{"2025-06-30", "CA-ON", "CA-NB", "HST 15", "CA-NB"},
		{"2025-06-30", "CA-QC", "CA-NL", "HST 15", "CA-NL"},
		{"2025-06-30", "CA-ON", "CA-PE", "HST 15", "CA-PE"},
		{"2025-03-31", "CA-ON", "CA-NS", "HST 15", "CA-NS"},
		{"2025-04-01", "CA-ON", "CA-NS", "HST 14", "CA-NS"},
		{"2025-06-30", "CA-ON", "CA-QC", "GST 5", "CA"},
		{"2025-06-30", "CA-QC", "CA-QC", "GST 5 + QST 9.975", "CA-QC"},
	} {
		d := determined(t, ca, freight(c.day, c.from, c.to))
		require.Equal(t, c.want, rates(d), "%s from %s to %s", c.day, c.from, c.to)
		require.Equal(t, Standard, d.Code)
		require.Equal(t, c.jurisdiction, d.Jurisdiction)
		require.Equal(t, "2025-1", d.Version)
		require.Equal(t, "S", d.Category)
	}
}

func TestRule31GSTAndQSTAreTaxesOfTwoJurisdictionsOnOneLine(t *testing.T) {
	d := determined(t, rulesOf(t, "ca"), freight("2025-06-30", "CA-QC", "CA-QC"))
	b := taxed(t, d, cad("1000.00"))
	require.Equal(t, cad("149.75"), b.Tax)
	require.Len(t, b.Subtotals, 2)
	gst, qst := b.Subtotals[0], b.Subtotals[1]
	require.Equal(t, []string{"GST", "CA", "EXAMPLE RT0001"}, []string{gst.Tax, gst.Jurisdiction, gst.Registration})
	require.Equal(t, cad("50.00"), gst.Amount)
	require.Equal(t, []string{"QST", "CA-QC", "EXAMPLE TQ0001"}, []string{qst.Tax, qst.Jurisdiction, qst.Registration})
	require.Equal(t, cad("99.75"), qst.Amount)
}

func TestQSTIsNotChargedOnALegOfAMovementToOrFromOutsideQuebec(t *testing.T) {
	ca := rulesOf(t, "ca")
	leg := freight("2025-06-30", "CA-QC", "CA-QC")
	require.Equal(t, "GST 5", rates(determined(t, ca, leg.shipped("CA-QC", "CA-ON"))))
	require.Equal(t, "GST 5", rates(determined(t, ca, leg.shipped("CA-ON", "CA-QC"))))
}

func TestRule32CrossBorderFreightIsZeroRatedOnEvidenceAndHeldWithout(t *testing.T) {
	ca := rulesOf(t, "ca")
	for _, c := range []struct{ rule, from, to string }{{"outbound", "CA-ON", "US-TX"}, {"inbound", "US-TX", "CA-ON"}, {"outside", "US-TX", "MX"}} {
		facts := freight("2025-06-30", c.from, c.to)

		// Given no document, then the charge waits
		d := determined(t, ca, facts)
		require.Equal(t, c.rule, d.Rule)
		require.True(t, d.Held())
		require.Equal(t, CrossBorderDocument, d.Lacks[0].Evidence)
		_, err := Compute("CAD", []Line{{"1", cad("100.00"), d}})
		var lacking *LackingError
		require.ErrorAs(t, err, &lacking)
		require.Equal(t, c.rule, lacking.Rule)

		// Given the document, then it is billed at nought and names it
		d = determined(t, ca, facts.with(CrossBorderDocument))
		require.False(t, d.Held())
		require.Equal(t, ZeroRated, d.Code)
		require.Equal(t, "Z", d.Category)
		require.Equal(t, []Evidence{{CrossBorderDocument, "doc cross-border-document", ""}}, d.Evidence)
		b := taxed(t, d, cad("100.00"))
		require.Equal(t, cad("0.00"), b.Tax)
		require.Equal(t, []string{"International freight: GST/HST zero-rated"}, b.Notices)
		require.Equal(t, ZeroRated, b.Subtotals[0].Code)
		require.Equal(t, cad("100.00"), b.Subtotals[0].Net)
	}
}

func TestRule32ALegWithoutEvidenceOfTheWholeMovementIsTaxedByItsDestination(t *testing.T) {
	ca := rulesOf(t, "ca")
	in := freight("2025-06-30", "CA-QC", "CA-ON").shipped("GB", "CA-ON")

	d := determined(t, ca, in.with(CrossBorderDocument))
	require.Equal(t, "inbound-leg", d.Rule)
	require.Equal(t, ZeroRated, d.Code)

	// Without it the rule is passed over, and the decision says so
	d = determined(t, ca, in)
	require.Equal(t, "HST 13", rates(d))
	require.Len(t, d.PassedOver, 1)
	require.Equal(t, "inbound-leg", d.PassedOver[0].Rule)
	require.Equal(t, CrossBorderDocument, d.PassedOver[0].Lacks[0].Evidence)

	// An outbound leg needs the shipper's declaration beside the document
	out := freight("2025-06-30", "CA-AB", "CA-BC").shipped("CA-AB", "JP")
	d = determined(t, ca, out.with(CrossBorderDocument))
	require.Equal(t, "GST 5", rates(d))
	require.Equal(t, []Need{{Evidence: Declaration, Detail: "the shipper's, that the goods are shipped out of Canada"}}, d.PassedOver[0].Lacks)
	d = determined(t, ca, out.with(CrossBorderDocument, Declaration))
	require.Equal(t, "outbound-leg", d.Rule)
	require.Len(t, d.Evidence, 2)

	// Within Québec an unproven leg is a service there
	leg := freight("2025-06-30", "CA-QC", "CA-QC")
	require.Equal(t, "GST 5 + QST 9.975", rates(determined(t, ca, leg.shipped("GB", "CA-QC"))))
	require.Equal(t, "GST 5 + QST 9.975", rates(determined(t, ca, leg.shipped("CA-QC", "GB"))))
	require.Equal(t, ZeroRated, determined(t, ca, leg.shipped("GB", "CA-QC").with(CrossBorderDocument)).Code)
}

func TestAPlaceWithoutItsProvinceIsAskedForAndNotGuessed(t *testing.T) {
	ca := rulesOf(t, "ca")
	_, err := ca.Determine(freight("2025-06-30", "CA-ON", "CA"))
	var missing *FactError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "destination", missing.Fact)

	// Where no rule asks for it, it need not be known
	require.Equal(t, "HST 13", rates(determined(t, ca, freight("2025-06-30", "CA", "CA-ON"))))
}
