package trace

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// MaxExcerpt bounds how many bytes of a raw message one step shows.
const MaxExcerpt = 4 << 10

// Source is the raw message that said so, and what it said.
type Source struct {
	Message   domain.MessageID `json:"message"`
	Name      string           `json:"name"` // of the file or endpoint
	Channel   string           `json:"channel"`
	Place     string           `json:"place"`
	Offset    int64            `json:"offset"`
	Length    int64            `json:"length"`
	Text      string           `json:"text"`      // the bytes there; what is not UTF-8 is replaced
	Truncated bool             `json:"truncated"` // Text is only the beginning
	Missing   string           `json:"missing,omitempty"`
	Received  *Hop             `json:"received,omitempty"`
	raw       []byte
}

// Entry says who stated a fact that no raw message says.
type Entry struct {
	Actor    string    `json:"actor"` // who, or which part of freightledger
	Recorded time.Time `json:"recorded"`
	Via      string    `json:"via,omitempty"` // the route: "POST /v1/commands/EnterCharge"
}

// sources gathers what raw messages are asked for, so that each message is
// read once however many steps lead to it.
type sources struct {
	order  []domain.MessageID
	places map[domain.MessageID][]*Source
}

// of asks for a source, or says who recorded the event that has none.
func (s *sources) of(from domain.Source, e eventstore.Decoded) (*Source, *Entry) {
	if from.Message == "" {
		return nil, &Entry{e.Meta.Actor, e.Meta.RecordedAt, e.Meta.Via}
	}
	return s.add(from), nil
}

func (s *sources) add(from domain.Source) *Source {
	if s.places == nil {
		s.places = map[domain.MessageID][]*Source{}
	}
	for _, known := range s.places[from.Message] {
		if known.Offset == from.Offset && known.Length == from.Length && known.Place == from.Place {
			return known
		}
	}
	if s.places[from.Message] == nil {
		s.order = append(s.order, from.Message)
	}
	found := &Source{Message: from.Message, Place: from.Place, Offset: from.Offset, Length: from.Length}
	s.places[from.Message] = append(s.places[from.Message], found)
	return found
}

// load reads the messages and cuts the bytes out of their parts.
func (t *Tracer) load(ctx context.Context, s *sources) error {
	for _, id := range s.order {
		if err := t.loadMessage(ctx, id, s.places[id]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tracer) loadMessage(ctx context.Context, id domain.MessageID, wanted []*Source) error {
	stream := id.Stream()
	var at, end int64 // of the part that is read; what is wanted last
	for _, s := range wanted {
		s.Missing = "the message is not in the history"
		end = max(end, s.Offset+s.extent())
	}
	for r, err := range t.streams.ReadStream(ctx, string(stream), 0) {
		if err != nil {
			return fmt.Errorf("read %s: %w", stream, err)
		}
		e, err := t.codec.Decode(r)
		if err != nil {
			return err
		}
		switch m := e.Event.(type) {
		case domain.MessageReceived:
			hop := hopOf(e)
			for _, s := range wanted {
				s.Name, s.Channel, s.Received = m.Name, m.Channel, &hop
				s.Missing = ""
				if s.Offset < 0 || s.Length < 0 || s.Offset > m.Size || s.Length > m.Size-s.Offset {
					s.Missing = fmt.Sprintf("the place is outside of the message's %d bytes", m.Size)
				}
			}
		case domain.MessagePart:
			for _, s := range wanted {
				s.take(at, m.Content)
			}
			at += int64(len(m.Content))
		}
		if at >= end && at > 0 || end <= 0 && r.Revision == 0 {
			break
		}
	}
	for _, s := range wanted {
		if s.Missing == "" && int64(len(s.raw)) < s.extent() {
			s.Missing = "the message's content is not complete in the history"
		}
		s.Truncated = s.Length > MaxExcerpt
		s.Text = asText(s.raw, s.Truncated)
	}
	return nil
}

// extent is how many bytes are shown.
func (s *Source) extent() int64 { return max(0, min(s.Length, MaxExcerpt)) }

// take copies what a part beginning at an offset has of the source.
func (s *Source) take(at int64, content []byte) {
	if s.Missing != "" {
		return
	}
	from := max(s.Offset, at) - at
	to := min(s.Offset+s.extent(), at+int64(len(content))) - at
	if from < to {
		s.raw = append(s.raw, content[from:to]...)
	}
}

// asText makes any bytes valid text. A character that the cut went through is
// left out.
func asText(raw []byte, cut bool) string {
	if cut {
		for back := 1; back < utf8.UTFMax && back <= len(raw); back++ {
			if last := raw[len(raw)-back:]; utf8.RuneStart(last[0]) {
				if !utf8.FullRune(last) {
					raw = raw[:len(raw)-back]
				}
				break
			}
		}
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}
