package eventstore

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/freightledger/freightledger/domain"
	"github.com/google/uuid"
)

// Request says who asks for a command, and as what.
type Request struct {
	// ID makes the command repeatable: the same id with the same body is
	// decided once. Derive it from what causes the command.
	ID          uuid.UUID
	Correlation uuid.UUID // zero: the command's own id
	Causation   uuid.UUID // zero: the command's own id
	Actor       string
	Via         string
}

// Result is what a command led to.
type Result struct {
	Events []Decoded // none when nothing had to change
	// Repeated: the command had been executed before, Events are those of then.
	// It is not told of a command that another process has executed on the very
	// revision that this one last knew; Events are those of then all the same,
	// but for the instant at which they were recorded.
	Repeated bool
}

// CommandReused refuses a command id that was used with another body.
type CommandReused struct {
	ID     uuid.UUID
	Stream string
}

func (e *CommandReused) Error() string {
	return fmt.Sprintf("stream %s: command %s was executed before with another body: use a new id", e.Stream, e.ID)
}

// Backend is what Execute needs of a store.
type Backend interface {
	Appender
	StreamReader
}

// Executor decides commands on their aggregate's state and appends what was
// decided at the exact revision it was decided on. It is safe for concurrent
// use, also by several processes on one store.
type Executor struct {
	store Backend
	codec Codec
	now   func() time.Time
	pace  func() backoff.BackOff // of appends whose outcome is unknown

	mu     sync.Mutex
	states map[string]*list.Element // of *held, most recently used first
	recent *list.List
	limit  int
}

// held is an aggregate's state at a revision, kept between commands.
type held struct {
	stream string
	users  int // guarded by Executor.mu; an entry in use is not evicted

	mu    sync.Mutex
	state any
	next  uint64 // revision of the next event
	// behind: the stream may have what the state does not, by an append of
	// unknown outcome or as the rest of a command whose reading broke off.
	behind   bool
	commands map[uuid.UUID]executed
}

// executed is the trace that a command left in its stream.
type executed struct {
	hash        string
	first, last uint64
}

// StatesKept is how many aggregates' states an Executor keeps by default.
const StatesKept = 2048

// maxStreamBytes is what [CheckAppend] holds the name of a stream to.
const maxStreamBytes = 512

// attempts bounds how often a command is decided anew on conflicts.
const attempts = 100

// NewExecutor returns an executor on a store. A nil clock is the system's.
func NewExecutor(store Backend, codec Codec, clock func() time.Time) *Executor {
	if clock == nil {
		clock = time.Now
	}
	return &Executor{store: store, codec: codec, now: clock, states: map[string]*list.Element{}, recent: list.New(), limit: StatesKept,
		pace: func() backoff.BackOff { return backoff.NewExponentialBackOff() }}
}

// Pace says how long an append of unknown outcome waits until it is asked for
// again, instead of exponentially longer and at most for a minute in all. Call
// it before the first Execute.
func (x *Executor) Pace(pace func() backoff.BackOff) { x.pace = pace }

