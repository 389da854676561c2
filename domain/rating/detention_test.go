package rating

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// onTheClock reads a moment in UTC, "2026-03-02 08:00" or with seconds.
func onTheClock(text string) Instant {
	layout := time.DateTime[:min(len(text), len(time.DateTime))]
	t, err := time.Parse(layout, text)
	if err != nil {
		panic(err)
	}
	return Instant{UTC: t}
}

func byELD(text string) Report { return Report{onTheClock(text), "eld"} }

// standing is a stop with both its timestamps.
func standing(seq int, kind, arrived, departed string) Stop {
	return Stop{Seq: seq, Kind: kind, Arrive: byELD(arrived), Depart: byELD(departed)}
}

func lost(reason, from, until string) Delay {
	return Delay{Window{onTheClock(from), onTheClock(until)}, reason}
}

// publishedTerms are those that FWCC, Inc. published in 2006: detention after
// two hours free at $50 an hour in increments of 15 minutes; layover after nine
// hours at $350 a night; extra stops at $100, 175, 250 and 325; redelivery at
// $1.50 a mile and at least $150; reconsignment at $125.
func publishedTerms() Agreement {
	return Agreement{
		Agreement: "FWCC", Version: "2006", Currency: "USD", From: "2006-01-01",
		Round: Round{money.HalfUp, MustDecimal("0.01")},
		Lanes: []Lane{{Lane: "any", Linehaul: Linehaul{Per: Flat, Rate: MustDecimal("1000")}}},
		Accessorials: []Accessorial{
			{
				Code: "DET", Name: "Detention", Trigger: TriggerDetention,
				Price: Price{Per: PerHour, Rate: MustDecimal("50")},
				Time: &Time{
					FreeMinutes: 120, IncrementMinutes: 15, LayoverAfter: 540,
					Admissible: []string{"eld", "gps"}, CarrierReasons: []string{"AH", "AI"},
				},
			},
			{Code: "LAY", Name: "Layover", Trigger: TriggerLayover, Price: Price{Per: PerNight, Rate: MustDecimal("350")}},
			{Code: "SOC", Name: "Extra stop", Trigger: TriggerStopOff, Price: Price{Per: PerStop, Tiers: []Break{
				{MustDecimal("1"), MustDecimal("100")}, {MustDecimal("2"), MustDecimal("175")},
				{MustDecimal("3"), MustDecimal("250")}, {MustDecimal("4"), MustDecimal("325")},
			}}},
			{Code: "RCL", Name: "Redelivery", Trigger: TriggerRedelivery, Price: Price{Per: PerMile, Rate: MustDecimal("1.50"), Minimum: MustDecimal("150")}},
			{Code: "RCC", Name: "Reconsignment", Trigger: TriggerReconsigned, Price: Price{Rate: MustDecimal("125")}},
			{Code: "LUM", Name: "Lumper", Trigger: TriggerPassThrough, Fee: MustDecimal("10")},
			{Code: "VOR", Name: "Truck ordered, not used", Trigger: TriggerNotUsed, Price: Price{Rate: MustDecimal("250")}},
			{Code: "LFT", Name: "Liftgate", Trigger: TriggerService, Price: Price{Per: PerPiece, Rate: MustDecimal("12.50"), Minimum: MustDecimal("40"), Maximum: MustDecimal("100")}},
		},
	}
}

// timeTerms changes the terms of detention.
func timeTerms(change func(*Time)) Agreement {
	a := publishedTerms()
	change(a.Accessorials[0].Time)
	return a
}

// priced rates the accessorials under terms that must be in order; what each
// sheet states must follow from it.
func priced(t require.TestingT, a Agreement, f Facts, m moved) (amounts map[string]string, notes, missing []string) {
	require.NoError(t, a.Check())
	charges, noted, lacking := a.accessorials(f, m)
	amounts = map[string]string{}
	for _, c := range charges {
		again, err := c.Derivation.Verify(a.Currency)
		require.NoError(t, err, c.Charge)
		require.Equal(t, c.Amount, again, c.Charge)
		require.NotContains(t, amounts, c.Charge)
		amounts[c.Charge] = c.Amount.Format()
	}
	for _, n := range noted {
		notes = append(notes, n.Clause+", "+n.Text)
	}
	for _, n := range lacking {
		missing = append(missing, n.Clause+", "+n.Text)
	}
	return amounts, notes, missing
}

