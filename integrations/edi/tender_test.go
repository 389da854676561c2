package edi

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// changed is the order with some of its lines replaced; an empty line removes.
func changed(pairs ...string) string {
	body := strings.NewReplacer(pairs...).Replace(orderBody)
	var lines []string
	for _, line := range strings.Split(body, "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func TestAnOrderIsRefusedAtItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		body        string
		code, place string
	}{
		"no B2":                       {changed("B2**ACME**LOAD-1**PP", ""), CodeMissing, "ST 0001 (segment B2 is absent)"},
		"no B2A":                      {changed("B2A*00*LT", ""), CodeMissing, "ST 0001 (segment B2A is absent)"},
		"no shipment":                 {changed("**LOAD-1**", "****"), CodeMissing, "ST 0001 segment 2 (B2), element 04"},
		"a shipment with blanks":      {changed("**LOAD-1**", "**LOAD 1**"), CodeInvalid, "ST 0001 segment 2 (B2), element 04"},
		"no carrier":                  {changed("B2**ACME", "B2**"), CodeMissing, "ST 0001 segment 2 (B2), element 02"},
		"an unknown purpose":          {changed("B2A*00", "B2A*77"), CodeUnknownCode, "ST 0001 segment 3 (B2A), element 01"},
		"a change of nothing known":   {changed("B2A*00", "B2A*04"), CodeNotFound, "ST 0001 segment 2 (B2), element 04"},
		"a cancellation of nothing":   {changed("B2A*00", "B2A*01"), CodeNotFound, "ST 0001 segment 2 (B2), element 04"},
		"an unknown currency":         {changed("C3*USD", "C3*XXQ"), CodeInvalid, "ST 0001 segment 6 (C3), element 01"},
		"no bill-to":                  {changed("N1*BT*Paper Mill*93*MILL", ""), CodeMissing, "ST 0001 (segment N1*BT is absent)"},
		"a bill-to without a word":    {changed("N1*BT*Paper Mill*93*MILL", "N1*BT*..."), CodeMissing, "ST 0001 segment 7 (N1), element 04"},
		"a stop without a number":     {changed("S5*1*CL", "S5**CL"), CodeMissing, "ST 0001 segment 8 (S5), element 01"},
		"a stop numbered nought":      {changed("S5*1*CL", "S5*0*CL"), CodeInvalid, "ST 0001 segment 8 (S5), element 01"},
		"a stop of neither kind":      {changed("S5*1*CL", "S5*1*TL"), CodeUnknownCode, "ST 0001 segment 8 (S5), element 02"},
		"a window of the other kind":  {changed("G62*37*", "G62*53*"), CodeDisagrees, "ST 0001 segment 10 (G62), element 01"},
		"a day not in the calendar":   {changed("G62*37*20260210", "G62*37*20260231"), CodeInvalid, "ST 0001 segment 10 (G62), element 02"},
		"an hour not on the clock":    {changed("*I*0800", "*I*2400"), CodeInvalid, "ST 0001 segment 10 (G62), element 04"},
		"an unknown time code":        {changed("*I*0800", "*I*0800*QQ"), CodeUnknownCode, "ST 0001 segment 10 (G62), element 05"},
		"a weight in words":           {changed("AT8*G*L*1000", "AT8*G*L*heavy"), CodeInvalid, "ST 0001 segment 12 (AT8), element 03"},
		"a decimal point in N2":       {changed("*FR*50000", "*FR*500.00"), CodeInvalid, "ST 0001 segment 20 (L3), element 05"},
		"a rate that is not the sum":  {changed("*FR*50000", "*FR*50001"), CodeDisagrees, "ST 0001 segment 20 (L3), element 05"},
		"a negative charge":           {changed("*500.00*FR*50000", "***-50000"), CodeInvalid, "ST 0001 segment 20 (L3), element 05"},
		"a rate in words":             {changed("*500.00*FR", "*cheap*FR"), CodeInvalid, "ST 0001 segment 20 (L3), element 03"},
		"no stops at all":             {"B2**ACME**LOAD-1**PP\nB2A*00\nN1*BT**93*MILL", CodeMissing, "ST 0001 (segment S5 is absent)"},
		"a charge too large to count": {changed("*500.00*FR*50000", "***999999999999999999"), CodeInvalid, "ST 0001 segment 20 (L3), element 05"},
	} {
		t.Run(name, func(t *testing.T) {
			no := newLedger(t).refused(single(t, "204", c.body))
			require.Equal(t, c.code, no.Code, no.Reason)
			require.Equal(t, c.place, no.Place)
		})
	}
}

