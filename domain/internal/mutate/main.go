// Mutate proves the tests of the domain: it makes small mistakes in the code,
// one at a time, and looks whether a test fails. A rule that could be taken
// away without a test noticing shows as a survivor.
//
//	go run ./domain/internal/mutate                          # all packages of the domain
//	go run ./domain/internal/mutate -min 90 ./domain/money   # fail under 90 % killed
//
// All mistakes of a package are compiled into one test binary, behind a switch
// in its environment, so that trying one costs only the tests that reach it.
// Which tests those are is found out first.
//
// A mistake is: a condition of an if, a case or a loop that never or always
// holds; a comparison off by one or turned round; && for || and the reverse; +
// for - and the reverse; an assignment or a call left out. Conditions that only
// pass an error on (err != nil) are left alone: what they guard mostly cannot
// fail, and says so.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// report is what is printed.
type report struct {
	Packages []*result `json:"packages"`
	Mutants  int       `json:"mutants"`
	Killed   int       `json:"killed"`
	Score    string    `json:"score"` // per cent killed
}

func main() {
	least := flag.Int("min", 0, "fail when fewer per cent than this are killed")
	workers := flag.Int("workers", 2, "mutants tried at the same time")
	asJSON := flag.Bool("json", false, "print JSON")
	every := flag.Int("every", 1, "try one mutant in this many")
	only := flag.String("file", "", "only mutants of files whose name contains this")
	quiet := flag.Bool("q", false, "no progress")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./domain/money", "./domain/rating", "./domain/tax", "./domain"}
	}
	var told io.Writer = os.Stderr
	if *quiet {
		told = io.Discard
	}
	all := report{}
	for _, p := range packages {
		r, err := tryPackage(p, options{workers: *workers, every: *every, file: *only, told: told, timeout: 2 * time.Minute})
		if err != nil {
			fmt.Fprintf(os.Stderr, "mutate %s: %v\n", p, err)
			os.Exit(1)
		}
		all.Packages = append(all.Packages, r)
		all.Mutants += r.Mutants
		all.Killed += r.Killed
	}
	all.Score = percent(all.Killed, all.Mutants)
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
			os.Exit(1)
		}
	} else {
		all.print(os.Stdout)
	}
	if all.Mutants > 0 && all.Killed*100 < *least*all.Mutants {
		fmt.Fprintf(os.Stderr, "mutate: %s %% killed, %d are wanted\n", all.Score, *least)
		os.Exit(1)
	}
}

func (r report) print(w io.Writer) {
	for _, p := range r.Packages {
		for _, m := range p.Survivors {
			fmt.Fprintf(w, "%s:%d: %s  [%s]\n", m.File, m.Line, m.What, strings.ReplaceAll(m.Code, "\n", " "))
		}
	}
	for _, p := range r.Packages {
		fmt.Fprintf(w, "%-20s %5d mutants, %5d killed (%d by time), %4d survived, of them %d reached by no test: %s %%\n",
			p.Package, p.Mutants, p.Killed, p.Timeouts, p.Mutants-p.Killed, p.Unreached, percent(p.Killed, p.Mutants))
	}
	fmt.Fprintf(w, "%-20s %5d mutants, %5d killed: %s %%\n", "all", r.Mutants, r.Killed, r.Score)
}

// percent is with one decimal, rounded down.
func percent(part, whole int) string {
	if whole == 0 {
		return "100.0"
	}
	tenths := part * 1000 / whole
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}
