package esdb

import (
	"context"
	"fmt"
	"iter"

	"github.com/freightledger/freightledger/eventstore"
)

// Follow implements eventstore.Follower. It outlasts every loss of the
// connection, and goes on after the last event it gave or the last place that
// the server said it had passed.
func (s *Store) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return s.sequence(ctx, func(ctx context.Context, yield func(eventstore.Record) bool) error {
		at := after
		err := s.persist(ctx, 0, func() (progress bool, err error) {
			behind, first := 0, at != eventstore.Start
			for it, err := range s.items(ctx, follows, subscribe(from(at))) {
				switch {
				case err != nil:
					return progress, err
				case it.idle:
					// A connection can be dead without either side's knowing,
					// and a subscription can have been forgotten.
					if behind++; behind > 1 && s.missed(ctx, at) {
						return progress, errSilent
					}
					continue
				case it.reached != nil:
					if p := positionOf(*it.reached); p.Compare(at) > 0 {
						at, first = p, false
					}
				default:
					r, ledgers, err := placed(it.event, at, first)
					if err != nil {
						return progress, err
					}
					at, first = r.Position, false
					if ledgers && !yield(r) {
						return true, errStop
					}
				}
				progress, behind = true, 0
			}
			return progress, errCut // a subscription has no end
		})
		return fmt.Errorf("follow the history after %s: %w", at, err)
	})
}

// missed says whether there are events after a place that nothing has come
// from for long. When the server does not answer that either, its connection
// is given up, and the subscription with it.
func (s *Store) missed(ctx context.Context, at eventstore.Position) bool {
	ctx, stop := s.enter(ctx, s.timeout)
	defer stop()
	head, err := s.Head(ctx)
	return err == nil && head.Compare(at) > 0
}
