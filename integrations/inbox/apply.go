package inbox

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// effect is what became of one item.
type effect struct {
	done    bool
	events  int // new ones
	applied bool
	refused *RefusedItem
}

// add counts what became of an item.
func (r *Report) add(e effect) {
	r.Events += e.events
	switch {
	case e.refused != nil:
		r.Refused = append(r.Refused, *e.refused)
	case e.applied:
		r.Applied++
	case e.done:
		r.Repeated++
	}
}

// apply applies the items side by side, and reports them in their order.
func (in *Inbox) apply(ctx context.Context, id domain.MessageID, items []Item, before outcome, report *Report, progress func(done, total int)) error {
	workers := in.Workers
	if workers <= 0 {
		workers = 64
	}
	effects := make([]effect, len(items))
	var mu sync.Mutex
	done := 0
	finish := func(i int, e effect) {
		mu.Lock()
		defer mu.Unlock()
		effects[i] = e
		done++
		if progress != nil {
			progress(done, len(items))
		}
	}
	queues := make([]chan int, workers)
	g, ctx := errgroup.WithContext(ctx)
	for lane := range queues {
		queues[lane] = make(chan int, 1)
		g.Go(func() error {
			for i := range queues[lane] {
				e, err := in.applyItem(ctx, id, items[i], before)
				if err != nil {
					return fmt.Errorf("apply %s of message %s: %w", items[i].Name, id, err)
				}
				finish(i, e)
			}
			return nil
		})
	}
	g.Go(func() error {
		defer func() {
			for _, q := range queues {
				close(q)
			}
		}()
		for i, item := range items {
			if before.takenIn && !before.refused(item.Name) {
				finish(i, effect{done: true})
				continue
			}
			select {
			case queues[lane(item, workers)] <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	err := g.Wait()
	for _, e := range effects {
		report.add(e)
	}
	return err
}

// lane keeps the items of one aggregate in order.
func lane(item Item, lanes int) int {
	if item.Command == nil {
		return 0
	}
	h := fnv.New32a()
	h.Write([]byte(item.Command.Stream()))
	return int(h.Sum32() % uint32(lanes))
}

// applyItem executes one item, or makes a dead letter of it.
func (in *Inbox) applyItem(ctx context.Context, id domain.MessageID, item Item, before outcome) (effect, error) {
	refusal := item.Refusal
	var result eventstore.Result
	if refusal == nil && item.Command != nil {
		var err error
		result, err = in.Exec.Execute(ctx, item.Command, in.request(itemID(id, item.Name), item.Command.Stream().ID()))
		var reused *eventstore.CommandReused
		switch {
		case err == nil:
		case errors.As(err, &reused):
			// The id stands for these very bytes: they had their effect before,
			// and a reader now says it in other words. What is recorded stands.
		case isRefusal(err):
			r := refusalOf(err, item.Name)
			refusal = &r
		default:
			return effect{}, err
		}
	}
	e := effect{done: true}
	if !result.Repeated {
		e.events, e.applied = len(result.Events), len(result.Events) > 0
	}
	if refusal == nil {
		recorded, err := in.recordApplied(ctx, id, item, before, len(result.Events) > 0)
		e.events += recorded
		return e, err
	}
	refused := RefusedItem{item.Name, clip(item.Kind), clip(refusal.Code), clip(refusal.Place), clip(refusal.Reason), clip(refusal.Remedy)}
	recorded, stands, err := in.record(ctx, domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: id, Item: refused.Item, Kind: refused.Kind,
		Code: refused.Code, Place: refused.Place, Reason: refused.Reason, Remedy: refused.Remedy}}, item.Name+"\n"+refused.Reason)
	e.events += recorded
	if stands {
		e.refused = &refused
	}
	return e, err
}

// recordApplied leaves a trace of an applied item in its message where there
// is something to say: it is a dead letter no more, or disorder was tolerated.
func (in *Inbox) recordApplied(ctx context.Context, id domain.MessageID, item Item, before outcome, changed bool) (events int, err error) {
	applied := domain.MessageApplied{Message: id, Item: item.Name, Kind: clip(item.Kind), Notes: clipNotes(item.Notes)}
	if item.Command != nil {
		applied.Subject = item.Command.Stream()
	}
	status, traced := before.items[item.Name]
	switch {
	case traced && status != domain.ItemApplied:
		events, _, err = in.record(ctx, domain.ApplyItem{MessageApplied: applied}, item.Name+"\nreplayed")
	case len(item.Notes) > 0 && (changed || item.Command == nil):
		events, _, err = in.record(ctx, domain.ApplyItem{MessageApplied: applied}, item.Name)
	}
	return events, err
}

// record keeps an item's outcome in the message's stream. It does not stand
// when the item had its effect before.
func (in *Inbox) record(ctx context.Context, cmd domain.Command, what string) (events int, stands bool, err error) {
	id := uuid.NewSHA1(namespace(), []byte(string(cmd.Stream())+"\n"+cmd.CommandName()+"\n"+what))
	result, err := in.Exec.Execute(ctx, cmd, in.request(id, cmd.Stream().ID()))
	var reused *eventstore.CommandReused
	if errors.As(err, &reused) {
		return 0, true, nil // recorded before, in other words
	}
	var no *domain.Refusal
	if errors.As(err, &no) && no.Code == domain.TooLate {
		return 0, false, nil
	}
	if err == nil && !result.Repeated {
		events = len(result.Events)
	}
	return events, true, err
}

// Replay applies one dead letter again, after its cause was mended; of
// [WholeMessage], every item that had no effect yet.
func (in *Inbox) Replay(ctx context.Context, id domain.MessageID, name string, content []byte, read Reader) (Report, error) {
	report := Report{Message: id, Name: name, Known: true}
	before, err := in.outcome(ctx, id)
	if err != nil {
		return report, fmt.Errorf("see what became of message %s: %w", id, err)
	}
	items, err := read(ctx, id, content)
	if err != nil {
		if _, traced := before.items[name]; !traced || ctx.Err() != nil || lookupFailed(err) {
			return report, fmt.Errorf("read message %s: %w", id, err)
		}
		refusal := refusalOf(err, "message "+string(id))
		items = []Item{{Name: name, Kind: before.channel, Refusal: &refusal}}
	}
	if name == WholeMessage {
		report.Items = len(items)
		if err := in.apply(ctx, id, items, before, &report, nil); err != nil || unread(items) {
			return report, err
		}
		return report, in.takenIn(ctx, id, before.channel, &report)
	}
	for _, item := range items {
		if item.Name != name {
			continue
		}
		report.Items++
		e, err := in.applyItem(ctx, id, item, before)
		if err != nil {
			return report, fmt.Errorf("apply %s of message %s: %w", name, id, err)
		}
		report.add(e)
	}
	if report.Items == 0 {
		return report, &domain.Refusal{Code: domain.NotFound, Text: fmt.Sprintf("message %s has no item %q", id, name)}
	}
	return report, nil
}
