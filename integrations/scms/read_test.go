package scms

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestReadGathersShipmentsInOrderOfFirstAppearance(t *testing.T) {
	// given two shipments whose lines alternate and promise different days
	file := fixture(
		fixtureLine("10", cells{colShipment: "ASN-2", colProject: "B", colPromised: "9-Jun-06"}),
		fixtureLine("11", cells{colShipment: "DN-1", colProject: "A"}),
		fixtureLine("12", cells{colShipment: "ASN-2", colProject: "B", colPromised: "31-May-06"}),
		fixtureLine("13", cells{colShipment: "ASN-2", colProject: "B", colPromised: "12-Jun-06"}),
	)

	f := mustRead(t, file)

	require.Len(t, f.Shipments, 2)
	require.Equal(t, []string{"B", "A"}, f.Customers())
	first := f.Shipments[0]
	require.Equal(t, "ASN-2", first.ID)
	require.Equal(t, []int{0, 2, 3}, first.Lines)
	require.Equal(t, "2006-05-31", first.Promised.String())
	require.Equal(t, "31-May-06", first.Promised.Raw)
	require.Equal(t, "2006-06-12", first.PromisedLast.String())
	require.Equal(t, 2, first.PromisedOn)
	require.True(t, first.PromisesDiffer())
	require.False(t, f.Shipments[1].PromisesDiffer())
	require.Equal(t, []int{1}, f.Shipments[1].Lines)
	sum := sha256.Sum256([]byte(file))
	require.Equal(t, hex.EncodeToString(sum[:]), f.SHA256)
}

func TestReadCountsPhysicalLinesAcrossQuotedLineEnds(t *testing.T) {
	item := "\"Kit,\n\"\"30\"\" tests\nand one\ttab\""
	f := mustRead(t, fixture(fixtureLine("1", cells{colItem: item}), fixtureLine("2", nil)))

	require.Equal(t, "Kit,\n\"30\" tests\nand one\ttab", f.Lines[0].Item)
	require.Equal(t, 2, f.Lines[0].Number)
	require.Contains(t, f.Lines[0].Raw, item)
	require.Equal(t, 5, f.Lines[1].Number)
}

// reversed writes a line's columns in the opposite order.
func reversed(line string) string {
	f := strings.Split(line, "\t")
	slices.Reverse(f)
	return strings.Join(f, "\t")
}

func TestReadFindsColumnsByNameInAnyOrder(t *testing.T) {
	f := mustRead(t, reversed(fixtureHeader())+"\n"+reversed(fixtureLine("7", cells{colMode: "Ocean"}))+"\n")
	require.Equal(t, "7", f.Lines[0].ID)
	require.Equal(t, "Ocean", f.Lines[0].Mode)
}

func TestReadDoesNotLendAShortLineTheCellsBefore(t *testing.T) {
	// given a file whose ID comes last, and a second line that ends before it
	p := one(t, reversed(fixtureHeader())+"\n"+reversed(fixtureLine("7", nil))+"\n\t1.00\n")
	require.Equal(t, 3, p.Line)
	require.Empty(t, p.ID)
}

func TestReadAcceptsWindowsLineEnds(t *testing.T) {
	f := mustRead(t, strings.ReplaceAll(fixture(fixtureLine("1", cells{colInsurance: "0"})), "\n", "\r\n"))
	require.True(t, f.Lines[0].Insurance.Valid)
	require.True(t, f.Lines[0].Insurance.Decimal.IsZero())
	require.NotContains(t, f.Lines[0].Raw, "\r")
}