func TestWhatAnOrderTolerates(t *testing.T) {
	release := func(t *testing.T, body string) (domain.ReleaseOrder, func(string)) {
		item := newLedger(t).only(single(t, "204", body))
		return made(t, item)[0].(domain.ReleaseOrder), func(words string) { requireNote(t, item, words) }
	}
	t.Run("a bill-to without code", func(t *testing.T) {
		got, note := release(t, changed("Paper Mill*93*MILL", "c/o Catalyst  Paper Corp."))
		require.Equal(t, domain.CustomerID("C-O-CATALYST-PAPER-CORP"), got.Customer)
		note("customer C-O-CATALYST-PAPER-CORP is made of its name")
	})
	t.Run("a customer that the partner's options name", func(t *testing.T) {
		l := newLedger(t)
		l.mapper.Options.Customers = map[string]domain.CustomerID{"SHIPPER/MILL": "C-12", "SHIPPER/": "C-99"}
		require.Equal(t, domain.CustomerID("C-12"), made(t, l.only(single(t, "204", orderBody)))[0].(domain.ReleaseOrder).Customer)
		item := l.only(single(t, "204", changed("N1*BT*Paper Mill*93*MILL", "")))
		require.Equal(t, domain.CustomerID("C-99"), made(t, item)[0].(domain.ReleaseOrder).Customer)
		requireNote(t, item, "customer C-99 is agreed for SHIPPER")
	})
	t.Run("a state of several zones", func(t *testing.T) {
		got, note := release(t, changed("N4*COLUMBUS*OH*43215*US", "N4*ORLANDO*FL*32810*US"))
		require.Empty(t, got.Stops[1].Zone)
		require.Equal(t, "2026-02-11T09:00:00", got.Stops[1].From.Local)
		require.Empty(t, got.Stops[1].From.Zone)
		note("its zone is not stated")
		note("kept as written")
	})
	t.Run("a province and a country without table", func(t *testing.T) {
		got, _ := release(t, changed("N4*COLUMBUS*OH*43215*US", "N4*BANFF*AB*T1L*CA", "N4*CHICAGO*IL*60607*US", "N4*TOLUCA*CT*50000*MX"))
		require.Equal(t, "America/Edmonton", got.Stops[1].Zone)
		require.Empty(t, got.Stops[0].Zone, "CT of Mexico is not Connecticut")
	})
	t.Run("a stop that only inspects", func(t *testing.T) {
		got, note := release(t, changed("S5*2*CU", "S5*3*IN\nG62*10*20260210\nN4*GARY*IN*46402*US\nS5*2*CU"))
		require.Len(t, got.Stops, 2)
		note("stop 3 (IN) neither loads nor unloads")
	})
	t.Run("stops out of order and other dates", func(t *testing.T) {
		got, note := release(t, changed("S5*1*CL", "S5*4*LD", "G62*38*20260210*K*1200", "G62*10*20260210"))
		require.Equal(t, []int{2, 4}, []int{got.Stops[0].Seq, got.Stops[1].Seq})
		note(`date qualifier "10" is none of 37, 38, 53, 54`)
	})
	t.Run("weights", func(t *testing.T) {
		for _, c := range []struct{ at8, l3, want, reason string }{
			{"AT8*G*K*12.3455", "", "12.346", ""},
			{"AT8*G*K*12.3445", "", "12.344", ""},
			{"AT8*G*L*1", "", "0.454", ""},
			{"AT8*G*E*1", "", "", "stated as 1 without one unit"},
			{"AT8*G*L*1", "L3*2*G**********K", "2", ""},
		} {
			got, _ := release(t, changed("AT8*G*L*1000", c.at8, "L3*1000*G*500.00*FR*50000", c.l3))
			require.Equal(t, c.want, got.WeightKg, c.at8)
			require.Contains(t, got.Weight.Reason, c.reason)
		}
	})
	t.Run("references once each, the carrier's code not among them", func(t *testing.T) {
		got, note := release(t, changed("L11*BOL-9*BM", "L11*BOL-9*BM\nL11*BOL-9*BM\nL11*ZZZZ*SCA\nL11*7*QN\nN9*LO*TRIP-4\nL5*1*ROLLS****88*SI"))
		require.Equal(t, []domain.Reference{{Kind: "PO", Value: "PO-9"}, {Kind: "BOL", Value: "BOL-9"}, {Kind: "LOAD", Value: "TRIP-4"}, {Kind: "SI", Value: "88"}}, got.References)
		note(`reference SCA names carrier "ZZZZ", B2-02 names "ACME"`)
	})
}

