package domain_test

import (
	"slices"

	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

// examples has every event once, as it might well be, with every field filled:
// what testdata/events and testdata/journal keep.
func examples() []domain.Event {
	return slices.Concat(orderExamples(), ratingExamples(), chargeExamples(), invoiceExamples(), cashExamples(), bankExamples(), otherExamples(), taxExamples())
}

// olderBillingExamples are the same as versions before the present one are read: they
// did not say everything.
func olderBillingExamples() map[string]domain.Event {
	disputed := []domain.CreditLine{{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Amount: usd("85.00"), Tax: usd("11.05")}}
	unstated := domain.DisputeTerms{Code: domain.ReasonOther}
	older := map[string]domain.Event{
		"LinesDisputed.v1":   domain.LinesDisputed{Invoice: invoice, Dispute: "D1", Customer: customer, Reason: "lumper not agreed", Lines: disputed, DisputeTerms: unstated},
		"DisputeOpened.v1":   domain.DisputeOpened{Invoice: invoice, Dispute: "D1", Customer: customer, Reason: "lumper not agreed", Lines: disputed, DisputeTerms: unstated},
		"CandidateSealed.v1": domain.CandidateSealed{Invoice: invoice, Series: "INV", BillingDate: "2024-03-31", IssueDate: "2024-03-31", TermsDays: 30, Net: usd("219.17"), Tax: usd("28.49"), Total: usd("247.66")},
		"NumberAssigned.v1":  domain.NumberAssigned{Series: "CM-2024", N: 1, Number: "CM-2024-000001", For: domain.NumberFor{Invoice: invoice, Credit: "dispute-D1"}},
		"DisputeCleared.v1":  domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndUnstated},
	}
	// Candidates before debit memos, and before there was more than a month
	for version, candidate := range map[string]domain.Candidate{"v1": candidate(), "v2": monthlyDebit()} {
		for _, e := range examples() {
			switch e := e.(type) {
			case domain.ChargesClaimed:
				e.Candidate, e.Lines, e.ReviewAbove = candidate, plainLines(), money.Money{}
				older["ChargesClaimed."+version] = e
			case domain.LinesDeclined:
				e.Next = candidate.Next()
				older["LinesDeclined."+version] = e
			case domain.CandidateOpened:
				e.Candidate = candidate
				older["CandidateOpened."+version] = e
			case domain.HoldReleased:
				e.Reason, e.By, e.Role, e.Candidate = domain.HoldCustomerInactive, "freightledger", "", candidate
				older["HoldReleased."+version] = e
			case domain.InvoiceIssued:
				e.Candidate, e.Lines, e.Taxed, e.Exchange = candidate, plainLines(), nil, nil
				older["InvoiceIssued."+version] = e
			case domain.BillingAllowed:
				e.Candidate, e.Buyer = candidate, tax.Customer{}
				older["BillingAllowed."+version] = e
			case domain.BillingBlocked:
				e.Candidate = candidate
				older["BillingBlocked."+version] = e
			}
		}
	}
	return older
}

// plainLines are lines from before they said what a chart tells them apart by
// and what their tax goes by.
func plainLines() []domain.BillLine {
	lines := exampleLines()
	for i := range lines {
		lines[i].Dimensions, lines[i].Facts, lines[i].Taxed = domain.Dimensions{}, nil, nil
	}
	return lines
}

// exampleChart has a row of each condition first, and then those of the built-in
// chart, on other accounts.
func exampleChart() domain.ChartVersion {
	chart := domain.BuiltInChart()
	chart.Version, chart.Title, chart.From = "2024-04", "Reefer on its own", "2024-04-01"
	for i := range chart.Rows {
		chart.Rows[i].Account += "-B"
	}
	first := []domain.ChartRow{
		{Role: domain.TaxPayable, Kind: domain.Freight, Code: "400", Unit: "reefer", Origin: "US-IL", Destination: "CA", Jurisdiction: "CA-ON", Account: "2201"},
		{Role: domain.Revenue, Kind: domain.Freight, Unit: "reefer", Account: "4011"},
		{Role: domain.Revenue, Origin: "US", Destination: "CA", Account: "4012"},
	}
	chart.Rows = append(first, chart.Rows...)
	return chart
}

func exampleDimensions() domain.Dimensions {
	return domain.Dimensions{Unit: "reefer", Origin: "US-IL", Destination: "CA-ON", Jurisdiction: "CA-ON"}
}

// classified gives parts of lines what the lines say.
func classified(parts ...domain.CreditLine) []domain.CreditLine {
	for i := range parts {
		for _, line := range exampleLines() {
			if line.Charge == parts[i].Charge {
				parts[i].Code, parts[i].Dimensions = line.Code, line.Dimensions
			}
		}
	}
	return parts
}

// debitMemoExample is the example of an invoice as a debit memo.
func debitMemoExample() domain.Event {
	for _, e := range examples() {
		if e, ok := e.(domain.InvoiceIssued); ok {
			e.Invoice, e.Number = e.Candidate.ID(), "DM-2024-000001"
			return e
		}
	}
	return nil
}

