package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func (h *house) position(text string) eventstore.Position {
	h.t.Helper()
	if text == "" {
		return eventstore.Start
	}
	p, err := eventstore.ParsePosition(text)
	require.NoError(h.t, err)
	return p
}

func TestACommandAnswersWithItsEvents(t *testing.T) {
	h := open(t, true, func(d *Deps) {
		d.Correlation = func(c domain.Command) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(c.Stream())) }
	})
	key := uuid.NewString()
	r := h.command("ReleaseOrder", key, releaseOrder("SH-1"), "X-Actor", "María, dispatch")
	require.Equal(t, http.StatusOK, r.status, r.text)
	var a commandAnswer
	require.NoError(t, json.Unmarshal([]byte(r.text), &a))
	require.False(t, a.Repeated)
	require.Len(t, a.Events, 1)
	require.Equal(t, "shipment-SH-1", a.Events[0].Stream)
	require.Equal(t, "OrderReleased", a.Events[0].Type)
	require.False(t, a.Events[0].RecordedAt.IsZero())

	// What was answered is what is stored, by whom and how.
	head, err := h.store.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head.String(), r.header.Get("Ledger-Position"))
	for record, err := range h.store.ReadStream(t.Context(), "shipment-SH-1", 0) {
		require.NoError(t, err)
		e, err := h.codec.Decode(record)
		require.NoError(t, err)
		require.Equal(t, record.ID, a.Events[0].ID)
		require.JSONEq(t, string(record.Data), string(a.Events[0].Body))
		require.Equal(t, "María, dispatch", e.Meta.Actor)
		require.Equal(t, "POST /v1/commands/ReleaseOrder", e.Meta.Via)
		require.Equal(t, key, e.Meta.Command.String())
		require.Equal(t, uuid.NewSHA1(uuid.Nil, []byte("shipment-SH-1")), e.Meta.Correlation)
	}

	// A command that changes nothing says so, and where that is true.
	r = h.command("ReleaseOrder", uuid.NewString(), releaseOrder("SH-1"))
	require.JSONEq(t, `{"events":[],"repeated":false}`, r.text)
	require.Equal(t, head.String(), r.header.Get("Ledger-Position"))
}

func TestRepeatingACommandAnswersAsTheFirstTime(t *testing.T) {
	h := open(t, true, nil)
	for name, keys := range map[string][2]string{
		"a UUID":          {"7f8c1f0e-27a5-4b0c-9d3f-0c8f5f0f8b11", "7f8c1f0e-27a5-4b0c-9d3f-0c8f5f0f8b11"},
		"a UUID in caps":  {"1f8c1f0e-27a5-4b0c-9d3f-0c8f5f0f8b11", "1F8C1F0E-27A5-4B0C-9D3F-0C8F5F0F8B11"},
		"a name":          {"order 17 of today", "order 17 of today"},
		"quoted and bare": {`"order 18 of today"`, "order 18 of today"},
	} {
		t.Run(name, func(t *testing.T) {
			body := releaseOrder("SH-" + uuid.NewString())
			first, again := h.command("ReleaseOrder", keys[0], body), h.command("ReleaseOrder", keys[1], body)
			require.Equal(t, http.StatusOK, first.status, first.text)
			require.Equal(t, http.StatusOK, again.status, again.text)
			require.Equal(t, strings.Replace(first.text, `"repeated":false`, `"repeated":true`, 1), again.text)
			require.Equal(t, first.header.Get("Ledger-Position"), again.header.Get("Ledger-Position"))
		})
	}
}

