package embedded_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

const golden = "testdata/format2"

// goldenDigest is that of the history in testdata/format2.
const goldenDigest = "3b55810e40dbd15bb900dd8970cf621ffbf7551246b4381c387909f4d7ac69d7"

// TestFoldersOfFormat2StayReadable opens a folder that the first release wrote.
func TestFoldersOfFormat2StayReadable(t *testing.T) {
	disk := vfs.NewMem()
	require.NoError(t, disk.MkdirAll("data", 0o750))
	stored, err := filepath.Glob(golden + "/*")
	require.NoError(t, err)
	require.Len(t, stored, 3)
	for _, name := range stored {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		writeFile(t, disk, "data/"+filepath.Base(name), data)
	}
	s, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent, SegmentBytes: 2 << 10})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	checked := requireWhole(t, s)
	require.Equal(t, goldenDigest, checked.Digest)
	n := 0
	for r, err := range s.Raw().ReadAll(t.Context(), eventstore.Start, embedded.Forwards) {
		require.NoError(t, err)
		require.Equal(t, goldenRecord(n), r)
		n++
	}
	require.Equal(t, goldenRecords, n)
	_, err = s.Append(t.Context(), "shipment-1", 5, events(1))
	require.NoError(t, err)
}

const goldenRecords = 18

// goldenRecord is the n-th record of the stored folder.
func goldenRecord(n int) embedded.RawRecord {
	stream := []string{"shipment-1", "Fracht-éü", "$settings"}[n%3]
	r := embedded.RawRecord{Binary: n%3 == 2, Record: eventstore.Record{
		ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte{byte(n)}), Stream: stream, Revision: uint64(n / 3),
		Position: eventstore.Position{Commit: uint64(n + 1), Prepare: uint64(n + 1)},
		Type:     "shipment-noted.v1", Data: []byte(`{"note":"Rotterdam, 22 t"}`),
		Created: time.Date(2026, 11, 22, 8, 30, n, 123456789, time.UTC),
	}}
	if n%2 == 0 {
		r.Metadata = []byte(`{"actor":"desk"}`)
	}
	return r
}
