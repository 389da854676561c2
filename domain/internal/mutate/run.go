package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

type options struct {
	workers int
	every   int
	file    string
	told    io.Writer
	timeout time.Duration
}

// result is what became of a package's mutants.
type result struct {
	Package   string   `json:"package"`
	Mutants   int      `json:"mutants"`
	Killed    int      `json:"killed"`
	Timeouts  int      `json:"by_time"` // of the killed: the tests did not end
	Unreached int      `json:"unreached"`
	Survivors []mutant `json:"survivors"`
}

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath, Name, Export string
	GoFiles                       []string
}

func tryPackage(name string, o options) (*result, error) {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	b, err := build(name, work, o.file)
	if err != nil {
		return nil, err
	}
	tests, err := b.tests(o)
	if err != nil {
		return nil, err
	}
	r := &result{Package: name, Survivors: []mutant{}}
	var (
		mu   sync.Mutex
		done int
		todo = make(chan mutant)
		wg   sync.WaitGroup
		fail error
	)
	tried := b.mutants[:0:0]
	for i, m := range b.mutants {
		if i%o.every == 0 {
			tried = append(tried, m)
		}
	}
	for range o.workers {
		wg.Go(func() {
			for m := range todo {
				killed, late, err := b.try(m, tests[m.ID], o)
				mu.Lock()
				done++
				fail = errors.Join(fail, err)
				switch {
				case killed:
					r.Killed++
					if late {
						r.Timeouts++
					}
				default:
					if len(tests[m.ID]) == 0 {
						r.Unreached++
					}
					r.Survivors = append(r.Survivors, m)
				}
				if done%100 == 0 {
					fmt.Fprintf(o.told, "%s: %d of %d mutants, %d killed\n", name, done, len(tried), r.Killed)
				}
				mu.Unlock()
			}
		})
	}
	for _, m := range tried {
		todo <- m
	}
	close(todo)
	wg.Wait()
	r.Mutants = len(tried)
	slices.SortFunc(r.Survivors, func(a, b mutant) int { return a.ID - b.ID })
	return r, fail
}

// binary is a package's tests with all mistakes in them.
type binary struct {
	path    string
	dir     string
	mutants []mutant
	names   []string // of its tests
	rapid   bool     // it takes the flags of property tests
}

func build(name, work, only string) (*binary, error) {
	p, exports, err := list(name)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	trees := make([]*ast.File, len(p.GoFiles))
	for i, g := range p.GoFiles {
		if trees[i], err = parser.ParseFile(set, filepath.Join(p.Dir, g), nil, 0); err != nil {
			return nil, err
		}
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	if _, err := conf.Check(p.ImportPath, set, trees, info); err != nil {
		return nil, err
	}
	b := &binary{path: filepath.Join(work, "tests"), dir: p.Dir}
	overlay := map[string]string{}
	put := func(real, text string) error {
		copied := filepath.Join(work, filepath.Base(real))
		overlay[real] = copied
		return os.WriteFile(copied, []byte(text), 0o600)
	}
	next := 0
	for i, g := range p.GoFiles {
		if !strings.Contains(g, only) {
			continue
		}
		path := filepath.Join(p.Dir, g)
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f := &file{name: g, source: source, set: set, types: info, next: &next}
		if err := put(path, string(f.rewrite(trees[i]))); err != nil {
			return nil, err
		}
		b.mutants = append(b.mutants, f.mutants...)
	}
	if err := put(filepath.Join(p.Dir, "mutant_switch__.go"), fmt.Sprintf(switchSource, p.Name, next+1)); err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return nil, err
	}
	overlayFile := filepath.Join(work, "overlay.json")
	if err := os.WriteFile(overlayFile, text, 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", b.path, name).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile the mutants: %w\n%s", err, out)
	}
	names, err := b.command(context.Background(), nil, "-test.list", ".").Output()
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(names)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "Test") || strings.HasPrefix(line, "Example") || strings.HasPrefix(line, "Fuzz") {
			b.names = append(b.names, line)
		}
	}
	help, _ := b.command(context.Background(), nil, "-help").CombinedOutput() // it exits with 2
	b.rapid = bytes.Contains(help, []byte("-rapid.checks"))
	return b, nil
}

