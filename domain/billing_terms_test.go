package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

// billedBy is the order under billing terms.
func billedBy(b domain.BillingTerms, references ...domain.Reference) domain.OrderReleased {
	return orderWith(func(o *domain.OrderReleased) { o.Terms.Billing, o.References = b, references })
}

func po(value string) domain.Reference { return domain.Reference{Kind: "PO", Value: value} }

func refer(r domain.Reference) domain.AddReference {
	return domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: shipment, Reference: r}}
}

// proven delivers an order with freight of 100.00.
func proven(t testing.TB, o domain.OrderReleased, more ...domain.Command) domaintest.History {
	t.Helper()
	h := played(t, domaintest.Given(o), enter("F", domain.Freight, "100.00"), unload("2024-03-05T14:00:00"), receivePOD("2024-03-05"))
	return played(t, h, append(more, verifyPOD(domain.PODClean))...)
}

// claims are the candidates of a shipment and their charges.
func claims(events []domain.Event) []string {
	var all []string
	for _, e := range events {
		if e, ok := e.(domain.ChargesClaimed); ok {
			text := string(e.Candidate.ID())
			for _, l := range e.Lines {
				text += " " + string(l.Charge)
			}
			all = append(all, text)
		}
	}
	return all
}

func TestBillingTermsSayWhichInvoiceBillsAShipment(t *testing.T) {
	days := 45
	for name, test := range map[string]struct {
		order   domain.OrderReleased
		invoice string
		date    string
	}{
		"by month, without terms":          {order(), "ACME_2024-03_USD_1", "2024-03-31"},
		"by month":                         {billedBy(domain.BillingTerms{Cycle: rating.Monthly}), "ACME_2024-03_USD_1", "2024-03-31"},
		"by month, whatever its order":     {billedBy(domain.BillingTerms{}, po("4500017")), "ACME_2024-03_USD_1", "2024-03-31"},
		"by an order of all that is plain": {billedBy(domain.BillingTerms{ByPO: true}, po("az.AZ-09")), "ACME_2024-03_po-az.AZ-09_USD_1", "2024-03-31"},
		"by an order of forty letters": {billedBy(domain.BillingTerms{ByPO: true}, po(strings.Repeat("4500017X", 5))),
			"ACME_2024-03_po-" + strings.Repeat("4500017X", 5) + "_USD_1", "2024-03-31"},
		"by week":           {billedBy(domain.BillingTerms{Cycle: rating.Weekly}), "ACME_2024-W10_USD_1", "2024-03-10"},
		"by shipment":       {billedBy(domain.BillingTerms{Cycle: rating.PerShipment}), "ACME_2024-03-05_shipment-SH-1_USD_1", "2024-03-05"},
		"by delivery":       {billedBy(domain.BillingTerms{Cycle: rating.PerDelivery}), "ACME_2024-03-05_shipment-SH-1_stop-2_USD_1", "2024-03-05"},
		"by order":          {billedBy(domain.BillingTerms{ByPO: true}, po("4500017")), "ACME_2024-03_po-4500017_USD_1", "2024-03-31"},
		"by order and week": {billedBy(domain.BillingTerms{Cycle: rating.Weekly, ByPO: true}, po("4500017")), "ACME_2024-W10_po-4500017_USD_1", "2024-03-10"},
		"by an order that is not short and plain": {billedBy(domain.BillingTerms{ByPO: true}, po("45 00017/ä")),
			"ACME_2024-03_po-45-00017--:451d7974875ad9fd_USD_1", "2024-03-31"},
		"by two orders":   {billedBy(domain.BillingTerms{ByPO: true}, po("B"), po("A"), po("B")), "ACME_2024-03_po-A-B:b17c8419f544abd0_USD_1", "2024-03-31"},
		"with own terms":  {billedBy(domain.BillingTerms{TermsDays: &days}), "ACME_2024-03_net-45_USD_1", "2024-03-31"},
		"of one of ours":  {orderWith(func(o *domain.OrderReleased) { o.Terms.Issuer = "US01" }), "ACME_2024-03_issuer-US01_USD_1", "2024-03-31"},
		"an unclean name": {orderWith(func(o *domain.OrderReleased) { o.Terms.Issuer = "US_01" }), "ACME_2024-03_issuer-US-01:0817fca9c0cac0cd_USD_1", "2024-03-31"},
	} {
		t.Run(name, func(t *testing.T) {
			h := proven(t, test.order)
			require.Equal(t, []string{test.invoice + " F"}, claims(h))
			claim := h[len(h)-1].(domain.ChargesClaimed)
			require.NoError(t, domain.CheckID("invoice", test.invoice))
			opened := played(t, nil, domain.AddLines{Candidate: claim.Candidate, Shipment: shipment, Lines: claim.Lines})
			require.Equal(t, test.date, opened[0].(domain.CandidateOpened).BillingDate)
		})
	}
}

