package eventstore

import (
	"encoding/json"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMetadataAreReadAsTheyWereWritten(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		return id
	})
	rapid.Check(t, func(t *rapid.T) {
		want := Meta{
			Version:     rapid.IntRange(0, 1<<31).Draw(t, "version"),
			Correlation: id.Draw(t, "correlation"), Causation: id.Draw(t, "causation"), Command: id.Draw(t, "command"),
			CommandHash: rapid.StringMatching(`[0-9a-f]{0,32}`).Draw(t, "hash"),
			Actor:       rapid.String().Draw(t, "actor"),
			RecordedAt:  time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC(),
			Via:         rapid.SampledFrom([]string{"", "import scms", "POST /v1/…", `"quoted" \ <b>`}).Draw(t, "via"),
		}
		stored, err := json.Marshal(want)
		require.NoError(t, err)
		got, err := readMeta(stored)
		require.NoError(t, err)
		require.Equal(t, want, got)
		spaced, err := json.MarshalIndent(want, "", " ")
		require.NoError(t, err)
		got, err = readMeta(spaced)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// FuzzReadMeta holds the reader of what we write against the general one.
func FuzzReadMeta(f *testing.F) {
	stored, err := json.Marshal(Meta{Version: 1, Command: uuid.New(), CommandHash: "00", Actor: "é", RecordedAt: time.Unix(1, 5).UTC(), Via: "v"})
	require.NoError(f, err)
	f.Add(stored)
	f.Add([]byte(`{"version":01}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var want Meta
		wrong := jsonv2.Unmarshal(b, &want)
		got, err := readMeta(b)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%q: %v, generally %v", b, err, wrong)
		}
		if err == nil && got != want && !got.RecordedAt.Equal(want.RecordedAt) {
			t.Fatalf("%q: %+v, generally %+v", b, got, want)
		}
	})
}
