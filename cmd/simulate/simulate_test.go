package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/cmd/simulate/world"
)

func simulated(t *testing.T, seed uint64, lose int) world.Outcome {
	t.Helper()
	out, err := world.Run(seed, world.Options{Dir: t.TempDir(), Lose: lose})
	require.NoError(t, err, "seed %d", seed)
	return out
}

func TestTheSameSeedIsTheSameWorld(t *testing.T) {
	hashes := map[string]uint64{}
	for _, seed := range []uint64{6, 12} {
		first, second := simulated(t, seed, 0), simulated(t, seed, 0)
		require.Empty(t, first.Violation, "seed %d: %s", seed, first.Text)
		require.Equal(t, first, second, "seed %d", seed)
		require.NotZero(t, first.Events, "seed %d", seed)
		hashes[first.Hash] = seed
	}
	require.Len(t, hashes, 2, "different seeds are different worlds")
}

func TestAnAcknowledgedEventThatIsLostIsReportedWithItsSeedAndHowToRepeatIt(t *testing.T) {
	// Not every loss is one: what nobody was told of is done once more.
	var out bytes.Buffer
	seed, code := uint64(0), 0
	for code == 0 && seed < 10 {
		seed++
		out.Reset()
		var err error
		code, err = run(context.Background(), options{seed: seed, lose: 20, failures: 1, dir: t.TempDir()}, &out, io.Discard)
		require.NoError(t, err)
	}
	require.Equal(t, 1, code)
	require.Regexp(t, fmt.Sprintf("seed %d violates ", seed), out.String())
	require.Contains(t, out.String(), fmt.Sprintf("run it again: make simulate SEED=%d LOSE=20", seed))
	require.NotContains(t, out.String(), "no invariant was violated")
}

func TestARunThatExercisedTooLittleIsInvalid(t *testing.T) {
	result := newTotal(options{})
	for seed := range uint64(enough) {
		result.add(world.Outcome{Seed: seed + 1}, true)
	}
	require.Equal(t, 2, result.code())
	for _, want := range world.Wanted() {
		require.Contains(t, strings.Join(result.TooLittle, "\n"), want.What+": 0, want ")
		result.Counts[want.What] = want.PerThousand*enough/1000 + 1
	}
	require.Equal(t, 0, result.code())
	result.add(world.Outcome{Seed: 7, Violation: "I4", Text: "a gap"}, true)
	require.Equal(t, 1, result.code(), "a violation counts more")
}

func TestTwoRunsOfASeedThatDifferAreAFailure(t *testing.T) {
	result := newTotal(options{})
	result.add(world.Outcome{Seed: 7}, false)
	require.Equal(t, 1, result.code())
}

// A world's time, chance and order come from its kernel alone.
func TestNothingInAWorldIsLeftToTheMachine(t *testing.T) {
	banned := map[string][]string{
		"time":    {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		"rand":    {"Int", "IntN", "Intn", "N", "Int64", "Int64N", "Uint64", "Float64", "Perm", "Shuffle", "Read", "Text"},
		"uuid":    {"New", "NewString", "NewRandom", "NewUUID", "NewV7", "Must"},
		"context": {"WithTimeout", "WithDeadline"},
		"os":      {"Getpid", "Getenv", "Hostname"},
	}
	for _, pkg := range []string{"kernel", "world"} {
		files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, path := range files {
			for _, found := range machineDependent(t, path, banned) {
				t.Error(found)
			}
		}
	}
	planted := filepath.Join(t.TempDir(), "planted.go")
	require.NoError(t, os.WriteFile(planted, []byte(`package planted
func f(a, b chan int) { go f(a, b); select { case <-a: case <-b: }; _ = time.Now(); _ = rand.IntN(3); _ = uuid.New() }`), 0o600))
	require.Len(t, machineDependent(t, planted, banned), 5)
}

func machineDependent(t *testing.T, path string, banned map[string][]string) (found []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	require.NoError(t, err)
	note := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s", set.Position(n.Pos()), what))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			note(n, "a goroutine runs when the machine likes")
		case *ast.SelectStmt:
			if len(n.Body.List) > 1 {
				note(n, "a select of several ways takes any")
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Obj == nil {
				for _, name := range banned[pkg.Name] {
					if n.Sel.Name == name {
						note(n, pkg.Name+"."+name)
					}
				}
			}
		}
		return true
	})
	return found
}
