package api

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// usd is an amount as the API writes it.
func usd(amount string) map[string]any { return map[string]any{"amount": amount, "currency": "USD"} }

// remind sets the levels at which ACME is reminded, over HTTP.
func (h *house) remind() {
	h.t.Helper()
	h.done("SetCustomerRules", `{"customer":"ACME","by":"credit desk","rules":{"dunning":[{"after_days":1,"name":"friendly"},{"after_days":30,"name":"firm"}]}}`)
	h.settle()
}

func TestACustomersStatementHasTheBalanceAfterEachDocument(t *testing.T) {
	// Given two invoices of 100.00 at the end of March 2024
	h := open(t, true, nil)
	h.bill("SH-1")
	h.bill("SH-2")

	// When the statement of that quarter is asked for
	items := h.items("/v1/customers/ACME/statement?from=2024-01-01&to=2024-03-31")

	// Then it runs from nothing to 200.00
	require.Len(t, items, 1, "one currency")
	statement := items[0].(map[string]any)
	require.Equal(t, []any{usd("0.00"), usd("200.00")}, []any{statement["opening"], statement["closing"]})
	var balances []any
	for _, d := range statement["documents"].([]any) {
		balances = append(balances, d.(map[string]any)["balance"])
	}
	require.Equal(t, []any{usd("100.00"), usd("200.00")}, balances)

	// And the next period begins where that one ends
	next := h.items("/v1/customers/ACME/statement?from=2024-04-01&to=2024-12-31")[0].(map[string]any)
	require.Equal(t, usd("200.00"), next["opening"])
	require.Empty(t, next["documents"])
	require.Empty(t, h.items("/v1/customers/ACME/statement?from=2023-01-01&to=2023-12-31"), "nothing was booked by then")
}

func TestAStatementIsOfAPeriodOfAKnownCustomer(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	h.get("/v1/customers/NOBODY/statement?from=2024-01-01").problem(t, http.StatusNotFound, "not-found")
	for query, place := range map[string]string{
		"": "query from", "?from=2024-1-1": "query from", "?from=2024-01-01&to=x": "query to", "?from=2024-02-01&to=2024-01-31": "query to",
		"?from=2023-01-01&to=2024-01-02": "query from", "?from=2001-01-01": "query from",
	} {
		p := h.get("/v1/customers/ACME/statement"+query).problem(t, http.StatusBadRequest, "bad-query")
		require.Equal(t, place, p.Place, query)
	}
	require.NotNil(t, h.items("/v1/customers/ACME/statement?from=2024-01-01&to=2024-12-31"), "a leap year is one period")
}

func TestRemindersFollowTheCustomersLevelsAndArePaged(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	h.bill("SH-2")
	require.Empty(t, h.items("/v1/reminders?as_of=2024-06-30"), "without levels nobody is reminded")
	h.remind()

	// Both are due on April 30: firm from May 30 on
	due := "2024-04-30"
	for asOf, level := range map[string]string{"2024-05-01": "friendly", "2024-05-29": "friendly", "2024-05-30": "firm"} {
		items := h.items("/v1/reminders?customer=ACME&as_of=" + asOf)
		require.Len(t, items, 2)
		first := items[0].(map[string]any)
		require.Equal(t, []any{level, due, usd("100.00")}, []any{first["name"], first["due_date"], first["amount"]})
	}
	require.Empty(t, h.items("/v1/reminders?as_of="+due), "it is not overdue on its day")
	require.Empty(t, h.items("/v1/reminders?customer=NOBODY&as_of=2024-06-30"))

	// One a page: each shows once
	first := h.ok("/v1/reminders?as_of=2024-06-30&limit=1")
	second := h.ok("/v1/reminders?as_of=2024-06-30&limit=1&after=" + first["next_cursor"].(string))
	require.NotContains(t, second, "next_cursor")
	require.Equal(t, h.items("/v1/reminders?as_of=2024-06-30"), append(first["items"].([]any), second["items"].([]any)...))
	h.get("/v1/reminders?as_of=yesterday").problem(t, http.StatusBadRequest, "bad-query")
}

