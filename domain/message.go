package domain

import "slices"

// A message is something that came in from outside, kept byte for byte. Its
// id is a hash of its content, so the same bytes are one message however
// often they come (rule 10). Each of its items (a transaction set, a file's
// line) is applied or refused; a refused one is a dead letter until it is
// replayed or dismissed.

// MaxPartBytes bounds the content that one event carries.
const MaxPartBytes = 512 << 10

// MaxMessageBytes bounds a whole message.
const MaxMessageBytes = 1 << 30

// Message is the state of a message's stream.
type Message struct {
	ID      MessageID
	Parts   int // announced
	Kept    int // stored so far
	Items   []MessageItem
	Channel string
}

// MessageItem is what became of one item.
type MessageItem struct {
	Item   string
	Status string
	Tries  int
}

// Statuses of an item.
const (
	ItemApplied   = "applied"
	ItemRefused   = "refused"
	ItemDismissed = "dismissed"
)

// Events of messages.
type (
	// MessageReceived announces a message and its parts.
	MessageReceived struct {
		Message MessageID `json:"message"`
		Channel string    `json:"channel"` // "scms", "x12", "api" …
		Name    string    `json:"name"`    // of the file or endpoint, without its folder
		Size    int64     `json:"size"`
		SHA256  string    `json:"sha256"`
		Parts   int       `json:"parts"`
	}
	// MessagePart is a piece of its content, in order.
	MessagePart struct {
		Message MessageID `json:"message"`
		Part    int       `json:"part"` // from 0
		Content []byte    `json:"content"`
	}
	// MessageApplied: the item had its effect.
	MessageApplied struct {
		Message MessageID `json:"message"`
		Item    string    `json:"item"`
		Kind    string    `json:"kind"`
		Subject Stream    `json:"subject,omitempty"` // the aggregate it changed
		Notes   []string  `json:"notes,omitempty"`   // disorder that was tolerated
	}
	// MessageRefused: the item had no effect, and why.
	MessageRefused struct {
		Message MessageID `json:"message"`
		Item    string    `json:"item"`
		Kind    string    `json:"kind"`
		Code    string    `json:"code"`
		Place   string    `json:"place"` // segment and position, or line and column
		Reason  string    `json:"reason"`
		Remedy  string    `json:"remedy,omitempty"`
	}
	// MessageDismissed: a person decided that the item needs no effect.
	MessageDismissed struct {
		Message MessageID `json:"message"`
		Item    string    `json:"item"`
		By      string    `json:"by"`
		Reason  string    `json:"reason"`
	}
)

func (MessageReceived) EventType() string  { return "MessageReceived" }
func (MessagePart) EventType() string      { return "MessagePart" }
func (MessageApplied) EventType() string   { return "MessageApplied" }
func (MessageRefused) EventType() string   { return "MessageRefused" }
func (MessageDismissed) EventType() string { return "MessageDismissed" }

// Commands of messages.
type (
	ReceiveMessage struct{ MessageReceived }
	StorePart      struct{ MessagePart }
	// ApplyItem records that an item had its effect.
	ApplyItem struct{ MessageApplied }
	// RefuseItem makes an item a dead letter.
	RefuseItem struct{ MessageRefused }
	// DismissItem takes a dead letter off the list.
	DismissItem struct{ MessageDismissed }
)

func (c ReceiveMessage) Stream() Stream { return c.Message.Stream() }
func (c StorePart) Stream() Stream      { return c.Message.Stream() }
func (c ApplyItem) Stream() Stream      { return c.Message.Stream() }
func (c RefuseItem) Stream() Stream     { return c.Message.Stream() }
func (c DismissItem) Stream() Stream    { return c.Message.Stream() }

func (ReceiveMessage) CommandName() string { return "ReceiveMessage" }
func (StorePart) CommandName() string      { return "StorePart" }
func (ApplyItem) CommandName() string      { return "ApplyItem" }
func (RefuseItem) CommandName() string     { return "RefuseItem" }
func (DismissItem) CommandName() string    { return "DismissItem" }

