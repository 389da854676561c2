package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// codes are what obstacles concern and are.
func codes(list []domain.Obstacle) []string {
	out := []string{}
	for _, o := range list {
		text := o.Code
		if o.Charge != "" {
			text = string(o.Charge) + " " + text
		}
		out = append(out, text)
	}
	return out
}

func TestWhyAShipmentIsNotBilledIsSaidInOnePlaceWithItsRemedy(t *testing.T) {
	hold := domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: shipment, Charge: "H", Kind: domain.Insurance, Reason: "see SH-2"}}
	cancel := domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "withdrawn", At: at("2024-03-02")}}
	unreadable := domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: shipment, By: "billing desk"}}
	freight, detention := enter("F", domain.Freight, "100.00"), enter("D", domain.Accessorial, "80.00")
	for name, test := range map[string]struct {
		h    domaintest.History
		want []string
	}{
		"released":            {released(), []string{"not-delivered", "no-proof-of-delivery", "no-charge"}},
		"charged":             {played(t, released(), freight, detention, hold), []string{"not-delivered", "no-proof-of-delivery", "D waits-for-approval", "H no-figure"}},
		"delivered":           {played(t, released(), freight, unload("2024-03-05")), []string{"no-proof-of-delivery"}},
		"receipt to look at":  {deliveredWith(t), []string{"proof-not-verified"}},
		"receipt not to read": {deliveredWith(t, unreadable), []string{"proof-unreadable"}},
		"in doubt":            {deliveredWith(t, raise("X1")), []string{"proof-not-verified", "open-exception"}},
		"approval":            {deliveredWith(t, detention, verifyPOD(domain.PODClean)), []string{"D waits-for-approval"}},
		"on a candidate":      {claimed(t), []string{}},
		"nothing owed":        {played(t, released(), freight, reject("F")), []string{}},
		"cancelled":           {played(t, released(), freight, cancel), []string{"F shipment-cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			list := domaintest.Fold[domain.Shipment](test.h...).Missing()
			require.Equal(t, test.want, codes(list))
			for _, o := range list {
				require.Equal(t, shipment, o.Shipment)
				require.NotEmpty(t, o.Text)
				require.NotEmpty(t, o.Remedy)
			}
		})
	}
}

func TestWhyACandidateIsNotIssuedIsSaidWithItsRemedy(t *testing.T) {
	account := func(active bool) domain.Customer {
		return domaintest.Fold[domain.Customer](syncAcme(active).CustomerSynced)
	}
	seal := domain.SealCandidate{Invoice: invoice, TermsDays: 30}
	held := func(reason string) domain.BlockInvoice {
		return domain.BlockInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: reason}}
	}
	open := played(t, nil, addLines(line("A", "100.00", "5.00")))
	for name, test := range map[string]struct {
		h       domaintest.History
		today   string
		account domain.Customer
		want    []string
	}{
		"in its month":         {open, "2024-03-31", account(true), []string{"period-not-over"}},
		"in its grace":         {open, "2024-04-01", account(true), []string{"waits-for-billing"}},
		"customer unknown":     {open, "2024-03-31", domain.Customer{}, []string{"period-not-over", "customer-unknown"}},
		"customer inactive":    {played(t, open, held(domain.HoldCustomerInactive)), "2024-04-09", account(false), []string{"customer-inactive"}},
		"held by hand":         {played(t, open, held(domain.HoldByHand)), "2024-04-09", account(true), []string{"by-hand"}},
		"less than nothing":    {played(t, nil, addLines(line("A", "-1.00", "0.00")), seal), "2024-04-09", account(true), []string{"negative-total"}},
		"sealed":               {played(t, open, seal), "2024-04-09", account(true), []string{"waits-for-number"}},
		"issued":               {issued(t), "2024-04-09", account(true), []string{}},
		"nothing of this name": {nil, "2024-04-09", account(true), []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			list := domaintest.Fold[domain.Invoice](test.h...).Missing(test.today, test.account)
			require.Equal(t, test.want, codes(list))
			for _, o := range list {
				require.Equal(t, invoice, o.Invoice)
				require.NotEmpty(t, o.Text)
				require.NotEmpty(t, o.Remedy)
			}
		})
	}
}

func TestNothingIsMissingOfAChargeThatIsOwedNoMore(t *testing.T) {
	cancel := domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "order withdrawn", At: at("2024-03-04T09:00:00")}}
	h := played(t, released(), enter("F", domain.Freight, "100.00"), enter("I", domain.Insurance, "7.00"), reject("I"), cancel)
	list := domaintest.Fold[domain.Shipment](h...).Missing()
	require.Equal(t, []string{"F " + domain.MissingShipment}, codes(list))
}
