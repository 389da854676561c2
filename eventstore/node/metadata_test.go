package node_test

import (
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/node"
)

func (s *served) describe(c *esdb.Client, stream string, set func(*esdb.StreamMetadata)) {
	s.t.Helper()
	m := esdb.StreamMetadata{}
	set(&m)
	_, err := c.SetStreamMetadata(within(s.t), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m)
	require.NoError(s.t, err)
}

func (s *served) readBack(c *esdb.Client, stream string, from esdb.StreamPosition) []uint64 {
	s.t.Helper()
	r, err := c.ReadStream(within(s.t), stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: from}, math.MaxUint64)
	require.NoError(s.t, err)
	got, err := drain(r)
	require.NoError(s.t, err)
	return revisions(got)
}

func TestMetadataHideWhatIsOlder(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*esdb.StreamMetadata)
		want []uint64
	}{
		{"than the last of a count", func(m *esdb.StreamMetadata) { m.SetMaxCount(2) }, []uint64{3, 4}},
		{"than a revision", func(m *esdb.StreamMetadata) { m.SetTruncateBefore(4) }, []uint64{4}},
		{"than either", func(m *esdb.StreamMetadata) { m.SetMaxCount(3); m.SetTruncateBefore(1) }, []uint64{2, 3, 4}},
		{"than all there is", func(m *esdb.StreamMetadata) { m.SetTruncateBefore(9) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, node.Options{})
			client := s.client()
			s.append(client, "shipment-1", esdb.NoStream{}, notes(5)...)
			s.describe(client, "shipment-1", c.set)
			got, err := s.read(client, "shipment-1")
			require.NoError(t, err, "also an empty stream is there")
			require.Equal(t, c.want, revisions(got))
			var back []uint64
			for _, revision := range c.want {
				back = append([]uint64{revision}, back...)
			}
			require.Equal(t, back, s.readBack(client, "shipment-1", esdb.End{}))
			require.Empty(t, s.readBack(client, "shipment-1", esdb.Revision(0)))
		})
	}
}

func TestMetadataHideWhatIsTooOld(t *testing.T) {
	var now atomic.Int64 // seconds
	now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Unix())
	s := serve(t, node.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	s.describe(c, "shipment-1", func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Minute) })
	now.Add(40)
	s.append(c, "shipment-1", esdb.Revision(1), notes(1)...)
	require.Equal(t, []uint64{2, 1, 0}, s.readBack(c, "shipment-1", esdb.End{}))
	now.Add(40)
	require.Equal(t, []uint64{2}, s.readBack(c, "shipment-1", esdb.End{}))
	got, err := s.read(c, "shipment-1")
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, revisions(got))
	now.Add(40)
	got, err = s.read(c, "shipment-1")
	require.NoError(t, err, "everything expired is empty, not missing")
	require.Empty(t, got)
}

func TestMetadataAreAStreamOfOne(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	_, err := c.GetStreamMetadata(within(t), "shipment-1", esdb.ReadStreamOptions{})
	require.Error(t, err, "there are none")
	for count := range uint64(3) {
		s.describe(c, "shipment-1", func(m *esdb.StreamMetadata) { m.SetMaxCount(count + 1) })
	}
	got, err := s.read(c, "$$shipment-1")
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, revisions(got))
	require.Equal(t, "$metadata", got[0].Event.EventType)
	kept, err := c.GetStreamMetadata(within(t), "shipment-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Equal(t, uint64(3), *kept.MaxCount())
	_, err = c.SetStreamMetadata(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Revision(1)}, esdb.StreamMetadata{})
	require.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, err))

	_, err = s.read(c, "shipment-1")
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err), "metadata alone make no stream")
	s.append(c, "shipment-1", esdb.StreamExists{}, notes(5)...) // but one that exists
	got, err = s.read(c, "shipment-1")
	require.NoError(t, err)
	require.Equal(t, []uint64{2, 3, 4}, revisions(got))
}

func TestMetadataThatCannotBeReadHideNothing(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	for _, document := range []string{``, `[]`, `{"$maxCount":"two"}`, `{"$maxCount":-1}`, `{"$maxAge":99999999999999999}`, `{"$tb":-5}`} {
		s.append(c, "$$shipment-1", esdb.Any{}, esdb.EventData{EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: []byte(document)})
		got, err := s.read(c, "shipment-1")
		require.NoError(t, err, document)
		require.Len(t, got, 2, document)
	}
}