func (c ReceiveMessage) Decide(m Message) ([]Event, error) {
	if m.ID != "" {
		return nil, nil
	}
	if err := CheckID("message", string(c.Message)); err != nil {
		return nil, err
	}
	if c.Size < 0 || c.Size > MaxMessageBytes || c.Parts < 0 {
		return nil, refuse(Invalid, "message %s: %d bytes in %d parts", c.Name, c.Size, c.Parts)
	}
	return []Event{c.MessageReceived}, nil
}

func (c StorePart) Decide(m Message) ([]Event, error) {
	switch {
	case m.ID == "":
		return nil, refuse(NotFound, "message %s was not announced", c.Message)
	case c.Part < m.Kept:
		return nil, nil
	case c.Part != m.Kept || c.Part >= m.Parts:
		return nil, refuse(NotReady, "message %s: part %d comes out of turn: %d of %d are kept", c.Message, c.Part, m.Kept, m.Parts)
	case len(c.Content) > MaxPartBytes:
		return nil, refuse(Invalid, "message %s: part %d has %d bytes, at most %d are taken", c.Message, c.Part, len(c.Content), MaxPartBytes)
	}
	return []Event{c.MessagePart}, nil
}

func (c ApplyItem) Decide(m Message) ([]Event, error) {
	item, err := m.mustHave(c.Message, c.Item)
	if err != nil {
		return nil, err
	}
	if item != nil && item.Status == ItemApplied {
		return nil, nil
	}
	return []Event{c.MessageApplied}, nil
}

func (c RefuseItem) Decide(m Message) ([]Event, error) {
	item, err := m.mustHave(c.Message, c.Item)
	if err != nil {
		return nil, err
	}
	if item != nil && item.Status == ItemApplied {
		return nil, refuse(TooLate, "item %s of message %s had its effect already", c.Item, c.Message)
	}
	return []Event{c.MessageRefused}, nil
}

func (c DismissItem) Decide(m Message) ([]Event, error) {
	item, err := m.mustHave(c.Message, c.Item)
	if err != nil {
		return nil, err
	}
	switch {
	case item == nil:
		return nil, refuse(NotFound, "message %s has no item %s", c.Message, c.Item)
	case item.Status == ItemDismissed:
		return nil, nil
	case item.Status != ItemRefused:
		return nil, refuse(Conflict, "item %s of message %s is %s", c.Item, c.Message, item.Status)
	case c.By == "" || c.Reason == "":
		return nil, refuse(Invalid, "item %s of message %s: say who dismisses it and why", c.Item, c.Message)
	}
	return []Event{c.MessageDismissed}, nil
}

func (m Message) mustHave(id MessageID, item string) (*MessageItem, error) {
	if m.ID == "" {
		return nil, refuse(NotFound, "message %s is not known", id)
	}
	if item == "" || len(item) > 200 {
		return nil, refuse(Invalid, "message %s: an item's name has 1 to 200 bytes", id)
	}
	return m.Item(item), nil
}

// Item is what became of one item, nil when nothing did yet.
func (m Message) Item(name string) *MessageItem {
	if i := slices.IndexFunc(m.Items, func(t MessageItem) bool { return t.Item == name }); i >= 0 {
		t := m.Items[i]
		return &t
	}
	return nil
}

// Evolve applies an event to the message.
func (m Message) Evolve(e Event) Message {
	set := func(name, status string) {
		m.Items = slices.Clone(m.Items)
		for i := range m.Items {
			if m.Items[i].Item == name {
				m.Items[i].Status = status
				m.Items[i].Tries++
				return
			}
		}
		m.Items = append(m.Items, MessageItem{name, status, 1})
	}
	switch e := e.(type) {
	case MessageReceived:
		m.ID, m.Parts, m.Channel = e.Message, e.Parts, e.Channel
	case MessagePart:
		m.Kept = e.Part + 1
	case MessageApplied:
		set(e.Item, ItemApplied)
	case MessageRefused:
		set(e.Item, ItemRefused)
	case MessageDismissed:
		set(e.Item, ItemDismissed)
	}
	return m
}
