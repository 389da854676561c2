package edi

import (
	"context"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// Purposes of a load tender (B2A-01, element 353).
const (
	purposeOriginal     = "00"
	purposeCancellation = "01"
	purposeChange       = "04"
	purposeReplace      = "05"
)

// loadTender maps a 204: an original releases the order, tenders it to the
// carrier and enters the stated linehaul; a cancellation cancels it; a change
// or replacement may only add references.
func (s *set) loadTender(ctx context.Context, v *view) (domain.Command, error) {
	b2, ok := s.first("B2")
	if !ok {
		return nil, s.missing("B2", "it names the shipment and the carrier")
	}
	b2a, ok := s.first("B2A")
	if !ok {
		return nil, s.missing("B2A", "it says whether the order is new, changed or cancelled")
	}
	id, err := s.needed(b2, 4, "the shipment's id")
	if err != nil {
		return nil, err
	}
	if err := domain.CheckID("shipment", id); err != nil {
		return nil, s.fault(CodeInvalid, b2, 4, "agree with the sender on ids that can be kept", "%v", err)
	}
	shipment := domain.ShipmentID(id)
	known, err := v.shipment(ctx, shipment)
	if err != nil {
		return nil, err
	}
	purpose := text(b2a, 1)
	switch purpose {
	case purposeOriginal, purposeChange, purposeReplace, purposeCancellation:
	default:
		return nil, s.fault(CodeUnknownCode, b2a, 1, "ask the sender for 00 (original), 01 (cancellation), 04 (change) or 05 (replace)", "purpose %s is not taken", quote(purpose))
	}
	if purpose != purposeOriginal && !known.Released() {
		return nil, s.fault(CodeNotFound, b2, 4, "import the original load tender (B2A-01 00) first, then replay this item", "shipment %s is not known", quote(id))
	}
	if purpose == purposeCancellation {
		return domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "cancelled by " + s.sender() + " (204, B2A-01 is 01)",
			At: s.reportedAt(), Source: s.whole()}}, nil
	}
	o := &order{set: s}
	o.release = domain.OrderReleased{Shipment: shipment, Mode: "Truck", Source: s.whole()}
	if o.carrier, err = s.needed(b2, 2, "the carrier's SCAC"); err != nil {
		return nil, err
	}
	o.carrier, o.payment = clip(o.carrier, 10), text(b2, 6)
	if o.release.Currency, err = s.currency(); err != nil {
		return nil, err
	}
	if err := o.read(); err != nil {
		return nil, err
	}
	return o.commands(purpose, known, b2, b2a)
}

// commands are what the order asks for, all of it or nothing.
func (o *order) commands(purpose string, known domain.Shipment, b2, b2a x12.Segment) (domain.Command, error) {
	id := o.release.Shipment
	if known.Released() {
		if what, seg := o.differs(known); what != "" {
			if purpose == purposeOriginal {
				return nil, o.fault(CodeConflict, orElse(seg, b2), 0, "find out which is right; another order needs an id of its own (B2-04)",
					"shipment %s is already released with another %s", id, what)
			}
			return nil, o.fault(CodeUnsupportedChange, orElse(seg, b2a), 0, "cancel the order (B2A-01 01) and release it anew under another id, or make the change at the desk and dismiss this item",
				"a released order's %s cannot be changed by a load tender; only references can be added", what)
		}
	}
	var batch domain.Together
	if purpose == purposeOriginal {
		if missing := slices.IndexFunc(o.release.References, func(r domain.Reference) bool { return !slices.Contains(known.References, r) }); known.Released() && missing >= 0 {
			r := o.release.References[missing]
			return nil, o.fault(CodeConflict, b2a, 1, "ask the sender for a change (B2A-01 04), which may add references", "shipment %s is already released, without reference %s %s", id, r.Kind, quote(r.Value))
		}
		batch = append(batch, domain.ReleaseOrder{OrderReleased: o.release})
	} else {
		for _, r := range o.release.References {
			batch = append(batch, domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: id, Reference: r, Source: o.whole()}})
		}
		o.noteAt(b2a, "purpose %s changes nothing but references", purpose)
	}
	batch = append(batch, domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: id, Carrier: o.carrier, At: o.reportedAt(), Source: o.source(b2)}})
	charge, err := o.linehaul()
	if err != nil {
		return nil, err
	}
	if charge != nil {
		batch = append(batch, charge)
	}
	return batch, nil
}

