package eventstore

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// Meta travels with every event beside its body.
type Meta struct {
	Version     int       `json:"version"`        // of the event's form
	Correlation uuid.UUID `json:"$correlationId"` // the business transaction
	Causation   uuid.UUID `json:"$causationId"`   // the event or request that led here
	Command     uuid.UUID `json:"command"`        // repeats of it answer as the first time
	CommandHash string    `json:"command_hash"`   // of its body
	Actor       string    `json:"actor"`          // who, or which part of freightledger
	RecordedAt  time.Time `json:"recorded_at"`    // when we learned it, UTC
	Via         string    `json:"via,omitempty"`  // channel: "import scms", "POST /v1/…"
}

// readMeta reads stored metadata: any JSON that says the same, and fast what
// Encode wrote. Every replay reads every event's metadata, and a general
// decoder takes longer for them than for most bodies.
func readMeta(b []byte) (m Meta, err error) {
	p := written{rest: b, good: true}
	p.skip(`{"version":`)
	m.Version = p.number()
	p.skip(`,"$correlationId":"`)
	m.Correlation = p.id()
	p.skip(`,"$causationId":"`)
	m.Causation = p.id()
	p.skip(`,"command":"`)
	m.Command = p.id()
	p.skip(`,"command_hash":"`)
	m.CommandHash = p.text()
	p.skip(`,"actor":"`)
	m.Actor = p.text()
	p.skip(`,"recorded_at":"`)
	m.RecordedAt = p.instant()
	if !bytes.Equal(p.rest, []byte("}")) {
		p.skip(`,"via":"`)
		m.Via = p.text()
	}
	p.skip("}")
	if p.good && len(p.rest) == 0 {
		return m, nil
	}
	m = Meta{}
	err = jsonv2.Unmarshal(b, &m)
	return m, err
}

// written reads JSON as encoding/json writes it: known keys in order, without
// white space. What is written in another way makes it no longer good.
type written struct {
	rest []byte
	good bool
}

func (p *written) skip(s string) {
	if len(p.rest) < len(s) || string(p.rest[:len(s)]) != s {
		p.good = false
		return
	}
	p.rest = p.rest[len(s):]
}

// quoted reads up to the next quote. Escapes are left to the general decoder.
func (p *written) quoted() []byte {
	end := bytes.IndexByte(p.rest, '"')
	if !p.good || end < 0 {
		p.good = false
		return nil
	}
	s := p.rest[:end]
	p.rest = p.rest[end+1:]
	return s
}

func (p *written) text() string {
	s := p.quoted()
	for _, c := range s {
		if c < ' ' || c == '\\' {
			p.good = false
		}
	}
	if !utf8.Valid(s) {
		p.good = false
	}
	return string(s)
}

func (p *written) number() int {
	end := 0
	for end < len(p.rest) && '0' <= p.rest[end] && p.rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(p.rest[:end]))
	if err != nil || end > 1 && p.rest[0] == '0' {
		p.good = false
	}
	p.rest = p.rest[end:]
	return n
}

func (p *written) id() uuid.UUID {
	s := p.quoted()
	id, err := uuid.ParseBytes(s)
	if err != nil || len(s) != 36 { // it also takes forms that are not written here
		p.good = false
	}
	return id
}

func (p *written) instant() time.Time {
	var t time.Time
	if t.UnmarshalText(p.quoted()) != nil {
		p.good = false
	}
	return t
}
