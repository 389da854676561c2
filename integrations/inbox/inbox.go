// Package inbox takes in what the outside sends: files, EDI interchanges,
// webhook bodies.
//
// A message is kept byte for byte before anything is done with it, under an id
// that its content gives it; so the same bytes are one message, however often
// they come. A reader cuts it into items (a transaction set, a shipment's
// lines), each with the one command that it asks for. An item whose command is
// refused, or that could not be read, becomes a dead letter: kept, listed, and
// replayable once the cause is mended. Every command's id comes from its
// message and item, so taking a message in again has no further effect.
package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// Item is a part of a message that has an effect of its own.
type Item struct {
	Name    string         // within the message: "ST 0001", "shipment ASN-8"
	Kind    string         // "214", "delivery history" …
	Command domain.Command // nil when there is nothing to do or Refusal is set
	Notes   []string       // disorder that was tolerated
	Refusal *Refusal       // why the item could not be read
}

// Refusal names the place in the message and the remedy.
type Refusal struct {
	Code   string
	Place  string
	Reason string
	Remedy string
}

// Content is a message as it came.
type Content struct {
	Channel string // how it came: "scms", "x12" …
	Name    string // of the file, without its folder
	Bytes   []byte
}

// ID is the message's identity: its channel and the hash of its bytes.
func (c Content) ID() domain.MessageID {
	sum := sha256.Sum256(c.Bytes)
	return domain.MessageID(c.Channel + "-" + hex.EncodeToString(sum[:12]))
}

// Reader cuts a message into items. An error means that nothing of it could be
// read; it becomes a dead letter as a whole.
type Reader func(ctx context.Context, id domain.MessageID, content []byte) ([]Item, error)

// Executor runs commands; *eventstore.Executor does.
type Executor interface {
	Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error)
}

// Inbox takes messages in.
type Inbox struct {
	Exec    Executor
	Workers int // commands under way at once; 64 when zero
	Actor   string
}

// Report says what became of a message.
type Report struct {
	Message  domain.MessageID `json:"message"`
	Name     string           `json:"name"`
	Known    bool             `json:"known"` // the same bytes had come before
	Items    int              `json:"items"`
	Applied  int              `json:"applied"`   // with new events
	Repeated int              `json:"unchanged"` // without any
	Refused  []RefusedItem    `json:"refused,omitempty"`
	Events   int              `json:"events"` // new ones, the message's own among them
}

// RefusedItem is an item that became a dead letter.
type RefusedItem struct {
	Item   string `json:"item"`
	Kind   string `json:"kind"`
	Code   string `json:"code"`
	Place  string `json:"place"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy,omitempty"`
}

// WholeMessage is the item of a message that could not be cut into items, and
// the item that marks a message as taken in.
const WholeMessage = "*"

