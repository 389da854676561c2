package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
)

// mutant is one mistake.
type mutant struct {
	ID   int    `json:"-"`
	File string `json:"file"`
	Line int    `json:"line"`
	What string `json:"what"`
	Code string `json:"code"` // the place as it is written
}

// edit replaces source text; edits do not overlap but nest.
type edit struct {
	at   int // offset
	text string
	// open edits at one offset come outermost first, closing ones innermost
	// first.
	closing bool
	depth   int
}

// file is a source file with its mistakes behind switches.
type file struct {
	name    string
	source  []byte
	set     *token.FileSet
	types   *types.Info
	edits   []edit
	depth   int
	mutants []mutant
	next    *int
}

// switched is the function that tells whether a mistake is made now.
const switched = "mutantIs__"

// rewrite gives the file's text with its mistakes behind switches.
func (f *file) rewrite(tree *ast.File) []byte {
	for _, d := range tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			ast.Walk(visitor{f, 0}, fn.Body)
		}
	}
	return f.apply()
}

// level is the depth between a node and its children: no node is wrapped more
// often.
const level = 16

// visitor goes through a function; depth orders edits at one place.
type visitor struct {
	f     *file
	depth int
}

func (v visitor) Visit(n ast.Node) ast.Visitor {
	f := v.f
	f.depth = v.depth
	switch n := n.(type) {
	case nil, *ast.GenDecl: // constants have no switches
		return nil
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil && n.Post == nil {
			f.never(n.Cond, "the loop never goes on")
		}
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, s := range n.Body.List {
				if c := s.(*ast.CaseClause); len(c.List) == 1 {
					f.condition(c.List[0])
				}
			}
		} else {
			for _, s := range n.Body.List {
				f.block(s.(*ast.CaseClause).Body)
			}
			break
		}
		for _, s := range n.Body.List {
			f.block(s.(*ast.CaseClause).Body)
		}
	case *ast.TypeSwitchStmt:
		for _, s := range n.Body.List {
			f.block(s.(*ast.CaseClause).Body)
		}
	case *ast.BlockStmt:
		f.block(n.List)
	case *ast.BinaryExpr:
		f.binary(n)
	}
	return visitor{f, v.depth + level}
}

// passesOn tells a condition that only passes an error on.
func passesOn(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return false
	}
	if b.Op == token.LOR || b.Op == token.LAND {
		return false
	}
	x, okX := b.X.(*ast.Ident)
	y, okY := b.Y.(*ast.Ident)
	return okX && okY && y.Name == "nil" && (x.Name == "err" || x.Name == "ok")
}

// condition may never hold, or always.
func (f *file) condition(e ast.Expr) {
	if passesOn(e) {
		return
	}
	f.never(e, "never")
	f.always(e)
}

func (f *file) never(e ast.Expr, what string) {
	id := f.add(e, what)
	f.wrap(e, "(", fmt.Sprintf(") && !%s(%d)", switched, id))
}

func (f *file) always(e ast.Expr) {
	id := f.add(e, "always")
	f.wrap(e, "(", fmt.Sprintf(") || %s(%d)", switched, id))
}

// binary is another comparison, connective or sum.
func (f *file) binary(b *ast.BinaryExpr) {
	others := map[token.Token][]token.Token{
		token.LSS: {token.LEQ}, token.LEQ: {token.LSS}, token.GTR: {token.GEQ}, token.GEQ: {token.GTR},
		token.EQL: {token.NEQ}, token.NEQ: {token.EQL}, token.LAND: {token.LOR}, token.LOR: {token.LAND},
	}[b.Op]
	if passesOn(b) {
		return
	}
	for _, op := range others {
		id := f.add(b, fmt.Sprintf("%s for %s", op, b.Op))
		x, y := f.text(b.X), f.text(b.Y)
		// Both sides are written again, without mistakes of their own.
		f.wrap(b, fmt.Sprintf("func() bool { if %s(%d) { return (%s) %s (%s) }; return (", switched, id, x, op, y), ") }()")
	}
	if b.Op == token.ADD || b.Op == token.SUB {
		if !f.number(b) {
			return
		}
		other := token.SUB
		if b.Op == token.SUB {
			other = token.ADD
		}
		id := f.add(b, fmt.Sprintf("%s for %s", other, b.Op))
		f.wrap(b, fmt.Sprintf("mutantPick__(%s(%d), (%s) %s (%s), (", switched, id, f.text(b.X), other, f.text(b.Y)), "))")
	}
}

// number tells an expression that is computed, and not a text.
func (f *file) number(e ast.Expr) bool {
	t, ok := f.types.Types[e]
	if !ok || t.Value != nil {
		return false
	}
	basic, ok := t.Type.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsNumeric != 0
}

// block may lack one of its statements.
func (f *file) block(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE || blank(s) {
				continue
			}
		case *ast.ExprStmt:
			if _, ok := s.X.(*ast.CallExpr); !ok || panics(s) {
				continue
			}
		case *ast.IncDecStmt:
		default:
			continue
		}
		id := f.add(s, "left out")
		f.wrap(s, fmt.Sprintf("if !%s(%d) { ", switched, id), " }")
	}
}

func blank(s *ast.AssignStmt) bool {
	for _, l := range s.Lhs {
		if id, ok := l.(*ast.Ident); !ok || id.Name != "_" {
			return false
		}
	}
	return true
}

func panics(s *ast.ExprStmt) bool {
	id, ok := s.X.(*ast.CallExpr).Fun.(*ast.Ident)
	return ok && id.Name == "panic"
}

func (f *file) add(n ast.Node, what string) int {
	*f.next++
	f.mutants = append(f.mutants, mutant{*f.next, f.name, f.set.Position(n.Pos()).Line, what, f.text(n)})
	return *f.next
}

func (f *file) offset(p token.Pos) int { return f.set.Position(p).Offset }

func (f *file) text(n ast.Node) string {
	return string(f.source[f.offset(n.Pos()):f.offset(n.End())])
}

func (f *file) wrap(n ast.Node, before, after string) {
	f.edits = append(f.edits, edit{f.offset(n.Pos()), before, false, f.depth}, edit{f.offset(n.End()), after, true, f.depth})
	f.depth++ // the next wrapping of this node goes inside
}

func (f *file) apply() []byte {
	sort.SliceStable(f.edits, func(i, j int) bool {
		a, b := f.edits[i], f.edits[j]
		switch {
		case a.at != b.at:
			return a.at < b.at
		case a.closing != b.closing:
			return a.closing
		case a.closing:
			return a.depth > b.depth
		}
		return a.depth < b.depth
	})
	var out bytes.Buffer
	at := 0
	for _, e := range f.edits {
		out.Write(f.source[at:e.at])
		out.WriteString(e.text)
		at = e.at
	}
	out.Write(f.source[at:])
	return out.Bytes()
}
