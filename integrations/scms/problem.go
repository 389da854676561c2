package scms

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// problemsMax bounds a FileError: whoever mends a file wants the list, but a
// file of another kind would otherwise complain on every line.
const problemsMax = 100

// valueBytesMax bounds how much of an offending cell a Problem quotes.
const valueBytesMax = 120

// A Problem is one reason why a file cannot be imported, and where it stands.
type Problem struct {
	Line   int    // physical line of the file, counted from 1 with the header; 0 when it is the whole file's
	ID     string // the line's ID cell, when it could be read
	Column string // heading of the column, when the problem is one cell's
	Value  string // what the cell holds, shortened when long
	Reason string // what is wrong with it
	Remedy string // what to do about it
}

// String is the problem as one line of text. Bytes from the file are quoted,
// so that no cell can disturb a terminal or a log.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d", p.Line)
	} else {
		b.WriteString("file")
	}
	if p.ID != "" {
		fmt.Fprintf(&b, " (ID %s)", unquoted(p.ID))
	}
	if p.Column != "" {
		fmt.Fprintf(&b, ", %s", unquoted(p.Column))
	}
	if p.Value != "" {
		fmt.Fprintf(&b, " %q", p.Value)
	}
	fmt.Fprintf(&b, ": %s; %s", p.Reason, p.Remedy)
	return b.String()
}

// FileError refuses a whole file: nothing of it was imported. Its problems
// stand in line order.
type FileError struct {
	Problems []Problem
	// Unfinished means that reading stopped early, at the hundredth problem or
	// at a bound of the file, so that later lines may hold further problems.
	Unfinished bool
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString("nothing was imported; fix these lines:")
	for _, p := range e.Problems {
		b.WriteString("\n  ")
		b.WriteString(p.String())
	}
	if e.Unfinished {
		b.WriteString("\n  reading stopped here; later lines may hold further problems")
	}
	return b.String()
}

// problems collects what is wrong with a file, up to problemsMax.
type problems struct {
	list []Problem
	more bool
}

func (p *problems) add(problem Problem) {
	if len(p.list) == problemsMax {
		p.more = true
		return
	}
	problem.ID = shorten(problem.ID)
	problem.Value = shorten(problem.Value)
	p.list = append(p.list, problem)
}

// err is nil when nothing was wrong.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int { return a.Line - b.Line })
	return &FileError{Problems: p.list, Unfinished: p.more}
}

// shorten copies at most valueBytesMax bytes of a cell, so that a problem does
// not keep a long record in memory.
func shorten(s string) string {
	if len(s) <= valueBytesMax {
		return strings.Clone(s)
	}
	end := valueBytesMax
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// unquoted is %q without its quotation marks.
func unquoted(s string) string {
	q := fmt.Sprintf("%q", s)
	return q[1 : len(q)-1]
}
