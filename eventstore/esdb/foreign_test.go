package esdb_test

import (
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
)

// somebody is another user of the server, who may do what a ledger never does.
func (s *server) somebody() *client.Client {
	s.t.Helper()
	config, err := client.ParseConnectionString(s.connection())
	require.NoError(s.t, err)
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = c.Close() }) // no call is in it any more
	return c
}

func foreign(kind string, content client.ContentType) client.EventData {
	return client.EventData{EventID: uuid.New(), EventType: kind, ContentType: content, Data: []byte("{}")}
}

func TestStreamsThatSomebodyDeletedAreLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose   func(t *testing.T, c *client.Client)
		follow bool // the deletion is in the history itself
	}{
		"deleted": {func(t *testing.T, c *client.Client) {
			_, err := c.DeleteStream(t.Context(), stream(0), client.DeleteStreamOptions{ExpectedRevision: client.Any{}})
			require.NoError(t, err)
		}, false},
		"deleted for good": {func(t *testing.T, c *client.Client) {
			_, err := c.TombstoneStream(t.Context(), stream(0), client.TombstoneStreamOptions{ExpectedRevision: client.Any{}})
			require.NoError(t, err)
		}, true},
		"truncated": {func(t *testing.T, c *client.Client) {
			meta := client.StreamMetadata{}
			meta.SetTruncateBefore(2)
			_, err := c.SetStreamMetadata(t.Context(), stream(0), client.AppendToStreamOptions{ExpectedRevision: client.Any{}}, meta)
			require.NoError(t, err)
		}, false},
		"cut to a length": {func(t *testing.T, c *client.Client) {
			meta := client.StreamMetadata{}
			meta.SetMaxCount(1)
			_, err := c.SetStreamMetadata(t.Context(), stream(0), client.AppendToStreamOptions{ExpectedRevision: client.Any{}}, meta)
			require.NoError(t, err)
		}, false},
		"expired": {func(t *testing.T, c *client.Client) {
			meta := client.StreamMetadata{}
			meta.SetMaxAge(time.Second)
			_, err := c.SetStreamMetadata(t.Context(), stream(0), client.AppendToStreamOptions{ExpectedRevision: client.Any{}}, meta)
			require.NoError(t, err)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			later := time.Now().Add(time.Hour)
			server := serve(t, node.Options{Clock: func() time.Time { return later }})
			s := server.open()
			_, err := s.Append(ctx, stream(0), eventstore.NoStream, events(4))
			require.NoError(t, err)
			c.lose(t, server.somebody())

			var lost *esdb.Lost
			_, err = collect(s.ReadStream(ctx, stream(0), 0))
			require.ErrorAs(t, err, &lost)
			require.Equal(t, stream(0), lost.Stream)
			if name == "deleted" || name == "deleted for good" {
				_, err = collect(s.ReadStream(ctx, stream(0), 4))
				require.ErrorAs(t, err, &lost, "also at its end")
				_, err = s.Append(ctx, stream(0), eventstore.NoStream, events(1))
				require.ErrorAs(t, err, &lost, "nor does it begin anew")
			}
			if c.follow {
				_, err = collect(s.ReadAll(ctx, eventstore.Start))
				require.ErrorAs(t, err, &lost)
				_, err = collect(s.Follow(ctx, eventstore.Start))
				require.ErrorAs(t, err, &lost)
			}
		})
	}
}

func TestEventsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]client.EventData{
		"not JSON": foreign("noted", client.ContentTypeBinary),
		"a link":   {EventID: uuid.New(), EventType: "$>", ContentType: client.ContentTypeBinary, Data: []byte("0@shipment-1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			server := serve(t, node.Options{})
			s := server.open()
			_, err := s.Append(ctx, stream(1), eventstore.NoStream, events(1))
			require.NoError(t, err)
			_, err = server.somebody().AppendToStream(ctx, stream(0), client.AppendToStreamOptions{ExpectedRevision: client.NoStream{}}, e)
			require.NoError(t, err)
			for how, seq := range map[string]func(func(eventstore.Record, error) bool){
				"stream": s.ReadStream(ctx, stream(0), 0), "all": s.ReadAll(ctx, eventstore.Start), "follow": s.Follow(ctx, eventstore.Start)} {
				got, err := collect(seq)
				require.ErrorContains(t, err, stream(0), how)
				require.LessOrEqual(t, len(got), 1, how)
			}
		})
	}
}

func TestTheServersOwnStreamsArePassedOver(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	server := serve(t, node.Options{})
	s, other := server.open(), server.somebody()
	own := func(n int) {
		for range n {
			_, err := other.AppendToStream(ctx, "$stats-0", client.AppendToStreamOptions{ExpectedRevision: client.Any{}}, foreign("$statsCollected", client.ContentTypeJson))
			require.NoError(t, err)
		}
	}
	own(30)
	head, err := s.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, eventstore.Start, head)
	for range 3 {
		want := events(2)
		start := head
		var last eventstore.Revision = eventstore.NoStream
		if got, err := collect(s.ReadStream(ctx, stream(0), 0)); err == nil {
			last = eventstore.Revision(len(got)) - 1
		}
		a, err := s.Append(ctx, stream(0), last, want)
		require.NoError(t, err)
		own(100)
		for range 2 {
			head, err = s.Head(ctx)
			require.NoError(t, err)
			require.Equal(t, a.Position, head)
		}
		got, err := collect(s.ReadAll(ctx, start))
		require.NoError(t, err)
		require.Equal(t, proposedIDs(want), ids(got))
		got, err = take(s.Follow(ctx, start), 2)
		require.NoError(t, err)
		require.Equal(t, proposedIDs(want), ids(got))
	}
	got, err := collect(s.ReadStream(ctx, "$stats-0", 0))
	require.NoError(t, err)
	require.Empty(t, got)
}
