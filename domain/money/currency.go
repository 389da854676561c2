package money

import "fmt"

// Currency is an ISO 4217 alphabetic code, such as USD.
type Currency string

// ParseCurrency accepts exactly the codes of the table, in capitals.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(s)
	if !c.Known() {
		return "", unknownCurrency(s)
	}
	return c, nil
}

// Known reports whether the table has the code.
func (c Currency) Known() bool {
	_, ok := c.lookup()
	return ok
}

// Digits is the number of decimals of the minor unit: 2 for USD, 0 for JPY, 3
// for KWD. It is 0 for a code outside the table.
func (c Currency) Digits() int32 {
	digits, _ := c.lookup()
	return digits
}

// Currencies lists the table in alphabetical order.
func Currencies() []Currency {
	list := make([]Currency, 0, len(iso4217)/recordLen)
	for i := 0; i < len(iso4217); i += recordLen {
		list = append(list, Currency(iso4217[i:i+codeLen]))
	}
	return list
}

const (
	codeLen   = 3
	recordLen = codeLen + 2 // code, minor digits, space
)

// lookup searches the sorted records by halves.
func (c Currency) lookup() (digits int32, ok bool) {
	low, high := 0, len(iso4217)/recordLen
	for low < high {
		mid := (low + high) / 2
		record := iso4217[mid*recordLen : (mid+1)*recordLen]
		switch code := record[:codeLen]; {
		case code == string(c):
			return int32(record[codeLen] - '0'), true
		case code < string(c):
			low = mid + 1
		default:
			high = mid
		}
	}
	return 0, false
}

func unknownCurrency(s string) error {
	return fmt.Errorf("%s: %w; use an active three-letter code in capitals, as in USD", quote(s), ErrCurrency)
}