// Execute decides a command and stores its events.
//
// It answers a *domain.Refusal when the domain says no or the stream's id can be
// none, a *CommandReused, a *TooLarge, or an error of the store; then nothing
// was stored, except after ErrUnknownOutcome or the end of ctx, where repeating
// the same request tells.
// A repeated command that was refused, or that changed nothing, is decided
// again: only what was recorded is remembered.
func (x *Executor) Execute(ctx context.Context, cmd domain.Command, req Request) (Result, error) {
	if req.ID == uuid.Nil {
		return Result{}, errors.New("a command needs an id")
	}
	aggregate, err := domain.AggregateOf(cmd.Stream())
	if err != nil {
		return Result{}, err
	}
	if id := cmd.Stream().ID(); id == "" || len(cmd.Stream()) > maxStreamBytes {
		return Result{}, &domain.Refusal{Code: domain.Invalid, Text: fmt.Sprintf("%s on %.80q: the id has to have 1 to %d bytes", cmd.CommandName(), cmd.Stream(), maxStreamBytes-len(cmd.Stream().Category())-1)}
	}
	hash, err := hashCommand(cmd)
	if err != nil {
		return Result{}, err
	}
	h := x.hold(string(cmd.Stream()), aggregate)
	defer x.release(h)
	h.mu.Lock()
	defer h.mu.Unlock()

	if h.next == 0 || h.behind {
		if err := x.catchUp(ctx, h, aggregate); err != nil {
			return Result{}, err
		}
	}
	for range attempts {
		if done, ok := h.commands[req.ID]; ok {
			return x.repeat(ctx, h, done, hash, req)
		}
		events, err := domain.DecideKnowing(aggregate, h.state, cmd, func(s domain.Stream) (any, error) { return x.State(ctx, s) })
		if err != nil || len(events) == 0 {
			// Another process may have written since: no, or nothing to do, is
			// said only at the end of the stream.
			decided := h.next
			if err := x.catchUp(ctx, h, aggregate); err != nil {
				return Result{}, err
			}
			if h.next > decided {
				continue
			}
			return Result{}, err
		}
		result, err := x.append(ctx, h, events, hash, req)
		var conflict *WrongRevision
		switch {
		case errors.As(err, &conflict):
			if err := x.catchUp(ctx, h, aggregate); err != nil {
				return Result{}, err
			}
			continue
		case err != nil:
			h.behind = true
			return Result{}, err
		}
		for _, e := range result.Events {
			x.evolve(h, aggregate, e)
		}
		return result, nil
	}
	return Result{}, fmt.Errorf("stream %s: %s met other writers %d times in a row: try again", h.stream, cmd.CommandName(), attempts)
}

// State reads an aggregate's present state, zero before its first event.
func (x *Executor) State(ctx context.Context, stream domain.Stream) (any, error) {
	aggregate, err := domain.AggregateOf(stream)
	if err != nil {
		return nil, err
	}
	h := x.hold(string(stream), aggregate)
	defer x.release(h)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := x.catchUp(ctx, h, aggregate); err != nil {
		return nil, err
	}
	return h.state, nil
}

func (x *Executor) append(ctx context.Context, h *held, events []domain.Event, hash string, req Request) (Result, error) {
	meta := Meta{Correlation: req.Correlation, Causation: req.Causation, Command: req.ID, CommandHash: hash,
		Actor: req.Actor, Via: req.Via, RecordedAt: x.now().UTC()}
	if meta.Correlation == uuid.Nil {
		meta.Correlation = req.ID
	}
	if meta.Causation == uuid.Nil {
		meta.Causation = req.ID
	}
	proposed, metas := make([]Proposed, len(events)), make([]Meta, len(events))
	for i, e := range events {
		var err error
		if proposed[i], metas[i], err = x.codec.encode(uuid.Nil, e, meta); err != nil {
			return Result{}, err
		}
		proposed[i].ID = eventID(req.ID, h.stream, i, proposed[i].Data)
	}
	// An unknown outcome is settled by asking again with the same ids. Only the
	// stream's revision settles it: a refusal of another kind says nothing of
	// what came before it.
	var doubt error
	appended, err := backoff.Retry(ctx, func() (Appended, error) {
		a, err := x.store.Append(ctx, h.stream, Revision(h.next)-1, proposed)
		switch {
		case err == nil, errors.As(err, new(*WrongRevision)):
			doubt = nil
		case errors.Is(err, ErrUnknownOutcome):
			doubt = err
			return a, err
		}
		return a, backoff.Permanent(err)
	}, backoff.WithBackOff(x.pace()), backoff.WithMaxElapsedTime(time.Minute))
	if err != nil && doubt != nil && !errors.Is(err, ErrUnknownOutcome) {
		err = errors.Join(doubt, err)
	}
	if err != nil {
		return Result{}, fmt.Errorf("append to %s: %w", h.stream, err)
	}
	result := Result{Events: make([]Decoded, len(events))}
	for i, p := range proposed {
		result.Events[i] = Decoded{Event: events[i], Meta: metas[i], Record: Record{ID: p.ID, Stream: h.stream, Revision: h.next + uint64(i),
			Type: p.Type, Data: p.Data, Metadata: p.Metadata}}
	}
	result.Events[len(events)-1].Position = appended.Position
	return result, nil
}

