package x12

import (
	"fmt"
	"strconv"
	"strings"
)

// parser nests the scanner's segments into envelopes. At most one interchange,
// one group and one set are open; each is moved into its parent when closed.
type parser struct {
	file   *File
	scan   *scanner
	limits Limits

	seps        *Separators
	interchange *Interchange
	group       *Group
	set         *Transaction
	segments    []Segment // of the open set, reused from set to set
	controls    map[string]bool
	groupNames  map[string]bool
	implicit    bool // the open group has no GS
	headed      int  // groups of the interchange that had a GS
	lastEnd     int  // end of the last segment taken

	segmentCount, groupCount, setCount int
}

func (p *parser) run() *Error {
	s := p.scan
	atLineStart := true
	for s.skipBlanks(atLineStart) {
		if p.segmentCount++; p.segmentCount > p.limits.Segments {
			return p.limitError("", fmt.Sprintf("more than %d segments in the file", p.limits.Segments))
		}
		if s.atISA() {
			if err := p.openInterchange(); err != nil {
				return err
			}
			atLineStart = p.seps.newline()
			continue
		}
		t, err := s.next()
		if err != nil {
			return p.within(err)
		}
		if err := p.take(t); err != nil {
			return err
		}
		p.lastEnd = t.end
		atLineStart = p.seps.newline()
	}
	p.closeInterchange(nil)
	return nil
}

// take puts one segment where it belongs.
func (p *parser) take(t token) *Error {
	if t.text == "" {
		p.layout(p.at(t, NoticeEmptySegment, Info, 0, "a segment terminator with nothing before it"))
		return nil
	}
	segment := Segment{ID: t.id, Line: t.line, Offset: p.scan.offset(t.start), text: t.text, seps: p.seps}
	if !t.terminated {
		severity := Doubt
		if t.id == "IEA" && p.interchange != nil {
			severity = Info
		}
		t.notices = append(t.notices, p.at(t, NoticeUnterminated, severity, 0, "the file ends inside this segment, without a segment terminator"))
	}
	if p.interchange == nil {
		return p.takeOutside(t)
	}
	switch t.id {
	case "GS":
		return p.openGroup(t, segment)
	case "ST":
		return p.openSet(t, segment)
	case "SE":
		if p.set == nil {
			return &Error{Code: CodeNoST, Segment: "SE", Line: t.line, Offset: segment.Offset,
				Reason: "SE closes a transaction set that no ST opened", Remedy: "ask the sender for the complete set"}
		}
		if err := p.appendSegment(t, segment); err != nil {
			return err
		}
		p.lastEnd = t.end
		p.closeSet(&segment)
	case "GE":
		if p.group == nil {
			p.misplaced(t, "GE closes a group that no GS opened")
			return nil
		}
		p.attach(t.notices)
		p.closeSet(nil)
		p.lastEnd = t.end
		p.closeGroup(&segment)
	case "IEA":
		p.attach(t.notices)
		p.closeSet(nil)
		p.closeGroup(nil)
		p.lastEnd = t.end
		p.closeInterchange(&segment)
	default:
		if p.set != nil {
			return p.appendSegment(t, segment)
		}
		if p.group == nil && isService(t.id) {
			if len(p.interchange.Service) >= p.limits.SegmentsPerTransaction {
				return p.limitError(t.id, fmt.Sprintf("more than %d service segments in one interchange", p.limits.SegmentsPerTransaction))
			}
			p.attach(t.notices)
			p.interchange.Service = append(p.interchange.Service, segment)
			return nil
		}
		p.misplaced(t, "stands outside any transaction set")
	}
	return nil
}

// takeOutside handles what follows an IEA and is not an ISA.
func (p *parser) takeOutside(t token) *Error {
	switch t.id {
	case "GS", "ST", "SE", "GE", "IEA":
		return &Error{Code: CodeOutside, Segment: t.id, Line: t.line, Offset: p.scan.offset(t.start),
			Reason: fmt.Sprintf("%s stands outside any interchange", t.id),
			Remedy: "ask the sender for a file in which each interchange opens with ISA and closes with IEA once"}
	}
	p.misplaced(t, "stands outside any interchange")
	return nil
}

// isService tells the interchange-service segments that may stand between ISA and IEA.
func isService(id string) bool {
	switch id {
	case "TA1", "TA3", "ISB", "ISE":
		return true
	}
	return false
}