// monthlyDebit is a debit memo to the invoice of a month.
func monthlyDebit() domain.Candidate {
	c := candidate()
	c.Raises = domain.Raised{Invoice: invoice, Number: number, Issued: "2024-04-04"}
	return c
}

// exampleCandidate has all that a candidate may have.
func exampleCandidate() domain.Candidate {
	c := monthlyDebit()
	c.Issuer, c.PO, c.Shipment, c.Stop, c.TermsDays, c.Part = "US01", "4500017", shipment, 2, "45", "dock-7"
	return c
}

var exampleSource = domain.Source{Message: "x12-7f83b165", Place: "ST 0001 segment 14 (AT7)", Offset: 1204, Length: 38}

func moment(local, zone string, offset time.Duration) domain.Moment {
	m := at(local)
	m.UTC, m.Zone = m.UTC.Add(-offset), zone
	return m
}

// inChicago is an hour of a March day before the clocks change.
func inChicago(local string) domain.Moment { return moment(local, "America/Chicago", -6*time.Hour) }

func orderExamples() []domain.Event {
	return []domain.Event{
		domain.OrderReleased{
			Shipment: shipment, Customer: customer, Currency: "USD",
			References: []domain.Reference{{Kind: "BOL", Value: "881204"}, {Kind: "PO", Value: "4500017"}},
			Mode:       "LTL", Incoterm: "DAP", WeightKg: "607.81",
			Measures: domain.Measures{Equipment: "53V", Weight: rating.Quantity{Value: number6("1340"), Unit: "lb", Source: "scale ticket 8812"},
				Distance: rating.Quantity{Value: number6("967.4"), Unit: "mi", Source: "practical miles"}, Pallets: number6("2"), Pieces: number6("48")},
			Ordered:  inChicago("2024-03-01T08:30:00"),
			Weight:   domain.WeightNote{Reason: "captured separately", Refers: "SH-2"},
			Promised: at("2024-03-05"),
			Stops: []domain.Stop{
				{Seq: 1, Kind: domain.StopPickup, Place: "Chicago", Zone: "America/Chicago", From: inChicago("2024-03-04T08:00:00"), Until: inChicago("2024-03-04T10:00:00"),
					Where: rating.Place{Country: "US", State: "IL", City: "Chicago", Postal: "60607"}, Party: "SHIPPER-1", Weight: number6("1340")},
				{Seq: 2, Kind: domain.StopDelivery, Place: "Dallas", Zone: "America/Chicago", Optional: true, From: inChicago("2024-03-05T08:00:00"), Until: inChicago("2024-03-05T10:00:00")},
			},
			Terms:  exampleTerms(),
			Source: exampleSource,
		},
		domain.ReferenceAdded{Shipment: shipment, Reference: domain.Reference{Kind: "PRO", Value: "7781203"}, Source: exampleSource},
		domain.OrderTendered{Shipment: shipment, Carrier: "XPOL", At: inChicago("2024-03-01T09:00:00"), Source: exampleSource},
		domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL", DispatchRef: "D-5512", At: inChicago("2024-03-01T09:30:00"), Source: exampleSource},
		domain.TenderDeclined{Shipment: shipment, Carrier: "XPOL", Reason: "no equipment", At: inChicago("2024-03-01T09:30:00"), Source: exampleSource},
		domain.TenderExpired{Shipment: shipment, Carrier: "XPOL", At: inChicago("2024-03-01T11:00:00")},
		domain.ShipmentDispatched{Shipment: shipment, Load: "LD-77", At: inChicago("2024-03-03T18:00:00"), Source: exampleSource},
		domain.ShipmentCancelled{Shipment: shipment, Reason: "order withdrawn", At: inChicago("2024-03-02T10:00:00"), ByCarrier: true, Source: exampleSource},
		domain.MilestoneRecorded{Milestone: domain.Milestone{Shipment: shipment, Stop: 2, Kind: domain.Delayed, Estimate: true, At: inChicago("2024-03-05T14:05:00"),
			Reason: "AI", Place: "Texarkana", Medium: domain.MediumEDI, ReportedAt: inChicago("2024-03-05T09:12:00"), Source: exampleSource}},
		domain.ShipmentDelivered{Shipment: shipment, At: inChicago("2024-03-05T14:05:00")},
		domain.ExceptionRaised{Shipment: shipment, Exception: "damaged-2-2024-03-05T14:05:00", Kind: domain.Damaged, Detail: "two cartons crushed", Source: exampleSource},
		domain.ExceptionResolved{Shipment: shipment, Exception: "damaged-2-2024-03-05T14:05:00", Resolution: "consignee kept the goods", By: "claims desk"},
		domain.PODReceived{Shipment: shipment, Version: 1, Document: "receipt 881", SignedBy: "dock 4", At: inChicago("2024-03-05T14:20:00"), Notes: "two cartons crushed", Source: exampleSource},
		domain.PODVerified{Shipment: shipment, Version: 1, Outcome: domain.PODWithExceptions, By: "billing desk", Timed: []int{2}},
		domain.PODUnreadable{Shipment: shipment, Version: 1, By: "billing desk"},
		domain.PODCorrected{Reason: "wrong page scanned", PODReceived: domain.PODReceived{Shipment: shipment, Version: 2, Document: "receipt 881 page 2", SignedBy: "dock 4",
			At: inChicago("2024-03-05T14:20:00"), Notes: "none", Source: exampleSource}},
	}
}

