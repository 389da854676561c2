package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cenkalti/backoff/v5"

	"github.com/freightledger/freightledger/eventstore"
)

// line keeps a client of the server in good order. It makes generations of
// them, because the client v4.2.0
//
//   - dies for good when it does not find the server within its attempts;
//   - heeds no context while it looks for the server, and lets all other calls
//     wait without end when it dies of it;
//   - panics, in the caller's goroutine, when it is closed under a call;
//   - leaves a lost connection open when it makes a new one.
//
// So every call has a goroutine of its own, which its caller need not wait
// for. A generation that lost its server is retired before it looks for the
// server again, see entry, and is closed after its last call came back. Only
// when a node of a cluster sends the client to another node, which is not there
// either, calls may stay in the client for good, goroutines and all. They are
// counted, and left to themselves.
type line struct {
	target  target
	timeout time.Duration
	wait    time.Duration // for a connection, at most
	log     *slog.Logger
	began   time.Time
	life    context.Context // ends when the store closes
	calls   sync.WaitGroup  // of all generations, and the builder

	mu       sync.Mutex
	current  *generation   // nil while there is none
	changed  chan struct{} // closed when current or refusal may have changed
	refusal  error         // why there is none, if it will not mend by itself
	cause    error         // why there is none
	building bool
	pause    *backoff.ExponentialBackOff // between attempts to connect
	count    int
	retired  int // generations that are left with calls in them
}

// generation is one client.
type generation struct {
	number int
	client *client.Client
	heard  atomic.Int64    // when the server last answered, in nanoseconds since line.began
	life   context.Context // ends when it is retired; readings end with it
	retire context.CancelFunc
	gate   sync.RWMutex // held by calls on their way in, and by what retires it

	users   int // calls that have not come back, guarded by line.mu
	retired bool
}

// maxRetired bounds the clients that are left with calls in them.
const maxRetired = 16

func newLine(life context.Context, t target, timeout, wait time.Duration, log *slog.Logger) *line {
	return &line{target: t, timeout: timeout, wait: wait, life: life, log: log.With("server", t.name), began: time.Now(),
		changed: make(chan struct{}), pause: pauses(15*time.Millisecond, 5*time.Second)}
}

// pauses between attempts grow, and differ between those who wait for the same.
func pauses(first, longest time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = first, longest, 2
	b.Reset()
	return b
}

// acquire gives the client in use, and waits a while for one if there is none.
// The caller releases it.
func (l *line) acquire(ctx context.Context) (*generation, error) {
	var late <-chan time.Time
	for {
		l.mu.Lock()
		if l.life.Err() != nil {
			l.mu.Unlock()
			return nil, eventstore.ErrClosed
		}
		if g := l.current; g != nil {
			l.use(g)
			l.mu.Unlock()
			return g, nil
		}
		if l.refusal != nil {
			defer l.mu.Unlock()
			return nil, l.refusal
		}
		l.startBuilding()
		changed := l.changed
		l.mu.Unlock()
		if late == nil {
			timer := time.NewTimer(l.wait)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-changed:
		case <-late:
			return nil, l.none(errClientGone)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-l.life.Done():
		}
	}
}

// use counts a call; mu is held.
func (l *line) use(g *generation) {
	g.users++
	l.calls.Add(1)
}

func (l *line) release(g *generation) {
	l.mu.Lock()
	g.users--
	idle := g.retired && g.users == 0
	if idle {
		l.retired--
	}
	l.mu.Unlock()
	if idle {
		l.close(g)
	}
	l.calls.Done()
}

// close ends a client that no call is in.
func (l *line) close(g *generation) {
	if err := g.client.Close(); err != nil {
		l.log.Warn("EventStoreDB: a connection did not close", "generation", g.number, "error", err)
	}
}

