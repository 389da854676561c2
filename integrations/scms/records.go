package scms

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// errFileTooLarge is how the meter ends a file that exceeds its bound.
var errFileTooLarge = errors.New("file exceeds its bound")

// meter counts and hashes what is read, reports progress and enforces the
// bound on the file.
type meter struct {
	from     io.Reader
	sum      hash.Hash
	done     int64
	max      int64
	total    int64
	progress func(done, total int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	if n > 0 {
		m.done += int64(n)
		if m.done > m.max {
			return 0, errFileTooLarge
		}
		m.sum.Write(p[:n])
		if m.progress != nil {
			m.progress(m.done, m.total)
		}
	}
	return n, err
}

// A record is one logical line: several physical lines when a quoted field
// holds line ends. Its bytes are valid until the next call of records.next.
type record struct {
	number int    // physical line at which the record starts
	lines  int    // physical lines it spans
	bytes  []byte // without the final line end
	ended  bool   // the final line end was there
}

// fault is a defect in the shape of a record, before its cells mean anything.
type fault struct {
	line   int
	reason string
	remedy string
}

func (f *fault) Error() string { return fmt.Sprintf("line %d: %s", f.line, f.reason) }

// records cuts a stream into records.
//
// A record is complete when it holds an even number of quotation marks: quoted
// fields open and close, and a mark inside one is doubled. A stray mark thus
// swallows the lines that follow; once split finds the record malformed,
// rewind gives them back, so that one slip of a pen is reported as one.
type records struct {
	from  *bufio.Reader
	max   int    // bytes of a physical line, and of a record
	line  int    // physical lines handed out
	back  []byte // whole lines given back by rewind, read again before from
	buf   []byte // the current record with its line ends
	first int    // length of the record's first physical line in buf
	start int    // number of the record's first physical line
}

func newRecords(r io.Reader, recordBytesMax int) *records {
	return &records{from: bufio.NewReaderSize(r, 64<<10), max: recordBytesMax}
}

// next returns io.EOF at the end, a *fault for a record that is too long or
// whose quotation never ends, and otherwise only errors of the reader.
func (s *records) next() (record, error) {
	s.buf, s.first, s.start = s.buf[:0], 0, s.line+1
	marks, lines := 0, 0
	for {
		before := len(s.buf)
		ended, err := s.appendLine()
		if err == io.EOF && lines > 0 {
			s.rewind()
			return record{}, &fault{s.start, "a quotation mark opens a field that is never closed",
				"close the quotation, or remove the stray mark"}
		}
		if err != nil {
			return record{}, err
		}
		lines++
		if lines == 1 {
			s.first = len(s.buf)
		}
		marks += bytes.Count(s.buf[before:], []byte{'"'})
		if len(s.buf) > s.max+2 { // the line end does not count
			s.rewind()
			return record{}, &fault{s.start, fmt.Sprintf("the record exceeds %d bytes: a quotation mark opens a field that is not closed", s.max),
				"close the quotation, or remove the stray mark"}
		}
		if marks%2 == 0 {
			text, _ := bytes.CutSuffix(s.buf, []byte("\n"))
			if ended {
				text, _ = bytes.CutSuffix(text, []byte("\r"))
			}
			return record{s.start, lines, text, ended}, nil
		}
	}
}

// rewind makes the line after the current record's first the next to be read.
func (s *records) rewind() {
	rest := s.buf[s.first:]
	if len(rest) > 0 {
		s.back = append(bytes.Clone(rest), s.back...)
	}
	s.line = s.start
}

// appendLine appends one physical line, with its line end, to the record.
func (s *records) appendLine() (ended bool, err error) {
	if len(s.back) > 0 {
		end := bytes.IndexByte(s.back, '\n') + 1
		if ended = end > 0; !ended {
			end = len(s.back) // the file's last line, which has no line end
		}
		s.buf = append(s.buf, s.back[:end]...)
		s.back = s.back[end:]
		s.line++
		return ended, nil
	}
	before, tooLong := len(s.buf), false
	for {
		part, err := s.from.ReadSlice('\n')
		if !tooLong {
			s.buf = append(s.buf, part...)
			tooLong = len(s.buf)-before > s.max+2
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && err != io.EOF {
			return false, err
		}
		if err == io.EOF && len(s.buf) == before {
			return false, io.EOF
		}
		s.line++
		if tooLong {
			return false, &fault{s.line, fmt.Sprintf("the line exceeds %d bytes", s.max),
				"check that the file is the delivery history, with a line end after every record"}
		}
		return err == nil, nil
	}
}

// split cuts a decoded record into fields and counts them; those beyond the
// thirty-third are counted only. A field is a slice of the record's text unless
// it holds doubled quotation marks. Quoting is strict, as RFC 4180 has it: a
// mark may only open a field, close it, or stand doubled inside a quoted one.
func split(text string, fields *[columnCount]string) (count int, bad *fault) {
	for {
		var field string
		var rest string
		var more bool
		if strings.HasPrefix(text, `"`) {
			end, doubled := closingMark(text)
			if end < 0 {
				return count + 1, &fault{reason: fmt.Sprintf("the quotation in field %d is never closed", count+1),
					remedy: "close the quotation, or remove the stray mark"}
			}
			field, rest = text[1:end], text[end+1:]
			if doubled {
				field = strings.ReplaceAll(field, `""`, `"`)
			}
			if rest != "" {
				if rest[0] != '\t' {
					return count + 1, &fault{reason: fmt.Sprintf("field %d goes on after its closing quotation mark", count+1),
						remedy: "double every quotation mark inside the field, or remove the stray mark"}
				}
				rest, more = rest[1:], true
			}
		} else {
			field, rest, more = strings.Cut(text, "\t")
			if strings.IndexByte(field, '"') >= 0 {
				return count + 1, &fault{reason: fmt.Sprintf("field %d holds a quotation mark but is not quoted", count+1),
					remedy: "quote the field and double the mark inside it, or remove the mark"}
			}
		}
		if count < columnCount {
			fields[count] = field
		}
		count++
		if !more {
			return count, nil
		}
		text = rest
	}
}

// closingMark finds the mark that closes the field that text opens.
func closingMark(text string) (end int, doubled bool) {
	for at := 1; ; {
		i := strings.IndexByte(text[at:], '"')
		if i < 0 {
			return -1, doubled
		}
		end = at + i
		if end+1 == len(text) || text[end+1] != '"' {
			return end, doubled
		}
		doubled = true
		at = end + 2
	}
}
