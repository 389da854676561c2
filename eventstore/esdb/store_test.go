package esdb_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
	"github.com/freightledger/freightledger/eventstore/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	servers := make(map[eventstore.Store]*server)
	storetest.Run(t,
		func(t *testing.T) eventstore.Store {
			server := serve(t, node.Options{})
			s := server.open()
			servers[s] = server
			return s
		},
		func(t *testing.T, s eventstore.Store) eventstore.Store {
			server := servers[s]
			require.NoError(t, s.(*esdb.Store).Close())
			server.end()
			server.t = t
			server.start()
			again := server.open()
			servers[again] = server
			return again
		})
}

// envServer names a real server for TestContractOnAServer.
const envServer = "FREIGHTLEDGER_ESDB"

// The same contract on the server that FREIGHTLEDGER_ESDB names. It has to be
// an empty one that may be thrown away; user and password come from its
// connection string or the usual variables.
func TestContractOnAServer(t *testing.T) {
	connection := os.Getenv(envServer)
	if connection == "" {
		t.Skipf("%s names no server: set it to the connection string of an empty EventStoreDB", envServer)
	}
	open := func(t *testing.T) *esdb.Store {
		s, err := esdb.Open(within(t, patience), esdb.Config{Connection: connection, Logger: quiet()})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	head, err := open(t).Head(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, eventstore.Start, head, "the server that %s names has events: the test writes to an empty one only, and never deletes", envServer)

	var parts atomic.Int32
	storetest.Run(t,
		func(t *testing.T) eventstore.Store {
			s := open(t)
			begin, err := s.Head(within(t, patience))
			require.NoError(t, err)
			return &part{Store: s, begin: begin, prefix: fmt.Sprintf("part%d_", parts.Add(1)), names: map[string]string{}}
		},
		func(t *testing.T, s eventstore.Store) eventstore.Store {
			p := s.(*part)
			require.NoError(t, p.Store.(*esdb.Store).Close())
			return &part{Store: open(t), begin: p.begin, prefix: p.prefix, names: p.names}
		})
}

// part is the part of a history that one test has written: its streams have
// names of their own, and what was before does not count.
type part struct {
	eventstore.Store
	begin  eventstore.Position
	prefix string

	mu    sync.Mutex
	names map[string]string // the test's, by the server's
}

// inside is the server's name for a stream of the test.
func (p *part) inside(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	long := p.prefix + name
	if len(name) <= 512 && len(long) > 512 {
		sum := sha256.Sum256([]byte(name))
		category, _, _ := strings.Cut(name, "-")
		long = p.prefix + category + "-" + hex.EncodeToString(sum[:])
	}
	p.names[long] = name
	return long
}

func (p *part) outside(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.names[name]
}

func (p *part) Append(ctx context.Context, stream string, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	if err := eventstore.CheckAppend(stream, expected, events); err != nil {
		return p.Store.Append(ctx, stream, expected, events) // as it is, to be refused
	}
	a, err := p.Store.Append(ctx, p.inside(stream), expected, events)
	if wrong := (*eventstore.WrongRevision)(nil); errors.As(err, &wrong) {
		wrong.Stream = stream
	}
	return a, err
}

// seen is what the test sees of a sequence.
func (p *part) seen(seq iter.Seq2[eventstore.Record, error]) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		for r, err := range seq {
			if err == nil {
				r.Stream = p.outside(r.Stream)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func (p *part) after(at eventstore.Position) eventstore.Position {
	if at.Compare(p.begin) < 0 {
		return p.begin
	}
	return at
}

func (p *part) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return p.seen(p.Store.ReadStream(ctx, p.inside(stream), from))
}

func (p *part) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return p.seen(p.Store.ReadAll(ctx, p.after(after)))
}

func (p *part) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return p.seen(p.Store.Follow(ctx, p.after(after)))
}

func (p *part) Head(ctx context.Context) (eventstore.Position, error) {
	head, err := p.Store.Head(ctx)
	if head == p.begin {
		return eventstore.Start, err
	}
	return head, err
}
