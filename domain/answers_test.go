package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// What a follower may pass over is exactly what the type switches do not name.
func TestFollowersPassOverOnlyWhatNothingFollowsFrom(t *testing.T) {
	reacts := casesOf(t, "policy.go", "React")
	journals := casesOf(t, "journal.go", "compose")
	for _, form := range domain.Events().Forms() {
		require.Equal(t, journals[form.Name], domain.Journaled(form.Name), form.Name)
		require.Equal(t, reacts[form.Name] || journals[form.Name], domain.Policy{}.Answers(form.Name), form.Name)
	}
}

// casesOf names the types of a function's type switch.
func casesOf(t *testing.T, file, function string) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	types := map[string]bool{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != function {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSwitchStmt); ok {
				for _, c := range s.Body.List {
					for _, typ := range c.(*ast.CaseClause).List {
						types[typ.(*ast.Ident).Name] = true
					}
				}
			}
			return true
		})
	}
	require.NotEmpty(t, types)
	return types
}