// Take keeps a message and applies its items; progress, when not nil, is told
// how many are done. Items of one aggregate are applied in their order, others
// side by side. On error, what was applied stays applied: take the message in
// again to finish it.
func (in *Inbox) Take(ctx context.Context, c Content, read Reader, progress func(done, total int)) (Report, error) {
	id := c.ID()
	report := Report{Message: id, Name: c.Name}
	if err := in.keep(ctx, c, &report); err != nil {
		return report, fmt.Errorf("keep message %s: %w", c.Name, err)
	}
	items, err := read(ctx, id, c.Bytes)
	if err != nil {
		if ctx.Err() != nil {
			return report, err
		}
		refusal := refusalOf(err, "message "+c.Name)
		items = []Item{{Name: WholeMessage, Kind: c.Channel, Refusal: &refusal}}
	}
	report.Items = len(items)
	if err := in.apply(ctx, id, items, &report, progress); err != nil {
		return report, err
	}
	if len(report.Refused) == 0 {
		done := domain.MessageApplied{Message: id, Item: WholeMessage, Kind: c.Channel}
		if err := in.note(ctx, domain.ApplyItem{MessageApplied: done}, "taken in", &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

// keep stores the message's bytes, in parts that fit an event.
func (in *Inbox) keep(ctx context.Context, c Content, report *Report) error {
	id := c.ID()
	sum := sha256.Sum256(c.Bytes)
	parts := (len(c.Bytes) + domain.MaxPartBytes - 1) / domain.MaxPartBytes
	received := domain.MessageReceived{Message: id, Channel: c.Channel, Name: c.Name, Size: int64(len(c.Bytes)), SHA256: hex.EncodeToString(sum[:]), Parts: parts}
	before := report.Events
	if err := in.note(ctx, domain.ReceiveMessage{MessageReceived: received}, "received", report); err != nil {
		return err
	}
	report.Known = report.Events == before
	for part := range parts {
		end := min((part+1)*domain.MaxPartBytes, len(c.Bytes))
		store := domain.StorePart{MessagePart: domain.MessagePart{Message: id, Part: part, Content: c.Bytes[part*domain.MaxPartBytes : end]}}
		if err := in.note(ctx, store, fmt.Sprintf("part %d", part), report); err != nil {
			return err
		}
	}
	return nil
}

// note records something about the message itself. Its id is the message's
// own: the name of a file that comes again under another name is not news.
func (in *Inbox) note(ctx context.Context, cmd domain.Command, what string, report *Report) error {
	id := uuid.NewSHA1(namespace(), []byte(string(cmd.Stream())+"\n"+what))
	result, err := in.Exec.Execute(ctx, cmd, in.request(id, cmd.Stream().ID()))
	var reused *eventstore.CommandReused
	if errors.As(err, &reused) {
		return nil // the same bytes under another name
	}
	if err == nil && !result.Repeated {
		report.Events += len(result.Events)
	}
	return err
}

func (in *Inbox) apply(ctx context.Context, id domain.MessageID, items []Item, report *Report, progress func(done, total int)) error {
	workers := in.Workers
	if workers == 0 {
		workers = 64
	}
	var mu sync.Mutex
	done := 0
	queues := make([]chan Item, workers)
	g, ctx := errgroup.WithContext(ctx)
	for i := range queues {
		queues[i] = make(chan Item, 1)
		g.Go(func() error {
			for item := range queues[i] {
				result, refused, err := in.applyItem(ctx, id, item)
				if err != nil {
					return fmt.Errorf("apply %s of message %s: %w", item.Name, id, err)
				}
				mu.Lock()
				done++
				switch {
				case refused != nil:
					report.Refused = append(report.Refused, *refused)
				case result.Repeated || len(result.Events) == 0:
					report.Repeated++
				default:
					report.Applied++
					report.Events += len(result.Events)
				}
				if progress != nil {
					progress(done, len(items))
				}
				mu.Unlock()
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
		for _, item := range items {
			select {
			case queues[lane(item, workers)] <- item:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
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
func (in *Inbox) applyItem(ctx context.Context, id domain.MessageID, item Item) (eventstore.Result, *RefusedItem, error) {
	refusal := item.Refusal
	var result eventstore.Result
	if refusal == nil && item.Command != nil {
		var err error
		result, err = in.Exec.Execute(ctx, item.Command, in.request(itemID(id, item.Name), itemCorrelation(item)))
		if err != nil {
			if !isRefusal(err) {
				return result, nil, err
			}
			r := refusalOf(err, item.Name)
			refusal = &r
		}
	}
	if refusal == nil {
		if len(item.Notes) > 0 && len(result.Events) > 0 && !result.Repeated {
			applied := domain.MessageApplied{Message: id, Item: item.Name, Kind: item.Kind, Subject: item.Command.Stream(), Notes: item.Notes}
			return result, nil, in.record(ctx, domain.ApplyItem{MessageApplied: applied}, item.Name)
		}
		return result, nil, nil
	}
	refused := domain.MessageRefused{Message: id, Item: item.Name, Kind: item.Kind, Code: refusal.Code, Place: refusal.Place, Reason: refusal.Reason, Remedy: refusal.Remedy}
	if err := in.record(ctx, domain.RefuseItem{MessageRefused: refused}, item.Name+"\n"+refusal.Reason); err != nil {
		return result, nil, err
	}
	return result, &RefusedItem{item.Name, item.Kind, refusal.Code, refusal.Place, refusal.Reason, refusal.Remedy}, nil
}

// record keeps an item's outcome in the message's stream.
func (in *Inbox) record(ctx context.Context, cmd domain.Command, what string) error {
	id := uuid.NewSHA1(namespace(), []byte(string(cmd.Stream())+"\n"+cmd.CommandName()+"\n"+what))
	_, err := in.Exec.Execute(ctx, cmd, in.request(id, cmd.Stream().ID()))
	var reused *eventstore.CommandReused
	if errors.As(err, &reused) {
		return nil
	}
	var no *domain.Refusal
	if errors.As(err, &no) && no.Code == domain.TooLate {
		return nil // applied by somebody else in the meantime
	}
	return err
}

// Replay applies one dead letter again, after its cause was mended.
func (in *Inbox) Replay(ctx context.Context, id domain.MessageID, name string, content []byte, read Reader) (Report, error) {
	report := Report{Message: id, Name: name, Known: true}
	items, err := read(ctx, id, content)
	if err != nil {
		refusal := refusalOf(err, "message "+string(id))
		items = []Item{{Name: WholeMessage, Refusal: &refusal}}
	}
	for _, item := range items {
		if item.Name != name && name != WholeMessage {
			continue
		}
		report.Items++
		result, refused, err := in.applyItem(ctx, id, item)
		switch {
		case err != nil:
			return report, err
		case refused != nil:
			report.Refused = append(report.Refused, *refused)
			continue
		case len(result.Events) > 0 && !result.Repeated:
			report.Applied++
			report.Events += len(result.Events)
		default:
			report.Repeated++
		}
		applied := domain.MessageApplied{Message: id, Item: name, Kind: item.Kind}
		if item.Command != nil {
			applied.Subject = item.Command.Stream()
		}
		if err := in.record(ctx, domain.ApplyItem{MessageApplied: applied}, name+"\nreplayed"); err != nil {
			return report, err
		}
	}
	if report.Items == 0 {
		return report, fmt.Errorf("message %s has no item %q", id, name)
	}
	return report, nil
}

func (in *Inbox) request(id uuid.UUID, correlation string) eventstore.Request {
	return eventstore.Request{ID: id, Correlation: Correlation(correlation), Actor: in.Actor, Via: "inbox"}
}

// Correlation is the business transaction that a subject belongs to: the same
// for every message about it.
func Correlation(subject string) uuid.UUID {
	return uuid.NewSHA1(namespace(), []byte("correlation\n"+subject))
}

func itemCorrelation(item Item) string { return item.Command.Stream().ID() }

// itemID is the id of an item's command.
func itemID(id domain.MessageID, item string) uuid.UUID {
	return uuid.NewSHA1(namespace(), []byte(string(id)+"\n"+item))
}

// namespace is permanent: command ids of every message derive from it.
func namespace() uuid.UUID { return uuid.MustParse("6b1b7d52-6d5c-5f0e-9a55-0c6f3f6f7a11") }

func isRefusal(err error) bool {
	var no *domain.Refusal
	var reused *eventstore.CommandReused
	var large *eventstore.TooLarge
	return errors.As(err, &no) || errors.As(err, &reused) || errors.As(err, &large)
}

// refusalOf words an error as a dead letter's reason.
func refusalOf(err error, place string) Refusal {
	var placed interface{ Refusal() Refusal }
	if errors.As(err, &placed) {
		return placed.Refusal()
	}
	var no *domain.Refusal
	if errors.As(err, &no) {
		return Refusal{Code: string(no.Code), Place: place, Reason: no.Error(), Remedy: "mend the cause, then replay this item"}
	}
	var reused *eventstore.CommandReused
	if errors.As(err, &reused) {
		return Refusal{Code: "changed", Place: place, Reason: "the item was applied before with other content", Remedy: "send a correction instead of the same item"}
	}
	return Refusal{Code: "unreadable", Place: place, Reason: err.Error(), Remedy: "correct the message and send it again"}
}
