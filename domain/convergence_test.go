package domain_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// known is what a shipment's reports say of it, whatever order they came in.
// What was booked on the way (the date of an accrual, the month of a claim) is
// not in it: the books are corrected, never rewritten.
type known struct {
	Status    string
	Delivered string
	Actuals   []string
	Reports   []string
	Open      []string
}

func knownOf(s domain.Shipment) known {
	k := known{Status: s.Status(), Delivered: s.Delivered.Local + " " + s.Delivered.Zone + " " + s.Delivered.UTC.String()}
	list := func(milestones []domain.Milestone) (out []string) {
		for _, m := range milestones {
			out = append(out, fmt.Sprintf("%d %s %v at %v reported %v because %s in %s", m.Stop, m.Kind, m.Estimate, m.At, m.ReportedAt, m.Reason, m.Place))
		}
		slices.Sort(out)
		return out
	}
	k.Actuals, k.Reports = list(s.Actuals), list(s.Reports)
	for _, x := range s.Exceptions {
		if x.Open {
			k.Open = append(k.Open, x.ID+" "+x.Kind)
		}
	}
	slices.Sort(k.Open)
	return k
}

// randomReports are contradictory reports of a shipment with three stops, with
// dates and hours, zones, corrections, estimates and exceptions.
func randomReports() *rapid.Generator[[]domain.Command] {
	kinds := []string{domain.ArrivedPickup, domain.DepartedPickup, domain.ArrivedDelivery, domain.Unloaded, domain.DepartedDelivery,
		domain.Delayed, domain.NotCompleted, domain.Damaged, domain.EnRoute}
	when := rapid.Custom(func(t *rapid.T) domain.Moment {
		hour := rapid.IntRange(0, 12).Draw(t, "hour")
		utc := at("2024-03-04").UTC.Add(time.Duration(hour) * 4 * time.Hour)
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			return domain.DayMoment(utc.Year(), utc.Month(), utc.Day())
		case 1:
			return domain.Moment{UTC: utc, Local: utc.Add(-6 * time.Hour).Format(domain.LocalLayout), Zone: "America/Chicago"}
		case 2:
			return domain.Moment{UTC: utc, Local: utc.Add(-6 * time.Hour).Format(domain.LocalLayout), Zone: "-06:00"}
		}
		return domain.MomentIn(utc, nil)
	})
	one := rapid.Custom(func(t *rapid.T) domain.Command {
		m := domain.Milestone{Shipment: shipment, Stop: rapid.IntRange(0, 3).Draw(t, "stop"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: when.Draw(t, "at"),
			Estimate: rapid.IntRange(0, 5).Draw(t, "estimate") == 0, Reason: rapid.SampledFrom([]string{"", "AI", "NS"}).Draw(t, "reason"),
			Place: rapid.SampledFrom([]string{"", "Dallas"}).Draw(t, "place")}
		if rapid.Bool().Draw(t, "dated") {
			m.ReportedAt = when.Draw(t, "reported_at")
		}
		return domain.RecordMilestone{Milestone: m}
	})
	return rapid.SliceOfN(one, 1, 14)
}

func TestPropertyRule11ReportsConvergeInAnyOrderWithAnyRepeats(t *testing.T) {
	o := orderWith(func(o *domain.OrderReleased) {
		o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopDelivery, Place: "Houston"})
	})
	rapid.Check(t, func(t *rapid.T) {
		// Given reports and a proof of delivery, when they come in two orders …
		reports := append(randomReports().Draw(t, "reports"), receivePOD("2024-03-05T10:00:00"))
		shuffled := append(rapid.Permutation(reports).Draw(t, "shuffled"), rapid.SampledFrom(reports).Draw(t, "repeated"))
		arrive := func(commands []domain.Command) domain.Shipment {
			s := domaintest.Fold[domain.Shipment](o)
			for _, c := range commands {
				events, err := decideShipment(s, c)
				require.NoError(t, err)
				for _, e := range events {
					s = s.Evolve(e)
				}
			}
			return s
		}
		// … then what is known is the same
		once, again := knownOf(arrive(reports)), knownOf(arrive(shuffled))
		require.Equal(t, once, again)
	})
}

func decideShipment(s domain.Shipment, c domain.Command) ([]domain.Event, error) {
	switch c := c.(type) {
	case domain.RecordMilestone:
		return c.Decide(s)
	case domain.ReceivePOD:
		return c.Decide(s)
	}
	return nil, fmt.Errorf("no %s here", c.CommandName())
}

func TestRule11TheReportThatCountsIsTotallyOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Of any three reports of one stop and kind, the same one counts however they are told.
		reports := make([]domain.Milestone, 3)
		of := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
		for i := range reports {
			m := report(2, domain.Unloaded, "2024-03-05T14:00:00")
			m.At.Local, m.At.Zone = of("local", "2024-03-05T08:00:00", "2024-03-05T14:00:00"), of("zone", "", "-06:00", "America/Chicago")
			m.Reason, m.Place, m.ReportedAt = of("reason", "", "AI"), of("place", "", "Dallas"), m.At
			m.ReportedAt.Zone = of("reported_zone", "", "-06:00")
			reports[i] = m
		}
		var winners []string
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			h := released()
			s := domaintest.Fold[domain.Shipment](h...)
			for _, i := range order {
				s = s.Evolve(domain.MilestoneRecorded{Milestone: reports[i]})
			}
			actual, ok := s.Actual(2, domain.Unloaded)
			require.True(t, ok)
			winners = append(winners, fmt.Sprint(actual))
		}
		slices.SortFunc(winners, cmp.Compare[string])
		require.Len(t, slices.Compact(winners), 1)
	})
}
