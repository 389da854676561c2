package edi

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

const adviceBody = `
BPR*C*900.00*C*ACH************20260301
TRN*1*T-1
CUR*PR*USD
N1*PR*Paper Mill*92*MILL
ENT*1
RMR*IV*INV-1*PO*900.00*1000.00*20.00
ADX*-80.00*59`

func advice(pairs ...string) string {
	var lines []string
	for _, line := range strings.Split(strings.NewReplacer(pairs...).Replace(adviceBody), "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func announced(t *testing.T, body string) (domain.AnnounceRemittance, []string) {
	t.Helper()
	item := newLedger(t).only(single(t, "820", body))
	return made(t, item)[0].(domain.AnnounceRemittance), item.Notes
}

func TestARemittance(t *testing.T) {
	t.Run("as it should be", func(t *testing.T) {
		got, notes := announced(t, advice())
		require.Empty(t, notes)
		require.Equal(t, domain.PaymentID("MILL-T-1"), got.Payment)
		require.Equal(t, "2026-03-01", got.Date)
		require.Equal(t, "T-1", got.Reference)
		require.Equal(t, "MILL", got.Payer)
		events, err := got.Decide(domain.Payment{})
		require.NoError(t, err)
		require.Len(t, events, 1, "it adds up")
	})
	t.Run("a payer without code", func(t *testing.T) {
		got, notes := announced(t, advice("Paper Mill*92*MILL", "Paper Mill"))
		require.Equal(t, domain.PaymentID("PAPER-MILL-T-1"), got.Payment)
		require.Contains(t, strings.Join(notes, "\n"), "made of its name")
	})
	t.Run("no payer at all", func(t *testing.T) {
		got, notes := announced(t, advice("N1*PR*Paper Mill*92*MILL", ""))
		require.Equal(t, domain.PaymentID("SHIPPER-T-1"), got.Payment)
		require.Contains(t, strings.Join(notes, "\n"), "the sender SHIPPER is taken")
	})
	t.Run("an adjustment of no invoice", func(t *testing.T) {
		got, notes := announced(t, advice("BPR*C*900.00", "BPR*C*890.00", "ENT*1", "ENT*1\nADX*-10.00*CS*CM*C-5"))
		require.Len(t, got.Items, 2)
		require.Equal(t, "C-5", got.Items[0].Document)
		require.Equal(t, "-10.00 USD", got.Items[0].Paid.String())
		require.Contains(t, strings.Join(notes, "\n"), "an item of its own")
		events, err := got.Decide(domain.Payment{})
		require.NoError(t, err)
		require.Len(t, events, 1)
	})
	t.Run("an adjustment inside the item", func(t *testing.T) {
		got, _ := announced(t, advice("*1000.00*20.00", "*1000.00*20.00*59*-80.00", "ADX*-80.00*59", ""))
		require.Equal(t, "-80.00 USD", got.Items[0].Adjustments[0].Amount.String())
		require.Equal(t, "59", got.Items[0].Adjustments[0].Reason)
	})
	t.Run("what does not add up is held", func(t *testing.T) {
		for rule, body := range map[int]string{45: advice("BPR*C*900.00", "BPR*C*901.00"), 46: advice("ADX*-80.00", "ADX*-81.00")} {
			got, _ := announced(t, body)
			events, err := got.Decide(domain.Payment{})
			require.NoError(t, err)
			require.Len(t, events, 2)
			require.Equal(t, rule, events[1].(domain.RemittanceHeld).Rule)
		}
	})
	for name, c := range map[string]struct{ body, code, place string }{
		"no BPR":               {advice("BPR*C*900.00*C*ACH************20260301", ""), CodeMissing, "ST 0001 (segment BPR is absent)"},
		"no TRN":               {advice("TRN*1*T-1", ""), CodeMissing, "ST 0001 (segment TRN is absent)"},
		"no reference":         {advice("TRN*1*T-1", "TRN*1"), CodeMissing, "ST 0001 segment 3 (TRN), element 02"},
		"a reference unkept":   {advice("TRN*1*T-1", "TRN*1*T 1"), CodeInvalid, "ST 0001 segment 3 (TRN), element 02"},
		"a payer unkept":       {advice("92*MILL", "92*M LL"), CodeInvalid, "ST 0001 segment 5 (N1), element 04"},
		"a debit":              {advice("*900.00*C*ACH", "*900.00*D*ACH"), CodeUnknownCode, "ST 0001 segment 2 (BPR), element 03"},
		"no amount":            {advice("*900.00*C*ACH", "**C*ACH"), CodeMissing, "ST 0001 segment 2 (BPR), element 02"},
		"an amount in words":   {advice("*900.00*C*ACH", "*lots*C*ACH"), CodeInvalid, "ST 0001 segment 2 (BPR), element 02"},
		"half a cent":          {advice("*900.00*C*ACH", "*900.005*C*ACH"), CodeInvalid, "ST 0001 segment 2 (BPR), element 02"},
		"money taken":          {advice("*900.00*C*ACH", "*-900.00*C*ACH"), CodeInvalid, "ST 0001 segment 2 (BPR), element 02"},
		"a day unknown":        {advice("20260301", "20260229"), CodeInvalid, "ST 0001 segment 2 (BPR), element 16"},
		"an item without name": {advice("RMR*IV*INV-1", "RMR*IV*"), CodeMissing, "ST 0001 segment 7 (RMR), element 02"},
		"an item without sum":  {advice("*PO*900.00", "*PO*"), CodeMissing, "ST 0001 segment 7 (RMR), element 04"},
		"a gross in words":     {advice("*1000.00*20", "*much*20"), CodeInvalid, "ST 0001 segment 7 (RMR), element 05"},
		"an adjustment of nil": {advice("ADX*-80.00", "ADX*"), CodeMissing, "ST 0001 segment 8 (ADX), element 01"},
	} {
		t.Run(name, func(t *testing.T) {
			no := newLedger(t).refused(single(t, "820", c.body))
			require.Equal(t, c.code, no.Code, no.Reason)
			require.Equal(t, c.place, no.Place)
		})
	}
	t.Run("a second advice under the same name", func(t *testing.T) {
		l := newLedger(t)
		items := l.items(interchange(t, envelope{control: 1}, written{"820", advice()}, written{"820", advice()}, written{"820", advice("*1000.00*20.00", "*1000.00*19.00")}))
		require.Nil(t, items[1].Refusal, "the same again is harmless")
		require.NotNil(t, items[2].Refusal)
		require.Equal(t, CodeConflict, items[2].Refusal.Code)
	})
}
