package domain_test

import (
	"errors"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// forgetful asks again for what it was told.
type forgetful struct{ domain.RateShipment }

func (c forgetful) Learn(domain.Knowledge) domain.Command { return c }

func TestADecisionIsToldWhatItAsksForAndNothingTwice(t *testing.T) {
	shipments, err := domain.AggregateOf(shipment.Stream())
	require.NoError(t, err)
	s := domaintest.Fold[domain.Shipment](unrated(t)...)
	decide := func(c domain.Command, tell func(domain.Stream) (any, error)) ([]domain.Event, error) {
		return domain.DecideKnowing(shipments, s, c, tell)
	}
	empty := func(stream domain.Stream) (any, error) {
		aggregate, err := domain.AggregateOf(stream)
		require.NoError(t, err)
		return aggregate.Zero(), nil
	}

	// Without anybody to ask it says what it needs to know of
	_, err = shipments.Decide(s, rate)
	var unknown *domain.Unknown
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, []domain.Stream{domain.AgreementStream("ACME")}, unknown.Streams)
	require.ErrorContains(t, err, "agreement-ACME")

	// Among several commands each that asks is told
	events, err := decide(domain.Together{raise("X1"), rate}, empty)
	require.NoError(t, err)
	require.Equal(t, []string{"ExceptionRaised", "RatingBlocked"}, types(events))

	// What cannot be told, is told as something else or is asked for twice breaks the decision
	away := errors.New("the disk is away")
	_, err = decide(rate, func(domain.Stream) (any, error) { return nil, away })
	require.ErrorIs(t, err, away)
	_, err = decide(rate, func(domain.Stream) (any, error) { return domain.Index{}, nil })
	require.Error(t, err)
	require.False(t, domaintest.IsRefusal(err))
	_, err = decide(forgetful{rate}, empty)
	require.ErrorContains(t, err, "asks twice for agreement-ACME")
}
