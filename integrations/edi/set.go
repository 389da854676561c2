package edi

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/shopspring/decimal"
)

// Bounds of what one transaction set may ask for. They are far above real
// sets; beyond them the work would grow with the square of the count.
const (
	referencesMost = 500
	stopsMost      = 500
	reportsMost    = 1_000
	remittedMost   = 20_000
	notesMost      = 40
	noteBytesMost  = 400
	textBytesMost  = 200
)

// set is one transaction set being mapped.
type set struct {
	message     domain.MessageID
	interchange *x12.Interchange
	group       *x12.Group
	tx          *x12.Transaction
	options     *Options
	notes       []string
}

// name identifies the set in its file by the three control numbers.
func (s *set) name() string {
	part := func(control string) string {
		if control = clip(control, 30); control == "" {
			return "-"
		}
		return control
	}
	return part(s.interchange.Control) + "/" + part(s.group.Control) + "/" + part(s.tx.Control)
}

func (s *set) label() string { return "ST " + clip(s.tx.Control, 30) }

// sender is the partner as the interchange names it.
func (s *set) sender() string { return clip(s.interchange.Sender, 40) }

// note keeps what was tolerated, in bounds.
func (s *set) note(format string, args ...any) {
	switch {
	case len(s.notes) < notesMost:
		s.notes = append(s.notes, clip(fmt.Sprintf(format, args...), noteBytesMost))
	case len(s.notes) == notesMost:
		s.notes = append(s.notes, "further notes were left out")
	}
}

// noteAt keeps what was tolerated about a segment.
func (s *set) noteAt(seg x12.Segment, format string, args ...any) {
	s.note("%s: %s", s.at(seg), fmt.Sprintf(format, args...))
}

// at is a segment's place in the words of whoever reads the file.
func (s *set) at(seg x12.Segment) string {
	return fmt.Sprintf("%s segment %d (%s)", s.label(), seg.Index, clip(seg.ID, 12))
}

// fault refuses the set for an element of a segment; element 0 is the segment.
func (s *set) fault(code string, seg x12.Segment, element int, remedy, format string, args ...any) error {
	place := s.at(seg)
	if element > 0 {
		place += fmt.Sprintf(", element %02d", element)
	}
	return &Fault{Code: code, Place: place, Reason: clip(fmt.Sprintf(format, args...), 600), Remedy: remedy}
}

// missing refuses the set for a segment that is not there.
func (s *set) missing(id, meaning string) error {
	return &Fault{Code: CodeMissing, Place: fmt.Sprintf("%s (segment %s is absent)", s.label(), id),
		Reason: fmt.Sprintf("the set has no %s: %s", id, meaning), Remedy: "ask the sender for the complete set"}
}

// needed is an element that must be there.
func (s *set) needed(seg x12.Segment, element int, what string) (string, error) {
	value := text(seg, element)
	if value == "" {
		return "", s.fault(CodeMissing, seg, element, "ask the sender to state it", "%s%02d, %s, is missing", seg.ID, element, what)
	}
	return value, nil
}

// first is the set's first segment of an id.
func (s *set) first(id string) (x12.Segment, bool) {
	for _, seg := range s.tx.Segments {
		if seg.ID == id {
			return seg, true
		}
	}
	return x12.Segment{}, false
}

// source points at a segment's bytes in the message, without its terminator.
func (s *set) source(seg x12.Segment) domain.Source {
	end := s.tx.End
	if seg.Index < len(s.tx.Segments) {
		end = s.tx.Segments[seg.Index].Offset
	}
	raw := s.tx.Raw[seg.Offset-s.tx.Start : end-s.tx.Start]
	terminator := s.interchange.Separators.Terminator
	for trimmed := ""; trimmed != raw; {
		trimmed = raw
		raw = strings.TrimRight(raw, " \t\r\n")
		raw = strings.TrimSuffix(raw, terminator)
	}
	return domain.Source{Message: s.message, Place: s.at(seg), Offset: seg.Offset, Length: int64(len(raw))}
}

// whole points at the set's bytes.
func (s *set) whole() domain.Source {
	return domain.Source{Message: s.message, Place: s.label(), Offset: s.tx.Start, Length: s.tx.End - s.tx.Start}
}

// text is an element as it is kept: without blanks around it, in valid UTF-8.
func text(seg x12.Segment, element int) string {
	return strings.ToValidUTF8(strings.TrimSpace(seg.Element(element)), "\uFFFD")
}

// currency is what the set's C3 or CUR names, or the partner's default.
func (s *set) currency() (money.Currency, error) {
	for _, from := range []struct {
		id      string
		element int
	}{{"C3", 1}, {"CUR", 2}} {
		seg, ok := s.first(from.id)
		if !ok || text(seg, from.element) == "" {
			continue
		}
		c, err := money.ParseCurrency(text(seg, from.element))
		if err != nil {
			return "", s.fault(CodeInvalid, seg, from.element, "ask the sender for an ISO 4217 code", "currency %s: %v", quote(text(seg, from.element)), err)
		}
		return c, nil
	}
	c := s.options.Currency
	if c == "" {
		c = "USD"
	}
	s.note("the set names no currency (C3, CUR): %s is taken", c)
	return c, nil
}

// amount makes money of a number that an element states.
func (s *set) amount(seg x12.Segment, element int, d decimal.Decimal, err error, c money.Currency) (money.Money, error) {
	remedy := "ask the sender to correct the amount"
	if err != nil {
		return money.Money{}, s.fault(CodeInvalid, seg, element, remedy, "%s%02d: %v", seg.ID, element, err)
	}
	m, err := money.New(d, c)
	if err != nil {
		return money.Money{}, s.fault(CodeInvalid, seg, element, remedy, "%s%02d: %v", seg.ID, element, err)
	}
	if !m.IsWholeMinor() {
		return money.Money{}, s.fault(CodeInvalid, seg, element, remedy, "%s%02d: %s has more decimals than %s has", seg.ID, element, m, c)
	}
	return m, nil
}

// stated reads an amount with an explicit decimal point.
func (s *set) stated(seg x12.Segment, element int, c money.Currency) (money.Money, error) {
	d, err := x12.R(text(seg, element))
	return s.amount(seg, element, d, err, c)
}

// reference is a shipment's number by its X12 qualifier (element 128), in the
// desk's word where it has one.
func reference(qualifier, value string) domain.Reference {
	kinds := map[string]string{"BM": "BOL", "CN": "PRO", "OQ": "ORDER", "LO": "LOAD"}
	kind := clip(qualifier, 12)
	if word, ok := kinds[kind]; ok {
		kind = word
	}
	return domain.Reference{Kind: kind, Value: clip(value, 80)}
}

// identifier makes an id of a name: capitals and digits, everything else a
// dash. "" when nothing is left.
func identifier(name string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(name) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}
