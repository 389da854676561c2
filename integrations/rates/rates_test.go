package rates_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/rates"
)

// Files in the form in which the banks publish them; the figures are examples.
const (
	ecbHistory = "Date,USD,JPY,CYP,GBP,\n" +
		"2026-02-27,1.0857,163.1,N/A,0.8421,\n" +
		"2026-02-26,1.0831,N/A,N/A,0.84,\n"
	ecbDay = "Date, USD, JPY, GBP, \n27 February 2026, 1.0857, 163.10, 0.84210, \n"
	valet  = "\"TERMS AND CONDITIONS\"\n\"https://www.bankofcanada.ca/terms/\"\n\n" +
		"\"SERIES\"\n\"id\",\"label\",\"description\"\n" +
		"\"FXUSDCAD\",\"USD/CAD\",\"US dollar to Canadian dollar daily exchange rate\"\n" +
		"\"FXEURCAD\",\"EUR/CAD\",\"European euro to Canadian dollar daily exchange rate\"\n\n" +
		"\"OBSERVATIONS\"\n\"date\",\"FXUSDCAD\",\"FXEURCAD\"\n" +
		"\"2026-02-26\",\"1.3705\",\"\"\n\"2026-02-27\",\"1.3643\",\"1.4812\"\n"
)

func items(t testing.TB, content string) []inbox.Item {
	t.Helper()
	got, err := rates.Items(context.Background(), "rates-1", []byte(content))
	require.NoError(t, err)
	return got
}

func value(index, day, number, source string) rating.IndexValue {
	return rating.IndexValue{Index: index, Published: day, Effective: day, Value: rating.MustDecimal(number), Source: source}
}

// place is where rates stand: from some text of the file to its end.
func place(file, from, name string) domain.Source {
	begin := strings.Index(file, from)
	return domain.Source{Message: "rates-1", Place: name, Offset: int64(begin), Length: int64(len(file) - begin)}
}

func TestEachCurrencyOfTheEuropeanCentralBankIsAnIndex(t *testing.T) {
	got := items(t, ecbHistory)
	const ecb = "European Central Bank, euro foreign exchange reference rates"
	require.Len(t, got, 4)
	require.Equal(t, domain.PublishIndex{Index: "ECB-USD",
		Values: []rating.IndexValue{value("ECB-USD", "2026-02-26", "1.0831", ecb), value("ECB-USD", "2026-02-27", "1.0857", ecb)},
		Source: place(ecbHistory, "2026-02-27", "ECB-USD from 2026-02-26")}, got[0].Command, "the oldest first")
	require.Equal(t, []rating.IndexValue{value("ECB-JPY", "2026-02-27", "163.1", ecb)}, got[1].Command.(domain.PublishIndex).Values, "a day without a rate is left out")
	require.Equal(t, "ECB-GBP from 2026-02-26", got[3].Name)

	// What is no currency any more is passed over, and said
	require.Nil(t, got[2].Command)
	require.Equal(t, []string{"CYP is no active currency of ISO 4217: passed over"}, got[2].Notes)
}

func TestTheFileOfADayIsReadAsItsHistory(t *testing.T) {
	got := items(t, ecbDay)
	require.Len(t, got, 3)
	usd := got[0].Command.(domain.PublishIndex)
	require.Equal(t, "ECB-USD", usd.Index)
	require.Equal(t, "2026-02-27", usd.Values[0].Effective)
}

func TestEachSeriesOfTheBankOfCanadaIsAnIndex(t *testing.T) {
	for name, text := range map[string]string{"as it is": valet, "with a mark and other line ends": "\ufeff" + strings.ReplaceAll(valet, "\n", "\r\n")} {
		t.Run(name, func(t *testing.T) {
			got := items(t, text)
			require.Len(t, got, 2)
			require.Equal(t, place(text, `"2026-02-26"`, "BOC-USD from 2026-02-26"), got[0].Command.(domain.PublishIndex).Source)
			require.Equal(t, []rating.IndexValue{
				value("BOC-USD", "2026-02-26", "1.3705", "Bank of Canada, FXUSDCAD"), value("BOC-USD", "2026-02-27", "1.3643", "Bank of Canada, FXUSDCAD"),
			}, got[0].Command.(domain.PublishIndex).Values)
			require.Equal(t, []rating.IndexValue{value("BOC-EUR", "2026-02-27", "1.4812", "Bank of Canada, FXEURCAD")}, got[1].Command.(domain.PublishIndex).Values)
		})
	}
}

