package scms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// A Line is one record of the delivery history: one item of one shipment, with
// its charges. Its texts are slices of Raw, so that keeping Raw costs them
// nothing.
type Line struct {
	Number int    // physical line of the file at which the record starts, counted from 1 with the header
	ID     string // the publisher's number of the line, unique in the file
	Raw    string // the record's exact text, decoded, without its line end

	Shipment     string // ASN or DN number
	Project      string // the customer's project code
	PriceQuote   string
	PO           string // purchase or stock order
	Country      string // destination
	ManagedBy    string
	FulfilledVia string
	Vendor       string
	Incoterm     string // or "N/A - From RDC" when the goods leave a distribution centre
	Mode         string // "Air", "Air Charter", "Ocean", "Truck" or "N/A"

	Promised  Date // scheduled delivery; lines of one shipment may differ
	Delivered Date // delivered to the client
	Recorded  Date // delivery recorded: when proof of delivery was noted

	ProductGroup string
	Item         string
	Quantity     int64           // packs
	Value        decimal.Decimal // goods value in USD

	Weight    Weight
	Freight   Freight
	Insurance decimal.NullDecimal // in USD; invalid when the cell is empty, which is not the same as 0.00

	freightAt, weightAt int // where in File.Lines the pointers end; -1 until resolved
}

// PODBeforeDelivery says that delivery was recorded before it happened. It is
// a fact of the history and no reason to refuse it.
func (l *Line) PODBeforeDelivery() bool { return l.Recorded.Before(l.Delivered) }

// A Date is a day of the civil calendar, without a zone, and its text as the
// file has it.
type Date struct {
	Raw   string
	Year  int16
	Month uint8 // 1 is January
	Day   uint8
}

// Before compares days, not texts.
func (d Date) Before(other Date) bool { return d.ordinal() < other.ordinal() }

// SameDay compares days, not texts.
func (d Date) SameDay(other Date) bool { return d.ordinal() == other.ordinal() }

// String is the day in ISO 8601, as in 2006-06-02.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func (d Date) ordinal() int { return (int(d.Year)*12+int(d.Month))*31 + int(d.Day) }

// parseDate reads a day such as 2-Jun-06. Years are of this century: the
// programme began in 2005.
func parseDate(s string) (Date, bool) {
	day, rest, _ := strings.Cut(s, "-")
	name, year, _ := strings.Cut(rest, "-")
	if len(day) < 1 || len(day) > 2 || !digits(day) || len(year) != 2 || !digits(year) {
		return Date{}, false
	}
	month := time.Month(0)
	for m := time.January; m <= time.December; m++ {
		if name == m.String()[:3] {
			month = m
		}
	}
	if month == 0 {
		return Date{}, false
	}
	d, _ := strconv.Atoi(day)
	y, _ := strconv.Atoi(year)
	y += 2000
	lastDay := time.Date(y, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if d < 1 || d > lastDay {
		return Date{}, false
	}
	return Date{Raw: s, Year: int16(y), Month: uint8(month), Day: uint8(d)}, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// lineParser reads the cells of one line and reports each that it cannot
// understand; one line may have several problems.
type lineParser struct {
	number int
	id     string
	fields *[columnCount]string
	at     layout
	report func(Problem)
}

func (p *lineParser) cell(c column) string { return p.fields[p.at[c]] }

func (p *lineParser) problem(c column, reason, remedy string) {
	p.report(Problem{Line: p.number, ID: p.id, Column: c.String(), Value: p.cell(c), Reason: reason, Remedy: remedy})
}

// key reads a cell that identifies something: neither empty nor padded, since
// a stray blank would make another shipment or customer of it.
func (p *lineParser) key(c column) string {
	s := p.cell(c)
	switch {
	case s == "":
		p.problem(c, "the cell is empty", "enter the line's "+c.String())
	case strings.TrimSpace(s) != s:
		p.problem(c, "the cell begins or ends with a blank", "remove the blank")
	}
	return s
}

func (p *lineParser) date(c column) Date {
	d, ok := parseDate(p.cell(c))
	if !ok {
		p.problem(c, "this is not a day of the calendar", "write it like 2-Jun-06")
	}
	return d
}

// dollars reads an amount of money of at most two decimals.
func (p *lineParser) dollars(c column) (decimal.Decimal, bool) {
	d, err := money.ParseDecimal(p.cell(c))
	switch {
	case err != nil:
		p.problem(c, "this is not an amount", "write digits and a decimal point, like 780.34")
	case d.IsNegative():
		p.problem(c, "the amount is negative", "enter the charge itself; record a credit as a credit memo")
	case !d.Equal(d.Truncate(2)):
		p.problem(c, "the amount is finer than a cent", "round it to two decimals")
	default:
		return d, true
	}
	return decimal.Decimal{}, false
}

// line reads every cell that the ledger uses.
func (p *lineParser) line(raw string) Line {
	l := Line{
		Number:       p.number,
		ID:           p.id,
		Raw:          raw,
		Shipment:     p.key(colShipment),
		Project:      p.key(colProject),
		PriceQuote:   p.cell(colPriceQuote),
		PO:           p.cell(colPurchaseOrder),
		Country:      p.cell(colCountry),
		ManagedBy:    p.cell(colManagedBy),
		FulfilledVia: p.cell(colFulfilVia),
		Vendor:       p.cell(colVendor),
		Incoterm:     p.cell(colIncoterm),
		Mode:         p.cell(colMode),
		Promised:     p.date(colPromised),
		Delivered:    p.date(colDelivered),
		Recorded:     p.date(colRecorded),
		ProductGroup: p.cell(colProductGroup),
		Item:         p.cell(colItem),
		Weight:       p.weight(),
		Freight:      p.freight(),
		freightAt:    -1,
		weightAt:     -1,
	}
	if s := p.cell(colQuantity); len(s) <= 15 && digits(s) {
		l.Quantity, _ = strconv.ParseInt(s, 10, 64)
	} else {
		p.problem(colQuantity, "this is not a number of packs", "write a whole number without separators")
	}
	l.Value, _ = p.dollars(colValue)
	if p.cell(colInsurance) != "" {
		l.Insurance.Decimal, l.Insurance.Valid = p.dollars(colInsurance)
	}
	return l
}
