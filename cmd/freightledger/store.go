package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/transfer"
	"github.com/spf13/cobra"
)

// history is an event store that this program opened.
type history interface {
	eventstore.Store
	io.Closer
}

// openHistory opens the event store of a ledger: a server when there is a
// connection string, or else the data folder's own.
// A server that is briefly away must not keep one that serves from starting:
// then lazy.
func openHistory(ctx context.Context, connection, dir string, lazy bool, log *slog.Logger) (history, error) {
	// A nil store of either type would not be a nil history.
	if connection == "" {
		s, err := embedded.Open(filepath.Join(dir, "history"), embedded.Options{Logger: log})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := esdb.Open(ctx, esdb.Config{Connection: connection, Lazy: lazy, Logger: log})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func isConnection(place string) bool {
	return strings.HasPrefix(place, "esdb://") || strings.HasPrefix(place, "esdb+discover://")
}

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate TO",
		Short: "Move the history into another event store, and prove that it is the same",
		Long: `migrate copies every event, with its id, stream, revision, bytes and place in
the order of all, from the ledger's event store (--store, or the data folder)
to another: an EventStoreDB or KurrentDB server by its connection string, or a
data folder. It then reads both again and compares their digests. The target
must be empty, or hold the beginning of the same history because an earlier run
was stopped: then it goes on there. Nothing may write to either meanwhile.

Afterwards use the new store with a new data folder, or delete views.db and
flow.db and outbox.db of the old one: their places are those of the old store.`,
		Example: `  freightledger migrate esdb://ledger:secret@eventstore.example:2113
  freightledger migrate --store esdb://127.0.0.1:2113?tls=false ./ledger-copy
  freightledger migrate --json esdb+discover://cluster.example:2113`,
		Args: exactArgs(1, "the store to move to"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.migrate(cmd.Context(), args[0]) },
	}
}

func (a *app) migrate(ctx context.Context, target string) (err error) {
	connection, folder := "", target
	if isConnection(target) {
		connection, folder = target, ""
	}
	if a.store != "" && a.store == connection || a.store == "" && connection == "" && filepath.Clean(folder) == filepath.Clean(a.data) {
		return &usageError{errors.New("migrate: the history is there already: name another store")}
	}
	from, err := openHistory(ctx, a.store, a.data, false, a.logger())
	if err != nil {
		return fmt.Errorf("open the store to move from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := openHistory(ctx, connection, folder, false, a.logger())
	if err != nil {
		return fmt.Errorf("open the store to move to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()

	bars := newProgress(a.quiet)
	stage, show, finish := "", func(int, int) {}, func() {}
	report, err := transfer.Run(ctx, from, to, transfer.Options{Progress: func(p transfer.Progress) {
		if p.Stage != stage {
			finish()
			stage = p.Stage
			show, finish = bars.stage(stage)
		}
		show(int(p.Done), 0)
	}})
	finish()
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(report)
	}
	fmt.Fprintf(a.out, "%d events, %d of them copied now; both stores have digest %s\n", report.Events, report.Copied, report.Digest)
	return nil
}