// drop retires a generation: nothing new is asked of it.
func (l *line) drop(g *generation, cause error) {
	l.mu.Lock()
	if g.retired {
		l.mu.Unlock()
		return
	}
	g.retired = true
	g.retire()
	used := l.current == g
	if used {
		l.current, l.cause = nil, cause
		if g.heard.Load() > 0 {
			l.pause.Reset() // it had worked
		}
		if l.life.Err() == nil {
			l.startBuilding()
		}
		l.announce()
	}
	idle := g.users == 0
	if !idle {
		l.retired++
	}
	l.mu.Unlock()
	if idle {
		l.close(g)
	}
	if used && l.life.Err() == nil {
		l.log.Warn("EventStoreDB: connection lost", "generation", g.number, "error", cause)
	}
}

// announce wakes who waits for a client; mu is held.
func (l *line) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// heardFrom notes that the server answered.
func (l *line) heardFrom(g *generation) { g.heard.Store(int64(time.Since(l.began))) }

// watch retires a generation when a call had no answer for the length of a
// timeout in which the server answered nothing else either. The call stops it
// when it has one, and leaves it to run when only its caller's time is over:
// callers in a hurry would else never notice a dead connection.
func (l *line) watch(g *generation) *time.Timer {
	since := time.Now()
	return time.AfterFunc(l.timeout, func() { l.stalled(g, since) })
}

// stalled retires a generation if the server has answered nothing since.
func (l *line) stalled(g *generation, since time.Time) {
	if time.Duration(g.heard.Load()) < since.Sub(l.began) {
		l.drop(g, fmt.Errorf("no answer for %s", l.timeout))
	}
}

// startBuilding has a client made unless that is under way; mu is held.
func (l *line) startBuilding() {
	if !l.building {
		l.building = true
		l.calls.Go(l.build)
	}
}

// build tries until there is a client.
func (l *line) build() {
	l.mu.Lock()
	again := l.count > 0
	l.mu.Unlock()
	for try := 1; ; try++ {
		if again || try > 1 {
			sleep(l.life, l.pause.NextBackOff())
		}
		if l.life.Err() != nil {
			return
		}
		if err := l.connect(l.life); err == nil {
			return
		} else if l.life.Err() == nil {
			l.log.Info("EventStoreDB: no connection yet", "attempt", try, "error", err)
		}
	}
}

// connect makes a client and puts it to use.
func (l *line) connect(ctx context.Context) error {
	g, err := l.newGeneration(ctx)
	l.mu.Lock()
	if err == nil && l.life.Err() != nil {
		l.mu.Unlock()
		l.drop(g, eventstore.ErrClosed)
		return eventstore.ErrClosed
	}
	defer l.mu.Unlock()
	if err == nil && g.retired { // lost before it was used
		g, err = nil, &NoConnection{Server: l.target.name, Remedy: "look at the server's log", Err: errClientGone}
	}
	l.current, l.cause, l.refusal = g, err, nil
	switch {
	case err == nil:
		l.building = false
		l.log.Info("EventStoreDB: connected", "generation", g.number)
	case !mends(err):
		l.refusal = err
	}
	l.announce()
	return err
}

// newGeneration makes a client, and reads the last event there is to find out
// whether the server is there and takes the credentials. Nobody else uses the
// client until then, so it may die of it.
func (l *line) newGeneration(ctx context.Context) (*generation, error) {
	l.mu.Lock()
	full := l.retired >= maxRetired
	l.mu.Unlock()
	if full {
		return nil, &NoConnection{Server: l.target.name, Remedy: "if it is there, start this program anew", Err: fmt.Errorf("%d clients still wait for their server", maxRetired)}
	}
	config := l.target.config
	config.Username = l.target.user
	var err error
	if config.Password, err = l.target.password(); err != nil {
		return nil, err
	}
	g := &generation{}
	g.life, g.retire = context.WithCancel(context.Background())
	config.MaxDiscoverAttempts, config.DiscoveryInterval = 1, 1
	config.Logger = l.listen(g, config.Logger)
	if g.client, err = client.NewClient(&config); err != nil {
		return nil, fmt.Errorf("EventStoreDB: the settings do not make a client: %w", err)
	}
	l.mu.Lock()
	l.count++
	g.number = l.count
	l.use(g)
	l.mu.Unlock()
	probing, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if _, err := call(probing, func() { l.release(g) }, func() (struct{}, error) { return struct{}{}, probe(probing, g.client) }); err != nil {
		l.drop(g, err)
		return nil, l.target.explain(ctx, l.timeout, err)
	}
	return g, nil
}