func TestEachDeliveryIsBilledWithWhatAroseThereAndTheLastWithTheRest(t *testing.T) {
	o := billedBy(domain.BillingTerms{Cycle: rating.PerDelivery})
	o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopDelivery, Party: "DEPOT"}, domain.Stop{Seq: 4, Kind: domain.StopDelivery, Optional: true})
	at := func(id domain.ChargeID, stop int, payor domain.CustomerID) domain.EnterCharge {
		c := charge(id, domain.Accessorial, "10.00")
		c.Stop, c.Payor = stop, payor
		return domain.EnterCharge{ChargeEntered: c}
	}
	h := played(t, domaintest.Given(o), enter("F", domain.Freight, "100.00"), at("D2", 2, ""), at("D3", 3, ""), at("P1", 1, ""), at("S4", 4, ""), at("C", 2, "DEPOT"), at("X", 0, "DEPOT"),
		unload("2024-03-06T09:00:00"), record(3, domain.Unloaded, "2024-03-05T14:00:00"), receivePOD("2024-03-06"), verifyPOD(domain.PODClean))
	require.Equal(t, []string{
		"ACME_2024-03-06_shipment-SH-1_stop-2_USD_1 F D2 P1 S4",
		"ACME_2024-03-05_shipment-SH-1_stop-3_USD_1 D3",
		"DEPOT_2024-03-06_shipment-SH-1_stop-2_USD_1 C",
		"DEPOT_2024-03-05_shipment-SH-1_stop-3_USD_1 X",
	}, claims(h))

	// What was never delivered has no stop
	cancelled := played(t, domaintest.Given(o), domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "no goods", At: inChicago("2024-03-04T09:00:00")}})
	tonu := charge("V", domain.Accessorial, "50.00")
	tonu.Code = "VOR"
	require.Equal(t, []string{"ACME_2024-03-04_shipment-SH-1_USD_1 V"}, claims(played(t, cancelled, domain.EnterCharge{ChargeEntered: tonu})))
}

func TestAShipmentWithoutARequiredReferenceWaitsAndGoesOnByItself(t *testing.T) {
	o := billedBy(domain.BillingTerms{ByPO: true, References: []string{"BOL", "PO", "po"}}, domain.Reference{Kind: "PRO", Value: "7781203"})
	h := proven(t, o)
	require.Empty(t, claims(h))
	list := domaintest.Fold[domain.Shipment](h...).Missing()
	require.Equal(t, []string{"no-reference", "no-reference"}, codes(list))
	require.Equal(t, "no reference BOL, which has to be on the bill", list[0].Text)

	h = played(t, h, refer(domain.Reference{Kind: "bol", Value: "881204"}))
	require.Empty(t, claims(h))
	h = played(t, h, refer(po("4500017")))
	require.Equal(t, []string{"ACME_2024-03_po-4500017_USD_1 F"}, claims(h))
	require.Empty(t, domaintest.Fold[domain.Shipment](h...).Missing())

	// An invoice by purchase order asks for one by itself
	h = proven(t, billedBy(domain.BillingTerms{ByPO: true}))
	require.Empty(t, claims(h))
	require.Equal(t, []string{"no-reference"}, codes(domaintest.Fold[domain.Shipment](h...).Missing()))

	// The same of a truck that was ordered and not used
	tonu := charge("V", domain.Accessorial, "50.00")
	tonu.Code = "VOR"
	cancelled := played(t, domaintest.Given(o), domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "no goods", At: inChicago("2024-03-04T09:00:00")}},
		domain.EnterCharge{ChargeEntered: tonu})
	require.Equal(t, []string{"no-reference", "no-reference"}, codes(domaintest.Fold[domain.Shipment](cancelled...).Missing()))
	cancelled = played(t, cancelled, refer(po("4500017")), refer(domain.Reference{Kind: "BOL", Value: "881204"}))
	require.Equal(t, []string{"ACME_2024-03_po-4500017_USD_1 V"}, claims(cancelled))

	// And of a load, whose number comes with its dispatch
	loaded := played(t, proven(t, billedBy(domain.BillingTerms{References: []string{"LOAD"}})), domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: shipment, Carrier: "XPOL", At: at("2024-03-01")}},
		domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL", At: at("2024-03-01")}})
	dispatch := domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: shipment, Load: "LD-77", At: at("2024-03-03")}}
	require.Equal(t, []string{"ACME_2024-03_USD_1 F"}, claims(played(t, loaded, dispatch)))
}

