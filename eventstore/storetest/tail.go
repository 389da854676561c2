package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
)

// digest is of events in their order.
type digest struct {
	n    int
	hash hash.Hash
}

func (d *digest) add(r eventstore.Record) {
	d.n++
	text := func(b []byte) {
		d.hash.Write(binary.AppendUvarint(nil, uint64(len(b))))
		d.hash.Write(b)
	}
	d.hash.Write(r.ID[:])
	text([]byte(r.Stream))
	text([]byte(fmt.Sprint(r.Revision, r.Position, r.Created.UnixNano())))
	text([]byte(r.Type))
	text(r.Data)
	text(r.Metadata)
}

func (d *digest) String() string { return fmt.Sprintf("%d events, %x", d.n, d.hash.Sum(nil)) }

func digestOf(all []eventstore.Record) string {
	d := digest{hash: sha256.New()}
	for _, r := range all {
		d.add(r)
	}
	return d.String()
}

// tail is what a follower has seen.
type tail struct {
	mu   sync.Mutex
	seen digest
	last eventstore.Position
	err  error // what ended it early
}

func newTail() *tail { return &tail{seen: digest{hash: sha256.New()}} }

// follow sees the history until its context ends. Nothing else ends it, and
// nothing comes twice or late.
func (f *tail) follow(ctx context.Context, s eventstore.Follower) error {
	for r, err := range s.Follow(ctx, eventstore.Start) {
		if err != nil && ctx.Err() != nil {
			return nil
		}
		f.mu.Lock()
		switch {
		case err != nil:
			f.err = fmt.Errorf("following ended after %d events: %w", f.seen.n, err)
		case r.Position.Compare(f.last) <= 0:
			f.err = fmt.Errorf("following gave %s after %s", r.Position, f.last)
		default:
			f.seen.add(r)
			f.last = r.Position
		}
		err = f.err
		f.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = errors.New("following ended without an error")
	return f.err
}

func (f *tail) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}

func (f *tail) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen.n
}

func (f *tail) sum() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen.String()
}

// wait waits until a position was seen.
func (f *tail) wait(ctx context.Context, p eventstore.Position) error {
	for {
		f.mu.Lock()
		last, n, err := f.last, f.seen.n, f.err
		f.mu.Unlock()
		switch {
		case err != nil:
			return err
		case last.Compare(p) >= 0:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("following came to %s with %d events and not to %s: %w", last, n, p, ctx.Err())
		}
		pause(ctx, time.Millisecond)
	}
}

// testFollowUnder has followers disconnected again and again while others
// write. Each is disconnected only after it has seen more.
func testFollowUnder(t *testing.T, open OpenFaulty) {
	const followers, usual = 4, 1000
	most := fromEnvironment(t, "FREIGHTLEDGER_DISCONNECTS", usual)
	seed := newSeed(t)
	s := open(t, seed)
	ctx, cancel := context.WithTimeout(t.Context(), longPatience(most, usual))
	defer cancel()

	tails := make([]*tail, followers)
	var following, writing errgroup.Group
	live, leave := context.WithCancel(ctx)
	defer leave()
	for i := range tails {
		tails[i] = newTail()
		following.Go(func() error { return tails[i].follow(live, s) })
	}
	c := newCrew(s, seed)
	stop := make(chan struct{})
	for n := range uint64(2) {
		w := &writer{crew: c, stream: fmt.Sprintf("shipment-%d", n), alone: true, at: eventstore.NoStream}
		random := rand.New(rand.NewPCG(seed, n))
		writing.Go(func() error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				if err := w.write(ctx, random); err != nil {
					return err
				}
				pause(ctx, time.Duration(random.IntN(2000))*time.Microsecond)
			}
		})
	}

	disconnected := 0
	seen := make([]int, followers)
	moved := func() bool {
		for i, f := range tails {
			if f.count() <= seen[i] && !f.failed() {
				return false
			}
		}
		return true
	}
	for disconnected < most {
		for !moved() && ctx.Err() == nil {
			pause(ctx, 200*time.Microsecond)
		}
		failed := false
		for i, f := range tails {
			seen[i] = f.count()
			failed = failed || f.failed()
		}
		if failed || ctx.Err() != nil {
			break
		}
		if s.Disconnect() > 0 {
			disconnected += followers
		}
	}
	close(stop)
	require.NoError(t, writing.Wait(), "after %d disconnections", disconnected)
	s.Heal()
	for _, f := range tails {
		require.NoError(t, f.wait(ctx, c.last()))
	}
	leave()
	require.NoError(t, following.Wait(), "after %d disconnections", disconnected)
	require.GreaterOrEqual(t, disconnected, most)
	want := digestOf(readAll(t, ctx, s, eventstore.Start))
	for _, f := range tails {
		require.Equal(t, want, f.sum())
	}
	t.Logf("%d followers went on after %d disconnections altogether; %s; %s", followers, disconnected, want, c)
}
