package rating

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

// The properties hold for terms and stays of any kind. Moments are minutes of
// one week, so that a second, plain way of counting can go minute by minute.

const week = 7 * 24 * 60

func minuteOf(n int) Instant {
	return Instant{UTC: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)}
}

func anyWindow() *rapid.Generator[Window] {
	return rapid.Custom(func(t *rapid.T) Window {
		from := rapid.IntRange(0, week).Draw(t, "from")
		return Window{minuteOf(from), minuteOf(from + rapid.IntRange(0, 900).Draw(t, "long"))}
	})
}

func anyDelay() *rapid.Generator[Delay] {
	return rapid.Custom(func(t *rapid.T) Delay {
		return Delay{anyWindow().Draw(t, "delay"), rapid.SampledFrom([]string{"AH", "AI", "AG"}).Draw(t, "reason")}
	})
}

func anyStay() *rapid.Generator[Stop] {
	return rapid.Custom(func(t *rapid.T) Stop {
		arrived := rapid.IntRange(0, week/2).Draw(t, "arrived")
		s := Stop{
			Seq: 2, Kind: "delivery", Arrive: Report{minuteOf(arrived), "eld"},
			Depart: Report{minuteOf(arrived + rapid.IntRange(1, week/2).Draw(t, "dwell")), "eld"},
			Open:   rapid.SliceOfN(anyWindow(), 1, 6).Draw(t, "open"),
			Delays: rapid.SliceOfN(anyDelay(), 0, 5).Draw(t, "delays"),
		}
		s.Worked = s.Depart
		if rapid.Bool().Draw(t, "by appointment") {
			from := arrived + rapid.IntRange(-400, 400).Draw(t, "appointment")
			s.From, s.Until = minuteOf(from), minuteOf(from+rapid.IntRange(0, 120).Draw(t, "window"))
		}
		return s
	})
}

func anyTerms() *rapid.Generator[Time] {
	return rapid.Custom(func(t *rapid.T) Time {
		terms := Time{
			FreeMinutes:      rapid.IntRange(0, 180).Draw(t, "free"),
			IncrementMinutes: rapid.SampledFrom([]int{0, 1, 15, 30, 60}).Draw(t, "increment"),
			IncrementRound:   rapid.SampledFrom([]money.Rounding{"", money.Down, money.HalfUp, money.Up}).Draw(t, "rounding"),
			Starts:           rapid.SampledFrom([]ClockStart{"", FromArrivalOrWindow, FromArrival}).Draw(t, "starts"),
			Ends:             rapid.SampledFrom([]ClockEnd{"", ToDeparture, ToWorked}).Draw(t, "ends"),
			LateArrival:      rapid.SampledFrom([]LateArrival{"", LateCounts, LateForfeit}).Draw(t, "late"),
			OpenHoursOnly:    rapid.Bool().Draw(t, "open hours only"),
			CarrierReasons:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"AH", "AI"}), 0, 2, rapid.ID[string]).Draw(t, "own"),
			MaxMinutes:       rapid.SampledFrom([]int{0, 0, 240, 480}).Draw(t, "most"),
		}
		if rapid.Bool().Draw(t, "layover") {
			terms.LayoverAfter = terms.FreeMinutes + rapid.IntRange(1, 900).Draw(t, "after")
		}
		return terms
	})
}

// timed are two accessorials at a price each, detention by the hour.
func timed(t *rapid.T, detention, layover Time) Agreement {
	a := publishedTerms()
	a.Accessorials = a.Accessorials[:2]
	a.Accessorials[0].Time, a.Accessorials[1].Time = &detention, &layover
	a.Accessorials[0].Price.Rate = MustDecimal(rapid.StringMatching(`[1-9][0-9]?\.[0-9][0-9]`).Draw(t, "rate"))
	a.Accessorials[1].Price.Rate = MustDecimal(rapid.StringMatching(`[1-9][0-9]{0,2}`).Draw(t, "per night"))
	a.Accessorials[1].Price.Per = rapid.SampledFrom([]Unit{PerNight, PerHour, Flat}).Draw(t, "layover per")
	return a
}

