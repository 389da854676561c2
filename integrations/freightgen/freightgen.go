// Package freightgen makes freight to try freightledger on: orders, tenders
// and answers, the milestones of several stops with late, repeated and
// contradicting messages, accessorials with their approvals, refusals, proofs
// of delivery that are missing or note exceptions. It writes them as what
// freightledger takes in: X12 204, 990 and 214 interchanges and a desk's JSON
// lines. One seed gives the same bytes for ever.
//
// It also writes what must come out, computed from its own plan and not by
// freightledger's rules, so that a run can be checked.
package freightgen

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"
)

// Options say how much freight to make.
type Options struct {
	Seed      uint64
	Shipments int
	// Contracts is how much further freight is priced by an agreement.
	Contracts int
	From      time.Time // first day of pickup; the zero time is 2026-01-05
	Days      int       // over which pickups spread; 80 when zero
}

// File is one message to be imported.
type File struct {
	Name    string
	Channel string // "x12" or "desk"
	Content []byte
}

// Customer is master data for the ERP.
type Customer struct {
	Code      string
	Name      string
	TermsDays int
	Tax       *CustomerTax // nil: the ERP says nothing of it
}

// CustomerTax is what a customer is to a tax authority.
type CustomerTax struct{ Status, Country, Region string }

// Truth is what must come out once everything has been taken in and billed.
type Truth struct {
	Shipments     int
	Contracts     int // priced by an agreement, beside Shipments
	Stops         int
	Messages      int // transaction sets
	Repeats       int // of them, sent twice
	Billable      int // shipments whose charges must be invoiced
	Held          map[string]int
	Freight       decimal.Decimal // billed, USD
	Fuel          decimal.Decimal
	Accessorial   decimal.Decimal
	HeldMoney     decimal.Decimal // ready or waiting charges of shipments that are held
	Rejected      decimal.Decimal
	TendersTwice  int // declined by the first carrier
	LateMilestone int
}

// Freight is all of it.
type Freight struct {
	Customers []Customer
	Files     []File // in the order in which to import them
	Truth     Truth
}

// place is a real city in one time zone.
type place struct {
	city, state, zip, zone, x12 string
}

func places() []place {
	return []place{
		{"CHICAGO", "IL", "60607", "America/Chicago", "CT"},
		{"DALLAS", "TX", "75201", "America/Chicago", "CT"},
		{"ATLANTA", "GA", "30303", "America/New_York", "ET"},
		{"NEWARK", "NJ", "07102", "America/New_York", "ET"},
		{"COLUMBUS", "OH", "43215", "America/New_York", "ET"},
		{"CHARLOTTE", "NC", "28202", "America/New_York", "ET"},
		{"DENVER", "CO", "80202", "America/Denver", "MT"},
		{"SALT LAKE CITY", "UT", "84101", "America/Denver", "MT"},
		{"LOS ANGELES", "CA", "90012", "America/Los_Angeles", "PT"},
		{"SEATTLE", "WA", "98101", "America/Los_Angeles", "PT"},
		{"MINNEAPOLIS", "MN", "55401", "America/Chicago", "CT"},
		{"SAINT LOUIS", "MO", "63101", "America/Chicago", "CT"},
	}
}

// shipment is one planned move.
type shipment struct {
	n         int
	id        string
	customer  Customer
	carrier   string
	declined  string // carrier that said no first
	pro       string
	weightLb  int
	stops     []stop
	linehaul  decimal.Decimal
	fuel      decimal.Decimal // percent
	extras    []extra
	ending    ending
	refusedAt *report // a delivery attempt that was refused first
}

type stop struct {
	place           place
	pickup          bool
	arrive, finish  time.Time // UTC
	depart          time.Time
	late            bool // its milestones come in a later file
	repeated        bool
	estimatedBefore bool
}

type report struct {
	stop int
	code string // X12 1650
	why  string // X12 1651
	at   time.Time
}

// extra is an accessorial and what becomes of it.
type extra struct {
	code   string
	amount decimal.Decimal
	fate   string // "approved", "rejected", "pending"
}

// ending is how far a shipment gets.
type ending string

const (
	clean      ending = "clean"
	noPOD      ending = "no proof of delivery"
	podNotes   ending = "proof of delivery with exceptions"
	refused    ending = "refused, unresolved"
	waiting    ending = "accessorial waits for approval"
	inTransit  ending = "not delivered yet"
	fuelCharge        = "fuel"
)

// Make plans the freight and writes its files.
func Make(o Options) (Freight, error) {
	if o.Shipments < 1 || o.Shipments > 1_000_000 {
		return Freight{}, fmt.Errorf("make freight: %d shipments: ask for 1 to 1000000", o.Shipments)
	}
	if o.From.IsZero() {
		o.From = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	}
	if o.Days == 0 {
		o.Days = 80
	}
	g := generator{options: o, rng: rand.New(rand.NewPCG(o.Seed, 0x5eed)), places: places()}
	g.zones = map[string]*time.Location{}
	for _, p := range g.places {
		zone, err := time.LoadLocation(p.zone)
		if err != nil {
			return Freight{}, fmt.Errorf("make freight: %w", err)
		}
		g.zones[p.zone] = zone
	}
	for i := range max(3, min(200, o.Shipments/40)) {
		g.out.Customers = append(g.out.Customers, Customer{Code: fmt.Sprintf("CUST-%04d", i+1), Name: fmt.Sprintf("Customer %04d", i+1), TermsDays: []int{15, 30, 30, 45, 60}[g.rng.IntN(5)]})
	}
	g.out.Truth.Held = map[string]int{}
	for i := range o.Shipments {
		g.plan = append(g.plan, g.shipment(i+1))
	}
	if err := g.write(); err != nil {
		return Freight{}, err
	}
	if err := g.contracts(); err != nil {
		return Freight{}, err
	}
	return g.out, nil
}

