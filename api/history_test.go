package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// at is an instant of March 5, 2024 as bodies state it.
func at(clock string) string {
	return fmt.Sprintf(`{"utc":"2024-03-05T%s:00Z","local":"2024-03-05T%s:00","zone":"UTC"}`, clock, clock)
}

// rate moves a shipment of 600 miles at 2.105 a mile that stays from ten until
// one, an hour more than is free, at 50.00 an hour.
func (h *house) rate(id string) {
	h.t.Helper()
	number := rating.MustDecimal
	h.ask(domain.AdoptAgreement{By: "pricing", Terms: rating.Agreement{Agreement: "A", Version: "1", Currency: "USD", From: "2024-01-01",
		Round: rating.Round{Mode: money.HalfUp, Step: number("0.01")},
		Lanes: []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number("2.105")}, Fuel: "diesel"}},
		Fuel:  []rating.Fuel{{Fuel: "diesel", Index: "DIESEL", Method: rating.FuelFormula, Unit: rating.PerMile, Peg: number("1.20"), MilesPerGallon: number("7")}},
		Accessorials: []rating.Accessorial{{Code: "DET", Name: "detention", Trigger: rating.TriggerDetention, At: "delivery",
			Price: rating.Price{Per: rating.PerHour, Rate: number("50")}, Time: &rating.Time{FreeMinutes: 120, IncrementMinutes: 15}}}}},
		domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{{Published: "2024-03-04", Effective: "2024-03-05", Value: number("3.851")}}})
	h.done("ReleaseOrder", fmt.Sprintf(`{"shipment":%q,"customer":"ACME","currency":"USD","stops":[{"seq":1,"kind":"pickup","place":"Chicago"},{"seq":2,"kind":"delivery","place":"Dallas"}],
		"terms":{"agreement":"A","rate":true},"measures":{"distance":{"value":"600","unit":"mi"}}}`, id))
	for _, m := range []struct {
		stop        int
		kind, clock string
	}{{1, domain.Loaded, "06:00"}, {2, domain.ArrivedDelivery, "10:00"}, {2, domain.Unloaded, "12:00"}, {2, domain.DepartedDelivery, "13:00"}} {
		h.done("RecordMilestone", fmt.Sprintf(`{"shipment":%q,"stop":%d,"kind":%q,"at":%s}`, id, m.stop, m.kind, at(m.clock)))
	}
	h.ask(domain.RateShipment{Shipment: domain.ShipmentID(id)})
	h.settle()
}

func (h *house) whatIf(id, body string, headers ...string) reply {
	h.t.Helper()
	return h.call(http.MethodPost, "/v1/shipments/"+id+"/whatif", strings.NewReader(body), append([]string{"Content-Type", "application/json"}, headers...)...)
}

func (h *house) head() eventstore.Position {
	h.t.Helper()
	head, err := h.store.Head(h.t.Context())
	require.NoError(h.t, err)
	return head
}

func TestAnotherArrivalHasItsPriceAndIsNotRecorded(t *testing.T) {
	h := open(t, true, nil)
	h.rate("SH-1")
	before := h.head()

	// When the customer says that it came at 10:35
	r := h.whatIf("SH-1", `{"reports":[{"stop":2,"kind":"arrived-delivery","at":`+at("10:35")+`}]}`)

	// Then detention is a quarter of an hour instead of an hour
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Equal(t, usd("-37.50"), r.object(t)["change"])
	require.Equal(t, "A 1", r.object(t)["version"])
	// And the history stands where it stood
	require.Equal(t, before, h.head())
}

