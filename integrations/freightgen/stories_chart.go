package freightgen

import "github.com/freightledger/freightledger/domain"

// ownAccounts: 1,200.00 of reefer freight is accrued on the accounts of all,
// and invoiced on those of its issuer.
func ownAccounts(t teller) Story {
	t.name = "accounts"
	const issuer, receivable, reefer = "ST-COLD", "1280", "4018"
	order := t.order(1)
	order.Terms.Issuer, order.Terms.Unit = issuer, "reefer"
	chart := domain.BuiltInChart()
	chart.Chart, chart.Version, chart.Title, chart.From = issuer, "2026-02", "Cold chain", "2026-02-15"
	for i, row := range chart.Rows {
		if row.Role == domain.Receivable {
			chart.Rows[i].Account = receivable
		}
	}
	chart.Rows = append([]domain.ChartRow{{Role: domain.Revenue, Unit: "reefer", Account: reefer}}, chart.Rows...)
	v := domain.Candidate{Customer: t.customer(), Issuer: issuer, Period: february, Currency: "USD", Number: 1}.ID()
	for i := range order.Stops {
		order.Stops[i].Where.Country = "US"
	}
	s := t.story("an issuer's own accounts, from between an accrual and its invoice", paidUp("1200.00", "0.00", "1200.00"),
		Step{Note: "delivered, and accrued on everybody's accounts", Accounts: []string{receivable, reefer}, Commands: commands(append(
			[]domain.Command{setIssuer(issuer, "STC", "USD"), domain.AdoptTaxRules{Rules: storyRules(issuer), By: finance}, domain.ReleaseOrder{OrderReleased: order}, t.freight(1, "1200.00")}, t.unloaded(1, delivery)...)...)},
		Step{Note: "the issuer gets its own chart, then the receipt comes", Commands: commands(domain.AdoptChart{Terms: chart, By: finance},
			t.receipt(1, delivery, "receipt"), t.verified(1))},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "1200.00", inMarch}}})
	s.Customer.Tax = inNewYork
	return s
}