type generator struct {
	options Options
	rng     *rand.Rand
	places  []place
	zones   map[string]*time.Location
	plan    []shipment
	out     Freight
}

func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

func (g *generator) cents(from, to int) decimal.Decimal {
	return decimal.New(int64(from+g.rng.IntN(to-from)), -2)
}

// shipment plans one move and enters it into the truth.
func (g *generator) shipment(n int) shipment {
	carriers := []string{"DEMA", "DEMB", "DEMC"}
	s := shipment{n: n, id: fmt.Sprintf("SH-%06d", n), customer: g.out.Customers[g.rng.IntN(len(g.out.Customers))],
		carrier: carriers[g.rng.IntN(3)], pro: fmt.Sprintf("%09d", 700_000_000+n), weightLb: 500 + g.rng.IntN(42_000),
		linehaul: g.cents(45_000, 480_000), fuel: decimal.New(int64(900+g.rng.IntN(2200)), -2)}
	if g.chance(3) {
		for s.declined == "" || s.declined == s.carrier {
			s.declined = carriers[g.rng.IntN(3)]
		}
	}
	at := g.options.From.AddDate(0, 0, g.rng.IntN(g.options.Days)).Add(time.Duration(12+g.rng.IntN(10)) * time.Hour)
	count := 2 + g.rng.IntN(8)/5 + g.rng.IntN(10)/9 // mostly one delivery, sometimes two or three
	from := g.rng.IntN(len(g.places))
	for i := range count {
		st := stop{place: g.places[(from+i*(1+g.rng.IntN(3)))%len(g.places)], pickup: i == 0}
		st.arrive = at.Truncate(time.Minute).Add(time.Duration(g.rng.IntN(60)) * time.Minute)
		st.finish = st.arrive.Add(time.Duration(20+g.rng.IntN(200)) * time.Minute)
		st.depart = st.finish.Add(time.Duration(5+g.rng.IntN(25)) * time.Minute)
		st.late, st.repeated, st.estimatedBefore = g.chance(8), g.chance(6), g.chance(20)
		at = st.depart.Add(time.Duration(8+g.rng.IntN(40)) * time.Hour)
		s.stops = append(s.stops, st)
	}
	for _, code := range []string{"DET", "LAY", "UNL", "LFT", "RES"} {
		if g.chance(7) {
			s.extras = append(s.extras, extra{code, g.cents(4_000, 45_000), []string{"approved", "approved", "approved", "approved", "rejected"}[g.rng.IntN(5)]})
		}
	}
	s.ending = g.ending(&s)
	g.enter(&s)
	return s
}

func (g *generator) ending(s *shipment) ending {
	last := len(s.stops) - 1
	attempt := func() *report {
		return &report{stop: last, code: "A7", why: "BS", at: s.stops[last].arrive.Add(-20 * time.Hour).Truncate(time.Minute)}
	}
	switch roll := g.rng.IntN(1000); {
	case roll < 12:
		return noPOD
	case roll < 20:
		return podNotes
	case roll < 26:
		s.refusedAt = attempt()
		return refused
	case roll < 38:
		s.extras = append(s.extras, extra{"HAN", g.cents(4_000, 45_000), "pending"})
		return waiting
	case roll < 50:
		return inTransit
	case roll < 62: // refused first, delivered and resolved later
		s.refusedAt = attempt()
	}
	return clean
}

// enter adds a planned move to what must come out.
func (g *generator) enter(s *shipment) {
	t := &g.out.Truth
	t.Shipments++
	t.Stops += len(s.stops)
	if s.declined != "" {
		t.TendersTwice++
	}
	owed := s.linehaul.Add(s.fuelAmount())
	extras := decimal.Zero
	for _, x := range s.extras {
		if x.fate == "rejected" {
			t.Rejected = t.Rejected.Add(x.amount)
		} else {
			extras = extras.Add(x.amount)
		}
	}
	if s.ending != clean {
		t.Held[string(s.ending)]++
		t.HeldMoney = t.HeldMoney.Add(owed).Add(extras)
		return
	}
	t.Billable++
	t.Freight = t.Freight.Add(s.linehaul)
	t.Fuel = t.Fuel.Add(s.fuelAmount())
	t.Accessorial = t.Accessorial.Add(extras)
}

// fuelAmount is percent of linehaul, rounded half-up to the cent.
func (s *shipment) fuelAmount() decimal.Decimal {
	return s.linehaul.Mul(s.fuel).Shift(-2).Round(2)
}
