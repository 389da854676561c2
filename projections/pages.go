package projections

import (
	"context"
	"errors"
	"iter"

	"github.com/freightledger/freightledger/eventstore"
)

// A page is handled in one transaction: long enough that the commit costs
// little for each event, short enough to fit in memory.
const (
	PageEvents = 2000
	pageBytes  = 4 << 20
)

// Pages reads what history holds now, after a position, in pages of at most n
// events. The next pages are read and decoded while the caller works on one.
func Pages(ctx context.Context, store eventstore.Follower, codec eventstore.Codec, after eventstore.Position, n int) iter.Seq2[[]eventstore.Decoded, error] {
	return func(yield func([]eventstore.Decoded, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		type chunk struct {
			events []eventstore.Decoded
			err    error
		}
		pages := make(chan chunk, 1)
		go func() {
			defer close(pages)
			send := func(c chunk) bool {
				select {
				case pages <- c:
					return true
				case <-ctx.Done():
					return false
				}
			}
			var page []eventstore.Decoded
			size := 0
			read := func(ctx context.Context) iter.Seq2[eventstore.Record, error] { return store.ReadAll(ctx, after) }
			for e, err := range codec.DecodeAll(ctx, read) {
				if err != nil {
					// What came before the error is good.
					if len(page) == 0 || send(chunk{events: page}) {
						send(chunk{err: err})
					}
					return
				}
				if page == nil {
					page = make([]eventstore.Decoded, 0, n)
				}
				page = append(page, e)
				if size += len(e.Data); len(page) == n || size >= pageBytes {
					if !send(chunk{events: page}) {
						return
					}
					page, size = nil, 0
				}
			}
			if len(page) > 0 {
				send(chunk{events: page})
			}
		}()
		for c := range pages {
			if !yield(c.events, c.err) || c.err != nil {
				stop()
				for range pages { // ends with the reader
				}
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// FirstPage reads at most n events after a position, and nothing ahead of them:
// what a step handles that does not go on by itself. It answers an error only
// when no event came before it.
func FirstPage(ctx context.Context, store eventstore.Follower, codec eventstore.Codec, after eventstore.Position, n int) (page []eventstore.Decoded, err error) {
	size := 0
	for r, err := range store.ReadAll(ctx, after) {
		var e eventstore.Decoded
		if err == nil {
			e, err = codec.Decode(r)
		}
		if err != nil && len(page) > 0 {
			break // what came before the error is good
		}
		if err != nil {
			return nil, err
		}
		page = append(page, e)
		if size += len(e.Data); len(page) == n || size >= pageBytes {
			break
		}
	}
	return page, nil
}

// Live follows history after a position, for ever: each page is whatever has
// come meanwhile, at most n events. It ends with an error, at the latest with
// the context's.
func Live(ctx context.Context, store eventstore.Follower, codec eventstore.Codec, after eventstore.Position, n int) iter.Seq2[[]eventstore.Decoded, error] {
	return func(yield func([]eventstore.Decoded, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		events := make(chan eventstore.Decoded, n)
		var failed error // read after events is closed
		go func() {
			defer close(events)
			for r, err := range store.Follow(ctx, after) {
				var e eventstore.Decoded
				if err == nil {
					e, err = codec.Decode(r)
				}
				if err != nil {
					failed = err
					return
				}
				select {
				case events <- e:
				case <-ctx.Done():
					failed = ctx.Err()
					return
				}
			}
		}()
		for e := range events {
			page := append(make([]eventstore.Decoded, 0, len(events)+1), e)
			size := len(e.Data)
			for len(page) < n && size < pageBytes && len(events) > 0 {
				e, ok := <-events
				if !ok {
					break
				}
				page = append(page, e)
				size += len(e.Data)
			}
			if !yield(page, nil) {
				stop()
				for range events { // ends with the reader
				}
				return
			}
		}
		if failed == nil {
			failed = errors.New("following ended without a reason")
		}
		yield(nil, failed)
	}
}
