package edi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// milestone is the only report of a set on LOAD-1.
func milestone(t *testing.T, l *ledger, body string) (domain.Milestone, []string) {
	t.Helper()
	item := l.only(single(t, "214", body))
	for _, c := range made(t, item) {
		if m, ok := c.(domain.RecordMilestone); ok {
			return m.Milestone, item.Notes
		}
	}
	require.Fail(t, "no milestone")
	return domain.Milestone{}, nil
}

func TestEveryStatusCodeWithAMeaning(t *testing.T) {
	l := released(t)
	for code, want := range map[string]struct {
		kind     string
		stop     int
		estimate bool
	}{
		"XB": {domain.Acknowledged, 0, false}, "X3": {domain.ArrivedPickup, 1, false}, "CP": {domain.Loaded, 1, false},
		"AF": {domain.DepartedPickup, 1, false}, "X6": {domain.EnRoute, 0, false}, "J1": {domain.EnRoute, 0, false},
		"R1": {domain.EnRoute, 0, false}, "X4": {domain.ArrivedTerminal, 0, false}, "P1": {domain.DepartedTerminal, 0, false},
		"X1": {domain.ArrivedDelivery, 2, false}, "D1": {domain.Unloaded, 2, false}, "CD": {domain.DepartedDelivery, 2, false},
		"AG": {domain.Unloaded, 2, true}, "X2": {domain.ArrivedDelivery, 2, true}, "B6": {domain.ArrivedTerminal, 0, true},
		"C1": {domain.DepartedTerminal, 0, true}, "SD": {domain.Delayed, 0, false}, "AH": {domain.Attempted, 2, false},
		"AP": {domain.NotCompleted, 2, false}, "A7": {domain.Refused, 2, false}, "A9": {domain.Damaged, 0, false},
		"A3": {domain.Returned, 0, false}, "AI": {domain.Reconsigned, 0, false}, "CA": {domain.CarrierCancelled, 0, false},
		"OO": {domain.PaperworkOnly, 0, false},
	} {
		m, _ := milestone(t, l, statusBody("AT7*"+code+"*AG***20260211*1030*ET"))
		require.Equal(t, want.kind, m.Kind, code)
		require.Equal(t, want.stop, m.Stop, code)
		require.Equal(t, want.estimate, m.Estimate, code)
		require.Equal(t, "AG", m.Reason, code)
	}
	for code, stop := range map[string]int{"AA": 1, "XA": 1, "EP": 1, "LP": 1, "AB": 2, "X9": 2, "ED": 2, "LD": 2, "AC": 2} {
		m, _ := milestone(t, l, statusBody("AT7***"+code+"*NA*20260211*1030*ET"))
		require.Equal(t, domain.Appointment, m.Kind, code)
		require.Equal(t, stop, m.Stop, code)
		require.Equal(t, code == "AC", m.Estimate, code)
		require.Equal(t, "NA", m.Reason, code)
	}
	require.Len(t, Statuses(), 25, "a new code needs a line here")
	require.Len(t, Appointments(), 9)
}

// A kind that the domain does not know would make every report a dead letter.
func TestTheDomainKnowsEveryMeaning(t *testing.T) {
	for code := range Statuses() {
		l := released(t)
		require.Equal(t, 1, l.accept(single(t, "214", statusBody("AT7*"+code+"*NS***20260211*1030*ET"))).Applied, code)
	}
}

