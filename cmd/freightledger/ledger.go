package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/freightledger/freightledger/api"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/rates"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/integrations/scms"
	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/erp"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/freightledger/freightledger/projections/views"
)

// ledger is one data folder with everything that works on it. With the history
// on a server several processes may have one: leases say who does what.
//
//	history/    the events: the truth
//	views.db    read models       ┐
//	flow.db     policy runner     ├ derived; each may be deleted and is made anew
//	outbox.db   posting and cash  ┘
type ledger struct {
	dir        string
	log        *slog.Logger
	bars       *progress
	store      history
	codec      eventstore.Codec
	exec       *eventstore.Executor
	asked      guarded // exec, for what people and messages ask for
	viewDB     *projections.DB
	runner     *projections.Runner
	views      *views.Views
	projection string // one of the read models: all stand at the same place
	flow       *flow.Reactor
	inbox      inbox.Inbox
	serving    bool
	outbox     *erp.Outbox
	cash       *erp.Cash
	lease      projections.LeaseOptions // of work on the outbox

	// With an ERP only.
	books  *client.Client
	poster *erp.Poster
}

// ledgerOptions say how to open a data folder.
type ledgerOptions struct {
	dir     string
	store   string // connection string; empty: the data folder's own
	erp     string
	serving bool // until it is stopped, whatever the server does meanwhile
	policy  domain.Policy
	log     *slog.Logger
	bars    *progress
	clock   func() time.Time
}

// workers is how many commands are under way at once. They wait for the disk
// together: with 256 callers the store takes twice as many as with 64.
const workers = 256

// batchPolicy is the policy of commands that run to the end and stop: a month
// that is over is billed as soon as everything has been taken in, on its last
// day: what they take in is history.
func batchPolicy() domain.Policy { return domain.Policy{ByPeriod: true} }

// openLedger opens or creates a data folder. Its read models are brought up to
// date when they are asked for, not here.
func openLedger(ctx context.Context, o ledgerOptions) (_ *ledger, err error) {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	l := &ledger{dir: o.dir, log: o.log, bars: o.bars, serving: o.serving, codec: eventstore.NewCodec(domain.Events())}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if l.store, err = openHistory(ctx, o.store, o.dir, o.serving, o.log); err != nil {
		return nil, err
	}
	l.exec = eventstore.NewExecutor(l.store, l.codec, o.clock)
	l.asked = guarded{l.exec, l}
	l.inbox = inbox.Inbox{Exec: l.asked, Actor: "import", Workers: workers}
	// The embedded store's lock keeps other processes out; a server does not.
	lease := projections.LeaseOptions{Alone: o.store == "", Log: o.log}
	list := views.Projections()
	if l.viewDB, err = views.Open(ctx, filepath.Join(o.dir, "views.db"), list, o.log); err != nil {
		return nil, err
	}
	if l.runner, err = projections.NewRunner(ctx, l.viewDB, l.store, l.codec, list, projections.Options{Logger: o.log, Lease: lease}); err != nil {
		return nil, err
	}
	l.views, l.projection = views.New(l.viewDB), list[0].Name()
	if l.flow, err = flow.Open(ctx, filepath.Join(o.dir, "flow.db"), l.store, l.codec, l.exec, o.policy, flow.Options{Workers: workers, Clock: o.clock, Logger: o.log, Lease: lease}); err != nil {
		return nil, err
	}
	for _, at := range []projections.Checkpoint{l.runner.At(), l.flow.At()} {
		if err := at.In(ctx, l.store); err != nil {
			return nil, err
		}
	}
	if l.outbox, err = erp.OpenOutbox(ctx, filepath.Join(o.dir, "outbox.db"), o.clock); err != nil {
		return nil, err
	}
	l.lease = lease
	options := erp.Options{ERP: "sandboxerp", Workers: workers, Log: o.log, Lease: lease, Banks: views.NewBanks(l.views, l.exec)}
	var receipts erp.Receipts
	if o.erp != "" {
		if l.books, err = client.New(o.erp, client.Options{}); err != nil {
			return nil, err
		}
		receipts = l.books
		l.poster = erp.NewPoster(l.outbox, l.store, l.codec, l.exec, l.books, options)
	}
	l.cash = erp.NewCash(l.outbox, l.exec, receipts, views.NewPayable(l.views, l.exec), options)
	return l, nil
}