func TestThePublishedTermsAsAWorkedExample(t *testing.T) {
	// Given a pickup of 4 h 20 min, three extra stops within free time and a
	// delivery that takes from ten in the evening until ten past nine
	pickup := standing(1, "pickup", "2026-03-02 08:00", "2026-03-02 12:20")
	pickup.From = onTheClock("2026-03-02 08:00")
	f := Facts{
		Stops: []Stop{
			pickup,
			standing(2, "pickup", "2026-03-02 14:00", "2026-03-02 15:35"),
			standing(3, "delivery", "2026-03-02 17:00", "2026-03-02 18:00"),
			standing(4, "delivery", "2026-03-02 19:00", "2026-03-02 20:00"),
			standing(5, "delivery", "2026-03-02 22:00", "2026-03-03 09:10"),
		},
		Services: []Service{
			{Service: "S1", Code: "RCL", Miles: MustDecimal("80")},
			{Service: "S2", Code: "RCL", Miles: MustDecimal("140.4")},
			{Service: "S3", Code: "RCC"},
		},
	}
	// When it is priced
	amounts, notes, missing := priced(t, publishedTerms(), f, moved{})
	// Then the amounts are those computed by hand
	require.Empty(t, missing)
	require.Equal(t, map[string]string{
		"DET-1":  "112.50", // 260 − 120 = 140 min, 9 quarters of an hour: 2.25 h × 50
		"DET-5":  "350.00", // until 540 min: 540 − 120 = 420 min, 7 h × 50
		"LAY-5":  "350.00", // 670 − 540 = 130 min, one night begun
		"SOC-2":  "100.00",
		"SOC-3":  "175.00",
		"SOC-4":  "250.00",
		"RCL-S1": "150.00", // 80 × 1.50 = 120, below the minimum
		"RCL-S2": "210.60", // 140.4 × 1.50
		"RCC-S3": "125.00",
	}, amounts)
	// And the time that is not charged is told
	require.Contains(t, notes, "accessorial DET, stop 2: 95 minutes within 120 free")
	require.Contains(t, notes, "accessorial LAY, stop 1: 260 minutes, layover begins after 540")
}

func TestASheetExplainsEveryMinute(t *testing.T) {
	stop := standing(2, "delivery", "2026-03-02 07:30", "2026-03-02 12:45")
	stop.From, stop.Until = onTheClock("2026-03-02 08:00"), onTheClock("2026-03-02 09:00")
	stop.Delays = []Delay{lost("AH", "2026-03-02 09:00", "2026-03-02 09:20")}
	a := timeTerms(func(t *Time) { t.MaxMinutes = 120 })
	charges, _, missing := a.accessorials(Facts{Stops: []Stop{stop}}, moved{})
	require.Empty(t, missing)
	require.Len(t, charges, 1)
	require.Equal(t, "DET-2", charges[0].Charge)
	require.Equal(t, KindAccessorial, charges[0].Kind)
	require.Equal(t, "100.00 USD", charges[0].Amount.String())
	require.Equal(t, `accessorial DET
0   arrived, minutes of 2026-03-02 UTC                                                  given                 450  fact stops/2/arrived 2026-03-02T07:30:00Z eld
1   appointment, minutes of 2026-03-02 UTC                                              given                 480  fact stops/2/from 2026-03-02T08:00:00Z
2   time starts, minutes of 2026-03-02 UTC                                              greatest of 450, 480  480
3   departed, minutes of 2026-03-02 UTC                                                 given                 765  fact stops/2/departed 2026-03-02T12:45:00Z eld
4   minutes from start to end                                                           765 − 480             285
5   the carrier's own delay, minutes from 2026-03-02T09:00:00Z to 2026-03-02T09:20:00Z  given                 20   fact stops/2/delays
6   minutes that count                                                                  285 − 20              265
7   free minutes                                                                        given                 120  accessorial DET/time/free_minutes
8   layover begins after, minutes                                                       given                 540  accessorial DET/time/layover_after
9   minutes before layover                                                              least of 265, 540     265
10  minutes to charge                                                                   265 − 120             145
11  most minutes before layover                                                         540 − 120             420
12  minutes in increments                                                               145 down to 15        135
13  minutes in increments, within the boundary                                          least of 135, 420     135
14  most minutes that are charged                                                       given                 120  accessorial DET/time/max_minutes
15  minutes charged, capped                                                             least of 135, 120     120
16  minutes in an hour                                                                  given                 60   definition 1 h = 60 min
17  hours                                                                               120 ÷ 60              2
18  rate per hour                                                                       given                 50   accessorial DET/price/rate
19  price                                                                               2 × 50                100
20  amount                                                                              100 half-up to 0.01   100
`, charges[0].Derivation.Text())
}