var exampleDays = 45

func exampleTerms() domain.Terms {
	return domain.Terms{Agreement: "ACME-2024", Version: "3", ApprovalAbove: usd("50.00"), PODWaiver: "ACME-2024 §7", BillWithExceptions: true, Rate: true, Issuer: "US01", Unit: "reefer", Recognition: domain.RecognizedOverTransit,
		Billing: domain.BillingTerms{Cycle: rating.PerDelivery, ByPO: true, References: []string{"PO", "BOL"}, TermsDays: &exampleDays, ReviewAbove: number6("5000.00"), Recognition: domain.RecognizedOverTransit},
		Tax:     domain.Tax{Code: domain.TaxStandard, Jurisdiction: "CA-ON", Percent: "13", Version: "2024-01", Evidence: "place of supply: Ontario"}}
}

func exampleSheet() *rating.Derivation {
	return &rating.Derivation{Clause: "lane CHI-DAL", Steps: []rating.Step{
		{Label: "miles", Op: rating.Given, From: "fact distance", Value: "967.4"}, {Label: "rate per mile", Op: rating.Given, From: "lane CHI-DAL/linehaul/rate", Value: "2.10"},
		{Label: "price", Op: rating.Mul, Args: []int{0, 1}, Value: "2031.54"},
		{Label: "linehaul", Op: rating.Rounded, Args: []int{2}, Round: &rating.Round{Mode: money.HalfUp, Step: number6("0.01")}, Value: "2031.54"}}}
}

func ratingExamples() []domain.Event {
	until := inChicago("2024-03-05T11:00:00").UTC
	return []domain.Event{
		domain.ServiceRecorded{Shipment: shipment, By: "dispatch desk", Reason: "receipt misread", Source: exampleSource, Service: rating.Service{Service: "lumper-1", Code: "LUM", Stop: 2,
			Quantity: number6("1"), Miles: number6("12.5"), Receipt: usd("80.00"), Document: "receipt 55", Approval: "e-mail of J. at ACME", At: exampleInstant()}},
		domain.DelayRecorded{Shipment: shipment, Delay: "breakdown", Stop: 2, From: inChicago("2024-03-05T09:00:00"), Until: inChicago("2024-03-05T09:40:00"), Reason: "AI", Source: exampleSource},
		domain.StopFactsRecorded{Shipment: shipment, Stop: 2, Party: "STORE-1", Weight: number6("1340"), By: "dispatch desk", Reason: "weighed again", Source: exampleSource},
		domain.NoticeRecorded{Shipment: shipment, Stop: 2, At: inChicago("2024-03-05T10:20:00"), Medium: "e-mail", To: "dock at ACME", Source: exampleSource},
		domain.RatingDue{Shipment: shipment, Agreement: "ACME", Facts: "4f1c22aa90be"},
		domain.ShipmentRated{Shipment: shipment, Agreement: "ACME", Version: "2024", Effective: "2024-03-04", Digest: "4f1c22aa90be", Facts: rating.Facts{Shipment: string(shipment), Customer: string(customer)},
			Clauses: exampleTerms(), Charges: []domain.RatedCharge{{Charge: "linehaul", Amount: "2031.54", Payor: "SHIPPER-1"}}, Notes: []rating.Note{{Clause: "accessorial DET", Text: "stop 2: 95 minutes within 120 free", Unknown: true}},
			Missing: []rating.Note{{Clause: "accessorial DET", Text: "stop 1: no report of the arrival", Unknown: true}, {Clause: "fuel diesel", Text: "index DIESEL has no value for 2024-03-04"}}, Awaits: []string{"DIESEL"},
			Lacks: []domain.LackOfCharge{{Charge: "DET-2", Lack: rating.Lack{Evidence: rating.NeedsNotice, Detail: "notice to the customer", Until: until, TooLate: true}}}, ByPayor: true},
		domain.RatingBlocked{Shipment: shipment, Agreement: "ACME", Facts: "4f1c22aa90be", Reason: "no version is in force on 2024-03-04"},
		domain.AgreementAdopted{Agreement: "ACME", Terms: earnedOnTheWay(terms()), By: "pricing desk", Source: exampleSource, Waiting: []domain.ShipmentID{shipment}},
		domain.AgreementAwaited{Agreement: "ACME", Shipment: shipment},
		domain.IndexPublished{Index: "DIESEL", Values: []rating.IndexValue{{Index: "DIESEL", Published: "2024-03-04", Effective: "2024-03-05", Value: number6("4.022"), Source: "EIA"}},
			Source: exampleSource, Waiting: []domain.ShipmentID{shipment}, Bills: []domain.Candidate{exampleCandidate()}},
		domain.RateAwaited{Index: "BOC-USD", Candidate: exampleCandidate(), Changed: true},
		domain.IndexAwaited{Index: "DIESEL", Shipment: shipment},
	}
}