func (l *ledger) close() error {
	var errs []error
	if l.outbox != nil {
		errs = append(errs, l.outbox.Close())
	}
	if l.flow != nil {
		errs = append(errs, l.flow.Close())
	}
	if l.viewDB != nil {
		errs = append(errs, l.viewDB.Close())
	}
	if l.store != nil {
		errs = append(errs, l.store.Close())
	}
	return errors.Join(errs...)
}

// withLedger opens the data folder for one command.
func (a *app) withLedger(ctx context.Context, use func(context.Context, *ledger) error) error {
	l, err := openLedger(ctx, ledgerOptions{dir: a.data, store: a.store, erp: a.erp, policy: batchPolicy(), log: a.logger(), bars: newProgress(a.quiet)})
	if err != nil {
		return err
	}
	return errors.Join(use(ctx, l), l.close())
}

// take takes a message in.
func (l *ledger) take(ctx context.Context, c inbox.Content) (inbox.Report, error) {
	show, finish := l.bars.stage("import " + c.Name)
	defer finish()
	return l.takeTelling(ctx, c, show)
}

// takeAll takes messages in, one after the other, as one stage.
func (l *ledger) takeAll(ctx context.Context, n int, message func(i int) (inbox.Content, error)) ([]inbox.Report, error) {
	show, finish := l.bars.stage(fmt.Sprintf("import %d files", n))
	defer finish()
	reports := make([]inbox.Report, 0, n)
	for i := range n {
		c, err := message(i)
		if err != nil {
			return reports, err
		}
		report, err := l.takeTelling(ctx, c, nil)
		if err != nil {
			return reports, fmt.Errorf("import %s: %w", c.Name, err)
		}
		reports = append(reports, report)
		show(i+1, n)
	}
	return reports, nil
}

func (l *ledger) takeTelling(ctx context.Context, c inbox.Content, show func(done, total int)) (inbox.Report, error) {
	read, err := l.reader(c.Channel)
	if err != nil {
		return inbox.Report{}, err
	}
	return l.inbox.Take(ctx, c, read, show)
}

// reader is how a channel's messages are cut into items.
func (l *ledger) reader(channel string) (inbox.Reader, error) {
	switch channel {
	case scms.Channel:
		return scms.Items, nil
	case desk.Channel:
		return desk.Items, nil
	case terms.Channel:
		return terms.Items(l.inbox.Actor), nil
	case rates.Channel:
		return rates.Items, nil
	case edi.Channel:
		m := edi.Mapper{Shipments: edi.States{Exec: l.exec}, Lookup: views.NewReferences(l.views)}
		return m.Items, nil
	}
	if read, ok, err := l.bankReader(channel); ok || err != nil {
		return read, err
	}
	return nil, fmt.Errorf("no reader for messages of channel %q", channel)
}

// refresh brings the read models up to date.
func (l *ledger) refresh(ctx context.Context) error {
	report, finish := l.bars.stage("read models")
	defer finish()
	_, err := l.runner.CatchUp(ctx, func(p projections.Progress) { report(p.Handled, 0) })
	return err
}

// current waits until the read models know all that was recorded. While the
// ledger is served they follow by themselves.
func (l *ledger) current(ctx context.Context) error {
	if !l.serving {
		return l.refresh(ctx)
	}
	head, err := l.store.Head(ctx)
	if err != nil {
		return err
	}
	fresh := api.Freshness{DB: l.viewDB, History: l.store, Projection: l.projection}
	return fresh.WaitFor(ctx, head)
}

// tracer follows invoices and shipments back.
func (l *ledger) tracer() *trace.Tracer { return trace.New(l.store, l.codec) }
