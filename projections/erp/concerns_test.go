package erp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// The outbox passes over exactly the events that apply does nothing with.
func TestTheOutboxPassesOverOnlyWhatDoesNotConcernIt(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "follow.go", nil, 0)
	require.NoError(t, err)
	applied := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSwitchStmt); ok {
			for _, c := range s.Body.List {
				for _, typ := range c.(*ast.CaseClause).List {
					applied[typ.(*ast.SelectorExpr).Sel.Name] = true
				}
			}
		}
		return true
	})
	require.NotEmpty(t, applied)
	for _, form := range domain.Events().Forms() {
		require.Equal(t, applied[form.Name] || domain.Journaled(form.Name), concerns(form.Name), form.Name)
	}
}