func TestTheLinehaulOfAnOrder(t *testing.T) {
	charges := func(t *testing.T, l3 string) ([]domain.Command, []string) {
		item := newLedger(t).only(single(t, "204", changed("L3*1000*G*500.00*FR*50000", l3)))
		return made(t, item)[2:], item.Notes
	}
	t.Run("by weight is kept as stated", func(t *testing.T) {
		got, notes := charges(t, "L3*1000*G*41.93*PH*41930")
		charge := got[0].(domain.EnterCharge)
		require.Equal(t, "419.30 USD", charge.Amount.String())
		require.Equal(t, "41.93", charge.Basis.Inputs["rate"])
		require.Contains(t, strings.Join(notes, "\n"), "it was not computed again")
	})
	t.Run("without figure is held", func(t *testing.T) {
		got, _ := charges(t, "L3*1000*G*500.00*FR")
		require.Contains(t, got[0].(domain.HoldCharge).Reason, "rate 500.00 FR")
	})
	t.Run("absent is said", func(t *testing.T) {
		got, notes := charges(t, "")
		require.Empty(t, got)
		require.Contains(t, notes, "the order states no charge (L3)")
	})
	t.Run("in the order's currency", func(t *testing.T) {
		item := newLedger(t).only(single(t, "204", changed("C3*USD", "C3*CAD")))
		require.Equal(t, "500.00 CAD", made(t, item)[2].(domain.EnterCharge).Amount.String())
	})
}

func TestAReleasedOrderIsNotEdited(t *testing.T) {
	t.Run("another order under its id", func(t *testing.T) {
		no := released(t).refused(single(t, "204", changed("G62*54*20260211*L*1700", "G62*54*20260211*L*1800")))
		require.Equal(t, CodeConflict, no.Code)
		require.Contains(t, no.Reason, "another stop 2")
		require.Equal(t, "ST 0001 segment 15 (S5)", no.Place)
	})
	t.Run("an original with a new reference", func(t *testing.T) {
		no := released(t).refused(single(t, "204", changed("L11*BOL-9*BM", "L11*BOL-9*BM\nL11*77*CR")))
		require.Equal(t, CodeConflict, no.Code)
		require.Contains(t, no.Remedy, "04")
	})
	for _, purpose := range []string{"04", "05"} {
		t.Run("purpose "+purpose+" adds references", func(t *testing.T) {
			l := released(t)
			body := single(t, "204", changed("B2A*00", "B2A*"+purpose, "L11*BOL-9*BM", "L11*BOL-9*BM\nL11*77*CR"))
			require.Equal(t, 1, l.accept(body).Applied)
			require.Contains(t, l.shipment("LOAD-1").References, domain.Reference{Kind: "CR", Value: "77"})
			require.Zero(t, l.accept(body).Events)
		})
		t.Run("purpose "+purpose+" changes nothing else", func(t *testing.T) {
			no := released(t).refused(single(t, "204", changed("B2A*00", "B2A*"+purpose, "N4*COLUMBUS*OH*43215*US", "N4*DAYTON*OH*45402*US")))
			require.Equal(t, CodeUnsupportedChange, no.Code)
			require.Equal(t, "ST 0001 segment 15 (S5)", no.Place)
			require.Contains(t, no.Remedy, "cancel the order")
		})
	}
	t.Run("a cancellation cancels", func(t *testing.T) {
		l := released(t)
		l.accept(single(t, "204", changed("B2A*00", "B2A*01")))
		s := l.shipment("LOAD-1")
		require.Equal(t, "cancelled", s.Status())
		require.Contains(t, s.Cancelled, "SHIPPER")
	})
}