func TestWhatCannotBeAsked(t *testing.T) {
	h := open(t, true, nil)
	h.rate("SH-1")
	arrival := func(stop int, kind string) string {
		return fmt.Sprintf(`{"reports":[{"stop":%d,"kind":%q,"at":%s}]}`, stop, kind, at("10:35"))
	}
	h.whatIf("none", arrival(2, domain.ArrivedDelivery)).problem(t, http.StatusNotFound, "not-found")
	h.whatIf("SH-1", arrival(9, domain.ArrivedDelivery)).problem(t, http.StatusNotFound, "not-found")
	h.whatIf("SH-1", arrival(2, "landed")).problem(t, http.StatusUnprocessableEntity, "invalid")
	h.whatIf("SH-1", `{}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	h.whatIf("SH-1", `{"reports":[`+strings.Repeat(`{},`, maxReports)+`{}]}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	p := h.whatIf("SH-1", `{"reports":[{"stop":2,"kind":"arrived-delivery","at":{"local":"2024-03-05T10:35:00"}}]}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, "body /reports/0/at/utc", p.Place)
	for _, body := range []string{``, `[]`, `{"report":[]}`, `{"reports":[{"shipment":"SH-2"}]}`, `{"reports":7}`} {
		h.whatIf("SH-1", body).problem(t, http.StatusBadRequest, "bad-json")
	}
	h.call(http.MethodPost, "/v1/shipments/SH-1/whatif", strings.NewReader(`{}`)).problem(t, http.StatusUnsupportedMediaType, "not-json")
	h.call(http.MethodPost, "/v1/shipments/SH-1/whatif?as_of=monday", strings.NewReader(`{}`)).problem(t, http.StatusBadRequest, "bad-query")
	h.call(http.MethodPost, "/v1/shipments/SH-1/whatif?as_of=2001-01-01T00:00:00Z", strings.NewReader(arrival(2, domain.ArrivedDelivery)), "Content-Type", "application/json").
		problem(t, http.StatusNotFound, "not-found")
	// A shipment without an agreement has no price that could be another
	h.done("ReleaseOrder", releaseOrder("SH-2"))
	h.whatIf("SH-2", arrival(2, domain.ArrivedDelivery)).problem(t, http.StatusConflict, "not-ready")
}

func TestOneChargeIsTracedToItsSheet(t *testing.T) {
	h := open(t, true, nil)
	h.rate("SH/1")
	trace := h.ok("/v1/shipments/SH%2F1/charges/fuel/trace")
	require.Equal(t, usd("227.23"), trace["amount"])
	require.NotEmpty(t, trace["basis"].(map[string]any)["sheet"])
	require.Equal(t, "shipment-SH/1", trace["events"].([]any)[0].(map[string]any)["stream"])
	for _, path := range []string{"/v1/shipments/SH%2F1/charges/toll/trace", "/v1/shipments/none/charges/fuel/trace", "/v1/shipments/%ff/charges/%00/trace"} {
		h.get(path).problem(t, http.StatusNotFound, "not-found")
	}
}

func TestAnInvoiceIsTracedToTheAccountsOfItsDocuments(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	posting := func(path string) map[string]any {
		return h.ok(path)["postings"].([]any)[0].(map[string]any)
	}
	require.NotContains(t, posting("/v1/invoices/INV-2024-000001/trace"), "entries")
	require.NotContains(t, posting("/v1/invoices/INV-2024-000001/trace?accounts=false"), "entries")

	entries := posting("/v1/invoices/INV-2024-000001/trace?accounts=true")["entries"].([]any)
	require.NotEmpty(t, entries)
	first := entries[0].(map[string]any)
	require.Equal(t, []any{"1200", "receivable", usd("100.00")}, []any{first["account"], first["role"], first["amount"]})
	require.NotEmpty(t, first["chart"])
	require.NotZero(t, first["row"])

	h.get("/v1/invoices/INV-2024-000001/trace?accounts=yes").problem(t, http.StatusBadRequest, "bad-query")
	h.get("/v1/invoices/none/trace?accounts=true").problem(t, http.StatusNotFound, "not-found")
}

func TestAccountsAreTracedForOneAtATime(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	h := open(t, true, func(d *Deps) { d.Tracer = slowTracer{d.Tracer.(*trace.Tracer), began, finish} })
	h.bill("SH-1")
	first := make(chan reply, 1)
	go func() { first <- h.get("/v1/invoices/INV-2024-000001/trace?accounts=true") }()
	<-began
	h.get("/v1/invoices/INV-2024-000001/trace?accounts=true").problem(t, http.StatusConflict, "accounts-running")
	h.ok("/v1/invoices/INV-2024-000001/trace")
	close(finish)
	require.Equal(t, http.StatusOK, (<-first).status)
}

// slowTracer says when it begins with accounts, and waits to be let go on.
type slowTracer struct {
	*trace.Tracer
	began, finish chan struct{}
}

func (s slowTracer) Accounts(ctx context.Context, history trace.History, v *trace.InvoiceTrace) error {
	s.began <- struct{}{}
	<-s.finish
	return s.Tracer.Accounts(ctx, history, v)
}

func TestOneShipmentOrInvoiceIsRecomputed(t *testing.T) {
	h := open(t, true, nil)
	h.rate("SH-1")
	h.bill("SH-2")
	h.done("EnterCharge", enterCharge("SH-1", "toll", "7.00"))

	// The rating of one, with its three charges, and the one entered by hand
	report := h.ok("/v1/shipments/SH-1/recompute")
	require.Equal(t, []any{json.Number("1"), json.Number("3"), json.Number("1"), json.Number("0"), json.Number("0")},
		[]any{report["ratings"], report["charges"], report["stated"], report["invoices"], report["differ"]})
	// The invoice of the other, by its number: nothing was rated there
	report = h.ok("/v1/invoices/INV-2024-000001/recompute")
	require.Equal(t, []any{json.Number("0"), json.Number("1"), json.Number("1"), json.Number("0")},
		[]any{report["ratings"], report["stated"], report["invoices"], report["differ"]})

	// What differs is named, and is no error
	h.forge(domain.ChargeEntered{Shipment: "X", Charge: "freight", Kind: domain.Freight, Amount: money.MustParse("100.01", "USD"), RequestedBy: "desk",
		Basis: domain.Basis{Formula: domain.FormulaRate, Inputs: map[string]string{"rate": "10", "quantity": "10"}, Rounding: money.HalfUp}})
	difference := h.ok("/v1/shipments/X/recompute")["differences"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"charge freight", "100.01 USD", "100.00 USD"}, []any{difference["what"], difference["stored"], difference["computed"]})

	for _, path := range []string{"/v1/shipments/none/recompute", "/v1/shipments/%ff/recompute", "/v1/invoices/none/recompute"} {
		h.get(path).problem(t, http.StatusNotFound, "not-found")
	}
}

// forge stores a shipment's event that no decision led to.
func (h *house) forge(e domain.ChargeEntered) {
	h.t.Helper()
	p, err := h.codec.Encode(uuid.New(), e, eventstore.Meta{})
	require.NoError(h.t, err)
	_, err = h.store.Append(h.t.Context(), string(e.Shipment.Stream()), eventstore.NoStream, []eventstore.Proposed{p})
	require.NoError(h.t, err)
}

func TestSchemasAreTheOnesThatFilesAreHeldAgainst(t *testing.T) {
	h := open(t, true, nil)
	items := h.items("/v1/schemas")
	var kinds []any
	for _, item := range items {
		kinds = append(kinds, item.(map[string]any)["kind"])
		r := h.get(item.(map[string]any)["path"].(string))
		require.Equal(t, http.StatusOK, r.status)
		require.Equal(t, "application/schema+json", r.header.Get("Content-Type"))
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(r.text))
		require.NoError(t, err)
		compiler := jsonschema.NewCompiler()
		require.NoError(t, compiler.AddResource("schema.json", document))
		_, err = compiler.Compile("schema.json")
		require.NoError(t, err)
	}
	require.Equal(t, []any{"agreement", "chart", "index", "issuer", "tax-rules"}, kinds)
	require.Equal(t, rating.Schema(), h.get("/v1/schemas/agreement").text)
	h.get("/v1/schemas/pancake").problem(t, http.StatusNotFound, "not-found")
}

func TestWhatAServerDoesNotHaveItSays(t *testing.T) {
	h := open(t, true, func(d *Deps) { d.Print, d.Recompute, d.Duplicates = nil, nil, nil })
	for _, path := range []string{"/v1/duplicates", "/v1/shipments/SH-1/recompute", "/v1/invoices/INV-1/document.pdf"} {
		h.get(path).problem(t, http.StatusConflict, "not-ready")
	}
}