func TestRule19DetentionNeedsBothTimestampsFromAnAdmissibleSourceAndExcludesTheCarriersOwnDelay(t *testing.T) {
	whole := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 12:00")
	for name, test := range map[string]struct {
		stop    func(*Stop)
		amount  string
		missing []string
	}{
		"both timestamps by eld":          {stop: func(*Stop) {}, amount: "100.00"}, // 240 − 120 = 2 h
		"by two admissible sources":       {stop: func(s *Stop) { s.Arrive.Source = "gps" }, amount: "100.00"},
		"no arrival":                      {stop: func(s *Stop) { s.Arrive = Report{} }, missing: []string{"no report of the arrival; only eld, gps counts"}},
		"no departure":                    {stop: func(s *Stop) { s.Depart = Report{} }, missing: []string{"no report of the departure; only eld, gps counts"}},
		"neither":                         {stop: func(s *Stop) { s.Arrive, s.Depart = Report{}, Report{} }, missing: []string{"no report of the arrival; only eld, gps counts", "no report of the departure; only eld, gps counts"}},
		"an arrival that the driver says": {stop: func(s *Stop) { s.Arrive.Source = "driver" }, missing: []string{"the arrival is reported by driver; only eld, gps counts"}},
		"a departure that nobody says":    {stop: func(s *Stop) { s.Depart.Source = "" }, missing: []string{"the departure is reported by nobody named; only eld, gps counts"}},
		"the driver's own delay":          {stop: delayed(lost("AH", "2026-03-02 09:00", "2026-03-02 10:00")), amount: "50.00"},
		"delays that overlap, once":       {stop: delayed(lost("AH", "2026-03-02 09:00", "2026-03-02 09:45"), lost("AI", "2026-03-02 09:15", "2026-03-02 10:00")), amount: "50.00"},
		"the same delay twice, once":      {stop: delayed(lost("AH", "2026-03-02 09:00", "2026-03-02 10:00"), lost("AH", "2026-03-02 09:00", "2026-03-02 10:00")), amount: "50.00"},
		"a delay beyond the stay":         {stop: delayed(lost("AH", "2026-03-02 06:00", "2026-03-02 09:00"), lost("AI", "2026-03-02 11:30", "2026-03-02 15:00")), amount: "25.00"},
		"the consignee's delay counts":    {stop: delayed(lost("AG", "2026-03-02 09:00", "2026-03-02 10:00")), amount: "100.00"},
		"a delay without its end":         {stop: delayed(Delay{Window{From: onTheClock("2026-03-02 09:00")}, "AH"}), missing: []string{"the carrier's own delay AH: the beginning or the end is not known"}},
		"a delay that ends before it begins": {stop: delayed(lost("AH", "2026-03-02 10:00", "2026-03-02 09:00")), missing: []string{
			"the carrier's own delay AH: the end at 2026-03-02T09:00:00Z is before the beginning at 2026-03-02T10:00:00Z",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			stop := whole
			test.stop(&stop)
			amounts, _, missing := priced(t, publishedTerms(), Facts{Stops: []Stop{stop}}, moved{})
			if test.amount != "" {
				require.Equal(t, map[string]string{"DET-1": test.amount}, amounts)
				require.Empty(t, missing)
				return
			}
			require.Empty(t, amounts)
			var want []string
			for _, code := range []string{"LAY", "DET"} {
				for _, text := range test.missing {
					want = append(want, "accessorial "+code+", stop 1: "+text)
				}
			}
			require.Equal(t, want, missing)
		})
	}
}

