package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func TestRule12AChargeIsOnAtMostOneLiveInvoiceLine(t *testing.T) {
	// Given a claimed charge, then nothing claims it again
	h := claimed(t)
	claims := domaintest.When(t, h, enter("X", domain.Freight, "1.00")).Events()
	last := claims[len(claims)-1].(domain.ChargesClaimed)
	require.Len(t, last.Lines, 1)
	require.Equal(t, domain.ChargeID("X"), last.Lines[0].Charge)

	// A line is added once, however often it is asked for
	v := played(t, nil, addLines(line("F", "100.00", "0.00")))
	domaintest.When(t, v, addLines(line("F", "100.00", "0.00"))).Nothing()
	v = issuedWith(t, line("F", "100.00", "0.00"))
	domaintest.When(t, v, addLines(line("F", "100.00", "0.00"))).Nothing()

	// A claim that is moved leaves the candidate it named
	moved := domain.MoveClaim{Shipment: shipment, From: invoice, To: candidate().Next(), Charges: []domain.ChargeID{"F"}}
	h = played(t, h, moved)
	require.Equal(t, candidate().Next().ID(), domaintest.Fold[domain.Shipment](h...).Charges[0].Invoice)
	domaintest.When(t, h, moved).Nothing()
}

func TestRule12AVoidedOrRebilledChargeGoesToTheNextCandidate(t *testing.T) {
	again := line("A", "100.00", "5.00")
	again.Rebills = invoice
	declined := func(reason string) domain.LinesDeclined {
		return domain.LinesDeclined{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"A"}, Next: candidate().Next(), Reason: reason}
	}
	h := issuedWith(t, line("A", "100.00", "5.00"))
	void := domain.VoidInvoice{Invoice: invoice, Date: "2024-04-02", Reason: "wrong customer", By: "billing desk"}
	domaintest.When(t, played(t, h, void), addLines(again)).Then(declined("candidate is void"))

	rebill := credit("C1")
	rebill.Rebill = true
	credited := played(t, h, rebill, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"})
	domaintest.When(t, credited, addLines(again)).Then(declined("candidate is credited"))

	// A credit without rebill gives the money back and leaves the charge billed
	given := played(t, h, credit("C1"), domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"})
	domaintest.When(t, given, addLines(again)).Nothing()
}

func TestRule13NoChargeVanishes(t *testing.T) {
	held := domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: shipment, Charge: "H", Kind: domain.Freight}}
	domaintest.When(t, released(), held).Refused(domain.Invalid).ByRule(13)
	unbillable := domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: shipment, Charge: "N", Kind: domain.Freight}}
	domaintest.When(t, released(), unbillable).Refused(domain.Invalid).ByRule(13)
	silent := reject("F")
	silent.Reason = ""
	domaintest.When(t, played(t, released(), enter("F", domain.Freight, "100.00")), silent).Refused(domain.Invalid)

	// A held charge keeps its place until it has a figure
	held.Reason = "carried by another line"
	h := played(t, released(), held)
	require.Equal(t, domain.ChargeIsHeld, domaintest.Fold[domain.Shipment](h...).Charges[0].Status)
	entered := charge("H", domain.Freight, "12.00")
	domaintest.When(t, h, domain.EnterCharge{ChargeEntered: entered}).Then(entered)

	// The charges of a cancelled shipment can still be brought to an end
	cancelled := played(t, released(), enter("F", domain.Freight, "100.00"),
		domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "order withdrawn", At: at("2024-03-01")}})
	domaintest.When(t, cancelled, waive("F")).Then(waive("F").ChargeWaived)
}

