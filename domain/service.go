package domain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/rating"
)

// What happens on the way beside the movement: services performed, time lost
// for a reason, notices given. They are the facts of accessorials (rules 19
// to 21, 25).

// Events of services.
type (
	// ServiceRecorded is something that was done, asked for or paid for. Under
	// the same id it corrects what was recorded before.
	ServiceRecorded struct {
		Shipment ShipmentID     `json:"shipment"`
		Service  rating.Service `json:"service"`
		By       string         `json:"by"`
		Reason   string         `json:"reason,omitempty"` // of a correction
		Source   Source         `json:"source,omitzero"`
	}
	// DelayRecorded is time lost at a stop.
	DelayRecorded struct {
		Shipment ShipmentID `json:"shipment"`
		Delay    string     `json:"delay"` // id within the shipment; the same again corrects it
		Stop     int        `json:"stop"`
		From     Moment     `json:"from"`
		Until    Moment     `json:"until"`
		Reason   string     `json:"reason"` // X12 element 1651: AH driver, AI mechanical …
		Source   Source     `json:"source,omitzero"`
	}
	// NoticeRecorded tells a customer of detention while it can still act.
	NoticeRecorded struct {
		Shipment ShipmentID `json:"shipment"`
		Stop     int        `json:"stop"`
		At       Moment     `json:"at"`
		Medium   string     `json:"medium"` // "e-mail", "edi", "phone"
		To       string     `json:"to,omitempty"`
		Source   Source     `json:"source,omitzero"`
	}
)

func (ServiceRecorded) EventType() string { return "ServiceRecorded" }
func (DelayRecorded) EventType() string   { return "DelayRecorded" }
func (NoticeRecorded) EventType() string  { return "NoticeRecorded" }

// Commands of services.
type (
	// RecordService keeps a service, or corrects it with a reason.
	RecordService struct{ ServiceRecorded }
	// RecordDelay keeps time that was lost.
	RecordDelay struct{ DelayRecorded }
	// RecordNotice keeps a notice.
	RecordNotice struct{ NoticeRecorded }
)

func (c RecordService) Stream() Stream    { return c.Shipment.Stream() }
func (c RecordDelay) Stream() Stream      { return c.Shipment.Stream() }
func (c RecordNotice) Stream() Stream     { return c.Shipment.Stream() }
func (RecordService) CommandName() string { return "RecordService" }
func (RecordDelay) CommandName() string   { return "RecordDelay" }
func (RecordNotice) CommandName() string  { return "RecordNotice" }

func (c RecordService) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	v := c.Service
	if err := CheckID("service", v.Service); err != nil {
		return nil, err
	}
	old := slices.IndexFunc(s.Services, func(o rating.Service) bool { return o.Service == v.Service })
	switch {
	case v.Code == "" || len(v.Code) > maxCode || c.By == "":
		return nil, refuse(Invalid, "shipment %s, service %s: its code of at most %d bytes, or who records it, is missing", c.Shipment, v.Service, maxCode)
	case v.Stop != 0 && s.stop(v.Stop) == nil:
		return nil, refuse(NotFound, "shipment %s has no stop %d", c.Shipment, v.Stop)
	case v.Quantity.Sign() < 0 || v.Miles.Sign() < 0:
		return nil, refuse(Invalid, "shipment %s, service %s: quantity %s, miles %s: neither is negative", c.Shipment, v.Service, v.Quantity, v.Miles)
	case v.Receipt.IsSet() && (v.Receipt.Currency() != s.Currency || v.Receipt.Sign() <= 0 || !v.Receipt.IsWholeMinor()):
		return nil, refuseByRule(25, Invalid, "shipment %s, service %s: a receipt of %s: want an amount above nought in %s", c.Shipment, v.Service, v.Receipt, s.Currency)
	case old >= 0 && same(s.Services[old], v):
		return nil, nil
	case old >= 0 && c.Reason == "":
		return nil, refuse(Conflict, "shipment %s: service %s was recorded otherwise: correct it with a reason", c.Shipment, v.Service)
	}
	return s.conclude(c.ServiceRecorded), nil
}

func (c RecordDelay) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	if err := CheckID("delay", c.Delay); err != nil {
		return nil, err
	}
	for _, m := range []Moment{c.From, c.Until} {
		if err := m.check("shipment " + string(c.Shipment) + ": delay " + c.Delay); err != nil {
			return nil, err
		}
	}
	old := slices.IndexFunc(s.Delays, func(d DelayRecorded) bool { return d.Delay == c.Delay })
	switch {
	case s.stop(c.Stop) == nil:
		return nil, refuse(NotFound, "shipment %s has no stop %d", c.Shipment, c.Stop)
	case c.From.DayOnly() || c.Until.DayOnly() || !c.From.Before(c.Until):
		return nil, refuse(Invalid, "shipment %s: delay %s from %s until %s: want two times of day, the second later", c.Shipment, c.Delay, c.From.Local, c.Until.Local)
	case c.Reason == "":
		return nil, refuse(Invalid, "shipment %s: delay %s needs its reason", c.Shipment, c.Delay)
	case old >= 0 && same(s.Delays[old], c.DelayRecorded):
		return nil, nil
	}
	return s.conclude(c.DelayRecorded), nil
}

func (c RecordNotice) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	if err := c.At.check("shipment " + string(c.Shipment) + ": notice"); err != nil {
		return nil, err
	}
	switch {
	case s.stop(c.Stop) == nil:
		return nil, refuse(NotFound, "shipment %s has no stop %d", c.Shipment, c.Stop)
	case c.Medium == "" || c.At.DayOnly():
		return nil, refuse(Invalid, "shipment %s: a notice needs its time of day and how it was given", c.Shipment)
	case slices.ContainsFunc(s.Notices, func(n NoticeRecorded) bool { return n.Stop == c.Stop && n.At.same(c.At) && n.Medium == c.Medium }):
		return nil, nil
	}
	return s.conclude(c.NoticeRecorded), nil
}

// withService keeps each kind in an order that does not depend on when it was
// learned of (rule 11).
func (s Shipment) withService(e Event) Shipment {
	switch e := e.(type) {
	case ServiceRecorded:
		s.Services = slices.DeleteFunc(slices.Clone(s.Services), func(o rating.Service) bool { return o.Service == e.Service.Service })
		s.Services = append(s.Services, e.Service)
		slices.SortFunc(s.Services, func(a, b rating.Service) int { return strings.Compare(a.Service, b.Service) })
	case DelayRecorded:
		s.Delays = slices.DeleteFunc(slices.Clone(s.Delays), func(o DelayRecorded) bool { return o.Delay == e.Delay })
		s.Delays = append(s.Delays, e)
		slices.SortFunc(s.Delays, func(a, b DelayRecorded) int { return cmp.Or(a.Stop-b.Stop, strings.Compare(a.Delay, b.Delay)) })
	case NoticeRecorded:
		s.Notices = append(slices.Clone(s.Notices), e)
		slices.SortFunc(s.Notices, func(a, b NoticeRecorded) int {
			return cmp.Or(a.At.UTC.Compare(b.At.UTC), a.Stop-b.Stop, strings.Compare(a.Medium, b.Medium))
		})
	}
	return s
}