func delayed(delays ...Delay) func(*Stop) {
	return func(s *Stop) { s.Delays = delays }
}

func TestRule20DetentionIsNeverNegativeIsCappedAndTurnsIntoLayover(t *testing.T) {
	for name, test := range map[string]struct {
		terms              func(*Time)
		arrived, departed  string
		detention, layover string
		note               string
	}{
		"within free time":              {arrived: "08:00", departed: "09:35", note: "95 minutes within 120 free"},
		"exactly the free time":         {arrived: "08:00", departed: "10:00", note: "120 minutes within 120 free"},
		"fractions of a second are":     {arrived: "08:00:00", departed: "10:00:00.500", note: "120 minutes within 120 free"},
		"less than an increment":        {arrived: "08:00", departed: "10:14", note: "14 minutes are less than an increment"},
		"a begun increment":             {terms: func(t *Time) { t.IncrementRound = money.Up }, arrived: "08:00", departed: "10:01", detention: "12.50"},
		"departed before it arrived":    {arrived: "08:00", departed: "07:00", note: "the departure at 2026-03-02T07:00:00Z is not after the arrival at 2026-03-02T08:00:00Z: no time to count"},
		"departed as it arrived":        {arrived: "08:00", departed: "08:00", note: "the departure at 2026-03-02T08:00:00Z is not after the arrival at 2026-03-02T08:00:00Z: no time to count"},
		"capped":                        {terms: func(t *Time) { t.MaxMinutes = 90 }, arrived: "08:00", departed: "12:00", detention: "75.00"},
		"just before layover":           {arrived: "08:00", departed: "16:59", detention: "337.50"}, // 419 min, 27 quarters
		"at the boundary":               {arrived: "08:00", departed: "17:00", detention: "350.00"}, // 420 min
		"a minute of layover":           {arrived: "08:00", departed: "17:01", detention: "350.00", layover: "350.00"},
		"a begun increment at the edge": {terms: func(t *Time) { t.IncrementMinutes, t.IncrementRound = 50, money.Up }, arrived: "08:00", departed: "17:01", detention: "350.00", layover: "350.00"},
		"seconds are not lost":          {terms: func(t *Time) { t.IncrementMinutes, t.FreeMinutes = 1, 0 }, arrived: "08:00:30", departed: "09:00:31", detention: "50.00"},
		"a second less is a unit less":  {terms: func(t *Time) { t.IncrementMinutes, t.FreeMinutes = 1, 0 }, arrived: "08:00:30", departed: "09:00:29", detention: "49.17"}, // 59 min
	} {
		t.Run(name, func(t *testing.T) {
			if test.terms == nil {
				test.terms = func(*Time) {}
			}
			stop := standing(1, "delivery", "2026-03-02 "+test.arrived, "2026-03-02 "+test.departed)
			amounts, notes, missing := priced(t, timeTerms(test.terms), Facts{Stops: []Stop{stop}}, moved{})
			require.Empty(t, missing)
			require.Equal(t, test.detention, amounts["DET-1"])
			require.Equal(t, test.layover, amounts["LAY-1"])
			if test.note != "" {
				require.Contains(t, notes, "accessorial DET, stop 1: "+test.note)
			}
		})
	}
}

func TestALayoverNightIsEachBegun24HoursFromTheBoundary(t *testing.T) {
	for departed, want := range map[string]string{
		"2026-03-02 17:00": "",        // the boundary itself
		"2026-03-02 17:01": "350.00",  // begun
		"2026-03-03 17:00": "350.00",  // 24 hours
		"2026-03-03 17:01": "700.00",  // 24 hours and a minute
		"2026-03-05 09:00": "1050.00", // 64 hours
	} {
		stop := standing(1, "delivery", "2026-03-02 08:00", departed)
		amounts, _, _ := priced(t, publishedTerms(), Facts{Stops: []Stop{stop}}, moved{})
		require.Equal(t, want, amounts["LAY-1"], departed)
		require.Equal(t, "350.00", amounts["DET-1"], departed)
	}
}

