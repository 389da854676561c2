package money

import (
	"bytes"
	"errors"
	"fmt"
)

// maxJSON bounds the JSON of one amount before anything looks at it; the longest
// canonical form is under 64 bytes, the rest is room for white space.
const maxJSON = 256

const jsonSpace = " \t\r\n"

// MarshalJSON writes {"amount":"12.50","currency":"USD"}, always the same bytes
// for the same amount, and null for the zero Money. It refuses an amount out of
// range, which UnmarshalJSON would not read back.
func (m Money) MarshalJSON() ([]byte, error) {
	if !m.IsSet() {
		return []byte("null"), nil
	}
	if err := inBounds(m.amount); err != nil {
		return nil, err
	}
	buf := make([]byte, 0, 64)
	buf = append(buf, `{"amount":"`...)
	buf = m.appendAmount(buf)
	buf = append(buf, `","currency":"`...)
	buf = append(buf, m.currency...)
	return append(buf, `"}`...), nil
}

// UnmarshalJSON reads an object of exactly the keys amount and currency, both
// plain strings without escapes, in either order; or null, which is the zero
// Money. Unknown, missing and repeated keys, numbers, and anything longer than
// 256 bytes are refused, and m is then left as it was.
func (m *Money) UnmarshalJSON(b []byte) error {
	if len(b) > maxJSON {
		return fmt.Errorf("money of %d bytes, at most %d are read: %w", len(b), maxJSON, ErrAmount)
	}
	s := scanner{rest: b}
	if s.space(); len(s.rest) > 0 && s.rest[0] == 'n' && string(bytes.TrimRight(s.rest, jsonSpace)) == "null" {
		*m = Money{}
		return nil
	}
	fields, err := s.object()
	if err != nil {
		return fmt.Errorf("money %s: %w: %w", quote(string(b)), err, ErrAmount)
	}
	c, err := ParseCurrency(fields.currency)
	if err != nil {
		return fmt.Errorf("money: currency: %w", err)
	}
	parsed, err := Parse(fields.amount, c)
	if err != nil {
		return fmt.Errorf("money: amount: %w", err)
	}
	*m = parsed
	return nil
}

type moneyFields struct {
	amount, currency       string
	hasAmount, hasCurrency bool
}

// scanner reads the one object this package knows. The standard decoder would
// accept repeated keys and keys in another case.
type scanner struct {
	rest []byte
}

var (
	errShape  = errors.New(`want {"amount":"12.50","currency":"USD"}`)
	errKey    = errors.New("only the keys amount and currency are known, each once")
	errString = errors.New("amount and currency are plain strings, without escapes")
)

func (s *scanner) object() (f moneyFields, err error) {
	if !s.token('{') {
		return f, errShape
	}
	for {
		key, ok := s.text()
		if !ok || !s.token(':') {
			return f, errShape
		}
		value, ok := s.text()
		if !ok {
			return f, errString
		}
		switch {
		case key == "amount" && !f.hasAmount:
			f.amount, f.hasAmount = value, true
		case key == "currency" && !f.hasCurrency:
			f.currency, f.hasCurrency = value, true
		default:
			return f, errKey
		}
		if !s.token(',') {
			break
		}
	}
	if !s.token('}') || !s.end() || !f.hasAmount || !f.hasCurrency {
		return f, errShape
	}
	return f, nil
}

func (s *scanner) space() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\t' || s.rest[0] == '\r' || s.rest[0] == '\n') {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) token(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) end() bool {
	s.space()
	return len(s.rest) == 0
}

// text reads a string of printable ASCII without escapes: no amount and no code
// needs more.
func (s *scanner) text() (string, bool) {
	if !s.token('"') {
		return "", false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			text := string(s.rest[:i])
			s.rest = s.rest[i+1:]
			return text, true
		case c == '\\' || c < ' ' || c > '~':
			return "", false
		}
	}
	return "", false
}
