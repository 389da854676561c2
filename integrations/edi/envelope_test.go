package edi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/stretchr/testify/require"
)

func TestWhatBecomesOfAWrongEnvelope(t *testing.T) {
	right := single(t, "204", orderBody)
	miscounted := bytes.Replace(right, []byte("SE*21*"), []byte("SE*22*"), 1)
	require.NotEqual(t, right, miscounted)
	groupWrong := bytes.Replace(right, []byte("GE*1*1~"), []byte("GE*4*1~"), 1)
	trailerless := bytes.Replace(right, []byte("SE*21*0001~\n"), nil, 1)
	for name, c := range map[string]struct {
		body           []byte
		policy         EnvelopePolicy
		refused, noted string
	}{
		"right, strict":               {right, Strict, "", ""},
		"a count, tolerated":          {miscounted, Tolerate, "", "segment-count"},
		"a count, strict":             {miscounted, Strict, "segment-count", ""},
		"a group's count, tolerated":  {groupWrong, Tolerate, "", "group-count"},
		"a group's count, strict":     {groupWrong, Strict, "group-count", ""},
		"a lost trailer, tolerated":   {trailerless, Tolerate, "missing-se", ""},
		"a lost trailer, strict":      {trailerless, Strict, "missing-se", ""},
		"a lost trailer, looked upon": {trailerless, AcceptDoubts, "", "missing-se"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			l.mapper.Options.Envelope = c.policy
			if c.refused != "" {
				no := l.refused(c.body)
				require.Equal(t, CodeEnvelope, no.Code)
				require.Contains(t, no.Reason, c.refused)
				require.Contains(t, no.Place, "ST 0001")
				return
			}
			item := l.only(c.body)
			require.Nil(t, item.Refusal)
			requireNote(t, item, c.noted)
			require.Equal(t, c.noted == "", len(item.Notes) == 0)
		})
	}
}

func TestAnInterchangeWithoutSets(t *testing.T) {
	head := string(single(t, "204", orderBody))
	head = head[:strings.Index(head, "GS*")]
	l := newLedger(t)
	item := l.only([]byte(head + "IEA*0*000000001~"))
	require.Equal(t, "000000001", item.Name)
	require.Nil(t, item.Refusal)
	requireNote(t, item, "holds no transaction set")
	require.Nil(t, l.only([]byte(head+"TA1*000000009*260210*0900*A*000~IEA*0*000000001~")).Refusal)
	no := l.refused([]byte(head + "TA1*000000009*260210*0900*R*006~IEA*0*000000001~"))
	require.Equal(t, CodeRejected, no.Code)
	require.Contains(t, no.Reason, `interchange "000000009" with "R", note "006"`)
}

func TestPartnersAcknowledgements(t *testing.T) {
	l := newLedger(t)
	for name, c := range map[string]struct{ set, body, place, words string }{
		"a set with errors":   {"997", "AK1*SM*1\nAK2*204*0001\nAK5*E*5\nAK9*E*1*1*1", "", "accepted with errors"},
		"an item accepted":    {"824", "BGN*11*1*20260210\nOTI*TA*BM*7", "", "BM 7 was accepted"},
		"an item changed":     {"824", "BGN*11*1*20260210\nOTI*IC*BM*7", "", "accepted with errors or changes (IC)"},
		"a group in part":     {"997", "AK1*SM*1\nAK9*P*2*2*1", "ST 0001 segment 3 (AK9), element 01", "accepted in part"},
		"a group's trailer":   {"997", "AK1*SM*1\nAK9*R*2*2*0*3", "ST 0001 segment 3 (AK9), element 01", "3 (group trailer missing)"},
		"a code of no list":   {"997", "AK1*SM*1\nAK9*Q*2*2*1", "ST 0001 segment 3 (AK9), element 01", "not known"},
		"an error in content": {"824", "BGN*11*1*20260210\nOTI*TA*BM*7\nTED*007*MISSING PO", "ST 0001 segment 4 (TED), element 02", "MISSING PO"},
		"an item in part":     {"824", "BGN*11*1*20260210\nOTI*IP*BM*7", "ST 0001 segment 3 (OTI), element 01", "rejected (IP)"},
		"an advice of no":     {"824", "BGN*11*1*20260210\nOTI*QQ*BM*7", "ST 0001 segment 3 (OTI), element 01", "not known"},
	} {
		t.Run(name, func(t *testing.T) {
			item := l.only(single(t, c.set, c.body))
			require.Nil(t, item.Command)
			if c.place == "" {
				require.Nil(t, item.Refusal)
				requireNote(t, item, c.words)
				return
			}
			require.NotNil(t, item.Refusal)
			require.Equal(t, c.place, item.Refusal.Place)
			require.Contains(t, item.Refusal.Reason, c.words)
		})
	}
}

func TestWhatASetMayAskForIsBounded(t *testing.T) {
	l := released(t)
	for name, body := range map[string]struct{ set, text string }{
		"references": {"204", changed("L11*PO-9*PO", strings.TrimSpace(strings.Join(numbered(referencesMost+1, "L11*R#*ZZ"), "\n")))},
		"stops":      {"204", orderBody + "\n" + strings.Join(numbered(stopsMost, "S5*#*CU"), "\n")},
		"reports":    {"214", statusBody(strings.Join(numbered(reportsMost+1, "AT7*X6*#***20260210*0800*UT"), "\n"))},
		"numbers":    {"214", "B10*P*LOAD-1*A\n" + strings.Join(numbered(referencesMost+1, "L11*#*SI"), "\n") + "\nLX*1\nAT7*X6*NS***20260210*0800*UT"},
		"paid items": {"820", advice("ENT*1", "ENT*1\n"+strings.Join(numbered(remittedMost, "RMR*IV*#**1"), "\n"))},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, CodeLimit, l.refused(single(t, body.set, body.text)).Code)
		})
	}
	t.Run("a file", func(t *testing.T) {
		l := newLedger(t)
		l.mapper.Options.Limits = x12.Limits{FileBytes: 100}
		report := l.take(single(t, "204", orderBody))
		require.Len(t, report.Refused, 1)
		require.Equal(t, "limit", report.Refused[0].Code)
	})
	t.Run("notes", func(t *testing.T) {
		item := l.only(single(t, "214", statusBody(strings.Join(numbered(notesMost+5, "AT7*X6*#***20260210*0800*LT"), "\n"))))
		require.Len(t, item.Notes, notesMost+1)
		require.Equal(t, "further notes were left out", item.Notes[notesMost])
	})
}

// numbered repeats a line with a number of five digits in place of its mark.
func numbered(n int, line string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = strings.ReplaceAll(line, "#", fmt.Sprintf("%05d", i+1))
	}
	return lines
}
