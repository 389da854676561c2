package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func receiving(change func(*domain.PODReceived)) domain.ReceivePOD {
	p := podOf("2024-03-05")
	change(&p)
	return domain.ReceivePOD{PODReceived: p}
}

func correcting(reason string, change func(*domain.PODReceived)) domain.CorrectPOD {
	return domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: receiving(change).PODReceived, Reason: reason}}
}

func TestVersionsOfAProofOfDeliveryAreCountedHere(t *testing.T) {
	wrong := func(p *domain.PODReceived) { p.Version = 7 }
	reject := domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: shipment, Version: 7, By: "billing desk"}}
	verify := verifyPOD(domain.PODClean)
	verify.Version = 7

	first := played(t, released(), receiving(wrong))
	require.Equal(t, 1, first[len(first)-1].(domain.PODReceived).Version)
	require.Equal(t, 1, domaintest.When(t, first, verify).Events()[0].(domain.PODVerified).Version)
	unreadable := played(t, first, reject)
	require.Equal(t, 1, unreadable[len(unreadable)-1].(domain.PODUnreadable).Version)
	second := played(t, unreadable, receiving(func(p *domain.PODReceived) { p.Document = "receipt 882" }))
	require.Equal(t, 2, second[len(second)-1].(domain.PODReceived).Version)
	third := played(t, second, correcting("better scan", wrong))
	require.Equal(t, 3, third[len(third)-1].(domain.PODCorrected).Version)
}

func TestAProofOfDeliveryIsTheSameByDocumentAndDate(t *testing.T) {
	h := played(t, released(), receivePOD("2024-03-05"))
	otherDay := func(p *domain.PODReceived) { p.At = at("2024-03-06") }
	otherDocument := func(p *domain.PODReceived) { p.Document = "receipt 882" }
	as := func(*domain.PODReceived) {}
	domaintest.When(t, h, receiving(as)).Nothing()
	domaintest.When(t, h, receiving(otherDay)).Refused(domain.Conflict)
	domaintest.When(t, h, receiving(otherDocument)).Refused(domain.Conflict)
	domaintest.When(t, h, correcting("misread", as)).Nothing()
	require.Equal(t, []string{"PODCorrected"}, types(domaintest.When(t, h, correcting("misread", otherDay)).Events()))
	require.Equal(t, []string{"PODCorrected"}, types(domaintest.When(t, h, correcting("misread", otherDocument)).Events()))
}

func TestAProofOfDeliveryThatSaysTooLittleIsRefused(t *testing.T) {
	h := played(t, released(), receivePOD("2024-03-05"))
	domaintest.When(t, released(), receiving(func(p *domain.PODReceived) { p.Document = "" })).Refused(domain.Invalid)
	domaintest.When(t, released(), receiving(func(p *domain.PODReceived) { p.At = domain.Moment{} })).Refused(domain.Invalid)
	domaintest.When(t, h, verifyPOD("perhaps")).Refused(domain.Invalid)
	nobody := verifyPOD(domain.PODClean)
	nobody.By = ""
	domaintest.When(t, h, nobody).Refused(domain.Invalid)
	domaintest.When(t, h, correcting("", func(p *domain.PODReceived) { p.Document = "receipt 882" })).Refused(domain.Invalid)
	domaintest.When(t, h, correcting("misread", func(p *domain.PODReceived) { p.Document = "" })).Refused(domain.Invalid)
}

func TestWhoVerifiedAProofOfDeliveryAndWhichTimesStandOnItIsKept(t *testing.T) {
	verify := verifyPOD(domain.PODClean)
	verify.Timed = []int{2}
	p := domaintest.Fold[domain.Shipment](played(t, released(), receivePOD("2024-03-05"), verify)...).POD
	require.Equal(t, "billing desk", p.VerifiedBy)
	require.Equal(t, []int{2}, p.Timed)
}

func TestAProofDatedBeforeTheDeliveryIsACaseOfItsVersion(t *testing.T) {
	h := played(t, released(), unload("2024-03-05"), receivePOD("2024-03-04"))
	require.Equal(t, "pod-before-delivery-1", h[len(h)-1].(domain.ExceptionRaised).Exception)
	// Given a correction that is too early as well, then the case of the first version ends and the second has its own
	events := domaintest.When(t, h, correcting("misread", func(p *domain.PODReceived) { p.At = at("2024-03-03") })).Events()
	require.Equal(t, []string{"PODCorrected", "ExceptionResolved", "ExceptionRaised"}, types(events))
	require.Equal(t, "pod-before-delivery-1", events[1].(domain.ExceptionResolved).Exception)
	require.Equal(t, "pod-before-delivery-2", events[2].(domain.ExceptionRaised).Exception)
}

func TestATruckThatWasNotUsedIsBilledWhateverItsReceiptSays(t *testing.T) {
	// Given a receipt with notes that did not hold the bill, and a truck that was dispatched and not used
	o := ratedOrder()
	o.Terms.BillWithExceptions = true
	h := domaintest.Given(o, domain.OrderTendered{Shipment: shipment, Carrier: "XPOL"}, domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL"}, domain.ShipmentDispatched{Shipment: shipment, At: at("2024-03-02")})
	h = played(t, h, receivePOD("2024-03-04"), verifyPOD(domain.PODWithExceptions),
		domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "no goods", At: inChicago("2024-03-04T09:00:00")}})
	// When it is rated under terms in which notes do, then they hold nothing that was not delivered
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)
	require.False(t, domaintest.Fold[domain.Shipment](h...).Terms.BillWithExceptions)
	require.Equal(t, map[domain.ChargeID]string{"VOR": "250.00 claimed"}, amounts(h))
}