func exampleInstant() rating.Instant {
	m := inChicago("2024-03-05T10:00:00")
	return rating.Instant{UTC: m.UTC, Local: m.Local, Zone: m.Zone}
}

func chargeExamples() []domain.Event {
	fuel := domain.Basis{Tariff: "ACME-2024", Version: "3", Effective: "2024-03-01", Formula: domain.FormulaPercent,
		Inputs: map[string]string{"base": "112.37", "percent": "10.50", "index_date": "2024-02-26"}, Rounding: money.HalfUp, Sheet: exampleSheet()}
	return []domain.Event{
		domain.ChargeEntered{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Code: "LUM", Description: "third-party unloading", Amount: usd("85.00"),
			Basis:       domain.Basis{Tariff: "ACME-2024", Version: "3", Effective: "2024-03-01", Formula: domain.FormulaStated, Inputs: map[string]string{"amount": "85.00"}, Rounding: money.HalfUp, Sheet: exampleSheet()},
			PassThrough: &domain.PassThrough{Receipt: usd("80.00"), Fee: usd("5.00")}, RequestedBy: "dispatch desk", NeedsApproval: true, Source: exampleSource, Payor: "SHIPPER-1", Stop: 2},
		domain.ChargeAssigned{Shipment: shipment, Charge: "LUM-1", Payor: "SHIPPER-1", Stop: 2, By: "billing desk", Reason: "unloading is the consignee's"},
		domain.ChargeAmended{Shipment: shipment, Charge: "FSC", Amount: usd("11.80"), Basis: fuel, RequestedBy: "rating", Reason: "index of the pickup week", NeedsApproval: true},
		domain.ChargeApproved{Shipment: shipment, Charge: "LUM-1", Amount: usd("85.00"), By: "desk lead", Evidence: "sha256:9f86d081",
			Exhibits: []domain.Exhibit{{Of: "receipt", Shows: "80.00 USD, agreed fee 5.00 USD"}}, Digest: "8c7dd922ad47494fc02c388e12c00eac9d1f2b5e1f2c7a6cf3b7a1d7a6c2b901"},
		domain.ApprovalVoided{Shipment: shipment, Charge: "LUM-1", By: "desk lead", Digest: "8c7dd922ad47494fc02c388e12c00eac9d1f2b5e1f2c7a6cf3b7a1d7a6c2b901", Changes: []domain.ExhibitChange{
			{Of: "service L1", Was: "LUM, receipt of 80.00 USD, receipt 4711", Is: "LUM, receipt of 75.00 USD, receipt 4711"}}},
		domain.ChargeRejected{Shipment: shipment, Charge: "LUM-1", By: "desk lead", Reason: "no receipt"},
		domain.ChargeWaived{Shipment: shipment, Charge: "LUM-1", By: "desk lead", Reason: "goodwill"},
		domain.ChargeLinked{Shipment: shipment, Charge: "F-2", Kind: domain.Freight, BilledBy: domain.ChargeRef{Shipment: "SH-2", Charge: "F-1"}, Reason: "see SH-2", Source: exampleSource},
		domain.ChargeNotBillable{Shipment: shipment, Charge: "F-3", Kind: domain.Freight, Reason: "freight is included in the price", Source: exampleSource},
		domain.ChargeHeld{Shipment: shipment, Charge: "F-4", Kind: domain.Freight, Reason: "no figure", Refers: domain.ChargeRef{Shipment: "SH-2", Charge: "F-1"}, Source: exampleSource},
		domain.ChartAdopted{Chart: domain.DefaultChart, Terms: exampleChart(), By: "finance desk", Source: exampleSource},
		domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: "ACC-SH-1-1", Date: "2024-03-05", Issuer: "US01", Dimensions: exampleDimensions(), Lines: []domain.AccrualLine{
			{Charge: "F", Kind: domain.Freight, Code: "400", Amount: usd("561.86"), Share: exampleShare("2247.44", "112.37")},
			{Charge: "DISC", Kind: domain.Discount, Code: "DSC", Amount: usd("-449.49"), Share: exampleShare("-1797.96", "-89.90")},
			{Charge: "FSC", Kind: domain.FuelSurcharge, Code: "FUE", Amount: usd("11.80"), Share: exampleShare("47.20", "2.36")}}},
		domain.TransitDue{Shipment: shipment, Date: "2024-03-31"},
		domain.TransitMeasured{Shipment: shipment, Date: "2024-03-31"},
		domain.ChargesClaimed{Shipment: shipment, Candidate: exampleCandidate(), MovedFrom: "ACME_2024-02_USD_1", Evidence: "POD 1: receipt 881", Lines: exampleLines(), ReviewAbove: usd("5000.00")},
		domain.ChargesWrittenOff{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"LUM-1"}},
		domain.ChargesReinstated{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"LUM-1"}},
		domain.ChargesReleased{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F", "DISC", "FSC"}, Reason: "invoice voided: wrong customer", AccrualRestored: true},
		domain.ClaimQuestioned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F", "DISC", "FSC"}, Holds: []string{"no verified proof of delivery"}},
		domain.ChargesReturned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F", "DISC", "FSC"}, Reason: "no verified proof of delivery"},
	}
}

