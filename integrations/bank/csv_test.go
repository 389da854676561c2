package bank_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/stretchr/testify/require"
)

func profiles() []string { return []string{"semicolon", "two-columns", "numbered"} }

func readCSV(t testing.TB, p bank.Profile, content []byte) (statements []*bank.Statement, entries []*bank.Entry, err error) {
	t.Helper()
	statements, err = bank.ReadCSV(bytes.NewReader(content), p, bank.Limits{}, func(_ *bank.Statement, e *bank.Entry) error {
		entries = append(entries, e)
		return nil
	})
	return statements, entries, err
}

func TestStatementsOfEachProfile(t *testing.T) {
	for _, name := range profiles() {
		t.Run(name, func(t *testing.T) {
			statements, entries, err := readCSV(t, profile(t, name), sample(t, name+".csv"))
			require.NoError(t, err)
			golden(t, name+".statement.json", struct {
				Statements []*bank.Statement
				Entries    []*bank.Entry
			}{statements, entries})
		})
	}
}

// edited is a profile of the samples with a field changed.
func edited(t testing.TB, name, field string, value any) ([]byte, bool) {
	t.Helper()
	var p map[string]any
	require.NoError(t, json.Unmarshal(sample(t, name+".json"), &p))
	at := p
	if column, ok := strings.CutPrefix(field, "columns."); ok {
		at, field = p["columns"].(map[string]any), column
	}
	_, had := at[field]
	if value == nil {
		delete(at, field)
	} else {
		at[field] = value
	}
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	return raw, had
}

func TestAProfileThatLeavesSomethingToGuessIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		profile, field string
		value          any
		words          string
	}{
		"no name":                  {"semicolon", "name", nil, "name"},
		"a name of a path":         {"semicolon", "name", "a b", "name"},
		"a long name":              {"semicolon", "name", strings.Repeat("x", 41), "name"},
		"no encoding":              {"semicolon", "encoding", nil, "utf-8 or windows-1252"},
		"an encoding unknown":      {"semicolon", "encoding", "utf-16", "utf-16"},
		"no delimiter":             {"semicolon", "delimiter", nil, "delimiter"},
		"a delimiter of two":       {"semicolon", "delimiter", ";;", "delimiter"},
		"a quote for a delimiter":  {"semicolon", "delimiter", `"`, "delimiter"},
		"lines to skip below none": {"semicolon", "skip", -1, "skip"},
		"no dates":                 {"semicolon", "dates", nil, "year, month and day"},
		"dates without year":       {"semicolon", "dates", "DD.MM.", "year, month and day"},
		"dates in other letters":   {"semicolon", "dates", "TT.MM.JJJJ", "dates"},
		"no decimal sign":          {"semicolon", "decimal", nil, "decimal"},
		"one sign for two":         {"semicolon", "grouping", ",", "grouping"},
		"no sign convention":       {"semicolon", "sign", nil, "minus, columns or indicator"},
		"columns without columns":  {"semicolon", "sign", "columns", "credit and debit"},
		"an amount and two":        {"two-columns", "columns.amount", "X", "credit and debit"},
		"an indicator unexplained": {"numbered", "credit_is", nil, "credit_is"},
		"an indicator one way":     {"numbered", "credit_is", "D", "credit_is"},
		"no booking day":           {"semicolon", "columns.booked", nil, "booked is missing"},
		"no account":               {"two-columns", "account", nil, "account"},
		"an account twice":         {"semicolon", "account", "DE1", "account"},
		"no currency":              {"two-columns", "currency", nil, "currency"},
		"a currency unknown":       {"two-columns", "currency", "XYZ", "XYZ"},
		"a status unexplained":     {"semicolon", "booked", nil, "status"},
		"kinds without column":     {"semicolon", "columns.kind", nil, "kind"},
		"a kind unknown":           {"semicolon", "kinds", map[string]string{"X": "gift"}, "gift"},
		"a name for a number":      {"numbered", "columns.booked", "Date", "numbered from 1"},
		"a number below one":       {"numbered", "columns.booked", "0", "numbered from 1"},
		"a word unknown":           {"semicolon", "decimals", 2, "decimals"},
		"a column unknown":         {"semicolon", "columns.colour", "Farbe", "colour"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, _ := edited(t, c.profile, c.field, c.value)
			_, err := bank.ReadProfile(bytes.NewReader(raw))
			require.ErrorContains(t, err, c.words)
		})
	}
	_, err := bank.ReadProfile(strings.NewReader(string(sample(t, "semicolon.json")) + "{}"))
	require.ErrorContains(t, err, "after its end")
}

