// Package inbox takes in what the outside sends: files, EDI interchanges,
// webhook bodies.
//
// A message is kept byte for byte before anything is done with it, under an id
// that its content gives it; so the same bytes are one message, however often
// they come. A reader cuts it into items (a transaction set, a shipment's
// lines), each with the one command that it asks for. An item whose command is
// refused, or that could not be read, becomes a dead letter: kept, listed, and
// replayable once the cause is mended. Every command's id comes from its
// message and item, so taking a message in again has no further effect; once
// each of its items was applied or became a dead letter, only the dead letters
// are tried again.
package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// Item is a part of a message that has an effect of its own.
type Item struct {
	Name    string         // within the message: "ST 0001", "shipment ASN-8"
	Kind    string         // "214", "delivery history" …
	Command domain.Command // nil when there is nothing to do or Refusal is set
	Notes   []string       // disorder that was tolerated
	Refusal *Refusal       // why the item could not be read
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
// read; it becomes a dead letter as a whole, unless it is a [*LookupError].
type Reader func(ctx context.Context, id domain.MessageID, content []byte) ([]Item, error)

// Executor runs commands and tells what became of them; *eventstore.Executor
// does.
type Executor interface {
	Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error)
	State(ctx context.Context, stream domain.Stream) (any, error)
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
// the item that marks a message as taken in: each of its items was applied or
// is a dead letter of its own.
const WholeMessage = "*"

// Take keeps a message and applies its items; progress, when not nil, is told
// how many are done. Items of one aggregate are applied in their order, others
// side by side. On error, what was applied stays applied: take the message in
// again to finish it.
//
// Of a message that was taken in before, only the items that were refused are
// applied: what a reader makes of the others may depend on what was recorded
// since.
func (in *Inbox) Take(ctx context.Context, c Content, read Reader, progress func(done, total int)) (Report, error) {
	id := c.ID()
	report := Report{Message: id, Name: c.Name}
	if err := in.keep(ctx, c, &report); err != nil {
		return report, fmt.Errorf("keep message %s: %w", c.Name, err)
	}
	before, err := in.outcome(ctx, id)
	if err != nil {
		return report, fmt.Errorf("see what became of message %s: %w", c.Name, err)
	}
	items, err := read(ctx, id, c.Bytes)
	if err != nil {
		if ctx.Err() != nil || lookupFailed(err) {
			return report, fmt.Errorf("read message %s: %w", id, err)
		}
		if before.takenIn {
			return report, nil // it was understood before, and had its effect
		}
		refusal := refusalOf(err, "message "+c.Name)
		items = []Item{{Name: WholeMessage, Kind: c.Channel, Refusal: &refusal}}
	}
	report.Items = len(items)
	if err := in.apply(ctx, id, items, before, &report, progress); err != nil {
		return report, err
	}
	if before.takenIn || unread(items) {
		return report, nil
	}
	return report, in.takenIn(ctx, id, c.Channel, &report)
}

// unread tells a message that is a dead letter as a whole.
func unread(items []Item) bool {
	return len(items) == 1 && items[0].Name == WholeMessage && items[0].Refusal != nil
}

// takenIn marks a message whose every item was applied or is a dead letter.
func (in *Inbox) takenIn(ctx context.Context, id domain.MessageID, channel string, report *Report) error {
	done := domain.MessageApplied{Message: id, Item: WholeMessage, Kind: channel}
	if err := in.note(ctx, domain.ApplyItem{MessageApplied: done}, "taken in", report); err != nil {
		return fmt.Errorf("mark message %s as taken in: %w", id, err)
	}
	return nil
}

// outcome is what became of a message so far.
type outcome struct {
	takenIn bool
	channel string
	items   map[string]string // statuses of those that left a trace in the message
}

func (in *Inbox) outcome(ctx context.Context, id domain.MessageID) (outcome, error) {
	state, err := in.Exec.State(ctx, id.Stream())
	if err != nil {
		return outcome{}, err
	}
	message, ok := state.(domain.Message)
	if !ok {
		return outcome{}, fmt.Errorf("stream %s holds a %T", id.Stream(), state)
	}
	o := outcome{channel: message.Channel, items: make(map[string]string, len(message.Items))}
	for _, item := range message.Items {
		o.items[item.Item] = item.Status
	}
	o.takenIn = o.items[WholeMessage] == domain.ItemApplied
	return o, nil
}

// refused tells a dead letter.
func (o outcome) refused(item string) bool { return o.items[item] == domain.ItemRefused }

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

func (in *Inbox) request(id uuid.UUID, correlation string) eventstore.Request {
	return eventstore.Request{ID: id, Correlation: Correlation(correlation), Actor: in.Actor, Via: "inbox"}
}

// Correlation is the business transaction that a subject belongs to: the same
// for every message about it.
func Correlation(subject string) uuid.UUID {
	return uuid.NewSHA1(namespace(), []byte("correlation\n"+subject))
}

// itemID is the id of an item's command.
func itemID(id domain.MessageID, item string) uuid.UUID {
	return uuid.NewSHA1(namespace(), []byte(string(id)+"\n"+item))
}

// namespace is permanent: command ids of every message derive from it.
func namespace() uuid.UUID { return uuid.MustParse("6b1b7d52-6d5c-5f0e-9a55-0c6f3f6f7a11") }