// exampleShare is three days of ten.
func exampleShare(price, before string) *domain.TransitShare {
	return &domain.TransitShare{Price: usd(price), Before: usd(before), PickedUp: "2024-03-03", Planned: "2024-03-13", Elapsed: 3, Days: 10}
}

func exampleLines() []domain.BillLine {
	lines := []domain.BillLine{
		{Shipment: shipment, Charge: "F", Kind: domain.Freight, Code: "400", Description: "linehaul CHI-DAL", Amount: usd("571.86"), Tax: usd("74.34"), TaxCode: domain.TaxStandard,
			Accrued: usd("561.86"), ServiceDate: "2024-03-05", Rebills: "ACME_2024-02_USD_1"},
		{Shipment: shipment, Charge: "DISC", Kind: domain.Discount, Code: "DSC", Description: "80% off linehaul", Amount: usd("-449.49"), Tax: usd("-58.43"), TaxCode: domain.TaxStandard,
			Accrued: usd("-449.49"), ServiceDate: "2024-03-05", Rebills: "ACME_2024-02_USD_1"},
		{Shipment: shipment, Charge: "FSC", Kind: domain.FuelSurcharge, Code: "FUE", Description: "fuel 10.50%", Amount: usd("11.80"), Tax: usd("1.53"), TaxCode: domain.TaxStandard,
			Accrued: usd("11.80"), ServiceDate: "2024-03-05", Rebills: "ACME_2024-02_USD_1"},
		{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Code: "LUM", Description: "third-party unloading", Amount: usd("85.00"), Tax: usd("11.05"), TaxCode: domain.TaxStandard,
			Accrued: usd("0.00"), ServiceDate: "2024-03-05", Rebills: "ACME_2024-02_USD_1"},
	}
	for i := range lines {
		lines[i].Dimensions = exampleDimensions()
		facts, taxed := exampleTaxFacts(), exampleTaxedLine(lines[i].Tax.Format())
		lines[i].Facts, lines[i].Taxed = &facts, &taxed
	}
	return lines
}

