package api

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "API.md"))
	require.NoError(t, err)
	return string(text)
}

func TestTheGuideNamesEveryRouteAndParameter(t *testing.T) {
	var want, got []string
	for _, r := range (&server{}).routes() {
		params := slices.DeleteFunc(slices.Clone(r.params), func(p string) bool { return p == "min_position" })
		slices.Sort(params)
		want = append(want, r.method+" "+r.path+" "+strings.Join(params, " "))
	}
	name := regexp.MustCompile("`([a-z_]+)`")
	noted := regexp.MustCompile(`\([^)]*\)`)
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:GET|POST) [^`]+)` \\|[^|]*\\|([^|]*)\\|$").FindAllStringSubmatch(guide(t), -1) {
		var params []string
		for _, m := range name.FindAllStringSubmatch(noted.ReplaceAllString(row[2], ""), -1) {
			params = append(params, m[1])
		}
		slices.Sort(params)
		got = append(got, row[1]+" "+strings.Join(params, " "))
	}
	require.ElementsMatch(t, want, got)
}

func TestTheGuideNamesEveryProblem(t *testing.T) {
	statuses := map[string]int{}
	for code := 400; code < 600; code++ {
		statuses[strings.ReplaceAll(http.StatusText(code), " ", "")] = code
	}
	type raised struct {
		code   string
		status int
	}
	want := []raised{}
	for _, code := range []domain.Code{domain.NotFound, domain.Invalid, domain.Conflict, domain.NotReady, domain.TooLate, domain.Denied} {
		want = append(want, raised{string(code), statusOf(code)})
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`[^.]problem\(http\.Status(\w+), "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
			require.NotZero(t, statuses[m[1]], m[1])
			want = append(want, raised{m[2], statuses[m[1]]})
		}
	}
	require.Greater(t, len(want), 25)
	guided := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(guide(t), -1) {
		guided[row[1]] = row[2]
		require.True(t, slices.ContainsFunc(want, func(w raised) bool { return w.code == row[1] }), "the guide names %s, which nothing raises", row[1])
	}
	for _, w := range want {
		require.Contains(t, guided[w.code], strconv.Itoa(w.status), "the guide does not name %s with %d", w.code, w.status)
	}
}

func TestTheGuidesSessionRunsTwice(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sed", "tr"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("the session in docs/API.md needs %s", tool)
			}
			t.Skipf("the session in docs/API.md needs %s, which is not installed", tool)
		}
	}
	session := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(guide(t))
	require.Len(t, session, 2)
	h := open(t, true, nil)
	run := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		script := strings.Replace(session[1], "http://127.0.0.1:8080", h.url, 1)
		require.Contains(t, script, h.url)
		var errs bytes.Buffer
		cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
		cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
		cmd.Stderr = &errs
		out, err := cmd.Output()
		require.NoError(t, err, "%s\n%s", out, errs.String())
		return string(out)
	}
	first := run()
	require.NotContains(t, first, `"repeated":true`)
	require.Contains(t, first, `"id":"SH-4711"`)
	require.Contains(t, first, `"status":"claimed"`, "the last write shows in the reads after it")
	again := run()
	require.NotContains(t, again, `"repeated":false`)
}
