package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

// entering is a freight charge of 100.00, changed.
func entering(change func(*domain.ChargeEntered)) domain.EnterCharge {
	c := enter("F", domain.Freight, "100.00")
	change(&c.ChargeEntered)
	return c
}

func TestAChargeIsBoundedAndHasTheSignOfItsKind(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*domain.ChargeEntered)
		taken  bool
	}{
		"a long description":       {func(e *domain.ChargeEntered) { e.Description = strings.Repeat("d", 200) }, true},
		"a longer one":             {func(e *domain.ChargeEntered) { e.Description = strings.Repeat("d", 201) }, false},
		"a long code":              {func(e *domain.ChargeEntered) { e.Code = strings.Repeat("C", 20) }, true},
		"a longer code":            {func(e *domain.ChargeEntered) { e.Code = strings.Repeat("C", 21) }, false},
		"freight of nothing":       {func(e *domain.ChargeEntered) { e.Amount = usd("0.00") }, true},
		"freight below nought":     {func(e *domain.ChargeEntered) { e.Amount = usd("-0.01") }, false},
		"a discount":               {func(e *domain.ChargeEntered) { e.Kind, e.Amount = domain.Discount, usd("-10.00") }, true},
		"a discount of nothing":    {func(e *domain.ChargeEntered) { e.Kind, e.Amount = domain.Discount, usd("0.00") }, true},
		"a discount above nought":  {func(e *domain.ChargeEntered) { e.Kind, e.Amount = domain.Discount, usd("0.01") }, false},
		"neither amount nor basis": {func(e *domain.ChargeEntered) { e.Amount = money.Money{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			outcome := domaintest.When(t, released(), entering(test.change))
			if test.taken {
				outcome.Then(entering(test.change).ChargeEntered)
				return
			}
			outcome.Refused(domain.Invalid)
		})
	}
}

func TestAnAmendmentSaysWhoAndWhyAndKeepsTheSign(t *testing.T) {
	h := played(t, released(), enter("F", domain.Freight, "100.00"), enter("D", domain.Discount, "-10.00"))
	silent, nobody := amend("F", "90.00"), amend("F", "90.00")
	silent.Reason, nobody.RequestedBy = "", ""
	domaintest.When(t, h, silent).Refused(domain.Invalid)
	domaintest.When(t, h, nobody).Refused(domain.Invalid)
	domaintest.When(t, h, amend("F", "100.00")).Nothing()
	domaintest.When(t, h, amend("F", "-1.00")).Refused(domain.Invalid)
	domaintest.When(t, h, amend("D", "1.00")).Refused(domain.Invalid)
	for id, amount := range map[domain.ChargeID]string{"F": "0.00", "D": "0.00"} {
		require.Equal(t, []string{"ChargeAmended"}, types(domaintest.When(t, h, amend(id, amount)).Events()))
	}
	domaintest.When(t, played(t, h, enter("X", domain.Accessorial, "80.00")), approve("X", "80.00", "")).Refused(domain.Invalid)
}

func TestALinkedChargeIsBilledByAnother(t *testing.T) {
	link := func(s domain.ShipmentID, c domain.ChargeID) domain.LinkCharge {
		return domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: shipment, Charge: "F", Kind: domain.Freight, BilledBy: domain.ChargeRef{Shipment: s, Charge: c}}}
	}
	domaintest.When(t, released(), link("SH-2", "")).Refused(domain.Invalid)
	domaintest.When(t, released(), link(shipment, "F")).Refused(domain.Invalid)
	domaintest.When(t, released(), link("SH-2", "F")).Then(link("SH-2", "F").ChargeLinked)
	domaintest.When(t, released(), link(shipment, "G")).Then(link(shipment, "G").ChargeLinked)
}

func TestOfACancelledShipmentOnlyItsTruckIsCharged(t *testing.T) {
	cancelled := played(t, released(), enter("F", domain.Freight, "100.00"),
		domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "order withdrawn", At: at("2024-03-01")}})
	truck := enter("T", domain.Accessorial, "80.00")
	truck.Code = "VOR"
	domaintest.When(t, cancelled, enter("G", domain.Freight, "1.00")).Refused(domain.TooLate)
	domaintest.When(t, cancelled, amend("F", "90.00")).Refused(domain.TooLate)
	domaintest.When(t, cancelled, approve("F", "100.00", "desk lead")).Refused(domain.TooLate)
	domaintest.When(t, nil, truck).Refused(domain.NotFound)
	h := played(t, cancelled, waive("F"), truck)
	require.Equal(t, []string{"ChargeAmended"}, types(domaintest.When(t, h, amend("T", "90.00")).Events()))
}

