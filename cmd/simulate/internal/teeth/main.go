// Teeth shows that the simulator finds mistakes: it plants one after another
// in the product, and each has to violate an invariant within so many worlds,
// in which the product without it violates none.
//
//	go run ./cmd/simulate/internal/teeth [-only text]
//
// Nothing is written to the sources. Copies of the files are compiled in their
// place, once for all bugs: an environment variable, which only that program
// reads, says which one is made.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	module   = "github.com/freightledger/freightledger"
	variable = "FREIGHTLEDGER_PLANTED_BUG"
	usual    = 60  // worlds that are sound
	within   = 300 // seeds within which a bug has to be noticed; most are within ten
)

func main() {
	only := flag.String("only", "", "only bugs whose name contains one of these, parted by commas")
	clean := flag.Int("clean", usual, "worlds that the product has to survive without a bug")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *only, *clean)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "teeth:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, clean int) error {
	work, err := os.MkdirTemp("", "teeth-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // nothing of worth
	all, began := bugs(), time.Now()
	program, err := compile(ctx, work, all)
	if err != nil {
		return err
	}
	fmt.Printf("%d bugs compiled in %.0f s\n", len(all), time.Since(began).Seconds())
	all = slices.DeleteFunc(all, func(b bug) bool {
		return !slices.ContainsFunc(strings.Split(only, ","), func(part string) bool { return strings.Contains(b.name, part) })
	})
	result, err := simulate(ctx, program, "", clean, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	switch {
	case len(result.Failures) > 0:
		return fmt.Errorf("without a bug seed %d violates %s: that comes first", result.Failures[0].Seed, result.Failures[0].Violation)
	case result.Worlds != clean:
		return fmt.Errorf("%d worlds were run, want %d", result.Worlds, clean)
	}
	fmt.Printf("%-70s %d worlds in %.0f s, no violation\n", "without a bug", result.Worlds, result.Seconds)
	return hunt(ctx, program, all)
}

// hunt looks for every bug, several at a time.
func hunt(ctx context.Context, program string, all []bug) error {
	var mu sync.Mutex // of errs, and of the output
	var errs []error
	var group sync.WaitGroup
	next := make(chan bug, len(all))
	for _, b := range all {
		next <- b
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for b := range next {
				result, err := simulate(ctx, program, b.name, within, 1)
				mu.Lock()
				verdict, err := judge(b, result, err)
				fmt.Printf("%-70s %s\n", b.name, verdict)
				if err != nil {
					errs = append(errs, err)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func judge(b bug, r result, err error) (string, error) {
	if err != nil {
		return err.Error(), err
	}
	if len(r.Failures) == 0 {
		return "NOT CAUGHT", fmt.Errorf("%q is not caught in %d worlds", b.name, r.Worlds)
	}
	f := r.Failures[0]
	verdict := fmt.Sprintf("seed %d, %.0f s: %s", f.Seed, r.Seconds, f.Violation)
	if !slices.ContainsFunc(b.caught, func(by string) bool { return strings.HasPrefix(f.Violation, by) }) {
		return verdict + ", WHICH SAYS NOTHING", fmt.Errorf("%q is caught by %q, want one of %q\n%s", b.name, f.Violation, b.caught, f.Text)
	}
	return verdict, nil
}

// compile makes the simulator with all bugs in it, and a switch.
func compile(ctx context.Context, work string, all []bug) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	dir := strings.TrimSpace(string(root))
	texts, err := edited(dir, all)
	if err != nil {
		return "", err
	}
	texts["internal/planted/planted.go"] = "package planted\n\nimport \"os\"\n\nvar bug = os.Getenv(\"" + variable + "\")\n\nfunc Is(name string) bool { return bug == name }\n"
	replace := map[string]string{}
	for name, text := range texts {
		copied := filepath.Join(work, strings.ReplaceAll(name, "/", "__"))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(dir, name)] = copied
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list, program := filepath.Join(work, "overlay.json"), filepath.Join(work, "simulate")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-overlay", list, "-o", program, "./cmd/simulate")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the bugs: %w\n%s", err, out)
	}
	return program, nil
}

// edited gives the files with the bugs in them.
func edited(dir string, all []bug) (map[string]string, error) {
	texts := map[string]string{}
	for _, b := range all {
		text, known := texts[b.file]
		if !known {
			source, err := os.ReadFile(filepath.Join(dir, b.file))
			if err != nil {
				return nil, err
			}
			at := bytes.Index(source, []byte("\nimport"))
			if at < 0 {
				return nil, fmt.Errorf("%s imports nothing", b.file)
			}
			text = string(source[:at]) + "\nimport \"" + module + "/internal/planted\"\n" + string(source[at:])
		}
		if n := strings.Count(text, b.before); n != 1 {
			return nil, fmt.Errorf("%q: what it replaces is %d times in %s: bring the bug up to date\n%s", b.name, n, b.file, b.before)
		}
		texts[b.file] = strings.Replace(text, b.before, strings.ReplaceAll(b.after, "PLANT", fmt.Sprintf("planted.Is(%q)", b.name)), 1)
	}
	return texts, nil
}

// result is what the simulator says of a run.
type result struct {
	Worlds   int     `json:"worlds"`
	Seconds  float64 `json:"seconds"`
	Failures []struct {
		Seed      uint64 `json:"seed"`
		Violation string `json:"violation"`
		Text      string `json:"text"`
	} `json:"failures"`
}

// simulate runs worlds until one fails.
func simulate(ctx context.Context, program, bug string, seeds, workers int) (r result, err error) {
	var out, problems bytes.Buffer
	c := exec.CommandContext(ctx, program, "-seeds", fmt.Sprint(seeds), "-workers", fmt.Sprint(workers), "-twice", "0", "-failures", "1", "-json")
	c.Env = append(os.Environ(), variable+"="+bug)
	c.Stdout, c.Stderr = &out, &problems
	err = c.Run()
	if decoding := json.Unmarshal(out.Bytes(), &r); decoding != nil {
		return r, fmt.Errorf("simulate %q: %w\n%s", bug, errors.Join(err, decoding), problems.String())
	}
	return r, nil // how it exits is in the result too
}
