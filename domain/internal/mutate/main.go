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
// A mistake is killed when a test fails or does not end (told as "by time": in
// ten times what it took without the mistake, and ten seconds). Mistakes that do
// not compile, a test that fails without any, and a test that cannot be run are
// errors of the whole, and give no score.
//
// Tests may read the sources beside them, so leave the folder alone while it
// runs: what breaks there looks like a kill.
//
// A mistake is: a condition of an if or a case that never or always holds; a
// loop that never goes on; a comparison off by one or turned round; && for ||
// and the reverse; + for - and the reverse; an assignment or a call left out.
// Conditions that only pass an error on (err != nil) are left alone: what they
// guard mostly cannot fail, and says so.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, told io.Writer) error {
	flags := flag.NewFlagSet("mutate", flag.ExitOnError)
	least := flags.Int("min", 0, "fail when fewer per cent than this are killed")
	workers := flags.Int("workers", 2, "mutants tried at the same time")
	asJSON := flags.Bool("json", false, "print JSON")
	every := flags.Int("every", 1, "try one mutant in this many")
	only := flags.String("file", "", "only mutants of files whose name contains one of these, separated by commas")
	quiet := flags.Bool("q", false, "no progress")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *workers < 1 || *every < 1 {
		return errors.New("-workers and -every are 1 or more")
	}
	packages := flags.Args()
	if len(packages) == 0 {
		packages = []string{"./domain/money", "./domain/rating", "./domain/tax", "./domain"}
	}
	if *quiet {
		told = io.Discard
	}
	all := report{}
	for _, p := range packages {
		r, err := tryPackage(ctx, p, options{workers: *workers, every: *every, file: *only, told: told, timeout: 2 * time.Minute, grace: 10 * time.Second})
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		all.Packages = append(all.Packages, r)
		all.Mutants += r.Mutants
		all.Killed += r.Killed
	}
	all.Score = percent(all.Killed, all.Mutants)
	if *asJSON {
		if err := json.NewEncoder(out).Encode(all); err != nil {
			return err
		}
	} else {
		all.print(out)
	}
	if all.Killed*100 < *least*all.Mutants {
		return fmt.Errorf("%s %% killed, %d are wanted", all.Score, *least)
	}
	return nil
}

func (r report) print(w io.Writer) {
	for _, p := range r.Packages {
		for _, f := range p.Files {
			fmt.Fprintf(w, "%s: %d of %d survived\n", f.File, f.Survived, f.Mutants)
			for _, m := range p.Survivors {
				if m.File != f.File {
					continue
				}
				note := ""
				if m.Unreached {
					note = "  (no test comes here)"
				}
				fmt.Fprintf(w, "%s:%d: %s  [%s]%s\n", m.File, m.Line, m.What, strings.Join(strings.Fields(m.Code), " "), note)
			}
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