func TestARateThatIsNoneRefusesItsCurrencyOnly(t *testing.T) {
	for _, wrong := range []string{"1,37", "-1.37", "0", "1.37050001", "n/a", "1e3"} {
		got := items(t, strings.Replace(valet, `"1.3705"`, `"`+wrong+`"`, 1))
		require.Len(t, got, 2)
		require.Nil(t, got[0].Command)
		require.Equal(t, "line 11, FXUSDCAD", got[0].Refusal.Place)
		require.Contains(t, got[0].Refusal.Reason, wrong)
		require.NotEmpty(t, got[0].Refusal.Remedy)
		require.NotNil(t, got[1].Command, "the other currency has its effect")
	}
}

func TestAFileThatIsNotAsPublishedIsRefusedByItsLine(t *testing.T) {
	for name, c := range map[string]struct{ text, told string }{
		"something else":            {"invoice,amount\nINV-1,12.00\n", "line 1: it has no header"},
		"nothing":                   {"", "line 1: it has no header"},
		"a header alone":            {"Date,USD,\n", "the file: no rates follow the header"},
		"no currency":               {"Date,\n2026-02-27,\n", "line 1: the header names no currency"},
		"a column of another kind":  {strings.ReplaceAll(valet, "FXEURCAD", "V39079"), `line 10: column "V39079" is not one of the Bank of Canada: want columns like FXUSDCAD`},
		"the other way round":       {strings.ReplaceAll(valet, "FXEURCAD", "FXCADEUR"), `line 10: column "FXCADEUR" is not one of`},
		"a month's average":         {strings.ReplaceAll(valet, "FXEURCAD", "FXMEURCAD"), `line 10: column "FXMEURCAD" is not one of`},
		"a currency twice":          {strings.ReplaceAll(ecbHistory, "JPY", "USD"), "line 1: column USD is there twice"},
		"a day twice":               {strings.ReplaceAll(ecbHistory, "-26", "-27"), "line 3: 2026-02-27 stands on line 2 already"},
		"no date":                   {strings.ReplaceAll(ecbHistory, "2026-02-26", "26/02/2026"), `line 3: "26/02/2026" is no date`},
		"a day that there is not":   {strings.ReplaceAll(ecbHistory, "2026-02-26", "2026-02-30"), `line 3: "2026-02-30" is no date`},
		"cut off within a row":      {strings.TrimSuffix(ecbHistory, ",0.84,\n"), "line 3: it has 4 columns, the header 6: the file was cut off"},
		"cut off within a rate":     {strings.TrimSuffix(valet, "12\"\n"), "line 12: "},
		"a rate behind the last":    {strings.Replace(ecbHistory, "0.8421,", "0.8421,7", 1), `line 2: "7" stands behind the last currency`},
		"a quote within a cell":     {strings.Replace(ecbHistory, "163.1", `16"3.1`, 1), "line 2: "},
		"a preamble without end":    {strings.Repeat("x\n", 2_000) + ecbHistory, "line 1: it has no header"},
		"a row of endless columns":  {"x" + strings.Repeat(",", 300) + "\n" + ecbHistory, "line 1: it has more than 200 columns"},
		"more than can be meant":    {ecbHistory + strings.Repeat("\n", 1_000_001), "the file: it has more than 1000000 lines and values"},
		"more bytes than are taken": {ecbHistory + strings.Repeat(" ", rates.MaxBytes), "the file: it has more than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rates.Items(t.Context(), "rates-1", []byte(c.text))
			require.ErrorContains(t, err, c.told)
			var fault *rates.Fault
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Refusal().Remedy)
		})
	}
}

