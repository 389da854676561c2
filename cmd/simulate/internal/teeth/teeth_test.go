package main

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../../.."

func TestEveryBugStillHasItsPlaceAndASwitch(t *testing.T) {
	names := map[string]bool{}
	for _, b := range bugs() {
		require.False(t, names[b.name], "%q is there twice", b.name)
		names[b.name] = true
		require.Contains(t, b.after, "PLANT", b.name)
		require.NotEmpty(t, b.caught, b.name)
	}
	require.GreaterOrEqual(t, len(names), 12)
	texts, err := edited(root, bugs())
	require.NoError(t, err)
	for file, text := range texts {
		_, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
		require.NoError(t, err)
		require.NotContains(t, text, "PLANT")
	}
}

func TestABugWhosePlaceIsGoneIsAnError(t *testing.T) {
	lost := bugs()[0]
	lost.before = "a text that is nowhere"
	_, err := edited(root, []bug{lost})
	require.ErrorContains(t, err, "bring the bug up to date")
}

func TestABugIsCaughtOnlyByWhatItBreaks(t *testing.T) {
	b := bug{name: "b", caught: []string{"I4"}}
	found := func(violation string) (r result) {
		r.Failures = append(r.Failures, struct {
			Seed      uint64 `json:"seed"`
			Violation string `json:"violation"`
			Text      string `json:"text"`
		}{Seed: 3, Violation: violation})
		return r
	}
	verdict, err := judge(b, found("I4 numbers"), nil)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(verdict, "seed 3"), verdict)
	_, err = judge(b, found("simulator"), nil)
	require.Error(t, err)
	_, err = judge(b, result{Worlds: 60}, nil)
	require.ErrorContains(t, err, "not caught in 60 worlds")
}