func TestOutstandingIsDaysOfBilling(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	// Nothing is paid: as many days as are looked at
	row := h.items("/v1/outstanding?as_of=2024-04-30&days=60")[0].(map[string]any)
	require.Equal(t, []any{"60", usd("100.00"), usd("100.00")}, []any{row["days_outstanding"], row["receivable"], row["billed"]})
	// In the thirty days that end in December nothing was billed
	require.Nil(t, h.items("/v1/outstanding?as_of=2024-12-31&days=30&customer=ACME")[0].(map[string]any)["days_outstanding"])
	require.Empty(t, h.items("/v1/outstanding?customer=NOBODY"))
	for _, bad := range []string{"days=0", "days=3661", "days=1.5", "as_of=2024"} {
		h.get("/v1/outstanding?"+bad).problem(t, http.StatusBadRequest, "bad-query")
	}
}

// brought dispatches a shipment that its carrier has under a PRO number, with
// freight of an amount.
func (h *house) brought(id, pro, bol, amount string) {
	h.t.Helper()
	h.done("ReleaseOrder", fmt.Sprintf(`{"shipment":%q,"customer":"ACME","currency":"USD","references":[{"kind":"PRO","value":%q},{"kind":"BOL","value":%q}],
		"stops":[{"seq":1,"kind":"pickup","place":"Chicago"},{"seq":2,"kind":"delivery","place":"Dallas"}]}`, id, pro, bol))
	h.done("TenderOrder", fmt.Sprintf(`{"shipment":%q,"carrier":"ABCD","at":%s}`, id, day))
	h.done("AcceptTender", fmt.Sprintf(`{"shipment":%q,"carrier":"ABCD","dispatch_ref":"D1","at":%s}`, id, day))
	h.done("Dispatch", fmt.Sprintf(`{"shipment":%q,"load":"L1","at":%s}`, id, day))
	h.done("EnterCharge", enterCharge(id, "F", amount))
}

func TestDuplicatesAreFlaggedPageByPage(t *testing.T) {
	// Given three pairs that look alike, and one shipment by itself
	h := open(t, true, nil)
	h.brought("A1", "PRO-7", "B-1", "10.00")
	h.brought("A2", "abcd 0007 ", "B-2", "20.00")
	h.brought("B1", "1", "B-3", "30.00")
	h.brought("B2", "2", "b3", "30.00")
	h.brought("C1", "100", "B-4", "40.00")
	h.brought("C2", "100", "B-4", "40.00")
	h.brought("Z", "9", "B-9", "50.00")

	// When they are asked for one by one
	var pages []any
	path := "/v1/duplicates?limit=1"
	for path != "" {
		page := h.ok(path)
		require.Len(t, page["items"], 1)
		pages = append(pages, page["items"].([]any)...)
		path = ""
		if next, more := page["next_cursor"]; more {
			path = "/v1/duplicates?limit=1&after=" + next.(string)
		}
	}

	// Then they are those of the whole list, in its order
	require.Equal(t, h.items("/v1/duplicates"), pages)
	var pairs []any
	for _, d := range pages {
		pairs = append(pairs, d.(map[string]any)["shipments"])
	}
	require.ElementsMatch(t, []any{[]any{"B1", "B2"}, []any{"C1", "C2"}, []any{"C1", "C2"}}, pairs)
}

func TestOneSearchForDuplicatesRunsAtATime(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	h := open(t, true, func(d *Deps) {
		find := d.Duplicates
		d.Duplicates = func(ctx context.Context) ([]domain.Duplicate, error) {
			began <- struct{}{}
			<-finish
			return find(ctx)
		}
	})
	first := make(chan reply, 1)
	go func() { first <- h.get("/v1/duplicates") }()
	<-began
	second := h.get("/v1/duplicates")
	second.problem(t, http.StatusConflict, "duplicates-running")
	require.Equal(t, "5", second.header.Get("Retry-After"))
	close(finish)
	require.Equal(t, http.StatusOK, (<-first).status)
}
