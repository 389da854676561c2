package rating

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"
)

// Text is the sheet as an auditor reads it: a line for each step with its
// number, what it is, how it was computed, its value and where that was read.
//
//	lane TX-CA
//	0  weight in lb       given                    1340     fact weight
//	1  rate per cwt       given                    41.93    lane TX-CA/linehaul/rate
//
// A fraction is exact; what stands behind it after ≈ is for the eye alone.
func (d Derivation) Text() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for i, step := range d.Steps {
		value := printable(step.Value)
		if n, err := parseNumber(step.Value); err == nil && strings.Contains(step.Value, "/") {
			value += " ≈ " + n.rat().FloatString(6)
		}
		// A strings.Builder takes everything.
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", i, printable(step.Label), printable(step.expression(d.Steps[:i])), value, printable(step.From))
	}
	_ = w.Flush()
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return printable(d.Clause) + "\n" + strings.Join(lines, "\n")
}

// expression is the step's computation with the values that it uses.
func (s Step) expression(before []Step) string {
	args := make([]string, len(s.Args))
	for i, a := range s.Args {
		args[i] = "?"
		if a >= 0 && a < len(before) {
			args[i] = before[a].Value
			if strings.HasPrefix(args[i], "-") && i > 0 || strings.Contains(args[i], "/") {
				args[i] = "(" + args[i] + ")"
			}
		}
	}
	switch s.Op {
	case Add:
		return strings.Join(args, " + ")
	case Sub:
		return strings.Join(args, " − ")
	case Mul:
		return strings.Join(args, " × ")
	case Div:
		return strings.Join(args, " ÷ ")
	case Percent:
		if len(args) == 2 {
			return args[1] + "% of " + args[0]
		}
	case Min:
		return "least of " + strings.Join(args, ", ")
	case Max:
		return "greatest of " + strings.Join(args, ", ")
	case Neg:
		return "− " + strings.Join(args, " ")
	case Rounded:
		if s.Round != nil {
			return strings.Join(args, " ") + " " + string(s.Round.Mode) + " to " + s.Round.Step.String()
		}
	}
	return strings.TrimSpace(string(s.Op) + " " + strings.Join(args, ", "))
}

// printable keeps text from outside on its line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