func TestRule21DetentionAndLayoverNeverCoverTheSameInterval(t *testing.T) {
	stop := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 20:00") // 720 min
	for name, test := range map[string]struct {
		detention, layover Time
		want               map[string]string
	}{
		"one boundary in both": {
			Time{FreeMinutes: 120, LayoverAfter: 540}, Time{LayoverAfter: 540},
			map[string]string{"DET-1": "420.00", "LAY-1": "180.00"},
		},
		"only detention names it": {
			Time{FreeMinutes: 120, LayoverAfter: 540}, Time{},
			map[string]string{"DET-1": "420.00", "LAY-1": "180.00"},
		},
		"only layover names it": {
			Time{FreeMinutes: 120}, Time{LayoverAfter: 540},
			map[string]string{"DET-1": "420.00", "LAY-1": "180.00"},
		},
		"layover begins earlier than detention says": {
			Time{FreeMinutes: 120, LayoverAfter: 600}, Time{LayoverAfter: 540},
			map[string]string{"DET-1": "420.00", "LAY-1": "180.00"},
		},
		"layover begins later than detention ends": {
			Time{FreeMinutes: 120, LayoverAfter: 540}, Time{LayoverAfter: 600},
			map[string]string{"DET-1": "420.00", "LAY-1": "120.00"},
		},
		"the clock of detention starts later": {
			// from 10:00 it would reach its 540 minutes at 19:00; the layover
			// began at 17:00
			Time{FreeMinutes: 120, LayoverAfter: 540}, Time{LayoverAfter: 540, Starts: FromArrival},
			map[string]string{"DET-1": "300.00", "LAY-1": "180.00"},
		},
		"free time of the layover's own is longer": {
			Time{FreeMinutes: 120, LayoverAfter: 540}, Time{FreeMinutes: 600},
			map[string]string{"DET-1": "420.00", "LAY-1": "120.00"},
		},
		"detention does not come back while layover is closed": {
			// from 11:30, free until 13:30, and its 240 minutes would end at
			// 15:30; the layover's are over at 12:00, and it runs from 14:00
			// to 15:00
			Time{FreeMinutes: 120, LayoverAfter: 540}, Time{LayoverAfter: 240, Starts: FromArrival, OpenHoursOnly: true},
			map[string]string{"DET-1": "30.00", "LAY-1": "60.00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			// At a dollar a minute the amounts are the minutes
			a := publishedTerms()
			a.Accessorials[0].Time, a.Accessorials[1].Time = &test.detention, &test.layover
			for i := range a.Accessorials[:2] {
				a.Accessorials[i].Price = Price{Per: PerHour, Rate: MustDecimal("60")}
			}
			stop := stop
			if test.layover.Starts == FromArrival {
				stop.From = onTheClock("2026-03-02 10:00")
			}
			if test.layover.OpenHoursOnly {
				stop.From = onTheClock("2026-03-02 11:30")
				openFrom("08:00", "12:00", "14:00", "15:00")(&stop)
			}
			amounts, _, missing := priced(t, a, Facts{Stops: []Stop{stop}}, moved{})
			require.Empty(t, missing)
			require.Equal(t, test.want, amounts)
		})
	}
}

