package reconciler

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// No event that the reconciler does something with is passed over.
func TestNothingThatCountsIsPassedOver(t *testing.T) {
	folded := map[string]bool{}
	for _, name := range []string{"expected.go", "bridge_fold.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSwitchStmt); ok {
				for _, c := range s.Body.List {
					for _, typ := range c.(*ast.CaseClause).List {
						folded[typ.(*ast.SelectorExpr).Sel.Name] = true
					}
				}
			}
			return true
		})
	}
	require.Greater(t, len(folded), 20)
	for _, form := range domain.Events().Forms() {
		if folded[form.Name] || domain.Journaled(form.Name) {
			require.True(t, concerns(form.Name), form.Name)
		}
	}
}