func TestBillingTermsOfAnOrderAreChecked(t *testing.T) {
	tooLong, longest := 366, 365
	kinds := make([]string, 1001)
	for i := range kinds {
		kinds[i] = fmt.Sprint("KIND-", i)
	}
	taken := domain.ReleaseOrder{OrderReleased: orderWith(func(o *domain.OrderReleased) {
		o.Terms.Billing.TermsDays, o.Terms.Billing.References = &longest, kinds[:1000]
	})}
	domaintest.When(t, nil, taken).Then(taken.OrderReleased)
	for name, change := range map[string]func(*domain.OrderReleased){
		"a cycle":              func(o *domain.OrderReleased) { o.Terms.Billing.Cycle = "yearly" },
		"days":                 func(o *domain.OrderReleased) { o.Terms.Billing.TermsDays = &tooLong },
		"a kind":               func(o *domain.OrderReleased) { o.Terms.Billing.References = []string{"purchase order"} },
		"too many kinds":       func(o *domain.OrderReleased) { o.Terms.Billing.References = kinds },
		"an issuer":            func(o *domain.OrderReleased) { o.Terms.Issuer = "Acme Freight" },
		"a party that may pay": func(o *domain.OrderReleased) { o.Stops[1].Party = "dock 4" },
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: orderWith(change)}).Refused(domain.Invalid)
		})
	}
}

// splitTerms are ACME's, with linehaul and fuel split in thirds and detention paid by
// the consignee.
func splitTerms() rating.Agreement {
	a := terms()
	a.Accessorials[0].Payor = "consignee"
	a.Billing = rating.Billing{Cycle: rating.Weekly, Split: []rating.Share{{Customer: "ACME", Percent: number6("33.33")}, {Customer: "BETA", Percent: number6("66.67")}}, References: []string{"BOL"}}
	return a
}

func splitOrder() domain.ReleaseOrder {
	o := ratedOrder()
	o.Stops[1].Party = "DOCK"
	return domain.ReleaseOrder{OrderReleased: o}
}

func master(id domain.CustomerID, active bool) domain.SyncCustomer {
	return domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: id, Source: "sandbox",
		Master: domain.CustomerMaster{Name: "Customer " + string(id), TermsDays: 30, Credit: domain.CreditGood, Active: active}}}
}

// agreed is a ledger with an agreement and its index.
func agreed(t testing.TB, p domain.Policy, version rating.Agreement) *ledger {
	t.Helper()
	l := newLedger(p)
	l.must(t, domain.AdoptAgreement{Terms: version, By: "pricing desk"}, domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{diesel("2024-02-26", "3.90"), diesel("2024-03-04", "4.05")}})
	return l
}

func carried() []domain.Command {
	return []domain.Command{splitOrder(), zoned(1, domain.Loaded, "2024-03-04T10:00:00"), zoned(2, domain.ArrivedDelivery, "2024-03-05T08:10:00"),
		zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), zoned(2, domain.DepartedDelivery, "2024-03-05T11:20:00"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean)}
}

func TestEveryPayorGetsAnInvoiceOfItsPartAndIsHeldAlone(t *testing.T) {
	// Given a shipment whose linehaul and fuel two customers share, and whose detention a third one pays
	l := agreed(t, domain.Policy{Grace: 2 * day}, splitTerms())
	l.must(t, master("ACME", true), master("BETA", false), master("DOCK", true))
	l.must(t, carried()...)
	require.Equal(t, []string{"no-reference"}, codes(l.shipment().Missing()))

	// When the reference that the agreement asks for comes, its week is over, and one of them is inactive
	l.must(t, refer(domain.Reference{Kind: "BOL", Value: "881204"}))
	require.Equal(t, []string{"ACME_2024-W10_USD_1 candidate", "BETA_2024-W10_USD_1 candidate", "DOCK_2024-W10_USD_1 candidate"}, l.statuses())
	require.NoError(t, l.wait(12*day)) // Sunday is 10 March, and 2 of grace

	// Then the others have their invoices, of 1545.00 and the detention
	require.Equal(t, []string{"ACME_2024-W10_USD_1 issued", "BETA_2024-W10_USD_1 held", "DOCK_2024-W10_USD_1 issued"}, l.statuses())
	require.Equal(t, "514.95", l.invoice("ACME_2024-W10_USD_1").Total.Format()) // 419.96 + 94.99
	require.Equal(t, "50.00", l.invoice("DOCK_2024-W10_USD_1").Total.Format())
	l.must(t, master("BETA", true))
	require.Equal(t, "1030.05", l.invoice("BETA_2024-W10_USD_1").Total.Format())
	require.Equal(t, "BETA_2024-W10_USD_1 issued", l.statuses()[1])
	require.Empty(t, l.refused)

	// And the books have nothing unbilled left, of any customer
	unbilled := map[domain.CustomerID]string{}
	for _, e := range l.all {
		if d, ok := domain.Journal(e); ok {
			for _, entry := range d.Entries {
				if entry.Role != domain.Unbilled {
					continue
				}
				amount := entry.Amount
				if entry.Side == domain.CreditSide {
					amount = amount.Neg()
				}
				sum := usd("0.00")
				if before := unbilled[d.Customer]; before != "" {
					sum = usd(before)
				}
				unbilled[d.Customer] = add(t, sum, amount).Format()
			}
		}
	}
	require.Equal(t, map[domain.CustomerID]string{"ACME": "0.00", "BETA": "0.00", "DOCK": "0.00"}, unbilled)
}

