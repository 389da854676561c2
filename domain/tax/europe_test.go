package tax

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUKFreight(t *testing.T) {
	gb := rulesOf(t, "gb")
	for _, c := range []struct {
		name string
		f    Facts
		rule string
		code Code
	}{
		{"within, UK business", freight("2025-06-30", "GB", "GB"), "within", Standard},
		{"within, UK consumer", freight("2025-06-30", "GB", "GB").forA(Consumer, "GB"), "within", Standard},
		{"within, overseas consumer", freight("2025-06-30", "GB", "GB").forA(Consumer, "FR"), "within", Standard},
		{"within, overseas business with a number", freight("2025-06-30", "GB", "GB").forA(Business, "IT", "IT"), "overseas-business-by-id", OutOfScope},
		{"within, overseas business with other proof", freight("2025-06-30", "GB", "GB").forA(Business, "US").with(CustomerBusiness), "overseas-business", OutOfScope},
		{"within, overseas business without any", freight("2025-06-30", "GB", "GB").forA(Business, "US"), "within", Standard},
		{"an id at home is none overseas", freight("2025-06-30", "GB", "GB").forA(Business, "US", "GB"), "within", Standard},
		{"export, UK business", freight("2025-06-30", "GB", "AU").with(CrossBorderDocument), "export-leg", ZeroRated},
		{"export leg to the port", freight("2025-06-30", "GB", "GB").shipped("GB", "AU").with(CrossBorderDocument), "export-leg", ZeroRated},
		{"export without evidence", freight("2025-06-30", "GB", "AU"), "export-unproven", Standard},
		{"export, Italian business", freight("2025-06-30", "GB", "AU").forA(Business, "IT", "IT"), "overseas-business-by-id", OutOfScope},
		{"import, UK business", freight("2025-06-30", "US", "GB").forA(Business, "GB").with(CrossBorderDocument), "import-leg", ZeroRated},
		{"import without evidence", freight("2025-06-30", "US", "GB").forA(Business, "GB"), "import-unproven", Standard},
	} {
		d := determined(t, gb, c.f)
		require.Equal(t, c.rule, d.Rule, c.name)
		require.Equal(t, c.code, d.Code, c.name)
		require.Equal(t, "GB", d.Jurisdiction, c.name)
		require.False(t, d.Held(), c.name)
		if c.code == Standard {
			require.Equal(t, "VAT 20", rates(d), c.name)
		}
	}
}

func TestAConsumersTransportAcrossTheBorderIsRefusedWithWhatWasLookedFor(t *testing.T) {
	_, err := rulesOf(t, "gb").Determine(freight("2025-06-30", "GB", "AU").forA(Consumer, "GB"))
	var none *NoRuleError
	require.ErrorAs(t, err, &none)
	require.Len(t, none.Tried, 7)
	require.Equal(t, Miss{"export-leg", "customer/status"}, none.Tried[3])
	require.ErrorContains(t, err, "freight on 2025-06-30 from GB to AU for a consumer in GB")
}

func TestEUFreightForBusinesses(t *testing.T) {
	de := rulesOf(t, "de")

	// Established at home
	d := determined(t, de, freight("2025-06-30", "DE", "FR"))
	require.Equal(t, "VAT 19", rates(d))
	require.Equal(t, "DE", d.Jurisdiction)

	// In another member state: reverse charge, under its VAT id
	d = determined(t, de, freight("2025-06-30", "DE", "DE").forA(Business, "FR", "FR"))
	require.Equal(t, ReverseCharge, d.Code)
	require.Equal(t, "FR", d.Jurisdiction)
	require.Equal(t, "AE", d.Category)
	require.Equal(t, "VATEX-EU-AE", d.VATEX)
	require.Equal(t, "Reverse charge: VAT to be accounted for by the recipient", d.Notice)
	require.Equal(t, []Evidence{{CustomerTaxID, "FR-123", "FR"}}, d.Evidence)
	require.Contains(t, d.Basis, "Arts 44 and 196")

	// The seller's own country's id does not serve; the charge waits
	d = determined(t, de, freight("2025-06-30", "DE", "DE").forA(Business, "FR", "DE"))
	require.True(t, d.Held())
	require.Equal(t, CustomerTaxID, d.Lacks[0].Evidence)

	// Outside the EU: out of scope, on proof of business
	d = determined(t, de, freight("2025-06-30", "DE", "FR").forA(Business, "CH").with(CustomerBusiness))
	require.Equal(t, OutOfScope, d.Code)
	require.Equal(t, "O", d.Category)
	require.True(t, determined(t, de, freight("2025-06-30", "DE", "FR").forA(Business, "CH")).Held())
}

func TestRule32TransportTiedToAnExportIsExemptOnProof(t *testing.T) {
	de := rulesOf(t, "de")
	for _, c := range []struct {
		rule string
		f    Facts
	}{
		{"export", freight("2025-06-30", "DE", "CH")},
		{"export", freight("2025-06-30", "DE", "DE").shipped("DE", "UA")},
		{"tied-to-export", freight("2025-06-30", "DE", "DE").under(TiedToExport)},
	} {
		d := determined(t, de, c.f)
		require.Equal(t, c.rule, d.Rule)
		require.True(t, d.Held())
		require.Equal(t, ExportProof, d.Lacks[0].Evidence)

		d = determined(t, de, c.f.with(ExportProof))
		require.False(t, d.Held())
		require.Equal(t, Exempt, d.Code)
		require.Equal(t, []string{"E", "VATEX-EU-146-1E"}, []string{d.Category, d.VATEX})
	}
}

func TestEUFreightForConsumersIsTaxedWhereItDeparts(t *testing.T) {
	de := rulesOf(t, "de")
	for to, rule := range map[string]string{"DE": "consumer-domestic", "FR": "consumer-to-member-state"} {
		d := determined(t, de, freight("2025-06-30", "DE", to).forA(Consumer, "FR"))
		require.Equal(t, rule, d.Rule)
		require.Equal(t, "VAT 19", rates(d))
	}
	// What departs elsewhere is taxed there, where this registrant is not registered
	_, err := de.Determine(freight("2025-06-30", "FR", "DE").forA(Consumer, "DE"))
	var none *NoRuleError
	require.ErrorAs(t, err, &none)
}