func orElse(seg, other x12.Segment) x12.Segment {
	if seg.ID == "" {
		return other
	}
	return seg
}

// differs names the first part of the order that is recorded otherwise.
func (o *order) differs(known domain.Shipment) (string, x12.Segment) {
	switch {
	case known.Customer != o.release.Customer:
		return fmt.Sprintf("customer (%s, not %s)", known.Customer, o.release.Customer), x12.Segment{}
	case known.Currency != o.release.Currency:
		return fmt.Sprintf("currency (%s, not %s)", known.Currency, o.release.Currency), x12.Segment{}
	case known.WeightKg != o.release.WeightKg:
		return fmt.Sprintf("weight (%s kg, not %s kg)", known.WeightKg, o.release.WeightKg), o.total
	case len(known.Stops) != len(o.stops):
		return fmt.Sprintf("number of stops (%d, not %d)", len(known.Stops), len(o.stops)), x12.Segment{}
	}
	for i := range o.stops {
		if !sameStop(known.Stops[i], o.stops[i].Stop) {
			return fmt.Sprintf("stop %d", o.stops[i].Seq), o.stops[i].segment
		}
	}
	return "", x12.Segment{}
}

// sameStop compares instants, not the way in which they are held in memory.
func sameStop(a, b domain.Stop) bool {
	same := func(m, n domain.Moment) bool {
		return m.UTC.Equal(n.UTC) && m.Local == n.Local && m.Zone == n.Zone
	}
	return a.Seq == b.Seq && a.Kind == b.Kind && a.Place == b.Place && a.Zone == b.Zone && a.Optional == b.Optional &&
		same(a.From, b.From) && same(a.Until, b.Until)
}

// linehaul is the charge that the order states (L3), nil when it states none.
func (o *order) linehaul() (domain.Command, error) {
	seg := o.total
	if seg.ID == "" || text(seg, 3) == "" && text(seg, 5) == "" {
		o.note("the order states no charge (L3)")
		return nil, nil
	}
	id := o.release.Shipment
	inputs := map[string]string{}
	for name, value := range map[string]string{"rate": text(seg, 3), "rate-qualifier": text(seg, 4), "payment-method": o.payment} {
		if value != "" {
			inputs[name] = clip(value, 40)
		}
	}
	if text(seg, 5) == "" {
		o.noteAt(seg, "a rate is stated without a charge (L3-05): the linehaul is held until it has a figure")
		return domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: id, Charge: "linehaul", Kind: domain.Freight,
			Reason: "the order states rate " + inputs["rate"] + " " + inputs["rate-qualifier"] + " without a charge", Source: o.source(seg)}}, nil
	}
	d, err := x12.N2(text(seg, 5))
	amount, err := o.amount(seg, 5, d, err, o.release.Currency)
	if err != nil {
		return nil, err
	}
	if amount.IsNegative() {
		return nil, o.fault(CodeInvalid, seg, 5, "ask the sender to correct the charge", "the linehaul is %s", amount)
	}
	if text(seg, 3) != "" {
		rate, err := x12.R(text(seg, 3))
		switch {
		case err != nil:
			return nil, o.fault(CodeInvalid, seg, 3, "ask the sender to correct the rate", "%v", err)
		case text(seg, 4) != "FR":
			o.noteAt(seg, "rate %s by %s is kept beside the stated charge %s; it was not computed again", rate, quote(text(seg, 4)), amount)
		case !rate.Equal(amount.Amount()):
			return nil, o.fault(CodeDisagrees, seg, 5, "ask the sender which is right", "the flat rate (L3-03) is %s, the charge (L3-05) is %s", rate, amount)
		}
	}
	inputs["amount"] = amount.Format()
	return domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: "linehaul", Kind: domain.Freight, Code: "400",
		Description: o.cargo, Amount: amount, RequestedBy: "load tender of " + o.sender(), Source: o.source(seg),
		Basis: domain.Basis{Tariff: "load tender of " + o.sender(), Formula: domain.FormulaStated, Inputs: inputs, Rounding: money.HalfEven},
	}}, nil
}
