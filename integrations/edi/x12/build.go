package x12

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Options describe an interchange to write.
type Options struct {
	SenderQualifier   string     // ISA05, default "ZZ"
	Sender            string     // ISA06, 1 to 15 characters
	ReceiverQualifier string     // ISA07, default "ZZ"
	Receiver          string     // ISA08, 1 to 15 characters
	At                time.Time  // ISA09 and ISA10, and GS04 and GS05 of every group: the wall clock of its own location
	Version           string     // ISA12, default "00401"
	Control           int        // ISA13, 0 to 999999999
	AckRequested      bool       // ISA14
	Usage             string     // ISA15: "P", "T" or "I"; default "P"
	Separators        Separators // default [DefaultSeparators]; from version 00402 on Repetition must be set
	OneLine           bool       // no line end after each terminator
}

// GroupOptions describe one functional group.
type GroupOptions struct {
	FunctionalID string // GS01, two characters
	Sender       string // GS02, default the interchange's
	Receiver     string // GS03, default the interchange's
	Control      int    // GS06, 1 to 999999999
	Version      string // GS08, default "004010"
}

// Builder writes one interchange with correct padding, counts and control
// numbers. Composite elements are not written: a value that holds a separator is
// refused. A refused call leaves the builder as it was. A Builder belongs to one
// goroutine.
type Builder struct {
	options Options
	header  string
	groups  []builtGroup
}

type builtGroup struct {
	header   string
	control  string
	controls map[string]bool
	sets     int
	body     []string // segments without terminators
}

// NewInterchange starts an interchange, or says which option cannot be written.
func NewInterchange(o Options) (*Builder, error) {
	setDefault(&o.SenderQualifier, "ZZ")
	setDefault(&o.ReceiverQualifier, "ZZ")
	setDefault(&o.Version, "00401")
	setDefault(&o.Usage, "P")
	if o.Separators == (Separators{}) {
		o.Separators = DefaultSeparators()
	}
	if _, reason := o.Separators.check(); reason != "" {
		return nil, fmt.Errorf("write ISA: %s", reason)
	}
	if t := o.Separators.Terminator; t != "\r\n" && utf8.RuneCountInString(t) != 1 {
		return nil, fmt.Errorf("write ISA: the segment terminator is %q, one character expected", t)
	}
	if len(o.Version) != 5 || !allDigits(o.Version) {
		return nil, fmt.Errorf("write ISA12: version %q is not five digits", o.Version)
	}
	if o.Control < 0 || o.Control > 999_999_999 {
		return nil, fmt.Errorf("write ISA13: control number %d is outside 0 to 999999999", o.Control)
	}
	if o.Usage != "P" && o.Usage != "T" && o.Usage != "I" {
		return nil, fmt.Errorf("write ISA15: usage %q is none of P, T, I", o.Usage)
	}
	repetition := "U"
	switch hasRepetition := o.Version >= "00402"; {
	case hasRepetition && o.Separators.Repetition == 0:
		return nil, fmt.Errorf("write ISA11: version %s needs a repetition separator", o.Version)
	case !hasRepetition && o.Separators.Repetition != 0:
		return nil, fmt.Errorf("write ISA11: version %s has no repetition separator", o.Version)
	case hasRepetition:
		repetition = string(rune(o.Separators.Repetition))
	}
	b := &Builder{options: o}
	names := []struct {
		element     string
		value       string
		least, most int
	}{
		{"ISA05", o.SenderQualifier, 2, 2}, {"ISA06", o.Sender, 1, 15},
		{"ISA07", o.ReceiverQualifier, 2, 2}, {"ISA08", o.Receiver, 1, 15},
	}
	for _, n := range names {
		if err := b.checkEnvelope(n.element, n.value, n.least, n.most); err != nil {
			return nil, err
		}
	}
	ack := "0"
	if o.AckRequested {
		ack = "1"
	}
	b.header = b.join([]string{"ISA", "00", pad("", 10), "00", pad("", 10),
		o.SenderQualifier, pad(o.Sender, 15), o.ReceiverQualifier, pad(o.Receiver, 15),
		o.At.Format("060102"), o.At.Format("1504"), repetition, o.Version,
		fmt.Sprintf("%09d", o.Control), ack, o.Usage, string(rune(o.Separators.Component))})
	return b, nil
}

// Group starts the next functional group; transaction sets go to the last one.
func (b *Builder) Group(g GroupOptions) error {
	setDefault(&g.Sender, b.options.Sender)
	setDefault(&g.Receiver, b.options.Receiver)
	setDefault(&g.Version, "004010")
	if g.Control < 1 || g.Control > 999_999_999 {
		return fmt.Errorf("write GS06: control number %d is outside 1 to 999999999", g.Control)
	}
	control := fmt.Sprintf("%d", g.Control)
	for _, earlier := range b.groups {
		if earlier.control == control {
			return fmt.Errorf("write GS06: control number %s is used before in this interchange", control)
		}
	}
	for _, e := range []struct {
		element, value string
		least, most    int
	}{{"GS01", g.FunctionalID, 2, 2}, {"GS02", g.Sender, 2, 15}, {"GS03", g.Receiver, 2, 15}, {"GS08", g.Version, 1, 12}} {
		if err := b.checkEnvelope(e.element, e.value, e.least, e.most); err != nil {
			return err
		}
	}
	b.groups = append(b.groups, builtGroup{
		header: b.join([]string{"GS", g.FunctionalID, g.Sender, g.Receiver,
			b.options.At.Format("20060102"), b.options.At.Format("1504"), control, "X", g.Version}),
		control:  control,
		controls: make(map[string]bool),
	})
	return nil
}