func TestReadTellsEncodings(t *testing.T) {
	latin1 := fixture(fixtureLine("1", cells{colCountry: "C\xf4te d'Ivoire", colVendor: "Soci\xe9t\xe9"}))
	utf8 := fixture(fixtureLine("1", cells{colCountry: "Côte d'Ivoire", colVendor: "SociÉté"}))

	for name, c := range map[string]struct {
		file    string
		opts    Options
		country string
		used    Encoding
		reason  string
	}{
		"as published":            {file: latin1, country: "Côte d'Ivoire", used: ISO88591},
		"UTF-8 stated":            {file: utf8, opts: Options{Encoding: UTF8}, country: "Côte d'Ivoire", used: UTF8},
		"UTF-8 stated, marked":    {file: "\xef\xbb\xbf" + utf8, opts: Options{Encoding: UTF8}, country: "Côte d'Ivoire", used: UTF8},
		"ISO-8859-1 insisted on":  {file: utf8, opts: Options{Encoding: ISO88591}, country: "CÃ´te d'Ivoire", used: ISO88591},
		"UTF-8 unannounced":       {file: utf8, reason: "written in UTF-8"},
		"UTF-8 mark unannounced":  {file: "\xef\xbb\xbf" + utf8, reason: "mark of UTF-8"},
		"UTF-8 stated but is not": {file: latin1, opts: Options{Encoding: UTF8}, reason: "not UTF-8"},
		"Windows-1252 quotes":     {file: strings.Replace(latin1, "d'I", "d\x92I", 1), reason: "0x92"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.reason != "" {
				refusal := refused(t, c.file, c.opts)
				require.Len(t, refusal.Problems, 1)
				require.Contains(t, refusal.Problems[0].Reason, c.reason)
				return
			}
			f, err := Read(strings.NewReader(c.file), c.opts)
			require.NoError(t, err)
			require.Equal(t, c.country, f.Lines[0].Country)
			require.Equal(t, c.used, f.Encoding)
		})
	}
	_, err := Read(strings.NewReader(latin1), Options{Encoding: 9})
	require.ErrorContains(t, err, "encoding 9")
}

func TestReadReportsCellsItCannotUnderstand(t *testing.T) {
	for name, c := range map[string]struct {
		column column
		value  string
		reason string
	}{
		"huge exponent":        {colFreight, "1e999999999", "not an amount"},
		"negative freight":     {colFreight, "-1.00", "negative"},
		"fraction of a cent":   {colFreight, "1.005", "finer than a cent"},
		"comma":                {colFreight, "1,000.00", "not an amount"},
		"plus":                 {colFreight, "+1", "not an amount"},
		"unknown wording":      {colFreight, "Freight on us", "wording is unknown"},
		"wording in lower":     {colFreight, "invoiced separately", "wording is unknown"},
		"empty freight":        {colFreight, "", "wording is unknown"},
		"padded freight":       {colFreight, " 1.00", "wording is unknown"},
		"pointer unfinished":   {colFreight, "See ASN-1 (ID#:2", "pointer"},
		"pointer without ASN":  {colFreight, "See  (ID#:2)", "pointer"},
		"pointer to no number": {colFreight, "See ASN-1 (ID#:x)", "pointer"},
		"weight wording":       {colWeight, "Invoiced Separately", "wording is unknown"},
		"negative weight":      {colWeight, "-3", "not a weight"},
		"weight exponent":      {colWeight, "1e9", "not a weight"},
		"negative insurance":   {colInsurance, "-0.01", "negative"},
		"insurance wording":    {colInsurance, "none", "not an amount"},
		"value":                {colValue, "n/a", "not an amount"},
		"quantity":             {colQuantity, "1.5", "number of packs"},
		"quantity too long":    {colQuantity, "99999999999999999999", "number of packs"},
		"day":                  {colPromised, "31-Jun-06", "calendar"},
		"leap day":             {colDelivered, "29-Feb-07", "calendar"},
		"month":                {colRecorded, "2-jun-06", "calendar"},
		"american date":        {colRecorded, "6/2/2006", "calendar"},
		"day zero":             {colRecorded, "0-Jun-06", "calendar"},
		"no shipment":          {colShipment, "", "empty"},
		"padded customer":      {colProject, "A ", "blank"},
		"ID":                   {colID, "x1", "line's number"},
		"ID empty":             {colID, "", "line's number"},
	} {
		t.Run(name, func(t *testing.T) {
			p := one(t, fixture(fixtureLine("8", nil), fixtureLine("9", cells{c.column: c.value})))
			require.Equal(t, 3, p.Line)
			require.Equal(t, c.column.String(), p.Column)
			require.Equal(t, c.value, p.Value)
			require.Contains(t, p.Reason, c.reason)
			if c.column != colID {
				require.Equal(t, "9", p.ID)
			}
		})
	}
}

