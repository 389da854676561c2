package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/freightledger/freightledger/api"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/rates"
	"github.com/freightledger/freightledger/integrations/scms"
	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/freightledger/freightledger/projections/documents"
	"github.com/freightledger/freightledger/projections/erp"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// serveOptions say how the ledger is served.
type serveOptions struct {
	addr            string
	grace, quiet    time.Duration
	cash, customers time.Duration
	hosts           []string
	parties         string // file that says who sells and who buys
	node            nodeOptions
}

func (a *app) serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run everything continuously, with a JSON API under /v1",
		Long: `serve follows the history and does what settle does, all the time: read models,
policies, posting, cash; and answers the API of docs/API.md. It listens on
loopback unless told otherwise: it has no authentication yet. Interrupting it
lets requests under way finish.`,
		Example: `  freightledger serve --erp http://127.0.0.1:8090
  freightledger serve --addr 127.0.0.1:8081 --grace 48h
  freightledger serve --node 127.0.0.1:2113`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "address to listen on")
	f.DurationVar(&o.grace, "grace", 72*time.Hour, "how long after its end a billing period waits for late charges before it is billed")
	f.DurationVar(&o.quiet, "quiet-period", time.Minute, "how long a candidate stays open at least, also of a period long over")
	f.DurationVar(&o.cash, "cash-every", 5*time.Second, "how often receipts are taken from the ERP, and cash is meant for invoices")
	f.DurationVar(&o.customers, "customers-every", time.Minute, "how often customers are read from the ERP")
	o.node.flags(cmd, "", "node", "address at which EventStoreDB clients may read the history, as freightledger node serves it; off when empty")
	f.StringVar(&o.parties, "parties", os.Getenv("FREIGHTLEDGER_PARTIES"), "file that says who sells and who buys, for printed documents; see freightledger print --help (FREIGHTLEDGER_PARTIES)")
	f.StringSliceVar(&o.hosts, "host", nil, "further names under which requests may reach this server")
	return cmd
}

func (a *app) serve(ctx context.Context, o serveOptions) error {
	log := slog.New(slog.NewTextHandler(a.errs, nil))
	p, err := readParties(o.parties)
	if err != nil {
		return err
	}
	l, err := openLedger(ctx, ledgerOptions{dir: a.data, store: a.store, erp: a.erp, serving: true, policy: domain.Policy{Grace: o.grace, Quiet: o.quiet}, log: log, bars: newProgress(true)})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listen on %s: %w", o.addr, err), l.close())
	}
	fmt.Fprintf(a.out, "freightledger at http://%s/v1, data in %s\n", listener.Addr(), a.data)
	if host, _, err := net.SplitHostPort(listener.Addr().String()); err == nil && !net.ParseIP(host).IsLoopback() {
		log.Warn("the API is reachable from other machines and has no authentication", "addr", listener.Addr())
	}
	reading, err := l.readers(ctx, o.node)
	if err != nil {
		return errors.Join(err, listener.Close(), l.close())
	}
	return errors.Join(l.serve(ctx, listener, reading, o, p), l.close())
}

// readers serves the history to EventStoreDB clients, if that is asked for.
func (l *ledger) readers(ctx context.Context, o nodeOptions) (func(context.Context) error, error) {
	if o.addr == "" {
		return nil, nil
	}
	store, ok := l.store.(*embedded.Store)
	if !ok {
		return nil, &usageError{errors.New("--node serves the history of a data folder; with --store it is on a server already")}
	}
	n, listener, err := o.open(ctx, store, l.log)
	if err != nil {
		return nil, err
	}
	l.log.Info("EventStoreDB clients may read the history", "addr", listener.Addr())
	return func(ctx context.Context) error { return n.Serve(ctx, listener) }, nil
}

