package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

func items(t testing.TB, text string) []inbox.Item {
	t.Helper()
	got, err := desk.Items(context.Background(), "m", []byte(text))
	require.NoError(t, err)
	return got
}

func TestEachLineIsACommand(t *testing.T) {
	// Given lines with windows line ends, blank ones and none at the end
	text := `{"command":"CancelShipment","body":{"shipment":"S1","reason":"sold out","at":{"utc":"2026-01-05T10:00:00Z","local":"2026-01-05T11:00:00","zone":"Europe/Paris"}}}` +
		"\r\n\r\n  \n" + `  {"body":{"shipment":"S1","outcome":"clean","by":"billing"},"command":"VerifyPOD"}  `
	got := items(t, text)

	// Then each command is an item that names its physical line
	require.Len(t, got, 2)
	require.Equal(t, "line 1", got[0].Name)
	require.Equal(t, "CancelShipment", got[0].Kind)
	require.Equal(t, "sold out", got[0].Command.(domain.CancelShipment).Reason)
	require.Equal(t, "line 4", got[1].Name)
	require.Equal(t, domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: "S1", Outcome: "clean", By: "billing"}}, got[1].Command)
	require.Empty(t, items(t, ""))
	require.Empty(t, items(t, "\n\r\n \t\n"))
}

func TestALineThatCannotBeReadNamesItself(t *testing.T) {
	for name, line := range map[string]string{
		"no JSON":                    `VerifyPOD S1`,
		"cut short":                  `{"command":"VerifyPOD","body":{"shipment":"S1"`,
		"not an object":              `["VerifyPOD"]`,
		"a word beside the two":      `{"command":"VerifyPOD","body":{},"by":"billing"}`,
		"two commands on a line":     `{"command":"VerifyPOD","body":{}} {"command":"VerifyPOD","body":{}}`,
		"a bracket too many":         `{"command":"VerifyPOD","body":{}}}`,
		"no command":                 `{"body":{}}`,
		"no body":                    `{"command":"VerifyPOD"}`,
		"an unknown command":         `{"command":"DeleteShipment","body":{}}`,
		"another case":               `{"command":"verifypod","body":{}}`,
		"a command of policy's":      `{"command":"AssignNumber","body":{"series":"INV-2026"}}`,
		"an unknown field":           `{"command":"VerifyPOD","body":{"shipment":"S1","outcome":"clean","by":"billing","force":true}}`,
		"a field of another type":    `{"command":"VerifyPOD","body":{"shipment":1}}`,
		"an amount that is a number": `{"command":"EnterCharge","body":{"shipment":"S1","charge":"C","kind":"freight","amount":12.5}}`,
		"null":                       `null`,
	} {
		t.Run(name, func(t *testing.T) {
			got := items(t, "\n"+line+"\n"+`{"command":"VerifyPOD","body":{"shipment":"S1","outcome":"clean","by":"billing"}}`)
			require.Len(t, got, 2)
			require.Nil(t, got[0].Command)
			require.NotNil(t, got[0].Refusal)
			require.Equal(t, "unreadable", got[0].Refusal.Code)
			require.Equal(t, "line 2", got[0].Refusal.Place)
			require.NotEmpty(t, got[0].Refusal.Reason)
			require.NotEmpty(t, got[0].Refusal.Remedy)
			require.NotNil(t, got[1].Command, "the next line has its effect")
		})
	}
}

func TestALineTooLongIsNotRead(t *testing.T) {
	long := `{"command":"VerifyPOD","body":{"shipment":"` + strings.Repeat("S", 1<<20) + `"}}`
	_, err := desk.Items(t.Context(), "m", []byte("\n\n"+long))
	require.ErrorContains(t, err, "line 3")
	require.Less(t, len(err.Error()), 200)
}

// Whatever may be asked for, asked for emptily of an empty ledger, is refused
// as a dead letter or has its effect: no line stops those beside it.
func TestNoCommandStopsTheOthers(t *testing.T) {
	store, err := embedded.Open(t.TempDir(), embedded.Options{MinFree: -1})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	in := inbox.Inbox{Exec: eventstore.NewExecutor(store, eventstore.NewCodec(domain.Events()), nil), Actor: "desk"}
	var text strings.Builder
	lines := 0
	for _, form := range domain.Commands() {
		for _, id := range []string{"", "X1", "-", "a b", "$all", strings.Repeat("x", 130), strings.Repeat("x", 2000), "\x00", "ü"} {
			body := map[string]any{}
			for _, field := range []string{"shipment", "invoice", "payment", "dispute", "message", "number"} {
				named := map[string]any{field: id}
				raw, err := json.Marshal(named)
				require.NoError(t, err)
				if _, err := domain.DecodeCommand(form.Name, raw); err == nil { // it has the field
					body[field] = id
				}
			}
			line, err := json.Marshal(map[string]any{"command": form.Name, "body": body})
			require.NoError(t, err)
			fmt.Fprintf(&text, "%s\n", line)
			lines++
		}
	}
	report, err := in.Take(t.Context(), inbox.Content{Channel: desk.Channel, Name: "desk.jsonl", Bytes: []byte(text.String())}, desk.Items, nil)
	require.NoError(t, err)
	require.Equal(t, lines, report.Items)
	require.Equal(t, lines, len(report.Refused)+report.Applied+report.Repeated)
	require.NotEmpty(t, report.Refused)
	for _, r := range report.Refused {
		require.NotEqual(t, "unreadable", r.Code, "%s: %s", r.Item, r.Reason)
	}
}

func FuzzItems(f *testing.F) {
	f.Add([]byte(`{"command":"VerifyPOD","body":{"shipment":"S1","outcome":"clean","by":"billing"}}`))
	f.Add([]byte("{\"command\":\"EnterCharge\",\"body\":{\"shipment\":\"S1\",\"charge\":\"C\",\"kind\":\"freight\",\"amount\":{\"amount\":\"1.00\",\"currency\":\"USD\"}}}\n\n[]\r\n{"))
	f.Add([]byte("\x00\n\xff{}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := desk.Items(context.Background(), "m", content)
		if err != nil {
			return
		}
		names := map[string]bool{}
		for _, item := range got {
			require.False(t, names[item.Name], "two items are named %s", item.Name)
			names[item.Name] = true
			require.True(t, (item.Command == nil) != (item.Refusal == nil))
			if item.Command == nil {
				require.NotEmpty(t, item.Refusal.Reason)
				continue
			}
			// What was read is read as the same when it is written again.
			body, err := json.Marshal(item.Command)
			require.NoError(t, err)
			line, err := json.Marshal(desk.Line{Command: item.Command.CommandName(), Body: body})
			require.NoError(t, err)
			again, err := desk.Items(context.Background(), "m", line)
			require.NoError(t, err)
			require.Len(t, again, 1)
			require.Nil(t, again[0].Refusal, "%s", line)
			second, err := json.Marshal(again[0].Command)
			require.NoError(t, err)
			require.JSONEq(t, string(body), string(second))
		}
	})
}