func TestARowThatCannotBeReadNamesLineAndColumn(t *testing.T) {
	for name, c := range map[string]struct{ profile, from, to, code, place, words string }{
		"a day":                   {"semicolon", `"02.03.26";"02.03.26";"ENTGELT`, `"31.02.26";"02.03.26";"ENTGELT`, bank.CodeInvalid, "line 4, column 2", "DD.MM.YY"},
		"a value day":             {"semicolon", `"02.03.26";"ENTGELT`, `"2.3.";"ENTGELT`, bank.CodeInvalid, "line 4, column 3", "DD.MM.YY"},
		"an amount":               {"semicolon", `"-12,50"`, `"-12.50"`, bank.CodeInvalid, "line 4, column 10", "grouped by three"},
		"an amount in words":      {"semicolon", `"-12,50"`, `"zwei"`, bank.CodeInvalid, "line 4, column 10", "1.234,50"},
		"half a cent":             {"semicolon", `"-12,50"`, `"-12,505"`, bank.CodeInvalid, "line 4, column 10", "fraction"},
		"a currency":              {"semicolon", `"-12,50";"EUR"`, `"-12,50";"EURO"`, bank.CodeInvalid, "line 4, column 11", "EURO"},
		"another currency":        {"semicolon", `"-12,50";"EUR"`, `"-12,50";"CHF"`, bank.CodeInvalid, "line 4, column 11", "earlier ones"},
		"no account":              {"semicolon", `"DE89370400440532013000";"02.03.26";"02.03.26";"ENTGELT`, `"";"02.03.26";"02.03.26";"ENTGELT`, bank.CodeInvalid, "line 4, column 1", "account is missing"},
		"a row too short":         {"semicolon", `"";"BK-1004";"";"";"-12,50";"EUR";"Umsatz gebucht"`, `"";"BK-1004"`, bank.CodeMissing, "line 4", "has 7 columns"},
		"a quote left open":       {"semicolon", `"Umsatz vorgemerkt"`, `"Umsatz`, bank.CodeMalformed, "line 7, byte 153", "quote"},
		"a quote within":          {"semicolon", `"BK-1004"`, `"BK-"1004"`, bank.CodeMalformed, "line 4, byte 86", "quote"},
		"no letter":               {"semicolon", "Geb\xfchren", "Geb\x81hren", bank.CodeMalformed, "line 4, column 5", "windows-1252"},
		"a column gone":           {"semicolon", `"Betrag"`, `"Betrag EUR"`, bank.CodeMissing, "line 1", `"Betrag"`},
		"a column twice":          {"semicolon", `"Valutadatum"`, `"Betrag"`, bank.CodeMissing, "line 1", "Valutadatum"},
		"a needed column twice":   {"semicolon", `"Buchungstext";`, `"Buchungstext";"Betrag";`, bank.CodeInvalid, "line 1", "twice"},
		"neither credit nor debt": {"two-columns", `FEE-1,15.00,`, `FEE-1,,`, bank.CodeInvalid, "line 7, column 9", "either"},
		"credit and debit":        {"two-columns", `FEE-1,15.00,`, `FEE-1,15.00,1.00`, bank.CodeInvalid, "line 7, column 9", "either"},
		"a credit below nothing":  {"two-columns", `,,410.00`, `,,-410.00`, bank.CodeInvalid, "line 6, column 9", "negative"},
		"groups of four":          {"two-columns", `"12,345.67"`, `"1,2345.67"`, bank.CodeInvalid, "line 4, column 9", "three"},
		"bytes that are no UTF-8": {"two-columns", "Analysis", "Anal\xffysis", bank.CodeMalformed, "line 7, column 3", "utf-8"},
		"an indicator":            {"numbered", "\tC\t99.95", "\tX\t99.95", bank.CodeInvalid, "line 2, column 8", `neither "C" nor "D"`},
	} {
		t.Run(name, func(t *testing.T) {
			content := string(sample(t, c.profile+".csv"))
			require.Equal(t, 1, strings.Count(content, c.from), "the sample has it once")

			// When the file is read
			items, err := fresh(t).CSV(profile(t, c.profile))(t.Context(), "m", []byte(strings.Replace(content, c.from, c.to, 1)))

			// Then it is refused as a whole
			require.Empty(t, items)
			var f *bank.Fault
			require.ErrorAs(t, err, &f)
			no := f.Refusal()
			require.Equal(t, c.code, no.Code, no.Reason)
			require.Equal(t, c.place, no.Place, no.Reason)
			require.Contains(t, no.Reason, c.words)
			require.Contains(t, no.Remedy, c.profile)
		})
	}
}

func TestTheOrderOfAProfilesColumnsIsTheHeaders(t *testing.T) {
	p := profile(t, "two-columns")
	content := "x\nx\nCredit,Debit,Posting Date,Type,Description,Memo,Payer,Customer Reference,Bank Reference\n5.00,,03/02/2026,,,,,,R1\n"
	_, entries, err := readCSV(t, p, []byte(content))
	require.NoError(t, err)
	require.Equal(t, "5.00 USD", entries[0].Amount.String())
	for name, empty := range map[string]string{"nothing": "", "half of the head": "x\n"} {
		_, _, err = readCSV(t, p, []byte(empty))
		require.ErrorContains(t, err, "before its first row", name)
	}
	_, _, err = readCSV(t, p, []byte("x\nx\n"))
	require.ErrorContains(t, err, "no header")
}

func TestAHostileCSVFileIsRefusedWithinBounds(t *testing.T) {
	p := profile(t, "semicolon")
	for name, content := range map[string]string{
		"a row without end":      strings.Repeat("x", 1<<20),
		"a quote without end":    `"` + strings.Repeat("x\n", 1<<20),
		"columns without end":    strings.Repeat(";", 50_000),
		"columns within a token": strings.Repeat(";", 1000),
	} {
		_, _, err := readCSV(t, p, []byte(content))
		var f *bank.Fault
		require.ErrorAs(t, err, &f, name)
		require.Equal(t, bank.CodeLimit, f.Code, name)
	}
	_, err := bank.ReadCSV(bytes.NewReader(sample(t, "semicolon.csv")), p, bank.Limits{Entries: 2}, func(*bank.Statement, *bank.Entry) error { return nil })
	require.ErrorContains(t, err, "over 2 rows")
}