func invoiceExamples() []domain.Event {
	net, taxes, total := usd("219.17"), usd("28.49"), usd("247.66")
	given := domain.Credit{ID: "dispute-D1", Number: "CM-2024-000001", Reason: "detention not owed", Lines: classified(
		domain.CreditLine{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Amount: usd("85.00"), Tax: usd("11.05")}), Rebill: true,
		Levies: []domain.CreditedLevy{{Shipment: shipment, Charge: "LUM-1", Levied: domain.Levied{Tax: "HST", Jurisdiction: "CA-ON", Amount: usd("11.05")}}}}
	requested := given
	requested.Number = "to be assigned"
	return []domain.Event{
		domain.CandidateOpened{Invoice: invoice, Candidate: exampleCandidate(), BillingDate: "2024-03-31"},
		domain.LinesAdded{Invoice: invoice, Shipment: shipment, Lines: exampleLines(), ReviewAbove: usd("5000.00")},
		domain.LinesDeclined{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"F"}, Next: exampleCandidate().Next(), Reason: "candidate is issued"},
		domain.LinesWithdrawn{Invoice: invoice, Shipment: shipment, Lines: exampleLines(), Reason: "no verified proof of delivery"},
		domain.LinesMoved{Invoice: invoice, Shipment: shipment, Lines: exampleLines(), To: exampleCandidate(), By: "billing desk", Reason: "billed to dock 7"},
		domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldByHand, Detail: "the rest of the freight is coming", By: "billing desk"},
		domain.HoldReleased{Invoice: invoice, Reason: domain.HoldLateDebit, By: "finance lead", Role: domain.RoleFinance, Candidate: exampleCandidate()},
		domain.CandidateSealed{Invoice: invoice, Series: "INV", BillingDate: "2024-03-31", IssueDate: "2024-04-04", TermsDays: 30, Net: net, Tax: taxes, Total: total,
			Taxed: exampleTaxed(), Lines: exampleTaxedLines(), Exchange: exampleExchange("301.60", "39.21", "340.81"), Changes: 2},
		domain.InvoiceIssued{Invoice: invoice, Number: number, Candidate: exampleCandidate(), IssueDate: "2024-03-31", DueDate: "2024-04-30", Net: net, Tax: taxes, Total: total, Lines: exampleLines(), Taxed: exampleTaxed(), Exchange: exampleExchange("301.60", "39.21", "340.81")},
		domain.InvoicePosted{Invoice: invoice, Number: number},
		domain.InvoiceVoided{Invoice: invoice, Number: number, Customer: customer, Date: "2024-04-02", Reason: "wrong customer", By: "billing desk", Lines: exampleLines(), Total: total},
		domain.CancellationBegan{Invoice: invoice, Number: number, Reason: "wrong customer", By: "finance desk"},
		domain.CancellationBlocked{Invoice: invoice, Blocker: domain.BlockedByDispute, Subject: "D1"},
		domain.CancellationDone{Invoice: invoice, Number: number, Credit: "CM-2024-000002"},
		domain.RebillLinked{Invoice: invoice, Credit: "CM-2024-000001", By: "ACME_2024-03_USD_2", Number: "INV-2024-000002"},
		domain.DebitLinked{Invoice: invoice, By: "ACME_2024-03_USD_1_DM1", Number: "DM-2024-000001"},
		domain.CreditRequested{Invoice: invoice, Of: number, Customer: customer, Series: "CM", Date: "2024-05-02", By: "billing desk", Credit: requested},
		domain.CreditIssued{Invoice: invoice, Of: number, Customer: customer, Date: "2024-05-02", Total: usd("96.05"), Exchange: exampleExchange("116.97", "15.21", "132.18"), Credit: given},
		domain.PaymentApplied{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "APP-P1-" + number, Date: "2024-05-10",
			Amount: usd("147.00"), Excess: usd("3.00"), Residual: usd("4.61"), Reason: "lumper not agreed"},
		domain.PaymentUnapplied{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "UNA-P1-" + number, Date: "2024-05-20", Amount: usd("147.00")},
		domain.ShortPaid{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Case: number + "-S1", Date: "2024-05-10", Open: usd("151.61"), Residual: usd("4.61"),
			Reason: "59, L1", Parts: []domain.ShortPart{{Shipment: shipment, Charge: "LUM-1", Reason: "59", Amount: usd("4.00")}, {Reason: "L1", Amount: usd("0.61")}}},
		domain.WriteOffRequested{Invoice: invoice, Number: number, Customer: customer, WriteOff: "W1", Date: "2024-09-30", Amount: usd("100.66"), Open: usd("100.66"),
			Reason: "insolvent", By: "finance desk"},
		domain.WriteOffDeclined{Invoice: invoice, WriteOff: "W1", Reason: "the guarantor pays", By: "finance lead"},
		domain.WrittenOff{Invoice: invoice, Number: number, Customer: customer, Document: "WOF-" + number + "-1", WriteOff: "W1", Date: "2024-09-30", Amount: usd("100.66"), Open: usd("120.66"), Small: true,
			Reason: "insolvent", RequestedBy: "finance desk", ApprovedBy: "finance lead", Lines: lostLines(), Ended: []domain.ChargeRef{{Shipment: shipment, Charge: "LUM-1"}}},
		domain.WriteOffReversed{Invoice: invoice, Number: number, Customer: customer, Document: "WOR-" + number + "-1", WriteOff: "W1", Date: "2024-11-15", Amount: usd("100.66"), Small: true,
			Reason: "payment P2 came after all", By: "freightledger", Lines: lostLines(), Reopened: []domain.ChargeRef{{Shipment: shipment, Charge: "LUM-1"}}},
		domain.CashReleased{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "REL-P1-CM-2024-000001", Date: "2024-05-21", Amount: usd("96.05"), Credit: "CM-2024-000001"},
		domain.LinesDisputed{Invoice: invoice, Dispute: "D1", Customer: customer, Reason: "lumper not agreed", Lines: given.Lines, DisputeTerms: exampleDisputeTerms},
		domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndCredited, Credit: "CM-2024-000001", Credited: usd("96.05")},
		domain.NumberAssigned{Series: "CM-2024", N: 1, Number: "CM-2024-000001", For: domain.NumberFor{Invoice: invoice, Credit: "dispute-D1"}, Date: "2024-05-21"},
	}
}

var exampleDisputeTerms = domain.DisputeTerms{Code: "23", Opened: "2024-10-02", AnswerDue: "2024-12-01", LateAllowedBy: "finance desk", LateReason: "the bill came late"}

func lostLines() []domain.CreditLine {
	return classified(domain.CreditLine{Shipment: shipment, Charge: "F", Kind: domain.Freight, Amount: usd("4.08"), Tax: usd("0.53")},
		domain.CreditLine{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Amount: usd("85.00"), Tax: usd("11.05")})
}

