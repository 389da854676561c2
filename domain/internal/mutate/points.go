package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// mutant is one mistake.
type mutant struct {
	ID   int    `json:"-"`
	File string `json:"file"`
	Line int    `json:"line"`
	What string `json:"what"`
	Code string `json:"code"` // the place as it is written
	// Unreached tells a survivor where no test comes.
	Unreached bool `json:"unreached,omitempty"`
}

// edit puts text in the place of the cut bytes at an offset.
type edit struct {
	at, cut int
	text    string
	// At one offset edits are ordered by kind, then the one whose wrapping ends
	// or begins farther to the right comes first, then by turn.
	kind, other, turn int
}

// Kinds of edits.
const (
	closing = iota
	operator
	opening
)

// file is a source file with its mistakes behind switches.
type file struct {
	name    string
	source  []byte
	set     *token.FileSet
	types   *types.Info
	edits   []edit
	mutants []mutant
	next    *int // the number of the last mistake
}

// switched is the function that tells whether a mistake is made now.
const switched = "mutantIs__"

// rewrite gives the file's text with its mistakes behind switches.
func (f *file) rewrite(tree *ast.File) []byte {
	for _, d := range tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			ast.Inspect(fn.Body, f.visit)
		}
	}
	return f.apply()
}

func (f *file) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.CONST // constants have no switches
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil && n.Post == nil && f.plain(n.Cond) {
			f.never(n.Cond, "the loop never goes on")
		}
	case *ast.SwitchStmt:
		for _, s := range n.Body.List {
			if c := s.(*ast.CaseClause); n.Tag == nil && len(c.List) == 1 {
				f.condition(c.List[0])
			}
		}
	case *ast.CaseClause:
		f.block(n.Body)
	case *ast.CommClause:
		f.block(n.Body)
	case *ast.BlockStmt:
		f.block(n.List)
	case *ast.BinaryExpr:
		f.binary(n)
	}
	return true
}

// passesOn tells a condition that only passes an error on.
func passesOn(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return false
	}
	x, okX := b.X.(*ast.Ident)
	y, okY := b.Y.(*ast.Ident)
	return okX && okY && x.Name == "err" && y.Name == "nil"
}

// condition may never hold, or always.
func (f *file) condition(e ast.Expr) {
	if passesOn(e) || !f.plain(e) {
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

// mistaken are the operators that are written for others.
var mistaken = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD,
}

// sums are the functions that add or subtract, or by mistake the other.
var sums = map[token.Token]string{token.ADD: "mutantPlus__", token.SUB: "mutantMinus__"}

// binary is another comparison, connective or sum.
func (f *file) binary(b *ast.BinaryExpr) {
	op, ok := mistaken[b.Op]
	if !ok || passesOn(b) {
		return
	}
	what := fmt.Sprintf("%s for %s", op, b.Op)
	if b.Op == token.ADD || b.Op == token.SUB {
		if !f.number(b) {
			return
		}
		f.wrap(b, fmt.Sprintf("%s(%d, ", sums[b.Op], f.add(b, what)), ")")
		f.edits = append(f.edits, edit{at: f.offset(b.OpPos), cut: len(b.Op.String()), text: ",", kind: operator})
		return
	}
	if !f.plain(b) {
		return
	}
	// Both sides are written again, without mistakes of their own.
	f.wrap(b, fmt.Sprintf("func() bool { if %s(%d) { return (%s) %s (%s) }; return (", switched, f.add(b, what), f.text(b.X), op, f.text(b.Y)), ") }()")
}

// plain tells a condition of type bool: the switches have no other.
func (f *file) plain(e ast.Expr) bool {
	basic, ok := f.types.TypeOf(e).(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
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
		f.wrap(s, fmt.Sprintf("if !%s(%d) { ", switched, f.add(s, "left out")), " }")
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
	f.mutants = append(f.mutants, mutant{ID: *f.next, File: f.name, Line: f.set.Position(n.Pos()).Line, What: what, Code: f.text(n)})
	return *f.next
}

func (f *file) offset(p token.Pos) int { return f.set.Position(p).Offset }

func (f *file) text(n ast.Node) string {
	return string(f.source[f.offset(n.Pos()):f.offset(n.End())])
}

// wrap writes around a node. Of two wrappings of one node the later is inside.
func (f *file) wrap(n ast.Node, before, after string) {
	begin, end, turn := f.offset(n.Pos()), f.offset(n.End()), len(f.edits)
	f.edits = append(f.edits,
		edit{at: begin, text: before, kind: opening, other: end, turn: turn},
		edit{at: end, text: after, kind: closing, other: begin, turn: -turn})
}

func (f *file) apply() []byte {
	slices.SortFunc(f.edits, func(a, b edit) int {
		return cmp.Or(a.at-b.at, a.kind-b.kind, b.other-a.other, a.turn-b.turn)
	})
	var out bytes.Buffer
	at := 0
	for _, e := range f.edits {
		out.Write(f.source[at:e.at])
		out.WriteString(e.text)
		at = e.at + e.cut
	}
	out.Write(f.source[at:])
	return out.Bytes()
}
