package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

// Freight begins to wait in another stream than its own: what it waits for may
// come between the two.

func TestFreightIsRatedByAVersionThatCameWhileItBeganToWait(t *testing.T) {
	// Given freight that no version prices
	unknown := told(t)
	delete(unknown, domain.AgreementStream("ACME"))
	h := rated(t, unrated(t), unknown)
	blocked := h[len(h)-1].(domain.RatingBlocked)
	await := follows(domain.Policy{}, blocked)[0]
	// When a version is adopted before the freight is on the list
	agreement := adopted(t, terms())
	awaited := domaintest.When(t, agreement, await).Events()
	// Then it is rated once it is
	require.Equal(t, []domain.Command{rate}, follows(domain.Policy{}, awaited[0]))
	unknown[domain.AgreementStream("ACME")] = agreement.And(awaited...)
	require.Equal(t, "1260.00 ready", amounts(rated(t, h, unknown))["linehaul"])
}

func TestFreightIsRatedByAValueThatCameWhileItBeganToWait(t *testing.T) {
	unknown := told(t)
	delete(unknown, domain.IndexStream("DIESEL"))
	h := rated(t, unrated(t), unknown)
	await := domain.AwaitIndex{IndexAwaited: domain.IndexAwaited{Index: "DIESEL", Shipment: shipment}}
	index := published(t, diesel("2024-03-04", "4.05"))
	awaited := domaintest.When(t, index, await).Events()
	require.Equal(t, []domain.Command{rate}, follows(domain.Policy{}, awaited[0]))
	unknown[domain.IndexStream("DIESEL")] = index.And(awaited...)
	require.Equal(t, "285.00 ready", amounts(rated(t, h, unknown))["fuel"])
}

func TestFreightThatWaitsSaysSoOnce(t *testing.T) {
	elsewhere := terms()
	elsewhere.From = "2024-06-01"
	none := told(t)
	none[domain.AgreementStream("ACME")] = adopted(t, elsewhere)
	h := rated(t, unrated(t), none)
	none[domain.AgreementStream("ACME")] = played(t, none[domain.AgreementStream("ACME")], follows(domain.Policy{}, h[len(h)-1])...)
	domaintest.When(t, h, rate, none).Nothing()
	// A version that does not price it either empties the list: it waits anew
	later := elsewhere
	later.Version, later.Currency = "2024-04", "EUR"
	none[domain.AgreementStream("ACME")] = played(t, none[domain.AgreementStream("ACME")], domain.AdoptAgreement{Terms: later, By: "pricing desk"})
	require.Equal(t, []string{"RatingBlocked"}, types(domaintest.When(t, h, rate, none).Events()))

	none = told(t)
	none[domain.IndexStream("DIESEL")] = domaintest.History{}
	h = rated(t, unrated(t), none)
	none[domain.IndexStream("DIESEL")] = played(t, nil, domain.AwaitIndex{IndexAwaited: domain.IndexAwaited{Index: "DIESEL", Shipment: shipment}})
	domaintest.When(t, h, rate, none).Nothing()
	future := rating.IndexValue{Published: "2024-05-06", Effective: "2024-05-07", Value: number6("4.20")}
	none[domain.IndexStream("DIESEL")] = played(t, none[domain.IndexStream("DIESEL")], domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{future}})
	require.Equal(t, []string{"ShipmentRated"}, types(domaintest.When(t, h, rate, none).Events()))
}