func TestAReportIsRefusedAtItsPlace(t *testing.T) {
	l := released(t)
	for name, c := range map[string]struct{ body, code, place string }{
		"no B10":                   {"LX*1\nAT7*X3*NS***20260210*0800", CodeMissing, "ST 0001 (segment B10 is absent)"},
		"no name":                  {"B10***ACME\nLX*1\nAT7*X3*NS***20260210*0800", CodeMissing, "ST 0001 segment 2 (B10), element 02"},
		"no report":                {"B10*P*LOAD-1*ACME\nLX*1", CodeMissing, "ST 0001 (segment AT7 is absent)"},
		"an unknown shipment":      {"B10*P*LOAD-2*ACME\nLX*1\nAT7*X3*NS***20260210*0800", CodeNotFound, "ST 0001 segment 2 (B10), element 02"},
		"a code without meaning":   {statusBody("AT7*X5*NS***20260210*0800"), CodeUnknownCode, "ST 0001 segment 4 (AT7), element 01"},
		"an appointment without":   {statusBody("AT7***ZZ*NA*20260210*0800"), CodeUnknownCode, "ST 0001 segment 4 (AT7), element 03"},
		"status and appointment":   {statusBody("AT7*X3*NS*AA*NA*20260210*0800"), CodeInvalid, "ST 0001 segment 4 (AT7), element 03"},
		"neither":                  {statusBody("AT7*****20260210*0800"), CodeMissing, "ST 0001 segment 4 (AT7), element 01"},
		"no date":                  {statusBody("AT7*X3*NS****0800"), CodeMissing, "ST 0001 segment 4 (AT7), element 05"},
		"a day that never comes":   {statusBody("AT7*X3*NS***20260230*0800"), CodeInvalid, "ST 0001 segment 4 (AT7), element 05"},
		"an hour that never comes": {statusBody("AT7*X3*NS***20260210*2500"), CodeInvalid, "ST 0001 segment 4 (AT7), element 06"},
		"a zone code nobody knows": {statusBody("AT7*X3*NS***20260210*0800*QQ"), CodeUnknownCode, "ST 0001 segment 4 (AT7), element 07"},
		"a stop that is not there": {statusBody("AT7*X3*NS***20260210*0800*LT", "L11*9*QN"), CodeNotFound, "ST 0001 segment 5 (L11), element 01"},
		"a stop in words":          {statusBody("AT7*X3*NS***20260210*0800*LT", "L11*first*QN"), CodeInvalid, "ST 0001 segment 5 (L11), element 01"},
		"a pickup at a delivery":   {statusBody("AT7*X3*NS***20260210*0800*LT", "L11*2*QN"), CodeDisagrees, "ST 0001 segment 5 (L11), element 01"},
		"an exception unknown":     {statusBody("AT7*D1*NS***20260211*1030*ET", "Q7*Z**3"), CodeUnknownCode, "ST 0001 segment 5 (Q7), element 01"},
	} {
		t.Run(name, func(t *testing.T) {
			no := l.refused(single(t, "214", c.body))
			require.Equal(t, c.code, no.Code, no.Reason)
			require.Equal(t, c.place, no.Place)
		})
	}
}

func TestAPartnersOwnCodes(t *testing.T) {
	l := released(t)
	l.mapper.Options.Statuses = map[string]Status{"X5": {Kind: domain.ArrivedDelivery, At: domain.StopDelivery}}
	m, _ := milestone(t, l, statusBody("AT7*X5*NS***20260211*1000*ET"))
	require.Equal(t, domain.ArrivedDelivery, m.Kind)
	require.Equal(t, 2, m.Stop)
}

func TestTimesAreKeptAsWrittenWithTheirInstant(t *testing.T) {
	l := released(t)
	orlando := newLedger(t) // its delivery stop has no zone
	orlando.accept(single(t, "204", changed("N4*COLUMBUS*OH*43215*US", "N4*ORLANDO*FL*32810*US")))
	for name, c := range map[string]struct {
		ledger               *ledger
		at7, ms1             string
		instant, local, zone string
		note                 string
	}{
		"local to the stop":         {l, "20260211*1030*LT", "", "2026-02-11T15:30:00Z", "2026-02-11T10:30:00", "America/New_York", ""},
		"no code is local":          {l, "20260211*103015", "", "2026-02-11T15:30:15Z", "2026-02-11T10:30:15", "America/New_York", ""},
		"a zone with its seasons":   {l, "20260711*1030*CT", "", "2026-07-11T15:30:00Z", "2026-07-11T10:30:00", "America/Chicago", ""},
		"standard time in summer":   {l, "20260711*1030*ES", "", "2026-07-11T15:30:00Z", "2026-07-11T10:30:00", "-05:00", ""},
		"universal time":            {l, "20260211*1530*UT", "", "2026-02-11T15:30:00Z", "2026-02-11T15:30:00", "UTC", ""},
		"hours east":                {l, "20260211*1530*02", "", "2026-02-11T13:30:00Z", "2026-02-11T15:30:00", "+02:00", ""},
		"a date alone":              {l, "20260211", "", "2026-02-11T00:00:00Z", "2026-02-11", "", ""},
		"two digits of a year":      {l, "260211*1030*UT", "", "2026-02-11T10:30:00Z", "2026-02-11T10:30:00", "UTC", "has two digits"},
		"by the reported state":     {orlando, "20260211*1030*LT", "MS1*ATLANTA*GA*US", "2026-02-11T15:30:00Z", "2026-02-11T10:30:00", "America/New_York", "the only delivery stop"},
		"nowhere to tell it":        {orlando, "20260211*1030*LT", "MS1*ORLANDO*FL*US", "2026-02-11T10:30:00Z", "2026-02-11T10:30:00", "", "kept as written"},
		"twice, clocks set back":    {l, "20261101*0130*LT", "", "2026-11-01T05:30:00Z", "2026-11-01T01:30:00", "America/New_York", "came twice when clocks were set back: 2026-11-01T05:30:00Z"},
		"never, clocks set forward": {l, "20260308*0230*ET", "", "", "2026-03-08T02:30:00", "America/New_York", "was skipped when clocks were set forward"},
	} {
		t.Run(name, func(t *testing.T) {
			m, notes := milestone(t, c.ledger, statusBody("AT7*D1*NS***"+c.at7, strings.Split(c.ms1, "\n")[0:min(1, len(c.ms1))]...))
			if c.instant != "" {
				require.Equal(t, instantOf(t, c.instant), m.At.UTC)
			}
			require.Equal(t, c.local, m.At.Local)
			require.Equal(t, c.zone, m.At.Zone)
			if c.note == "" {
				require.Empty(t, notes)
			} else {
				require.Contains(t, strings.Join(notes, "\n"), c.note)
			}
		})
	}
}

