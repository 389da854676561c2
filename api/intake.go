package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain"
)

// maxNameBytes bounds what a message is called.
const maxNameBytes = 200

// takeMessage keeps the body as it came and applies its items. The same bytes
// are the same message, so it needs no Idempotency-Key.
func (s *server) takeMessage(r *request) (answer, error) {
	channel, name := r.query.Get("channel"), r.query.Get("name")
	switch {
	case s.Import == nil:
		return answer{}, problem(http.StatusConflict, "not-ready", "this server takes no messages in")
	case channel == "":
		return answer{}, badQuery("channel", "name the channel that the message came by: one of "+strings.Join(s.Channels, ", "))
	case len(s.Channels) > 0 && !slices.ContainsFunc(s.Channels, takes(channel)):
		return answer{}, badQuery("channel", "there is no such channel: want one of "+strings.Join(s.Channels, ", "))
	case len(name) > maxNameBytes || !plainText(name):
		return answer{}, badQuery("name", "want one line of at most "+strconv.Itoa(maxNameBytes)+" bytes")
	}
	content, err := r.body(maxMessageBytes)
	if err != nil {
		return answer{}, err
	}
	if len(content) == 0 {
		return answer{}, problem(http.StatusBadRequest, "empty-message", "the message is empty: send its bytes as the body").at("body")
	}
	if name == "" {
		name = channel + " message"
	}
	report, refused, err := s.Import(r.Context(), channel, name, content)
	return reported(report, refused, err)
}

// takes tells the channels that take a message that comes by one: itself, or a
// family of them, whose name ends in a dash.
func takes(channel string) func(known string) bool {
	return func(known string) bool {
		return channel == known || strings.HasSuffix(known, "-") && len(channel) > len(known) && strings.HasPrefix(channel, known)
	}
}

func (s *server) replayDeadLetter(r *request) (answer, error) {
	message, item := r.id("message"), r.id("item")
	switch {
	case s.Replay == nil:
		return answer{}, problem(http.StatusConflict, "not-ready", "this server replays no dead letters")
	case message == "" || item == "":
		return answer{}, noSuch("dead letter", "")
	}
	if content, err := r.body(maxCommandBytes); err != nil {
		return answer{}, err
	} else if len(content) > 0 {
		return answer{}, problem(http.StatusBadRequest, "bad-body", "a replay takes no body: the message is kept here").at("body")
	}
	report, refused, err := s.Replay(r.Context(), domain.MessageID(message), item)
	return reported(report, refused, err)
}

// reported answers with what became of a message. Everything that could be
// applied was applied even when items were refused.
func reported(report any, refused int, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	if refused > 0 {
		p := problem(http.StatusUnprocessableEntity, "items-refused",
			strconv.Itoa(refused)+" refused and kept as dead letters; all else was applied: mend the cause, then replay them")
		p.Report = report
		return answer{}, p
	}
	return answer{body: report}, nil
}
