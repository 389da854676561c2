package trace_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/stretchr/testify/require"
)

func TestTheRateOfAnInvoiceIsTracedToItsPublication(t *testing.T) {
	// Given 1,000.00 USD within Québec of an issuer that keeps its books in CAD
	d, settle := northernDesk(t, domain.BookRate{Currency: "USD", Index: "BOC-USD", Per: "USD"})
	carried(d, "Q1", money.MustParse("1000.00", "USD"), rating.Place{Country: "CA", State: "QC"})
	settle()
	tracer := trace.New(d.Store, d.Codec)

	// Then it is held, and what is missing names the series and the day
	missing, err := tracer.Missing(t.Context(), "Q1", "2026-06-01")
	require.NoError(t, err)
	require.Len(t, missing.Obstacles, 1)
	require.Equal(t, "it is held: no-exchange-rate: series BOC-USD has no rate of USD for CAD in effect on 2026-02-28 or in the 7 days before", missing.Obstacles[0].Text)

	// When it is published, the trace of the invoice names it
	d.Must(domain.PublishIndex{Index: "BOC-USD", Values: []rating.IndexValue{
		{Published: "2026-02-26", Effective: "2026-02-26", Value: rating.MustDecimal("1.3700")}, {Published: "2026-02-27", Effective: "2026-02-27", Value: rating.MustDecimal("1.3685")}}})
	settle()
	v, err := tracer.Invoice(t.Context(), "ACME_2026-02_USD_1")
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, v.WriteText(&text))
	require.Contains(t, text.String(), `
   in CAD: net 1368.50, tax 204.93, total 1573.43: 1 USD = 1.3685 CAD, BOC-USD of 2026-02-27, in effect on 2026-02-27, looked up for 2026-02-28
      └ IndexPublished`)
	require.Contains(t, text.String(), "1149.75 USD, 1573.43 CAD in the books, due ")
	require.Equal(t, "IndexPublished", v.Exchange.Published.Type)
}
