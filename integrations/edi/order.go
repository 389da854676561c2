package edi

import (
	"slices"
	"strconv"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/shopspring/decimal"
)

// order is a load tender (204) as it is read, segment by segment.
type order struct {
	*set
	release  domain.OrderReleased
	carrier  string
	payment  string // B2-06
	billTo   bool
	stops    []stopRead
	skipping bool // inside a stop that neither loads nor unloads
	total    x12.Segment
	units    []string // weight units that AT8 names
	cargo    string   // description of the lading
}

type stopRead struct {
	domain.Stop
	segment       x12.Segment
	from, until   x12.Segment // G62
	weight        decimal.Decimal
	weighed       bool
	state, nation string
}

// read walks the set once; a segment between two S5 belongs to the first.
func (o *order) read() error {
	for _, seg := range o.tx.Segments {
		var err error
		switch seg.ID {
		case "S5":
			err = o.stop(seg)
		case "N1":
			err = o.party(seg)
		case "L11":
			err = o.reference(seg, text(seg, 2), text(seg, 1))
		case "N9":
			err = o.reference(seg, text(seg, 1), text(seg, 2))
		case "L5":
			if o.cargo == "" {
				o.cargo = clip(text(seg, 2), textBytesMost)
			}
			err = o.reference(seg, text(seg, 7), text(seg, 6))
		case "G62":
			err = o.appointment(seg)
		case "N4":
			o.address(seg)
		case "AT8":
			err = o.weight(seg)
		case "L3":
			o.total = seg
		}
		if err != nil {
			return err
		}
	}
	return o.finish()
}

func (o *order) stop(seg x12.Segment) error {
	sequence, err := o.needed(seg, 1, "the stop's number")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(sequence)
	if err != nil || n < 1 || n > 99_999 {
		return o.fault(CodeInvalid, seg, 1, "ask the sender to number stops from 1", "stop number %s", quote(sequence))
	}
	stop := stopRead{Stop: domain.Stop{Seq: n}, segment: seg}
	o.skipping = false
	switch reason := text(seg, 2); reason {
	case "CL", "LD", "PL", "PA", "SL", "AL":
		stop.Kind = domain.StopPickup
	case "CU", "UL", "PU", "SU":
		stop.Kind = domain.StopDelivery
	case "IN", "WL", "HT":
		o.skipping = true
		o.noteAt(seg, "stop %d (%s) neither loads nor unloads: it is not kept as a stop", n, reason)
		return nil
	default:
		return o.fault(CodeUnknownCode, seg, 2, "ask the sender for a reason that says whether goods are loaded (CL, LD, PL) or unloaded (CU, UL, PU)",
			"stop reason %s says neither pickup nor delivery", quote(reason))
	}
	if len(o.stops) == stopsMost {
		return o.fault(CodeLimit, seg, 0, "ask the sender to split the order", "more than %d stops", stopsMost)
	}
	o.stops = append(o.stops, stop)
	return nil
}

// here is the stop that the current segment belongs to, nil in the header.
func (o *order) here() *stopRead {
	if o.skipping || len(o.stops) == 0 {
		return nil
	}
	return &o.stops[len(o.stops)-1]
}

// party takes the bill-to: who is asked for the money.
func (o *order) party(seg x12.Segment) error {
	if text(seg, 1) != "BT" || o.billTo {
		return nil
	}
	o.billTo = true
	name, code := text(seg, 2), text(seg, 4)
	if id, ok := o.options.Customers[o.sender()+"/"+code]; ok && code != "" {
		o.release.Customer = id
		return nil
	}
	if code != "" {
		id := code
		if domain.CheckID("customer", id) != nil {
			id = identifier(code)
			o.noteAt(seg, "bill-to code %s is kept as %s", quote(code), id)
		}
		o.release.Customer = domain.CustomerID(id)
	} else {
		o.release.Customer = domain.CustomerID(identifier(name))
		o.noteAt(seg, "the bill-to has no code (N1-04): customer %s is made of its name", o.release.Customer)
	}
	if o.release.Customer == "" {
		return o.fault(CodeMissing, seg, 4, "ask the sender for the bill-to's code, or name the customer in the partner's options", "the bill-to has neither code nor name")
	}
	return nil
}

func (o *order) reference(seg x12.Segment, qualifier, value string) error {
	switch {
	case qualifier == "" || value == "" || qualifier == "QN":
		return nil
	case qualifier == "SCA": // the carrier, not a number of the shipment
		if value != o.carrier {
			o.noteAt(seg, "reference SCA names carrier %s, B2-02 names %s", quote(value), quote(o.carrier))
		}
		return nil
	}
	r := reference(qualifier, value)
	if slices.Contains(o.release.References, r) {
		return nil
	}
	if len(o.release.References) == referencesMost {
		return o.fault(CodeLimit, seg, 0, "ask the sender to split the order", "more than %d references", referencesMost)
	}
	o.release.References = append(o.release.References, r)
	return nil
}