// anyTimed are terms of which detention and layover may count differently.
func anyTimed(t *rapid.T) Agreement {
	detention, layover := anyTerms().Draw(t, "detention"), anyTerms().Draw(t, "layover")
	if layover.LayoverAfter == 0 {
		layover.LayoverAfter = layover.FreeMinutes + 1
	}
	return timed(t, detention, layover)
}

// alikeTimed are terms of which the clock is the same for both.
func alikeTimed(t *rapid.T) Agreement {
	detention := anyTerms().Draw(t, "detention")
	detention.LayoverAfter = detention.FreeMinutes + rapid.IntRange(1, 900).Draw(t, "boundary")
	layover := detention
	layover.FreeMinutes, layover.MaxMinutes = 0, 0
	layover.IncrementMinutes = rapid.SampledFrom([]int{0, 15, 60}).Draw(t, "layover increment")
	return timed(t, detention, layover)
}

// counted are the minutes that a charge's sheet counts before they are brought
// into increments.
func counted(t require.TestingT, c Charge) int {
	for _, step := range slices.Backward(c.Derivation.Steps) {
		if step.Label == "minutes left to charge" || step.Label == "minutes to charge" {
			n, err := parseNumber(step.Value)
			require.NoError(t, err)
			require.Zero(t, n.places)
			return int(n.coef)
		}
	}
	require.Fail(t, "no minutes are counted", c.Charge)
	return 0
}

// byTheMinute counts the plain way: each minute from the start is looked at
// once. It gives those that run at the stop, and those of free time that went
// by before the arrival.
func byTheMinute(terms Time, s Stop) (present []time.Time, absent int) {
	at := func(m time.Time, w Window) bool { return !m.Before(w.From.UTC) && m.Before(w.Until.UTC) }
	start := s.Arrive.UTC
	if !s.From.IsZero() && (terms.Starts == FromWindow || terms.Starts != FromArrival && s.From.UTC.After(start)) {
		start = s.From.UTC
	}
	for m := start; m.Before(s.Depart.UTC); m = m.Add(time.Minute) {
		own := slices.ContainsFunc(s.Delays, func(d Delay) bool { return slices.Contains(terms.CarrierReasons, d.Reason) && at(m, d.Window) })
		open := !terms.OpenHoursOnly || slices.ContainsFunc(s.Open, func(w Window) bool { return at(m, w) })
		switch {
		case own || !open:
		case m.Before(s.Arrive.UTC):
			absent++
		default:
			present = append(present, m)
		}
	}
	return present, absent
}

// cut gives what is left of a list between two places that may lie beyond it.
func cut(list []time.Time, from, until int) []time.Time {
	return list[min(from, len(list)):max(min(from, len(list)), min(until, len(list)))]
}

