package tax_test

import (
	"fmt"
	"os"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
)

func Example() {
	raw, err := os.ReadFile("testdata/rules/ca.json")
	if err != nil {
		panic(err)
	}
	rules, err := tax.Decode(raw)
	if err != nil {
		panic(err)
	}
	decision, err := rules.Determine(tax.Facts{
		TaxDate: "2025-04-01", Charge: "freight",
		Origin: tax.Place{Country: "CA", State: "ON"}, Destination: tax.Place{Country: "CA", State: "NS"},
		Customer: tax.Customer{Established: tax.Place{Country: "CA", State: "ON"}, Status: tax.Business},
	})
	if err != nil {
		panic(err)
	}
	bill, err := tax.Compute("CAD", []tax.Line{{Line: "1", Net: money.MustParse("31.95", "CAD"), Decision: decision}})
	if err != nil {
		panic(err)
	}
	a := bill.Lines[0].Amounts[0]
	fmt.Println(decision.Rule, "-", decision.Basis)
	fmt.Printf("%s of %s: %s%% of %s = %s, %s: %s\n", a.Tax, a.Jurisdiction, a.Percent, a.Net, a.Exact, a.Round, a.Amount)
	fmt.Println("total", bill.Total)
	// Output:
	// ns-from-2025-04 - HST 14% by destination where payable from 1 April 2025 [Transitional rules of the Nova Scotia HST decrease, as reported]
	// HST of CA-NS: 14% of 31.95 CAD = 4.473, half-up to 0.01 per line, combined: 4.47 CAD
	// total 36.42 CAD
}
