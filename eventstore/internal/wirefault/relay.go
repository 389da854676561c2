package wirefault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// maxFrame bounds a message that is passed on, in bytes: EventStoreDB's client
// takes up to 17 MiB.
const maxFrame = 32 << 20

// Relay is a gRPC server that passes every call on to another server, message
// by message and without knowing the service.
type Relay struct {
	Calls *Calls
	conn  *grpc.ClientConn
	work  sync.WaitGroup

	mu     sync.Mutex
	server *grpc.Server
	addr   string
}

// NewRelay serves on a port of its own and passes calls on to target.
func NewRelay(target string, calls *Calls) (*Relay, error) {
	conn, err := grpc.NewClient("passthrough:///"+target,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: dialTimeout,
			Backoff: backoff.Config{BaseDelay: 5 * time.Millisecond, Multiplier: 1.5, MaxDelay: 50 * time.Millisecond}}),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(passing{}), grpc.MaxCallRecvMsgSize(maxFrame), grpc.MaxCallSendMsgSize(maxFrame)))
	if err != nil {
		return nil, fmt.Errorf("relay to %s: %w", target, err)
	}
	r := &Relay{Calls: calls, conn: conn}
	if err := r.serve(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return r, nil
}

// Addr is where clients connect; it changes with GoAway.
func (r *Relay) Addr() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addr
}

// serve begins a new server; the caller holds mu, or is alone.
func (r *Relay) serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	r.server = grpc.NewServer(
		grpc.ForceServerCodecV2(passing{}), grpc.UnknownServiceHandler(r.pass), grpc.StreamInterceptor(r.Calls.Intercept),
		grpc.MaxRecvMsgSize(maxFrame), grpc.MaxSendMsgSize(maxFrame),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
	r.addr = l.Addr().String()
	server := r.server
	r.work.Go(func() { _ = server.Serve(l) }) // ends by Stop
	return nil
}

// GoAway has a new server take over, and the old one announce its end: it
// finishes the calls it has and takes no more. What still runs after the grace,
// as subscriptions do, is cut off. It gives the new server's address at once.
func (r *Relay) GoAway(grace time.Duration) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.server
	if err := r.serve(); err != nil {
		return "", err
	}
	r.Calls.Counts.Add(GoAway, 1)
	r.work.Go(func() {
		hard := time.AfterFunc(grace, old.Stop)
		defer hard.Stop()
		old.GracefulStop()
	})
	return r.addr, nil
}

// Close ends everything.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.server.Stop()
	r.mu.Unlock()
	err := r.conn.Close() // ends what a server that goes away still waits for
	r.work.Wait()
	r.Calls.late.Wait()
	return err
}

// pass is a call on its way: requests are passed on by a goroutine, answers
// here.
func (r *Relay) pass(_ any, in grpc.ServerStream) error {
	method, ok := grpc.MethodFromServerStream(in)
	if !ok {
		return status.Error(codes.Internal, "a call without a method")
	}
	asked, _ := metadata.FromIncomingContext(in.Context())
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(in.Context(), asked.Copy()))
	defer cancel()
	out, err := r.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return err
	}
	go func() { // ends with the call, which ends the receiving
		for {
			var m message
			switch err := in.RecvMsg(&m); {
			case errors.Is(err, io.EOF):
				_ = out.CloseSend()
				return
			case err != nil:
				cancel()
				return
			}
			if out.SendMsg(&m) != nil {
				return // receiving tells why
			}
		}
	}()
	for {
		var m message
		if err := out.RecvMsg(&m); err != nil {
			in.SetTrailer(out.Trailer())
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := in.SendMsg(&m); err != nil {
			return err
		}
	}
}

// message is a message that is not looked into.
type message []byte

// passing is the codec that leaves messages as they are. It goes by the name of
// the one that it stands for.
type passing struct{}

func (passing) Name() string { return "proto" }

func (passing) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(*message)
	if !ok {
		return nil, fmt.Errorf("pass on: %T is not a message", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*m)}, nil
}

func (passing) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*message)
	if !ok {
		return fmt.Errorf("pass on: %T is not a message", v)
	}
	*m = data.Materialize()
	return nil
}