func cashExamples() []domain.Event {
	return []domain.Event{
		domain.RemittanceAnnounced{Payment: "P1", Payer: "ACME treasury", Reference: "trace 5512", Amount: usd("4408.75"), Date: "2024-05-08", Source: exampleSource,
			Items: []domain.RemittanceItem{{Document: number, Paid: usd("4408.75"), Gross: usd("4650.41"), Discount: usd("97.90"),
				Adjustments: []domain.Adjustment{{Amount: usd("-143.76"), Reason: "59", Line: "LUM-1"}}, Place: "RMR 1"}}},
		domain.RemittanceHeld{Payment: "P1", Rule: 45, Detail: "the items sum to 30.00 USD, the payment is 30.01 USD"},
		domain.PaymentReceived{Payment: "P1", Customer: customer, Document: "RC-1", Reference: "trace 5512", Invoice: number, Amount: usd("150.00"), Date: "2024-05-10", Source: "bank US64SVBKUS6S3300958879",
			Account: exampleAccount, GL: "1010", Own: true},
		domain.ReceiptMatched{Payment: "P1", Movement: "erp-RC-1", Document: "RC-1", Date: "2024-05-11", By: "freightledger"},
		domain.RemittanceMatched{Payment: "ACME-5512", Receipt: "P1"},
		domain.PaymentAllocated{Payment: "P1", Date: "2024-05-10", Allocations: []domain.Allocation{{Invoice: invoice, Amount: usd("150.00"), Reason: "lumper not agreed",
			Deductions: []domain.Deduction{{Line: "LUM-1", Reason: "59", Amount: usd("4.00")}}}}},
		domain.PaymentRefunded{Payment: "P1", Customer: customer, Document: "RF-P1-1", Refund: "R1", Date: "2024-06-03", Amount: usd("2.00"), Left: usd("1.00"),
			Reason: "paid too much", RequestedBy: "finance desk", ApprovedBy: "finance lead"},
		domain.AllocationReduced{Payment: "P1", Invoice: invoice, By: usd("3.00")},
		domain.PaymentReversed{Payment: "P1", Customer: customer, Document: "RC-1-R", Amount: usd("150.00"), Date: "2024-05-20", Reason: "insufficient funds", Invoices: []domain.InvoiceID{invoice},
			GL: "1010", Own: true},
	}
}

const exampleAccount = domain.BankAccountID("US64SVBKUS6S3300958879")

func bankExamples() []domain.Event {
	return []domain.Event{
		domain.BankAccountAdopted{Account: exampleAccount, BankTerms: domain.BankTerms{From: "2024-05-01", Source: domain.CashFromBank, Currency: "USD", GL: "1010"}, By: "treasury"},
		domain.PayerAttributed{Account: exampleAccount, KnownPayer: domain.KnownPayer{Mark: domain.ByName, Value: "ACME STORES", Customer: customer}, By: "treasury"},
		domain.StatementTaken{Account: exampleAccount, Statement: "statement US64SVBKUS6S3300958879/2024/92", Format: "camt.053.001.08", Year: "2024", Sequence: 92, Page: "1",
			From: "2024-05-10", To: "2024-05-10", Currency: "USD", Opening: usd("1000.00"), Closing: usd("1145.50"), Entries: 2, Booked: usd("145.50"), Message: "camt053-7f83b165"},
		domain.StatementProfileAdopted{By: "treasury", Profile: domain.CSVProfile{Name: "semicolon", Encoding: "windows-1252", Delimiter: ";", Skip: 3, Header: true, Dates: "DD.MM.YYYY",
			Decimal: ",", Grouping: ".", Sign: "indicator", Account: string(exampleAccount), Currency: "USD", Booked: "booked", CreditIs: "C", DebitIs: "D",
			Kinds: map[string]domain.MovementKind{"RETURN": domain.MovementReversal},
			Columns: domain.CSVColumns{Booked: "Day", Value: "Value", Amount: "Amount", Credit: "Credit", Debit: "Debit", Indicator: "C/D", Currency: "Currency", Account: "Account",
				Status: "Status", Kind: "Kind", Reference: "Reference", EndToEnd: "End to end", Creditor: "Creditor", Invoice: "Invoice", PayerName: "Payer", PayerAccount: "IBAN", Text: []string{"Text"}}}},
		domain.MovementNoted{Movement: "bank-c8b6f410", Account: exampleAccount, GL: "1010", Seen: domain.CashFromBank, BookedBy: domain.CashFromERP, Kind: domain.MovementReceipt,
			Reason: "the ERP books the receipts of this account", Amount: usd("40.00"), Date: "2024-05-10", Document: "BK-1008", References: []string{"E-8", number},
			Payer: domain.Payer{Name: "Acme Stores", Account: "000111"}, Text: "freight " + number, Customer: customer, Item: "entry 8", Source: exampleSource},
		domain.MovementAssigned{Movement: "bank-c8b6f410", Customer: customer, By: "finance desk"},
		domain.MovementEnded{Movement: "bank-c8b6f410", End: domain.EndMatched, Payment: "RC-1", Reason: "booked in the ERP", By: "finance desk"},
	}
}

