package scms

import (
	"fmt"
	"strconv"
)

// column is a heading of the delivery history, in the publisher's order; a
// file may hold the columns in any order.
type column int

const (
	colID column = iota
	colProject
	colPriceQuote
	colPurchaseOrder
	colShipment
	colCountry
	colManagedBy
	colFulfilVia
	colIncoterm
	colMode
	colQuoteSent
	colOrderSent
	colPromised
	colDelivered
	colRecorded
	colProductGroup
	colSubClassification
	colVendor
	colItem
	colMolecule
	colBrand
	colDosage
	colDosageForm
	colUnitsPerPack
	colQuantity
	colValue
	colPackPrice
	colUnitPrice
	colManufacturer
	colFirstLine
	colWeight
	colFreight
	colInsurance

	columnCount = int(colInsurance) + 1
)

func (c column) String() string { return headings()[c] }

func headings() [columnCount]string {
	return [columnCount]string{
		colID:                "ID",
		colProject:           "Project Code",
		colPriceQuote:        "PQ #",
		colPurchaseOrder:     "PO / SO #",
		colShipment:          "ASN/DN #",
		colCountry:           "Country",
		colManagedBy:         "Managed By",
		colFulfilVia:         "Fulfill Via",
		colIncoterm:          "Vendor INCO Term",
		colMode:              "Shipment Mode",
		colQuoteSent:         "PQ First Sent to Client Date",
		colOrderSent:         "PO Sent to Vendor Date",
		colPromised:          "Scheduled Delivery Date",
		colDelivered:         "Delivered to Client Date",
		colRecorded:          "Delivery Recorded Date",
		colProductGroup:      "Product Group",
		colSubClassification: "Sub Classification",
		colVendor:            "Vendor",
		colItem:              "Item Description",
		colMolecule:          "Molecule/Test Type",
		colBrand:             "Brand",
		colDosage:            "Dosage",
		colDosageForm:        "Dosage Form",
		colUnitsPerPack:      "Unit of Measure (Per Pack)",
		colQuantity:          "Line Item Quantity",
		colValue:             "Line Item Value",
		colPackPrice:         "Pack Price",
		colUnitPrice:         "Unit Price",
		colManufacturer:      "Manufacturing Site",
		colFirstLine:         "First Line Designation",
		colWeight:            "Weight (Kilograms)",
		colFreight:           "Freight Cost (USD)",
		colInsurance:         "Line Item Insurance (USD)",
	}
}

// layout says at which position of a record each column stands.
type layout [columnCount]int

// readHeader finds every column by its heading. The layout is usable only when
// no problem is returned.
func readHeader(rec record, text string) (layout, []Problem) {
	var at layout
	var fields [columnCount]string
	count, fault := split(text, &fields)
	if fault != nil {
		return at, []Problem{{
			Line: rec.number, Reason: "the header cannot be read: " + fault.reason,
			Remedy: "restore the header line as the publisher writes it, columns separated by tabs",
		}}
	}
	if count == 1 {
		return at, []Problem{{
			Line: rec.number, Value: shorten(fields[0]), Reason: "the first line is not a header of tab-separated columns",
			Remedy: "export the delivery history with tabs between columns and the headings on the first line",
		}}
	}
	found := make(map[string]int, columnCount)
	var problems []Problem
	for i, heading := range fields[:min(count, columnCount)] {
		if first, twice := found[heading]; twice {
			problems = append(problems, Problem{
				Line: rec.number, Column: shorten(heading), Value: shorten(heading),
				Reason: fmt.Sprintf("the heading stands at positions %d and %d", first+1, i+1),
				Remedy: "remove or rename one of the two columns",
			})
			continue
		}
		found[heading] = i
	}
	for c, heading := range headings() {
		i, ok := found[heading]
		if !ok {
			problems = append(problems, Problem{
				Line: rec.number, Column: heading, Reason: "the column is missing from the header",
				Remedy: "add the column under exactly the heading " + strconv.Quote(heading) + "; the order of columns does not matter",
			})
			continue
		}
		at[c] = i
		delete(found, heading)
	}
	for i, heading := range fields[:min(count, columnCount)] {
		if at, unknown := found[heading]; unknown && at == i {
			problems = append(problems, Problem{
				Line: rec.number, Column: shorten(heading), Value: shorten(heading),
				Reason: fmt.Sprintf("the heading at position %d is not one of the delivery history's", i+1),
				Remedy: "rename it to the missing heading it stands for, or remove the column",
			})
		}
	}
	if count > columnCount {
		problems = append(problems, Problem{
			Line:   rec.number,
			Reason: fmt.Sprintf("the header has %d columns instead of %d", count, columnCount),
			Remedy: "remove the columns that the publisher does not have",
		})
	}
	return at, problems
}
