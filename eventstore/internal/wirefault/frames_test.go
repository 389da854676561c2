package wirefault

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// However a connection's bytes are cut into chunks, the same frames begin at
// the same places.
func TestHeadersAreFoundWhereverChunksEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := make([]byte, prefaceBytes)
		var want []int
		for _, kind := range rapid.SliceOf(rapid.SampledFrom([]byte{0, frameHeaders, 4, 8})).Draw(t, "kinds") {
			if kind == frameHeaders {
				want = append(want, len(all))
			}
			length := rapid.IntRange(0, 700).Draw(t, "length")
			all = append(all, 0, byte(length>>8), byte(length), kind, 0, 0, 0, 0, 1)
			all = append(all, make([]byte, length)...)
		}
		f := frames{skip: prefaceBytes}
		var got []int
		for at := 0; at < len(all); {
			n := min(len(all)-at, rapid.IntRange(1, 40).Draw(t, "chunk"))
			for _, begin := range f.headers(all[at : at+n]) {
				// One that began in an earlier chunk is said to begin in this.
				require.GreaterOrEqual(t, begin, 0)
				got = append(got, at+begin)
			}
			at += n
		}
		require.Len(t, got, len(want))
		for i := range want {
			require.LessOrEqual(t, want[i], got[i])
			require.Less(t, got[i]-want[i], frameHeaderBytes)
		}
	})
}