// probe reads the last event.
func probe(ctx context.Context, c *client.Client) error {
	last, err := readAll(client.End{}, client.Backwards, 1)(ctx, c)
	if err != nil {
		return err
	}
	defer last.stop()
	if _, err = last.recv(); errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// listen hears of a lost connection before the client itself does something
// about it, because the client logs the error first. It waits for the calls
// that are on their way in, and lets no more in.
func (l *line) listen(g *generation, next client.LoggingFunc) client.LoggingFunc {
	return func(level client.LogLevel, format string, args ...any) {
		next(level, format, args...)
		if level != client.LogError {
			return
		}
		for _, arg := range args {
			if err, ok := arg.(error); ok && clientLost(err) {
				g.gate.Lock()
				l.drop(g, err)
				g.gate.Unlock()
			}
		}
	}
}

// entry is the context of a call on its way into the client. A call asks the
// client for its connection first, and only then looks at its context. Up to
// there the client must not begin to look for its server, because the call
// would wait with it.
type entry struct {
	context.Context
	gate *sync.RWMutex
	past atomic.Bool
}

// enter lets a call into a generation that is not retired.
func (g *generation) enter(ctx context.Context) (*entry, error) {
	g.gate.RLock()
	if g.life.Err() != nil {
		g.gate.RUnlock()
		return nil, errClientGone
	}
	return &entry{Context: ctx, gate: &g.gate}, nil
}

// Deadline is the first that the client asks of a context.
func (e *entry) Deadline() (time.Time, bool) {
	e.done()
	return e.Context.Deadline()
}

// done says that the call is in, or has come back.
func (e *entry) done() {
	if e.past.CompareAndSwap(false, true) {
		e.gate.RUnlock()
	}
}

// finish retires what there is, and waits a while for the calls to come back.
func (l *line) finish() {
	l.mu.Lock()
	g := l.current
	l.announce()
	l.mu.Unlock()
	if g != nil {
		l.drop(g, eventstore.ErrClosed)
	}
	back := make(chan struct{})
	go func() {
		l.calls.Wait()
		close(back)
	}()
	patience := time.NewTimer(l.timeout)
	defer patience.Stop()
	select {
	case <-back:
	case <-patience.C:
		l.log.Warn("EventStoreDB: closed with calls that wait in a client for their server; they end when it returns or the program does")
	}
}

// none is the error of an operation that could not ask the server at all.
func (l *line) none(err error) error {
	l.mu.Lock()
	cause := l.cause
	l.mu.Unlock()
	if none := (*NoConnection)(nil); errors.As(cause, &none) {
		return none
	}
	return &NoConnection{Server: l.target.name, Remedy: "try again later, and look whether the server runs", Err: err}
}

// call runs a call of the client, which may not heed its context, and waits no
// longer than the context lasts. After it has come back, done is called.
func call[T any](ctx context.Context, done func(), f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	came := make(chan answer, 1)
	go func() {
		defer done()
		var a answer
		defer func() { came <- a }()
		defer guard(&a.err)
		a.value, a.err = f()
	}()
	select {
	case a := <-came:
		return a.value, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-came:
		return a.value, a.err
	default:
		var none T
		return none, context.Cause(ctx)
	}
}

// guard makes an error of a panic: the client panics on answers that it does
// not know, and a server must not be able to end its clients' processes.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errPanic, p)
	}
}
