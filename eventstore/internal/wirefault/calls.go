package wirefault

import (
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

	mu    sync.Mutex
	armed []armed
}

type armed struct {
	fault Fault
	delay time.Duration
}

// Next has the next call that nothing else waits for meet a fault of this
// file. The delay is that of Delayed; the others happen at once.
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
	}
	if err := handle(srv, muted{stream}); err != nil {
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
