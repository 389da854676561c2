// Simulate runs the whole of freightledger in simulated worlds, one for each
// seed: see package world. It is for developers; docs/decisions tells what it proves
// and what not.
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
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/world"
)

const usage = `simulate runs the whole of freightledger in simulated worlds: real components
over an event store and an ERP that fail, in processes that are killed, in
virtual time. Each seed is one world, and the same seed is the same world.

  simulate -seeds 1000            worlds 1 to 1000
  simulate -for 5m                as many as fit into five minutes
  simulate -seed 42 -trace        one world, and all that happens in it
  simulate -seeds 200 -twice 10   every tenth world twice: both must be the same

The exit code is 0 when no invariant was violated and enough was exercised, 1
when one was violated, 2 when too little was exercised or a flag is wrong.

`

// options say what is to be run.
type options struct {
	seed, from uint64
	seeds      int
	limit      time.Duration
	workers    int
	twice      int
	trace      bool
	json       bool
	dir        string
	lose       int
	failures   int
	profile    string
}

func main() {
	var o options
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	f.Usage = func() { fmt.Fprint(f.Output(), usage); f.PrintDefaults() }
	f.Uint64Var(&o.seed, "seed", 0, "run the world of this seed alone")
	f.IntVar(&o.seeds, "seeds", 100, "how many worlds to run")
	f.Uint64Var(&o.from, "from", 1, "the first of their seeds")
	f.DurationVar(&o.limit, "for", 0, "run worlds for so long instead of counting them")
	f.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "worlds at the same time; each is single-threaded")
	f.IntVar(&o.twice, "twice", 100, "run one in so many worlds twice and compare their traces; 0 is never")
	f.BoolVar(&o.trace, "trace", false, "with -seed, print all that happens")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	f.StringVar(&o.dir, "dir", memory(), "folder for the worlds' files; they are small, and gone afterwards")
	f.IntVar(&o.lose, "lose", 0, "have the store lose the append of this number, to see that it is noticed")
	f.IntVar(&o.failures, "failures", 5, "end after so many worlds that failed")
	f.StringVar(&o.profile, "cpuprofile", "", "write a profile of where the time goes to this file")
	if err := f.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, o, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
	}
	os.Exit(code)
}

// memory is a folder in memory where the system has one, else the usual one.
func memory() string {
	const shared = "/dev/shm"
	if info, err := os.Stat(shared); err == nil && info.IsDir() {
		return shared
	}
	return os.TempDir()
}

func run(ctx context.Context, o options, out, progress io.Writer) (code int, err error) {
	dir, err := os.MkdirTemp(o.dir, "simulate-")
	if err != nil {
		return 2, err
	}
	defer func() {
		if gone := os.RemoveAll(dir); err == nil {
			err = gone
		}
	}()
	if o.seed != 0 {
		o.from, o.seeds, o.workers, o.limit, o.twice = o.seed, 1, 1, 0, 1
	}
	if o.limit > 0 {
		o.seeds = 0
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.limit)
		defer cancel()
	}
	if o.profile != "" {
		file, err := os.Create(o.profile)
		if err != nil {
			return 2, err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return 2, errors.Join(err, file.Close())
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, file.Close())
		}()
	}
	t := newTotal(o)
	if err := worlds(ctx, o, dir, t, out, progress); err != nil {
		return 2, err
	}
	code = t.code()
	if o.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(t); err != nil {
			return 2, err
		}
	} else {
		t.print(out)
	}
	return code, nil
}

// worlds runs the worlds, several at a time, until there are enough.
func worlds(ctx context.Context, o options, dir string, t *total, out, progress io.Writer) error {
	var all sync.WaitGroup
	var mu sync.Mutex // of t, next and failed
	var failed error
	next := o.from
	began := time.Now()
	for i := range max(o.workers, 1) {
		own := filepath.Join(dir, fmt.Sprint(i))
		all.Go(func() {
			for {
				mu.Lock()
				seed := next
				next++
				over := failed != nil || ctx.Err() != nil || o.limit == 0 && seed >= o.from+uint64(o.seeds) || len(t.Failures) >= o.failures
				mu.Unlock()
				if over {
					return
				}
				outcome, same, err := one(seed, own, o, out)
				mu.Lock()
				if err != nil && failed == nil {
					failed = fmt.Errorf("seed %d: %w", seed, err)
				}
				t.add(outcome, same)
				if t.Worlds%50 == 0 && o.seed == 0 {
					fmt.Fprintf(progress, "%d worlds, %.1f a second, %d violations\n", t.Worlds, float64(t.Worlds)/time.Since(began).Seconds(), len(t.Failures))
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Seconds = time.Since(began).Seconds()
	return failed
}

// one runs the world of a seed, now and then twice: the two must be the same.
func one(seed uint64, dir string, o options, out io.Writer) (first world.Outcome, same bool, err error) {
	var tell func(string)
	if o.trace {
		tell = func(line string) { fmt.Fprintln(out, line) }
	}
	if first, err = inFolder(seed, dir, tell, o.lose); err != nil || o.twice == 0 || seed%uint64(o.twice) != 0 {
		return first, true, err
	}
	second, err := inFolder(seed, dir, nil, o.lose)
	return first, first.Hash == second.Hash, err
}

func inFolder(seed uint64, dir string, tell func(string), lose int) (out world.Outcome, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return out, err
	}
	out, err = world.Run(seed, world.Options{Dir: dir, Tell: tell, Lose: lose})
	if gone := os.RemoveAll(dir); err == nil {
		err = gone
	}
	return out, err
}