func TestRule14ABasisNamesItsFormulaInputsAndRounding(t *testing.T) {
	good := domain.Basis{Tariff: "ACME-2024", Version: "3", Effective: "2024-01-01", Formula: domain.FormulaRate, Rounding: money.HalfUp,
		Inputs: map[string]string{"rate": "41.93", "quantity": "1340", "per": "100", "lane": "CHI-DAL"}}
	priced := charge("F", domain.Freight, "561.86")
	priced.Basis = good
	asked := priced
	asked.Amount = money.Money{}
	domaintest.When(t, released(), domain.EnterCharge{ChargeEntered: asked}).Then(priced)

	for name, change := range map[string]func(*domain.Basis){
		"no rounding":       func(b *domain.Basis) { b.Rounding = "" },
		"unknown formula":   func(b *domain.Basis) { b.Formula = "guess" },
		"input missing":     func(b *domain.Basis) { b.Inputs = map[string]string{"rate": "1"} },
		"input not decimal": func(b *domain.Basis) { b.Inputs = map[string]string{"rate": "1e3", "quantity": "1"} },
		"per not a power":   func(b *domain.Basis) { b.Inputs = map[string]string{"rate": "1", "quantity": "1", "per": "3"} },
		"per nought":        func(b *domain.Basis) { b.Inputs = map[string]string{"rate": "1", "quantity": "1", "per": "0"} },
		"out of range": func(b *domain.Basis) {
			b.Inputs = map[string]string{"rate": "999999999999999", "quantity": "999999999999999"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad := asked
			change(&bad.Basis)
			domaintest.When(t, released(), domain.EnterCharge{ChargeEntered: bad}).Refused(domain.Invalid).ByRule(14)
		})
	}
}

func TestRule15AStatedAmountMustFollowFromItsBasis(t *testing.T) {
	c := charge("F", domain.FuelSurcharge, "11.80")
	c.Basis = domain.Basis{Formula: domain.FormulaPercent, Rounding: money.HalfUp, Inputs: map[string]string{"base": "112.37", "percent": "10.50"}}
	domaintest.When(t, released(), domain.EnterCharge{ChargeEntered: c}).Then(c)
	again, err := c.Basis.Amount("USD")
	require.NoError(t, err)
	require.Equal(t, c.Amount, again)
	c.Amount = usd("11.79")
	domaintest.When(t, released(), domain.EnterCharge{ChargeEntered: c}).Refused(domain.Invalid).ByRule(15)
}

func TestRule16AccessorialsAboveTheThresholdWaitForApproval(t *testing.T) {
	for _, test := range []struct {
		kind      domain.ChargeKind
		amount    string
		threshold money.Money
		waits     bool
	}{
		{domain.Accessorial, "50.01", usd("50.00"), true},
		{domain.Accessorial, "50.00", usd("50.00"), false},
		{domain.Accessorial, "0.01", money.Money{}, true},
		{domain.Accessorial, "0.00", money.Money{}, true},
		{domain.Accessorial, "0.00", usd("0.00"), true}, // nought means that all of them wait
		{domain.Freight, "9000.00", usd("50.00"), false},
		{domain.FuelSurcharge, "9000.00", usd("50.00"), false},
	} {
		h := domaintest.Given(orderWith(func(o *domain.OrderReleased) { o.Terms.ApprovalAbove = test.threshold }))
		c := charge("X", test.kind, test.amount)
		c.NeedsApproval = test.waits
		domaintest.When(t, h, enter("X", test.kind, test.amount)).Then(c)
		status := domaintest.Fold[domain.Shipment](played(t, h, enter("X", test.kind, test.amount))...).Charges[0].Status
		require.Equal(t, test.waits, status == domain.ChargePending)
	}
	// A charge that waits holds the shipment's whole bill
	h := deliveredWith(t, enter("D", domain.Accessorial, "80.00"))
	domaintest.When(t, h, verifyPOD(domain.PODClean)).Then(verifyPOD(domain.PODClean).PODVerified)
	h = played(t, h, verifyPOD(domain.PODClean))
	require.Equal(t, []string{"ChargeApproved", "RevenueAccrued", "ChargesClaimed"}, types(domaintest.When(t, h, approve("D", "80.00", "desk lead")).Events()))
}

func TestRule17WhoAsksDoesNotApprove(t *testing.T) {
	h := played(t, released(), enter("D", domain.Accessorial, "80.00"))
	domaintest.When(t, h, approve("D", "80.00", "rating")).Refused(domain.Denied).ByRule(17)
	require.Equal(t, []string{"ChargeApproved"}, types(domaintest.When(t, h, approve("D", "80.00", "desk lead")).Events()))
	nobody := enter("E", domain.Accessorial, "80.00")
	nobody.RequestedBy = ""
	domaintest.When(t, released(), nobody).Refused(domain.Invalid).ByRule(17)
}

