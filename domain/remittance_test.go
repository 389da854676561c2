package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
)

func TestASecondAdviceThatSaysSomethingElseIsRefused(t *testing.T) {
	advice := domain.RemittanceAnnounced{Payment: "P-1", Amount: money.MustParse("100.00", "USD"),
		Items: []domain.RemittanceItem{{Document: "INV-2026-000001", Paid: money.MustParse("100.00", "USD"), Place: "segment 8 (RMR)"}}}
	again := advice
	again.Items = []domain.RemittanceItem{{Document: "INV-2026-000001", Paid: money.MustParse("100.00", "USD"), Place: "segment 9 (RMR)"}}
	other := advice
	other.Items = []domain.RemittanceItem{{Document: "INV-2026-000002", Paid: money.MustParse("100.00", "USD")}}

	given := domaintest.Given(advice)
	domaintest.When(t, given, domain.AnnounceRemittance{RemittanceAnnounced: again}).Nothing()
	domaintest.When(t, given, domain.AnnounceRemittance{RemittanceAnnounced: other}).Refused(domain.Conflict)
}
