// Package kernel is the clockwork of a simulation: one queue of steps in
// virtual time, one source of chance, and a trace of all that happened.
//
// Steps run one at a time on the caller's goroutine, in order of their time and,
// at the same time, in an order that the seed draws. Nothing here reads a real
// clock, so the same seed gives the same trace, to the last byte; Hash tells.
//
// A step that waits inside of what it calls, for an answer from outside, lets
// others run in between by Await: that is how a process is stopped in the middle
// of its work while another one goes on.
package kernel

import (
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"time"
)

// Kernel is one simulated world's clock, queue, dice and trace. It is not safe
// for concurrent use, and needs not be.
type Kernel struct {
	now   time.Time
	queue queue
	dice  *rand.Rand
	order *rand.Rand // beside dice, so that more steps do not shift other chances
	steps int

	trace hash.Hash
	last  []string // the end of the trace, as a ring
	lines int
	tell  func(string)

	counts map[string]int
	failed error
}

// Traced is how many of the last lines of a trace are kept.
const Traced = 120

// ErrStopped ends a simulation whose invariant was violated.
var ErrStopped = errors.New("simulation stopped")

// New begins a world at an instant. tell hears every line of the trace, and may
// be nil.
func New(seed uint64, now time.Time, tell func(string)) *Kernel {
	return &Kernel{now: now, dice: rand.New(rand.NewPCG(seed, 1)), order: rand.New(rand.NewPCG(seed, 2)), trace: sha256.New(),
		last: make([]string, Traced), tell: tell, counts: map[string]int{}}
}

// step is something that happens at its time.
type step struct {
	at    time.Time
	order uint64
	name  string
	do    func()
}

type queue []step

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(step)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// Now is the world's true time. What a process's own clock shows may differ.
func (k *Kernel) Now() time.Time { return k.now }

// Steps is how many steps were taken.
func (k *Kernel) Steps() int { return k.steps }

// After has something done when a while has passed.
func (k *Kernel) After(d time.Duration, name string, do func()) {
	heap.Push(&k.queue, step{k.now.Add(max(d, 0)), k.order.Uint64(), name, do})
}

// Next is when the next step is due; false when there is none.
func (k *Kernel) Next() (time.Time, bool) {
	if len(k.queue) == 0 {
		return time.Time{}, false
	}
	return k.queue[0].at, true
}

// RunUntil takes every step that is due up to an instant, and then it is that
// instant. It stops early when the world has failed.
func (k *Kernel) RunUntil(end time.Time) {
	for k.failed == nil && len(k.queue) > 0 && !k.queue[0].at.After(end) {
		s := heap.Pop(&k.queue).(step)
		if s.at.After(k.now) {
			k.now = s.at
		}
		k.steps++
		s.do()
	}
	if k.failed == nil && end.After(k.now) {
		k.now = end
	}
}

// Await lets a while pass inside of a step.
func (k *Kernel) Await(d time.Duration) { k.RunUntil(k.now.Add(d)) }

// Fail ends the world: an invariant is violated. Only the first one counts.
func (k *Kernel) Fail(invariant, format string, args ...any) {
	if k.failed == nil {
		k.failed = &Violation{Invariant: invariant, Text: fmt.Sprintf(format, args...)}
		k.Tracef("VIOLATED %s: %v", invariant, k.failed)
	}
}

// Failed is the violation that ended the world, or nil.
func (k *Kernel) Failed() error { return k.failed }

// Violation is an invariant that did not hold.
type Violation struct{ Invariant, Text string }

func (v *Violation) Error() string { return v.Invariant + ": " + v.Text }

// Tracef adds a line to the trace. What it says must not depend on anything but
// the seed.
func (k *Kernel) Tracef(format string, args ...any) {
	line := k.now.UTC().Format("2006-01-02T15:04:05.000000") + " " + fmt.Sprintf(format, args...)
	_, _ = k.trace.Write(append([]byte(line), '\n')) // a hash never fails
	k.last[k.lines%Traced] = line
	k.lines++
	if k.tell != nil {
		k.tell(line)
	}
}

// Hash is the hash of the whole trace so far.
func (k *Kernel) Hash() string { return hex.EncodeToString(k.trace.Sum(nil)[:16]) }

// Last is the end of the trace, oldest first.
func (k *Kernel) Last() []string {
	var lines []string
	for i := max(0, k.lines-Traced); i < k.lines; i++ {
		lines = append(lines, k.last[i%Traced])
	}
	return lines
}

// Count notes that something fired.
func (k *Kernel) Count(what string) { k.counts[what]++ }

// Counts is how often everything fired.
func (k *Kernel) Counts() map[string]int { return k.counts }
