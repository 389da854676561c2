package scms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cells are a fixture line's cells by column; the rest are as plain as can be.
type cells map[column]string

// fixtureLine writes one line of a fixture, without its line end. Cells are written
// as given: a test that needs quotation writes the marks itself.
func fixtureLine(id string, changed cells) string {
	all := cells{
		colID: id, colProject: "100-CI-T01", colPriceQuote: "Pre-PQ Process", colPurchaseOrder: "SCMS-4",
		colShipment: "ASN-" + id, colCountry: "Vietnam", colManagedBy: "PMO - US", colFulfilVia: "Direct Drop",
		colIncoterm: "EXW", colMode: "Air", colQuoteSent: "Pre-PQ Process", colOrderSent: "Date Not Captured",
		colPromised: "2-Jun-06", colDelivered: "2-Jun-06", colRecorded: "2-Jun-06", colProductGroup: "ARV",
		colSubClassification: "Adult", colVendor: "Orgenics", colItem: "Efavirenz", colMolecule: "Efavirenz",
		colBrand: "Generic", colDosage: "600mg", colDosageForm: "Tablet", colUnitsPerPack: "30",
		colQuantity: "19", colValue: "551", colPackPrice: "29", colUnitPrice: "0.97", colManufacturer: "Aurobindo",
		colFirstLine: "Yes", colWeight: "13", colFreight: "780.34", colInsurance: "",
	}
	row := make([]string, columnCount)
	for c := range row {
		row[c] = all[column(c)]
		if s, ok := changed[column(c)]; ok {
			row[c] = s
		}
	}
	return strings.Join(row, "\t")
}

func fixtureHeader() string {
	h := headings()
	return strings.Join(h[:], "\t")
}

// fixture is a whole file: the header and the lines, each ended.
func fixture(lines ...string) string {
	return strings.Join(append([]string{fixtureHeader()}, lines...), "\n") + "\n"
}

func mustRead(t *testing.T, file string) *File {
	t.Helper()
	f, err := Read(strings.NewReader(file), Options{})
	require.NoError(t, err)
	return f
}

// refused reads a file that must be refused and returns why.
func refused(t *testing.T, file string, opts Options) *FileError {
	t.Helper()
	f, err := Read(strings.NewReader(file), opts)
	require.Nil(t, f, "a file with problems must not be given out")
	var refusal *FileError
	require.ErrorAs(t, err, &refusal)
	for _, p := range refusal.Problems {
		require.NotEmpty(t, p.Reason)
		require.NotEmpty(t, p.Remedy)
	}
	return refusal
}

// one is the only problem of a file that must be refused for one reason.
func one(t *testing.T, file string) Problem {
	t.Helper()
	refusal := refused(t, file, Options{})
	require.Len(t, refusal.Problems, 1, "%v", refusal)
	require.False(t, refusal.Unfinished)
	return refusal.Problems[0]
}
