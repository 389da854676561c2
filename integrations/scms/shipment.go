package scms

import "fmt"

// A Shipment is the lines of one ASN or DN. What its lines agree on stands
// here once; where they promise different days, the earliest binds.
type Shipment struct {
	ID       string
	Project  string // the customer
	Country  string
	Vendor   string
	PO       string
	Mode     string
	Incoterm string

	Promised     Date // the earliest promise among the lines
	PromisedLast Date // the latest; another day for few shipments
	PromisedOn   int  // index in File.Lines of the first line with the earliest promise
	Delivered    Date
	Recorded     Date

	Lines []int // indices in File.Lines, in file order
}

// PromisesDiffer says that the lines do not all promise the same day.
func (s *Shipment) PromisesDiffer() bool { return !s.Promised.SameDay(s.PromisedLast) }

// PODBeforeDelivery says that delivery was recorded before it happened.
func (s *Shipment) PODBeforeDelivery() bool { return s.Recorded.Before(s.Delivered) }

// shared are the columns that must agree within a shipment.
func shared() [11]column {
	return [...]column{
		colProject, colPriceQuote, colPurchaseOrder, colCountry, colManagedBy, colFulfilVia,
		colVendor, colIncoterm, colMode, colDelivered, colRecorded,
	}
}

// sharedText is the line's text in each of the shared columns.
func (l *Line) sharedText() [11]string {
	return [...]string{
		l.Project, l.PriceQuote, l.PO, l.Country, l.ManagedBy, l.FulfilledVia,
		l.Vendor, l.Incoterm, l.Mode, l.Delivered.Raw, l.Recorded.Raw,
	}
}

// reportContradictions compares a line with the first of its shipment.
func reportContradictions(line, first *Line, report func(Problem)) {
	mine, theirs := line.sharedText(), first.sharedText()
	if mine == theirs {
		return
	}
	for i, c := range shared() {
		dated := c == colDelivered || c == colRecorded
		if mine[i] == theirs[i] || dated && (mine[i] == "" || theirs[i] == "") {
			continue // an unreadable day is a problem of its own
		}
		report(Problem{
			Line: line.Number, ID: line.ID, Column: c.String(), Value: mine[i],
			Reason: fmt.Sprintf("%s has %q on its first line, line %d", unquoted(shorten(line.Shipment)), shorten(theirs[i]), first.Number),
			Remedy: "make the lines of the shipment agree, or give this line the ASN/DN it belongs to",
		})
	}
}

// gather makes shipments of lines, in order of first appearance.
func gather(lines []Line, shipmentOf []int, count int) []Shipment {
	sizes := make([]int, count)
	for _, s := range shipmentOf {
		sizes[s]++
	}
	shipments := make([]Shipment, count)
	indices := make([]int, len(lines)) // one array for all, cut to size
	for i := range lines {
		line, s := &lines[i], &shipments[shipmentOf[i]]
		if s.Lines == nil {
			size := sizes[shipmentOf[i]]
			*s = Shipment{
				ID: line.Shipment, Project: line.Project, Country: line.Country, Vendor: line.Vendor,
				PO: line.PO, Mode: line.Mode, Incoterm: line.Incoterm,
				Promised: line.Promised, PromisedLast: line.Promised, PromisedOn: i,
				Delivered: line.Delivered, Recorded: line.Recorded,
				Lines: indices[:0:size],
			}
			indices = indices[size:]
		}
		if line.Promised.Before(s.Promised) {
			s.Promised, s.PromisedOn = line.Promised, i
		}
		if s.PromisedLast.Before(line.Promised) {
			s.PromisedLast = line.Promised
		}
		s.Lines = append(s.Lines, i)
	}
	return shipments
}
