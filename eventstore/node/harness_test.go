package node_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node"
)

// served is a node on a loopback address, over a store in a folder of its own.
type served struct {
	t     testing.TB
	store *embedded.Store
	addr  string
	stop  func() // ends the node, and waits until it has ended; may be called twice
}

// serve starts a node and ends it with the test.
func serve(t testing.TB, o node.Options) *served {
	t.Helper()
	store, err := embedded.Open(t.TempDir(), embedded.Options{MinFree: -1, Logger: quiet(), Clock: o.Clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return serveStore(t, store, o)
}

func serveStore(t testing.TB, store *embedded.Store, o node.Options) *served {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet()
	}
	n, err := node.New(store.Raw(), o)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Serve(ctx, l) }()
	stopped := false
	s := &served{t: t, store: store, addr: l.Addr().String()}
	s.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-ended)
		}
	}
	t.Cleanup(s.stop)
	return s
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// client connects the official client.
func (s *served) client(options ...string) *esdb.Client {
	s.t.Helper()
	text := "esdb://" + s.addr + "?tls=false"
	for _, o := range options {
		text += "&" + o
	}
	return s.connect(text)
}

func (s *served) connect(text string) *esdb.Client {
	s.t.Helper()
	config, err := esdb.ParseConnectionString(text)
	require.NoError(s.t, err)
	config.Logger = esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { c.Close() })
	return c
}

// stubs are the generated client, for what the official one never sends.
func (s *served) stubs() api.StreamsClient {
	s.t.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(math.MaxInt32)))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	return api.NewStreamsClient(conn)
}

// within is a context that ends a test which waits in vain.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// notes makes n events with ids of their own.
func notes(n int) []esdb.EventData {
	made := make([]esdb.EventData, n)
	for i := range made {
		made[i] = esdb.EventData{EventID: uuid.New(), EventType: "noted", ContentType: esdb.ContentTypeJson,
			Data: fmt.Appendf(nil, `{"note":%d}`, i), Metadata: []byte(`{"by":"desk"}`)}
	}
	return made
}

// append stores events, which must succeed.
func (s *served) append(c *esdb.Client, stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) *esdb.WriteResult {
	s.t.Helper()
	done, err := c.AppendToStream(within(s.t), stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, events...)
	require.NoError(s.t, err)
	return done
}

// drain receives until the reading ends.
func drain(stream *esdb.ReadStream) (events []*esdb.ResolvedEvent, err error) {
	defer stream.Close()
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
}

// read reads a whole stream forwards.
func (s *served) read(c *esdb.Client, stream string) ([]*esdb.ResolvedEvent, error) {
	s.t.Helper()
	r, err := c.ReadStream(within(s.t), stream, esdb.ReadStreamOptions{}, math.MaxUint64)
	require.NoError(s.t, err)
	return drain(r)
}

// revisions of events, as their own streams number them.
func revisions(events []*esdb.ResolvedEvent) []uint64 {
	var all []uint64
	for _, e := range events {
		all = append(all, e.OriginalEvent().EventNumber)
	}
	return all
}

// code is the kind of an error of the official client.
func code(t testing.TB, err error) esdb.ErrorCode {
	t.Helper()
	var known *esdb.Error
	require.ErrorAs(t, err, &known)
	return known.Code()
}

func name(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}
