package persistent

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// kept is a source and a memory whose disk can fail. The node's tests use the
// real store; here it is about the failures.
type kept struct {
	mu         sync.Mutex
	events     []Event
	more       chan struct{}
	failing    bool
	checkpoint []uint64
	parked     []Event
	unparked   uint64
}

func newKept(n int) *kept {
	k := &kept{more: make(chan struct{})}
	k.add(n)
	return k
}

func (k *kept) add(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for range n {
		k.events = append(k.events, eventAt(uint64(len(k.events)), "order-1"))
	}
	close(k.more)
	k.more = make(chan struct{})
}

func (k *kept) fail(failing bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failing = failing
}

var errDisk = errors.New("no space left on device")

// now gives the lock, or the error of a disk that fails.
func (k *kept) now() (unlock func(), err error) {
	k.mu.Lock()
	if k.failing {
		k.mu.Unlock()
		return nil, errDisk
	}
	return k.mu.Unlock, nil
}

func (k *kept) Read(_ context.Context, from uint64, n int) ([]Event, int, uint64, error) {
	unlock, err := k.now()
	if err != nil {
		return nil, 0, from, err
	}
	defer unlock()
	end := min(from+uint64(n), uint64(len(k.events)))
	return k.events[from:end], 0, end, nil
}

func (k *kept) Changed(from uint64) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if from < uint64(len(k.events)) {
		now := make(chan struct{})
		close(now)
		return now
	}
	return k.more
}

func (k *kept) Checkpoint(_ context.Context, place uint64) error {
	unlock, err := k.now()
	if err != nil {
		return err
	}
	defer unlock()
	k.checkpoint = append(k.checkpoint, place)
	return nil
}

func (k *kept) Park(_ context.Context, e Event, _ string) error {
	unlock, err := k.now()
	if err != nil {
		return err
	}
	defer unlock()
	k.parked = append(k.parked, e)
	return nil
}

func (k *kept) Parked(_ context.Context, from, end uint64, n int) (events []ParkedEvent, next uint64, err error) {
	unlock, err := k.now()
	if err != nil {
		return nil, from, err
	}
	defer unlock()
	for ; from < end && len(events) < n; from++ {
		events = append(events, ParkedEvent{Event: k.parked[from], Number: from})
	}
	return events, from, nil
}

func (k *kept) Unpark(_ context.Context, before uint64) error {
	unlock, err := k.now()
	if err != nil {
		return err
	}
	defer unlock()
	k.unparked = before
	return nil
}

func (k *kept) Parking(context.Context) (first, end uint64, err error) {
	unlock, err := k.now()
	if err != nil {
		return 0, 0, err
	}
	defer unlock()
	return k.unparked, uint64(len(k.parked)), nil
}

// run starts a group on it, which ends with the test.
func (k *kept) run(t *testing.T, s Settings) *Group {
	g := Start(Options{Settings: s, Source: k, Memory: k, Clock: time.Now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(func() { _ = g.Stop(context.Background()) })
	return g
}

func join(t *testing.T, g *Group, slots int) *Consumer {
	t.Helper()
	n, err := g.Join(slots, Who{})
	require.NoError(t, err)
	return n
}

func ids(places ...uint64) (all []uuid.UUID) {
	for _, p := range places {
		all = append(all, id(p))
	}
	return all
}

func (k *kept) written() []uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.checkpoint)
}

func (k *kept) aside() []Event {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.parked)
}

func (k *kept) forgotten() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.unparked
}

// The clock of a bubble moves only when nothing else can.

func TestAGroupHandsOutWhatThereIsAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(30)
		g := k.run(t, usual())
		n := join(t, g, 100)
		synctest.Wait()
		require.Len(t, got(n), 30)
		k.add(2)
		synctest.Wait()
		require.Equal(t, []uint64{30, 31}, got(n))
	})
}

func TestAWholeHistoryFlowsThroughASmallBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := usual()
		settings.HistoryBuffer, settings.ReadBatch = 7, 3
		k := newKept(1000)
		g := k.run(t, settings)
		n := join(t, g, 4)
		for place := range uint64(1000) {
			m := <-n.Messages()
			require.Equal(t, place, m.Place)
			n.Ack(ids(place))
		}
		require.NoError(t, g.Stop(t.Context()))
		require.Equal(t, uint64(999), k.written()[len(k.written())-1])
	})
}

func TestACheckpointIsWrittenByTimeWithoutAnythingElseHappening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := usual()
		settings.MinCheckpoint = 1
		k := newKept(3)
		g := k.run(t, settings)
		n := join(t, g, 5)
		synctest.Wait()
		n.Ack(ids(0, 1))
		synctest.Wait()
		require.Empty(t, k.written())
		time.Sleep(settings.CheckpointAfter)
		synctest.Wait()
		require.Equal(t, []uint64{1}, k.written())
		n.Ack(ids(2))
		synctest.Wait()
		require.Equal(t, []uint64{1}, k.written(), "the time begins anew")
		time.Sleep(settings.CheckpointAfter)
		synctest.Wait()
		require.Equal(t, []uint64{1, 2}, k.written())
		require.NoError(t, g.Stop(t.Context()))
		require.Equal(t, []uint64{1, 2}, k.written(), "there is nothing new")
	})
}

func TestATimeoutNeedsNothingElseToHappen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(1)
		g := k.run(t, usual())
		n := join(t, g, 1)
		first := <-n.Messages()
		again := <-n.Messages()
		require.Equal(t, first.Original().ID, again.Original().ID)
		require.Equal(t, 1, again.Retries)
	})
}

func TestNothingIsLostWhileTheDiskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := usual()
		settings.MaxCheckpoint, settings.MinCheckpoint = 1, 1
		k := newKept(4)
		g := k.run(t, settings)
		n := join(t, g, 10)
		synctest.Wait()
		require.Len(t, got(n), 4)
		k.fail(true)
		n.Nack(ids(0), Park, "so")
		n.Ack(ids(1))
		time.Sleep(10 * retryAfter)
		synctest.Wait()
		require.Empty(t, k.aside())
		require.Empty(t, k.written(), "event 0 is not safe")
		k.fail(false)
		time.Sleep(2 * retryAfter)
		synctest.Wait()
		require.Len(t, k.aside(), 1)
		require.Equal(t, []uint64{1}, k.written())

		// Nor when the group ends on such a disk.
		k.fail(true)
		n.Ack(ids(2))
		n.Nack(ids(3), Park, "so")
		require.ErrorIs(t, g.Stop(t.Context()), errDisk)
		require.Len(t, k.aside(), 1)
		require.Equal(t, []uint64{1}, k.written())
	})
}

func TestAReplayGoesThroughSmallBuffersAndForgetsWhatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := usual()
		settings.HistoryBuffer, settings.ReadBatch = 5, 2
		k := newKept(20)
		g := k.run(t, settings)
		n := join(t, g, 3)
		for range 20 {
			m := <-n.Messages()
			n.Nack(ids(m.Place), Park, "so")
		}
		synctest.Wait()
		require.Len(t, k.aside(), 20)
		require.NoError(t, g.Replay(t.Context(), 12))
		for place := range uint64(12) {
			m := <-n.Messages()
			require.Equal(t, place, m.Place)
			n.Ack(ids(place))
		}
		synctest.Wait()
		require.Empty(t, got(n))
		require.Equal(t, uint64(12), k.forgotten())
		stats, err := g.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(8), stats.Parked)
	})
}

func TestAGroupThatHasEndedRefusesConsumers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(1)
		g := k.run(t, usual())
		n := join(t, g, 1)
		require.NoError(t, g.Stop(t.Context()))
		<-n.Dropped()
		n.Ack(ids(0)) // too late, and harmless
		n.Leave()
		_, err := g.Join(1, Who{})
		require.ErrorIs(t, err, ErrStopped)
		require.ErrorIs(t, g.Replay(t.Context(), 1), ErrStopped)
		require.NoError(t, g.Stop(t.Context()))
	})
}
