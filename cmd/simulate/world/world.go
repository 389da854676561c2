// Package world is the whole of freightledger in one simulated world: its real
// domain, executor, read models, policies, posting, cash and reconciler, wired
// as the program wires them, over an event store and an ERP whose network
// fails, in processes that die at any point, used by people who do what people
// do.
//
// Nothing in it goes on by itself. Every step is taken by package kernel, on one
// goroutine, in virtual time; what a component does beside itself, it does with
// one worker that is waited for. Equal seeds give equal worlds.
package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/views"
)

type clock func() time.Time

// World is one simulated world.
type World struct {
	k      *kernel.Kernel
	dir    string
	cfg    config
	faults faults
	log    *slog.Logger
	skew   time.Duration // of the machine's clock

	codec      eventstore.Codec
	history    *history
	projection string    // a read model's name
	flying     []*flight // appends that the store has not acknowledged
	darkUntil  time.Time // the store has no power
	nodes      []*node
	pauses     int
	resting    map[string]rest // parts that have nothing to do
	bookings   int             // what the ERP was told, however often

	erp         *sandboxerp.ERP
	erpHandler  http.Handler
	inFlight    int // requests whose client has gone
	hiddenUntil map[string]time.Time
	lastHidden  time.Time
	lastCall    time.Time // of any process

	customers []domain.CustomerID
	people    *people
	check     *checker
	bank      *bank
	tariffs   *tariffs
	account   *account
	post      *post
}

// Outcome is what became of a world.
type Outcome struct {
	Seed      uint64         `json:"seed"`
	Hash      string         `json:"trace_hash"`
	Steps     int            `json:"steps"`
	Events    int            `json:"events"`
	Simulated time.Duration  `json:"simulated_ns"`
	Counts    map[string]int `json:"counts"`
	Violation string         `json:"violation,omitempty"` // the invariant
	Text      string         `json:"text,omitempty"`      // and how it was violated
	Trace     []string       `json:"trace,omitempty"`     // its end, when something was violated
}

// began is when every world begins.
var began = time.Date(2024, 1, 29, 8, 0, 0, 0, time.UTC)

// Options say how a world is watched.
type Options struct {
	Dir  string       // an empty folder, for its files
	Tell func(string) // hears every line of the trace; may be nil
	// Lose has the store acknowledge its append of this number and not keep it,
	// which has to be noticed; 0 is none.
	Lose int
}

// Run simulates the world of a seed. An error means that the simulator itself
// broke.
func Run(seed uint64, o Options) (Outcome, error) {
	k := kernel.New(seed, began, o.Tell)
	w := &World{k: k, dir: o.Dir, codec: eventstore.NewCodec(domain.Events()), hiddenUntil: map[string]time.Time{}, resting: map[string]rest{}, projection: views.Projections()[0].Name()}
	w.log = slog.New(listener{w})
	w.draw()
	w.check = newChecker(w)
	w.history = newHistory(k.Now, w.stored)
	w.history.lose = o.Lose
	w.history.differs = func(stored eventstore.Record, e eventstore.Proposed) {
		k.Fail(acknowledged, "%s was to be stored as event %d of %s and is acknowledged for what is there: %s instead of %s", e.Type, stored.Revision, stored.Stream, stored.Data, e.Data)
	}
	w.bank, w.tariffs = &bank{w: w}, &tariffs{w: w}
	w.account, w.post = &account{w: w}, &post{w: w, contents: map[domain.MessageID]inbox.Content{}, spoiled: map[domain.MessageID]bool{}}
	w.people = newPeople(w)
	err := w.open()
	if err == nil {
		w.live()
		err = w.close()
	}
	out := Outcome{Seed: seed, Hash: k.Hash(), Steps: k.Steps(), Events: len(w.history.records), Simulated: k.Now().Sub(began), Counts: k.Counts()}
	var v *kernel.Violation
	if errors.As(k.Failed(), &v) {
		out.Violation, out.Text, out.Trace = v.Invariant, v.Text, k.Last()
	}
	return out, err
}

