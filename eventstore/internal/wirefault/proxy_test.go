package wirefault_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/internal/wirefault"
)

// echoing is a server that says back what it hears, and the proxy before it.
func echoing(t *testing.T) *wirefault.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				_, _ = io.Copy(c, c) // ends however the test ends it
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		work.Wait()
	})
	return before(t, l.Addr().String())
}

func before(t *testing.T, target string) *wirefault.Proxy {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	p, err := wirefault.NewProxy(target, seed, new(wirefault.Counts))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// dial connects and has one byte go there and back, so that the connection
// stands all the way.
func dial(t *testing.T, p *wirefault.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	say(t, c, []byte{1})
	return c
}

func say(t *testing.T, c net.Conn, what []byte) {
	t.Helper()
	wrote := make(chan error, 1)
	go func() {
		_, err := c.Write(what)
		wrote <- err
	}()
	heard := make([]byte, len(what))
	_, err := io.ReadFull(c, heard)
	require.NoError(t, err)
	require.NoError(t, <-wrote)
	require.True(t, bytes.Equal(what, heard))
}

func TestBytesPassUnchanged(t *testing.T) {
	p := echoing(t)
	c := dial(t, p)
	random := rand.NewChaCha8([32]byte{1})
	large, small := make([]byte, 3<<20), make([]byte, 20<<10)
	_, _ = random.Read(large)
	_, _ = random.Read(small)
	say(t, c, large)

	p.Slice(4)
	say(t, c, small)
	say(t, c, small)
	require.Equal(t, 4, p.Counts.Of(wirefault.Sliced))
	say(t, c, large)
}

func TestConnectionsEnd(t *testing.T) {
	p := echoing(t)
	c := dial(t, p)
	require.Equal(t, 1, p.Reset())
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)

	c = dial(t, p)
	require.Equal(t, 1, p.CloseAll())
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)

	dial(t, p)
	require.Equal(t, map[wirefault.Fault]int{wirefault.Reset: 1, wirefault.Closed: 1}, p.Counts.All())
}

func TestAHalfOpenConnectionStandsAndSaysNothing(t *testing.T) {
	for name, d := range map[string]wirefault.Direction{
		"to the server": wirefault.ToServer, "to the client": wirefault.ToClient, "both": wirefault.ToServer | wirefault.ToClient,
	} {
		t.Run(name, func(t *testing.T) {
			p := echoing(t)
			c := dial(t, p)
			require.Equal(t, 1, p.HalfOpen(d))
			require.Zero(t, p.Connections())

			_, err := c.Write([]byte("is anybody there?"))
			require.NoError(t, err)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
			_, err = c.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)

			dial(t, p) // a new connection is a good one
			p.Heal()
			require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
			_, err = c.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
}

func TestAConnectionIsCutAfterSomeBytes(t *testing.T) {
	p := echoing(t)
	c := dial(t, p)
	p.CutAfter(wirefault.ToClient, 5000)
	go func() { _, _ = c.Write(make([]byte, 20000)) }() // ends with the connection
	n, err := io.Copy(io.Discard, c)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.LessOrEqual(t, n, int64(5000))
	require.Equal(t, 1, p.Counts.Of(wirefault.CutBytes))
	say(t, dial(t, p), make([]byte, 20000))
}

func TestAServerIsOutOfReachForATime(t *testing.T) {
	p := echoing(t)
	c := dial(t, p)
	p.Outage(time.Hour)
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	_, err = net.Dial("tcp", p.Addr())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	p.Heal()
	dial(t, p)

	p.Outage(time.Millisecond)
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, time.Minute, time.Millisecond)
	require.Equal(t, 2, p.Counts.Of(wirefault.Outage))
}
