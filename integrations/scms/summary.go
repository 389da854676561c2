package scms

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// A Sum counts amounts and adds them exactly.
type Sum struct {
	Count  int
	Amount decimal.Decimal // in USD, or kilograms for weights
}

func (s *Sum) add(d decimal.Decimal) {
	s.Count++
	s.Amount = s.Amount.Add(d)
}

// Totals are the control figures of a file: what an import must account for.
type Totals struct {
	Lines     int
	Shipments int
	Customers int

	OwnFreight           Sum
	Insurance            Sum // amounts of 0.00 count, empty cells do not
	Included             int
	InvoicedSeparately   int
	Refers               int
	RefersWithoutFigure  int // of Refers, those that end at a line without a freight figure
	PODBeforeDelivery    int // lines
	PromisesDiffer       int // shipments
	Weighed              Sum
	CapturedSeparately   int
	WeightRefers         int
	WeightRefersNoFigure int // of WeightRefers, those that end at a line without a weight
}

// Summary derives a file's control figures.
func Summary(f *File) Totals {
	t := Totals{Lines: len(f.Lines), Shipments: len(f.Shipments), Customers: len(f.Customers())}
	for i := range f.Lines {
		line := &f.Lines[i]
		switch freight := line.Freight.(type) {
		case Own:
			t.OwnFreight.add(freight.Amount)
		case Included:
			t.Included++
		case InvoicedSeparately:
			t.InvoicedSeparately++
		case Refers:
			t.Refers++
			if _, figure := f.FreightCarrier(i); !figure {
				t.RefersWithoutFigure++
			}
		}
		switch weight := line.Weight.(type) {
		case Weighed:
			t.Weighed.add(weight.Kilograms)
		case CapturedSeparately:
			t.CapturedSeparately++
		case Refers:
			t.WeightRefers++
			if _, figure := f.WeightCarrier(i); !figure {
				t.WeightRefersNoFigure++
			}
		}
		if line.Insurance.Valid {
			t.Insurance.add(line.Insurance.Decimal)
		}
		if line.PODBeforeDelivery() {
			t.PODBeforeDelivery++
		}
	}
	for i := range f.Shipments {
		if f.Shipments[i].PromisesDiffer() {
			t.PromisesDiffer++
		}
	}
	return t
}

// FindingKind names a question that a line raises.
type FindingKind string

const (
	// FreightWithoutFigure is a freight pointer that ends at a line without an
	// amount: whose freight is that?
	FreightWithoutFigure FindingKind = "freight-without-figure"
	// WeightWithoutFigure is a weight pointer that ends at a line without a weight.
	WeightWithoutFigure FindingKind = "weight-without-figure"
	// PODBeforeDelivery is proof of delivery recorded before the delivery.
	PODBeforeDelivery FindingKind = "pod-before-delivery"
	// PromiseDiffers is a line promising a later day than its shipment keeps.
	PromiseDiffers FindingKind = "promise-differs"
)

// A Finding is a fact of the file that somebody should look at.
type Finding struct {
	Kind     FindingKind
	Line     int // physical line
	ID       string
	Shipment string
	Detail   string
}

// Findings lists, in line order, what was understood but raises a question.
func (f *File) Findings() []Finding {
	var findings []Finding
	promised := make([]Date, len(f.Lines))
	for i := range f.Shipments {
		for _, at := range f.Shipments[i].Lines {
			promised[at] = f.Shipments[i].Promised
		}
	}
	for i := range f.Lines {
		line := &f.Lines[i]
		find := func(kind FindingKind, format string, args ...any) {
			findings = append(findings, Finding{kind, line.Number, line.ID, line.Shipment, fmt.Sprintf(format, args...)})
		}
		if carrier, figure := f.FreightCarrier(i); !figure && carrier != i {
			find(FreightWithoutFigure, "freight is said to be on ID %s, line %d, which has no amount of its own: %q",
				f.Lines[carrier].ID, f.Lines[carrier].Number, wording(f.Lines[carrier].Freight))
		}
		if carrier, figure := f.WeightCarrier(i); !figure && carrier != i {
			find(WeightWithoutFigure, "weight is said to be on ID %s, line %d, which has none: %q",
				f.Lines[carrier].ID, f.Lines[carrier].Number, wordingCaptured)
		}
		if line.PODBeforeDelivery() {
			find(PODBeforeDelivery, "delivery on %s was recorded on %s", line.Delivered, line.Recorded)
		}
		if promised[i].Before(line.Promised) {
			find(PromiseDiffers, "the line promises %s, its shipment %s", line.Promised, promised[i])
		}
	}
	return findings
}

// wording is how the file says that a line has no freight figure.
func wording(f Freight) string {
	if _, ok := f.(Included); ok {
		return wordingIncluded
	}
	return wordingInvoiced
}
