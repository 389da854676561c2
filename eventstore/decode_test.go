package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// posted makes n records of which the one at bad, if any, cannot be read.
func posted(t *testing.T, n, bad int) (eventstore.Codec, []eventstore.Record) {
	t.Helper()
	codec := eventstore.NewCodec(domain.Events())
	records := make([]eventstore.Record, n)
	for i := range records {
		p, err := codec.Encode(uuid.New(), domain.InvoicePosted{Invoice: "V1", Number: fmt.Sprint(i)}, eventstore.Meta{Actor: "test", RecordedAt: time.Unix(1, 0).UTC()})
		require.NoError(t, err)
		records[i] = eventstore.Record{ID: p.ID, Stream: "invoice-V1", Revision: uint64(i), Type: p.Type, Data: p.Data, Metadata: p.Metadata}
		if i == bad {
			records[i].Data = []byte("{")
		}
	}
	return codec, records
}

// given is a sequence of records that ends with an error, if there is one.
func given(records []eventstore.Record, err error) func(context.Context) iter.Seq2[eventstore.Record, error] {
	return func(context.Context) iter.Seq2[eventstore.Record, error] {
		return func(yield func(eventstore.Record, error) bool) {
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(eventstore.Record{}, err)
			}
		}
	}
}

func TestManyEventsAreDecodedInTheirOrder(t *testing.T) {
	broken := errors.New("connection lost")
	for _, c := range []struct {
		n, bad int
		err    error
		want   int // events before the end
	}{
		{0, -1, nil, 0}, {1, -1, nil, 1}, {256, -1, nil, 256}, {257, -1, nil, 257}, {10_000, -1, nil, 10_000},
		{0, -1, broken, 0}, {256, -1, broken, 256}, {3_000, -1, broken, 3_000},
		{1, 0, nil, 0}, {3_000, 2_222, nil, 2_222}, {3_000, 2_999, broken, 2_999},
	} {
		t.Run(fmt.Sprintf("%d events, one bad at %d, then %v", c.n, c.bad, c.err), func(t *testing.T) {
			codec, records := posted(t, c.n, c.bad)
			got := 0
			var failed error
			for e, err := range codec.DecodeAll(t.Context(), given(records, c.err)) {
				if err != nil {
					failed = err
					continue
				}
				require.NoError(t, failed, "nothing follows an error")
				require.Equal(t, fmt.Sprint(got), e.Event.(domain.InvoicePosted).Number)
				require.Equal(t, records[got].ID, e.ID)
				got++
			}
			require.Equal(t, c.want, got)
			switch {
			case c.bad >= 0:
				require.ErrorContains(t, failed, fmt.Sprintf("read event %d of stream invoice-V1", c.bad))
			default:
				require.ErrorIs(t, failed, c.err)
			}
		})
	}
}

func TestDecodingManyStopsWhenItsReaderDoes(t *testing.T) {
	codec, records := posted(t, 5_000, -1)
	// Given a sequence that waits at its end, as following does
	left := make(chan struct{})
	endless := func(ctx context.Context) iter.Seq2[eventstore.Record, error] {
		return func(yield func(eventstore.Record, error) bool) {
			defer close(left)
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
			<-ctx.Done()
			yield(eventstore.Record{}, ctx.Err())
		}
	}
	// When its reader has seen enough
	for _, err := range codec.DecodeAll(t.Context(), endless) {
		require.NoError(t, err)
		break
	}
	// Then it was left
	<-left

	// And when the context ends
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left = make(chan struct{})
	var failed error
	for _, err := range codec.DecodeAll(ctx, endless) {
		if err != nil {
			failed = err
		}
		cancel()
	}
	require.ErrorIs(t, failed, context.Canceled)
	<-left
}
