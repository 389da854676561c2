package rating

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// number is an exact value. Nearly every value of a sheet is a short decimal,
// and is kept as one; what does not fit, a third or twenty digits, is a
// fraction. A value has one form only: the decimal wherever it fits.
type number struct {
	coef   int64    // never math.MinInt64, so that its negative fits too
	places int      // decimals of coef, 0 to maxScale, without trailing zeros
	wide   *big.Rat // if set, the value; it is never changed
}

const (
	maxScale = 18   // decimals of a narrow number
	maxBits  = 1024 // of a fraction, above and below the line together
	// maxText is more than the longest text of a number within maxBits, and
	// bounds what is read.
	maxText = 400
	// maxDecimals is how many decimals are written before a value becomes a
	// fraction in writing.
	maxDecimals = 40
)

var (
	errTooLong = errors.New("a number of more than 1024 bits")
	errNought  = errors.New("division by nought")
)

func whole(n int64) number {
	if n == math.MinInt64 {
		return number{wide: new(big.Rat).SetInt64(n)}
	}
	return number{coef: n}
}

// narrow is coef / 10^places in its one form.
func narrow(coef int64, places int) number {
	for places > 0 && coef%10 == 0 {
		coef, places = coef/10, places-1
	}
	if places < 0 {
		if scaled, ok := scale(coef, -places); ok {
			return number{coef: scaled}
		}
	}
	if places < 0 || places > maxScale || coef == math.MinInt64 {
		return number{wide: fraction(coef, places)}
	}
	return number{coef: coef, places: places}
}

// ofRat is v in its one form. It keeps v.
func ofRat(v *big.Rat) number {
	if v.Num().BitLen() > 63 && v.IsInt() {
		return number{wide: v}
	}
	places, exact := v.FloatPrec()
	if !exact || places > maxScale {
		return number{wide: v}
	}
	scaled := new(big.Int).Mul(v.Num(), power10(places))
	if scaled.Quo(scaled, v.Denom()); scaled.BitLen() > 63 {
		return number{wide: v}
	}
	return number{coef: scaled.Int64(), places: places}
}

func (n number) rat() *big.Rat {
	if n.wide != nil {
		return n.wide
	}
	return fraction(n.coef, n.places)
}

func fraction(coef int64, places int) *big.Rat {
	if places < 0 {
		return new(big.Rat).SetInt(new(big.Int).Mul(big.NewInt(coef), power10(-places)))
	}
	return new(big.Rat).SetFrac(big.NewInt(coef), power10(places))
}

func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// scale is coef × 10^n where that fits.
func scale(coef int64, n int) (int64, bool) {
	for ; n > 0 && coef != 0; n-- {
		if coef > math.MaxInt64/10 || coef < -math.MaxInt64/10 {
			return 0, false
		}
		coef *= 10
	}
	return coef, true
}

// align gives both as integers of one number of places, where that fits.
func align(a, b number) (x, y int64, places int, ok bool) {
	if a.wide != nil || b.wide != nil {
		return 0, 0, 0, false
	}
	places = max(a.places, b.places)
	x, fits := scale(a.coef, places-a.places)
	y, ok = scale(b.coef, places-b.places)
	return x, y, places, ok && fits
}

func (n number) sign() int {
	if n.wide != nil {
		return n.wide.Sign()
	}
	switch {
	case n.coef < 0:
		return -1
	case n.coef > 0:
		return 1
	}
	return 0
}

func (n number) cmp(m number) int {
	if x, y, _, ok := align(n, m); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return n.rat().Cmp(m.rat())
}

func (n number) neg() number {
	if n.wide != nil {
		return number{wide: new(big.Rat).Neg(n.wide)}
	}
	return number{coef: -n.coef, places: n.places}
}

func (n number) plus(m number) number {
	if x, y, places, ok := align(n, m); ok {
		if sum := x + y; (sum > x) == (y > 0) {
			return narrow(sum, places)
		}
	}
	return ofRat(new(big.Rat).Add(n.rat(), m.rat()))
}

func (n number) minus(m number) number { return n.plus(m.neg()) }

func (n number) times(m number) number {
	if n.wide == nil && m.wide == nil {
		hi, lo := bits.Mul64(magnitude(n.coef), magnitude(m.coef))
		if hi == 0 && lo <= math.MaxInt64 {
			product := int64(lo)
			if n.sign()*m.sign() < 0 {
				product = -product
			}
			return narrow(product, n.places+m.places)
		}
	}
	return ofRat(new(big.Rat).Mul(n.rat(), m.rat()))
}

// over divides; m must not be nought.
func (n number) over(m number) number {
	if n.wide == nil && m.wide == nil {
		coef, places := n.coef, n.places-m.places
		for coef%m.coef != 0 && places < maxScale {
			scaled, ok := scale(coef, 1)
			if !ok {
				break
			}
			coef, places = scaled, places+1
		}
		if coef%m.coef == 0 {
			return narrow(coef/m.coef, places)
		}
	}
	return ofRat(new(big.Rat).Quo(n.rat(), m.rat()))
}

