package scms

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Freight is what a line's freight cell means: [Own], [Included],
// [InvoicedSeparately] or [Refers], and nothing else.
type Freight interface{ freight() }

// Own is freight charged on the line itself.
type Own struct {
	Amount decimal.Decimal // in USD, not negative
}

// Included is freight that the vendor's price of the goods already covers.
type Included struct{}

// InvoicedSeparately is freight charged on an invoice that the file does not show.
type InvoicedSeparately struct{}

// Weight is what a line's weight cell means: [Weighed], [CapturedSeparately]
// or [Refers], and nothing else.
type Weight interface{ weight() }

// Weighed is a weight of the line's own.
type Weighed struct {
	Kilograms decimal.Decimal // not negative
}

// CapturedSeparately is a weight that is recorded outside the file.
type CapturedSeparately struct{}

// Refers points at the line that carries the figure for this one as well.
type Refers struct {
	Shipment string // the ASN or DN of the line pointed at
	LineID   string // its ID
}

func (Own) freight()                {}
func (Included) freight()           {}
func (InvoicedSeparately) freight() {}
func (Refers) freight()             {}

func (Weighed) weight()            {}
func (CapturedSeparately) weight() {}
func (Refers) weight()             {}

const (
	wordingIncluded   = "Freight Included in Commodity Cost"
	wordingInvoiced   = "Invoiced Separately"
	wordingCaptured   = "Weight Captured Separately"
	wordingRefers     = "See "
	wordingRefersID   = " (ID#:"
	wordingRefersEnds = ")"
)

// freight is nil when the cell was reported as a problem.
func (p *lineParser) freight() Freight {
	s := p.cell(colFreight)
	switch {
	case s == wordingIncluded:
		return Included{}
	case s == wordingInvoiced:
		return InvoicedSeparately{}
	case strings.HasPrefix(s, wordingRefers):
		if ref, ok := p.refers(colFreight); ok {
			return ref
		}
	case numberLike(s):
		if d, ok := p.dollars(colFreight); ok {
			return Own{d}
		}
	default:
		p.problem(colFreight, "the wording is unknown",
			`enter an amount, "`+wordingIncluded+`", "`+wordingInvoiced+`" or "See ASN-93 (ID#:1281)"`)
	}
	return nil
}

// weight is nil when the cell was reported as a problem.
func (p *lineParser) weight() Weight {
	s := p.cell(colWeight)
	switch {
	case s == wordingCaptured:
		return CapturedSeparately{}
	case strings.HasPrefix(s, wordingRefers):
		if ref, ok := p.refers(colWeight); ok {
			return ref
		}
	case numberLike(s):
		d, err := money.ParseDecimal(s)
		if err == nil && !d.IsNegative() {
			return Weighed{d}
		}
		p.problem(colWeight, "this is not a weight", "write the kilograms as digits with a decimal point, not negative")
	default:
		p.problem(colWeight, "the wording is unknown",
			`enter the kilograms, "`+wordingCaptured+`" or "See ASN-93 (ID#:1281)"`)
	}
	return nil
}

// refers reads a pointer such as "See ASN-93 (ID#:1281)".
func (p *lineParser) refers(c column) (Refers, bool) {
	rest := strings.TrimPrefix(p.cell(c), wordingRefers)
	shipment, rest, found := strings.Cut(rest, wordingRefersID)
	id, ends := strings.CutSuffix(rest, wordingRefersEnds)
	if !found || !ends || shipment == "" || strings.TrimSpace(shipment) != shipment || !isLineID(id) {
		p.problem(c, "the pointer to another line cannot be read", `write it like "See ASN-93 (ID#:1281)"`)
		return Refers{}, false
	}
	return Refers{Shipment: shipment, LineID: id}, true
}

// isLineID bounds what an ID may be: the publisher numbers lines.
func isLineID(s string) bool { return len(s) <= 18 && digits(s) }

// numberLike tells an amount that is written wrongly from unknown wording, so
// that the remedy fits.
func numberLike(s string) bool {
	return s != "" && strings.IndexByte("+-.0123456789", s[0]) >= 0
}
