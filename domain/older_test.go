package domain_test

import (
	"maps"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// olderExamples is what the goldens of earlier versions mean today, where that is
// not today's example: they lack what was added since.
func olderExamples() map[string]domain.Event {
	older := olderBillingExamples()
	maps.Copy(older, map[string]domain.Event{
		"RemittanceAnnounced.v1": domain.RemittanceAnnounced{Payment: "P1", Payer: "ACME treasury", Reference: "trace 5512", Amount: usd("4408.75"), Date: "2024-05-08", Source: exampleSource,
			Items: []domain.RemittanceItem{{Document: number, Paid: usd("4408.75"), Gross: usd("4650.41"), Discount: usd("97.90"),
				Adjustments: []domain.Adjustment{{Amount: usd("-143.76"), Reason: "59"}}, Place: "RMR 1"}}},
		"PaymentReceived.v1":  domain.PaymentReceived{Payment: "P1", Customer: customer, Document: "RC-1", Reference: "trace 5512", Invoice: number, Amount: usd("150.00"), Date: "2024-05-10", Source: "sandbox"},
		"PaymentReversed.v1":  domain.PaymentReversed{Payment: "P1", Customer: customer, Document: "RC-1-R", Amount: usd("150.00"), Date: "2024-05-20", Reason: "insufficient funds", Invoices: []domain.InvoiceID{invoice}},
		"CustomerSynced.v1":   domain.CustomerSynced{Customer: customer, Source: "sandbox", Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30, Credit: domain.CreditGood, Active: true, Currency: "USD"}},
		"PaymentAllocated.v1": domain.PaymentAllocated{Payment: "P1", Date: "2024-05-10", Allocations: []domain.Allocation{{Invoice: invoice, Amount: usd("150.00"), Reason: "lumper not agreed"}}},
	})
	return older
}

func TestAnOlderBodyThatIsNoneOfItsVersionIsRefused(t *testing.T) {
	for _, member := range []string{`"number": 1`, `"number": 1, "month": "2024-03", "period": "2024-03"`} {
		body := []byte(`{"invoice": "I", "candidate": {"customer": "ACME", "currency": "USD", ` + member + `}, "billing_date": "2024-03-31"}`)
		_, err := domain.Events().Decode("CandidateOpened", 1, body)
		require.ErrorContains(t, err, "month")
	}
}