func TestWhoPaysAChargeIsNamedBeforeItIsBilled(t *testing.T) {
	assign := func(payor domain.CustomerID) domain.AssignCharge {
		return domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: shipment, Charge: "F", Payor: payor, By: "billing desk", Reason: "freight collect"}}
	}
	h := deliveredWith(t)
	// What was accrued goes with it
	domaintest.When(t, h, assign("BETA")).Then(
		domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: "ACC-SH-1-2", Date: "2024-03-05", Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: usd("-100.00")}}},
		assign("BETA").ChargeAssigned,
		domain.RevenueAccrued{Shipment: shipment, Customer: "BETA", Document: "ACC-SH-1-3", Date: "2024-03-05", Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: usd("100.00")}}})
	h = played(t, h, assign("BETA"))
	domaintest.When(t, h, assign("BETA")).Nothing()
	domaintest.When(t, h, enter("F", domain.Freight, "100.00")).Nothing() // as it was entered first
	other := charge("F", domain.Freight, "100.00")
	other.Payor = "GAMMA"
	domaintest.When(t, h, domain.EnterCharge{ChargeEntered: other}).Refused(domain.Conflict)

	billed := played(t, h, verifyPOD(domain.PODClean))
	require.Equal(t, []string{"BETA_2024-03_USD_1 F"}, claims(billed))
	domaintest.When(t, billed, assign("")).Refused(domain.TooLate).ByRule(35)

	domaintest.When(t, h, assign("Beta Inc")).Refused(domain.Invalid)
	nowhere, unsigned, unknown := assign("GAMMA"), assign("GAMMA"), assign("GAMMA")
	nowhere.Stop, unsigned.By, unknown.Charge = 7, "", "G"
	domaintest.When(t, h, nowhere).Refused(domain.NotFound)
	domaintest.When(t, h, unsigned).Refused(domain.Invalid)
	domaintest.When(t, h, unknown).Refused(domain.NotFound)
	domaintest.When(t, played(t, h, waive("F")), assign("")).Refused(domain.Conflict)
	nowhereEntered := charge("G", domain.Freight, "1.00")
	nowhereEntered.Stop = 7
	domaintest.When(t, h, domain.EnterCharge{ChargeEntered: nowhereEntered}).Refused(domain.NotFound)
}

func TestRatingNamesThePayorUnlessTheDeskHas(t *testing.T) {
	// Given detention of the bill-to, and a version that has the consignee pay it
	paying := func(payor string) domaintest.Told {
		a := terms()
		a.Accessorials[0].Payor = payor
		told := told(t)
		told[domain.AgreementStream("ACME")] = adopted(t, a)
		return told
	}
	later := zoned(2, domain.DepartedDelivery, "2024-03-05T11:35:00") // 15 minutes more
	payor := func(h domaintest.History) domain.CustomerID {
		for _, c := range domaintest.Fold[domain.Shipment](h...).Charges {
			if c.ID == "DET-2" {
				return c.Payor
			}
		}
		return "no charge"
	}
	given := played(t, domaintest.Given(splitOrder().OrderReleased), carried()[1:5]...)
	given = given.And(domaintest.When(t, given, rate, paying("")).Events()...)
	require.Equal(t, domain.CustomerID(""), payor(given))

	// When it is rated anew, it is the consignee's
	h := played(t, given, later)
	h = h.And(domaintest.When(t, h, rate, paying("consignee")).Events()...)
	require.Equal(t, domain.CustomerID("DOCK"), payor(h))
	require.Equal(t, "62.50 ready", amounts(h)["DET-2"])

	// But not when the desk has named somebody
	h = played(t, given, domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: shipment, Charge: "DET-2", Payor: "BETA", By: "billing desk", Reason: "agreed"}}, later)
	h = h.And(domaintest.When(t, h, rate, paying("consignee")).Events()...)
	require.Equal(t, domain.CustomerID("BETA"), payor(h))
	domaintest.When(t, h, rate, paying("consignee")).Nothing()

	// What is billed is a case for a person
	h = played(t, given, receivePOD("2024-03-05"), verifyPOD(domain.PODClean), later)
	h = h.And(domaintest.When(t, h, rate, paying("consignee")).Events()...)
	require.Equal(t, domain.CustomerID(""), payor(h))
	require.Equal(t, "charge DET-2 is on invoice ACME_2024-03_USD_1 with 50.00 USD; by the facts known now it is 62.50 USD to be paid by DOCK", domaintest.Fold[domain.Shipment](h...).Exceptions[0].Detail)
}

