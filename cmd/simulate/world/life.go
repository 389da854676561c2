package world

import (
	"context"
	"errors"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/projections"
)

// A world lives in two phases. In the first, people work and everything fails
// that fails in this world: nothing may ever be wrong. Then all troubles end,
// and whatever was left undone has to be done within drainBound.

const drainBound = 30 * time.Minute

// live takes the world through both phases.
func (w *World) live() {
	w.bank.begin()
	w.account.begin()
	w.wakeAll("customers", 0)
	end := w.k.Now().Add(w.cfg.troubled)
	w.tariffs.begin(end)
	w.people.open = true
	w.people.work(end)
	w.trouble(end)
	w.k.RunUntil(end)
	w.heal()
	w.drain()
	// The months that were billed last come to their end too.
	w.k.RunUntil(w.k.Now().AddDate(0, 0, 40))
	w.drain()
	if w.k.Failed() == nil {
		w.conclude(context.Background())
	}
}

// trouble has things happen to the world as a whole, until an instant.
func (w *World) trouble(until time.Time) {
	every := func(hours int, name string, do func()) {
		if hours == 0 {
			return
		}
		var again func()
		again = func() {
			w.k.After(w.k.During(time.Hour, 2*time.Duration(hours)*time.Hour), name, func() {
				if w.k.Now().Before(until) {
					do()
					again()
				}
			})
		}
		again()
	}
	f := w.faults
	every(f.erpRestart, "ERP stops", func() {
		if w.erp == nil {
			return
		}
		w.k.Tracef("the ERP stops")
		w.k.Count("fault: ERP restarted")
		if err := w.erp.Close(); err != nil {
			w.k.Fail("simulator", "close the ERP: %v", err)
		}
		w.erp = nil
		w.k.After(w.k.During(time.Second, 2*time.Hour), "ERP starts", func() { w.mustOpenERP() })
	})
	every(f.clockJump, "clock jumps", func() {
		// What the poster waits for, it waits for by this clock: as its option
		// says, the clock has to go on as real time does while anything is
		// under way to the ERP.
		if w.inFlight > 0 || w.k.Now().Before(w.lastHidden) || w.k.Now().Sub(w.lastCall) < time.Minute {
			return
		}
		w.skew += w.k.During(-10*time.Minute, 10*time.Minute)
		w.k.Tracef("the clock is put to %s", w.clock())
		w.k.Count("fault: clock jump")
	})
	every(f.closeMonth, "month closes", w.bank.closeMonth)
}

func (w *World) mustOpenERP() {
	if w.erp != nil {
		return
	}
	w.k.Tracef("the ERP starts")
	if err := w.openERP(); err != nil {
		w.k.Fail("simulator", "open the ERP: %v", err)
	}
}

// heal ends all troubles.
func (w *World) heal() {
	if w.k.Failed() != nil {
		return
	}
	w.k.Tracef("everything is healed")
	w.faults, w.darkUntil = faults{}, time.Time{}
	clear(w.resting)
	w.mustOpenERP()
	w.people.open = false
	w.bank.heal()
	w.account.heal()
	w.post.heal()
	for _, part := range []string{"views", "policy", "posting", "cash", "customers"} {
		w.wakeAll(part, 0)
	}
}

// drain lets pass what time it may take until nothing is left to do, and looks.
func (w *World) drain() {
	deadline := w.k.Now().Add(drainBound)
	for w.k.Failed() == nil && w.k.Now().Before(deadline) {
		w.k.Await(10 * time.Second)
		if w.undone() == "" {
			w.k.Tracef("nothing is left to do")
			return
		}
	}
	if w.k.Failed() == nil {
		w.k.Fail(drains, "after %s: %s", drainBound, w.undone())
	}
}

// undone says what is left to do, "" when nothing is.
func (w *World) undone() string {
	if w.people.waiting > 0 {
		return "a command has no answer"
	}
	ctx, head := context.Background(), w.history.head()
	for _, n := range w.nodes {
		if !n.up {
			return n.name + " is down"
		}
	}
	n := w.nodes[0]
	at, err := n.viewDB.Checkpoint(ctx, w.projection)
	if err != nil || at.Position != head {
		return "the read models are behind"
	}
	waiting, err := n.flow.Waiting(ctx, 1)
	if err != nil || len(waiting) > 0 && !waiting[0].Due.After(w.clock()) {
		return "a reaction is due"
	}
	behind := true
	for _, n := range w.nodes { // whoever had the lease last knows
		behind = behind && n.flow.At().Position != head
	}
	if behind {
		return "the policy is behind"
	}
	if at, err := n.outbox.Position(ctx); err != nil || at != head {
		return "the outbox is behind"
	}
	left, err := n.outbox.Counts(ctx)
	if err != nil || left.Requested > 0 {
		return "documents wait to be posted"
	}
	if left.Journaled > 0 {
		return "documents were not asked to be posted"
	}
	return ""
}

// expect fails the world for an error that no fault explains.
func (w *World) expect(part string, err error) {
	var erp *client.Error
	switch {
	case errors.Is(err, errDead), errors.Is(err, context.Canceled), errors.Is(err, errUnavailable), errors.Is(err, errCut), errors.Is(err, eventstore.ErrUnknownOutcome),
		errors.As(err, &erp), errors.As(err, new(*projections.LeaseLost)), errors.As(err, new(*domain.Refusal)):
		return
	}
	for _, n := range w.nodes {
		if !n.up {
			return // its files were closed under it
		}
	}
	w.k.Fail(working, "%s: %v", part, err)
}
