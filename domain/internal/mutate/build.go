package main

import (
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
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath, Name, Export string
	DepOnly                       bool
	GoFiles                       []string
}

// binary is a package's tests with all mistakes in them.
type binary struct {
	path    string
	dir     string
	mutants []mutant
	names   []string // of its tests
	rapid   bool     // it takes the flags of property tests
}

// build compiles the tests of a package with the mistakes of the files whose
// names contain one of the parts of only.
func build(ctx context.Context, name, work, only string) (*binary, error) {
	p, exports, err := list(ctx, name)
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
	last := 0
	for i, g := range p.GoFiles {
		if !slices.ContainsFunc(strings.Split(only, ","), func(part string) bool { return strings.Contains(g, part) }) {
			continue
		}
		place := filepath.Join(p.Dir, g)
		source, err := os.ReadFile(place)
		if err != nil {
			return nil, err
		}
		f := &file{name: path.Join(name, g), source: source, set: set, types: info, next: &last}
		if err := put(place, string(f.rewrite(trees[i]))); err != nil {
			return nil, err
		}
		b.mutants = append(b.mutants, f.mutants...)
	}
	if len(b.mutants) == 0 {
		return nil, errors.New("there is no place for a mistake")
	}
	if err := put(filepath.Join(p.Dir, "mutant_switch__.go"), switchSource(p.Name, last)); err != nil {
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
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", b.path, name).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile the mutants: %w\n%s", err, out)
	}
	names, err := b.command(ctx, nil, "-test.list", ".").Output()
	if err != nil {
		return nil, fmt.Errorf("list the tests: %w", err)
	}
	for line := range strings.Lines(string(names)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "Test") || strings.HasPrefix(line, "Example") || strings.HasPrefix(line, "Fuzz") {
			b.names = append(b.names, line)
		}
	}
	help, _ := b.command(ctx, nil, "-help").CombinedOutput() // it exits with 2
	b.rapid = bytes.Contains(help, []byte("-rapid.checks"))
	return b, nil
}

// list gives a package, and where the compiled form of all that it imports is.
func list(ctx context.Context, name string) (p listed, exports map[string]string, err error) {
	c := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=Dir,ImportPath,Name,Export,DepOnly,GoFiles", name)
	var problems bytes.Buffer
	c.Stderr = &problems
	out, err := c.Output()
	if err != nil {
		return p, nil, fmt.Errorf("go list %s: %w\n%s", name, err, &problems)
	}
	exports = map[string]string{}
	matched := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var q listed
		if err := d.Decode(&q); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return p, nil, err
		}
		exports[q.ImportPath] = q.Export
		if !q.DepOnly {
			p = q
			matched++
		}
	}
	if matched != 1 {
		return p, nil, fmt.Errorf("%d packages match: name one at a time", matched)
	}
	return p, exports, nil
}

// switchSource is added to the package. A mistake is made when its number is
// in MUTANT; with MUTANTS_SEEN each that is reached is written to that file.
func switchSource(name string, mutants int) string {
	return fmt.Sprintf(`package %s

import (
	"os"
	"strconv"
	"sync"
)

var (
	mutantNow__, _ = strconv.Atoi(os.Getenv("MUTANT"))
	mutantsSeen__  = os.Getenv("MUTANTS_SEEN")
	mutantMu__     sync.Mutex
	mutantDone__   [%d + 1]bool
)

func mutantIs__(id int) bool {
	if mutantsSeen__ != "" {
		mutantMu__.Lock()
		defer mutantMu__.Unlock()
		if !mutantDone__[id] {
			mutantDone__[id] = true
			f, err := os.OpenFile(mutantsSeen__, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				panic(err)
			}
			if _, err := f.WriteString(strconv.Itoa(id) + "\n"); err != nil {
				panic(err)
			}
			f.Close()
		}
	}
	return id == mutantNow__
}

type mutantNumber__ interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64 | ~complex64 | ~complex128
}

func mutantPlus__[T mutantNumber__](id int, x, y T) T {
	if mutantIs__(id) {
		return x - y
	}
	return x + y
}

func mutantMinus__[T mutantNumber__](id int, x, y T) T {
	if mutantIs__(id) {
		return x + y
	}
	return x - y
}
`, name, mutants)
}