func (p *parser) openInterchange() *Error {
	p.closeInterchange(nil)
	if len(p.file.Interchanges) >= p.limits.Interchanges {
		return p.limitError("ISA", fmt.Sprintf("more than %d interchanges in the file", p.limits.Interchanges))
	}
	s := p.scan
	s.startLines()
	header, err := s.readISA()
	if err != nil {
		return err
	}
	start, line := s.pos, s.line
	seps := header.seps
	p.seps, s.seps = &seps, &seps
	segment := Segment{ID: "ISA", Line: line, Offset: s.offset(start), text: header.text, seps: &seps}
	p.interchange = &Interchange{
		SenderQualifier:   segment.Element(5),
		Sender:            segment.Element(6),
		ReceiverQualifier: segment.Element(7),
		Receiver:          segment.Element(8),
		Date:              segment.Element(9),
		Time:              segment.Element(10),
		Version:           segment.Element(12),
		Control:           segment.Element(13),
		AckRequested:      segment.Element(14) == "1",
		Usage:             segment.Element(15),
		Separators:        seps,
		Header:            segment,
		Start:             s.offset(start),
	}
	p.groupNames, p.headed = nil, 0
	for _, n := range header.notices {
		p.layout(n)
	}
	if body := s.text[start:header.end]; strings.ContainsAny(body, "\r\n") {
		s.content = s.content[:0]
		s.unwrap(body, "ISA")
		p.attach(s.content)
	}
	s.moveTo(header.end + len(seps.Terminator))
	p.lastEnd = s.pos
	return nil
}

func (p *parser) openGroup(t token, gs Segment) *Error {
	p.closeSet(nil)
	p.closeGroup(nil)
	if p.groupCount++; p.groupCount > p.limits.Groups {
		return p.limitError("GS", fmt.Sprintf("more than %d groups in the file", p.limits.Groups))
	}
	p.headed++
	p.group = &Group{
		FunctionalID: gs.Element(1), Sender: gs.Element(2), Receiver: gs.Element(3),
		Date: gs.Element(4), Time: gs.Element(5), Control: gs.Element(6),
		Agency: gs.Element(7), Version: gs.Element(8),
		Header: gs, Start: gs.Offset,
	}
	p.implicit, p.controls = false, nil
	p.attach(t.notices)
	name := controlKey(p.group.Control)
	if p.groupNames == nil {
		p.groupNames = make(map[string]bool)
	}
	if p.groupNames[name] {
		p.note(p.at(t, NoticeDuplicateGroup, Warning, 6, fmt.Sprintf("group control number %s is used before in this interchange", quote(p.group.Control))))
	}
	p.groupNames[name] = true
	return nil
}

func (p *parser) openSet(t token, st Segment) *Error {
	p.closeSet(nil)
	if p.setCount++; p.setCount > p.limits.Transactions {
		return p.limitError("ST", fmt.Sprintf("more than %d transaction sets in the file", p.limits.Transactions))
	}
	if p.group == nil {
		p.group, p.implicit, p.controls = &Group{Start: st.Offset}, true, nil
		p.note(p.at(t, NoticeMissingGS, Doubt, 0, "a transaction set stands outside any group; its group's sender, receiver and version are unknown"))
	}
	p.set = &Transaction{Set: st.Element(1), Control: st.Element(2), Convention: st.Element(3), Start: st.Offset}
	p.segments = p.segments[:0]
	if err := p.appendSegment(t, st); err != nil {
		return err
	}
	if len(p.set.Set) != 3 {
		p.note(p.at(t, NoticeTransactionID, Doubt, 1, fmt.Sprintf("transaction set identifier %s is not three characters", quote(p.set.Set))))
	}
	if p.set.Control == "" {
		p.note(p.at(t, NoticeNoTransactionControl, Warning, 2, "the transaction set has no control number"))
		return nil
	}
	if p.controls[p.set.Control] {
		p.note(p.at(t, NoticeDuplicateTransaction, Warning, 2, fmt.Sprintf("transaction set control number %s is used before in this group", quote(p.set.Control))))
	}
	if p.controls == nil {
		p.controls = make(map[string]bool)
	}
	p.controls[p.set.Control] = true
	return nil
}

func (p *parser) appendSegment(t token, segment Segment) *Error {
	segment.Index = len(p.segments) + 1
	if segment.Index > p.limits.SegmentsPerTransaction {
		return p.limitError(shorten(t.id, 12), fmt.Sprintf("more than %d segments in one transaction set", p.limits.SegmentsPerTransaction))
	}
	p.segments = append(p.segments, segment)
	p.attach(t.notices)
	if !isSegmentID(t.id) {
		p.note(p.at(t, NoticeSegmentID, Doubt, 0, fmt.Sprintf("%s is not a segment ID", quote(t.id))))
	}
	return nil
}

