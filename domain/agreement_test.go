package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

func TestEachVersionOfAnAgreementHasOneText(t *testing.T) {
	second := terms()
	second.Version, second.From = "2024-03", "2024-03-01"
	h := adopted(t, terms(), second)
	domaintest.When(t, h, domain.AdoptAgreement{Terms: second, By: "pricing desk"}).Nothing()
	second.Title = "from March"
	domaintest.When(t, h, domain.AdoptAgreement{Terms: second, By: "pricing desk"}).Refused(domain.Conflict).ByRule(14)
	// A shipment waits for it once
	await := domain.AwaitAgreement{AgreementAwaited: domain.AgreementAwaited{Agreement: "ACME", Shipment: shipment}}
	h = played(t, h, await)
	domaintest.When(t, h, await).Nothing()
}

func TestRule23AValueOfAnIndexIsKnownByItsDatesAndFigure(t *testing.T) {
	publish := func(values ...rating.IndexValue) domain.PublishIndex {
		return domain.PublishIndex{Index: "DIESEL", Values: values}
	}
	value := rating.IndexValue{Published: "2024-03-04", Effective: "2024-03-05", Value: number6("4.05")}
	h := played(t, nil, publish(value))
	domaintest.When(t, h, publish(value)).Nothing()
	for name, change := range map[string]func(*rating.IndexValue){
		"published anew":    func(v *rating.IndexValue) { v.Published = "2024-03-05" },
		"for another day":   func(v *rating.IndexValue) { v.Effective = "2024-03-06" },
		"revised":           func(v *rating.IndexValue) { v.Value = number6("4.06") },
		"all of it is news": func(v *rating.IndexValue) { *v = diesel("2024-03-11", "4.10") },
	} {
		t.Run(name, func(t *testing.T) {
			news := value
			change(&news)
			require.Len(t, domaintest.When(t, h, publish(news)).Events(), 1)
		})
	}
	undated := value
	undated.Effective = "next week"
	domaintest.When(t, h, publish(undated)).Refused(domain.Invalid).ByRule(23)

	many := make([]rating.IndexValue, 10_000)
	for i := range many {
		many[i] = value
	}
	domaintest.When(t, h, publish(many...)).Nothing()
	domaintest.When(t, h, publish(append(many, value)...)).Refused(domain.Invalid)
}

func TestRule14ASheetIsPartOfItsBasis(t *testing.T) {
	_, err := domain.Basis{Tariff: "ACME", Formula: domain.FormulaSheet}.Amount("USD")
	var refusal *domain.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, 14, refusal.Rule)
	for _, per := range []string{"-1", "-10", "0.1", "0", "3", "20", "1.5"} {
		b := domain.Basis{Formula: domain.FormulaRate, Rounding: "half-up", Inputs: map[string]string{"rate": "1", "quantity": "1", "per": per}}
		_, err := b.Amount("USD")
		require.ErrorAs(t, err, &refusal, per)
	}
}
