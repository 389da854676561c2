package rating

import (
	"fmt"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// performed charges what was recorded as done or paid on the way, each under
// its own id, "LFT-S1". What is recorded under the code of an accessorial that
// the shipment's course charges, as detention, is no charge of its own: it
// carries the approval, the document or the distance.
func (x *extras) performed() {
	for _, svc := range x.services {
		i := slices.IndexFunc(x.agreement.Accessorials, func(acc Accessorial) bool { return acc.Code == svc.Code })
		if i < 0 {
			x.notes = append(x.notes, Note{Clause: "accessorial " + svc.Code, Text: fmt.Sprintf("service %s is recorded, and the agreement has no such accessorial", svc.Service)})
			continue
		}
		switch acc := x.agreement.Accessorials[i]; acc.Trigger {
		case TriggerPassThrough:
			x.passedThrough(acc, svc)
		case TriggerService, TriggerRedelivery, TriggerReconsigned:
			x.service(acc, svc)
		}
	}
}

func (x *extras) service(acc Accessorial, svc Service) {
	at := Stop{Seq: svc.Stop}
	if !svc.Quantity.IsZero() && svc.Quantity.Sign() <= 0 || svc.Miles.Sign() < 0 {
		x.note(acc, at, fmt.Sprintf("service %s: %s units, %s miles: nothing to charge", svc.Service, stated(svc.Quantity), stated(svc.Miles)))
		return
	}
	s := newSheet(clauseOf(acc))
	units, why := x.units(s, acc, &svc)
	if why != "" {
		x.miss(acc, at, why)
		return
	}
	if flat := acc.Price.Per == "" || acc.Price.Per == Flat; flat && !svc.Quantity.IsZero() && !svc.Quantity.Equal(MustDecimal("1")) {
		x.note(acc, at, fmt.Sprintf("service %s: %s are recorded, the price is for all of them", svc.Service, svc.Quantity))
	}
	x.price(s, acc, units, acc.Price.Rate, "price/rate")
	x.charge(acc, Charge{Charge: acc.Code + "-" + svc.Service, Stop: svc.Stop}, s, x.lacks(acc, nil, &svc, time.Time{}))
}

func stated(d Decimal) string {
	if d.IsZero() {
		return "no"
	}
	return d.String()
}

// passedThrough charges somebody else's bill: the receipt and the agreed fee
// and never more, so it is rounded down to the minor unit (rule 25). Without a
// receipt there is no charge.
func (x *extras) passedThrough(acc Accessorial, svc Service) {
	at, c := Stop{Seq: svc.Stop}, x.agreement.Currency
	switch receipt := svc.Receipt; {
	case !receipt.IsSet():
		x.miss(acc, at, fmt.Sprintf("service %s: no receipt, and nothing is passed on without one", svc.Service))
		return
	case receipt.Currency() != c:
		x.miss(acc, at, fmt.Sprintf("service %s: the receipt is in %s, the agreement in %s", svc.Service, receipt.Currency(), c))
		return
	case receipt.Sign() <= 0:
		x.note(acc, at, fmt.Sprintf("service %s: the receipt is for %s", svc.Service, receipt))
		return
	}
	fee, err := money.New(acc.Fee.Exact(), c)
	if err != nil {
		x.miss(acc, at, "the fee: "+err.Error())
		return
	}
	s := newSheet(clauseOf(acc))
	from := "fact services/" + svc.Service + "/receipt"
	if svc.Document != "" {
		from += " " + svc.Document
	}
	amount := s.billed("receipt", from, svc.Receipt)
	if fee.Sign() > 0 {
		amount = s.do("receipt and fee", Add, amount, s.given("agreed fee", clauseOf(acc)+"/fee", acc.Fee))
	}
	if most := acc.Price.Maximum; !most.IsZero() {
		amount = s.do("at most the maximum", Min, amount, s.given("maximum", clauseOf(acc)+"/price/maximum", most))
	}
	s.round("amount", amount, Round{money.Down, minorUnit(c)})
	x.charge(acc, Charge{
		Charge: acc.Code + "-" + svc.Service, Stop: svc.Stop, Rounding: money.Down, Receipt: svc.Receipt, Fee: fee,
	}, s, x.lacks(acc, nil, &svc, time.Time{}))
}

// minorUnit is the smallest amount of a currency: 0.01 for USD.
func minorUnit(c money.Currency) Decimal { return MustDecimal(money.FromMinor(1, c).Format()) }
