package recompute_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/stretchr/testify/require"
)

// newer are the rules of Canada as of 2026, in a version that was not there.
func newer(d *seeded.Desk) domain.TaxRulesAdopted {
	for _, e := range d.All() {
		if e, ok := e.Event.(domain.TaxRulesAdopted); ok {
			e.Rules.Version, e.Rules.From, e.Waiting = "2026-1", "2026-01-01", nil
			return e
		}
	}
	require.FailNow(d.T, "no rules")
	return domain.TaxRulesAdopted{}
}

func TestTheRulesOfASealAreThoseThatWereInForceByWhatWasKnown(t *testing.T) {
	d, issued := canadian(t)
	rules := newer(d)
	stream := domain.RegistrantStream(rules.Registrant)
	knew := func(d *seeded.Desk, changes int) *seeded.Desk {
		return changed(d, func(e *domain.CandidateSealed) {
			require.Equal(t, 2, e.Changes)
			e.Changes = changes
		})
	}
	early := inserted(d, stream, rules, is[domain.OrderReleased])
	meanwhile := inserted(d, stream, rules, is[domain.CandidateSealed])
	late := inserted(d, stream, rules, is[domain.InvoiceIssued])
	for name, test := range map[string]struct {
		history *seeded.Desk
		what    []string
	}{
		"adopted before, and passed over though known":       {knew(early, 3), []string{"tax rules of 2026-02-03"}},
		"adopted before, and said not to be known":           {early, []string{"changes of the issuer", "tax rules of 2026-02-03"}},
		"adopted before, of a seal that says nothing of it":  {knew(early, 0), []string{"tax rules of 2026-02-03"}},
		"adopted while it was decided, and not known":        {meanwhile, nil},
		"adopted while it was decided, and passed over":      {knew(meanwhile, 3), []string{"tax rules of 2026-02-03"}},
		"adopted while a seal was decided that says nothing": {knew(meanwhile, 0), nil},
		"adopted after":             {late, nil},
		"adopted after, and known":  {knew(late, 3), []string{"changes of the issuer"}},
		"less known than was there": {knew(d, 1), []string{"changes of the issuer"}},
		"a seal that says nothing":  {knew(d, 0), nil},
		"as it was":                 {d, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, report := range []recompute.Report{again(test.history), of(test.history, issued.Invoice.Stream())} {
				require.Equal(t, test.what, what(report), "%v", report.Differences)
				if len(test.what) > 0 && test.what[len(test.what)-1] == "tax rules of 2026-02-03" {
					x := report.Differences[len(report.Differences)-1]
					require.Equal(t, "2025-1", x.Stored)
					require.Regexp(t, `^2026-1, adopted before at position [0-9a-f.]+, is the one in force$`, x.Computed)
				}
			}
		})
	}
}

func TestTheVersionThatRatesIsTheOneThatChoosingAgainGives(t *testing.T) {
	d := seeded.Open(t, 1)
	d.Contract()
	d.Contracted("S1", day)
	terms := rating.Agreement{Agreement: "A", Version: "2", Currency: "USD", From: "2013-05-01", Round: rating.Round{Mode: money.HalfUp, Step: rating.MustDecimal("0.01")},
		Lanes: []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: rating.MustDecimal("9")}}}}
	adopted := domain.AgreementAdopted{Agreement: "A", Terms: terms, By: "pricing"}
	published := domain.IndexPublished{Index: "DIESEL", Values: []rating.IndexValue{{Index: "DIESEL", Published: "2013-05-01", Effective: "2013-05-01", Value: rating.MustDecimal("4.900")}}}
	for name, test := range map[string]struct {
		stream domain.Stream
		event  domain.Event
		before func(eventstore.Decoded) bool
		what   []string
	}{
		"a version that was adopted before":               {"agreement-A", adopted, is[domain.OrderReleased], []string{"version of the agreement"}},
		"a version that was adopted while it was decided": {"agreement-A", adopted, is[domain.ShipmentRated], nil},
		"a version that was adopted after":                {"agreement-A", adopted, is[domain.ChargeEntered], nil},
		"a value that was published before":               {"index-DIESEL", published, is[domain.OrderReleased], []string{"index values"}},
		"a value that was published while it was decided": {"index-DIESEL", published, is[domain.ShipmentRated], nil},
		"a value that was published after":                {"index-DIESEL", published, is[domain.ChargeEntered], nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := inserted(d, test.stream, test.event, test.before)
			for _, report := range []recompute.Report{again(h), of(h, "shipment-S1")} {
				var names []string
				for _, x := range report.Differences {
					if x.Type == (domain.ShipmentRated{}).EventType() {
						names = append(names, x.What)
					}
				}
				require.Equal(t, test.what, names, "%v", report.Differences)
			}
		})
	}
}