// clock is what the machine's clock shows.
func (w *World) clock() time.Time { return w.k.Now().Add(w.skew) }

// fires draws whether a fault strikes that strikes once in so many times.
func (w *World) fires(oneIn int, what string) bool {
	if !w.k.OneIn(oneIn) {
		return false
	}
	w.k.Count("fault: " + what)
	w.k.Tracef("fault: %s", what)
	return true
}

// pause lets others go on in the middle of a step, not too deep.
func (w *World) pause(d time.Duration) {
	if w.pauses == len(w.nodes) {
		return
	}
	w.pauses++
	w.k.Await(d)
	w.pauses--
}

func (w *World) open() error {
	if err := w.openERP(); err != nil {
		return err
	}
	for i := range w.cfg.nodes {
		w.nodes = append(w.nodes, &node{w: w, name: fmt.Sprintf("node%d", i+1)})
	}
	for _, n := range w.nodes {
		if err := n.start(); err != nil {
			return fmt.Errorf("start %s: %w", n.name, err)
		}
	}
	return nil
}

func (w *World) openERP() error {
	erp, err := sandboxerp.Open(filepath.Join(w.dir, "books.db"), sandboxerp.Options{Clock: w.k.Now, Log: w.log, AutoPay: w.cfg.autopay})
	if err != nil {
		return err
	}
	w.erp, w.erpHandler = erp, erp.Handler()
	return nil
}

func (w *World) close() error {
	var errs []error
	for _, n := range w.nodes {
		if n.up {
			errs = append(errs, n.stop())
		}
	}
	if w.erp != nil {
		errs = append(errs, w.erp.Close())
	}
	return errors.Join(errs...)
}

// stored is called with what every append has stored.
func (w *World) stored(records []eventstore.Record) {
	for _, r := range records {
		w.check.event(r)
	}
	// Mostly one process hears of it well before the others, which then have
	// nothing to do: that they all try costs most of a world's time.
	for _, part := range []string{"views", "policy", "posting"} {
		first, wait := w.k.Int(len(w.nodes)), time.Duration(0)
		if !w.k.OneIn(3) {
			wait = 2 * time.Second
		}
		for i := range w.nodes {
			w.nodes[(first+i)%len(w.nodes)].wake(part, w.k.During(0, w.cfg.lag)+time.Duration(i)*wait)
		}
	}
}

// wake wakes a part of the process.
func (n *node) wake(name string, d time.Duration) {
	for _, p := range n.parts {
		if p.name == name {
			p.wake(d)
		}
	}
}

// wakeAll wakes a part of every process.
func (w *World) wakeAll(name string, d time.Duration) {
	for _, n := range w.nodes {
		n.wake(name, d)
	}
}

// restartLater starts a process again that was killed.
func (w *World) restartLater(n *node) {
	w.k.After(w.k.During(100*time.Millisecond, 2*time.Minute), "restart", func() {
		switch {
		case n.up:
		case n.busy, w.dark():
			w.restartLater(n) // what it did when it was killed has not noticed yet, or the store is away
		default:
			w.k.Tracef("%s starts again", n.name)
			w.k.Count("fault: process started again")
			if err := n.start(); err != nil {
				w.k.Fail("simulator", "start %s again: %v", n.name, err)
			}
		}
	})
}

// free is a process that can be talked to, or nil.
func (w *World) free() *node {
	first := w.k.Int(len(w.nodes))
	for i := range w.nodes {
		if n := w.nodes[(first+i)%len(w.nodes)]; n.up && !n.busy {
			return n
		}
	}
	return nil
}

// listener counts what components report of leases.
type listener struct{ w *World }

func (l listener) Enabled(context.Context, slog.Level) bool { return true }
func (l listener) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l listener) WithGroup(string) slog.Handler            { return l }

func (l listener) Handle(_ context.Context, r slog.Record) error {
	switch r.Message {
	case "lease was lost; what was under way is left to its next holder":
		l.w.k.Count("fault: lease lost")
	case "lease is taken over from a process that has not given it up":
		l.w.k.Count("fault: lease taken over")
	}
	return nil
}
