package scms

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Options are how a file is read; the zero value reads it as it is published.
type Options struct {
	Encoding Encoding
	// Size is the file's length in bytes, when known; Progress is told it.
	Size int64
	// Progress, when set, is called as bytes are read, in the reader's
	// goroutine; total is Size.
	Progress func(done, total int64)
}

// A File is a delivery history in which every line was understood.
type File struct {
	SHA256    string     // of the file's bytes, in lower-case hexadecimal
	Encoding  Encoding   // as read: ISO88591 or UTF8
	Lines     []Line     // in file order
	Shipments []Shipment // in order of first appearance
}

// Customers are the distinct project codes in order of first appearance.
func (f *File) Customers() []string {
	var customers []string
	seen := make(map[string]bool)
	for i := range f.Shipments {
		if project := f.Shipments[i].Project; !seen[project] {
			seen[project] = true
			customers = append(customers, project)
		}
	}
	return customers
}

// bounds keep an untrusted file from exhausting the reader.
type bounds struct {
	fileBytes   int64
	recordBytes int
	lines       int
}

func publishedBounds() bounds {
	return bounds{fileBytes: 1 << 30, recordBytes: 1 << 20, lines: 5_000_000}
}

// Read reads a whole delivery history of at most 1 GiB, 5 million lines and
// 1 MiB a line. It returns either a File without problems, or a *[FileError]
// that lists them (the first hundred), or the wrapped error of r; never a part
// of a file.
func Read(r io.Reader, opts Options) (*File, error) { return read(r, opts, publishedBounds()) }

func read(r io.Reader, opts Options, most bounds) (*File, error) {
	if opts.Encoding < Published || opts.Encoding > UTF8 {
		return nil, fmt.Errorf("read delivery history: encoding %d is unknown; use Published, ISO88591 or UTF8", opts.Encoding)
	}
	m := &meter{from: r, sum: sha256.New(), max: most.fileBytes, total: opts.Size, progress: opts.Progress}
	rd := &reader{
		most:     most,
		records:  newRecords(m, most.recordBytes),
		decoder:  decoder{encoding: opts.Encoding},
		byID:     make(map[string]int),
		shipment: make(map[string]int),
	}
	if err := rd.all(); err != nil {
		return nil, err
	}
	encoding := opts.Encoding
	if encoding == Published {
		encoding = ISO88591
	}
	return &File{
		SHA256:    hex.EncodeToString(m.sum.Sum(nil)),
		Encoding:  encoding,
		Lines:     rd.lines,
		Shipments: gather(rd.lines, rd.shipmentOf, len(rd.firstOf)),
	}, nil
}

// reader is the state of one reading.
type reader struct {
	most     bounds
	records  *records
	decoder  decoder
	at       layout
	problems problems
	fields   [columnCount]string // of the line at hand

	lines      []Line
	byID       map[string]int // ID → index in lines
	shipment   map[string]int // ASN/DN → index in firstOf
	firstOf    []int          // a shipment's first line
	shipmentOf []int          // a line's shipment
}

// all reads header and lines, then checks what only the whole file can tell.
func (rd *reader) all() error {
	if ok, err := rd.header(); err != nil {
		return err
	} else if !ok {
		return rd.problems.err()
	}
	for read := 0; !rd.problems.more; read++ {
		rec, err := rd.records.next()
		if err == io.EOF {
			if read == 0 {
				rd.problems.add(Problem{
					Line: 1, Reason: "the file has a header and no lines",
					Remedy: "export the delivery history again; it was cut short",
				})
			}
			break
		}
		if err == nil && read == rd.most.lines {
			rd.stop(Problem{
				Line: rec.number, Reason: fmt.Sprintf("the file exceeds %d lines", rd.most.lines),
				Remedy: "split it and import the parts, keeping the lines of a shipment together",
			})
			break
		}
		var bad *fault
		switch {
		case errors.As(err, &bad):
			rd.addFault(bad, "")
		case errors.Is(err, errFileTooLarge):
			rd.tooLarge()
		case err != nil:
			return fmt.Errorf("read line %d: %w", rd.records.line+1, err)
		default:
			rd.line(rec)
		}
	}
	if rd.problems.more { // lines not read may answer what is still open
		return rd.problems.err()
	}
	if problem, found := rd.decoder.suspicion(); found {
		rd.problems.add(problem)
	}
	freightPointers().resolve(rd.lines, rd.byID, rd.problems.add)
	weightPointers().resolve(rd.lines, rd.byID, rd.problems.add)
	return rd.problems.err()
}

// stop notes a problem after which nothing more is read.
func (rd *reader) stop(p Problem) {
	rd.problems.add(p)
	rd.problems.more = true
}