// closeSet closes the open set, with its SE or, when that is missing, without.
func (p *parser) closeSet(se *Segment) {
	if p.set == nil {
		return
	}
	set, count := p.set, len(p.segments)
	last := p.segments[count-1]
	here := Notice{Segment: "SE", Index: count, Line: last.Line, Offset: last.Offset}
	if se == nil {
		here.Segment = last.ID
		p.note(filled(here, NoticeMissingSE, Doubt, 0, fmt.Sprintf("set %s ends after segment %d without SE", quote(set.Control), count)))
	} else {
		if declared, ok := parseCount(se.Element(1)); !ok || declared != count {
			p.note(filled(here, NoticeSegmentCount, Warning, 1, fmt.Sprintf("SE01 declares %s segments, the set has %d", quote(se.Element(1)), count)))
		}
		if se.Element(2) != set.Control {
			p.note(filled(here, NoticeTransactionControl, Warning, 2, fmt.Sprintf("SE02 is %s, ST02 is %s", quote(se.Element(2)), quote(set.Control))))
		}
	}
	set.Segments = make([]Segment, count)
	copy(set.Segments, p.segments)
	set.End = p.scan.offset(p.lastEnd)
	set.Raw = p.scan.text[set.Start-int64(p.scan.base) : p.lastEnd]
	p.group.Transactions = append(p.group.Transactions, *set)
	p.set = nil
}

func (p *parser) closeGroup(ge *Segment) {
	if p.group == nil {
		return
	}
	group, count := p.group, len(p.group.Transactions)
	switch {
	case ge != nil:
		here := Notice{Segment: "GE", Line: ge.Line, Offset: ge.Offset}
		if declared, ok := parseCount(ge.Element(1)); !ok || declared != count {
			p.note(filled(here, NoticeGroupCount, Warning, 1, fmt.Sprintf("GE01 declares %s transaction sets, the group has %d", quote(ge.Element(1)), count)))
		}
		if !p.implicit && controlKey(ge.Element(2)) != controlKey(group.Control) {
			p.note(filled(here, NoticeGroupControl, Warning, 2, fmt.Sprintf("GE02 is %s, GS06 is %s", quote(ge.Element(2)), quote(group.Control))))
		}
	case !p.implicit:
		p.note(filled(Notice{Segment: "GS", Line: group.Header.Line, Offset: group.Header.Offset}, NoticeMissingGE, Doubt, 0,
			fmt.Sprintf("group %s ends without GE", quote(group.Control))))
	}
	group.End = p.scan.offset(p.lastEnd)
	p.interchange.Groups = append(p.interchange.Groups, *group)
	p.group = nil
}

func (p *parser) closeInterchange(iea *Segment) {
	if p.interchange == nil {
		return
	}
	p.closeSet(nil)
	p.closeGroup(nil)
	ic := p.interchange
	if iea == nil {
		p.note(filled(Notice{Segment: "ISA", Line: ic.Header.Line, Offset: ic.Start}, NoticeMissingIEA, Doubt, 0,
			fmt.Sprintf("interchange %s ends without IEA", quote(ic.Control))))
	} else {
		here := Notice{Segment: "IEA", Line: iea.Line, Offset: iea.Offset}
		if declared, ok := parseCount(iea.Element(1)); !ok || declared != p.headed {
			p.note(filled(here, NoticeInterchangeCount, Warning, 1, fmt.Sprintf("IEA01 declares %s groups, the interchange has %d", quote(iea.Element(1)), p.headed)))
		}
		if controlKey(iea.Element(2)) != controlKey(ic.Control) {
			p.note(filled(here, NoticeInterchangeControl, Warning, 2, fmt.Sprintf("IEA02 is %s, ISA13 is %s", quote(iea.Element(2)), quote(ic.Control))))
		}
	}
	ic.End = p.scan.offset(p.lastEnd)
	p.file.Interchanges = append(p.file.Interchanges, *ic)
	p.interchange = nil
}

// parseCount reads a trailer's count; leading zeros are common.
func parseCount(s string) (int, bool) {
	if s == "" || len(s) > 12 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// controlKey compares numeric control numbers (ISA13, GS06) by value: the two
// ends of an envelope are often padded differently.
func controlKey(control string) string {
	control = strings.TrimSpace(control)
	if strings.Trim(control, "0123456789") != "" {
		return control
	}
	if trimmed := strings.TrimLeft(control, "0"); trimmed != "" || control == "" {
		return trimmed
	}
	return "0"
}

func quote(s string) string { return strconv.Quote(shorten(s, 40)) }