func TestAChargeOnACandidateIsTakenOffByAnExceptionOnItsShipment(t *testing.T) {
	for _, evenSo := range []bool{false, true} { // the agreement has receipts with exceptions billed
		for name, change := range map[string]domain.Command{"rejected": reject("G"), "waived": waive("G"), "amended": amend("G", "30.00"),
			"another pays": domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: shipment, Charge: "G", Payor: "BETA", By: "billing desk", Reason: "collect"}}} {
			t.Run(fmt.Sprintf("%s, bill with exceptions %v", name, evenSo), func(t *testing.T) {
				// Given two charges on a candidate, of which one was wrong …
				l := newLedger(domain.Policy{})
				o := orderWith(func(o *domain.OrderReleased) { o.Terms.BillWithExceptions = evenSo })
				l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: o}, enter("F", domain.Freight, "100.00"), enter("G", domain.Freight, "40.00"),
					unload("2024-03-05"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
				require.True(t, domaintest.IsRefusal(l.do(change)))
				// … what the refusal says
				raise := domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: shipment, Exception: "wrong", Kind: domain.ExceptionOther}}
				l.must(t, raise, change, resolve("wrong"))
				// … has it changed, and the rest billed.
				require.NoError(t, l.wait(60*day))
				require.Empty(t, l.refused)
				total := "0.00"
				for _, v := range l.invoices() {
					if v.Number != "" {
						total = add(t, usd(total), v.Total).Format()
					}
				}
				require.Equal(t, map[string]string{"rejected": "100.00", "waived": "100.00", "amended": "130.00", "another pays": "100.00"}[name], total)
			})
		}
	}
}

func TestAnAccrualIsOneDocumentForEachWhoPays(t *testing.T) {
	// Given three charges, one of which another customer pays
	collect := charge("C", domain.Accessorial, "30.00")
	collect.Payor = "BETA"
	h := played(t, released(), enter("F", domain.Freight, "100.00"), domain.EnterCharge{ChargeEntered: collect}, enter("I", domain.Insurance, "7.00"))

	// When it is delivered, then what each owes is accrued in a document of its own
	var documents []string
	for _, e := range domaintest.When(t, h, unload("2024-03-05T14:00:00")).Events() {
		if e, ok := e.(domain.RevenueAccrued); ok {
			text := e.Document + " " + string(e.Customer)
			for _, line := range e.Lines {
				text += " " + string(line.Charge)
			}
			documents = append(documents, text)
		}
	}
	require.Equal(t, []string{"ACC-SH-1-1 ACME F I", "ACC-SH-1-2 BETA C"}, documents)

	// and a charge that arises elsewhere, which the same customer pays, changes nothing of it
	h = played(t, h, unload("2024-03-05T14:00:00"))
	assign := domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: shipment, Charge: "F", Stop: 2, By: "billing desk", Reason: "at the dock"}}
	domaintest.When(t, h, assign).Then(assign.ChargeAssigned)
	assign.Payor = "BETA"
	require.Equal(t, []string{"RevenueAccrued", "ChargeAssigned", "RevenueAccrued"}, types(domaintest.When(t, h, assign).Events()))
	// as one of which nothing is accrued
	assign.Charge = "F"
	before := played(t, released(), enter("F", domain.Freight, "100.00"))
	domaintest.When(t, before, assign).Then(assign.ChargeAssigned)
}

func TestAChargeOfNothingIsBilledAsNothing(t *testing.T) {
	h := deliveredWith(t, enter("N", domain.Insurance, "0.00"))
	for _, e := range domaintest.When(t, h, verifyPOD(domain.PODClean)).Events() {
		if e, ok := e.(domain.ChargesClaimed); ok {
			require.Equal(t, [2]string{"100.00", "0.00"}, [2]string{e.Lines[0].Accrued.Format(), e.Lines[1].Accrued.Format()})
			require.True(t, e.Lines[1].Accrued.IsSet())
			return
		}
	}
	require.Fail(t, "nothing was claimed")
}

func TestAChargeHasAnAmountOrABasis(t *testing.T) {
	none := enter("F", domain.Freight, "1.00")
	none.Amount = money.Money{}
	domaintest.When(t, released(), none).Refused(domain.Invalid).ByRule(0)
}