// switchSource is added to the package. A mistake is made when its number is
// in MUTANT; with MUTANTS_SEEN each that is reached is written to that file.
const switchSource = `package %s

import (
	"os"
	"strconv"
	"sync"
)

var (
	mutantNow__, _ = strconv.Atoi(os.Getenv("MUTANT"))
	mutantsSeen__  = os.Getenv("MUTANTS_SEEN")
	mutantMu__     sync.Mutex
	mutantDone__   [%d]bool
)

func mutantIs__(id int) bool {
	if mutantsSeen__ != "" {
		mutantMu__.Lock()
		defer mutantMu__.Unlock()
		if !mutantDone__[id] {
			mutantDone__[id] = true
			if f, err := os.OpenFile(mutantsSeen__, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
				f.WriteString(strconv.Itoa(id) + "\n")
				f.Close()
			}
		}
	}
	return id == mutantNow__
}

func mutantPick__[T any](now bool, mistaken, right T) T {
	if now {
		return mistaken
	}
	return right
}
`

func (b *binary) command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.path, args...)
	c.Dir = b.dir
	c.Env = append(os.Environ(), env...)
	return c
}

// run runs one test, and tells how long it took.
func (b *binary) run(ctx context.Context, test string, env ...string) (failed bool, took time.Duration, out []byte) {
	args := []string{"-test.run", "^" + test + "$", "-test.failfast", "-test.paniconexit0"}
	if b.rapid {
		args = append(args, "-rapid.checks=50", "-rapid.nofailfile", "-rapid.seed=1")
	}
	begin := time.Now()
	out, err := b.command(ctx, env, args...).CombinedOutput()
	return err != nil, time.Since(begin), out
}

// reaching is a test that reaches a mutant.
type reaching struct {
	test string
	took time.Duration
}

// tests finds out which tests reach which mutants, the quickest first.
func (b *binary) tests(o options) (map[int][]reaching, error) {
	all := map[int][]reaching{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var fail error
	todo := make(chan string)
	for range o.workers {
		wg.Go(func() {
			for test := range todo {
				seen := b.path + "-" + strings.ReplaceAll(test, "/", "_") + ".seen"
				ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
				failed, took, out := b.run(ctx, test, "MUTANTS_SEEN="+seen)
				cancel()
				mu.Lock()
				if failed {
					fail = errors.Join(fail, fmt.Errorf("%s fails without any mistake:\n%s", test, out))
				}
				if f, err := os.Open(seen); err == nil {
					lines := bufio.NewScanner(f)
					for lines.Scan() {
						if id, err := strconv.Atoi(lines.Text()); err == nil {
							all[id] = append(all[id], reaching{test, took})
						}
					}
					_ = f.Close()
				}
				mu.Unlock()
			}
		})
	}
	for _, t := range b.names {
		todo <- t
	}
	close(todo)
	wg.Wait()
	for _, r := range all {
		slices.SortFunc(r, func(a, b reaching) int { return int(a.took - b.took) })
	}
	fmt.Fprintf(o.told, "%s: %d mutants, %d tests\n", b.dir, len(b.mutants), len(b.names))
	return all, fail
}

// try runs the tests that reach a mutant until one fails.
func (b *binary) try(m mutant, tests []reaching, o options) (killed, late bool, err error) {
	for _, t := range tests {
		ctx, cancel := context.WithTimeout(context.Background(), 10*t.took+10*time.Second)
		failed, _, _ := b.run(ctx, t.test, "MUTANT="+strconv.Itoa(m.ID))
		late := ctx.Err() != nil
		cancel()
		if failed {
			return true, late, nil
		}
	}
	return false, false, nil
}

// list gives a package, and where the compiled form of all that it imports is.
func list(name string) (p listed, exports map[string]string, err error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=Dir,ImportPath,Name,Export,GoFiles", name).Output()
	if err != nil {
		return p, nil, fmt.Errorf("go list %s: %w", name, err)
	}
	exports = map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var q listed
		if err := d.Decode(&q); errors.Is(err, io.EOF) {
			return p, exports, nil // the package itself is the last
		} else if err != nil {
			return p, nil, err
		}
		p, exports[q.ImportPath] = q, q.Export
	}
}
