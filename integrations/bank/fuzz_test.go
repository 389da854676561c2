package bank_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

// requireItems asks what holds for the items of whatever bytes.
func requireItems(t *testing.T, items []inbox.Item) {
	t.Helper()
	named := map[string]bool{}
	for _, item := range items {
		require.False(t, named[item.Name], "two items are named %s", item.Name)
		named[item.Name] = true
		require.False(t, item.Command != nil && item.Refusal != nil)
		if item.Refusal != nil {
			require.NotEmpty(t, item.Refusal.Code)
			require.NotEmpty(t, item.Refusal.Place)
			require.NotEmpty(t, item.Refusal.Reason)
			require.NotEmpty(t, item.Refusal.Remedy)
		}
		if item.Command == nil {
			continue
		}
		// What is asked for can be kept: the domain takes it, or has not
		// received what is to be reversed.
		behaviour, err := domain.AggregateOf(item.Command.Stream())
		require.NoError(t, err)
		if _, err = behaviour.Decide(behaviour.Zero(), item.Command); err != nil {
			var no *domain.Refusal
			require.ErrorAs(t, err, &no)
			require.IsType(t, domain.ReversePayment{}, item.Command)
			require.Equal(t, domain.NotFound, no.Code)
		}
	}
}

func FuzzCamt053(f *testing.F) {
	for _, name := range []string{"camt.053.001.02.xml", "camt.053.001.04.xml", "camt.053.001.08.xml"} {
		f.Add(sample(f, name))
	}
	f.Add(document(f, written{sequence: 1, list: []movement{{amount: "1", name: "Paper Mill"}}}, written{sequence: 1, list: []movement{{amount: "1", name: "Paper Mill"}}}))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><Document>&b;</Document>`))
	m := &bank.Mapper{Payers: directory(f), Payments: blank{}, Options: bank.Options{InvoiceNumbers: numbers(), Limits: bank.Limits{Bytes: 1 << 20}}}
	f.Fuzz(func(t *testing.T, content []byte) { requireCamt(t, m, content) })
}

// requireCamt asks what holds for whatever bytes.
func requireCamt(t *testing.T, m *bank.Mapper, content []byte) (refused bool) {
	t.Helper()
	items, err := m.Camt053(context.Background(), "m", content)
	report, again := m.ReportCamt053(context.Background(), "m", content)
	return requireAnswer(t, items, report, err, again)
}

func requireCSV(t *testing.T, m *bank.Mapper, p bank.Profile, content []byte) (refused bool) {
	t.Helper()
	items, err := m.CSV(p)(context.Background(), "m", content)
	report, again := m.ReportCSV(context.Background(), p, "m", content)
	return requireAnswer(t, items, report, err, again)
}

func requireAnswer(t *testing.T, items []inbox.Item, report bank.Report, err, again error) (refused bool) {
	t.Helper()
	if err != nil {
		require.Error(t, again)
		var fault *bank.Fault
		require.ErrorAs(t, err, &fault)
		require.NotEmpty(t, fault.Remedy)
		return true
	}
	require.NoError(t, again)
	requireItems(t, items)
	lines := 0
	for _, s := range report.Statements {
		requireAccounted(t, s)
		lines += 1 + len(s.Lines)
		for _, l := range s.Lines {
			if l.Note != nil {
				lines++
			}
		}
	}
	require.Len(t, items, lines)
	return false
}

// Damage of every sort, in many places, is refused or accounted for.
func TestADamagedFileIsRefusedOrAccountedFor(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	damage := func(content []byte) []byte {
		content = bytes.Clone(content)
		for range 1 + dice.IntN(3) {
			at := dice.IntN(len(content))
			end := min(len(content), at+1+dice.IntN(60))
			switch dice.IntN(5) {
			case 0:
				content[at] = byte(dice.IntN(256))
			case 1:
				content = slices.Delete(content, at, end)
			case 2:
				content = slices.Insert(content, at, content[at:end]...)
			case 3:
				// Another digit keeps the file readable.
				for i := at; i < len(content); i++ {
					if '0' <= content[i] && content[i] <= '9' {
						content[i] = byte('0' + dice.IntN(10))
						break
					}
				}
			case 4:
				lines := bytes.SplitAfter(content, []byte("\n"))
				i, j := dice.IntN(len(lines)), dice.IntN(len(lines))
				lines[i], lines[j] = lines[j], lines[i]
				content = bytes.Join(lines, nil)
			}
			if len(content) == 0 {
				return []byte(" ")
			}
		}
		return content
	}
	m := fresh(t)
	refused, tries := 0, 0
	for range 60 {
		for _, version := range []string{"camt.053.001.02", "camt.053.001.04", "camt.053.001.08"} {
			tries++
			if requireCamt(t, m, damage(sample(t, version+".xml"))) {
				refused++
			}
		}
		for _, name := range profiles() {
			tries++
			if requireCSV(t, m, profile(t, name), damage(sample(t, name+".csv"))) {
				refused++
			}
		}
	}
	require.NotZero(t, refused)
	require.Less(t, refused, tries, "some damage leaves a file readable")
}

func FuzzCSV(f *testing.F) {
	list := make([]bank.Profile, 0, len(profiles()))
	for i, name := range profiles() {
		f.Add(uint8(i), sample(f, name+".csv"))
		list = append(list, profile(f, name))
	}
	m := &bank.Mapper{Payers: directory(f), Payments: blank{}, Options: bank.Options{InvoiceNumbers: numbers(), Limits: bank.Limits{Bytes: 1 << 20}}}
	f.Fuzz(func(t *testing.T, which uint8, content []byte) { requireCSV(t, m, list[int(which)%len(list)], content) })
}

func FuzzProfile(f *testing.F) {
	for _, name := range profiles() {
		f.Add(sample(f, name+".json"))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := bank.ReadProfile(bytes.NewReader(content))
		if err != nil {
			return
		}
		_, err = bank.ReadCSV(bytes.NewReader(sample(t, "semicolon.csv")), p, bank.Limits{}, func(*bank.Statement, *bank.Entry) error { return nil })
		if err != nil {
			var fault *bank.Fault
			require.ErrorAs(t, err, &fault)
		}
	})
}