// Transaction adds one transaction set to the last group. A segment is its ID
// and its elements; trailing empty elements are left out, as X12 asks. ST and SE
// are written by the builder and refused as segments.
func (b *Builder) Transaction(set, control string, segments ...[]string) error {
	if len(b.groups) == 0 {
		return fmt.Errorf("write ST %s: no group is open; call Group first", set)
	}
	group := &b.groups[len(b.groups)-1]
	if len(set) != 3 || !allDigits(set) {
		return fmt.Errorf("write ST01: transaction set %q is not three digits", set)
	}
	if err := b.checkEnvelope("ST02", control, 4, 9); err != nil {
		return err
	}
	if group.controls[control] {
		return fmt.Errorf("write ST02: control number %s is used before in this group", control)
	}
	body := make([]string, 0, len(segments)+2)
	body = append(body, b.join([]string{"ST", set, control}))
	for i, segment := range segments {
		text, err := b.segment(segment)
		if err != nil {
			return fmt.Errorf("write set %s, segment %d: %w", control, i+2, err)
		}
		body = append(body, text)
	}
	body = append(body, b.join([]string{"SE", fmt.Sprintf("%d", len(segments)+2), control}))
	group.body = append(group.body, body...)
	group.controls[control] = true
	group.sets++
	return nil
}

// segment checks and joins one segment.
func (b *Builder) segment(elements []string) (string, error) {
	if len(elements) == 0 || !isSegmentID(elements[0]) {
		return "", fmt.Errorf("segment ID missing or not two or three of A–Z, 0–9: %q", elements)
	}
	switch elements[0] {
	case "ISA", "GS", "ST", "SE", "GE", "IEA":
		return "", fmt.Errorf("segment %s is part of the envelope, which the builder writes", elements[0])
	}
	for len(elements) > 1 && elements[len(elements)-1] == "" {
		elements = elements[:len(elements)-1]
	}
	if len(elements) == 1 {
		return "", fmt.Errorf("segment %s has no element", elements[0])
	}
	for n, value := range elements[1:] {
		if err := b.checkValue(value); err != nil {
			return "", fmt.Errorf("%s%02d: %w", elements[0], n+1, err)
		}
	}
	return b.join(elements), nil
}

// checkValue refuses what the reader would read back as something else.
func (b *Builder) checkValue(value string) error {
	if !utf8.ValidString(value) {
		return fmt.Errorf("value %q is not UTF-8", shorten(value, 40))
	}
	s := b.options.Separators
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c < 0x80 && (s.has(c) || s.Terminator == string(rune(c))) {
			return fmt.Errorf("value %q holds the separator %q; replace it, X12 has no escape", shorten(value, 40), rune(c))
		}
		if c < ' ' || c == 0x7f {
			return fmt.Errorf("value %q holds the control character 0x%02X", shorten(value, 40), c)
		}
	}
	if strings.Contains(value, s.Terminator) {
		return fmt.Errorf("value %q holds the segment terminator %q; replace it, X12 has no escape", shorten(value, 40), s.Terminator)
	}
	if strings.TrimRight(value, " ") != value {
		return fmt.Errorf("value %q ends in blanks, which readers drop", shorten(value, 40))
	}
	return nil
}

func (b *Builder) checkEnvelope(element, value string, least, most int) error {
	if err := b.checkValue(value); err != nil {
		return fmt.Errorf("write %s: %w", element, err)
	}
	if strings.TrimSpace(value) != value {
		return fmt.Errorf("write %s: %q begins with a blank", element, value)
	}
	if n := utf8.RuneCountInString(value); n < least || n > most || n != len(value) {
		return fmt.Errorf("write %s: %q has to be %d to %d ASCII characters", element, value, least, most)
	}
	return nil
}

func (b *Builder) join(elements []string) string {
	return strings.Join(elements, string(rune(b.options.Separators.Element)))
}

// Bytes is the interchange as it stands. It refuses one that would be empty: a
// group without a transaction set, or no group.
func (b *Builder) Bytes() ([]byte, error) {
	if len(b.groups) == 0 {
		return nil, fmt.Errorf("write interchange %09d: it has no group", b.options.Control)
	}
	var out bytes.Buffer
	write := func(segment string) {
		out.WriteString(segment)
		out.WriteString(b.options.Separators.Terminator)
		if !b.options.OneLine && !b.options.Separators.newline() {
			out.WriteByte('\n')
		}
	}
	write(b.header)
	for _, group := range b.groups {
		if group.sets == 0 {
			return nil, fmt.Errorf("write group %s: it has no transaction set", group.control)
		}
		write(group.header)
		for _, segment := range group.body {
			write(segment)
		}
		write(b.join([]string{"GE", fmt.Sprintf("%d", group.sets), group.control}))
	}
	write(b.join([]string{"IEA", fmt.Sprintf("%d", len(b.groups)), fmt.Sprintf("%09d", b.options.Control)}))
	return out.Bytes(), nil
}

func setDefault(value *string, fallback string) {
	if *value == "" {
		*value = fallback
	}
}

func pad(value string, width int) string {
	return value + strings.Repeat(" ", width-len(value))
}
