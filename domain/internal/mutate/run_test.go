package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// inModule makes a module of one package and goes there.
func inModule(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/known\n\ngo 1.26\n"
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
}

func tried(t *testing.T, change func(*options)) (*result, error) {
	t.Helper()
	o := options{workers: 2, every: 1, told: io.Discard, timeout: time.Minute, grace: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	return tryPackage(t.Context(), ".", o)
}

const sign = `package known

func Sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}
`

const count = `package known

func Count(n int) (c int) {
	for n > 0 {
		n--
		c++
	}
	return c
}
`

const forgotten = `package known

func Forgotten(n int) int {
	n++
	return n
}
`

const signTest = `package known

import "testing"

func TestSign(t *testing.T) {
	if Sign(-5) != -1 || Sign(5) != 1 {
		t.Fatal("sign")
	}
}
`

const countTest = `package known

import "testing"

func TestCount(t *testing.T) {
	if Count(2) != 2 {
		t.Fatal("count")
	}
}
`

func TestTheScoreOfAPackageWhoseGapsAreKnown(t *testing.T) {
	// Given tests that forget the sign of nought, and one function
	inModule(t, map[string]string{"sign.go": sign, "sign_test.go": signTest, "count.go": count, "count_test.go": countTest, "forgotten.go": forgotten})
	// And an environment that asks for mistakes
	t.Setenv("MUTANT", "1")

	// When all mistakes are tried
	r, err := tried(t, nil)
	require.NoError(t, err)

	// Then just these survive, and the loop that never ends is killed by time
	var got []string
	for _, m := range r.Survivors {
		require.Equal(t, m.File == "forgotten.go", m.Unreached)
		got = append(got, m.File+" "+m.What+" ["+m.Code+"]")
	}
	require.Equal(t, []string{"forgotten.go left out [n++]", "sign.go <= for < [n < 0]"}, got)
	require.Equal(t, 8, r.Mutants)
	require.Equal(t, 6, r.Killed)
	require.GreaterOrEqual(t, r.Timeouts, 1)
	require.Equal(t, 1, r.Unreached)
	require.Equal(t, []tally{{"forgotten.go", 1, 1}, {"sign.go", 3, 1}}, r.Files)

	// And of one file there are its own
	r, err = tried(t, func(o *options) { o.file = "sign.go,none.go" })
	require.NoError(t, err)
	require.Equal(t, []int{3, 2}, []int{r.Mutants, r.Killed})
}

func TestTheReportTellsTheScoreAndWhatIsWanted(t *testing.T) {
	inModule(t, map[string]string{"sign.go": sign, "sign_test.go": signTest})
	report := func(args ...string) (string, error) {
		var out strings.Builder
		err := run(t.Context(), append(args, "-q", "-file", "sign", "."), &out, io.Discard)
		return out.String(), err
	}
	text, err := report("-min", "66")
	require.NoError(t, err)
	require.Equal(t, `sign.go: 1 of 3 survived
sign.go:4: <= for <  [n < 0]
.                        3 mutants,     2 killed (0 by time),    1 survived, of them 0 reached by no test: 66.6 %
all                      3 mutants,     2 killed: 66.6 %
`, text)

	_, err = report("-min", "67")
	require.EqualError(t, err, "66.6 % killed, 67 are wanted")
	text, err = report("-json", "-every", "3")
	require.NoError(t, err)
	require.JSONEq(t, `{"packages":[{"package":".","mutants":1,"killed":1,"by_time":0,"unreached":0,"files":[],"survivors":[]}],"mutants":1,"killed":1,"score":"100.0"}`, text)
	_, err = report("-every", "0")
	require.Error(t, err)
	_, err = report("-workers", "0")
	require.Error(t, err)
}

func TestWhatSaysNothingOfTheTestsIsAnErrorAndNeverAKill(t *testing.T) {
	const fails = "package known\nimport \"testing\"\nfunc TestSign(t *testing.T) { t.Fatal(\"as always\") }\n"
	const hangs = "package known\nimport (\"testing\"; \"time\")\nfunc TestSign(t *testing.T) { time.Sleep(time.Hour) }\n"
	for name, c := range map[string]struct {
		files  map[string]string
		change func(*options)
		want   string
	}{
		"a test that fails anyway": {map[string]string{"sign.go": sign, "sign_test.go": fails}, nil, "TestSign fails without any mistake:\n"},
		"a test that never ends": {map[string]string{"sign.go": sign, "sign_test.go": hangs}, func(o *options) { o.timeout = time.Second },
			"TestSign does not end within 1s, without any mistake"},
		"tests that do not compile": {map[string]string{"sign.go": sign, "sign_test.go": "package known\nvar _ = nothing\n"}, nil, "compile the mutants"},
		"code that does not":        {map[string]string{"sign.go": "package known\nvar _ = nothing\n"}, nil, "undefined: nothing"},
		"no tests":                  {map[string]string{"sign.go": sign}, nil, "list the tests"},
		"no package":                {map[string]string{}, nil, "go list"},
		"no such file":              {map[string]string{"sign.go": sign, "sign_test.go": signTest}, func(o *options) { o.file = "unknown" }, "no place for a mistake"},
	} {
		t.Run(name, func(t *testing.T) {
			inModule(t, c.files)
			r, err := tried(t, c.change)
			require.ErrorContains(t, err, c.want)
			require.Nil(t, r)
		})
	}
}

func TestATestThatCannotBeStartedOrIsEndedFromOutsideIsAnError(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the tests stand in as shell scripts")
	}
	script := func(text string) *binary {
		path := filepath.Join(t.TempDir(), "tests")
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
		return &binary{path: path, dir: filepath.Dir(path)}
	}
	m, one := mutant{ID: 1}, []reaching{{"TestSign", 0}}

	// A failing exit and running out of time are kills
	became, err := script("exit 1").try(t.Context(), m, one, time.Minute)
	require.NoError(t, err)
	require.Equal(t, killed, became)
	became, err = script("exec sleep 600").try(t.Context(), m, one, 100*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, late, became)
	became, err = script("test $MUTANT = 1").try(t.Context(), m, one, time.Minute)
	require.NoError(t, err)
	require.Equal(t, survived, became)

	// A binary that is not there, that another hand ended, and a user who gave
	// up are none
	missing := &binary{path: filepath.Join(t.TempDir(), "tests")}
	became, err = missing.try(t.Context(), m, one, time.Minute)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Equal(t, survived, became)
	became, err = script("kill -9 $$").try(t.Context(), m, one, time.Minute)
	require.ErrorContains(t, err, "signal: killed")
	require.Equal(t, survived, became)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	became, err = script("exit 1").try(ctx, m, one, time.Minute)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, survived, became)
}

