package x12

import "fmt"

// This file decides which envelope a notice belongs to.

// note adds a notice to the innermost open envelope.
func (p *parser) note(n Notice) {
	switch {
	case p.set != nil:
		p.set.Notices = addNotice(p.set.Notices, n)
	case p.group != nil:
		p.group.Notices = addNotice(p.group.Notices, n)
	case p.interchange != nil:
		p.interchange.Notices = addNotice(p.interchange.Notices, n)
	default:
		p.file.Notices = addNotice(p.file.Notices, n)
	}
}

// full tells that a further notice would only be counted, so that its sentence
// need not be written: a hostile file has one for every two bytes.
func (p *parser) full() bool {
	switch {
	case p.set != nil:
		return len(p.set.Notices) > noticesKept
	case p.group != nil:
		return len(p.group.Notices) > noticesKept
	case p.interchange != nil:
		return len(p.interchange.Notices) > noticesKept
	}
	return len(p.file.Notices) > noticesKept
}

// layout folds a notice about the file's form into the open interchange, or into
// the file when none is open.
func (p *parser) layout(n Notice) {
	if p.interchange != nil {
		p.interchange.Notices = foldNotice(p.interchange.Notices, n)
		return
	}
	p.file.Notices = foldNotice(p.file.Notices, n)
}

// attach adds what the scanner noted inside a segment.
func (p *parser) attach(notices []Notice) {
	for _, n := range notices {
		if p.set != nil {
			n.Index = len(p.segments)
		}
		p.note(n)
	}
}

// misplaced notes a segment that is left out.
func (p *parser) misplaced(t token, why string) {
	p.attach(t.notices)
	if p.full() {
		p.note(Notice{Code: NoticeMisplaced, Severity: Doubt})
		return
	}
	p.note(p.at(t, NoticeMisplaced, Doubt, 0, fmt.Sprintf("%s; left out: %s", why, quote(t.text))))
}

// at places a notice on a segment just cut.
func (p *parser) at(t token, code NoticeCode, severity Severity, element int, text string) Notice {
	n := Notice{Segment: shorten(t.id, 12), Line: t.line, Offset: p.scan.offset(t.start)}
	if p.set != nil {
		n.Index = len(p.segments)
	}
	return filled(n, code, severity, element, text)
}

func filled(n Notice, code NoticeCode, severity Severity, element int, text string) Notice {
	n.Code, n.Severity, n.Element, n.Text, n.Count = code, severity, element, text, 1
	return n
}

// within adds the position in the open set to a scanner's refusal.
func (p *parser) within(err *Error) *Error {
	if p.set != nil {
		err.Index = len(p.segments) + 1
	}
	return err
}

func (p *parser) limitError(segment, reason string) *Error {
	s := p.scan
	return p.within(&Error{Code: CodeLimit, Segment: segment, Line: s.line, Offset: s.offset(s.pos),
		Reason: reason, Remedy: "ask the sender to split the file, or raise the limit for this partner"})
}
