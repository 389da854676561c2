package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/RULES.md names symbols and tests: they must exist, and every rule's test
// must be of its number.
func TestTheTableOfRulesIsTrue(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "RULES.md"))
	require.NoError(t, err)
	declared := declarations(t, ".", "money", "rating")
	quoted := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for _, row := range strings.Split(string(text), "\n") {
		cells := strings.Split(row, "|")
		if len(cells) != 6 {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		rows++
		require.Equal(t, rows, n, "the rules are in order")
		symbols, tests := quoted.FindAllStringSubmatch(cells[3], -1), quoted.FindAllStringSubmatch(cells[4], -1)
		if strings.Contains(cells[3], "**not yet**") {
			require.Empty(t, symbols)
			require.Empty(t, tests)
			continue
		}
		require.NotEmpty(t, symbols, "rule %d", n)
		require.NotEmpty(t, tests, "rule %d", n)
		for _, symbol := range symbols {
			require.True(t, declared[symbol[1]], "rule %d: %s is not declared", n, symbol[1])
		}
		for _, test := range tests {
			require.True(t, declared[test[1]], "rule %d: %s is no test", n, test[1])
			require.Regexp(t, `^Test(Property)?Rule0?`+strconv.Itoa(n)+`\D`, test[1])
		}
	}
	require.Equal(t, 48, rows)
}

// declarations are the types, functions and methods of packages.
func declarations(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			for _, decl := range parsed.Decls {
				switch decl := decl.(type) {
				case *ast.FuncDecl:
					name := decl.Name.Name
					if decl.Recv != nil {
						if id, ok := decl.Recv.List[0].Type.(*ast.Ident); ok {
							name = id.Name + "." + name
						}
					}
					names[name] = true
				case *ast.GenDecl:
					for _, spec := range decl.Specs {
						if spec, ok := spec.(*ast.TypeSpec); ok {
							names[spec.Name.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}
