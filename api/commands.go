package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// Bounds of headers that are kept.
const (
	maxKeyBytes   = 200
	maxActorBytes = 100
)

// defaultActor is recorded when a caller does not say who acts.
const defaultActor = "api"

type commandShape struct {
	Name   string  `json:"name"`
	Fields []field `json:"fields"`
}

func (s *server) listCommands(*request) (answer, error) {
	return answer{body: page[commandShape]{Items: s.catalogue}}, nil
}

// commandAnswer is what a command led to.
type commandAnswer struct {
	Events   []recordedEvent `json:"events"` // none when nothing had to change
	Repeated bool            `json:"repeated"`
}

type recordedEvent struct {
	Stream     string          `json:"stream"`
	Revision   uint64          `json:"revision"`
	Type       string          `json:"type"`
	ID         uuid.UUID       `json:"id"`
	RecordedAt time.Time       `json:"recorded_at"`
	Body       json.RawMessage `json:"body"`
}

func (s *server) command(r *request) (answer, error) {
	name := r.id("name")
	shape, known := s.shapes[name]
	if !known {
		return answer{}, problem(http.StatusNotFound, "unknown-command", "there is no command "+oneLine(name, 60)+": GET /v1/commands lists them")
	}
	key, err := idempotencyKey(r.Header)
	if err != nil {
		return answer{}, err
	}
	actor, err := actorOf(r.Header)
	if err != nil {
		return answer{}, err
	}
	if err := wantJSON(r.Header); err != nil {
		return answer{}, err
	}
	body, err := r.body(maxCommandBytes)
	if err != nil {
		return answer{}, err
	}
	if err := checkJSON(body, shape); err != nil {
		return answer{}, err
	}
	cmd, err := domain.DecodeCommand(name, body)
	if err != nil {
		return answer{}, problem(http.StatusBadRequest, "bad-json", err.Error()).at("body")
	}
	settled, ok := s.keys.use(key, string(cmd.Stream()))
	if !ok {
		return answer{}, reusedKey()
	}
	recorded := false
	defer func() { settled(recorded) }()
	req := eventstore.Request{ID: key, Actor: actor, Via: "POST /v1/commands/" + name}
	if s.Correlation != nil {
		req.Correlation = s.Correlation(cmd)
	}
	result, err := s.Execute(r.Context(), cmd, req)
	if err != nil {
		// It may have been stored: then the key is taken.
		recorded = errors.Is(err, eventstore.ErrUnknownOutcome) || r.Context().Err() != nil
		return answer{}, err
	}
	recorded = len(result.Events) > 0
	return s.executed(r, result)
}

// executed words a result. Its position is that of its last event, or of the
// history's end when nothing had to change: what was asked for is true there.
func (s *server) executed(r *request, result eventstore.Result) (answer, error) {
	a := commandAnswer{Events: make([]recordedEvent, len(result.Events)), Repeated: result.Repeated}
	var at eventstore.Position
	for i, e := range result.Events {
		a.Events[i] = recordedEvent{e.Stream, e.Revision, e.Type, e.ID, e.Meta.RecordedAt, json.RawMessage(e.Data)}
		at = e.Position
	}
	if len(result.Events) == 0 {
		var err error
		if at, err = s.History.Head(r.Context()); err != nil {
			return answer{}, err
		}
	}
	return answer{body: a, position: at.String()}, nil
}

// idempotencyKey gives the command id that a key stands for: a UUID as it is,
// anything else as a name in a namespace of ours. The key may stand in quotes,
// as a structured header's string does.
func idempotencyKey(h http.Header) (uuid.UUID, error) {
	const name = "Idempotency-Key"
	values := h.Values(name)
	if len(values) != 1 || values[0] == "" {
		if len(values) > 1 {
			return uuid.Nil, badHeader(name, "it is given more than once")
		}
		return uuid.Nil, problem(http.StatusBadRequest, "idempotency-key-missing",
			"a command needs a key of its own, so that repeating it does nothing twice: send a UUID").at("header " + name)
	}
	key := strings.TrimSpace(values[0])
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	switch {
	case key == "":
		return uuid.Nil, badHeader(name, "it is empty")
	case len(key) > maxKeyBytes:
		return uuid.Nil, badHeader(name, fmt.Sprintf("it is %d bytes long; at most %d are taken", len(key), maxKeyBytes))
	case !plainText(key):
		return uuid.Nil, badHeader(name, "it holds control characters or is no UTF-8")
	}
	if len(key) == 36 { // other spellings of a UUID would be other keys
		if id, err := uuid.Parse(key); err == nil && id != uuid.Nil {
			return id, nil
		}
	}
	return uuid.NewSHA1(keyNamespace(), []byte(key)), nil
}

// keyNamespace is permanent: command ids derive from it.
func keyNamespace() uuid.UUID { return uuid.MustParse("0f7c9b0e-5a53-5d0a-8d0c-3b6f1c0a4e27") }

// actorOf says who acts. What it says is kept for ever, so it is taken whole
// or not at all.
func actorOf(h http.Header) (string, error) {
	const name = "X-Actor"
	values := h.Values(name)
	if len(values) > 1 {
		return "", badHeader(name, "it is given more than once")
	}
	actor := strings.TrimSpace(h.Get(name))
	switch {
	case actor == "":
		return defaultActor, nil
	case len(actor) > maxActorBytes:
		return "", badHeader(name, fmt.Sprintf("it is %d bytes long; at most %d are taken", len(actor), maxActorBytes))
	case !plainText(actor):
		return "", badHeader(name, "it holds control characters or is no UTF-8")
	}
	return actor, nil
}

// plainText tells text that is one line and reads as it is written.
func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable)
}

// wantJSON refuses bodies that do not say that they are JSON: a web page can
// send any other type without asking.
func wantJSON(h http.Header) error {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return problem(http.StatusUnsupportedMediaType, "not-json", "send Content-Type: application/json").at("header Content-Type")
	}
	return nil
}

// body reads the whole body, up to a limit.
func (r *request) body(limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	content, err := io.ReadAll(http.MaxBytesReader(r.w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, err
	case err != nil && r.Context().Err() != nil:
		return nil, r.Context().Err()
	case err != nil:
		return nil, problem(http.StatusBadRequest, "bad-body", "the body broke off").at("body")
	}
	return content, nil
}
