package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	rebuild := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Verify every record, index and chain of the history, and that the read models stand on it",
		Long: `doctor reads the whole history: in the data folder every byte against its
checksums, chain and index, on a server every event; that each stream has all
its events, that all can be read, and that every journal document balances. It
compares the read models with the history, and prints the history's digest:
equal digests, equal histories, whatever store they are in.`,
		Example: `  freightledger doctor
  freightledger doctor --rebuild-index
  freightledger doctor --json --store esdb://eventstore.example:2113`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rebuild {
				if err := a.rebuildIndex(); err != nil {
					return err
				}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				health, err := l.examine(ctx)
				if err != nil {
					return err
				}
				if a.json {
					if err := a.printJSON(health); err != nil {
						return err
					}
				} else {
					fmt.Fprintf(a.out, "%d events in %d streams verified, digest %s\n", health.Events, health.Streams, health.Digest)
					for _, f := range health.Findings {
						fmt.Fprintln(a.out, "  damaged:", f)
					}
				}
				if n := len(health.Findings); n > 0 {
					return &exit{exitData, errors.New(plural(n, "finding", "findings") + ": each says what to do")}
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&rebuild, "rebuild-index", false, "first make the data folder's index of the history anew, about a second for a million events")
	return cmd
}

// rebuildIndex has the data folder's index made anew.
func (a *app) rebuildIndex() error {
	if a.store != "" {
		return &usageError{errors.New("doctor --rebuild-index: the history is on a server, which has its own index")}
	}
	own, err := embedded.Open(filepath.Join(a.data, "history"), embedded.Options{Logger: a.logger(), RebuildIndex: true})
	if err != nil {
		return err
	}
	return own.Close()
}

// health is what an examination found.
type health struct {
	Events   uint64   `json:"events"`
	Streams  int      `json:"streams"`
	Digest   string   `json:"digest"` // see eventstore.Digest
	Findings []string `json:"findings"`
}

func (l *ledger) examine(ctx context.Context) (*health, error) {
	h := &health{Findings: []string{}}
	if own, ok := l.store.(*embedded.Store); ok {
		_, err := own.Verify(ctx, func(c *embedded.Corrupt) { h.Findings = append(h.Findings, c.Error()) })
		var damage *embedded.Corrupt
		if err != nil && !errors.As(err, &damage) {
			return nil, err
		}
	}
	show, finish := l.bars.stage("read every event")
	err := l.readAll(ctx, h, show)
	finish()
	if err != nil {
		return nil, err
	}
	if err := l.runner.Verify(ctx); err != nil {
		h.Findings = append(h.Findings, "read models: "+err.Error()+" (freightledger projections rebuild makes them anew)")
	}
	return h, nil
}

// readAll decodes every event, counts each stream's, and balances every
// journal document.
func (l *ledger) readAll(ctx context.Context, h *health, show func(done, total int)) error {
	digest, next := eventstore.NewDigest(), map[string]uint64{}
	for r, err := range l.store.ReadAll(ctx, eventstore.Start) {
		var damage *embedded.Corrupt
		if errors.As(err, &damage) && len(h.Findings) > 0 {
			break // was found before; nothing behind it can be read in order
		}
		if err != nil {
			return err
		}
		if digest.Add(r); digest.Events()%1000 == 0 {
			show(int(digest.Events()), 0)
		}
		if want := next[r.Stream]; r.Revision != want {
			h.Findings = append(h.Findings, fmt.Sprintf("stream %s goes on with event %d where event %d should be", r.Stream, r.Revision, want))
		}
		next[r.Stream] = r.Revision + 1
		e, err := l.codec.Decode(r)
		if err != nil {
			h.Findings = append(h.Findings, err.Error())
			continue
		}
		if d, ok := domain.Journal(e.Event); ok && !d.Balanced() {
			h.Findings = append(h.Findings, fmt.Sprintf("event %d of stream %s: document %s does not balance", r.Revision, r.Stream, d.Number))
		}
	}
	h.Events, h.Streams, h.Digest = digest.Events(), len(next), digest.String()
	return nil
}
