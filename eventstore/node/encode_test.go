package node

import (
	"math"
	"testing"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// message is an event as the generated code has it.
func (o *outgoing) message() *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Event{Event: &api.ReadResp_ReadEvent{
		Event: recorded(o.Event, o.textIDs), Link: recorded(o.Link, o.textIDs),
		Position: &api.ReadResp_ReadEvent_CommitPosition{CommitPosition: o.original().Position.Commit},
	}}}
}

func recorded(e *event, textIDs bool) *api.ReadResp_ReadEvent_RecordedEvent {
	if e == nil {
		return nil
	}
	return &api.ReadResp_ReadEvent_RecordedEvent{
		Id:               wireID(e.ID, textIDs),
		StreamIdentifier: identifier(e.Stream),
		StreamRevision:   e.Revision,
		PreparePosition:  e.Position.Prepare,
		CommitPosition:   e.Position.Commit,
		Metadata:         map[string]string{"type": e.Type, "created": stamp(e), "content-type": contentType(e)},
		CustomMetadata:   e.Metadata,
		Data:             e.Data,
	}
}

func TestEventsAreEncodedAsTheGeneratedCodeWould(t *testing.T) {
	number := rapid.OneOf(rapid.Uint64(), rapid.Uint64Max(300), rapid.Just(uint64(math.MaxInt64)))
	one := rapid.Custom(func(t *rapid.T) *event {
		e := &event{Binary: rapid.Bool().Draw(t, "binary")}
		copy(e.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		e.Stream = rapid.StringN(1, -1, 1000).Draw(t, "stream")
		e.Type = rapid.StringN(1, -1, 300).Draw(t, "type")
		e.Revision = number.Draw(t, "revision")
		e.Position.Commit = 1 + number.Draw(t, "commit")%math.MaxInt64
		e.Position.Prepare = number.Draw(t, "prepare")
		e.Created = time.Unix(0, rapid.Int64().Draw(t, "created"))
		e.Data = rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")
		e.Metadata = rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "metadata")
		return e
	})
	rapid.Check(t, func(t *rapid.T) {
		o := &outgoing{textIDs: rapid.Bool().Draw(t, "ids as text")}
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			o.Event = one.Draw(t, "event")
		case 1:
			o.Event, o.Link = one.Draw(t, "event"), one.Draw(t, "link")
		case 2:
			o.Link = one.Draw(t, "link")
		}
		buffers, err := newCodec().Marshal(o)
		require.NoError(t, err)
		var got api.ReadResp
		require.NoError(t, proto.Unmarshal(buffers.Materialize(), &got))
		buffers.Free()
		require.True(t, proto.Equal(o.message(), &got), "want %v\ngot %v", o.message(), &got)
	})
}
