package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// passing is what go test would say if all tests in reach passed.
func passing(secure bool) string {
	var lines strings.Builder
	say := func(action, name string) { fmt.Fprintf(&lines, `{"Action":%q,"Test":%q}`+"\n", action, name) }
	for _, g := range groups {
		count, left := g.plain, g.skippedPlain
		if secure {
			count, left = g.tls, 0
		}
		for i := range count {
			name := fmt.Sprintf("%stest%d", g.prefix, i)
			say("run", name)
			if i < left {
				say("skip", name)
			} else {
				say("pass", name)
			}
		}
		say("pass", strings.TrimSuffix(g.prefix, "/"))
	}
	return lines.String()
}

func judged(t *testing.T, secure bool, lines string) run {
	t.Helper()
	tests, err := readOutcomes(strings.NewReader(lines), &bytes.Buffer{})
	require.NoError(t, err)
	return judge(secure, tests)
}

func TestARunInWhichAllInReachPassedIsASuccess(t *testing.T) {
	plain, secure := judged(t, false, passing(false)), judged(t, true, passing(true))
	require.True(t, plain.OK)
	require.Equal(t, 61, plain.InReach)
	require.Equal(t, 61, plain.Passed)
	require.True(t, secure.OK)
	require.Equal(t, 72, secure.InReach)
	require.Equal(t, 72, secure.Passed)
}

func TestARunThatIsNotCompleteIsNoSuccess(t *testing.T) {
	all := passing(false)
	one := func(action string) string {
		return fmt.Sprintf(`"Action":%q,"Test":"TestStreams/DeleteTests/test1"`, action)
	}
	for what, lines := range map[string]string{
		"nothing ran":                      "",
		"a test failed":                    strings.Replace(all, one("pass"), one("fail"), 1),
		"a test never ended":               strings.Replace(all, one("pass"), one("output"), 1),
		"a test was skipped":               strings.Replace(all, one("pass"), one("skip"), 1),
		"a test is missing":                strings.ReplaceAll(all, "TestStreams/DeleteTests/test1", "TestOther/test1"),
		"one is skipped instead of others": strings.Replace(all, `"Action":"skip"`, `"Action":"pass"`, 1),
		"there is one more than is known":  all + "{" + one("pass") + "}\n" + `{"Action":"pass","Test":"TestStreams/DeleteTests/test9"}`,
	} {
		require.NotEqual(t, all, lines, what)
		require.False(t, judged(t, false, lines).OK, what)
	}
}

func TestWhatIsNotTheOutputOfGoTestIsAnError(t *testing.T) {
	_, err := readOutcomes(strings.NewReader("# does not compile\n"), &bytes.Buffer{})
	require.Error(t, err)
}

func TestTheReportShowsWhatFailedAndWhatItPrinted(t *testing.T) {
	lines := strings.Replace(passing(true), `"Action":"pass","Test":"TestStreams/DeleteTests/test1"`, `"Action":"fail","Test":"TestStreams/DeleteTests/test1"`, 1)
	lines += `{"Action":"output","Test":"TestStreams/DeleteTests/test1","Output":"not deleted\n"}`
	var text bytes.Buffer
	report{Suite: "v4.2.0", Runs: []run{judged(t, true, lines)}, OutOfReach: outOfReach}.write(&text)
	require.Contains(t, text.String(), "With TLS and users: 71 of 72 in reach pass")
	require.Contains(t, text.String(), "FAILED DeleteTests/test1\nnot deleted\n")
	require.Contains(t, text.String(), "ClusterTests, 1 test: a cluster of three nodes")
}
