package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests run the program itself, as its users do: processes, files, a
// sandbox ERP on a port of its own.

// binary is built once; see TestMain.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "freightledger-test")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "freightledger")
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the program:", err)
			return 1
		}
		return m.Run()
	}())
}

// shared finds a file that is not part of the project; without it the test is
// skipped aloud, and in CI it fails.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	name := filepath.Join(append([]string{"..", "..", "..", "shared"}, path...)...)
	if _, err := os.Stat(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must not skip this: %s is absent", name)
		}
		t.Skipf("SKIPPED: %s is absent: the real files lie beside the project, in ../shared", name)
	}
	return name
}

// office is one data folder and one ERP.
type office struct {
	t    testing.TB
	dir  string
	data string
	erp  string

	elsewhere bool // its history is, or it is damaged: it is not read again at the end
}

// newOffice is an office whose every amount has to be reproduced when its test
// is over.
func newOffice(t testing.TB) *office {
	dir := t.TempDir()
	o := &office{t: t, dir: dir, data: filepath.Join(dir, "ledger")}
	t.Cleanup(func() {
		if _, err := os.Stat(o.data); err != nil || o.elsewhere || t.Failed() {
			return
		}
		a := o.run("recompute")
		require.Zero(t, a.code, "%s%s", a.out, a.errs)
	})
	return o
}

// withERP starts a sandbox ERP as a process of its own.
func (o *office) withERP(flags ...string) *office {
	o.t.Helper()
	cmd := exec.Command(binary, append([]string{"sandbox-erp", "serve", "--addr", "127.0.0.1:0", "--books", filepath.Join(o.dir, "erp.db")}, flags...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(o.t, err)
	cmd.Stderr = os.Stderr
	require.NoError(o.t, cmd.Start())
	o.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(o.t, err)
	_, rest, ok := strings.Cut(line, "at ")
	require.True(o.t, ok, line)
	o.erp, _, _ = strings.Cut(rest, ",")
	return o
}

func (o *office) command(args ...string) *exec.Cmd {
	return exec.Command(binary, append([]string{"--data", o.data, "--erp", o.erp, "--quiet"}, args...)...)
}

// answer is what a command printed and how it ended.
type answer struct {
	out, errs string
	code      int
}

func (o *office) run(args ...string) answer {
	o.t.Helper()
	cmd := o.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		require.NoError(o.t, err)
	}
	return answer{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed.
func (o *office) must(args ...string) answer {
	o.t.Helper()
	a := o.run(args...)
	require.Zero(o.t, a.code, "%v: %s%s", args, a.errs, a.out)
	return a
}

// ask runs a command with --json into a value.
func ask[T any](o *office, args ...string) T {
	o.t.Helper()
	return decode[T](o.t, o.must(append(args, "--json")...))
}

func decode[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(a.out), &v), a.out)
	return v
}

// The parts of the reports that the tests look at.
type (
	amount struct{ Amount, Currency string }

	importAnswer struct {
		Messages []struct {
			Message, Name                     string
			Items, Applied, Unchanged, Events int
			Refused                           []struct{ Item, Kind, Code, Place, Reason, Remedy string }
		}
		Settled struct {
			Posted, Found int
			Summary       struct {
				Events             int
				Postings, Invoices []struct {
					Name  string
					Count int
				}
				DeadLetters int `json:"dead_letters"`
			}
		}
	}

	disposition struct {
		Kind, Disposition string
		Count             int
		NoFigure          int `json:"no_figure"`
		Amount            amount
	}

	reconciliation struct {
		BreakCount int `json:"break_count"`
		Breaks     []struct{ Kind, Number string }
		Documents  struct{ Expected, Actual, Compared int }
		InFlight   struct{ Count int } `json:"in_flight"`
		TieOut     []struct {
			Account, Period              string
			Expected, Actual, Difference amount
		} `json:"tie_out"`
		Bridge struct {
			HeldCount int `json:"held_count"`
			Held      []struct {
				Shipment, Charge, Kind, Reason string
				Amount                         *amount
			}
			Rows []struct {
				Kind                  string
				Entered, Billed, Held amount
				NoFigure              int `json:"no_figure"`
				Linked                int
				NotBillable           int `json:"not_billable"`
			}
		}
	}
)