func zipped(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func TestAZipIsReadAsTheFileInIt(t *testing.T) {
	packed := zipped(t, map[string]string{"eurofxref-hist.csv": ecbHistory})
	got, want := items(t, packed), items(t, ecbHistory)
	require.Len(t, got, len(want))
	for i := range got {
		require.Equal(t, want[i].Name, got[i].Name)
		if publish, ok := got[i].Command.(domain.PublishIndex); ok {
			require.Equal(t, want[i].Command.(domain.PublishIndex).Values, publish.Values)
			require.Zero(t, publish.Source.Length, "no bytes of the zip are the row")
		}
	}
	for name, c := range map[string]struct{ content, told string }{
		"two files":              {zipped(t, map[string]string{"a.csv": ecbHistory, "b.csv": ecbHistory}), "the zip has 2 files: want one, a CSV"},
		"a file of another kind": {zipped(t, map[string]string{"eurofxref.xml": "<a/>"}), "want one, a CSV"},
		"cut off":                {packed[:len(packed)/2], "the zip cannot be read"},
		"changed on its way":     {strings.Replace(packed, packed[60:64], "????", 1), "the zip cannot be read"},
		"a bomb":                 {zipped(t, map[string]string{"a.csv": strings.Repeat(" ", rates.MaxBytes+1)}), "it has more than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rates.Items(t.Context(), "rates-1", []byte(c.content))
			require.ErrorContains(t, err, c.told)
		})
	}
}

// A history as long as the real one is recorded in events that a store takes.
// The file of the next day adds that day, whatever else it repeats, and what the
// bank later says otherwise of a day is kept beside what it said first.
func TestAHistoryIsRecordedOnceAndGoesOnDayByDay(t *testing.T) {
	store, err := embedded.Open(t.TempDir(), embedded.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	exec := eventstore.NewExecutor(store, eventstore.NewCodec(domain.Events()), nil)
	in := inbox.Inbox{Exec: exec, Actor: "treasury"}
	take := func(name, text string) inbox.Report {
		t.Helper()
		report, err := in.Take(t.Context(), inbox.Content{Channel: rates.Channel, Name: name, Bytes: []byte(text)}, rates.Items, nil)
		require.NoError(t, err)
		require.Empty(t, report.Refused)
		return report
	}
	series := func(index string) []rating.IndexValue {
		t.Helper()
		state, err := exec.State(t.Context(), domain.IndexStream(index))
		require.NoError(t, err)
		return state.(domain.Index).Values
	}
	const days = 7_100
	last := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	rows := make([]string, 0, days)
	for i := range days {
		rows = append(rows, fmt.Sprintf("%s,1.%04d,16%d.5,0.8%03d,\n", last.AddDate(0, 0, -i).Format(time.DateOnly), i, i%10, i%1000))
	}
	const header = "Date,USD,JPY,GBP,\n"

	report := take("eurofxref-hist.csv", header+strings.Join(rows[1:], ""))
	require.Equal(t, 9, report.Applied, "three currencies, in three parts each")
	require.Len(t, series("ECB-USD"), days-1)

	require.True(t, take("again.csv", header+strings.Join(rows[1:], "")).Known)
	report = take("the day after.csv", header+strings.Join(rows, ""))
	require.Equal(t, []int{3, 6}, []int{report.Applied, report.Repeated})
	require.Len(t, series("ECB-USD"), days)

	report = take("eurofxref.csv", "Date, USD, JPY, GBP, \n2 March 2026, 1.00000, 160.50, 0.8000, \n")
	require.Zero(t, report.Applied, "the same rates, written with more digits")
	report = take("corrected.csv", "Date,USD,\n2026-03-02,1.0001,\n")
	require.Equal(t, 1, report.Applied)
	need := rating.Need{Index: "ECB-USD", Date: "2026-03-04", MaxAgeDays: 7}
	rate, found := need.Pick(series("ECB-USD"))
	require.True(t, found)
	require.Equal(t, "1.0000", rate.Value.String(), "what was published first counts")
}

// Whatever bytes come: no panic, and what is read is commands that the domain
// takes, under names of their own.
func FuzzItems(f *testing.F) {
	for _, text := range []string{ecbHistory, ecbDay, valet, zipped(f, map[string]string{"a.csv": ecbHistory}), "PK\x03\x04", "Date,\"USD\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := rates.Items(context.Background(), "rates-1", content)
		if err != nil {
			var fault *rates.Fault
			require.ErrorAs(t, err, &fault)
			require.Less(t, len(err.Error()), 500)
			return
		}
		names := map[string]bool{}
		for _, item := range got {
			require.False(t, names[item.Name], item.Name)
			names[item.Name] = true
			if item.Command != nil {
				_, err := item.Command.(domain.PublishIndex).Decide(domain.Index{})
				require.NoError(t, err)
			}
		}
	})
}
