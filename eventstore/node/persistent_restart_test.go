package node_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node"
)

// restarted is a node on the same folder, after the first has stopped.
func restarted(t *testing.T, dir string, first func(*served, *esdb.Client)) (*served, *esdb.Client) {
	t.Helper()
	open := func() (*embedded.Store, *served, *esdb.Client) {
		store, err := embedded.Open(dir, embedded.Options{MinFree: -1, Logger: quiet()})
		require.NoError(t, err)
		s := serveStore(t, store, node.Options{})
		return store, s, s.client()
	}
	store, s, c := open()
	first(s, c)
	s.stop()
	require.NoError(t, store.Close())
	store, s, c = open()
	t.Cleanup(func() {
		s.stop()
		require.NoError(t, store.Close())
	})
	return s, c
}

func TestAGroupGoesOnWhereItWasAfterARestart(t *testing.T) {
	s, c := restarted(t, t.TempDir(), func(s *served, c *esdb.Client) {
		s.append(c, "order-1", esdb.NoStream{}, notes(6)...)
		settings := esdb.SubscriptionSettingsDefault() // a checkpoint after two seconds, or at the end
		settings.MaxRetryCount = 7
		s.makeGroup(c, "order-1", esdb.Start{}, settings)
		desk := s.consume(c, "order-1", 4)
		events := desk.take(4)
		require.NoError(t, desk.Ack(events[0], events[1], events[3])) // event 2 is not handled
		desk.take(2)                                                  // so the answers have arrived
	})
	require.Equal(t, int32(7), s.info(c, "order-1").Settings.MaxRetryCount)
	desk := s.consume(c, "order-1", 10)
	require.Equal(t, []uint64{2, 3, 4, 5}, desk.handle(4), "the lowest that was not handled, and all after it")
}

func TestAGroupThatBeginsAtTheEndKeepsItsBeginningOverARestart(t *testing.T) {
	s, c := restarted(t, t.TempDir(), func(s *served, c *esdb.Client) {
		s.append(c, "order-1", esdb.NoStream{}, notes(2)...)
		s.makeGroup(c, "order-1", esdb.End{}, eager())
		s.append(c, "order-1", esdb.Revision(1), notes(1)...)
	})
	s.append(c, "order-1", esdb.Revision(2), notes(1)...)
	require.Equal(t, []uint64{2, 3}, s.consume(c, "order-1", 10).handle(2))
}

func TestParkedEventsSurviveARestartAlsoWhileTheyAreReplayed(t *testing.T) {
	s, c := restarted(t, t.TempDir(), func(s *served, c *esdb.Client) {
		desk := parkedOrder(t, s, c, 2)
		s.replay(c, "order-1", 0)
		desk.take(2) // and the node stops before they are answered
	})
	s.parked(c, "order-1", 2)
	desk := s.consume(c, "order-1", 10)
	s.replay(c, "order-1", 0)
	require.Equal(t, []uint64{0, 1}, desk.handle(2))
	s.parked(c, "order-1", 0)
}

func TestADeletedGroupIsGoneAfterARestartWithAllThatItKept(t *testing.T) {
	s, c := restarted(t, t.TempDir(), func(s *served, c *esdb.Client) {
		parkedOrder(t, s, c, 2)
		require.NoError(t, c.DeletePersistentSubscription(within(t), "order-1", "desk", esdb.DeletePersistentSubscriptionOptions{}))
	})
	_, err := c.GetPersistentSubscriptionInfo(within(t), "order-1", "desk", esdb.GetPersistentSubscriptionOptions{})
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	s.parked(c, "order-1", 0)
	require.Nil(t, s.info(c, "order-1").Stats.LastCheckpointedEventRevision)
	require.Equal(t, []uint64{0, 1, 2}, s.consume(c, "order-1", 10).handle(3))
}

func TestTheNodesOwnStopCostsAnEventNoRetry(t *testing.T) {
	s, c := restarted(t, t.TempDir(), func(s *served, c *esdb.Client) {
		s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
		settings := eager()
		settings.MaxRetryCount = 0 // one more time, and it is parked
		s.makeGroup(c, "order-1", esdb.Start{}, settings)
		s.consume(c, "order-1", 1).take(1)
	})
	require.Equal(t, []uint64{0}, s.consume(c, "order-1", 1).handle(1))
	s.parked(c, "order-1", 0)
}

func TestWhatWasCheckpointedOrParkedSurvivesAPowerFailure(t *testing.T) {
	disk := vfs.NewCrashableMem()
	open := func(fs vfs.FS) (*served, *esdb.Client) {
		store, err := embedded.Open("data", embedded.Options{FS: fs, MinFree: -1, Logger: quiet()})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		s := serveStore(t, store, node.Options{})
		return s, s.client()
	}
	s, c := open(disk)
	parkedOrder(t, s, c, 2)
	desk := s.consume(c, "order-1", 1)
	s.append(c, "order-1", esdb.Revision(2), notes(2)...)
	desk.take(1) // and the power fails

	s, c = open(disk.CrashClone(vfs.CrashCloneCfg{}))
	require.Equal(t, uint64(2), *s.info(c, "order-1").Stats.LastCheckpointedEventRevision)
	require.Equal(t, []uint64{3, 4}, s.consume(c, "order-1", 10).handle(2))
	s.parked(c, "order-1", 2)
}

func TestAGroupOnAllGoesOnWhereItWasAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s, c := restarted(t, dir, func(s *served, c *esdb.Client) {
		settings := eager()
		require.NoError(t, c.CreatePersistentSubscriptionToAll(within(t), "desk", esdb.PersistentAllSubscriptionOptions{
			StartFrom: esdb.Start{}, Settings: &settings,
			Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Regex: "^noted$"}}))
		s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
		s.append(c, "truck-1", esdb.NoStream{}, notes(1)...)
		require.Equal(t, []uint64{0, 0}, s.consume(c, "$all", 10).handle(2))
		s.await(c, "$all", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.TotalInFlightMessages == 0 })
	})
	s.append(c, "order-2", esdb.NoStream{}, notes(1)...)
	e := s.consume(c, "$all", 10).next()
	require.Equal(t, "order-2", e.Event.OriginalEvent().StreamID)
}

func TestRestartingTheSubsystemDropsConsumersAndForgetsNothing(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(3)...)
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	desk := s.consume(c, "order-1", 1)
	require.Equal(t, []uint64{0}, desk.handle(1))
	desk.take(1)
	require.NoError(t, c.RestartPersistentSubscriptionSubsystem(within(t), esdb.RestartPersistentSubscriptionSubsystemOptions{}))
	require.Error(t, desk.dropped())
	require.Equal(t, []uint64{1, 2}, s.consume(c, "order-1", 10).handle(2))
}

func TestANodeThatStopsLeavesNothingRunning(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(20)...)
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	for range 3 {
		s.consume(c, "order-1", 5).take(1)
	}
	require.Contains(t, running(), "eventstore/node/persistent.")
	s.stop()
	require.Eventually(t, func() bool {
		all := running()
		return !strings.Contains(all, "eventstore/node/persistent.") && !strings.Contains(all, "eventstore/node.(")
	}, waitLong, waitStep)
}

// running are the stacks of all goroutines.
func running() string {
	text := make([]byte, 4<<20)
	return string(text[:runtime.Stack(text, true)])
}