func TestTheStopOfAReport(t *testing.T) {
	l := newLedger(t)
	l.accept(single(t, "204", orderBody+"\nS5*3*PU\nN4*BOSTON*MA*02101*US\nS5*4*LD\nN4*GARY*WI*46402*US"))
	for name, c := range map[string]struct {
		code string
		more []string
		stop int
		note string
	}{
		"named":                         {"D1", []string{"MS1*COLUMBUS*OH", "L11*3*QN"}, 3, ""},
		"by its place":                  {"D1", []string{"MS1*Columbus*oh*US"}, 2, ""},
		"the last delivery":             {"D1", []string{"MS1*ALBANY*NY"}, 3, "tells none of 2 delivery stops: stop 3 is taken"},
		"the first pickup":              {"X3", nil, 1, "tells none of 2 pickup stops: stop 1 is taken"},
		"a city that begins like one":   {"D1", []string{"MS1*COLUMB*OH"}, 3, "is taken"},
		"between stops":                 {"X6", []string{"MS1*COLUMBUS*OH"}, 0, ""},
		"between stops, but named":      {"SD", []string{"L11*2*QN"}, 2, ""},
		"named for a report of no kind": {"A9", []string{"L11*1*QN"}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, notes := milestone(t, l, statusBody("AT7*"+c.code+"*NS***20260211*1030*UT", c.more...))
			require.Equal(t, c.stop, m.Stop)
			if c.note == "" {
				require.Empty(t, notes)
			} else {
				require.Contains(t, strings.Join(notes, "\n"), c.note)
			}
		})
	}
	t.Run("a loop each", func(t *testing.T) {
		item := l.only(single(t, "214", "B10*PRO-7*LOAD-1*ACME\nL11*88*SI\nL11*9*97\nLX*1\nAT7*X1*NS***20260211*0900*LT\nMS1*COLUMBUS*OH\nAT7*D1*NS***20260211*1000*LT\nL11*2*QN\nLX*2\nAT7*X1*NS***20260212*0900*LT\nL11*3*QN"))
		commands := made(t, item)
		require.Equal(t, []string{"AddReference", "AddReference", "RecordMilestone", "RecordMilestone", "RecordMilestone"}, domain.Together(commands).Names())
		require.Equal(t, domain.Reference{Kind: "PRO", Value: "PRO-7"}, commands[0].(domain.AddReference).Reference)
		require.Equal(t, domain.Reference{Kind: "SI", Value: "88"}, commands[1].(domain.AddReference).Reference)
		for i, stop := range []int{2, 2, 3} {
			require.Equal(t, stop, commands[2+i].(domain.RecordMilestone).Stop)
		}
		require.Equal(t, "COLUMBUS, OH", commands[2].(domain.RecordMilestone).Place)
		require.Empty(t, commands[3].(domain.RecordMilestone).Place)
	})
}

