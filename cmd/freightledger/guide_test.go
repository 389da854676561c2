package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a page says of things that no run has twice: docs/guide/README.md.
const (
	guideERP     = "127.0.0.1:8090"
	guideInstant = "YYYY-MM-DDThh:mm:ssZ"
)

var (
	fence   = regexp.MustCompile("(?ms)^```(\\w+) ?([^\n]*)\n(.*?)^```$")
	instant = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	since   = regexp.MustCompile(`since \d{4}-\d\d-\d\d`)
)

// guide is one page of docs/guide that is carried out, block by block, in a
// folder of its own.
type guide struct {
	*office
	began time.Time
	env   []string
}

// Every page of the guide is carried out as it stands: its files are written,
// its commands are run, and print what the page says.
func TestEveryPageOfTheGuideIsCarriedOut(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "guide", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, path := range pages {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile(path)
			require.NoError(t, err)
			g := &guide{office: newOffice(t), began: time.Now().Truncate(time.Second)}
			got := fence.ReplaceAllStringFunc(string(page), func(block string) string {
				part := fence.FindStringSubmatch(block)
				switch language, name, text := part[1], part[2], part[3]; {
				case language == "console":
					return "```console\n" + g.carryOut(text) + "```"
				case name != "":
					g.write(name, text)
				}
				return block
			})
			if *update && got != string(page) {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
				page = []byte(got)
			}
			require.Equal(t, string(page), got, "go test ./cmd/freightledger -run Guide -update writes what is printed now")
		})
	}
}

// carryOut runs the commands of a console block, and gives the block with what
// they print. A line that begins with "> " goes on with the command before it.
func (g *guide) carryOut(block string) string {
	var printed strings.Builder
	lines := strings.SplitAfter(block, "\n")
	for i := 0; i < len(lines); {
		command, begins := strings.CutPrefix(lines[i], "$ ")
		if i++; !begins {
			require.NotZero(g.t, printed.Len(), "a console block begins with a command: %s", block)
			continue // what was printed before
		}
		printed.WriteString("$ " + command)
		for ; i < len(lines) && strings.HasPrefix(lines[i], "> "); i++ {
			printed.WriteString(lines[i])
			command += lines[i][len("> "):]
		}
		printed.WriteString(g.print(strings.TrimSuffix(command, "\n")))
	}
	return printed.String()
}

// print is what one command prints.
func (g *guide) print(command string) string {
	g.t.Helper()
	here := strings.TrimPrefix(g.erp, "http://")
	if flags, serves := strings.CutPrefix(command, "freightledger sandbox-erp serve"); serves {
		flags, serves = strings.CutSuffix(flags, "&")
		require.True(g.t, serves, "%s runs until it is stopped: let it run behind an &", command)
		g.withERP(strings.Fields(flags)...)
		return ""
	}
	if setting, sets := strings.CutPrefix(command, "export "); sets {
		g.env = append(g.env, strings.ReplaceAll(setting, guideERP, here))
		return ""
	}
	shell := exec.CommandContext(g.t.(*testing.T).Context(), "sh", "-c", fmt.Sprintf("freightledger() { '%s' --quiet \"$@\"; }\n%s", binary, command))
	shell.Dir, shell.Env = g.dir, append(os.Environ(), g.env...)
	out, err := shell.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		require.NoError(g.t, err, command)
	}
	text := string(out)
	if here != "" {
		text = strings.ReplaceAll(text, here, guideERP)
	}
	if code := shell.ProcessState.ExitCode(); code != 0 {
		text += fmt.Sprintf("[exit %d]\n", code)
	}
	text = since.ReplaceAllStringFunc(text, func(s string) string {
		if day := s[len("since "):]; day >= g.began.UTC().Format(time.DateOnly) {
			return "since YYYY-MM-DD"
		}
		return s
	})
	return instant.ReplaceAllStringFunc(text, func(s string) string {
		if at, err := time.Parse(time.RFC3339, s); err == nil && !at.Before(g.began) && !at.After(time.Now()) {
			return guideInstant
		}
		return s
	})
}
