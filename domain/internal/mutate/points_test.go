package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// switches is what mistakes call, without the switching.
const switches = `package p
func mutantIs__(id int) bool { return id == 0 }
func mutantPlus__[T any](id int, x, y T) T { return y }
func mutantMinus__[T any](id int, x, y T) T { return y }
`

// rewritten makes the mistakes of a source without imports. It fails the test
// when the result does not compile.
func rewritten(t *testing.T, source string) (mutants []mutant, text string) {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "p.go", source, 0)
	require.NoError(t, err)
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	_, err = new(types.Config).Check("p", set, []*ast.File{tree}, info)
	require.NoError(t, err)
	last := 0
	f := &file{name: "p.go", source: []byte(source), set: set, types: info, next: &last}
	text = string(f.rewrite(tree))
	require.Len(t, f.mutants, last)

	var trees []*ast.File
	for _, s := range []string{switches, text} {
		tree, err := parser.ParseFile(set, "", s, 0)
		require.NoError(t, err, text)
		trees = append(trees, tree)
	}
	_, err = new(types.Config).Check("p", set, trees, nil)
	require.NoError(t, err, text)
	return f.mutants, text
}

func TestEachKindOfMistakeIsMadeWhereItBelongs(t *testing.T) {
	const before = "package p\nfunc f(a, b int, s string, y, z bool, err error, g func() int) {\n"
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"a condition":          {"if y { g() }", []string{"never [y]", "always [y]", "left out [g()]"}},
		"an else":              {"if y { return } else if z { return }", []string{"never [y]", "always [y]", "never [z]", "always [z]"}},
		"an error":             {"if err != nil { return }", nil},
		"no error":             {"if err == nil { return }", nil},
		"a case":               {"switch { case y: case z, a == b: }", []string{"never [y]", "always [y]", "!= for == [a == b]"}},
		"a case of a value":    {"switch a { case 1: g() }", []string{"left out [g()]"}},
		"a case of a type":     {"switch any(a).(type) { case int: a = 1 }", []string{"left out [a = 1]"}},
		"a case of a channel":  {"select { case <-make(chan int): a = 1; default: }", []string{"left out [a = 1]"}},
		"a loop":               {"for y { return }", []string{"the loop never goes on [y]"}},
		"a counting loop":      {"for i := 0; i < a; i++ { }", []string{"<= for < [i < a]"}},
		"an endless loop":      {"for { }", nil},
		"less":                 {"_ = a < b", []string{"<= for < [a < b]"}},
		"at most":              {"_ = a <= b", []string{"< for <= [a <= b]"}},
		"more":                 {"_ = a > b", []string{">= for > [a > b]"}},
		"at least":             {"_ = a >= b", []string{"> for >= [a >= b]"}},
		"the same":             {"_ = s == s", []string{"!= for == [s == s]"}},
		"not the same":         {"_ = s != s", []string{"== for != [s != s]"}},
		"and":                  {"_ = y && z", []string{"|| for && [y && z]"}},
		"or":                   {"_ = y || z", []string{"&& for || [y || z]"}},
		"plus":                 {"_ = a + b", []string{"- for + [a + b]"}},
		"minus":                {"_ = a - b", []string{"+ for - [a - b]"}},
		"other arithmetic":     {"_ = a * b / 2 % 3 << 1", nil},
		"texts":                {"_ = s + s", nil},
		"constants":            {"const c = 1 < 2; const d = 1 + 2; _ = 1 + 2", nil},
		"an assignment":        {"a = b", []string{"left out [a = b]"}},
		"an addition":          {"a += b", []string{"left out [a += b]"}},
		"an increment":         {"a++", []string{"left out [a++]"}},
		"a definition":         {"c := a; _ = c", nil},
		"a variable":           {"var c = a + b; _ = c", []string{"- for + [a + b]"}},
		"a panic":              {"panic(s)", nil},
		"a deferred call":      {"defer g()", nil},
		"a function in a call": {"func() { a = b }()", []string{"left out [func() { a = b }()]", "left out [a = b]"}},
		"a bool of its own":    {"type flag bool; var p, q flag; if p && q { return }; p = a == b", []string{"left out [p = a == b]"}},
	} {
		t.Run(name, func(t *testing.T) {
			mutants, _ := rewritten(t, before+c.body+"\n}\n")
			var got []string
			for _, m := range mutants {
				require.Equal(t, "p.go", m.File)
				require.Equal(t, 3, m.Line)
				got = append(got, m.What+" ["+m.Code+"]")
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestMistakesNestWithinEachOther(t *testing.T) {
	for name, body := range map[string]string{
		"sums":                  "_ = a-b+a-(b+1)+x[a+b]",
		"over lines":            "_ = a + // more\n b -\n a",
		"close together":        "_=a+b-a<b+a&&a-b>b-a||a==b",
		"conditions":            "if c := a+b; c > a && (b < c || a == c+1) { a = c-1 } else { a++ }",
		"a sum of small things": "var p, q uint8 = 1, 2; p = p + 1 - q; _ = int64(p) - 1 + int64(a)",
		"a function in an if":   "if func() bool { a = b; return a < b }() { a = 1 }",
	} {
		t.Run(name, func(t *testing.T) {
			source := "package p\nfunc f(a, b int, x []int) {\n" + body + "\n}\n"
			mutants, text := rewritten(t, source)
			require.NotEmpty(t, mutants)
			again, same := rewritten(t, source)
			require.Equal(t, mutants, again, "the same mistakes each time")
			require.Equal(t, text, same)
			for _, m := range mutants {
				require.Contains(t, text, fmt.Sprintf("(%d", m.ID), "no switch for %s [%s]", m.What, m.Code)
			}
		})
	}
}

func TestLongBlocksAndSwitchesStillCompile(t *testing.T) {
	var b strings.Builder
	b.WriteString("package p\nfunc f(a, b int) {\n")
	for range 50 {
		b.WriteString("a = b + 1\n")
	}
	b.WriteString("switch {\n")
	for range 50 {
		b.WriteString("case a < b && b < 1:\na = a - 1\n")
	}
	b.WriteString("}\n}\n")
	mutants, _ := rewritten(t, b.String())
	require.Len(t, mutants, 50*2+50*7)
}
