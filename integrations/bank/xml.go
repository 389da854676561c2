package bank

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// node is an element with its children. ISO 20022 has no mixed content: an
// element has text or children.
type node struct {
	name     string
	currency string // attribute Ccy
	text     string
	kids     []*node
}

// at follows a path of first children; nil where there is none.
func (n *node) at(path ...string) *node {
	for _, name := range path {
		if n == nil {
			return nil
		}
		n = n.child(name)
	}
	return n
}

func (n *node) child(name string) *node {
	for _, kid := range n.kids {
		if kid.name == name {
			return kid
		}
	}
	return nil
}

// get is the text at a path, "" when there is none.
func (n *node) get(path ...string) string {
	if n = n.at(path...); n == nil {
		return ""
	}
	return n.text
}

// all lists the children of a name.
func (n *node) all(name string) (found []*node) {
	if n == nil {
		return nil
	}
	for _, kid := range n.kids {
		if kid.name == name {
			found = append(found, kid)
		}
	}
	return found
}

// first is the text at the first of several paths that has some.
func (n *node) first(paths ...[]string) string {
	for _, path := range paths {
		if text := n.get(path...); text != "" {
			return text
		}
	}
	return ""
}

// tokens reads XML within limits. Document types are refused before anything
// is made of them; entities but the five of XML itself are unknown to the
// decoder and refused by it.
type tokens struct {
	decoder *xml.Decoder
	meter   *meter
	limits  Limits
	space   string // of the elements that count; others are skipped
	depth   int
	kept    int // elements of the present tree
	text    []byte
}

func newTokens(r io.Reader, l Limits) *tokens {
	t := &tokens{meter: newMeter(r, l), limits: l}
	t.decoder = xml.NewDecoder(t.meter)
	t.decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "iso-8859-1", "latin1":
			return charmap.ISO8859_1.NewDecoder().Reader(input), nil
		case "iso-8859-15":
			return charmap.ISO8859_15.NewDecoder().Reader(input), nil
		case "windows-1252":
			return charmap.Windows1252.NewDecoder().Reader(input), nil
		case "us-ascii":
			return input, nil
		}
		return nil, fmt.Errorf("the encoding %s is not taken in", quote(label))
	}
	return t
}

// line is where the decoder stands.
func (t *tokens) line() int {
	line, _ := t.decoder.InputPos()
	return line
}

// next reads a token; io.EOF is the document's end.
func (t *tokens) next() (xml.Token, error) {
	token, err := t.decoder.Token()
	t.meter.done()
	if err != nil {
		return nil, t.wrap(err)
	}
	switch token.(type) {
	case xml.Directive:
		return nil, t.refuse(CodeForbidden, "the file declares a document type or entities", "ask the bank for a plain ISO 20022 file")
	case xml.StartElement:
		if t.depth++; t.depth > t.limits.Depth {
			return nil, t.refuse(CodeLimit, fmt.Sprintf("elements are over %d deep", t.limits.Depth), "ask the bank for a plain ISO 20022 file")
		}
	case xml.EndElement:
		t.depth--
	}
	return token, nil
}

func (t *tokens) wrap(err error) error {
	var f *Fault
	if err == io.EOF || errors.As(err, &f) {
		return err
	}
	var syntax *xml.SyntaxError
	f = &Fault{Code: CodeMalformed, Place: fmt.Sprintf("line %d", t.line()), Reason: clip(err.Error(), 300), Remedy: "ask the bank for the file again", whole: true, cause: err}
	if errors.As(err, &syntax) {
		f.Place, f.Reason = fmt.Sprintf("line %d", syntax.Line), "the file is not well-formed XML: "+clip(syntax.Msg, 300)
	}
	return f
}

// refuse refuses the file here.
func (t *tokens) refuse(code, reason, remedy string) error {
	return &Fault{Code: code, Place: fmt.Sprintf("line %d", t.line()), Reason: reason, Remedy: remedy, whole: true}
}

// children visits the children of the element that was opened last, to its
// end. Visit has to read each child to its end.
func (t *tokens) children(visit func(child xml.StartElement) error) error {
	for {
		token, err := t.next()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Space != t.space {
				err = t.skip()
			} else {
				err = visit(token)
			}
			if err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// skip reads to the end of the element that was opened last.
func (t *tokens) skip() error {
	for within := t.depth; t.depth >= within; {
		if _, err := t.next(); err != nil {
			return err
		}
	}
	return nil
}

// tree reads the element that was opened last, to its end.
func (t *tokens) tree(start xml.StartElement) (*node, error) {
	t.kept = 0
	return t.branch(start)
}

func (t *tokens) branch(start xml.StartElement) (*node, error) {
	if t.kept++; t.kept > t.limits.Elements {
		return nil, t.refuse(CodeLimit, fmt.Sprintf("one part of the statement has over %d elements", t.limits.Elements), "ask the bank to split it")
	}
	n := &node{name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Local == "Ccy" {
			n.currency = a.Value
		}
	}
	t.text = t.text[:0]
	for {
		token, err := t.next()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			if len(t.text)+len(token) <= t.limits.Token {
				t.text = append(t.text, token...)
			}
		case xml.StartElement:
			if token.Name.Space != t.space {
				if err := t.skip(); err != nil {
					return nil, err
				}
				continue
			}
			kid, err := t.branch(token)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
			t.text = t.text[:0]
		case xml.EndElement:
			if len(n.kids) == 0 {
				n.text = clip(string(bytes.TrimSpace(t.text)), textMost)
			}
			return n, nil
		}
	}
}
