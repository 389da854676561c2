package terms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
)

// Bounds of a file.
const (
	MaxBytes     = 8 << 20
	maxValuesOf  = 500_000 // lines, and marks of which each makes about one value
	maxDepth     = 32
	maxDocuments = 1_000
)

// Document is one document of a file: fields of which each knows its place.
type Document struct {
	Kind string
	file string
	root *node
}

// Documents reads the documents of a file, of whatever kinds they are. See
// [Read] for name and errors.
func Documents(name string, r io.Reader) ([]Document, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if err := bounded(content); err != nil {
		return nil, &Error{File: name, Err: err}
	}
	parse := parseYAML
	if isJSON(name, content) {
		parse = parseJSON
	}
	roots, err := parse(content)
	if err != nil {
		if at, ok := errors.AsType[*misplaced](err); ok {
			return nil, &Error{name, at.line, at.column, at.err}
		}
		return nil, &Error{File: name, Err: err}
	}
	if len(roots) == 0 {
		return nil, &Error{File: name, Err: errors.New("holds no document: write at least one, with its kind")}
	}
	docs := make([]Document, len(roots))
	for i, root := range roots {
		if docs[i], err = document(name, root); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func bounded(content []byte) error {
	values := 0
	for _, mark := range []string{"\n", "\r", ",", "[", "{", "!", "&", "*"} {
		values += bytes.Count(content, []byte(mark))
	}
	switch {
	case len(content) > MaxBytes:
		return fmt.Errorf("has more than %d bytes: split it into several files", MaxBytes)
	case values > maxValuesOf:
		return fmt.Errorf("has more than %d lines and values: split it into several files", maxValuesOf)
	case !utf8.Valid(content):
		return errors.New("is not in UTF-8: save it as UTF-8")
	}
	return nil
}

func isJSON(name string, content []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(content, " \t\r\n"), []byte("{"))
}

// document takes the kind off a tree.
func document(name string, root *node) (Document, error) {
	doc := Document{file: name, root: root}
	if root.kind != object {
		return doc, doc.Refuse("", "a document is fields with values: begin with kind")
	}
	for _, f := range root.fields {
		if f.name == "kind" {
			if f.value.kind != text {
				return doc, doc.Refuse("/kind", "kind is a word, as in kind: agreement")
			}
			doc.Kind = f.value.text
			return doc, nil
		}
	}
	return doc, doc.Refuse("", "kind is missing: write what the document is, as in kind: agreement")
}

// JSON is the document without its kind.
func (d Document) JSON() json.RawMessage {
	return d.root.appendJSON(nil, "kind")
}

// Decode reads the document into a struct by its json tags. An unknown field is
// an [Error], and so is a value that does not fit.
func (d Document) Decode(into any) error {
	err := jsonv2.Unmarshal(d.JSON(), into, jsonv2.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[*jsonv2.SemanticError](err)
	if !ok {
		return d.Refuse("", "cannot be read: %w", err)
	}
	pointer := string(wrong.JSONPointer)
	name := wrong.JSONPointer.LastToken()
	if errors.Is(wrong.Err, jsonv2.ErrUnknownName) {
		return d.Refuse(pointer, "field %.40q is not known here: correct its name or take it out", name)
	}
	return d.Refuse(pointer, "%.40s: %w", name, misfit(wrong))
}

// misfit says in the words of a file what does not fit.
func misfit(wrong *jsonv2.SemanticError) error {
	if wrong.Err != nil && wrong.GoType != nil && wrong.GoType.Kind() == reflect.Struct {
		return wrong.Err // a type that reads itself says what it wants
	}
	want := "another kind of value"
	if wrong.GoType != nil {
		switch t := wrong.GoType; t.Kind() {
		case reflect.String:
			want = "text: put it in quotes"
		case reflect.Bool:
			want = "true or false"
		case reflect.Int:
			want = "a whole number without quotes"
		case reflect.Slice:
			want = "a list: write [ ] around it, or - before each entry"
		case reflect.Struct, reflect.Map:
			want = "fields with values"
		}
	}
	return fmt.Errorf("here stands %s, wanted is %s", kindOf(byte(wrong.JSONKind)), want)
}

func kindOf(json byte) string {
	switch json {
	case '"':
		return "text"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case '[':
		return "a list"
	case '{':
		return "fields with values"
	}
	return "something else"
}

// Refuse makes an [Error] for the value at a JSON pointer, or what of the
// pointer the document has.
func (d Document) Refuse(pointer, format string, args ...any) error {
	line, column := d.root.place(pointer)
	return &Error{d.file, line, column, fmt.Errorf(format, args...)}
}
