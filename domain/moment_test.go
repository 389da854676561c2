package domain_test

import (
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func TestAMomentIsReadAtItsPlace(t *testing.T) {
	place := time.FixedZone("-06:00", -6*60*60)
	instant := time.Date(2024, time.April, 1, 3, 0, 0, 0, time.UTC)
	require.Equal(t, domain.Moment{UTC: instant, Local: "2024-03-31T21:00:00", Zone: "-06:00"}, domain.MomentIn(instant, place))
	require.Equal(t, domain.Moment{UTC: instant, Local: "2024-04-01T03:00:00", Zone: "UTC"}, domain.MomentIn(instant, nil))
	require.Equal(t, "2024-03-31", domain.MomentIn(instant, place).Day())
	require.Empty(t, domain.Moment{}.Day())
}

func TestAReportWithoutAnInstantIsRefusedWhateverItsLocalTimeSays(t *testing.T) {
	m := record(2, domain.Unloaded, "2024-03-05")
	m.At.UTC = time.Time{}
	domaintest.When(t, released(), m).Refused(domain.Invalid)
}

func TestAnHourThatComesTwiceIsTwoMoments(t *testing.T) {
	// Given a notice in the hour that the end of summer time repeats, then one of the other hour is another, and so is one of the same instant elsewhere
	first := domain.Moment{UTC: time.Date(2024, time.November, 3, 6, 30, 0, 0, time.UTC), Local: "2024-11-03T01:30:00", Zone: "America/Chicago"}
	at := func(m domain.Moment) domain.RecordNotice {
		c := noticed(2, "10:00:00", "phone")
		c.At = m
		return c
	}
	h := played(t, released(), at(first))
	domaintest.When(t, h, at(first)).Nothing()
	second, elsewhere := first, first
	second.UTC = first.UTC.Add(time.Hour)
	elsewhere.Local = "2024-11-03T06:30:00"
	require.Len(t, domaintest.When(t, h, at(second)).Events(), 1)
	require.Len(t, domaintest.When(t, h, at(elsewhere)).Events(), 1)
}

func TestNoticesAndDelaysAreKeptInOneOrder(t *testing.T) {
	h := played(t, released(), noticed(2, "10:00:00", "phone"), noticed(1, "10:00:00", "phone"), delayed("a", 2, "09:00:00", "09:40:00", "AI"))
	s := domaintest.Fold[domain.Shipment](h...)
	require.Equal(t, [2]int{1, 2}, [2]int{s.Notices[0].Stop, s.Notices[1].Stop})
	domaintest.When(t, h, delayed("a", 2, "09:00:00", "09:40:00", "AI")).Nothing()
}