// appointment keeps the window; it is read when the stop's zone is known.
func (o *order) appointment(seg x12.Segment) error {
	stop := o.here()
	if stop == nil {
		return nil
	}
	window := map[string]struct {
		kind string
		end  *x12.Segment
	}{
		"37": {domain.StopPickup, &stop.from}, "38": {domain.StopPickup, &stop.until},
		"53": {domain.StopDelivery, &stop.from}, "54": {domain.StopDelivery, &stop.until},
	}
	qualifier := text(seg, 1)
	w, ok := window[qualifier]
	switch {
	case !ok:
		o.noteAt(seg, "date qualifier %s is none of 37, 38, 53, 54: it is not kept as an appointment", quote(qualifier))
	case w.kind != stop.Kind:
		return o.fault(CodeDisagrees, seg, 1, "ask the sender which is meant", "date qualifier %s is of a %s, stop %d is a %s", qualifier, w.kind, stop.Seq, stop.Kind)
	default:
		*w.end = seg
	}
	return nil
}

func (o *order) address(seg x12.Segment) {
	stop := o.here()
	if stop == nil || stop.Place != "" {
		return
	}
	stop.state, stop.nation = text(seg, 2), text(seg, 4)
	stop.Place = place(text(seg, 1), stop.state, text(seg, 3), stop.nation)
	stop.Zone = zoneOf(stop.state, stop.nation)
}

// weight takes the first AT8 of a stop: those that follow repeat it by line.
func (o *order) weight(seg x12.Segment) error {
	if unit := text(seg, 2); unit != "" && !slices.Contains(o.units, unit) {
		o.units = append(o.units, unit)
	}
	stop := o.here()
	if stop == nil || stop.weighed || text(seg, 3) == "" {
		return nil
	}
	var err error
	if stop.weight, err = x12.R(text(seg, 3)); err != nil {
		return o.fault(CodeInvalid, seg, 3, "ask the sender to correct the weight", "%v", err)
	}
	stop.weighed = true
	return nil
}

// finish reads what depends on the whole set: windows in their stop's zone,
// the weight and the promise.
func (o *order) finish() error {
	if len(o.stops) == 0 {
		return o.missing("S5", "an order needs its stops")
	}
	if o.release.Customer == "" {
		id, ok := o.options.Customers[o.sender()+"/"]
		if !ok {
			return o.missing("N1*BT", "the bill-to says who is asked for the money; the partner's options may name a customer instead")
		}
		o.release.Customer = id
		o.note("the order names no bill-to: customer %s is agreed for %s", id, o.sender())
	}
	slices.SortStableFunc(o.stops, func(a, b stopRead) int { return a.Seq - b.Seq })
	for i := range o.stops {
		stop := &o.stops[i]
		if stop.Zone == "" {
			o.noteAt(stop.segment, "stop %d (%s): its zone is not stated, and its state has several or is not known", stop.Seq, stop.Place)
		}
		for _, end := range []struct {
			seg x12.Segment
			to  *domain.Moment
		}{{stop.from, &stop.From}, {stop.until, &stop.Until}} {
			if end.seg.ID == "" {
				continue
			}
			at, err := o.moment(end.seg, 2, 4, 5, stop.Zone)
			if err != nil {
				return err
			}
			*end.to = at
		}
		if stop.Kind == domain.StopDelivery && !stop.Until.IsZero() {
			o.release.Promised = stop.Until
		}
		o.release.Stops = append(o.release.Stops, stop.Stop)
	}
	return o.weigh()
}

// kilogramsPerPound is exact by definition.
func kilogramsPerPound() decimal.Decimal { return decimal.New(45359237, -8) }

// weigh takes the total (L3-01), or else the sum of what is picked up.
func (o *order) weigh() error {
	var sum decimal.Decimal
	weighed := false
	for i := range o.stops {
		if stop := &o.stops[i]; stop.weighed && stop.Kind == domain.StopPickup {
			sum, weighed = sum.Add(stop.weight), true
		}
	}
	units := o.units
	if o.total.ID != "" && text(o.total, 1) != "" {
		total, err := x12.R(text(o.total, 1))
		if err != nil {
			return o.fault(CodeInvalid, o.total, 1, "ask the sender to correct the weight", "%v", err)
		}
		if weighed && !total.Equal(sum) {
			o.noteAt(o.total, "the total weight is %s, the pickups' sum is %s: the total is kept", total, sum)
		}
		if unit := text(o.total, 12); unit != "" {
			units = []string{unit}
		}
		sum, weighed = total, true
	}
	if !weighed {
		return nil
	}
	kilograms, ok := inKilograms(sum, units)
	if !ok {
		o.release.Weight.Reason = "stated as " + sum.String() + " without one unit of pounds or kilograms"
		o.note("the weight %s has no single unit L (pounds) or K (kilograms): it is kept as a remark", sum)
		return nil
	}
	o.release.WeightKg = kilograms
	return nil
}

// inKilograms converts exactly and rounds once, half to even, to grams.
func inKilograms(weight decimal.Decimal, units []string) (string, bool) {
	if len(units) != 1 {
		return "", false
	}
	switch units[0] {
	case "L":
		weight = weight.Mul(kilogramsPerPound())
	case "K":
	default:
		return "", false
	}
	weight = weight.RoundBank(3)
	if weight.IsNegative() || weight.NumDigits() > money.MaxWholeDigits {
		return "", false
	}
	return weight.String(), true
}