func TestOverageShortageAndDamage(t *testing.T) {
	l := released(t)
	body := interchange(t, envelope{control: 1}, written{"214", statusBody("AT7*D1*NS***20260211*1030*LT", "L11*2*QN", "Q7*D*PLT*3", "K1*CRUSHED CORNER")})
	report := l.accept(body)
	require.Equal(t, 1, report.Applied)
	s := l.shipment("LOAD-1")
	require.Equal(t, "exception", s.Status())
	require.Len(t, s.Exceptions, 1)
	require.Equal(t, "osd-D-2-2026-02-11T10:30:00-3", s.Exceptions[0].ID)
	require.Equal(t, domain.ExceptionOther, s.Exceptions[0].Kind)
	require.Equal(t, "D damaged 3 PLT: CRUSHED CORNER", s.Exceptions[0].Detail)

	again := l.accept(interchange(t, envelope{control: 2}, written{"214", statusBody("AT7*D1*NS***20260211*1030*LT", "L11*2*QN", "Q7*D*PLT*3")}))
	require.Equal(t, 1, again.Repeated, "the same damage is raised once")
}

func TestACarriersWeightIsComparedWithTheOrders(t *testing.T) {
	l := released(t)
	for at8, note := range map[string]string{"AT8*G*L*1000*5": "", "AT8*G*K*0": "", "AT8*G*L*1200": "the carrier states 544.311 kg, the order 453.592 kg"} {
		_, notes := milestone(t, l, statusBody("AT7*X6*NS***20260210*0800*UT", at8))
		if note == "" {
			require.Empty(t, notes, at8)
		} else {
			require.Contains(t, strings.Join(notes, "\n"), note)
		}
	}
}

func TestTheMisorderedReport(t *testing.T) {
	l := newLedger(t)
	l.accept(single(t, "204", changed("LOAD-1", "SHP-001")))
	item := l.only(sample(t, "214/dominicfinn-open_tms_lit_B10-misordered.edi"))
	requireNote(t, item, "read as shipment, carrier, PRO")
	requireNote(t, item, `carrier "ABCD" reports on a shipment tendered to ACME`)
	commands := made(t, item)
	require.Equal(t, domain.Reference{Kind: "PRO", Value: "PRO123"}, commands[0].(domain.AddReference).Reference)
	require.Equal(t, domain.Reference{Kind: "SI", Value: "REF-456"}, commands[1].(domain.AddReference).Reference)
	m := commands[2].(domain.RecordMilestone)
	require.Equal(t, domain.DepartedPickup, m.Kind)
	require.Equal(t, 1, m.Stop)
	require.Equal(t, instantOf(t, "2026-04-11T13:00:00Z"), m.At.UTC, "08:00 in Chicago")
	require.Equal(t, "2026-04-11T14:30:00", m.ReportedAt.Local)
}

func TestTheRealCarriersDay(t *testing.T) {
	body := string(sample(t, "214/jftech-omniparser_canadapost_214.txt"))
	l := newLedger(t)
	// The one parcel is on its way, is attempted and is delivered: sets 4, 2
	// and 5 of the file, told about one order.
	for _, id := range []string{"4343638098050296", "4343638098146166", "4343638098181877"} {
		l.accept(interchange(t, envelope{control: 1}, written{"204", changed("LOAD-1", id)}))
	}
	report := l.take([]byte(body))
	require.Len(t, report.Refused, 16)
	require.Equal(t, 3, report.Applied)
	attempted := l.shipment("4343638098050296")
	m, ok := attempted.Actual(2, domain.Attempted)
	require.True(t, ok)
	require.Equal(t, instantOf(t, "2019-11-02T23:25:00Z"), m.At.UTC, "16:25 Pacific, daylight time")
	require.Equal(t, "delivered", l.shipment("4343638098146166").Status())
	m, ok = l.shipment("4343638098181877").Actual(1, domain.DepartedPickup)
	require.True(t, ok)
	require.Equal(t, "-06:00", m.At.Zone, "CS is standard time")
}

func TestZonesOfStatesAreReal(t *testing.T) {
	seen := map[string]bool{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			zone := zoneOf(fmt.Sprintf("%c%c", a, b), "")
			if zone == "" || seen[zone] {
				continue
			}
			seen[zone] = true
			_, err := time.LoadLocation(zone)
			require.NoError(t, err)
		}
	}
	require.Len(t, seen, 11)
	for _, several := range []string{"AK", "AZ", "FL", "ID", "IN", "KS", "KY", "MI", "ND", "NE", "NV", "OR", "SD", "TN", "TX", "BC", "NL", "NT", "NU", "ON", "QC", "SK"} {
		require.Empty(t, zoneOf(several, "US"), several)
		require.Empty(t, zoneOf(several, "CA"), several)
	}
	require.Equal(t, "America/Chicago", zoneOf("wi", "usa"))
	require.Empty(t, zoneOf("NC", "MX"))
}