// serve runs every part until ctx ends or one of them fails.
func (l *ledger) serve(ctx context.Context, listener net.Listener, reading func(context.Context) error, o serveOptions, p parties) error {
	g, running := errgroup.WithContext(ctx)
	part := func(name string, run func(context.Context) error) {
		g.Go(func() error {
			for {
				err := run(running)
				switch {
				case err == nil || running.Err() != nil:
					return nil
				case !away(err):
					return fmt.Errorf("%s stopped: %w", name, err)
				}
				// It goes on where it was, and what it asked for last has the
				// same ids again.
				l.log.Warn(name+": will go on when the event store answers", "error", err)
				select {
				case <-time.After(time.Second):
				case <-running.Done():
				}
			}
		})
	}
	part("read models", l.runner.Run)
	part("policies", l.flow.Run)
	part("cash", every(o.cash, l.log, "take receipts", func(ctx context.Context) error {
		_, err := l.cash.Receive(ctx)
		return err
	}))
	if l.books != nil {
		part("posting", l.poster.Run)
		part("customers", every(o.customers, l.log, "read customers", func(ctx context.Context) error {
			return l.outbox.Hold(ctx, "customers", l.lease, func(ctx context.Context) error {
				_, err := erp.SyncCustomers(ctx, l.books, l.exec)
				return err
			})
		}))
	}
	if reading != nil {
		part("node", reading)
	}
	part("API", func(ctx context.Context) error { return api.Serve(ctx, listener, l.handler(o, p), l.log) })
	return g.Wait()
}

// every repeats something that may fail: the ERP's troubles are logged and
// tried again, they do not stop the ledger.
func every(d time.Duration, log *slog.Logger, what string, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		tick := time.NewTicker(max(d, 10*time.Millisecond))
		defer tick.Stop()
		for {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				log.Warn(what+": will try again", "error", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
}

// handler is the API on this ledger.
func (l *ledger) handler(o serveOptions, p parties) http.Handler {
	fresh := &api.Freshness{DB: l.viewDB, History: l.store, Projection: l.projection, MaxBehind: 10_000}
	deps := api.Deps{
		Execute:     l.asked.Execute,
		Correlation: func(c domain.Command) uuid.UUID { return inbox.Correlation(c.Stream().ID()) },
		Views:       l.views,
		Tracer:      l.tracer(),
		History:     l.store,
		Channels:    []string{scms.Channel, edi.Channel, desk.Channel, terms.Channel, rates.Channel, bank.Camt053Channel, bank.CSVChannel("")},
		Schemas:     terms.Schemas(),
		Import: func(ctx context.Context, channel, name string, content []byte) (any, int, error) {
			report, err := l.take(ctx, inbox.Content{Channel: channel, Name: name, Bytes: content})
			return report, len(report.Refused), err
		},
		Replay: func(ctx context.Context, id domain.MessageID, item string) (any, int, error) {
			report, err := l.replay(ctx, id, item)
			return report, len(report.Refused), err
		},
		Print: func(ctx context.Context, number string, format documents.Format, paper documents.Paper) ([]byte, error) {
			return l.print(ctx, number, p, format, paper)
		},
		Recompute: func(ctx context.Context, stream domain.Stream) (recompute.Report, error) {
			return recompute.Of(ctx, l.store, l.codec, stream)
		},
		Duplicates: l.duplicates,
		Ready:      fresh.Ready, ViewsAt: fresh.At, WaitFor: fresh.WaitFor,
		Busy:    busy,
		Hosts:   o.hosts,
		Version: version,
		Logger:  l.log,
	}
	if l.books != nil {
		deps.Reconcile = func(ctx context.Context, options reconciler.Options) (*reconciler.Report, error) {
			return l.reconcile(ctx, "", options)
		}
		deps.Status = l.erpStatus
	}
	return api.New(deps)
}

// erpStatus is how posting to the ERP stands.
func (l *ledger) erpStatus(ctx context.Context) (any, error) {
	counts, circuit, err := l.poster.Status(ctx)
	return struct {
		Outbox  erp.Counts  `json:"outbox"`
		Circuit erp.Circuit `json:"circuit"`
	}{counts, circuit}, err
}

// busy tells errors after which nothing was stored and trying later may help.
func busy(err error) bool {
	return errors.As(err, new(*embedded.DiskFull)) || errors.As(err, new(*esdb.NoConnection))
}

// away tells that the event store's server does not answer at present.
func away(err error) bool {
	return errors.As(err, new(*esdb.NoConnection)) || errors.Is(err, eventstore.ErrUnknownOutcome)
}
