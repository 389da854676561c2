package wirefault

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// What can happen to a gRPC call.
const (
	// Refused: the server answers Unavailable and does nothing.
	Refused Fault = "refused before the commit"
	// Delayed: the server takes its time before it does anything.
	Delayed Fault = "server is slow"
	// ThenUnavailable: the server commits, then answers Unavailable.
	ThenUnavailable Fault = "commit, then Unavailable"
	// ThenDeadline: the server commits, then answers DeadlineExceeded.
	ThenDeadline Fault = "commit, then DeadlineExceeded"
	// ThenAborted: the server commits, then answers Aborted.
	ThenAborted Fault = "commit, then Aborted"
	// ThenSilence: the server commits and never answers.
	ThenSilence Fault = "commit, then silence"
	// Late: the caller hears Unavailable, and then the request reaches the
	// server after all, as one that was held up on the way. The server has to be
	// a Relay.
	Late Fault = "request arrives late"
	// GoAway: the server ends in an orderly way, see [Relay.GoAway].
	GoAway Fault = "server goes away"
)

// answers are what a call hears that was handled already.
var answers = map[Fault]codes.Code{
	ThenUnavailable: codes.Unavailable,
	ThenDeadline:    codes.DeadlineExceeded,
	ThenAborted:     codes.Aborted,
}

// Calls breaks calls of a gRPC server: give the server its Intercept, then say
// what the Next call meets.
type Calls struct {
	Counts *Counts
	// Method is how the name of a method ends whose calls are broken, for
	// instance "/Append". Other calls pass.
	Method string

	late  sync.WaitGroup
	mu    sync.Mutex
	armed []armed
}

type armed struct {
	fault Fault
	delay time.Duration
}

// Next has the next call that nothing else waits for meet a fault of this
// file. The delay is that of Delayed and Late; the others happen at once.
func (c *Calls) Next(f Fault, delay time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = append(c.armed, armed{f, delay})
}

// Heal disarms what has not fired.
func (c *Calls) Heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = nil
}

func (c *Calls) take(method string) (armed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.armed) == 0 || !strings.HasSuffix(method, c.Method) {
		return armed{}, false
	}
	next := c.armed[0]
	c.armed = c.armed[1:]
	return next, true
}

// again has a fault that did not come to strike wait for another call.
func (c *Calls) again(next armed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = append([]armed{next}, c.armed...)
}

// Intercept is a grpc.StreamServerInterceptor.
func (c *Calls) Intercept(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	next, ok := c.take(info.FullMethod)
	if !ok {
		return handle(srv, stream)
	}
	switch next.fault {
	case Refused:
		c.Counts.Add(Refused, 1)
		return status.Error(codes.Unavailable, "refused by the test")
	case Delayed:
		c.Counts.Add(Delayed, 1)
		timer := time.NewTimer(next.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		}
		return handle(srv, stream)
	case Late:
		request, err := receive(stream)
		if err != nil {
			c.again(next)
			return err
		}
		c.Counts.Add(Late, 1)
		c.late.Go(func() {
			time.Sleep(next.delay)
			_ = handle(srv, request) // nobody hears of it
		})
		return status.Error(codes.Unavailable, "said by the test, which held the request up")
	}
	if err := handle(srv, muted{stream}); err != nil {
		c.again(next)
		return err // it was not committed
	}
	c.Counts.Add(next.fault, 1)
	if next.fault == ThenSilence {
		<-stream.Context().Done()
		return status.FromContextError(stream.Context().Err()).Err()
	}
	return status.Error(answers[next.fault], "said by the test after the commit")
}

// muted is a stream whose answer goes nowhere.
type muted struct{ grpc.ServerStream }

func (muted) SendMsg(any) error            { return nil }
func (muted) SendHeader(metadata.MD) error { return nil }
func (muted) SetHeader(metadata.MD) error  { return nil }
func (muted) SetTrailer(metadata.MD)       {}

// detached is a whole request, without its caller.
type detached struct {
	muted
	ctx      context.Context
	messages []message
}

func receive(stream grpc.ServerStream) (*detached, error) {
	d := &detached{muted: muted{stream}, ctx: context.WithoutCancel(stream.Context())}
	for {
		var m message
		switch err := stream.RecvMsg(&m); {
		case errors.Is(err, io.EOF):
			return d, nil
		case err != nil:
			return nil, err
		}
		d.messages = append(d.messages, m)
	}
}

func (d *detached) Context() context.Context { return d.ctx }

func (d *detached) RecvMsg(into any) error {
	if len(d.messages) == 0 {
		return io.EOF
	}
	*into.(*message) = d.messages[0]
	d.messages = d.messages[1:]
	return nil
}
