package documents

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed invoice.html.tmpl
var pageText string

// page is parsed once; the text is part of the program, so it parses.
var page = template.Must(template.New("invoice").Parse(pageText))

// html is the document as one page that needs nothing else.
func (v Invoice) html() ([]byte, error) {
	s, err := v.sheet()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, s); err != nil {
		return nil, err
	}
	return tame(b.Bytes()), nil
}