func otherExamples() []domain.Event {
	lines := classified(domain.CreditLine{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Amount: usd("85.00"), Tax: usd("11.05")})
	return []domain.Event{
		domain.CustomerSynced{Customer: customer, Source: "sandbox", Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30, Credit: domain.CreditGood, Active: true, Currency: "USD",
			Group: "ACME-GROUP", TaxIDs: []domain.TaxID{{Jurisdiction: "CA-ON", ID: "123456789 RT0001"}}, BillingRules: "consolidated, monthly",
			BillingTo: domain.Address{Street: "12 Wharf Street", City: "Hamilton", Region: "ON", PostalCode: "L8L 1A1", Country: "CA"}, TaxStatus: tax.Business, Certificates: exampleBuyer().Certificates}},
		domain.CustomerRulesSet{Customer: customer, By: "credit desk", Rules: domain.CustomerRules{Tolerance: domain.Tolerance{Amount: usd("5.00"), Percent: "2.5"}, WriteOffSmall: true, OldestFirst: true,
			Dunning: []domain.DunningLevel{{AfterDays: 7, Name: "reminder"}, {AfterDays: 30, Name: "final notice"}}}},
		domain.ShortPayContested{Customer: customer, Invoice: invoice, Payment: "P1", Case: number + "-S1", Residual: usd("4.61"), Reason: "59, L1"},
		domain.ShortPayForgiven{Customer: customer, Invoice: invoice, Payment: "P1", Date: "2024-05-10", Residual: usd("4.61"), Reason: "59, L1"},
		domain.BillingAllowed{Customer: customer, Candidate: exampleCandidate(), TermsDays: 30, Buyer: exampleBuyer()},
		domain.BillingBlocked{Customer: customer, Candidate: exampleCandidate(), Reason: domain.HoldCustomerInactive, Detail: "customer ACME is inactive in the ERP"},
		domain.PostingRequested{Document: number, Kind: domain.DocumentInvoice, Subject: invoice.Stream(), Date: "2024-03-31"},
		domain.PostingConfirmed{Document: number, Kind: domain.DocumentInvoice, Subject: invoice.Stream(), ERPID: "erp-77", Date: "2024-04-01", Found: true},
		domain.PostingRejected{Document: number, Code: "period-closed", Message: "period 2024-03 is closed"},
		domain.PostingRedated{Document: number, From: "2024-03-31", To: "2024-04-01", Reason: "period 2024-03 is closed"},
		domain.PostingRetried{Document: number, By: "finance desk"},
		domain.PostingParked{Document: number, Reason: "the ERP holds two documents of this number"},
		domain.DisputeOpened{Dispute: "D1", Invoice: invoice, Customer: customer, Reason: "lumper not agreed", Lines: lines, DisputeTerms: exampleDisputeTerms},
		domain.DisputeEvidenceAttached{Dispute: "D1", DisputeEvidence: domain.DisputeEvidence{Document: "receipt 881", By: "disputes desk", At: inChicago("2024-10-03T09:00:00"),
			SHA256: "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069", Note: "no fee is on it"}},
		domain.DisputeAcknowledged{Dispute: "D1", By: "disputes desk"},
		domain.DisputeEscalated{Dispute: "D1", By: "disputes desk", To: "finance desk", Reason: "over 50.00"},
		domain.DisputeUpheld{Dispute: "D1", Invoice: invoice, By: "disputes desk", Reason: "receipt is missing", Lines: lines},
		domain.DisputePartlyUpheld{Dispute: "D1", Invoice: invoice, By: "disputes desk", Reason: "half of it is agreed", Disputed: usd("96.05"), Upheld: usd("48.03"),
			Lines: classified(domain.CreditLine{Shipment: shipment, Charge: "LUM-1", Kind: domain.Accessorial, Amount: usd("42.50"), Tax: usd("5.53")})},
		domain.DisputeDenied{Dispute: "D1", Invoice: invoice, By: "disputes desk", Reason: "receipt is signed"},
		domain.DisputeWithdrawn{Dispute: "D1", Invoice: invoice, By: "customer"},
		domain.DisputeSettled{Dispute: "D1", Invoice: invoice, End: domain.EndCredited, Credit: "CM-2024-000001", Credited: usd("96.05")},
		domain.MessageReceived{Message: "x12-7f83b165", Channel: "x12", Name: "214.edi", Size: 1731, SHA256: "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069", Parts: 1},
		domain.MessagePart{Message: "x12-7f83b165", Part: 2, Content: []byte("ISA*00*          *00*")},
		domain.MessageApplied{Message: "x12-7f83b165", Item: "ST 0001", Kind: "214", Subject: shipment.Stream(), Notes: []string{"SE01 says 18 segments, 17 were read"}},
		domain.MessageRefused{Message: "x12-7f83b165", Item: "ST 0002", Kind: "214", Code: "not-found", Place: "segment 3 (L11)", Reason: "shipment 7781 is not known", Remedy: "release its order, then replay"},
		domain.MessageDismissed{Message: "x12-7f83b165", Item: "ST 0002", By: "edi desk", Reason: "a test transmission"},
	}
}