// hundredth is n per cent.
func (n number) hundredth() number {
	if n.wide != nil {
		return ofRat(new(big.Rat).Quo(n.wide, big.NewRat(100, 1)))
	}
	return narrow(n.coef, n.places+2)
}

// round rounds to a multiple of the step, which is above nought.
func (n number) round(mode money.Rounding, step number) number {
	if x, y, _, ok := align(n, step); ok {
		units, rest := x/y, x%y // toward zero
		if rest != 0 {
			left := int64(magnitude(rest))
			half := 0
			switch {
			case left > y-left:
				half = 1
			case left < y-left:
				half = -1
			}
			if leavesZero(mode, n.sign(), half, units%2 != 0) {
				units += int64(n.sign())
			}
		}
		return whole(units).times(step)
	}
	units := new(big.Rat).Quo(n.rat(), step.rat())
	return ofRat(units.Mul(new(big.Rat).SetInt(roundInt(units, mode)), step.rat()))
}

// roundInt rounds to a whole number.
func roundInt(v *big.Rat, mode money.Rounding) *big.Int {
	units, rest := new(big.Int).QuoRem(v.Num(), v.Denom(), new(big.Int)) // toward zero
	if rest.Sign() == 0 {
		return units
	}
	twice := new(big.Int).Lsh(rest.Abs(rest), 1)
	if leavesZero(mode, v.Sign(), twice.Cmp(v.Denom()), units.Bit(0) == 1) {
		units.Add(units, big.NewInt(int64(v.Sign())))
	}
	return units
}

// leavesZero tells whether a value that lies between two steps goes to the one
// farther from zero. half says how its rest compares with half a step, and odd
// is of the step nearer to zero.
func leavesZero(mode money.Rounding, sign, half int, odd bool) bool {
	switch mode {
	case money.Up:
		return true
	case money.Floor:
		return sign < 0
	case money.Ceiling:
		return sign > 0
	case money.HalfUp:
		return half >= 0
	case money.HalfEven:
		return half > 0 || half == 0 && odd
	}
	return false // money.Down
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// bounded refuses a number that has outgrown any use.
func (n number) bounded() error {
	if n.wide != nil && n.wide.Num().BitLen()+n.wide.Denom().BitLen() > maxBits {
		return errTooLong
	}
	return nil
}

// String writes the one text of the value: a decimal where one is exact, else a
// fraction in lowest terms, "1000/3".
func (n number) String() string {
	if n.wide != nil {
		if places, exact := n.wide.FloatPrec(); exact && places <= maxDecimals {
			return n.wide.FloatString(places)
		}
		return n.wide.RatString()
	}
	if n.places == 0 {
		return strconv.FormatInt(n.coef, 10)
	}
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], magnitude(n.coef), 10)
	var buf [24]byte
	out := buf[:0]
	if n.coef < 0 {
		out = append(out, '-')
	}
	if point := len(text) - n.places; point > 0 {
		out = append(out, text[:point]...)
		text = text[point:]
	} else {
		out = append(out, '0')
	}
	out = append(out, '.')
	for i := len(text); i < n.places; i++ {
		out = append(out, '0')
	}
	return string(append(out, text...))
}

// parseNumber reads what String writes, and nothing else.
func parseNumber(s string) (number, error) {
	n, ok := parseNarrow(s)
	if !ok {
		if len(s) > maxText || strings.Trim(s, "0123456789./-") != "" {
			return number{}, notNumber(s)
		}
		v, ok := new(big.Rat).SetString(s)
		if !ok {
			return number{}, notNumber(s)
		}
		n = ofRat(v)
	}
	if err := n.bounded(); err != nil {
		return number{}, err
	}
	if n.String() != s {
		return number{}, notNumber(s)
	}
	return n, nil
}

// parseNarrow reads a decimal of at most 18 digits.
func parseNarrow(s string) (number, bool) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == 0 || len(digits) > 19 {
		return number{}, false
	}
	var coef int64
	point := -1
	for i, c := range []byte(digits) {
		switch {
		case c == '.' && point < 0 && i > 0:
			point = i
		case '0' <= c && c <= '9' && (point >= 0 || i < 18):
			coef = coef*10 + int64(c-'0')
		default:
			return number{}, false
		}
	}
	places := 0
	if point >= 0 {
		places = len(digits) - point - 1
	}
	if len(digits) < len(s) {
		coef = -coef
	}
	return narrow(coef, places), true
}

func notNumber(s string) error {
	return errors.New(strconv.QuoteToASCII(s[:min(len(s), 40)]) + " is not a decimal or a fraction as a sheet writes it")
}