func TestReadReportsLinesOutOfShape(t *testing.T) {
	good := fixtureLine("1", nil)
	short := strings.TrimSuffix(good, "\t")
	for name, c := range map[string]struct {
		file   string
		line   int
		reason string
	}{
		"no bytes":            {"", 0, "file is empty"},
		"header only":         {fixtureHeader() + "\n", 1, "no lines"},
		"32 fields":           {fixture(short), 2, "32 fields"},
		"34 fields":           {fixture(good + "\t"), 2, "34 fields"},
		"empty line":          {fixture(good, ""), 3, "line is empty"},
		"cut short":           {strings.TrimSuffix(fixture(good), "\n"), 2, "no line end"},
		"cut in a figure":     {fixture(good) + short[:len(short)-2], 3, "no line end"},
		"NUL bytes":           {fixture(fixtureLine("1", cells{colItem: "a\x00\x00"})), 2, "0x00"},
		"escape":              {fixture(fixtureLine("1", cells{colItem: "\x1b[2J"})), 2, "0x1b"},
		"lone return":         {fixture(fixtureLine("1", cells{colItem: "a\rb"})), 2, "0x0d"},
		"quotation unclosed":  {fixture(fixtureLine("1", cells{colItem: "\"Kit"}), fixtureLine("2", nil)), 2, "never closed"},
		"stray mark":          {fixture(fixtureLine("1", cells{colItem: "5\" tube"}), fixtureLine("2", nil)), 2, "never closed"},
		"pair of stray marks": {fixture(fixtureLine("1", cells{colItem: "5\"\" tube"})), 2, "not quoted"},
		"text after quote":    {fixture(fixtureLine("1", cells{colItem: "\"a\"b"})), 2, "goes on after"},
		"same ID":             {fixture(good, fixtureLine("1", nil)), 3, "line 2 has the same ID"},
		"not a table":         {"PK\x7f", 1, "control"},
		"comma separated":     {strings.ReplaceAll(fixture(good), "\t", ","), 1, "not a header"},
	} {
		t.Run(name, func(t *testing.T) {
			p := one(t, c.file)
			require.Equal(t, c.line, p.Line)
			require.Contains(t, p.Reason, c.reason)
		})
	}
}

func TestReadReportsOneSlipAsOne(t *testing.T) {
	// given two lines with a stray mark each, and a bad amount between them
	refusal := refused(t, fixture(
		fixtureLine("1", cells{colItem: "5\" tube"}),
		fixtureLine("2", cells{colFreight: "?"}),
		fixtureLine("3", cells{colItem: "\"6 tube"}),
		fixtureLine("4", nil),
	), Options{})
	require.Len(t, refusal.Problems, 3)
	for i, p := range refusal.Problems {
		require.Equal(t, i+2, p.Line)
	}
}

func TestReadReportsMissingColumnWithRemedy(t *testing.T) {
	renamed := strings.Replace(fixture(fixtureLine("1", nil)), "Freight Cost (USD)", "Freight", 1)
	refusal := refused(t, renamed, Options{})
	require.Len(t, refusal.Problems, 2)
	require.Equal(t, "Freight Cost (USD)", refusal.Problems[0].Column)
	require.Contains(t, refusal.Problems[0].Reason, "missing")
	require.Contains(t, refusal.Problems[0].Remedy, "Freight Cost (USD)")
	require.Equal(t, "Freight", refusal.Problems[1].Value)

	twice := refused(t, strings.Replace(fixtureHeader(), "Brand", "ID", 1)+"\n", Options{})
	require.Len(t, twice.Problems, 2)
	require.Contains(t, twice.Problems[0].Reason, "positions 1 and 21")
	require.Equal(t, "Brand", twice.Problems[1].Column)

	extra := refused(t, fixtureHeader()+"\tNotes\n", Options{})
	require.Contains(t, extra.Problems[0].Reason, "34 columns")
}

func TestReadReportsContradictionsWithinAShipment(t *testing.T) {
	for _, c := range shared() {
		t.Run(c.String(), func(t *testing.T) {
			other := "Other"
			if c == colDelivered || c == colRecorded {
				other = "3-Jun-06"
			}
			p := one(t, fixture(
				fixtureLine("1", cells{colShipment: "ASN-1"}),
				fixtureLine("2", nil),
				fixtureLine("3", cells{colShipment: "ASN-1", c: other}),
			))
			require.Equal(t, Problem{
				Line: 4, ID: "3", Column: c.String(), Value: other, Reason: p.Reason, Remedy: p.Remedy,
			}, p)
			require.Contains(t, p.Reason, "line 2")
		})
	}
}