func TestRatingThatNamesAnotherPayorTakesBackEachChargeInADocumentOfItsOwn(t *testing.T) {
	// Given linehaul, fuel and detention that ACME pays, and a version that has BETA pay them
	paidBy := func(payor domain.CustomerID) domaintest.Told {
		a := terms()
		a.Billing.Split = []rating.Share{{Customer: string(payor), Percent: number6("100")}}
		told := told(t)
		told[domain.AgreementStream("ACME")] = adopted(t, a)
		return told
	}
	h := played(t, domaintest.Given(splitOrder().OrderReleased), carried()[1:5]...)
	h = h.And(domaintest.When(t, h, rate, paidBy("ACME")).Events()...)
	h = played(t, h, zoned(2, domain.DepartedDelivery, "2024-03-05T11:35:00"))

	// When it is rated anew
	var documents []string
	for _, e := range domaintest.When(t, h, rate, paidBy("BETA")).Events() {
		if e, ok := e.(domain.RevenueAccrued); ok {
			text := e.Document + " " + string(e.Customer)
			for _, line := range e.Lines {
				text += " " + line.Amount.Format()
			}
			documents = append(documents, text)
		}
	}
	// Then no two documents have one number
	require.Equal(t, []string{"ACC-SH-1-2 ACME -1260.00", "ACC-SH-1-3 ACME -285.00", "ACC-SH-1-4 ACME -50.00", "ACC-SH-1-5 BETA 1260.00 285.00 62.50"}, documents)
}

func TestNoWaitIsLongerThanItsPeriod(t *testing.T) {
	for _, test := range []struct {
		cycle rating.Cycle
		days  int // of March on which it is billed, with two days of grace
	}{{rating.PerShipment, 8}, {rating.PerDelivery, 8}, {rating.Weekly, 13}, {rating.Monthly, 34}} {
		t.Run(string(test.cycle), func(t *testing.T) {
			l := newLedger(domain.Policy{Grace: 2 * day})
			l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: billedBy(domain.BillingTerms{Cycle: test.cycle})}, enter("F", domain.Freight, "100.00"),
				unload("2024-03-05T14:00:00"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
			until := at("2024-03-01").UTC.AddDate(0, 0, test.days-1)
			require.NoError(t, l.wait(until.Sub(l.now)-1))
			require.Equal(t, domain.InvoiceOpen, l.invoices()[0].Status)
			require.NoError(t, l.wait(1))
			require.Equal(t, domain.InvoiceIsIssued, l.invoices()[0].Status)
			require.Equal(t, until.Format(domain.DayLayout), l.invoices()[0].IssueDate)
		})
	}
}

func TestTermsOfTheAgreementAreOfTheBillToOnly(t *testing.T) {
	days := 0
	l := newLedger(domain.Policy{})
	entered := charge("C", domain.Freight, "7.00")
	entered.Payor = "BETA"
	l.must(t, syncAcme(true), master("BETA", true), domain.ReleaseOrder{OrderReleased: billedBy(domain.BillingTerms{Cycle: rating.PerShipment, TermsDays: &days})}, enter("F", domain.Freight, "100.00"),
		domain.EnterCharge{ChargeEntered: entered}, unload("2024-03-05T14:00:00"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	require.NoError(t, l.wait(10*day))
	due := map[domain.CustomerID]string{}
	for _, v := range l.invoices() {
		due[v.Candidate.Customer] = v.IssueDate + " " + v.DueDate
	}
	require.Equal(t, map[domain.CustomerID]string{"ACME": "2024-03-11 2024-03-11", "BETA": "2024-03-11 2024-04-10"}, due)
}