func TestWhenTheClockStartsAndEnds(t *testing.T) {
	for name, test := range map[string]struct {
		terms func(*Time)
		stop  func(*Stop)
		want  string // of 240 minutes from 08:00 to 12:00, 120 of them free
		note  string
	}{
		"early, from the appointment":         {stop: appointment("09:00", ""), want: "50.00"}, // 180 − 120
		"early, from the arrival":             {terms: func(t *Time) { t.Starts = FromArrival }, stop: appointment("09:00", ""), want: "100.00"},
		"early, from the window":              {terms: func(t *Time) { t.Starts = FromWindow }, stop: appointment("09:00", ""), want: "50.00"},
		"within the window":                   {stop: appointment("07:00", "09:00"), want: "100.00"},
		"late, counts":                        {stop: appointment("06:00", "07:00"), want: "100.00"},
		"late, from the window":               {terms: func(t *Time) { t.Starts = FromWindow }, stop: appointment("07:00", "07:30"), want: "150.00"}, // an hour of free time was gone
		"late by hours, from the window":      {terms: func(t *Time) { t.Starts = FromWindow }, stop: appointment("03:00", ""), want: "200.00"},      // never more than the stay
		"late, forfeits":                      {terms: func(t *Time) { t.LateArrival = LateForfeit }, stop: appointment("06:00", "07:15"), note: "the arrival at 2026-03-02T08:00:00Z is 45 minutes after the appointment: the agreement forfeits the time"},
		"late for a fixed time, forfeits":     {terms: func(t *Time) { t.LateArrival = LateForfeit }, stop: appointment("07:59", ""), note: "the arrival at 2026-03-02T08:00:00Z is 1 minutes after the appointment: the agreement forfeits the time"},
		"at the end of the window, in time":   {terms: func(t *Time) { t.LateArrival = LateForfeit }, stop: appointment("06:00", "08:00"), want: "100.00"},
		"no appointment is never late":        {terms: func(t *Time) { t.LateArrival = LateForfeit }, stop: func(*Stop) {}, want: "100.00"},
		"departed before the appointment":     {stop: appointment("13:00", ""), note: "the departure at 2026-03-02T12:00:00Z is not after 2026-03-02T13:00:00Z, from when time counts"},
		"until unloaded":                      {terms: func(t *Time) { t.Ends = ToWorked }, stop: func(s *Stop) { s.Worked = byELD("2026-03-02 11:00") }, want: "50.00"},
		"opening hours only":                  {terms: func(t *Time) { t.OpenHoursOnly = true }, stop: openFrom("06:00", "09:00", "10:00", "11:30", "11:00", "15:00"), want: "50.00"},                                                  // 60 + 120
		"the carrier's delay while it closed": {terms: func(t *Time) { t.OpenHoursOnly = true }, stop: both(openFrom("06:00", "09:00", "10:00", "15:00"), delayed(lost("AH", "2026-03-02 08:30", "2026-03-02 10:00"))), want: "25.00"}, // 180 − 30
	} {
		t.Run(name, func(t *testing.T) {
			if test.terms == nil {
				test.terms = func(*Time) {}
			}
			stop := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 12:00")
			test.stop(&stop)
			amounts, notes, missing := priced(t, timeTerms(test.terms), Facts{Stops: []Stop{stop}}, moved{})
			require.Empty(t, missing)
			require.Equal(t, test.want, amounts["DET-1"])
			if test.note != "" {
				require.Contains(t, notes, "accessorial DET, stop 1: "+test.note)
			}
		})
	}
}

func appointment(from, until string) func(*Stop) {
	return func(s *Stop) {
		s.From = onTheClock("2026-03-02 " + from)
		if until != "" {
			s.Until = onTheClock("2026-03-02 " + until)
		}
	}
}

func openFrom(times ...string) func(*Stop) {
	return func(s *Stop) {
		for i := 0; i < len(times); i += 2 {
			s.Open = append(s.Open, Window{onTheClock("2026-03-02 " + times[i]), onTheClock("2026-03-02 " + times[i+1])})
		}
	}
}

func both(f, g func(*Stop)) func(*Stop) {
	return func(s *Stop) { f(s); g(s) }
}

func TestWhatTheTermsNeedAndNobodyKnowsIsMissing(t *testing.T) {
	stop := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 12:00")
	for name, test := range map[string]struct {
		terms func(*Time)
		stop  func(*Stop)
		want  string
	}{
		"appointment":            {func(t *Time) { t.Starts = FromWindow }, func(*Stop) {}, "no appointment, from which time counts"},
		"opening hours":          {func(t *Time) { t.OpenHoursOnly = true }, func(*Stop) {}, "no opening hours, within which time counts"},
		"the end of opening":     {func(t *Time) { t.OpenHoursOnly = true }, func(s *Stop) { s.Open = []Window{{From: s.Arrive.Instant}} }, "opening hours: the beginning or the end is not known"},
		"when it was unloaded":   {func(t *Time) { t.Ends = ToWorked }, func(*Stop) {}, "no report of the end of loading or unloading; only eld, gps counts"},
		"who says it's unloaded": {func(t *Time) { t.Ends = ToWorked }, func(s *Stop) { s.Worked = Report{s.Depart.Instant, "driver"} }, "the end of loading or unloading is reported by driver; only eld, gps counts"},
	} {
		t.Run(name, func(t *testing.T) {
			stop := stop
			test.stop(&stop)
			amounts, _, missing := priced(t, timeTerms(test.terms), Facts{Stops: []Stop{stop}}, moved{})
			require.Empty(t, amounts)
			require.Equal(t, []string{"accessorial LAY, stop 1: " + test.want, "accessorial DET, stop 1: " + test.want}, missing)
		})
	}
}

