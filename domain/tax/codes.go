package tax

import "slices"

// Code is how a charge stands to a tax. The five are distinct, since returns
// and customers treat them differently even where all come to nought (rule 31).
// The names are permanent: they are stored in history.
type Code string

// Codes.
const (
	Standard      Code = "standard"       // taxed at the rates of the components
	ZeroRated     Code = "zero-rated"     // taxable at 0 per cent, on evidence (rule 32)
	Exempt        Code = "exempt"         // within the tax and freed from it
	ReverseCharge Code = "reverse-charge" // the customer accounts for the tax
	OutOfScope    Code = "out-of-scope"   // not within the tax of the jurisdiction
)

// Known reports whether c is one of the five codes.
func (c Code) Known() bool { return len(c.categories()) > 0 }

// categories are the UNCL5305 codes by which EN 16931 states the code: BT-118
// and BT-151. L and M are the taxes of the Canaries and of Ceuta and Melilla.
func (c Code) categories() []string {
	switch c {
	case Standard:
		return []string{"S", "L", "M"}
	case ZeroRated:
		return []string{"Z", "G"}
	case Exempt:
		return []string{"E", "G", "K"}
	case ReverseCharge:
		return []string{"AE"}
	case OutOfScope:
		return []string{"O"}
	}
	return nil
}

// reasoned tells whether EN 16931 lets a category state why no tax is charged:
// its rules BR-S-10 and BR-Z-10 forbid it for S and Z.
func reasoned(category string) bool {
	return slices.Contains([]string{"E", "G", "K", "AE", "O"}, category)
}

// EvidenceKind is what a piece of evidence shows. The names are permanent.
type EvidenceKind string

// Kinds of evidence.
const (
	CrossBorderDocument EvidenceKind = "cross-border-document" // a bill of lading, air waybill or CMR note across the border
	CustomerTaxID       EvidenceKind = "customer-tax-id"       // found among the customer's tax ids
	CustomerBusiness    EvidenceKind = "customer-business"     // that the customer is in business, where it has no tax id
	ExportProof         EvidenceKind = "export-proof"          // exit confirmed by customs, a TIR carnet
	ImportProof         EvidenceKind = "import-proof"          // an import entry
	Declaration         EvidenceKind = "declaration"           // a statement of the shipper or the customer
	CertificateHeld     EvidenceKind = "certificate"           // found among the customer's certificates
)

// Known reports whether k is one of the kinds.
func (k EvidenceKind) Known() bool {
	switch k {
	case CrossBorderDocument, CustomerTaxID, CustomerBusiness, ExportProof, ImportProof, Declaration, CertificateHeld:
		return true
	}
	return false
}

// Lacking says what happens where evidence that a rule needs is not at hand.
type Lacking string

// What lacking evidence leads to.
const (
	Hold     Lacking = "hold"      // the rule counts, and the bill waits for the evidence
	NextRule Lacking = "next-rule" // the rule does not count: the next that matches does
)

// Status is what the customer buys as.
type Status string

// Statuses of a customer.
const (
	Business Status = "business"
	Consumer Status = "consumer"
)

// Area is what two places may have in common.
type Area string

// Areas.
const (
	Country Area = "country"
	State   Area = "state" // a state, province or territory, and so the country
)

// Circumstances that the rules of several registrants know. A file may declare
// any others.
const (
	TiedToExport    = "tied-to-export"   // directly connected with an export
	TiedToImport    = "tied-to-import"   // directly connected with an import
	ConsignmentNote = "consignment-note" // the carrier issued one
)