func TestAKeyIsForOneCommand(t *testing.T) {
	h := open(t, true, nil)
	require.Equal(t, http.StatusOK, h.command("ReleaseOrder", "k", releaseOrder("SH-1")).status)
	// Another body, another command, another stream: all are refused.
	h.command("ReleaseOrder", "k", strings.Replace(releaseOrder("SH-1"), "Dallas", "Laredo", 1)).problem(t, http.StatusUnprocessableEntity, "idempotency-key-reused")
	h.command("EnterCharge", "k", enterCharge("SH-1", "F", "1.00")).problem(t, http.StatusUnprocessableEntity, "idempotency-key-reused")
	h.command("ReleaseOrder", "k", releaseOrder("SH-2")).problem(t, http.StatusUnprocessableEntity, "idempotency-key-reused")
	// A key whose command was refused is free.
	h.command("EnterCharge", "k2", enterCharge("SH-none", "F", "1.00")).problem(t, http.StatusNotFound, "not-found")
	require.Equal(t, http.StatusOK, h.command("EnterCharge", "k2", enterCharge("SH-1", "F", "1.00")).status)
}

func TestManyAtOnceUnderOneKeyTakeEffectOnce(t *testing.T) {
	h := open(t, true, nil)
	h.done("ReleaseOrder", releaseOrder("SH-1"))
	var wg sync.WaitGroup
	replies := make([]reply, 16)
	for i := range replies {
		wg.Go(func() { replies[i] = h.command("EnterCharge", "one", enterCharge("SH-1", "F", "5.00")) })
	}
	wg.Wait()
	news := 0
	for _, r := range replies {
		require.Equal(t, http.StatusOK, r.status, r.text)
		if strings.Contains(r.text, `"repeated":false`) {
			news++
		}
	}
	require.Equal(t, 1, news)
}

func TestKeysAreForgottenOldestFirst(t *testing.T) {
	k := newKeyring(2)
	take := func(key uuid.UUID, stream string) bool {
		settled, ok := k.use(key, stream)
		if ok {
			settled(true)
		}
		return ok
	}
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	busy, ok := k.use(a, "s-1")
	require.True(t, ok)
	require.True(t, take(b, "s-1"))
	require.True(t, take(c, "s-1"))
	require.False(t, take(a, "s-2"), "a key in use is kept")
	require.True(t, take(b, "s-2"), "the oldest other one is forgotten")
	busy(true)
	require.Len(t, k.keys, 2)
	require.Equal(t, 2, k.recent.Len())
}

func TestHeadersOfACommand(t *testing.T) {
	h := open(t, true, nil)
	send := func(headers ...string) reply {
		return h.call(http.MethodPost, "/v1/commands/ReleaseOrder", strings.NewReader(releaseOrder("SH-1")), headers...)
	}
	const jsonType = "application/json; charset=utf-8"
	p := send("Content-Type", jsonType).problem(t, http.StatusBadRequest, "idempotency-key-missing")
	require.Equal(t, "header Idempotency-Key", p.Place)
	for _, key := range []string{`""`, strings.Repeat("k", 201), "a\tb", "caf\xe9"} {
		send("Content-Type", jsonType, "Idempotency-Key", key).problem(t, http.StatusBadRequest, "bad-header")
	}
	send("Content-Type", jsonType, "Idempotency-Key", "a", "Idempotency-Key", "b").problem(t, http.StatusBadRequest, "bad-header")
	for _, actor := range []string{strings.Repeat("a", 101), "a\tb", "a\u202eb", "caf\xe9"} {
		p := send("Content-Type", jsonType, "Idempotency-Key", "k", "X-Actor", actor).problem(t, http.StatusBadRequest, "bad-header")
		require.Equal(t, "header X-Actor", p.Place)
	}
	send("Idempotency-Key", "k").problem(t, http.StatusUnsupportedMediaType, "not-json")
	send("Idempotency-Key", "k", "Content-Type", "text/plain").problem(t, http.StatusUnsupportedMediaType, "not-json")
	require.Equal(t, http.StatusOK, send("Content-Type", jsonType, "Idempotency-Key", strings.Repeat("k", 200)).status)
}