func TestRule18AnApprovalIsForOneAmountAndAChangeVoidsIt(t *testing.T) {
	h := played(t, released(), enter("D", domain.Accessorial, "80.00"))
	domaintest.When(t, h, approve("D", "90.00", "desk lead")).Refused(domain.Conflict).ByRule(18)

	h = played(t, h, approve("D", "80.00", "desk lead"), amend("D", "40.00"))
	c := domaintest.Fold[domain.Shipment](h...).Charges[0]
	require.Equal(t, domain.ChargePending, c.Status, "40.00 is under the threshold, but 80.00 was approved")
	require.Empty(t, c.ApprovedBy)
	require.Empty(t, c.Evidence)
	domaintest.When(t, h, approve("D", "80.00", "desk lead")).Refused(domain.Conflict).ByRule(18)
	require.Equal(t, []string{"ChargeApproved"}, types(domaintest.When(t, h, approve("D", "40.00", "desk lead")).Events()))
}

func TestRule22LinehaulAndTruckOrderedNotUsedExcludeEachOther(t *testing.T) {
	unused := enter("T", domain.Accessorial, "250.00")
	unused.Code = "VOR"
	linehaul := enter("F", domain.Freight, "100.00")
	domaintest.When(t, played(t, released(), linehaul), unused).Refused(domain.Conflict).ByRule(22)
	domaintest.When(t, played(t, released(), unused), linehaul).Refused(domain.Conflict).ByRule(22)
	c := unused.ChargeEntered
	c.NeedsApproval = true
	domaintest.When(t, played(t, released(), linehaul, waive("F")), unused).Then(c)
}

func TestRule25PassThroughIsAtMostReceiptAndAgreedFee(t *testing.T) {
	lumper := func(amount string, p *domain.PassThrough) domain.EnterCharge {
		c := enter("L", domain.Accessorial, amount)
		c.Code, c.PassThrough = "LUM", p
		return c
	}
	receipt := &domain.PassThrough{Receipt: usd("40.00"), Fee: usd("5.00")}
	domaintest.When(t, released(), lumper("45.00", nil)).Refused(domain.Invalid).ByRule(25)
	domaintest.When(t, released(), lumper("45.01", receipt)).Refused(domain.Invalid).ByRule(25)
	domaintest.When(t, released(), lumper("45.00", receipt)).Then(lumper("45.00", receipt).ChargeEntered)
	euros := &domain.PassThrough{Receipt: money.MustParse("45.00", "EUR"), Fee: money.MustParse("0.00", "EUR")}
	domaintest.When(t, released(), lumper("45.00", euros)).Refused(domain.Invalid).ByRule(25)

	// An amendment stays within it too
	h := played(t, released(), lumper("45.00", receipt))
	domaintest.When(t, h, amend("L", "500.00")).Refused(domain.Invalid).ByRule(25)
	domaintest.When(t, h, amend("L", "42.00")).Then(amend("L", "42.00").ChargeAmended)
}

func TestRule27RoundingHappensOnceAtTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		basis domain.Basis
		want  string
	}{
		"the rate is not rounded first":     {domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfUp, Inputs: map[string]string{"rate": "0.0449", "quantity": "1000"}}, "44.90"},
		"half a cent, up":                   {domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfUp, Inputs: map[string]string{"rate": "1.005", "quantity": "1"}}, "1.01"},
		"half a cent, to even":              {domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfEven, Inputs: map[string]string{"rate": "1.005", "quantity": "1"}}, "1.00"},
		"a minimum":                         {domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfUp, Inputs: map[string]string{"rate": "1", "quantity": "2", "minimum": "75"}}, "75.00"},
		"a minimum that is passed":          {domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfUp, Inputs: map[string]string{"rate": "1", "quantity": "80", "minimum": "75"}}, "80.00"},
		"a percentage":                      {domain.Basis{Formula: domain.FormulaPercent, Rounding: money.Down, Inputs: map[string]string{"base": "112.37", "percent": "10.5"}}, "11.79"},
		"stated":                            {domain.Basis{Formula: domain.FormulaStated, Rounding: money.HalfUp, Inputs: map[string]string{"amount": "11.795"}}, "11.80"},
		"a discount mirrors its charge":     {domain.Basis{Formula: domain.FormulaPercent, Rounding: money.HalfUp, Inputs: map[string]string{"base": "561.86", "percent": "-80"}}, "-449.49"},
		"hundredweight is an exact tenfold": {domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfUp, Inputs: map[string]string{"rate": "41.93", "quantity": "1340", "per": "100"}}, "561.86"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.basis.Amount("USD")
			require.NoError(t, err)
			require.Equal(t, usd(test.want), got)
		})
	}
}
