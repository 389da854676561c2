// Command freightledger is an event-sourced ledger for freight, from dispatch
// to cash: one binary with everything in it.
//
// Exit codes: 0 done; 1 something broke; 2 wrong usage; 3 the reconciliation
// found breaks; 4 something was refused and kept as a dead letter; 5 the data
// folder is in use, damaged or newer than this program.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones must resolve on machines that have no zone files

	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/projections"
	"github.com/spf13/cobra"
)

// version is set by the build.
var version = "dev"

// Exit codes.
const (
	exitBroken  = 1
	exitUsage   = 2
	exitBreaks  = 3
	exitRefused = 4
	exitData    = 5
)

// exit carries an exit code that is not an error to print.
type exit struct {
	code int
	err  error // printed when not nil
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{out: stdout, errs: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var code *exit
	if errors.As(err, &code) && code.err == nil {
		return code.code
	}
	fmt.Fprintln(stderr, "freightledger:", err)
	return exitCode(err)
}

func exitCode(err error) int {
	var (
		code    *exit
		locked  *embedded.Locked
		newer   *embedded.NewerFormat
		older   *embedded.OlderFormat
		corrupt *embedded.Corrupt
		other   *projections.OtherVersion
		inUse   *projections.InUse
		another *projections.OtherHistory
		usage   *usageError
	)
	switch {
	case errors.As(err, &code):
		return code.code
	case errors.As(err, &locked), errors.As(err, &newer), errors.As(err, &older), errors.As(err, &corrupt), errors.As(err, &other), errors.As(err, &inUse), errors.As(err, &another):
		return exitData
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitBroken
}

// usageError is a mistake in how the program was called.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// app holds what every command shares.
type app struct {
	out, errs io.Writer
	data      string
	store     string
	erp       string
	json      bool
	quiet     bool
	verbose   bool
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "freightledger",
		Short: "An event-sourced ledger for freight, from dispatch to cash",
		Long: `freightledger keeps one immutable history of every shipment, charge, proof of
delivery and invoice, posts it to the ERP exactly once in effect, and compares
the ERP's ledger with the history, to the cent.

Exit codes: 0 done, 1 something broke, 2 wrong usage, 3 breaks were found,
4 something was refused and kept as a dead letter, 5 the data folder is in use,
damaged or newer than this program.`,
		Example: `  freightledger demo
  freightledger trace INV-2026-000001`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.PersistentPreRun = func(*cobra.Command, []string) {
		// Not the flag's default, which --help prints: it may hold a password.
		a.store = cmp.Or(a.store, os.Getenv("FREIGHTLEDGER_STORE"))
	}
	f := root.PersistentFlags()
	f.StringVar(&a.data, "data", envOr("FREIGHTLEDGER_DATA", "freightledger-data"), "data folder (FREIGHTLEDGER_DATA)")
	f.StringVar(&a.store, "store", "", "event store: esdb://... of EventStoreDB or a node (FREIGHTLEDGER_STORE); without it the data folder's own")
	f.StringVar(&a.erp, "erp", os.Getenv("FREIGHTLEDGER_ERP"), "URL of the ERP (FREIGHTLEDGER_ERP); without it nothing is posted")
	f.BoolVar(&a.json, "json", false, "print JSON")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "log what happens")
	root.AddCommand(
		a.demoCommand(), a.importCommand(), a.settleCommand(), a.reconcileCommand(), a.traceCommand(), a.printCommand(), a.missingCommand(), a.replayCommand(), a.whatIfCommand(),
		a.searchCommand(), a.statusCommand(), a.listCommand(), a.commandCommand(), a.deadLettersCommand(),
		a.projectionsCommand(), a.recomputeCommand(), a.journalCommand(), a.termsCommand(), a.bankCommand(), a.assignCommand(), a.duplicatesCommand(), a.doctorCommand(), a.serveCommand(), a.nodeCommand(), a.migrateCommand(), a.backupCommand(), a.restoreCommand(), a.sandboxERPCommand(), a.generateCommand(),
	)
	return root
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// logger logs warnings, or everything when verbose.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.errs, &slog.HandlerOptions{Level: level}))
}

// exactArgs is cobra's check, worded as a usage error.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{fmt.Errorf("%s wants %s, got %d arguments: see %s --help", cmd.CommandPath(), what, len(args), cmd.CommandPath())}
		}
		return nil
	}
}

// required marks flags that the command has, so that marking them cannot fail.
// To leave one out is a mistake in how the program was called.
func required(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = cmd.MarkFlagRequired(name)
	}
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := cmd.ValidateRequiredFlags(); err != nil {
			return &usageError{err}
		}
		return nil
	}
}
