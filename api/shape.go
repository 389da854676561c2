package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/shopspring/decimal"
)

// shape is the JSON form of a value, to tell callers and to check what they
// send. It is derived from the Go types; stored names are not (they are
// written out in domain's registry).
type shape struct {
	// Type is "string", "boolean", "integer", "decimal" (a string), "instant"
	// (RFC 3339), "base64", "money" ({"amount":"12.50","currency":"USD"}),
	// "object", "list" or "any".
	Type   string  `json:"type"`
	Fields []field `json:"fields,omitempty"` // of an object
	Items  *shape  `json:"items,omitempty"`  // of a list
}

type field struct {
	Name     string `json:"name"`
	Optional bool   `json:"optional,omitempty"` // may be left out
	shape
}

// items is the shape of a list's members; a shape that is not known takes
// everything.
func (s *shape) items() *shape {
	if s == nil {
		return nil
	}
	return s.Items
}

// field finds an object's field by its exact name.
func (s *shape) field(name string) (*shape, bool) {
	if s == nil || s.Type != "object" && s.Type != "money" {
		return nil, true // the decoder tells
	}
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i].shape, true
		}
	}
	return nil, false
}

func (s *shape) names() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// shapeOf describes a value's type.
func shapeOf(v any) *shape {
	s := typeShape(reflect.TypeOf(v))
	return &s
}

func typeShape(t reflect.Type) shape {
	switch {
	case t == reflect.TypeFor[money.Money]():
		return shape{Type: "money", Fields: []field{{Name: "amount", shape: shape{Type: "decimal"}}, {Name: "currency", shape: shape{Type: "string"}}}}
	case t == reflect.TypeFor[time.Time]():
		return shape{Type: "instant"}
	case t == reflect.TypeFor[decimal.Decimal](), t == reflect.TypeFor[tax.Decimal]():
		return shape{Type: "decimal"}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return shape{Type: "any"}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return shape{Type: "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return shape{Type: "string"}
	case reflect.Bool:
		return shape{Type: "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return shape{Type: "integer"}
	case reflect.Pointer:
		return typeShape(t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return shape{Type: "base64"}
		}
		items := typeShape(t.Elem())
		return shape{Type: "list", Items: &items}
	case reflect.Struct:
		return shape{Type: "object", Fields: fieldsOf(t, []field{})}
	}
	return shape{Type: "any"}
}

// fieldsOf lists a struct's fields as encoding/json names them; those of
// embedded structs count as its own.
func fieldsOf(t reflect.Type, to []field) []field {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" && options == "":
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			to = fieldsOf(f.Type, to)
			continue
		case !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		to = append(to, field{Name: name, Optional: optional, shape: typeShape(f.Type)})
	}
	return to
}
