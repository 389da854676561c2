// Package wirefault breaks the way between a client and a server, on real
// sockets and when a test says so.
//
// A [Proxy] passes TCP connections on and can reset, starve, slice or cut them.
// A [Relay] passes gRPC calls on, whatever their service, and through its
// [Calls] a server can commit and then answer something else, or nothing. A
// test usually puts both before a server:
//
//	client -> Proxy -> Relay -> server
//
// What is random comes from the caller's seed. Each fault is counted when it
// hits something, because a run in which a fault never fired proves nothing
// about it.
package wirefault

import (
	"maps"
	"sync"
)

// Fault names a way of breaking.
type Fault string

// Counts says how often each fault hit a connection or a call. The zero Counts
// are ready to use.
type Counts struct {
	mu sync.Mutex
	n  map[Fault]int
}

// Add counts n strikes of a fault.
func (c *Counts) Add(f Fault, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = make(map[Fault]int)
	}
	c.n[f] += n
}

// All gives the counts so far.
func (c *Counts) All() map[Fault]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}

// Of is how often one fault fired.
func (c *Counts) Of(f Fault) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[f]
}