func TestReadKeepsPODBeforeDeliveryAsAFact(t *testing.T) {
	f := mustRead(t, fixture(fixtureLine("1", cells{colDelivered: "3-Jun-06", colRecorded: "2-Jun-06"})))
	require.True(t, f.Lines[0].PODBeforeDelivery())
	require.True(t, f.Shipments[0].PODBeforeDelivery())
	require.Equal(t, 1, Summary(f).PODBeforeDelivery)
	require.Equal(t, []Finding{{
		PODBeforeDelivery, 2, "1", "ASN-1", "delivery on 2006-06-03 was recorded on 2006-06-02",
	}}, f.Findings())
}

func TestReadStopsAtAHundredProblems(t *testing.T) {
	lines := make([]string, 150)
	for i := range lines {
		lines[i] = fixtureLine(fmt.Sprint(i), cells{colFreight: "1e9"})
	}
	refusal := refused(t, fixture(lines...), Options{})
	require.Len(t, refusal.Problems, 100)
	require.True(t, refusal.Unfinished)
	require.Contains(t, refusal.Error(), "nothing was imported; fix these lines:\n  line 2 (ID 0), Freight Cost (USD) \"1e9\": ")

	exactly := refused(t, fixture(lines[:100]...), Options{})
	require.Len(t, exactly.Problems, 100)
	require.False(t, exactly.Unfinished)
}

func TestReadKeepsItsBounds(t *testing.T) {
	file := fixture(fixtureLine("1", nil), fixtureLine("2", nil), fixtureLine("3", nil))
	roomy := bounds{fileBytes: int64(len(file)), recordBytes: len(fixtureHeader()), lines: 3}
	_, err := read(strings.NewReader(file), Options{}, roomy)
	require.NoError(t, err, "a file that just fits")

	for name, c := range map[string]struct {
		file   string
		narrow func(*bounds)
		reason string
	}{
		"file":  {file, func(b *bounds) { b.fileBytes-- }, "bytes"},
		"lines": {file, func(b *bounds) { b.lines-- }, "exceeds 2 lines"},
		"lines, the last pointed at": {strings.Replace(file, "780.34", see("ASN-3", "3"), 1),
			func(b *bounds) { b.fileBytes *= 2; b.lines-- }, "exceeds 2 lines"},
		"line": {strings.Replace(file, "Efavirenz", strings.Repeat("x", 1000), 1),
			func(b *bounds) { b.fileBytes *= 2 }, "line exceeds"},
		"quoted": {strings.Replace(file, "Efavirenz", "\"x", 1), func(b *bounds) {}, "quotation"},
	} {
		t.Run(name, func(t *testing.T) {
			most := roomy
			c.narrow(&most)
			_, err := read(strings.NewReader(c.file), Options{}, most)
			var refusal *FileError
			require.ErrorAs(t, err, &refusal)
			require.Len(t, refusal.Problems, 1)
			require.Contains(t, refusal.Problems[0].Reason, c.reason)
		})
	}
}

func TestReadTellsProgress(t *testing.T) {
	file := fixture(fixtureLine("1", nil))
	var last int64
	_, err := Read(iotest.OneByteReader(strings.NewReader(file)), Options{
		Size: int64(len(file)),
		Progress: func(done, total int64) {
			require.Equal(t, last+1, done)
			require.EqualValues(t, len(file), total)
			last = done
		},
	})
	require.NoError(t, err)
	require.EqualValues(t, len(file), last)
}

func TestReadPassesOnTheReadersError(t *testing.T) {
	broken := errors.New("cable unplugged")
	for _, prefix := range []string{"", fixtureHeader()[:20], fixtureHeader() + "\n", fixture(fixtureLine("1", nil)) + "2\tx"} {
		_, err := Read(io.MultiReader(strings.NewReader(prefix), iotest.ErrReader(broken)), Options{})
		require.ErrorIs(t, err, broken)
		var refusal *FileError
		require.False(t, errors.As(err, &refusal), "the file is not at fault")
	}
}

func TestProblemCannotDisturbATerminal(t *testing.T) {
	text := one(t, fixture(fixtureLine("1", cells{colFreight: "\"a\nb" + strings.Repeat("\xe9", 200) + "\""}))).String()
	require.NotContains(t, text, "\n")
	require.Less(t, len(text), 600)
}
