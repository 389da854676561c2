package rating

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// askedFor are terms that name evidence for detention and its notice.
func askedFor(notice int, evidence ...Evidence) Agreement {
	a := publishedTerms()
	a.Accessorials[0].Evidence, a.Accessorials[0].NoticeMinutes = evidence, notice
	return a
}

func TestAChargeSaysWhichEvidenceItLacksAndUntilWhenItCanCome(t *testing.T) {
	stop := standing(2, "delivery", "2026-03-02 08:00", "2026-03-02 12:00")
	stop.Delays = []Delay{lost("AH", "2026-03-02 08:30", "2026-03-02 08:40")} // free time ends at 10:10
	a := askedFor(30, NeedsTimes, NeedsNotice, NeedsApproval, NeedsReceipt, NeedsPOD)
	lacks := func(change func(*Facts)) []Lack {
		f := Facts{Stops: []Stop{stop}}
		change(&f)
		charges, _, missing := a.accessorials(f, moved{})
		require.Empty(t, missing)
		require.Len(t, charges, 1)
		return charges[0].Lacks
	}
	deadline := onTheClock("2026-03-02 10:40").UTC
	notice := Lack{Evidence: NeedsNotice, Until: deadline, Detail: "notice to the customer by 2026-03-02T10:40:00Z: charged time begins at 2026-03-02T10:10:00Z"}
	approval := Lack{Evidence: NeedsApproval, Detail: "the customer's approval with its reference"}
	receipt := Lack{Evidence: NeedsReceipt, Detail: "the receipt"}
	pod := Lack{Evidence: NeedsPOD, Detail: "the times of arrival and departure on the signed receipt"}

	// Without any, then all but the timestamps, without which there is no charge
	require.Equal(t, []Lack{notice, approval, receipt, pod}, lacks(func(*Facts) {}))

	// A notice in time, to the minute, is no lack; one after it is too late
	for at, want := range map[string][]Lack{
		"2026-03-02 09:00": {approval, receipt, pod},
		"2026-03-02 10:40": {approval, receipt, pod},
		"2026-03-02 10:41": {
			{Evidence: NeedsNotice, Until: deadline, TooLate: true, Detail: "notice by 2026-03-02T10:40:00Z: it was given at 2026-03-02T10:41:00Z"},
			approval, receipt, pod,
		},
	} {
		require.Equal(t, want, lacks(func(f *Facts) { f.Stops[0].Notice = &Report{onTheClock(at), "desk"} }), at)
	}

	// A service under the code at the stop brings approval and receipt
	require.Equal(t, []Lack{notice}, lacks(func(f *Facts) {
		f.Stops[0].Signed = true
		f.Services = []Service{{Service: "S1", Code: "DET", Stop: 2, Approval: "OK-4711", Receipt: usd("1"), Document: "R-1"}}
	}))
	require.Equal(t, []Lack{notice, approval, receipt}, lacks(func(f *Facts) {
		f.Stops[0].Signed = true
		f.Services = []Service{{Service: "S1", Code: "DET", Stop: 1, Approval: "OK-4711"}} // of another stop
	}))
}

func TestAServiceLacksItsOwnEvidence(t *testing.T) {
	a := publishedTerms()
	a.Accessorials[5].Evidence = []Evidence{NeedsReceipt, NeedsApproval}
	svc := Service{Service: "S1", Code: "LUM", Stop: 2, Receipt: usd("80")}
	charges, _, _ := a.accessorials(Facts{Services: []Service{svc}}, moved{})
	require.Equal(t, []Lack{
		{Evidence: NeedsReceipt, Detail: "the document of the receipt for 80.00 USD"},
		{Evidence: NeedsApproval, Detail: "the customer's approval with its reference"},
	}, charges[0].Lacks)
	svc.Document, svc.Approval = "R-9", "OK-1"
	charges, _, _ = a.accessorials(Facts{Services: []Service{svc}}, moved{})
	require.Empty(t, charges[0].Lacks)
}