func TestBodiesAreStrict(t *testing.T) {
	h := open(t, true, nil)
	good := `"shipment":"SH-1","reference":{"kind":"PO","value":"7"}`
	for name, c := range map[string]struct{ body, place string }{
		"nothing":               {"", "body"},
		"blanks":                {" \n", "body"},
		"no JSON":               {"{", "body"},
		"no object":             {`["a"]`, "body"},
		"null":                  {"null", "body"},
		"text":                  {`"a"`, "body"},
		"unknown":               {`{` + good + `,"extra":1}`, "body /extra"},
		"unknown within":        {`{"shipment":"SH-1","reference":{"kind":"PO","valu":"7"}}`, "body /reference/valu"},
		"twice":                 {`{` + good + `,"shipment":"SH-2"}`, "body /shipment"},
		"twice, another case":   {`{` + good + `,"Shipment":"SH-2"}`, "body /Shipment"},
		"twice, escaped":        {`{` + good + `,"\u0073hipment":"SH-2"}`, "body /shipment"},
		"twice, long s":         {`{` + good + `,"ſhipment":"SH-2"}`, "body /ſhipment"},
		"another case":          {`{"SHIPMENT":"SH-1"}`, "body /SHIPMENT"},
		"after it":              {`{` + good + `}{}`, "body"},
		"after it, a brace":     {`{` + good + `}}`, "body"},
		"type":                  {`{"shipment":1}`, "body"},
		"no UTF-8":              {"{\"shipment\":\"SH-\xff\"}", "body"},
		"depth":                 {`{"shipment":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, "body"},
		"depth without an end":  {strings.Repeat(`{"reference":`, 5000), "body"},
		"byte order mark":       {"\ufeff{" + good + "}", "body"},
		"pointer is escaped":    {`{"a/b~c":1}`, "body /a~1b~0c"},
		"place is one line":     {`{"a\r\nb":1}`, `body /a\r\nb`},
		"comma at the end":      {`{` + good + `,}`, "body"},
		"missing colon":         {`{"shipment" "SH-1"}`, "body"},
		"numbers that are none": {`{"shipment":01}`, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.command("AddReference", "k", c.body).problem(t, http.StatusBadRequest, "bad-json")
			if name != "depth without an end" && name != "depth" && name != "no JSON" && name != "missing colon" && name != "numbers that are none" {
				require.Equal(t, c.place, p.Place)
			}
			require.True(t, strings.HasPrefix(p.Place, "body"))
		})
	}
	// Money is as strict: no exponents, no other digits.
	for _, amount := range []string{"1e999999999", "1e3", "\u0661", "−1", "+1", "0x10", "1234567890123456", "1.1234567", " 1", ""} {
		h.command("EnterCharge", "k", enterCharge("SH-1", "F", amount)).problem(t, http.StatusBadRequest, "bad-json")
	}
	head, err := h.store.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventstore.Start, head, "nothing was stored")
}

func TestBodiesAreBounded(t *testing.T) {
	h := open(t, true, nil)
	body := `{"shipment":"` + strings.Repeat("x", maxCommandBytes) + `"}`
	h.command("AddReference", "k", body).problem(t, http.StatusRequestEntityTooLarge, "too-large")
	// The same without saying how long it is.
	r := h.call(http.MethodPost, "/v1/commands/AddReference", struct{ *strings.Reader }{strings.NewReader(body)},
		"Content-Type", "application/json", "Idempotency-Key", "k")
	r.problem(t, http.StatusRequestEntityTooLarge, "too-large")
	// Within the bound, but its events are more than the store takes at once.
	notes := strings.Repeat(`\u0001`, 0) + strings.Repeat("n", maxCommandBytes-300)
	h.done("ReleaseOrder", releaseOrder("SH-1"))
	h.command("ReceivePOD", "k", fmt.Sprintf(`{"shipment":"SH-1","version":1,"document":"d","at":%s,"notes":"%s"}`, day, notes)).
		problem(t, http.StatusRequestEntityTooLarge, "too-large")
}

func TestRefusalsCarryCodeAndRule(t *testing.T) {
	h := open(t, true, nil)
	h.command("AddReference", "k", `{"shipment":"none","reference":{"kind":"PO","value":"7"}}`).problem(t, http.StatusNotFound, "not-found")
	h.command("ReleaseOrder", "k", `{"shipment":"SH 1","customer":"A","currency":"USD","stops":[]}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	p := h.command("ReleaseOrder", "k", `{"shipment":"SH-1","customer":"A","currency":"USD","stops":[]}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, 4, p.Rule)
	h.done("ReleaseOrder", releaseOrder("SH-1"))
	h.command("ReleaseOrder", "k", strings.Replace(releaseOrder("SH-1"), "ACME", "OTHER", 1)).problem(t, http.StatusConflict, "conflict")
	h.command("VerifyPOD", "k", `{"shipment":"SH-1","version":1,"outcome":"clean","by":"b"}`)
	h.command("NoSuchCommand", "k", "{}").problem(t, http.StatusNotFound, "unknown-command")
	h.command("AddLines", "k", "{}").problem(t, http.StatusNotFound, "unknown-command")
}

// Whatever is sent, no command breaks anything inside.
func TestNoCommandBreaks(t *testing.T) {
	h := open(t, true, nil)
	long := strings.Repeat("x", 600)
	for _, form := range domain.Commands() {
		for _, body := range []string{"{}", filled(shapeOf(form.Zero), "x"), filled(shapeOf(form.Zero), long), filled(shapeOf(form.Zero), "\u202e\\r\\n")} {
			r := h.command(form.Name, uuid.NewString(), body)
			require.True(t, r.status == http.StatusOK || 400 <= r.status && r.status < 500, "%s %.200s: %d %s", form.Name, body, r.status, r.text)
		}
	}
}

// filled writes a body with every field of a shape set; it shows also that the
// catalogue names the fields that the decoder takes.
func filled(s *shape, text string) string {
	switch s.Type {
	case "string":
		return `"` + text + `"`
	case "boolean":
		return "true"
	case "integer":
		return "1"
	case "decimal":
		return `"1.00"`
	case "instant":
		return `"2024-03-05T14:00:00Z"`
	case "base64":
		return `"aGVsbG8="`
	case "money":
		return `{"amount":"1.00","currency":"USD"}`
	case "list":
		return "[" + filled(s.Items, text) + "]"
	case "object":
		parts := make([]string, len(s.Fields))
		for i, f := range s.Fields {
			parts[i] = fmt.Sprintf("%q:%s", f.Name, filled(&f.shape, text))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "null"
}

func TestTheCatalogueIsWhatTheDecoderTakes(t *testing.T) {
	h := open(t, true, nil)
	listed := map[string]bool{}
	for _, item := range h.items("/v1/commands") {
		listed[item.(map[string]any)["name"].(string)] = true
	}
	for _, form := range domain.Commands() {
		require.True(t, listed[form.Name], form.Name)
		body := filled(shapeOf(form.Zero), "2024-03-05")
		require.NoError(t, checkJSON([]byte(body), shapeOf(form.Zero)), form.Name)
		_, err := domain.DecodeCommand(form.Name, []byte(body))
		require.NoError(t, err, "%s: %s", form.Name, body)
	}
	require.Len(t, listed, len(domain.Commands()))
}

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":1,"A":2}`, `{"a" 1}`, `[1,2]`, `{"a":[{}]}`, `{"a":"\ud800"}`, `{}{}`, "null", `{"a":1e5,}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if checkJSON(body, nil) != nil {
			return
		}
		require.True(t, json.Valid(body), "%q", body)
		var v map[string]any
		require.NoError(t, json.Unmarshal(body, &v))
		require.NotNil(t, v)
	})
}
