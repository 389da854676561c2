package documents

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is how a document is rendered.
type Format string

// Formats.
const (
	HTML Format = "html"
	PDF  Format = "pdf"
	XML  Format = "xml" // UBL 2.1 that conforms to EN 16931
	UBL  Format = "ubl" // UBL 2.1 for what EN 16931 does not admit
)

// Formats lists them.
func Formats() []Format { return []Format{HTML, PDF, XML, UBL} }

// ParseFormat reads a format's name.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("format %.20q is not known: choose one of %s", name, strings.Join(names, ", "))
}

// MediaType is what HTTP calls the format.
func (f Format) MediaType() string {
	switch f {
	case HTML:
		return "text/html; charset=utf-8"
	case PDF:
		return "application/pdf"
	}
	return "application/xml"
}

// Extension ends the name of a file, ".pdf".
func (f Format) Extension() string {
	if f == UBL {
		return ".xml"
	}
	return "." + string(f)
}

// Options of Write.
type Options struct {
	// Paper of a PDF; when empty, what is usual in the buyer's country.
	Paper Paper
}

// Write renders a document, or tells by [FieldError] what it lacks for the
// format; nothing is written then. The same document gives the same bytes.
func Write(w io.Writer, v Invoice, f Format, o Options) error {
	if err := v.Check(); err != nil {
		return err
	}
	text, err := v.render(f, o)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func (v Invoice) render(f Format, o Options) ([]byte, error) {
	switch f {
	case HTML:
		return v.html()
	case PDF:
		switch o.Paper {
		case "":
			o.Paper = v.paper()
		case A4, Letter:
		default:
			return nil, fmt.Errorf("paper %.20q is not known: choose %s or %s", string(o.Paper), A4, Letter)
		}
		return v.pdf(o.Paper)
	case XML:
		return v.ubl(true)
	case UBL:
		return v.ubl(false)
	}
	_, err := ParseFormat(string(f))
	return nil, err
}
