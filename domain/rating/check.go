package rating

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Bounds of an agreement. Beyond them Check refuses it.
const (
	maxRegions      = 2_000
	maxAreas        = 500
	maxPlaces       = 5_000 // cities or postal codes of an area
	maxLanes        = 10_000
	maxBreaks       = 200
	maxFuels        = 200
	maxBands        = 2_000
	maxAccessorials = 500
	maxNames        = 1_000 // in any other list
	maxIDBytes      = 120
	maxTextBytes    = 200
	maxProblems     = 100
)

// Problem is one thing in an agreement by which rating would fail, or which
// could be understood in two ways.
type Problem struct {
	Pointer string `json:"pointer"` // JSON Pointer (RFC 6901) to the value: "/fuel/0/bands/3"
	Place   string `json:"place"`   // the same in words, counted from 1: "fuel doe-weekly, bands 3 and 4"
	Text    string `json:"text"`    // what is wrong, and what to write instead
}

func (p Problem) String() string { return p.Place + ": " + p.Text }

// InvalidError is what [Agreement.Check] refuses an agreement with: all that
// is wrong with it, so that it can be mended in one go.
type InvalidError struct {
	Agreement, Version string
	Problems           []Problem // the first hundred
	More               int       // how many there are beyond them
}

func (e *InvalidError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "agreement %s, version %s, cannot be rated by", shown(e.Agreement), shown(e.Version))
	for _, p := range e.Problems {
		b.WriteString("\n\t" + p.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", e.More)
	}
	return b.String()
}

// Check refuses, by an [*InvalidError], an agreement by which rating would fail
// or be ambiguous. Nothing is rated by an agreement that it refuses.
func (a Agreement) Check() error {
	found := &InvalidError{Agreement: a.Agreement, Version: a.Version}
	a.check(spot{found: found})
	if len(found.Problems) == 0 {
		return nil
	}
	return found
}

func (a Agreement) check(s spot) {
	s.field("agreement").id(a.Agreement)
	s.field("version").id(a.Version)
	s.field("title").text(a.Title)
	s.field("customers").names(a.Customers, spot.id)
	s.field("groups").names(a.Groups, spot.id)
	if !a.Currency.Known() {
		s.field("currency").refuse("%s is not in ISO 4217: write an active code in capitals, as in USD", shown(string(a.Currency)))
	}
	s.field("from").date(a.From)
	if a.Through != "" && s.field("through").date(a.Through) && a.Through < a.From {
		s.field("through").refuse("%s is before the first day, %s", a.Through, a.From)
	}
	s.dateBasis(a.DateBasis)
	s.amountRound("round", &a.Round, a.Currency)

	c := checker{a, map[string]bool{}, map[string]bool{}}
	c.exchanges(s.field("exchange"))
	c.regions(s)
	c.fuels(s)
	c.lanes(s)
	c.accessorials(s)
	c.clauses(s.field("clauses"))
	c.billing(s.field("billing"))
}

// checker is an agreement under check, with the names that others may refer to.
type checker struct {
	Agreement
	regionIDs, fuelIDs map[string]bool
}

func (c checker) clauses(s spot) {
	s.field("approval_above").nonNegative(c.Clauses.ApprovalAbove)
	s.field("pod_waiver").text(c.Clauses.PODWaiver)
	if c.Clauses.Tax != "" {
		s.field("tax").id(c.Clauses.Tax)
	}
}

// maxTermsDays is what a customer's account takes as well.
const maxTermsDays = 365

func (c checker) billing(s spot) {
	b := c.Billing
	if b.Cycle != "" {
		oneOf(s.field("cycle"), b.Cycle, PerShipment, PerDelivery, Weekly, Monthly)
	}
	s.field("references").names(b.References, spot.id)
	if b.TermsDays != nil {
		s.field("terms_days").within(*b.TermsDays, 0, maxTermsDays)
	}
	s.field("review_above").nonNegative(b.ReviewAbove)
	if b.Recognition != "" {
		oneOf(s.field("recognition"), b.Recognition, OnDelivery, OverTransit)
	}
	split := s.field("split")
	if len(b.Split) == 0 || !split.atMost(len(b.Split), maxShares) {
		return
	}
	if b.SplitByWeight {
		split.refuse("the charges are split by weight as well: leave out one of split and split_by_weight")
	}
	var sum decimal.Decimal
	customers := map[string]int{}
	for i, share := range b.Split {
		at := split.item(i, fmt.Sprintf("share %d", i+1))
		at.field("customer").id(share.Customer)
		at.once(customers, share.Customer, i, "customer "+shown(share.Customer))
		at.field("percent").number(share.Percent, above)
		sum = sum.Add(share.Percent.Exact())
	}
	if !sum.Equal(decimal.NewFromInt(100)) {
		split.refuse("the shares come to %s per cent: make them come to 100", sum)
	}
}
