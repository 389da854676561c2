package erp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// namespace is that of the command ids that this package derives.
var namespace = uuid.MustParse("5d0f3c86-0c5e-5f0e-9d5b-6c1f7a2f4e10")

// commandID derives a command's id from what caused it and from all that it
// says, so that recording an answer again is the same command, and another
// answer is another one.
func commandID(cause uuid.UUID, cmd domain.Command) (uuid.UUID, error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return uuid.Nil, fmt.Errorf("encode %s: %w", cmd.CommandName(), err)
	}
	name := append(cause[:], cmd.CommandName()...)
	return uuid.NewSHA1(namespace, append(append(name, 0), body...)), nil
}

// execute records a command on behalf of this package.
func execute(ctx context.Context, exec Executor, cmd domain.Command, cause, correlation uuid.UUID, via string) (eventstore.Result, error) {
	id, err := commandID(cause, cmd)
	if err != nil {
		return eventstore.Result{}, err
	}
	return exec.Execute(ctx, cmd, eventstore.Request{ID: id, Correlation: correlation, Causation: cause, Actor: "erp", Via: via})
}

// fenced executes only as long as the lease is certainly held: what a process
// found out before it was stopped is for its successor to find out again.
type fenced struct {
	Executor
	outbox *Outbox
}

func (x fenced) Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error) {
	if err := projections.Sure(ctx, x.outbox.db); err != nil {
		return eventstore.Result{}, err
	}
	return x.Executor.Execute(ctx, cmd, req)
}

// record records the answers of a batch as events and settles its documents.
// An error means that an answer could not be recorded; its document is put
// back and will be found by a probe.
func (p *Poster) record(ctx context.Context, answers []answer) error {
	settlements := make([]settlement, len(answers))
	failures := make([]error, len(answers))
	var group errgroup.Group
	group.SetLimit(p.opts.Workers)
	for i, a := range answers {
		settlements[i] = settlement{number: a.number, doubt: a.doubt, due: a.due, tried: a.tried}
		if a.command == nil {
			continue
		}
		group.Go(func() error {
			settlements[i].events, failures[i] = p.recordOne(ctx, a)
			return nil
		})
	}
	_ = group.Wait() // its functions keep their errors in failures
	var broken error
	for i, err := range failures {
		var refusal *domain.Refusal
		switch a := answers[i]; {
		case err == nil && a.command != nil && len(settlements[i].events) == 0, errors.As(err, &refusal):
			// History knows the document otherwise; following it tells how.
			settlements[i].due = p.outbox.now().Add(p.opts.Again)
			if err != nil {
				p.opts.Log.Warn("the ERP's answer contradicts history: compare the document in both", "document", a.number, "refusal", err.Error())
				p.tally.problem(fmt.Sprintf("document %s: %v", a.number, err))
			}
		case err != nil:
			// Nobody will know of what it has booked but its search, which may lag.
			settlements[i].doubt = p.outbox.now()
			settlements[i].due = p.outbox.now().Add(p.opts.Again)
			if broken == nil {
				broken = fmt.Errorf("record the ERP's answer for document %s: %w", a.number, err)
			}
		}
	}
	if err := p.outbox.settle(ctx, settlements); err != nil {
		return errors.Join(broken, err)
	}
	p.tally.add(settlements)
	return broken
}

func (p *Poster) recordOne(ctx context.Context, a answer) ([]eventstore.Decoded, error) {
	result, err := execute(ctx, p.exec, a.command, a.asked, a.correlation, "post to "+p.opts.ERP)
	return result.Events, err
}

// askAgain retries rejections whose customer's master data came anew.
func (p *Poster) askAgain(ctx context.Context) error {
	for {
		found, err := p.outbox.improved(ctx, 500)
		if err != nil || len(found) == 0 {
			return err
		}
		settlements := make([]settlement, len(found))
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(p.opts.Workers)
		for i, f := range found {
			group.Go(func() error {
				cmd := domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: f.number, By: "customer " + f.customer + " synced"}}
				result, err := execute(groupCtx, p.exec, cmd, f.sync, uuid.Nil, "post to "+p.opts.ERP)
				settlements[i] = settlement{number: f.number, events: result.Events}
				var refusal *domain.Refusal
				if errors.As(err, &refusal) {
					err = nil // somebody else has dealt with it
				}
				if err != nil {
					return fmt.Errorf("ask again for document %s: %w", f.number, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		moved := 0
		for _, s := range settlements {
			moved += len(s.events)
		}
		if err := p.outbox.settle(ctx, settlements); err != nil {
			return err
		}
		p.tally.add(settlements)
		if moved == 0 {
			return nil // what is left is known to history already, and followed soon
		}
	}
}