func (rd *reader) tooLarge() {
	rd.stop(Problem{
		Line: rd.records.line + 1, Reason: fmt.Sprintf("the file exceeds %d bytes", rd.most.fileBytes),
		Remedy: "split it and import the parts, keeping the lines of a shipment together",
	})
}

func (rd *reader) addFault(bad *fault, id string) {
	rd.problems.add(Problem{Line: bad.line, ID: id, Reason: bad.reason, Remedy: bad.remedy})
}

// header reads the first record; without it no line can be understood. When ok
// is false, either err or a problem says why.
func (rd *reader) header() (ok bool, err error) {
	rec, err := rd.records.next()
	var bad *fault
	switch {
	case err == io.EOF:
		rd.problems.add(Problem{Reason: "the file is empty", Remedy: "export the delivery history again"})
		return false, nil
	case errors.As(err, &bad):
		rd.addFault(bad, "")
		return false, nil
	case errors.Is(err, errFileTooLarge):
		rd.tooLarge()
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read header: %w", err)
	}
	if rest, marked := bytes.CutPrefix(rec.bytes, []byte(byteOrderMark)); marked {
		if rd.decoder.encoding != UTF8 {
			rd.problems.add(Problem{
				Line: 1, Reason: "the file begins with the mark of UTF-8, but ISO-8859-1 was expected",
				Remedy: "state that the file is UTF-8, or save it as ISO-8859-1 without the mark",
			})
			return false, nil
		}
		rec.bytes = rest
	}
	text, err := rd.decoder.text(rec)
	if errors.As(err, &bad) {
		rd.addFault(bad, "")
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at, problems := readHeader(rec, text)
	for _, p := range problems {
		rd.problems.add(p)
	}
	rd.at = at
	return len(problems) == 0, nil
}

// line reads one record. A line with problems is kept as well, since nothing
// is imported then and other lines may rightly point at it.
func (rd *reader) line(rec record) {
	text, err := rd.decoder.text(rec)
	if err != nil {
		var bad *fault
		if !errors.As(err, &bad) {
			bad = &fault{rec.number, err.Error(), "check the file's encoding"}
		}
		rd.addFault(bad, "")
		return
	}
	rd.fields = [columnCount]string{} // a short line must not inherit cells
	fields := &rd.fields
	count, bad := split(text, fields)
	if bad != nil {
		bad.line = rec.number
		rd.addFault(bad, "")
		if rec.lines > 1 {
			rd.records.rewind()
		}
		return
	}
	id := fields[rd.at[colID]]
	if !rec.ended {
		rd.addFault(&fault{rec.number, "the last line has no line end, so that its last figure may be cut short",
			"export the file again, or end the line if it is known to be complete"}, id)
	} else if count != columnCount {
		reason := fmt.Sprintf("the line has %d fields instead of %d", count, columnCount)
		if text == "" {
			reason = "the line is empty"
		}
		rd.addFault(&fault{rec.number, reason,
			"restore the missing tabs, or quote the field that holds a tab; remove a line that is no record"}, id)
	}
	if count != columnCount {
		if _, known := rd.byID[id]; !known && isLineID(id) {
			rd.byID[id] = nowhere // pointers to it are not at fault
		}
		return
	}
	p := lineParser{number: rec.number, id: id, fields: fields, at: rd.at, report: rd.problems.add}
	rd.add(&p, text)
}

// add keeps the line under its ID and its shipment.
func (rd *reader) add(p *lineParser, text string) {
	line := p.line(text)
	i := len(rd.lines)
	first, repeated := rd.byID[line.ID]
	switch {
	case !isLineID(line.ID):
		p.problem(colID, "this is not a line's number", "enter the publisher's ID, digits only")
	case repeated && first == nowhere:
		p.problem(colID, "an earlier line, which could not be read, has the same ID", "give each line its own ID, or remove the repeated line")
	case repeated:
		p.problem(colID, fmt.Sprintf("line %d has the same ID", rd.lines[first].Number), "give each line its own ID, or remove the repeated line")
	default:
		rd.byID[line.ID] = i
	}
	rd.lines = append(rd.lines, line)
	shipment, known := rd.shipment[line.Shipment]
	if !known {
		shipment = len(rd.firstOf)
		rd.shipment[line.Shipment] = shipment
		rd.firstOf = append(rd.firstOf, i)
	} else if line.Shipment != "" {
		reportContradictions(&rd.lines[i], &rd.lines[rd.firstOf[shipment]], rd.problems.add)
	}
	rd.shipmentOf = append(rd.shipmentOf, shipment)
}
