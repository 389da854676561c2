package scms

import (
	"fmt"
	"strings"
)

// pointers is one column of pointers between lines: how to read a line's and
// where to note its end.
type pointers struct {
	column column
	refers func(*Line) (Refers, bool)
	end    func(*Line) *int
}

func freightPointers() pointers {
	return pointers{
		colFreight,
		func(l *Line) (Refers, bool) { ref, ok := l.Freight.(Refers); return ref, ok },
		func(l *Line) *int { return &l.freightAt },
	}
}

func weightPointers() pointers {
	return pointers{
		colWeight,
		func(l *Line) (Refers, bool) { ref, ok := l.Weight.(Refers); return ref, ok },
		func(l *Line) *int { return &l.weightAt },
	}
}

const nowhere = -1

// resolve follows every pointer to the line at its end, which may stand earlier
// or later in the file. A pointer that leads nowhere or in a circle is a
// problem; whether the line at the end has a figure is a matter of fact.
func (p pointers) resolve(lines []Line, byID map[string]int, report func(Problem)) {
	next := make([]int, len(lines))
	for i := range lines {
		next[i] = i
		if ref, ok := p.refers(&lines[i]); ok {
			next[i] = p.target(lines, i, ref, byID, report)
		}
	}
	const onPath, done = 1, 2
	state := make([]byte, len(lines))
	var path []int
	for i := range lines {
		path = path[:0]
		at := i
		for at != nowhere && state[at] == 0 && next[at] != at {
			state[at] = onPath
			path = append(path, at)
			at = next[at]
		}
		end := at
		switch {
		case at == nowhere:
		case state[at] == onPath:
			p.reportCircle(lines, path, at, report)
			end = nowhere
		case next[at] != at:
			end = *p.end(&lines[at]) // followed before
		default:
			*p.end(&lines[at]) = at
		}
		for _, on := range path {
			*p.end(&lines[on]) = end
			state[on] = done
		}
	}
}

// target is the line that line i points at, or nowhere after reporting why.
func (p pointers) target(lines []Line, i int, ref Refers, byID map[string]int, report func(Problem)) int {
	line := &lines[i]
	bad := func(reason, remedy string) int {
		report(Problem{
			Line: line.Number, ID: line.ID, Column: p.column.String(), Value: ref.String(),
			Reason: reason, Remedy: remedy,
		})
		return nowhere
	}
	target, ok := byID[ref.LineID]
	switch {
	case !ok:
		return bad("no line of the file has ID "+ref.LineID, "correct the ID, or add the line it means")
	case target == nowhere: // that line is a problem already
		return nowhere
	case lines[target].ID == line.ID:
		return bad("the line points at itself", "point at the line that carries the figure, or enter the figure")
	case lines[target].Shipment != ref.Shipment:
		return bad(fmt.Sprintf("ID %s on line %d belongs to %s, not to %s", ref.LineID, lines[target].Number,
			unquoted(shorten(lines[target].Shipment)), unquoted(shorten(ref.Shipment))), "correct the ASN/DN or the ID, so that both name one line")
	}
	return target
}

// reportCircle reports, once and at its first line in the file, that pointers
// lead round to where they began.
func (p pointers) reportCircle(lines []Line, path []int, entry int, report func(Problem)) {
	for path[0] != entry {
		path = path[1:]
	}
	first := 0
	for k, i := range path {
		if i < path[first] {
			first = k
		}
	}
	const shownMax = 6
	var round []string
	for k := range min(len(path), shownMax) {
		round = append(round, lines[path[(first+k)%len(path)]].ID)
	}
	if len(path) > shownMax {
		round = append(round, "…")
	}
	line := &lines[path[first]]
	ref, _ := p.refers(line)
	report(Problem{
		Line: line.Number, ID: line.ID, Column: p.column.String(), Value: ref.String(),
		Reason: fmt.Sprintf("the pointers go round in a circle of %d lines: ID %s → %s",
			len(path), strings.Join(round, " → "), line.ID),
		Remedy: "enter the figure on the line that carries it",
	})
}

// String is the pointer as the file writes it.
func (r Refers) String() string {
	return wordingRefers + r.Shipment + wordingRefersID + r.LineID + wordingRefersEnds
}

// FreightCarrier follows the freight of Lines[i] to the line that settles it
// (i itself when the cell is no pointer). figure says that the carrier has an
// amount of its own; otherwise the carrier is [Included] or
// [InvoicedSeparately], and a pointer to it leaves open whose freight that is.
func (f *File) FreightCarrier(i int) (carrier int, figure bool) {
	carrier = f.Lines[i].freightAt
	_, figure = f.Lines[carrier].Freight.(Own)
	return carrier, figure
}

// WeightCarrier follows the weight of Lines[i] likewise; figure says that the
// carrier was [Weighed].
func (f *File) WeightCarrier(i int) (carrier int, figure bool) {
	carrier = f.Lines[i].weightAt
	_, figure = f.Lines[carrier].Weight.(Weighed)
	return carrier, figure
}
