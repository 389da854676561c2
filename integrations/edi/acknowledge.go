package edi

import (
	"strings"

	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// functionalAcknowledgment reads a 997 or 999: the partner's word on the syntax
// of what we sent. A no is refused, so that somebody sees it and sends again.
func (s *set) functionalAcknowledgment() error {
	about, group, answered := "", "", false
	var details []string
	for _, seg := range s.tx.Segments {
		switch seg.ID {
		case "AK1":
			group = "group " + clip(text(seg, 1), 20) + " " + clip(text(seg, 2), 20)
		case "AK2", "IK2":
			about, details = "transaction set "+clip(text(seg, 1), 20)+" "+clip(text(seg, 2), 20), nil
		case "AK3", "IK3", "AK4", "IK4":
			if len(details) < 5 {
				details = append(details, clip(seg.String(), 80))
			}
		case "AK5", "IK5", "AK9":
			answered = true
			if seg.ID == "AK9" {
				about, details = group, nil
			}
			code := text(seg, 1)
			switch code {
			case "A":
				s.noteAt(seg, "%s was accepted", about)
			case "E":
				s.noteAt(seg, "%s was accepted with errors: %s", about, errorCodes(seg))
			case "R", "M", "W", "X", "P":
				reason := about + " was rejected (" + code + ")"
				if code == "P" {
					reason = about + " was accepted in part (P)"
				}
				if codes := errorCodes(seg); codes != "" {
					reason += ", errors " + codes
				}
				if len(details) > 0 {
					reason += ": " + strings.Join(details, "; ")
				}
				return s.fault(CodeRejected, seg, 1, "correct what was sent and send it again, then dismiss this item", "%s", reason)
			default:
				return s.fault(CodeUnknownCode, seg, 1, "ask the partner whether it took our data, then dismiss this item", "acknowledgement code %s of %s is not known", quote(code), about)
			}
		}
	}
	if !answered {
		s.note("the acknowledgement says nothing about what it acknowledges")
	}
	return nil
}

// errorCodes lists the error codes of an AK5 (02 on) or an AK9 (05 on).
func errorCodes(seg x12.Segment) string {
	from := 2
	if seg.ID == "AK9" {
		from = 5
	}
	var codes []string
	for n := from; n < from+5; n++ {
		if code := text(seg, n); code != "" {
			if word := syntaxError(seg.ID, code); word != "" {
				code += " (" + word + ")"
			}
			codes = append(codes, clip(code, 80))
		}
	}
	return strings.Join(codes, ", ")
}

// syntaxError words elements 718 and 716 as the freight desk meets them.
func syntaxError(segment, code string) string {
	if segment == "AK9" {
		return map[string]string{"1": "group not supported", "2": "version not supported", "3": "group trailer missing", "4": "group control numbers differ",
			"5": "count of transaction sets differs", "6": "group control number malformed", "19": "group control number used before"}[code]
	}
	return map[string]string{"1": "set not supported", "2": "set trailer missing", "3": "control numbers differ", "4": "count of segments differs",
		"5": "segments in error", "6": "set identifier wrong", "7": "control number wrong", "23": "control number used before"}[code]
}

// applicationAdvice reads an 824: the partner's word on the content of what we
// sent.
func (s *set) applicationAdvice() error {
	answered, about := false, ""
	for _, seg := range s.tx.Segments {
		switch seg.ID {
		case "OTI":
			answered = true
			code := text(seg, 1)
			about = clip(text(seg, 2)+" "+text(seg, 3), 60)
			verdict := byte(0)
			if len(code) == 2 && strings.IndexByte("BGIT", code[0]) >= 0 {
				verdict = code[1]
			}
			switch verdict {
			case 'A':
				s.noteAt(seg, "%s was accepted", about)
			case 'C', 'E':
				s.noteAt(seg, "%s was accepted with errors or changes (%s)", about, code)
			case 'R', 'P':
				return s.fault(CodeRejected, seg, 1, "correct what was sent and send it again, then dismiss this item", "%s was rejected (%s)%s", about, code, s.technicalErrors())
			default:
				return s.fault(CodeUnknownCode, seg, 1, "ask the partner whether it took our data, then dismiss this item", "acknowledgement code %s of %s is not known", quote(code), quote(about))
			}
		case "TED":
			return s.fault(CodeRejected, seg, 2, "correct what was sent and send it again, then dismiss this item", "%s has an error%s", about, s.technicalErrors())
		}
	}
	if !answered {
		s.note("the advice says nothing about what it answers")
	}
	return nil
}

// technicalErrors lists the set's first errors (TED).
func (s *set) technicalErrors() string {
	var errs []string
	for _, seg := range s.tx.Segments {
		if seg.ID == "TED" && len(errs) < 5 {
			errs = append(errs, clip(text(seg, 1)+" "+text(seg, 2), 100))
		}
	}
	if len(errs) == 0 {
		return ""
	}
	return ": " + strings.Join(errs, "; ")
}