// repeat answers a command as it was answered the first time.
func (x *Executor) repeat(ctx context.Context, h *held, done executed, hash string, req Request) (Result, error) {
	if done.hash != hash {
		return Result{}, &CommandReused{req.ID, h.stream}
	}
	result := Result{Repeated: true}
	for r, err := range x.store.ReadStream(ctx, h.stream, done.first) {
		if err != nil {
			return Result{}, fmt.Errorf("read %s: %w", h.stream, err)
		}
		e, err := x.codec.Decode(r)
		if err != nil {
			return Result{}, err
		}
		result.Events = append(result.Events, e)
		if r.Revision == done.last {
			break
		}
	}
	return result, nil
}

// catchUp folds the events that the state does not have yet.
func (x *Executor) catchUp(ctx context.Context, h *held, aggregate domain.Aggregate) error {
	h.behind = true
	for r, err := range x.store.ReadStream(ctx, h.stream, h.next) {
		if err != nil {
			return fmt.Errorf("read %s: %w", h.stream, err)
		}
		e, err := x.codec.Decode(r)
		if err != nil {
			return err
		}
		x.evolve(h, aggregate, e)
	}
	h.behind = false
	return nil
}

func (x *Executor) evolve(h *held, aggregate domain.Aggregate, e Decoded) {
	h.state = aggregate.Evolve(h.state, e.Event)
	h.next = e.Revision + 1
	done, ok := h.commands[e.Meta.Command]
	if !ok {
		done = executed{hash: e.Meta.CommandHash, first: e.Revision}
	}
	done.last = e.Revision
	h.commands[e.Meta.Command] = done
}

// hold pins a stream's state.
func (x *Executor) hold(stream string, aggregate domain.Aggregate) *held {
	x.mu.Lock()
	defer x.mu.Unlock()
	if el, ok := x.states[stream]; ok {
		x.recent.MoveToFront(el)
		h := el.Value.(*held)
		h.users++
		return h
	}
	h := &held{stream: stream, users: 1, state: aggregate.Zero(), commands: map[uuid.UUID]executed{}}
	x.states[stream] = x.recent.PushFront(h)
	for el := x.recent.Back(); len(x.states) > x.limit && el != nil; {
		older := el.Prev()
		if old := el.Value.(*held); old.users == 0 {
			delete(x.states, old.stream)
			x.recent.Remove(el)
		}
		el = older
	}
	return h
}

func (x *Executor) release(h *held) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h.users--
}

// eventID derives an event's id from its command, so that a retry cannot store
// it twice, and from what it says: where another process has executed the same
// command on the same revision, knowing something else, the store must not take
// what this one has decided for a repeat of it.
func eventID(command uuid.UUID, stream string, i int, data []byte) uuid.UUID {
	return uuid.NewSHA1(command, fmt.Appendf(nil, "%s#%d %x", stream, i, sha256.Sum256(data)))
}

// hashCommand fingerprints a command's name and body.
func hashCommand(cmd domain.Command) (string, error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return "", fmt.Errorf("fingerprint %s: %w", cmd.CommandName(), err)
	}
	h := sha256.New()
	if batch, ok := cmd.(domain.Together); ok {
		fmt.Fprintf(h, "%q", batch.Names())
	} else {
		fmt.Fprintf(h, "%q", cmd.CommandName())
	}
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}
