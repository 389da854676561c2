package tax

// Rules is one version of the tax rules of a registrant. A version is never
// changed once adopted: what changes is a new one.
type Rules struct {
	Registrant string `json:"registrant"` // id of the seller
	Version    string `json:"version"`    // "2025-1"
	Title      string `json:"title,omitempty"`
	From       string `json:"from"`              // first tax date in force
	Through    string `json:"through,omitempty"` // last one; "" until the next version
	Home       string `json:"home"`              // jurisdiction in which the seller is established
	Note       string `json:"note,omitempty"`    // what the reader must know: what is unconfirmed or left out

	Sources       []Source       `json:"sources,omitempty"`
	Regions       []Region       `json:"regions,omitempty"`
	Options       []Option       `json:"options,omitempty"`
	Circumstances []Circumstance `json:"circumstances,omitempty"`
	Registrations []Registration `json:"registrations,omitempty"`
	Rounding      []RoundingIn   `json:"rounding,omitempty"`
	Rules         []Rule         `json:"rules"` // the first that matches counts
}

// Source is where a rule was read.
type Source struct {
	Source string `json:"source"` // id within the file
	Title  string `json:"title"`
	URL    string `json:"url,omitempty"`
}

// Region is a named set of places. Its name is in small letters, so that it is
// never taken for a place.
type Region struct {
	Region string   `json:"region"` // "eu"
	Places []string `json:"places"` // countries "FR" and states "CA-QC"
}

// Option is a choice that the law leaves to the registrant.
type Option struct {
	Option  string   `json:"option"`
	Meaning string   `json:"meaning"`
	Chosen  []Period `json:"chosen,omitempty"` // tax dates for which it is exercised; none: it is not
}

// Period is a run of civil dates.
type Period struct {
	From      string `json:"from"`
	Through   string `json:"through,omitempty"`
	Reference string `json:"reference,omitempty"` // of the declaration to the authority
}

// Circumstance is a fact of a movement that no other condition states: that a
// consignment note was issued, that it is tied to an export.
type Circumstance struct {
	Circumstance string `json:"circumstance"`
	Meaning      string `json:"meaning"`
}

// Registration is a number under which the registrant charges tax.
type Registration struct {
	Jurisdictions []string `json:"jurisdictions"`
	Number        string   `json:"number"`
}

// Rule is one rule.
type Rule struct {
	Rule    string  `json:"rule"`              // name within the file
	From    string  `json:"from,omitempty"`    // first tax date; "" the version's
	Through string  `json:"through,omitempty"` // last one; "" the version's
	Option  string  `json:"option,omitempty"`  // counts only while it is chosen
	When    When    `json:"when,omitzero"`
	Then    Outcome `json:"then"`
}

// When is what must hold for a rule to count: all that is stated.
type When struct {
	Origin      Places `json:"origin,omitzero"`
	Destination Places `json:"destination,omitzero"`
	Via         Places `json:"via,omitzero"` // "in": through any of them; "not_in": through none
	// ShippedFrom and ShippedTo are the ends of the continuous movement that
	// the service is a part of, or is.
	ShippedFrom Places `json:"shipped_from,omitzero"`
	ShippedTo   Places `json:"shipped_to,omitzero"`
	Within      Area   `json:"within,omitempty"`  // origin and destination lie in the same one
	Crosses     Area   `json:"crosses,omitempty"` // they lie in different ones

	Established  Places   `json:"established,omitzero"` // the customer
	Status       Status   `json:"status,omitempty"`
	Registered   Places   `json:"registered,omitzero"`    // jurisdictions of the customer's tax ids: any "in", none "not_in"
	Certificates []string `json:"certificates,omitempty"` // the customer holds one of them, valid on the tax date

	Charges       Names `json:"charges,omitzero"` // kinds: "freight", "fuel-surcharge", "accessorial"
	Codes         Names `json:"codes,omitzero"`   // X12 element 150: "DET"
	Circumstances Names `json:"circumstances,omitzero"`
}

// Places is a condition on a place: it lies in one of In, if any is named, and
// in none of NotIn. Both hold countries "CA", states "CA-QC" and regions "eu".
type Places struct {
	In    []string `json:"in,omitempty"`
	NotIn []string `json:"not_in,omitempty"`
}

// Names is a condition on a name, or on a set of names: one of In, if any is
// named, and none of NotIn.
type Names struct {
	In    []string `json:"in,omitempty"`
	NotIn []string `json:"not_in,omitempty"`
}

// Outcome is what a rule says of a charge.
type Outcome struct {
	Code         Code        `json:"code"`
	Jurisdiction string      `json:"jurisdiction"`         // whose tax this is about: "CA-ON", "GB", or OfCustomer
	Components   []Component `json:"components,omitempty"` // of the standard code alone
	Needs        []Need      `json:"needs,omitempty"`      // evidence, all of it
	Lacking      Lacking     `json:"lacking,omitempty"`    // stated where there are needs
	Basis        Basis       `json:"basis"`
	Notice       string      `json:"notice,omitempty"` // text that the invoice must print
	Category     string      `json:"category"`         // UNCL5305, as EN 16931 uses it: S, Z, E, AE, O, G, K, L, M
	VATEX        string      `json:"vatex,omitempty"`  // exemption reason of the CEF code list: "VATEX-EU-AE"
}

// OfCustomer, as the jurisdiction of an outcome that charges nothing, is the
// country in which the customer is established.
const OfCustomer = "customer"

// Component is one percentage of the taxable amount.
type Component struct {
	Name    string  `json:"name"` // "GST", "HST Ontario part"
	Percent Decimal `json:"percent"`
	// Of is the tax that this is a part of: "HST". Parts of one tax are
	// rounded together or each on its own, as Rounding.Parts says; a
	// component that is a part of nothing is a tax of its own.
	Of           string `json:"of,omitempty"`
	Jurisdiction string `json:"jurisdiction,omitempty"` // the outcome's when ""
}

// Need is evidence that a rule needs.
type Need struct {
	Evidence EvidenceKind `json:"evidence"`
	Detail   string       `json:"detail,omitempty"` // which documents serve
	// Of are the jurisdictions whose tax ids serve; none: any.
	Of Places `json:"of,omitzero"`
	// Certificates are the names of those that serve.
	Certificates []string `json:"certificates,omitempty"`
}

// Basis is the law that a rule states.
type Basis struct {
	Text        string `json:"text"`                  // "Excise Tax Act, Sch. VI, Part VII, s. 10"
	Source      string `json:"source"`                // a Source of the file
	Unconfirmed string `json:"unconfirmed,omitempty"` // what its author could not confirm
}
