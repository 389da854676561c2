package rating

import (
	"fmt"
	"strconv"
)

// FactError is a fact by which nothing can be rated, because it cannot be true
// or can be understood in two ways. A fact that is not there is no error: what
// cannot be priced without it is in [Result.Missing].
type FactError struct {
	Shipment string
	Fact     string // its place in their JSON: "stops/0/weight"
	Text     string // what is wrong, and what to write instead
}

func (e *FactError) Error() string {
	return fmt.Sprintf("shipment %s: fact %s: %s", shown(e.Shipment), e.Fact, e.Text)
}

// Check refuses, by a [*FactError], facts that cannot be rated.
func (f Facts) Check() error {
	c := factCheck{shipment: f.Shipment}
	if f.Currency != "" && !f.Currency.Known() {
		c.refuse("currency", "%s is not in ISO 4217: write an active code in capitals, as in USD", shown(string(f.Currency)))
	}
	c.quantity("weight", f.Weight, pounds, kilograms)
	c.quantity("distance", f.Distance, miles, kilometres)
	c.amount("pallets", f.Pallets)
	c.amount("pieces", f.Pieces)
	c.date("ordered", f.Ordered)
	c.date("picked_up", f.PickedUp)
	c.date("delivered", f.Delivered)
	for i, stop := range f.Stops {
		c.stop(i, stop)
		for _, earlier := range f.Stops[:i] {
			if earlier.Seq == stop.Seq {
				c.refuse(item("stops", i, "seq"), "%d is there twice: give each stop its own", stop.Seq)
			}
		}
	}
	for i, service := range f.Services {
		c.service(i, service)
		for _, earlier := range f.Services[:i] {
			if earlier.Service == service.Service {
				c.refuse(item("services", i, "service"), "%s is there twice: give each service its own id", shown(service.Service))
			}
		}
	}
	for i, value := range f.Indexes {
		c.index(i, value)
	}
	if c.found == nil {
		return nil
	}
	return c.found
}

// factCheck keeps the first thing that is wrong.
type factCheck struct {
	shipment string
	found    *FactError
}

func (c *factCheck) refuse(fact, format string, args ...any) {
	if c.found == nil {
		c.found = &FactError{c.shipment, fact, fmt.Sprintf(format, args...)}
	}
}

// item is the place of a field of an element.
func item(list string, i int, field string) string {
	return list + "/" + strconv.Itoa(i) + "/" + field
}

func (c *factCheck) quantity(fact string, q Quantity, units ...string) {
	if q.Value.IsZero() && q.Unit == "" {
		return
	}
	c.amount(fact, q.Value)
	if q.Unit != units[0] && q.Unit != units[1] {
		c.refuse(fact, "unit %s is not known: write %s or %s", shown(q.Unit), units[0], units[1])
	}
}

func (c *factCheck) amount(fact string, d Decimal) {
	if d.Sign() < 0 {
		c.refuse(fact, "%s is below 0", d)
	}
}

func (c *factCheck) date(fact, text string) {
	if text == "" {
		return
	}
	if _, ok := civilDate(text); !ok {
		c.refuse(fact, "%s is no date: write year, month and day as in 2026-03-31", shown(text))
	}
}

func (c *factCheck) stop(i int, s Stop) {
	switch {
	case s.Seq < 1:
		c.refuse(item("stops", i, "seq"), "%d: stops are numbered from 1", s.Seq)
	case s.Kind != "pickup" && s.Kind != "delivery":
		c.refuse(item("stops", i, "kind"), "%s is not known: write pickup or delivery", shown(s.Kind))
	case s.Weight.Sign() < 0:
		c.refuse(item("stops", i, "weight"), "%s is below 0", s.Weight)
	}
}

func (c *factCheck) service(i int, s Service) {
	switch {
	case s.Service == "":
		c.refuse(item("services", i, "service"), "the id of the service within the shipment is missing")
	case s.Quantity.Sign() < 0:
		c.refuse(item("services", i, "quantity"), "%s is below 0", s.Quantity)
	case s.Miles.Sign() < 0:
		c.refuse(item("services", i, "miles"), "%s is below 0", s.Miles)
	case s.Receipt.IsSet() && (s.Receipt.Check() != nil || s.Receipt.IsNegative()):
		c.refuse(item("services", i, "receipt"), "%s is no amount that was paid", s.Receipt)
	}
}

func (c *factCheck) index(i int, v IndexValue) {
	if v.Value.Sign() <= 0 {
		c.refuse(item("indexes", i, "value"), "%q is no price: write a number above 0", v.Value)
	}
	for _, date := range []struct{ field, text string }{{"published", v.Published}, {"effective", v.Effective}} {
		if _, ok := civilDate(date.text); !ok {
			c.refuse(item("indexes", i, date.field), "%s is no date: write year, month and day as in 2026-03-31", shown(date.text))
		}
	}
}
