// Package desk reads what a freight or billing desk records, as JSON lines:
// one command a line, in the form that the API takes.
//
//	{"command":"VerifyPOD","body":{"shipment":"SH-000001","outcome":"clean","by":"billing"}}
//
// A line that cannot be read, or whose command is refused, becomes a dead
// letter; the others have their effect.
package desk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Channel is how desk records come in.
const Channel = "desk"

// maxLine bounds one command.
const maxLine = 1 << 20

// Line is one command as it is sent.
type Line struct {
	Command string          `json:"command"`
	Body    json.RawMessage `json:"body"`
}

// Items reads desk records for the inbox: an item a line.
func Items(_ context.Context, _ domain.MessageID, content []byte) ([]inbox.Item, error) {
	var items []inbox.Item
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	number := 0
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		name := fmt.Sprintf("line %d", number)
		cmd, err := decode(text)
		if err != nil {
			items = append(items, inbox.Item{Name: name, Kind: "command", Refusal: &inbox.Refusal{Code: "unreadable", Place: name,
				Reason: err.Error(), Remedy: `write {"command":"…","body":{…}} as docs/COMMANDS.md has it`}})
			continue
		}
		items = append(items, inbox.Item{Name: name, Kind: cmd.CommandName(), Command: cmd})
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("line %d is over %d bytes", number+1, maxLine)
		}
		return nil, fmt.Errorf("read line %d: %w", number+1, err)
	}
	return items, nil
}

func decode(text []byte) (domain.Command, error) {
	var line Line
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("data after the command's end")
	}
	return domain.DecodeCommand(line.Command, line.Body)
}
