package terms

import (
	"encoding/json"
	"strconv"
	"strings"
)

// node is a value of a file and where it stands.
type node struct {
	kind         kind
	text         string // of text, a number as it was written, true or false
	fields       []field
	items        []*node
	line, column int // from 1
}

type field struct {
	name         string
	line, column int
	value        *node
}

type kind int

const (
	text kind = iota
	number
	boolean
	list
	object
)

// misplaced is an error with its place.
type misplaced struct {
	line, column int
	err          error
}

func (m *misplaced) Error() string { return m.err.Error() }
func (m *misplaced) Unwrap() error { return m.err }

// appendJSON writes the node; without names a field to leave out.
func (n *node) appendJSON(b []byte, without string) []byte {
	switch n.kind {
	case text:
		return appendText(b, n.text)
	case list:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b, "")
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		first := true
		for _, f := range n.fields {
			if f.name == without {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(appendText(b, f.name), ':')
			b = f.value.appendJSON(b, "")
		}
		return append(b, '}')
	}
	return append(b, n.text...)
}

func appendText(b []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("terms: " + err.Error()) // a string has its JSON
	}
	return append(b, quoted...)
}

// place is where the value at a JSON pointer (RFC 6901) stands, by the name of
// its field, or the last that is there on the way to it.
func (n *node) place(pointer string) (line, column int) {
	line, column = n.line, n.column
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		next := n.child(unescape.Replace(token))
		if next.value == nil {
			return line, column
		}
		n, line, column = next.value, next.line, next.column
	}
	return line, column
}

func (n *node) child(token string) field {
	for _, f := range n.fields {
		if f.name == token {
			return f
		}
	}
	if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.items) {
		return field{"", n.items[i].line, n.items[i].column, n.items[i]}
	}
	return field{}
}