func TestPropertyTheSheetsCountWhatCountingMinuteByMinuteGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, stop := anyTimed(t), anyStay().Draw(t, "stop")
		det, lay := *a.Accessorials[0].Time, *a.Accessorials[1].Time
		if stop.From.IsZero() {
			det.Starts, lay.Starts = "", ""
		} else if rapid.Bool().Draw(t, "from the window") {
			det.Starts = FromWindow
		}
		det.LateArrival, lay.LateArrival = LateCounts, LateCounts
		a.Accessorials[0].Time, a.Accessorials[1].Time = &det, &lay

		// Given every minute looked at once
		present, _ := byTheMinute(lay, stop)
		layover := cut(present, max(lay.FreeMinutes, lay.LayoverAfter), len(present))
		present, absent := byTheMinute(det, stop)
		boundary := lay.LayoverAfter
		if det.LayoverAfter > 0 {
			boundary = min(boundary, det.LayoverAfter)
		}
		detention := cut(present, max(0, det.FreeMinutes-absent), boundary)
		if len(layover) > 0 {
			detention = slices.DeleteFunc(detention, func(m time.Time) bool { return !m.Before(layover[0]) })
		}

		// Then the sheets count as many, and no minute is in both
		charges, _, missing := a.accessorials(Facts{Stops: []Stop{stop}}, moved{})
		require.Empty(t, missing)
		for _, c := range charges {
			want := len(detention)
			if c.Code == "LAY" {
				want = len(layover)
			}
			require.Equal(t, want, counted(t, c), c.Charge)
			again, err := c.Derivation.Verify("USD")
			require.NoError(t, err)
			require.Equal(t, c.Amount, again)
		}
		if lay.IncrementMinutes <= 1 && lay.MaxMinutes == 0 {
			require.Equal(t, len(layover) > 0, slices.ContainsFunc(charges, func(c Charge) bool { return c.Code == "LAY" }))
		}
		if det.IncrementMinutes <= 1 {
			// A cent is the least that an hour's sixtieth at these rates gives
			require.Equal(t, len(detention) > 0, slices.ContainsFunc(charges, func(c Charge) bool { return c.Code == "DET" }))
		}
	})
}

func TestPropertyRule20And21CountedMinutesAreWithinTheStayLessFreeTimeAndDelays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, stop := anyTimed(t), anyStay().Draw(t, "stop")
		det := *a.Accessorials[0].Time
		lay := *a.Accessorials[1].Time
		lay.FreeMinutes, lay.LayoverAfter, lay.CarrierReasons = 0, det.FreeMinutes+100, det.CarrierReasons
		a.Accessorials[1].Time = &lay
		charges, _, missing := a.accessorials(Facts{Stops: []Stop{stop}}, moved{})
		require.Empty(t, missing)
		sum := 0
		for _, c := range charges {
			n := counted(t, c)
			require.Positive(t, n)
			sum += n
		}
		var own []span
		for _, d := range det.ownDelays(stop) {
			own = append(own, window(d.Window))
		}
		stay := unite(span{stop.Arrive.UTC, stop.Depart.UTC})
		dwell := stay.less(unite(own...)).length()
		require.LessOrEqual(t, sum, max(0, int(dwell/time.Minute)-det.FreeMinutes))
	})
}

// costs is what all the charges come to.
func costs(t require.TestingT, a Agreement, stop Stop) money.Money {
	charges, _, missing := a.accessorials(Facts{Stops: []Stop{stop}}, moved{})
	require.Empty(t, missing)
	amounts := make([]money.Money, len(charges))
	for i, c := range charges {
		amounts[i] = c.Amount
	}
	sum, err := money.Sum("USD", amounts...)
	require.NoError(t, err)
	return sum
}

func atMost(t require.TestingT, a, b money.Money) {
	over, err := a.Cmp(b)
	require.NoError(t, err)
	require.LessOrEqual(t, over, 0, "%s is more than %s", a, b)
}

func TestPropertyRule19AnotherDelayOfTheCarrierNeverCostsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, stop := alikeTimed(t), anyStay().Draw(t, "stop")
		more := stop
		more.Delays = append(slices.Clone(stop.Delays), anyDelay().Draw(t, "one more"))
		atMost(t, costs(t, a, more), costs(t, a, stop))
	})
}

func TestPropertyALongerStayNeverCostsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, stop := alikeTimed(t), anyStay().Draw(t, "stop")
		longer := stop
		longer.Depart.UTC = stop.Depart.UTC.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "longer")) * time.Minute)
		longer.Worked = longer.Depart
		atMost(t, costs(t, a, stop), costs(t, a, longer))
	})
}

