package trace

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestASourceWithoutAPlaceInItsMessageNamesNoBytes(t *testing.T) {
	print := func(s Source) string {
		var b strings.Builder
		p := newPrinter(&b)
		p.source(0, &s, nil)
		require.NoError(t, p.to.Flush())
		return b.String()
	}
	s := Source{Message: "terms-1", Channel: "terms", Name: "rates.yaml", Place: "index BOC-USD"}
	require.Equal(t, "source: terms-1 (terms) rates.yaml, index BOC-USD\n", print(s))
	s.Offset, s.Length, s.Text = 4, 2, "ab"
	require.Equal(t, "source: terms-1 (terms) rates.yaml, index BOC-USD, bytes 4 to 6\n   | ab\n", print(s))
}

// FuzzExcerpt cuts any place out of any content in any parts.
func FuzzExcerpt(f *testing.F) {
	f.Add([]byte("id,amount\n1,2.00\n"), int64(10), int64(6), 3)
	f.Add([]byte("caf\u00e9"), int64(4), int64(1), 1)
	f.Add([]byte{0xff, 0xfe}, int64(-1), int64(1<<40), 7)
	f.Fuzz(func(t *testing.T, content []byte, offset, length int64, part int) {
		if part < 1 || offset < 0 || length < 0 || offset > int64(len(content)) || length > int64(len(content))-offset {
			return // loadMessage refuses these places
		}
		s := Source{Offset: offset, Length: length}
		for at := 0; at < len(content); at += part {
			s.take(int64(at), content[at:min(len(content), at+part)])
			if part > len(content) {
				break
			}
		}
		want := content[offset : offset+min(length, MaxExcerpt)]
		if string(s.raw) != string(want) {
			t.Fatalf("cut %q, want %q", s.raw, want)
		}
		text := asText(s.raw, length > MaxExcerpt)
		if !utf8.ValidString(text) {
			t.Fatalf("%q is not text", text)
		}
		if utf8.Valid(want) && !strings.HasPrefix(string(want), text) {
			t.Fatalf("%q is not what %q begins with", text, want)
		}
	})
}
