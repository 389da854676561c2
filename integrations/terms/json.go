package terms

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonFile is a JSON file under way. Its cursor goes along with the values, so
// that a file of one long line is not counted from its beginning for each.
type jsonFile struct {
	content          []byte
	dec              *jsontext.Decoder
	at, line, column int // the cursor, which counts from 0
}

func parseJSON(content []byte) ([]*node, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	f := &jsonFile{content: content, dec: jsontext.NewDecoder(bytes.NewReader(content))}
	var roots []*node
	for {
		root, err := f.value(0)
		switch {
		case errors.Is(err, io.EOF) && f.dec.StackDepth() == 0:
			return roots, nil
		case err != nil:
			return nil, f.explain(err)
		case len(roots) == maxDocuments:
			return nil, f.misplaced(f.dec.InputOffset(), fmt.Errorf("more than %d documents: split the file", maxDocuments))
		}
		roots = append(roots, root)
	}
}

// value reads the next one. io.EOF is the end of the file.
func (f *jsonFile) value(depth int) (*node, error) {
	switch kind := f.dec.PeekKind(); kind {
	case '{', '[':
		if _, err := f.dec.ReadToken(); err != nil {
			return nil, err
		}
		n, start := f.node(1)
		if depth++; depth > maxDepth {
			return nil, f.misplaced(start, fmt.Errorf("nested deeper than %d", maxDepth))
		}
		if n.kind = list; kind == '{' {
			n.kind = object
		}
		if err := f.inside(n, depth); err != nil {
			return nil, err
		}
		if n.kind == list && len(n.items) == 0 {
			return nil, f.misplaced(start, errors.New(emptyList))
		}
		return n, nil
	}
	raw, err := f.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	n, start := f.node(len(raw))
	switch raw.Kind() {
	case 'n':
		return nil, f.misplaced(start, errors.New(noValue))
	case 't', 'f':
		n.kind, n.text = boolean, string(raw)
	case '0':
		if n.kind, n.text = number, string(raw); !jsonNumber.Match(raw) {
			return nil, f.misplaced(start, fmt.Errorf("%.40q is no number as it is written here: write digits, as in 1234.50", raw))
		}
	default:
		unquoted, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return nil, f.misplaced(start, err)
		}
		if n.text = string(unquoted); n.text == "" {
			return nil, f.misplaced(start, errors.New(emptyText))
		}
	}
	return n, nil
}

// inside reads what is in an object or a list, and its end.
func (f *jsonFile) inside(n *node, depth int) error {
	for {
		switch f.dec.PeekKind() {
		case '}', ']':
			_, err := f.dec.ReadToken()
			return err
		}
		if n.kind == list {
			item, err := f.value(depth)
			if err != nil {
				return err
			}
			n.items = append(n.items, item)
			continue
		}
		raw, err := f.dec.ReadValue()
		if err != nil {
			return err
		}
		key, _ := f.node(len(raw))
		name, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return err
		}
		value, err := f.value(depth)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{string(name), key.line, key.column, value})
	}
}

// node begins one of what was read last, which is so many bytes long.
func (f *jsonFile) node(length int) (n *node, start int64) {
	start = f.dec.InputOffset() - int64(length)
	line, column := f.place(start)
	return &node{line: line, column: column}, start
}

// place counts lines and characters from 1.
func (f *jsonFile) place(offset int64) (line, column int) {
	to := min(max(0, int(offset)), len(f.content))
	if to < f.at {
		f.at, f.line, f.column = 0, 0, 0
	}
	passed := f.content[f.at:to]
	if n := bytes.Count(passed, []byte("\n")); n > 0 {
		f.line, f.column = f.line+n, 0
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	f.at, f.column = to, f.column+utf8.RuneCount(passed)
	return f.line + 1, f.column + 1
}

func (f *jsonFile) misplaced(offset int64, err error) error {
	line, column := f.place(offset)
	return &misplaced{line, column, err}
}

// explain gives the library's error its place.
func (f *jsonFile) explain(err error) error {
	var at *misplaced
	if errors.As(err, &at) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return f.misplaced(int64(len(f.content)), fmt.Errorf("cannot be read as JSON: %w", err))
	case errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return f.misplaced(syntax.ByteOffset, fmt.Errorf("field %.40q is there twice: keep one", syntax.JSONPointer.LastToken()))
	}
	return f.misplaced(syntax.ByteOffset, fmt.Errorf("cannot be read as JSON: %w", syntax.Err))
}
