package money

import (
	"strconv"
	"strings"
)

// String is "1234.50 USD", padded to the minor unit; more decimals are kept if
// there are any. The zero Money is "no amount".
func (m Money) String() string {
	if !m.IsSet() {
		return "no amount"
	}
	buf := make([]byte, 0, 32)
	buf = m.appendAmount(buf)
	buf = append(buf, ' ')
	return string(append(buf, m.currency...))
}

// Format is the amount alone, "1234.50": what Parse reads back. It is empty for
// the zero Money.
func (m Money) Format() string {
	if !m.IsSet() {
		return ""
	}
	return string(m.appendAmount(make([]byte, 0, 24)))
}

// Grouped is Format for people: "1,234.50".
func (m Money) Grouped() string {
	sign, digits := "", m.Format()
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, fraction := digits, ""
	if point := strings.IndexByte(digits, '.'); point >= 0 {
		whole, fraction = digits[:point], digits[point:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	b.WriteString(fraction)
	return b.String()
}

// appendAmount relies on the canonical form: the exponent says how many decimals
// to print.
func (m Money) appendAmount(buf []byte) []byte {
	places := int(-m.amount.Exponent())
	if m.amount.NumDigits() > 18 {
		return append(buf, m.amount.StringFixed(int32(places))...)
	}
	units := m.amount.CoefficientInt64()
	if units < 0 {
		buf = append(buf, '-')
		units = -units
	}
	var scratch [20]byte
	digits := strconv.AppendInt(scratch[:0], units, 10)
	if places == 0 {
		return append(buf, digits...)
	}
	if len(digits) <= places {
		buf = append(buf, '0', '.')
		for range places - len(digits) {
			buf = append(buf, '0')
		}
		return append(buf, digits...)
	}
	point := len(digits) - places
	buf = append(buf, digits[:point]...)
	buf = append(buf, '.')
	return append(buf, digits[point:]...)
}
