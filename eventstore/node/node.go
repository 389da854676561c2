// Package node serves an embedded store over the EventStoreDB gRPC protocol,
// as a single node that its clients can use: streams, $all, filtered and
// catch-up subscriptions, deletes, metadata with access lists, links, and
// persistent subscriptions. It is compatible with the protocol and is not
// EventStoreDB: docs/operations/node.md says what is there, what is not, and
// what differs.
//
// # Who may write
//
// The node either has its data folder to itself, or shares the process with a
// ledger, whose streams it then protects: see Options.Ledger.
//
// # How an append becomes an answer
//
// Appends that name a revision go straight to the store, which groups them and
// syncs each group once. Those that do not ("any") wait for each other, stream
// by stream, to find out where the stream ends. Deletions and metadata of a
// stream change only between its appends. No lock is held while a client is
// sent anything.
package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// Version is the release of EventStoreDB whose protocol the node speaks; it is
// what clients are told when they ask for the server's version, and by which
// they decide what to send.
const Version = "24.10.0"

// Limits of the transport.
const (
	// maxMessageBytes is what one message of a client may have; the same as
	// EventStoreDB's.
	maxMessageBytes = 16<<20 - 10_000
	// maxCalls bounds the calls under way on one connection; subscriptions
	// count.
	maxCalls = 4096
	// workers are the goroutines kept for calls, so that a call does not begin
	// with a stack that has yet to grow; what they are too few for gets new ones.
	workers = 64
	// leastPing is how often a client may ask whether the node is there. The
	// official client does so every 10 s, also when it has no call under way.
	leastPing = 5 * time.Second
	// grace is how long calls under way may take to end when the node stops.
	grace = 5 * time.Second
)

// Options adjust a Node. The zero Options serve everyone, without encryption.
type Options struct {
	// TLS encrypts the connections; nil leaves them as they are.
	TLS *tls.Config
	// Users are those who may call; nil lets everyone do everything, as an
	// insecure EventStoreDB does.
	Users *Users
	// Ledger says which streams are a ledger's, and the node then runs in
	// ledger mode: on these streams nothing is deleted or given metadata, and
	// only users with the role RoleLedger append, at exact revisions. Without
	// Users there are none, and the ledger is read-only from outside. Nil
	// serves a plain node.
	Ledger func(stream string) bool
	// Clock tells which events $maxAge hides; the default is the machine's
	// clock.
	Clock func() time.Time
	// Logger receives what the operator should know; the default is
	// slog.Default().
	Logger *slog.Logger
	// MaxAppendBytes bounds one append, see eventstore.Proposed.Size; the
	// default is eventstore.MaxAppendBytes.
	MaxAppendBytes int
	// Positions maps the store's numbering to positions on the wire; the
	// default has both numbers of a position equal to the event's number.
	Positions Positions
	// Advertise is the host and port that clients are told to connect to when
	// they discover the node; the default is where they asked.
	Advertise string
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MaxAppendBytes == 0 {
		o.MaxAppendBytes = eventstore.MaxAppendBytes
	}
	if o.Positions == nil {
		o.Positions = plain{}
	}
	return o
}

// Node serves one store.
type Node struct {
	opts     Options
	history  *history
	streams  *streams
	parts    []part
	stopping chan struct{} // closed when Serve is to end
	served   sync.Once
}

// part is a service that the node offers beside Streams.
type part interface {
	// register adds the service to a server.
	register(*grpc.Server)
	// supported lists the service's methods, for clients that ask.
	supported() []*serverfeatures.SupportedMethod
	// stop ends what the service does by itself; its calls end with the
	// server's, and those that wait see Node.stopping.
	stop()
}

// New makes a node that serves a store. The store stays the caller's, who
// closes it after Serve has ended.
func New(raw embedded.Raw, o Options) (*Node, error) {
	o = o.withDefaults()
	if o.MaxAppendBytes < 0 || o.MaxAppendBytes > maxMessageBytes {
		return nil, fmt.Errorf("node: MaxAppendBytes is %d, want up to %d", o.MaxAppendBytes, maxMessageBytes)
	}
	if o.Advertise != "" {
		if _, _, err := net.SplitHostPort(o.Advertise); err != nil {
			return nil, fmt.Errorf("node: address to advertise: %w", err)
		}
	}
	n := &Node{opts: o, history: newHistory(raw, o), stopping: make(chan struct{})}
	n.streams = &streams{node: n, history: n.history}
	n.parts = append(n.parts, newPersistent(n))
	return n, nil
}

// Serve answers calls until ctx ends: then subscriptions are ended, calls
// under way get a few seconds, and the listener is closed. It serves one
// listener; a second call is an error.
func (n *Node) Serve(ctx context.Context, l net.Listener) error {
	err := errors.New("node: Serve was called before; make another node")
	n.served.Do(func() { err = n.serve(ctx, l) })
	return err
}

func (n *Node) serve(ctx context.Context, l net.Listener) error {
	s := grpc.NewServer(n.transport()...)
	n.register(s, l.Addr())
	ended := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-ended:
		}
		close(n.stopping)
		timer := time.AfterFunc(grace, s.Stop)
		defer timer.Stop()
		s.GracefulStop()
		for _, p := range n.parts {
			p.stop()
		}
	}()
	err := s.Serve(l)
	close(ended)
	<-stopped
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("node: serve %s: %w", l.Addr(), err)
	}
	return nil
}

func (n *Node) transport() []grpc.ServerOption {
	o := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.MaxConcurrentStreams(maxCalls),
		grpc.NumStreamWorkers(workers),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: leastPing, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.ConnectionTimeout(20 * time.Second),
		grpc.MaxHeaderListSize(64 << 10),
		grpc.ChainUnaryInterceptor(answers, n.recoverCall, n.authenticateCall),
		grpc.ChainStreamInterceptor(answersStream, n.recoverStream, n.authenticateStream),
		grpc.UnknownServiceHandler(unknown),
	}
	if n.opts.TLS != nil {
		o = append(o, grpc.Creds(credentials.NewTLS(n.opts.TLS)))
	}
	return o
}

// unknown answers calls of services that the node does not have.
func unknown(_ any, call grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(call)
	return status.Errorf(codes.Unimplemented, "%s is not served by this node; docs/operations/node.md lists what is", method)
}

// recoverCall keeps a fault in one call from ending the process.
func (n *Node) recoverCall(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (_ any, err error) {
	defer n.recovered(info.FullMethod, &err)
	return handle(ctx, req)
}

func (n *Node) recoverStream(srv any, call grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	defer n.recovered(info.FullMethod, &err)
	return handle(srv, call)
}