func TestSeveralPackagesAtOnceAreRefused(t *testing.T) {
	inModule(t, map[string]string{"sign.go": sign})
	require.NoError(t, os.Mkdir("other", 0o700))
	require.NoError(t, os.WriteFile(filepath.Join("other", "known.go"), []byte(sign), 0o600))
	_, err := tryPackage(t.Context(), "./...", options{workers: 1, every: 1, told: io.Discard})
	require.ErrorContains(t, err, "2 packages match")
}

func TestTheScoreIsRoundedDown(t *testing.T) {
	require.Equal(t, []string{"100.0", "66.6", "99.9", "0.0"}, []string{percent(0, 0), percent(2, 3), percent(1999, 2000), percent(0, 5)})
}

func TestQuickTestsAreRunTogetherBeforeTheSlowOnes(t *testing.T) {
	tests := []reaching{{"TestA", 20 * time.Millisecond}, {"TestB", quick}, {"TestC", quick + 1}, {"TestD", time.Second}}
	require.Equal(t, []reaching{{"(TestA|TestB)", 120 * time.Millisecond}, tests[2], tests[3]}, together(tests))
	require.Equal(t, tests[2:], together(tests[2:]))
	require.Equal(t, tests[1:], together(tests[1:]), "one alone stays itself")
	require.Empty(t, together(nil))
}
