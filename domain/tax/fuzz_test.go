package tax

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDecode holds the reader against the schema: what is read makes sense, is
// read again from what it writes, and is accepted by the schema; and facts get a
// decision or a refusal that says why.
func FuzzDecode(f *testing.F) {
	for _, name := range files(f) {
		raw, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(raw)
	}
	small, err := json.Marshal(smallRules())
	require.NoError(f, err)
	f.Add(small)
	f.Add([]byte(`{"rules":[{"rule":"a","when":{"origin":{"in":["CA"],"in":["US"]}}}]}`))
	f.Add([]byte(`[[[[`))
	schema := compiled(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Decode(raw)
		if err != nil {
			require.Equal(t, Rules{}, r)
			return
		}
		require.NoError(t, conforms(t, schema, raw), "%s", raw)
		written, err := json.Marshal(r)
		require.NoError(t, err)
		again, err := Decode(written) // which has lost empty lists
		require.NoError(t, err, "%s", written)
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		third, err := Decode(rewritten)
		require.NoError(t, err, "%s", rewritten)
		require.Equal(t, again, third)
		facts := freight(r.From, r.Home, r.Home).with(CrossBorderDocument)
		d, err := r.Determine(facts)
		if err != nil || d.Held() {
			return
		}
		b, err := Compute("CAD", []Line{{"1", cad("31.95"), d}})
		if err != nil {
			require.ErrorContains(t, err, "no multiple of the minor unit")
			return
		}
		require.NoError(t, b.Verify())
	})
}
