package world

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/erp"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/views"
)

// node is a process of freightledger: all components, wired as the program
// wires them, but stepped.
type node struct {
	w    *World
	name string
	life int // counts how often it was started

	up   bool
	busy bool // in the middle of a step
	ctx  context.Context
	kill context.CancelFunc

	exec   *eventstore.Executor
	inbox  inbox.Inbox
	viewDB *projections.DB
	runner *projections.Runner
	views  *views.Views
	flow   *flow.Reactor
	outbox *erp.Outbox
	poster *erp.Poster
	cash   *erp.Cash
	books  *client.Client

	parts []*part
}

// part is a component of a node: one of its steps is taken when it is due.
type part struct {
	n    *node
	name string
	step func(context.Context) (again time.Duration, err error) // negative: when something happens
	due  time.Time
	wait bool // for a step that is in the queue
	mark int  // of that one
	life int  // of the process
}

// errDead is what a killed process hears of everything that it calls.
var errDead = errors.New("the process was killed")

// triesOfUnknown is how often a process asks for an append of unknown outcome.
const triesOfUnknown = 4

// hasty asks again at once: calls take their time by themselves.
type hasty struct{ left int }

func (h *hasty) Reset() { h.left = triesOfUnknown }
func (h *hasty) NextBackOff() time.Duration {
	if h.left--; h.left <= 0 {
		return backoff.Stop
	}
	return 0
}

// start begins a process on the files that are there.
func (n *node) start() error {
	w := n.w
	n.life++
	n.ctx, n.kill = context.WithCancel(context.Background())
	store := backend{n}
	n.exec = eventstore.NewExecutor(store, w.codec, w.clock)
	n.inbox = inbox.Inbox{Exec: witness{n}, Actor: "import", Workers: 1}
	n.exec.Pace(func() backoff.BackOff { return &hasty{} })
	lease := projections.LeaseOptions{Holder: fmt.Sprintf("%s.%d", n.name, n.life), TTL: w.cfg.leaseTTL, Clock: w.clock, Log: w.log, Alone: len(w.nodes) == 1}
	ctx := context.Background()
	list := views.Projections()
	var err error
	if n.viewDB, err = views.Open(ctx, filepath.Join(w.dir, "views.db"), list, w.log); err != nil {
		return err
	}
	if n.runner, err = projections.NewRunner(ctx, n.viewDB, store, w.codec, list, projections.Options{PageEvents: w.cfg.page, Logger: w.log, Lease: lease}); err != nil {
		return err
	}
	n.views = views.New(n.viewDB)
	if n.flow, err = flow.Open(ctx, filepath.Join(w.dir, "flow.db"), store, w.codec, witness{n}, w.cfg.policy,
		flow.Options{Workers: 1, PageEvents: w.cfg.page, Clock: w.clock, Logger: w.log, Lease: lease}); err != nil {
		return err
	}
	if n.outbox, err = erp.OpenOutbox(ctx, filepath.Join(w.dir, "outbox.db"), w.clock); err != nil {
		return err
	}
	if n.books, err = client.New("http://erp.example", client.Options{Transport: wire{n}}); err != nil {
		return err
	}
	options := erp.Options{Batch: w.cfg.batch, Workers: 1, Settle: w.cfg.settle, Again: w.cfg.again, Log: w.log, Lease: lease, Banks: views.NewBanks(n.views, n.exec)}
	n.poster = erp.NewPoster(n.outbox, store, w.codec, witness{n}, n.books, options)
	n.cash = erp.NewCash(n.outbox, witness{n}, n.books, views.NewPayable(n.views, n.exec), options)
	n.parts = []*part{{n: n, name: "views", step: n.stepViews}, {n: n, name: "policy", step: n.stepPolicy}, {n: n, name: "posting", step: n.stepPosting},
		{n: n, name: "cash", step: n.stepCash}, {n: n, name: "customers", step: n.stepCustomers}}
	n.up = true
	for _, p := range n.parts {
		p.life = n.life
		p.wake(w.k.During(0, time.Second))
	}
	return nil
}

// stop ends a process as an operator does.
func (n *node) stop() error {
	n.up = false
	n.kill()
	return n.close()
}

