package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/cmd/simulate/world"
)

// total is what all worlds of a run came to.
type total struct {
	Worlds    int            `json:"worlds"`
	Seconds   float64        `json:"seconds"`
	Steps     int            `json:"steps"`
	Events    int            `json:"events"`
	Years     float64        `json:"simulated_years"`
	Repeated  int            `json:"run_twice"`
	Counts    map[string]int `json:"counts"`
	Failures  []failure      `json:"failures,omitempty"`
	TooLittle []string       `json:"too_little,omitempty"`

	o options
}

// failure is a world in which an invariant was violated.
type failure struct {
	world.Outcome
	Reproduce string `json:"reproduce"`
}

func newTotal(o options) *total { return &total{Counts: map[string]int{}, o: o} }

func (t *total) add(out world.Outcome, same bool) {
	t.Worlds++
	t.Steps += out.Steps
	t.Events += out.Events
	t.Years += out.Simulated.Hours() / 24 / 365
	if t.o.twice > 0 && out.Seed%uint64(t.o.twice) == 0 {
		t.Repeated++
	}
	for what, n := range out.Counts {
		t.Counts[what] += n
	}
	if !same && out.Violation == "" {
		out.Violation, out.Text = "the same seed is the same world", "two runs have different traces"
	}
	if out.Violation != "" {
		again := fmt.Sprintf("make simulate SEED=%d", out.Seed)
		if t.o.lose > 0 {
			again += fmt.Sprintf(" LOSE=%d", t.o.lose)
		}
		t.Failures = append(t.Failures, failure{out, again})
	}
}

// code is the exit code of the run.
func (t *total) code() int {
	switch {
	case len(t.Failures) > 0:
		return 1
	case len(t.judge()) > 0:
		return 2
	}
	return 0
}

// enough worlds are judged by what they have exercised; chance may keep
// anything out of fewer.
const enough = 100

// judge says what was exercised too little for the run to mean anything.
func (t *total) judge() []string {
	if t.Worlds < enough {
		return nil
	}
	t.TooLittle = nil
	for _, want := range world.Wanted() {
		if least := t.Worlds * want.PerThousand / 1000; t.Counts[want.What] < least {
			t.TooLittle = append(t.TooLittle, fmt.Sprintf("%s: %d, want %d", want.What, t.Counts[want.What], least))
		}
	}
	return t.TooLittle
}

func (t *total) print(w io.Writer) {
	for _, kind := range []string{"fault: ", "seen: ", "acknowledged: ", "refused: "} {
		fmt.Fprintln(w, strings.TrimSuffix(kind, ": ")+":")
		for _, what := range slices.Sorted(maps.Keys(t.Counts)) {
			if name, ok := strings.CutPrefix(what, kind); ok {
				fmt.Fprintf(w, "  %9d  %s\n", t.Counts[what], name)
			}
		}
	}
	fmt.Fprintf(w, "%d worlds in %.0f s, %d of them twice: %d steps, %d events, %.1f simulated years\n", t.Worlds, t.Seconds, t.Repeated, t.Steps, t.Events, t.Years)
	for _, f := range t.Failures {
		fmt.Fprintf(w, "\nseed %d violates %s\n  %s\nthe last of what happened:\n", f.Seed, f.Violation, strings.ReplaceAll(f.Text, "\n", "\n  "))
		for _, line := range f.Trace[max(0, len(f.Trace)-40):] {
			fmt.Fprintln(w, "  "+line)
		}
		fmt.Fprintln(w, "run it again:", f.Reproduce)
	}
	for _, what := range t.judge() {
		fmt.Fprintln(w, "exercised too little:", what)
	}
	if len(t.Failures) == 0 {
		fmt.Fprintln(w, "no invariant was violated")
	}
}
