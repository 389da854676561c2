package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// report is what the program finds.
type report struct {
	Suite      string        `json:"suite"` // the client's version
	OK         bool          `json:"ok"`
	Runs       []run         `json:"runs"`
	OutOfReach []unreachable `json:"outOfReach"`
}

// run is the suite run once.
type run struct {
	TLS     bool      `json:"tls"`
	OK      bool      `json:"ok"`
	InReach int       `json:"inReach"` // tests that need a server and that this run can pass
	Passed  int       `json:"passed"`  // of those
	Seconds float64   `json:"seconds"`
	Groups  []outcome `json:"groups"`
	Trouble string    `json:"trouble,omitempty"` // what go test had to say
}

// outcome is how a group of tests went.
type outcome struct {
	Group    string   `json:"group"`
	Expected int      `json:"expected"` // leaf tests
	Passed   int      `json:"passed"`
	Failed   []string `json:"failed,omitempty"`
	NotRun   []string `json:"notRun,omitempty"` // the suite itself leaves them out in this run
	Output   []string `json:"output,omitempty"` // of what failed
}

// group is a group of the suite's tests.
type group struct {
	name         string
	prefix       string // of its tests' names
	plain, tls   int    // leaf tests; 0 when the group has no place in the run
	without      bool   // needs no server
	skippedPlain int    // leaf tests that the suite leaves out without TLS, because they are about users
}

// groups are the suite's, with as many tests as the client's v4.2.0 has: a
// run with fewer is no success.
var groups = []group{
	{name: "AppendTests", prefix: "TestStreams/AppendTests/", plain: 4, tls: 4, skippedPlain: 1},
	{name: "ReadStreamTests", prefix: "TestStreams/ReadStreamTests/", plain: 6, tls: 6, skippedPlain: 1},
	{name: "SubscriptionTests", prefix: "TestStreams/SubscriptionTests/", plain: 6, tls: 6},
	{name: "DeleteTests", prefix: "TestStreams/DeleteTests/", plain: 3, tls: 3},
	{name: "ConnectionTests", prefix: "TestStreams/ConnectionTests/", plain: 1, tls: 1},
	{name: "TLSTests", prefix: "TestStreams/TLSTests/", tls: 8},
	{name: "AuthenticationTests", prefix: "TestStreams/AuthenticationTests/", plain: 2, tls: 3},
	{name: "ReadAllTests", prefix: "TestExpectations/ReadAllTests/", plain: 5, tls: 5},
	{name: "PersistentSubReadTests", prefix: "TestPersistentSubscriptions/PersistentSubReadTests/", plain: 11, tls: 11},
	{name: "PersistentSubTests", prefix: "TestPersistentSubscriptions/PersistentSubTests/", plain: 25, tls: 25},
	{name: "TestMisc", prefix: "TestMisc/", plain: 3, tls: 3, without: true},
}

// unreachable is a group that this node cannot pass, and why.
type unreachable struct {
	Group  string `json:"group"`
	Tests  int    `json:"tests"`
	Reason string `json:"reason"`
}

var outOfReach = []unreachable{
	{"ProjectionTests", 8, "projections in JavaScript, which this node does not run"},
	{"ClientCertificates", 4, "a plugin of the server that needs a licence"},
	{"ClusterTests", 1, "a cluster of three nodes"},
}

// testEvent is a line of go test -json.
type testEvent struct {
	Action string
	Test   string
	Output string
}

// test is what go test said of one test.
type test struct {
	action string // pass, fail or skip; empty when it never ended
	output strings.Builder
}

// maxOutput bounds what is kept of what a test prints.
const maxOutput = 16 << 10

func readOutcomes(r io.Reader, log io.Writer) (map[string]*test, error) {
	tests := map[string]*test{}
	for lines := json.NewDecoder(r); ; {
		var e testEvent
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
			return tests, nil
		} else if err != nil {
			return nil, fmt.Errorf("what go test -json writes: %w", err)
		}
		if e.Action == "output" {
			if _, err := io.WriteString(log, e.Output); err != nil {
				return nil, err
			}
		}
		if e.Test == "" {
			continue
		}
		t := tests[e.Test]
		if t == nil {
			t = &test{}
			tests[e.Test] = t
		}
		switch e.Action {
		case "output":
			if t.output.Len() < maxOutput {
				t.output.WriteString(e.Output)
			}
		case "pass", "fail", "skip":
			t.action = e.Action
		}
	}
}

// judge compares what ran with what there is to run.
func judge(secure bool, tests map[string]*test) run {
	r := run{TLS: secure, OK: true}
	names := slices.Sorted(maps.Keys(tests))
	for _, g := range groups {
		o := outcome{Group: g.name, Expected: g.plain}
		left := g.skippedPlain
		if secure {
			o.Expected, left = g.tls, 0
		}
		if o.Expected == 0 {
			continue
		}
		for i, name := range names {
			rest, in := strings.CutPrefix(name, g.prefix)
			if !in || i+1 < len(names) && strings.HasPrefix(names[i+1], name+"/") {
				continue // of another group, or not a leaf
			}
			switch t := tests[name]; t.action {
			case "pass":
				o.Passed++
			case "skip":
				o.NotRun = append(o.NotRun, rest)
			default:
				o.Failed = append(o.Failed, rest)
				o.Output = append(o.Output, t.output.String())
			}
		}
		if len(o.Failed) > 0 || len(o.NotRun) != left || o.Passed+left != o.Expected {
			r.OK = false
		}
		if !g.without {
			r.InReach += o.Expected - left
			r.Passed += o.Passed
		}
		r.Groups = append(r.Groups, o)
	}
	return r
}

// write writes the report for people.
func (r report) write(w io.Writer) {
	fmt.Fprintf(w, "The tests of the official Go client, %s, against this node\n", r.Suite)
	for _, one := range r.Runs {
		title := "Without TLS"
		if one.TLS {
			title = "With TLS and users"
		}
		fmt.Fprintf(w, "\n%s: %d of %d in reach pass, %.0f s\n", title, one.Passed, one.InReach, one.Seconds)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "passed\tfailed\tleft out\tmissing\t  \t")
		for _, o := range one.Groups {
			missing := max(0, o.Expected-o.Passed-len(o.Failed)-len(o.NotRun))
			fmt.Fprintf(table, "%d\t%d\t%d\t%d\t  \t%s\n", o.Passed, len(o.Failed), len(o.NotRun), missing, o.Group)
		}
		_ = table.Flush() // w's error, if any, was met before
		for _, o := range one.Groups {
			for _, name := range o.NotRun {
				fmt.Fprintf(w, "left out by the suite without TLS, as it is about users: %s/%s\n", o.Group, name)
			}
		}
		for _, o := range one.Groups {
			for i, name := range o.Failed {
				fmt.Fprintf(w, "\nFAILED %s/%s\n%s", o.Group, name, o.Output[i])
			}
		}
		if one.Trouble != "" {
			fmt.Fprintf(w, "\n%s\n", one.Trouble)
		}
	}
	fmt.Fprintln(w, "\nNot in reach of this node:")
	for _, u := range r.OutOfReach {
		tests := "tests"
		if u.Tests == 1 {
			tests = "test"
		}
		fmt.Fprintf(w, "  %s, %d %s: %s\n", u.Group, u.Tests, tests, u.Reason)
	}
}