func (n *node) close() error {
	var errs []error
	for _, c := range []interface{ Close() error }{n.outbox, n.flow, n.viewDB} {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// crash kills a process, in the middle of what it does if it does something.
// Its files are closed under it, so that nothing that it still does is kept: not
// even giving up a lease.
func (n *node) crash(why string) {
	n.w.k.Tracef("%s is killed: %s", n.name, why)
	clear(n.w.resting)
	n.up = false
	n.kill()
	if err := n.close(); err != nil {
		n.w.k.Fail("simulator", "close the files of %s: %v", n.name, err)
	}
	n.w.restartLater(n)
}

// alive is an error when the process was killed, or stopped what it did.
func (n *node) alive(ctx context.Context) error {
	if !n.up || n.ctx.Err() != nil {
		return errDead
	}
	return ctx.Err()
}

// mayCrash kills the process now and then.
func (n *node) mayCrash(ctx context.Context) error {
	if n.up && n.w.fires(n.w.faults.crashInside, "killed inside of a step") {
		n.crash("inside of a step")
	}
	return n.alive(ctx)
}

// dawdle lets time pass inside of a call, in which others go on; one in so many
// times it takes long.
func (n *node) dawdle(oneIn int) {
	if n.w.fires(oneIn, "slow call") {
		n.w.pause(n.w.k.During(time.Millisecond, n.w.cfg.stall))
	}
}

// wake has the part's next step taken in a while, if that is sooner than it is
// going to be anyway.
func (p *part) wake(d time.Duration) {
	k := p.n.w.k
	due := k.Now().Add(d)
	if !p.n.up || p.wait && !due.Before(p.due) {
		return
	}
	p.wait, p.due = true, due
	p.mark++
	mark := p.mark
	k.After(d, p.n.name+" "+p.name, func() {
		if p.mark == mark && p.life == p.n.life && p.n.up {
			p.wait = false
			p.run()
		}
	})
}

// run takes a step, unless the process is in the middle of one.
func (p *part) run() {
	n, w := p.n, p.n.w
	if n.busy {
		p.wake(w.k.During(10*time.Millisecond, 500*time.Millisecond))
		return
	}
	if w.fires(w.faults.crash, "killed between steps") {
		n.crash("before " + p.name)
		return
	}
	w.k.Count("step: " + p.name)
	life := n.life
	n.busy = true
	again, err := p.step(n.ctx)
	n.busy = false
	if w.k.Failed() != nil {
		return
	}
	if !n.up || n.life != life { // how it noticed is not the same each time
		w.k.Tracef("%s was killed over %s", n.name, p.name)
		return
	}
	if err != nil {
		w.k.Tracef("%s %s: %v", n.name, p.name, err)
		w.expect(p.name, err)
		again = w.k.During(100*time.Millisecond, 3*time.Second)
		if p.name == "cash" || p.name == "customers" {
			again = w.k.During(0, time.Hour) // people and clocks ask for these, not news
		}
	}
	if n.up && again >= 0 {
		p.wake(again)
	}
}

// soon is when a part goes on that is not done.
func (n *node) soon() time.Duration { return n.w.k.During(0, 200*time.Millisecond) }

// later is when it looks again whether another process has done it.
func (n *node) later() time.Duration {
	return n.w.k.During(500*time.Millisecond, 3*time.Second)
}

func (n *node) stepViews(ctx context.Context) (time.Duration, error) {
	if _, idle := n.idle("views"); idle {
		return -1, nil
	}
	handled, err := n.runner.Step(ctx)
	switch {
	case err != nil:
		return 0, err
	case handled > 0:
		n.w.k.Tracef("%s views: %d events, at %s", n.name, handled, n.runner.At().Position)
		if n.runner.At().Position != n.w.history.head() {
			return n.soon(), nil
		}
	}
	at, err := n.viewDB.Checkpoint(ctx, n.w.projection)
	if err == nil && at.Position != n.w.history.head() {
		return n.later(), nil
	}
	n.w.rests("views", time.Time{})
	return -1, err
}

func (n *node) stepPolicy(ctx context.Context) (time.Duration, error) {
	if next, idle := n.idle("policy"); idle {
		return n.until(next), nil
	}
	done, next, err := n.flow.Step(ctx)
	switch {
	case err != nil:
		delete(n.w.resting, "policy")
		return 0, err
	case done != flow.Progress{}:
		n.w.k.Tracef("%s policy: %+v, at %s", n.name, done, n.flow.At().Position)
	}
	switch {
	case n.flow.At().Position == n.w.history.head():
		n.w.rests("policy", next)
		return n.until(next), nil
	case done != flow.Progress{}:
		return n.soon(), nil
	}
	return n.later(), nil
}

// until is how long it takes until an instant comes by the process's clock.
func (n *node) until(next time.Time) time.Duration {
	if next.IsZero() {
		return -1
	}
	return max(next.Sub(n.w.clock()), 0) + n.soon()
}

func (n *node) stepPosting(ctx context.Context) (time.Duration, error) {
	if next, idle := n.idle("posting"); idle {
		return n.until(next), nil
	}
	posted, next, err := n.poster.Step(ctx)
	switch {
	case err != nil:
		delete(n.w.resting, "posting")
		return 0, err
	case posted > 0:
		n.w.k.Tracef("%s posting: %d documents", n.name, posted)
		return n.soon(), nil
	}
	if at, err := n.outbox.Position(ctx); err != nil || at != n.w.history.head() {
		return n.later(), err
	}
	if left, err := n.outbox.Counts(ctx); err != nil || next.IsZero() && left.Requested > 0 {
		return n.later(), err // what another process was killed over
	}
	n.w.rests("posting", next)
	return n.until(next), nil
}

func (n *node) stepCash(ctx context.Context) (time.Duration, error) {
	if _, idle := n.idle("cash"); idle {
		return n.w.cfg.cashEvery, nil
	}
	booked := n.w.bookings
	report, worked, err := n.cash.Step(ctx)
	if err != nil {
		return 0, err
	}
	if report != (erp.CashReport{}) {
		n.w.k.Tracef("%s cash: %+v", n.name, report)
	}
	if !worked {
		return n.w.k.During(0, time.Hour), nil
	}
	if at, err := n.viewDB.Checkpoint(ctx, n.w.projection); err == nil && at.Position == n.w.history.head() && booked == n.w.bookings {
		n.w.rests("cash", n.w.clock().Add(48*time.Hour))
	}
	return n.w.cfg.cashEvery, nil
}

// rest is a part of the work that is done, until something new is stored.
type rest struct {
	head     eventstore.Position
	bookings int
	next     time.Time // when more is due by the clock; zero is never
}

// rests notes that some process has left nothing to do in its part.
func (w *World) rests(part string, next time.Time) {
	w.resting[part] = rest{w.history.head(), w.bookings, next}
}

// idle tells that a part has nothing to do, as some process has found, and until
// when. The processes share their files.
func (n *node) idle(part string) (next time.Time, idle bool) {
	r, ok := n.w.resting[part]
	idle = ok && r.head == n.w.history.head() && (part != "cash" || r.bookings == n.w.bookings) && (r.next.IsZero() || r.next.After(n.w.clock()))
	return r.next, idle
}

func (n *node) stepCustomers(ctx context.Context) (time.Duration, error) {
	report, err := erp.SyncCustomers(ctx, oneByOne{n.books}, idsOf{witness{n}})
	if err != nil {
		return 0, err
	}
	if report.Changed > 0 {
		n.w.k.Tracef("%s customers: %d changed", n.name, report.Changed)
	}
	for _, c := range n.w.customers {
		if why := report.Refused[c]; why != "" {
			n.w.k.Fail("simulator", "customer %s is refused: %s", c, why)
		}
	}
	return n.w.cfg.customersEvery, nil
}

// oneByOne gives customers in pages of one: those of a page are recorded side
// by side.
type oneByOne struct{ books *client.Client }

func (m oneByOne) Customers(ctx context.Context, after string) ([]domain.CustomerSynced, string, error) {
	page, next, err := m.books.Customers(ctx, after)
	if err != nil || len(page) <= 1 {
		return page, next, err
	}
	return page[:1], string(page[0].Customer), nil
}

// idsOf names commands by the world's dice where the product takes any new id.
type idsOf struct{ witness }

func (x idsOf) Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error) {
	req.ID = x.n.w.k.UUID()
	return x.witness.Execute(ctx, cmd, req)
}