func TestPropertyRule28SharesSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, f := anyTimed(t), Facts{Stops: []Stop{anyStay().Draw(t, "stop")}}
		f.Stops[0].Kind = "pickup"
		whole, _, _ := a.accessorials(f, moved{})
		for i := range rapid.IntRange(1, 6).Draw(t, "deliveries") {
			f.Stops = append(f.Stops, Stop{
				Seq: 10 + i, Kind: "delivery",
				Party:  rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(t, "consignee"),
				Weight: MustDecimal(rapid.StringMatching(`[1-9][0-9]{0,4}(\.[0-9]{1,3})?`).Draw(t, "weight")),
			})
		}
		a.Accessorials[0].Payor, a.Accessorials[1].Payor = "consignees", "consignees"
		parts, _, _ := a.accessorials(f, moved{})
		sums := map[string][]money.Money{}
		for _, c := range parts {
			require.NotEmpty(t, c.Payor)
			sums[c.Code] = append(sums[c.Code], c.Amount)
			again, err := c.Derivation.Verify("USD")
			require.NoError(t, err)
			require.Equal(t, c.Amount, again)
		}
		require.Len(t, sums, len(whole))
		for _, c := range whole {
			sum, err := money.Sum("USD", sums[c.Code]...)
			require.NoError(t, err)
			require.Equal(t, c.Amount, sum)
		}
	})
}

func TestPropertyTheOrderOfTheFactsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		detention := anyTimed(t)
		a := publishedTerms()
		copy(a.Accessorials, detention.Accessorials)
		a.Accessorials[0].Evidence = []Evidence{NeedsApproval, NeedsNotice}
		var f Facts
		for i, s := range rapid.SliceOfN(anyStay(), 1, 4).Draw(t, "stops") {
			s.Seq, s.Kind = i+1, rapid.SampledFrom([]string{"pickup", "delivery"}).Draw(t, "kind")
			f.Stops = append(f.Stops, s)
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "services") {
			f.Services = append(f.Services, Service{
				Service: string(rune('a' + i)), Code: rapid.SampledFrom([]string{"LFT", "RCL", "RCC", "LUM", "DET"}).Draw(t, "code"),
				Stop: rapid.IntRange(0, 3).Draw(t, "at"), Miles: MustDecimal("100"), Receipt: usd("50"), Approval: rapid.SampledFrom([]string{"", "OK"}).Draw(t, "approval"),
			})
		}
		other := Facts{Stops: rapid.Permutation(f.Stops).Draw(t, "stops in another order"), Services: rapid.Permutation(f.Services).Draw(t, "services in another order")}
		for i := range other.Stops {
			other.Stops[i].Delays = rapid.Permutation(other.Stops[i].Delays).Draw(t, "delays in another order")
			other.Stops[i].Open = rapid.Permutation(other.Stops[i].Open).Draw(t, "opening hours in another order")
		}
		require.Equal(t, everything(t, a, f), everything(t, a, other))
	})
}

func everything(t require.TestingT, a Agreement, f Facts) string {
	charges, notes, missing := a.accessorials(f, onALane())
	all, err := json.Marshal(struct {
		Charges        []Charge
		Notes, Missing []Note
		Watched        []Watch
	}{charges, notes, missing, a.Collect(f)})
	require.NoError(t, err)
	return string(all)
}

func TestPropertyTheAlgebraOfSpans(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) spans {
		var list []span
		for _, w := range rapid.SliceOfN(anyWindow(), 0, 6).Draw(t, "windows") {
			list = append(list, window(w))
		}
		return unite(list...)
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := some.Draw(t, "a"), some.Draw(t, "b")
		require.Equal(t, a.length(), a.and(b).length()+a.less(b).length())
		require.Empty(t, a.and(b).less(b))
		require.Empty(t, a.less(b).and(b))
		require.Equal(t, unite(slices.Concat(a, b)...).length(), a.length()+b.less(a).length())
		d := time.Duration(rapid.IntRange(0, 3000).Draw(t, "first")) * time.Minute
		require.Equal(t, min(d, a.length()), a.first(d).length())
		require.Empty(t, a.first(d).less(a))
		for i, s := range a {
			require.True(t, s.until.After(s.from))
			require.True(t, i == 0 || s.from.After(a[i-1].until))
		}
	})
}