func TestDispatchIsToldBeforeItIsTooLate(t *testing.T) {
	// Given a truck that stands at its delivery since 07:00 for an appointment
	// at 08:00, and lost ten minutes of its own
	stop := standing(2, "delivery", "2026-03-02 07:00", "2026-03-02 12:00")
	stop.Depart, stop.From = Report{}, onTheClock("2026-03-02 08:00")
	stop.Delays = []Delay{lost("AH", "2026-03-02 08:30", "2026-03-02 08:40")}
	a := askedFor(30, NeedsNotice, NeedsPOD)
	watched := func(change func(*Stop)) []Watch {
		stop := stop
		change(&stop)
		return a.Collect(Facts{Stops: []Stop{standing(1, "pickup", "2026-03-01 08:00", "2026-03-01 09:00"), stop, {Seq: 3, Kind: "delivery"}}})
	}
	notice := Lack{Evidence: NeedsNotice, Until: onTheClock("2026-03-02 10:40").UTC, Detail: "notice to the customer by 2026-03-02T10:40:00Z: charged time begins at 2026-03-02T10:10:00Z"}
	pod := Lack{Evidence: NeedsPOD, Detail: "the times of arrival and departure on the signed receipt"}
	layover := Watch{Code: "LAY", Stop: 2, From: onTheClock("2026-03-02 17:10").UTC}

	// Then it is told when charged time begins, and what to ask for until when
	require.Equal(t, []Watch{{"DET", 2, onTheClock("2026-03-02 10:10").UTC, []Lack{notice, pod}}, layover}, watched(func(*Stop) {}))

	// An arrival that will not count is told while it can still be mended
	source := Lack{Evidence: NeedsTimes, Detail: "the arrival is reported by driver; only eld, gps counts"}
	withSource := layover
	withSource.Lacks = []Lack{source}
	require.Equal(t, []Watch{{"DET", 2, onTheClock("2026-03-02 10:10").UTC, []Lack{source, notice, pod}}, withSource},
		watched(func(s *Stop) { s.Arrive.Source = "driver" }))

	// Once it has left nothing runs any more
	require.Empty(t, watched(func(s *Stop) { s.Depart = byELD("2026-03-02 11:00") }))
}

func TestNothingIsWatchedThatCannotBecomeDue(t *testing.T) {
	stop := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 12:00")
	stop.Depart, stop.From = Report{}, onTheClock("2026-03-02 07:00")
	f := Facts{Stops: []Stop{stop}}
	require.Empty(t, timeTerms(func(t *Time) { t.LateArrival = LateForfeit }).Collect(f), "a late arrival forfeits")
	require.Len(t, timeTerms(func(t *Time) { t.LayoverAfter = 0 }).Collect(f), 1, "no boundary, no layover")

	f.Stops[0].Worked = byELD("2026-03-02 09:00")
	require.Empty(t, timeTerms(func(t *Time) { t.Ends = ToWorked }).Collect(f), "it is unloaded")
	require.Len(t, publishedTerms().Collect(f), 2)

	f.Stops[0].Worked, f.Stops[0].Depart = Report{}, byELD("2026-03-02 12:00")
	require.Empty(t, timeTerms(func(t *Time) { t.Ends = ToWorked }).Collect(f), "it has left")
}

func TestWithoutOpeningHoursNobodyKnowsWhenFreeTimeEnds(t *testing.T) {
	stop := standing(1, "delivery", "2026-03-02 08:00", "2026-03-02 12:00")
	stop.Depart = Report{}
	a := timeTerms(func(t *Time) { t.OpenHoursOnly = true })
	a.Accessorials = a.Accessorials[:1]
	a.Accessorials[0].Time.LayoverAfter = 0
	missing := Lack{Evidence: NeedsTimes, Detail: "no opening hours, within which time counts"}
	require.Equal(t, []Watch{{Code: "DET", Stop: 1, Lacks: []Lack{missing}}}, a.Collect(Facts{Stops: []Stop{stop}}))

	// Hours that end before free time does leave the end open
	openFrom("06:00", "09:00")(&stop)
	require.Equal(t, []Watch{{Code: "DET", Stop: 1}}, a.Collect(Facts{Stops: []Stop{stop}}))

	// Free time that ends as they close ends then, not when they open again
	stop.Open = nil
	openFrom("06:00", "10:00", "13:00", "17:00")(&stop)
	require.Equal(t, []Watch{{Code: "DET", Stop: 1, From: onTheClock("2026-03-02 10:00").UTC}}, a.Collect(Facts{Stops: []Stop{stop}}))
}