func TestAStayOverTheChangeOfClocksHasItsRealMinutes(t *testing.T) {
	at := func(local string) Report { // as a stop in Chicago reports it
		zone, err := time.LoadLocation("America/Chicago")
		require.NoError(t, err)
		read, err := time.Parse("2006-01-02 15:04 MST", local)
		require.NoError(t, err)
		offset := map[string]int{"CST": 6, "CDT": 5}[local[len(local)-3:]]
		moment := time.Date(read.Year(), read.Month(), read.Day(), read.Hour()+offset, read.Minute(), 0, 0, time.UTC).In(zone)
		require.Equal(t, local, moment.Format("2006-01-02 15:04 MST"), "such a local time exists")
		return Report{Instant{moment, local, "America/Chicago"}, "eld"}
	}
	for name, test := range map[string]struct{ arrived, departed, want string }{
		// The clock shows four hours, three have passed: an hour to charge.
		"in spring": {"2026-03-08 00:30 CST", "2026-03-08 04:30 CDT", "50.00"},
		// It shows three hours, four have passed.
		"in autumn": {"2026-11-01 00:30 CDT", "2026-11-01 03:30 CST", "100.00"},
	} {
		t.Run(name, func(t *testing.T) {
			stop := Stop{Seq: 1, Kind: "delivery", Arrive: at(test.arrived), Depart: at(test.departed)}
			amounts, _, missing := priced(t, publishedTerms(), Facts{Stops: []Stop{stop}}, moved{})
			require.Empty(t, missing)
			require.Equal(t, map[string]string{"DET-1": test.want}, amounts)
		})
	}
}

func TestDetentionAtPickupsAndAtDeliveriesMayDiffer(t *testing.T) {
	a := publishedTerms()
	at := a.Accessorials[0]
	at.Code, at.At, at.Price.Rate = "DTL", "pickup", MustDecimal("40")
	a.Accessorials[0].Code, a.Accessorials[0].At = "DTU", "delivery"
	a.Accessorials = append(a.Accessorials, at)
	amounts, _, _ := priced(t, a, Facts{Stops: []Stop{
		standing(1, "pickup", "2026-03-02 08:00", "2026-03-02 12:00"),
		standing(2, "delivery", "2026-03-03 08:00", "2026-03-03 12:00"),
	}}, moved{})
	require.Equal(t, map[string]string{"DTL-1": "80.00", "DTU-2": "100.00"}, amounts)
}

func TestASheetStaysReadableHoweverManyDelaysThereAre(t *testing.T) {
	// Given a stay of 400 minutes that lost each other minute of the last 280
	stop := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 14:40")
	for i := range 140 {
		at := onTheClock("2026-03-02 10:00").UTC.Add(time.Duration(2*i) * time.Minute)
		stop.Delays = append(stop.Delays, Delay{Window{Instant{UTC: at}, Instant{UTC: at.Add(time.Minute)}}, "AH"})
	}
	amounts, _, missing := priced(t, publishedTerms(), Facts{Stops: []Stop{stop}}, moved{})
	require.Empty(t, missing)
	require.Equal(t, map[string]string{"DET-1": "112.50"}, amounts) // 140 min, 9 quarters
	charges, _, _ := publishedTerms().accessorials(Facts{Stops: []Stop{stop}}, moved{})
	require.Contains(t, charges[0].Derivation.Text(), "the carrier's own delay, minutes in 140 stretches")
}

func TestAnAmountBeyondAnyUseIsMissingAndNoCharge(t *testing.T) {
	a := publishedTerms()
	a.Accessorials[0].Price.Rate = MustDecimal("999999999999999")
	amounts, _, missing := priced(t, a, Facts{Stops: []Stop{standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 13:00")}}, moved{})
	require.Empty(t, amounts)
	require.Len(t, missing, 1)
	require.Contains(t, missing[0], "accessorial DET, stop 1: no amount: ")
}
