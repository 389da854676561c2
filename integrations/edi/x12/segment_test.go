package x12

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func segmentOf(t *testing.T, version, repetition, text string) Segment {
	t.Helper()
	file, err := Parse([]byte(edited("*U*00401", "*"+repetition+"*"+version, "B10*PRO1*LOAD1*SCAC", text)), Limits{})
	require.NoError(t, err)
	return file.Interchanges[0].Groups[0].Transactions[0].Segments[1]
}

func TestSegmentElements(t *testing.T) {
	s := segmentOf(t, "00501", "^", "AK3*NM1  **R1^R2 ^A:B *  *X:Y^Z:W*")
	require.Equal(t, "AK3", s.ID)
	require.Equal(t, 2, s.Index)
	require.Equal(t, 4, s.Line)
	require.Equal(t, 6, s.Len())
	require.Equal(t, []string{"NM1", "", "R1^R2 ^A:B", "", "X:Y^Z:W", "", ""},
		[]string{s.Element(1), s.Element(2), s.Element(3), s.Element(4), s.Element(5), s.Element(6), s.Element(7)})
	require.Empty(t, s.Element(0))
	require.Empty(t, s.Element(-1))
	require.Equal(t, "NM1  ", s.Raw(1))
	require.Equal(t, "  ", s.Raw(4))
	require.Equal(t, []string{"R1", "R2", "A:B"}, s.Repeats(3))
	require.Equal(t, []string{"R1"}, s.Components(3))
	require.Equal(t, []string{"A", "B"}, s.RepeatComponents(3, 3))
	require.Equal(t, []string{"X", "Y"}, s.Components(5))
	require.Equal(t, "Y", s.Component(5, 2))
	require.Empty(t, s.Component(5, 3))
	require.Nil(t, s.RepeatComponents(3, 4))
	require.Nil(t, s.Repeats(4))
	require.Nil(t, s.Components(9))
	require.Equal(t, "AK3*NM1  **R1^R2 ^A:B *  *X:Y^Z:W*", s.String())
}

// Given version 00401, whose ISA11 holds U, then nothing repeats.
func TestNoRepetitionBefore00402(t *testing.T) {
	s := segmentOf(t, "00401", "U", "B10*AUB^C*X")
	require.Equal(t, []string{"AUB^C"}, s.Repeats(1))
	s = segmentOf(t, "00401", "^", "B10*A^C*X")
	require.Equal(t, []string{"A^C"}, s.Repeats(1))
	s = segmentOf(t, "00402", "^", "B10*A^C*X")
	require.Equal(t, []string{"A", "C"}, s.Repeats(1))
}

func TestZeroSegmentIsEmpty(t *testing.T) {
	var s Segment
	require.Zero(t, s.Len())
	require.Empty(t, s.Element(1))
	require.Nil(t, s.Repeats(1))
	require.Nil(t, s.Components(1))
}

// Reading one element must not allocate: mapping touches every element.
func TestElementDoesNotAllocate(t *testing.T) {
	s := segmentOf(t, "00401", "U", "B10*"+strings.Repeat("VALUE*", 20))
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = s.Element(15) }))
}
