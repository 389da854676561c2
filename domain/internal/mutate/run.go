package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

type options struct {
	workers int
	every   int
	file    string
	told    io.Writer
	timeout time.Duration // of a test without any mistake
	grace   time.Duration // more than ten times what it took, before a mistaken one is late
}

// result is what became of a package's mutants.
type result struct {
	Package   string   `json:"package"`
	Mutants   int      `json:"mutants"`
	Killed    int      `json:"killed"`
	Timeouts  int      `json:"by_time"`   // of the killed: the tests did not end
	Unreached int      `json:"unreached"` // of the survivors: no test comes there
	Files     []tally  `json:"files"`     // those with survivors
	Survivors []mutant `json:"survivors"`
}

// tally is the score of a file.
type tally struct {
	File     string `json:"file"`
	Mutants  int    `json:"mutants"`
	Survived int    `json:"survived"`
}

// outcome is what the tests say of a mistake.
type outcome int

const (
	survived outcome = iota
	killed
	late // they did not end, which counts as killed
)

// tryPackage gives an error, and no score, when the mistakes do not compile,
// when a test fails without any, and when a test cannot be run.
func tryPackage(ctx context.Context, name string, o options) (*result, error) {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	b, err := build(ctx, name, work, o.file)
	if err != nil {
		return nil, err
	}
	tests, err := b.tests(ctx, o)
	if err != nil {
		return nil, err
	}
	var tried []mutant
	for i, m := range b.mutants {
		if i%o.every == 0 {
			tried = append(tried, m)
		}
	}
	outcomes := make([]outcome, len(tried))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.workers)
	for i, m := range tried {
		if i%100 == 0 {
			fmt.Fprintf(o.told, "%s: mutant %d of %d\n", name, i, len(tried))
		}
		g.Go(func() (err error) {
			outcomes[i], err = b.try(ctx, m, tests[m.ID], o.grace)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return summed(name, tried, outcomes, tests), nil
}

func summed(name string, tried []mutant, outcomes []outcome, tests map[int][]reaching) *result {
	r := &result{Package: name, Mutants: len(tried), Files: []tally{}, Survivors: []mutant{}}
	var t *tally
	files := []*tally{}
	for i, m := range tried { // file by file
		if t == nil || t.File != m.File {
			t = &tally{File: m.File}
			files = append(files, t)
		}
		t.Mutants++
		if outcomes[i] != survived {
			r.Killed++
			if outcomes[i] == late {
				r.Timeouts++
			}
			continue
		}
		t.Survived++
		if len(tests[m.ID]) == 0 {
			m.Unreached = true
			r.Unreached++
		}
		r.Survivors = append(r.Survivors, m)
	}
	for _, t := range files {
		if t.Survived > 0 {
			r.Files = append(r.Files, *t)
		}
	}
	return r
}

// reaching is a test that reaches a mutant, or several as an expression.
type reaching struct {
	test string
	took time.Duration
}

// tests finds out which tests reach which mutants, the quickest first.
func (b *binary) tests(ctx context.Context, o options) (map[int][]reaching, error) {
	fmt.Fprintf(o.told, "%s: %d mutants, %d tests\n", b.dir, len(b.mutants), len(b.names))
	seen := make([]string, len(b.names))
	took := make([]time.Duration, len(b.names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.workers)
	for i, test := range b.names {
		g.Go(func() error {
			path := filepath.Join(filepath.Dir(b.path), test+".seen")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			begin := time.Now()
			became, out, err := b.run(ctx, o.timeout, test, "MUTANTS_SEEN="+path)
			took[i] = time.Since(begin)
			switch {
			case err != nil:
				return err
			case became == late:
				return fmt.Errorf("%s does not end within %s, without any mistake", test, o.timeout)
			case became == killed:
				return fmt.Errorf("%s fails without any mistake:\n%s", test, out)
			}
			text, err := os.ReadFile(path)
			seen[i] = string(text)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	all := map[int][]reaching{}
	for i, test := range b.names {
		for _, number := range strings.Fields(seen[i]) {
			id, err := strconv.Atoi(number)
			if err != nil {
				return nil, err
			}
			all[id] = append(all[id], reaching{test, took[i]})
		}
	}
	for _, r := range all {
		slices.SortStableFunc(r, func(a, b reaching) int { return int(a.took - b.took) })
	}
	return all, nil
}

// quick is how long a test takes, with the start of its process, that is run
// together with others.
const quick = 100 * time.Millisecond

// together makes one of all quick tests: to start a process for each would
// cost more than they do. They come first and end at the first failure.
func together(tests []reaching) []reaching {
	n := 0 // they are sorted
	for n < len(tests) && tests[n].took <= quick {
		n++
	}
	if n < 2 {
		return tests
	}
	var names []string
	var all time.Duration
	for _, t := range tests[:n] {
		names = append(names, t.test)
		all += t.took
	}
	return append([]reaching{{"(" + strings.Join(names, "|") + ")", all}}, tests[n:]...)
}

// try runs the tests that reach a mutant until one fails.
func (b *binary) try(ctx context.Context, m mutant, tests []reaching, grace time.Duration) (outcome, error) {
	for _, t := range together(tests) {
		became, _, err := b.run(ctx, 10*t.took+grace, t.test, "MUTANT="+strconv.Itoa(m.ID))
		if err != nil {
			return survived, fmt.Errorf("%s:%d, %s: %w", m.File, m.Line, m.What, err)
		}
		if became != survived {
			return became, nil
		}
	}
	return survived, nil
}

// run runs one test. Only a test that ran to an exit code of its own, or out of
// time, says something: one that could not be started, or that something else
// ended, is an error.
func (b *binary) run(ctx context.Context, within time.Duration, test string, env ...string) (outcome, []byte, error) {
	args := []string{"-test.run", "^" + test + "$", "-test.failfast", "-test.paniconexit0"}
	if b.rapid {
		args = append(args, "-rapid.checks=50", "-rapid.nofailfile", "-rapid.seed=1")
	}
	timed, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	out, err := b.command(timed, env, args...).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, out, nil
	case ctx.Err() != nil:
		return survived, out, ctx.Err()
	case timed.Err() != nil:
		return late, out, nil
	case errors.As(err, &exit) && exit.Exited():
		return killed, out, nil
	}
	return survived, out, fmt.Errorf("run %s: %w\n%s", test, err, out)
}

func (b *binary) command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.path, args...)
	c.Dir = b.dir
	c.Env = append(append(os.Environ(), "MUTANT=", "MUTANTS_SEEN="), env...)
	c.WaitDelay = time.Second // for output that a child of the test holds open
	return c
}