func TestTheCarriersAnswer(t *testing.T) {
	t.Run("a decline", func(t *testing.T) {
		l := released(t)
		l.accept(single(t, "990", "B1*ACME*LOAD-1*20260209*D\nK1*NO TRUCK"))
		require.Equal(t, "declined", l.shipment("LOAD-1").Status())
	})
	t.Run("a yes with its number in free text", func(t *testing.T) {
		l := released(t)
		item := l.only(single(t, "990", "B1*ACME*LOAD-1**A\nK1*D-55"))
		requireNote(t, item, "taken from free text (K1)")
		got := made(t, item)[0].(domain.AcceptTender)
		require.Equal(t, "D-55", got.DispatchRef)
		require.Equal(t, "2026-02-10T09:00:00", got.At.Local, "when the group was made")
	})
	t.Run("the carrier's PRO makes the shipment known", func(t *testing.T) {
		l := released(t)
		l.accept(single(t, "990", acceptBody))
		s := l.shipment("LOAD-1")
		require.Equal(t, "PRO-7", s.Tender.DispatchRef)
		require.Contains(t, s.References, domain.Reference{Kind: "PRO", Value: "PRO-7"})
	})
	for name, c := range map[string]struct{ body, code, place string }{
		"a counter-offer":        {"B1*ACME*LOAD-1**C\nK1*PRICE 600", CodeCounterOffer, "ST 0001 segment 2 (B1), element 04"},
		"a conditional yes":      {"B1*ACME*LOAD-1**B", CodeCounterOffer, "ST 0001 segment 2 (B1), element 04"},
		"a deletion":             {"B1*ACME*LOAD-1**R", CodeUnknownCode, "ST 0001 segment 2 (B1), element 04"},
		"no answer":              {"B1*ACME*LOAD-1", CodeMissing, "ST 0001 segment 2 (B1), element 04"},
		"no carrier":             {"B1**LOAD-1**A", CodeMissing, "ST 0001 segment 2 (B1), element 01"},
		"no shipment":            {"B1*ACME***A", CodeMissing, "ST 0001 segment 2 (B1), element 02"},
		"an unknown shipment":    {"B1*ACME*LOAD-2**A", CodeNotFound, "ST 0001 segment 2 (B1), element 02"},
		"a day that never comes": {"B1*ACME*LOAD-1*20261301*A", CodeInvalid, "ST 0001 segment 2 (B1), element 03"},
		"nothing":                {"K1*HELLO", CodeMissing, "ST 0001 (segment B1 is absent)"},
	} {
		t.Run(name, func(t *testing.T) {
			no := released(t).refused(single(t, "990", c.body))
			require.Equal(t, c.code, no.Code)
			require.Equal(t, c.place, no.Place)
		})
	}
	t.Run("a carrier that was not asked", func(t *testing.T) {
		report := released(t).take(single(t, "990", "B1*OTHR*LOAD-1**A"))
		require.Len(t, report.Refused, 1)
		require.Equal(t, string(domain.Conflict), report.Refused[0].Code)
	})
}
