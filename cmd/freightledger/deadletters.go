package main

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/spf13/cobra"
)

func (a *app) deadLettersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "dead-letters",
		Aliases: []string{"dlq"},
		Short:   "List, show, replay or dismiss what could not be applied",
	}
	cmd.AddCommand(a.deadLettersList(), a.deadLettersShow(), a.deadLettersReplay(), a.deadLettersDismiss())
	return cmd
}

func (a *app) deadLettersList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Items that were refused, with the place and the remedy",
		Example: `  freightledger dead-letters list
  freightledger dead-letters list --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withViews(cmd.Context(), func(ctx context.Context, v *views.Views) error {
				items, err := allDeadLetters(ctx, v)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(items)
				}
				if len(items) == 0 {
					fmt.Fprintln(a.out, "no dead letters")
					return nil
				}
				t := a.table("message", "item", "kind", "code", "place", "reason", "remedy", "tries")
				for _, i := range items {
					t.row(i.Message, i.Item, i.Kind, i.Code, i.Place, i.Reason, i.Remedy, i.Tries)
				}
				return t.flush()
			})
		},
	}
}

func allDeadLetters(ctx context.Context, v *views.Views) ([]views.Item, error) {
	var after views.ItemKey
	return pages(int(^uint(0)>>1), func(n int) ([]views.Item, error) {
		page, err := v.DeadLetters(ctx, after, n)
		if len(page) > 0 {
			last := page[len(page)-1]
			after = views.ItemKey{Message: last.Message, Item: last.Item}
		}
		return page, err
	})
}

func (a *app) deadLettersShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show MESSAGE",
		Short:   "Print a message's bytes as they came",
		Example: "  freightledger dead-letters show x12-1f0c… > message.x12",
		Args:    exactArgs(1, "a message id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				_, content, err := l.message(ctx, domain.MessageID(args[0]))
				if err != nil {
					return err
				}
				_, err = a.out.Write(content)
				return err
			})
		},
	}
}

func (a *app) deadLettersReplay() *cobra.Command {
	var all, noSettle bool
	cmd := &cobra.Command{
		Use:   "replay MESSAGE ITEM | --all",
		Short: "Apply dead letters again, after their cause was mended",
		Example: `  freightledger dead-letters replay x12-1f0c… 000000001/1/0001
  freightledger dead-letters replay --all`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if want := 2; !all && len(args) != want || all && len(args) > 0 {
				return &usageError{fmt.Errorf("name a message and its item, or --all: see %s --help", cmd.CommandPath())}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				var reports []inbox.Report
				var err error
				if all {
					reports, err = l.replayAll(ctx)
				} else {
					reports = make([]inbox.Report, 1)
					reports[0], err = l.replay(ctx, domain.MessageID(args[0]), args[1])
				}
				if err != nil {
					return err
				}
				return a.carryOn(ctx, l, reports, noSettle)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every dead letter, oldest first")
	cmd.Flags().BoolVar(&noSettle, "no-settle", false, "only apply them")
	return cmd
}

// replayAll tries every dead letter again, message by message in the order in
// which they came, as long as one of them helps another on: an order that was
// mended lets its statuses follow.
func (l *ledger) replayAll(ctx context.Context) ([]inbox.Report, error) {
	var reports []inbox.Report // one a message, over all rounds
	for {
		if err := l.refresh(ctx); err != nil {
			return reports, err
		}
		letters, err := allDeadLetters(ctx, l.views)
		if err != nil {
			return reports, err
		}
		sort.SliceStable(letters, func(i, j int) bool { return letters[i].Recorded.Before(letters[j].Recorded) })
		helped := 0
		tried := map[domain.MessageID]bool{}
		for _, letter := range letters {
			if tried[letter.Message] {
				continue
			}
			tried[letter.Message] = true
			received, content, err := l.message(ctx, letter.Message)
			if err != nil {
				return reports, err
			}
			// Taking the same bytes in again tries only what was refused.
			report, err := l.take(ctx, inbox.Content{Channel: received.Channel, Name: received.Name, Bytes: content})
			if err != nil {
				return reports, fmt.Errorf("replay %s: %w", received.Name, err)
			}
			helped += report.Applied
			i := slices.IndexFunc(reports, func(r inbox.Report) bool { return r.Message == report.Message })
			if i < 0 {
				reports = append(reports, report)
				continue
			}
			reports[i].Applied += report.Applied
			reports[i].Events += report.Events
			reports[i].Refused, reports[i].Repeated = report.Refused, report.Items-reports[i].Applied-len(report.Refused)
		}
		if helped == 0 {
			return reports, nil
		}
	}
}

// replay applies one dead letter again, from the bytes that were kept.
func (l *ledger) replay(ctx context.Context, id domain.MessageID, item string) (inbox.Report, error) {
	received, content, err := l.message(ctx, id)
	if err != nil {
		return inbox.Report{}, err
	}
	read, err := l.reader(received.Channel)
	if err != nil {
		return inbox.Report{}, err
	}
	return l.inbox.Replay(ctx, id, item, content, read)
}

// message reads a message's bytes out of the history.
func (l *ledger) message(ctx context.Context, id domain.MessageID) (domain.MessageReceived, []byte, error) {
	var received domain.MessageReceived
	var content []byte
	for r, err := range l.store.ReadStream(ctx, string(id.Stream()), 0) {
		if err != nil {
			return received, nil, err
		}
		e, err := l.codec.Decode(r)
		if err != nil {
			return received, nil, err
		}
		switch e := e.Event.(type) {
		case domain.MessageReceived:
			received = e
		case domain.MessagePart:
			content = append(content, e.Content...)
		}
	}
	switch {
	case received.Message == "":
		return received, nil, &domain.Refusal{Code: domain.NotFound, Text: fmt.Sprintf("message %s is not known: freightledger search finds it by its file's name", id)}
	case int64(len(content)) != received.Size:
		return received, nil, fmt.Errorf("message %s: %d of %d bytes are kept: import the file %s again to complete it", id, len(content), received.Size, received.Name)
	}
	return received, content, nil
}

func (a *app) deadLettersDismiss() *cobra.Command {
	var by, reason string
	cmd := &cobra.Command{
		Use:     "dismiss MESSAGE ITEM --reason WHY",
		Short:   "Take a dead letter off the list: it needs no effect",
		Example: `  freightledger dead-letters dismiss x12-1f0c… 000000001/1/0001 --by desk --reason "test message"`,
		Args:    exactArgs(2, "a message and its item"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				c := domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: domain.MessageID(args[0]), Item: args[1], By: by, Reason: reason}}
				if _, err := l.exec.Execute(ctx, c, newRequest(by, "command line")); err != nil {
					return err
				}
				fmt.Fprintln(a.out, "dismissed")
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", envOr("USER", "operator"), "who decides it")
	cmd.Flags().StringVar(&reason, "reason", "", "why it needs no effect")
	return cmd
}
