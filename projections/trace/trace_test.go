package trace_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/stretchr/testify/require"
)

var policy = domain.Policy{Grace: 24 * time.Hour, Quiet: time.Hour}

const file = "id,delivered,amount\r\nS1,2013-05-03,812.40\r\nS2,2013-05-04,\x1b[31mcaf\u00e9\xff\r\n"

func at(line int) domain.Source {
	lines := strings.SplitAfter(file, "\n")
	offset := len(strings.Join(lines[:line-1], ""))
	return domain.Source{Message: "m1", Place: fmt.Sprintf("line %d", line), Offset: int64(offset), Length: int64(len(lines[line-1]) - 2)}
}

// billed takes two shipments from a file's lines to an invoice in the ERP,
// with a short payment, a credit and a dispute.
func billed(t *testing.T) (*seeded.Desk, *trace.Tracer) {
	d := seeded.Open(t, 1)
	r, err := flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, policy, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	settle := func() {
		_, err := r.Settle(t.Context(), nil)
		require.NoError(t, err)
	}
	d.Message("m1", "deliveries.csv", file, 5) // parts that cut through every line
	d.Sync("ACME", 30)
	d.Ship("S1", "ACME", time.Date(2013, 5, 3, 10, 0, 0, 0, time.UTC), at(2))
	d.Pass(24 * time.Hour)
	d.Must(seeded.Order("S2", "ACME", at(3)))
	d.Must(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "S2", Charge: "A1", Kind: domain.Accessorial, Code: "DET", Amount: seeded.USD("150.00"), RequestedBy: "desk"}})
	d.Must(domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: "S2", Charge: "A1", Amount: seeded.USD("150.00"), By: "manager", Evidence: "hash of what was seen"}})
	delivered := time.Date(2013, 5, 4, 16, 0, 0, 0, time.UTC)
	d.Must(seeded.Milestone("S2", 2, domain.Unloaded, delivered, at(3)))
	d.Must(domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: "S2", Document: "blurred", At: domain.MomentIn(delivered, nil)}})
	d.Must(domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: "S2", By: "billing"}})
	d.Must(domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: "S2", Document: "sharp", SignedBy: "dock", At: domain.MomentIn(delivered, nil), Source: at(3)}})
	d.Must(domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: "S2", Outcome: domain.PODClean, By: "billing"}})
	d.Pass(40 * 24 * time.Hour)
	settle()
	d.Pass(2 * time.Hour)
	settle()
	v := domain.InvoiceID("ACME_2013-05_USD_1")
	d.Must(domain.ConfirmPosting{Document: "INV-2013-000001", ERPID: "account.invoice,7", Date: "2013-05-31"})
	settle()
	d.Must(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: "ACME", Document: "RCT-1", Amount: seeded.USD("500.00"), Date: "2013-06-20", Source: "books"}})
	d.Must(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: "P1", Date: "2013-06-20", Allocations: []domain.Allocation{{Invoice: v, Amount: seeded.USD("500.00"), Reason: "01"}}}})
	d.Must(domain.CreditInvoice{Invoice: v, Credit: "c1", Lines: []domain.CreditLine{{Shipment: "S1", Charge: "F1", Amount: seeded.USD("12.40"), Tax: seeded.USD("0.00")}}, Reason: "rate", By: "billing"})
	d.Must(domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v, Dispute: "D1", Reason: "no detention", DisputeTerms: domain.DisputeTerms{Code: domain.ReasonPricing, Opened: d.Clock().Format(domain.DayLayout)},
		Lines: []domain.CreditLine{{Shipment: "S2", Charge: "A1", Amount: seeded.USD("150.00"), Tax: seeded.USD("0.00")}}}})
	settle()
	require.NoError(t, r.Close())
	return d, trace.New(d.Store, d.Codec)
}

func TestAnInvoiceIsTracedDownToTheBytesItRestsOn(t *testing.T) {
	d, tracer := billed(t)

	// When it is traced by its number
	v, err := tracer.Invoice(t.Context(), "INV-2013-000001")
	require.NoError(t, err)

	// Then the tree has every hop
	require.Equal(t, domain.InvoiceID("ACME_2013-05_USD_1"), v.ID)
	require.Len(t, v.Lines, 3)
	lines := map[domain.ChargeRef]trace.LineTrace{}
	for _, line := range v.Lines {
		lines[domain.ChargeRef{Shipment: line.Shipment, Charge: line.BillLine.Charge}] = line
	}
	freight := lines[domain.ChargeRef{Shipment: "S1", Charge: "F1"}].Origin
	require.Equal(t, "deliveries.csv", freight.Source.Name)
	require.Equal(t, "S1,2013-05-03,812.40", freight.Source.Text)
	require.Empty(t, freight.Source.Missing)
	require.Equal(t, "POD 1: pod-S1", freight.Proof.Evidence)

	detention := lines[domain.ChargeRef{Shipment: "S2", Charge: "A1"}].Origin
	require.Nil(t, detention.Source, "it was entered by hand")
	require.Equal(t, &trace.Entry{Actor: "clerk", Recorded: detention.Events[0].Recorded, Via: "test"}, detention.Entered)
	require.Nil(t, freight.Entered, "a message says so")
	require.Equal(t, "manager", detention.ApprovedBy)
	require.Equal(t, "hash of what was seen", detention.Approval)
	require.Equal(t, []string{"ChargeEntered", "ChargeApproved", "RevenueAccrued", "ChargesClaimed"}, types(detention.Events))
	pod := detention.Proof.POD
	require.Equal(t, 2, pod.Version, "the one that let it be billed, not the blurred one")
	require.Equal(t, "billing", pod.VerifiedBy)
	require.Equal(t, []string{"PODReceived", "PODVerified"}, types(pod.Events))
	require.Len(t, detention.Proof.Deliveries, 2, "the stop's report, and the conclusion")
	text := detention.Proof.Deliveries[0].Source.Text
	require.True(t, utf8.ValidString(text))
	require.Equal(t, "S2,2013-05-04,\x1b[31mcafé\uFFFD", text)

	// And what became of it
	require.Equal(t, "account.invoice,7", v.Postings[0].ERPID)
	require.Equal(t, []string{"PostingRequested", "PostingConfirmed"}, types(v.Postings[0].Events))
	require.Equal(t, "500.00 USD", v.Payments[0].Amount.String())
	require.Equal(t, []string{"PaymentReceived", "PaymentAllocated"}, types(v.Payments[0].Cash))
	require.Equal(t, []string{"CreditRequested", "CreditIssued"}, types(v.Credits[0].Events))
	require.Equal(t, domain.DisputeIsOpen, v.Disputes[0].Status)
	documents := []string{}
	for _, p := range v.Postings {
		documents = append(documents, p.Document)
	}
	require.ElementsMatch(t, []string{"INV-2013-000001", "APP-P1-INV-2013-000001", "CM-2013-000001"}, documents)

	// And every hop is the event that the history holds there
	stored := map[string]string{}
	for _, e := range d.All() {
		stored[fmt.Sprint(e.Stream, e.Revision)] = fmt.Sprint(e.ID, e.Type, e.Meta.Actor, e.Meta.RecordedAt)
	}
	hops := append(append(v.Events, detention.Events...), pod.Events...)
	hops = append(hops, v.Payments[0].Cash...)
	for _, h := range hops {
		require.Equal(t, stored[fmt.Sprint(h.Stream, h.Revision)], fmt.Sprint(h.Event, h.Type, h.Actor, h.Recorded))
	}
}

func TestAnInvoiceIsFoundByIDAndByItsCreditMemo(t *testing.T) {
	_, tracer := billed(t)
	want, err := tracer.Invoice(t.Context(), "INV-2013-000001")
	require.NoError(t, err)
	for _, reference := range []string{"ACME_2013-05_USD_1", "CM-2013-000001"} {
		got, err := tracer.Invoice(t.Context(), reference)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, unknown := range []string{"", "-", "INV-2013-000002", "INV-2013-0", "INV-2013-1", "INV-2013-99999999999999999999", "S1"} {
		_, err := tracer.Invoice(t.Context(), unknown)
		var no *domain.Refusal
		require.ErrorAs(t, err, &no, unknown)
		require.Equal(t, domain.NotFound, no.Code)
	}
}

func TestATraceIsPrintedForPeopleAndForPrograms(t *testing.T) {
	_, tracer := billed(t)
	v, err := tracer.Invoice(t.Context(), "INV-2013-000001")
	require.NoError(t, err)

	var text strings.Builder
	require.NoError(t, v.WriteText(&text))
	for _, want := range []string{
		"invoice INV-2013-000001 (ACME_2013-05_USD_1), customer ACME, period 2013-05: partially-paid",
		"approved by manager, who saw hash of what was seen",
		"proof of delivery 2: sharp, verified-clean, signed by dock, verified by billing",
		"source: m1 (files) deliveries.csv, line 2, bytes 21 to 41",
		"| S1,2013-05-03,812.40",
		"proof: as above for shipment S1",
		"posting INV-2013-000001 (invoice) of 2013-06-11: confirmed, in the ERP as account.invoice,7",
		"| S2,2013-05-04,·[31mcafé\uFFFD",
	} {
		require.Contains(t, text.String(), want)
	}
	require.NotContains(t, text.String(), "\x1b", "text from outside cannot steer a terminal")

	raw, err := json.Marshal(v)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(raw, &fields))
	for _, name := range []string{"id", "number", "customer", "period", "status", "holds", "issue_date", "due_date", "net", "tax", "total", "open", "events", "lines", "credits", "payments", "disputes", "postings"} {
		require.Contains(t, fields, name)
	}
	line := fields["lines"].([]any)[0].(map[string]any)
	require.Contains(t, line["origin"].(map[string]any), "proof")
	require.Equal(t, "F1", line["charge"])
}

func TestAChargeIsTracedAlsoBeforeItIsBilled(t *testing.T) {
	d := seeded.Open(t, 2)
	d.Must(seeded.Order("S1", "ACME", domain.Source{Message: "gone", Place: "line 9", Offset: 4, Length: 10}))
	d.Must(domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: "S1", Charge: "F1", Kind: domain.Freight, Reason: "no figure yet",
		Source: domain.Source{Message: "gone", Place: "line 9", Offset: 4, Length: 10}}})
	tracer := trace.New(d.Store, d.Codec)

	c, err := tracer.Charge(t.Context(), domain.ChargeRef{Shipment: "S1", Charge: "F1"})
	require.NoError(t, err)
	require.Equal(t, domain.ChargeIsHeld, c.Status)
	require.Equal(t, "no figure yet", c.Reason)
	require.Equal(t, "the message is not in the history", c.Source.Missing)
	require.Nil(t, c.Proof.POD)
	var text strings.Builder
	require.NoError(t, c.WriteText(&text))
	require.Contains(t, text.String(), "! the message is not in the history")

	_, err = tracer.Charge(t.Context(), domain.ChargeRef{Shipment: "S1", Charge: "F2"})
	var no *domain.Refusal
	require.ErrorAs(t, err, &no)
}

func TestAnExcerptIsBoundedAndStaysWithinItsMessage(t *testing.T) {
	d := seeded.Open(t, 3)
	long := strings.Repeat("é", trace.MaxExcerpt) // two bytes each: an odd offset cuts a character at both ends
	d.Message("m1", "long.txt", long, 1000)
	tracer := trace.New(d.Store, d.Codec)
	for i, test := range map[string]struct {
		source    domain.Source
		text      string
		truncated bool
		missing   string
	}{
		"cut":      {domain.Source{Message: "m1", Offset: 0, Length: 8192}, strings.Repeat("é", 2048), true, ""},
		"odd":      {domain.Source{Message: "m1", Offset: 1, Length: 8001}, "\uFFFD" + strings.Repeat("é", 2047), true, ""},
		"no bytes": {domain.Source{Message: "m1", Place: "somewhere"}, "", false, ""},
		"outside":  {domain.Source{Message: "m1", Offset: 8000, Length: 500}, "", false, "the place is outside of the message's 8192 bytes"},
		"negative": {domain.Source{Message: "m1", Offset: -4, Length: 8}, "", false, "the place is outside of the message's 8192 bytes"},
		"huge":     {domain.Source{Message: "m1", Offset: 1 << 62, Length: 1 << 62}, "", true, "the place is outside of the message's 8192 bytes"},
	} {
		t.Run(i, func(t *testing.T) {
			id := domain.ShipmentID("S" + strings.ReplaceAll(i, " ", ""))
			d.Must(seeded.Order(id, "ACME", domain.Source{}))
			d.Must(seeded.Freight(id, "F1", "1.00", test.source))
			c, err := tracer.Charge(t.Context(), domain.ChargeRef{Shipment: id, Charge: "F1"})
			require.NoError(t, err)
			require.Equal(t, test.text, c.Source.Text)
			require.Equal(t, test.truncated, c.Source.Truncated)
			require.Equal(t, test.missing, c.Source.Missing)
		})
	}
}

func TestAReplayKnowsOnlyWhatWasRecordedByThen(t *testing.T) {
	// Given a delivery that happened on the third and was reported on the
	// tenth, when its proof was already there
	d := seeded.Open(t, 4)
	day := func(n int) time.Time { return time.Date(2013, 5, n, 10, 0, 0, 0, time.UTC) }
	pass := func(to time.Time) { d.Pass(to.Sub(d.Clock())) }
	pass(day(2))
	d.Must(seeded.Order("S1", "ACME", domain.Source{Message: "m1", Place: "line 2"}))
	d.Must(seeded.Freight("S1", "F1", "812.40", domain.Source{}))
	pass(day(5))
	d.Must(domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: "S1", Document: "pod", At: domain.MomentIn(day(3), nil)}})
	pass(day(10))
	d.Must(seeded.Milestone("S1", 2, domain.Unloaded, day(3), domain.Source{}))
	tracer := trace.New(d.Store, d.Codec)

	// When asked what was known on the seventh
	then, err := tracer.Replay(t.Context(), "S1", day(7))
	require.NoError(t, err)

	// Then the proof was, the delivery was not
	require.Equal(t, "released", then.Status)
	require.Equal(t, "received", then.POD.State)
	require.True(t, then.Delivered.IsZero())
	require.Equal(t, []string{"not delivered", "no verified proof of delivery"}, then.Holds)
	require.Equal(t, 3, then.Known)
	require.Equal(t, 3, then.Later, "the report, the conclusion and the accrual")

	// And today both axes show
	now, err := tracer.Replay(t.Context(), "S1", time.Time{})
	require.NoError(t, err)
	require.Equal(t, "delivered", now.Status)
	require.Zero(t, now.Later)
	unloaded := now.Timeline[3]
	require.Equal(t, "MilestoneRecorded", unloaded.Type)
	require.Equal(t, day(10), unloaded.Recorded)
	require.Equal(t, day(3), unloaded.Instant)
	require.Equal(t, "2013-05-03T10:00:00 UTC", unloaded.Happened)
	state, err := d.Exec.State(t.Context(), "shipment-S1")
	require.NoError(t, err)
	require.Equal(t, state, now.State)

	var text strings.Builder
	require.NoError(t, then.WriteText(&text))
	require.Contains(t, text.String(), "shipment S1 as known at 2013-05-07T10:00:00Z: released")
	require.Contains(t, text.String(), "3 events were known, 3 came later")
	require.Contains(t, text.String(), "← m1, line 2")
	raw, err := json.Marshal(then)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"as_of":"2013-05-07T10:00:00Z","known":3,"later":3,"status":"released"`)

	// And before its order it was not known at all
	for _, id := range []domain.ShipmentID{"S1", "S2"} {
		_, err = tracer.Replay(t.Context(), id, day(1))
		var no *domain.Refusal
		require.ErrorAs(t, err, &no)
		require.Equal(t, domain.NotFound, no.Code)
	}
}

func types(hops []trace.Hop) (names []string) {
	for _, h := range hops {
		names = append(names, h.Type)
	}
	return names
}

func TestWhatIsMissingIsSaidOfAShipmentWithItsCandidates(t *testing.T) {
	d := seeded.Open(t, 9)
	d.Sync("ACME", 30)
	d.Ship("S1", "ACME", time.Date(2013, 5, 3, 0, 0, 0, 0, time.UTC), domain.Source{})
	d.Must(seeded.Order("S2", "ACME", domain.Source{}))
	r, err := flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, policy, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	_, err = r.Settle(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	tracer := trace.New(d.Store, d.Codec)

	said := func(reference, today string) string {
		missing, err := tracer.Missing(t.Context(), reference, today)
		require.NoError(t, err)
		var text strings.Builder
		require.NoError(t, missing.WriteText(&text))
		return text.String()
	}
	require.Contains(t, said("S2", "2013-05-20"), "shipment S2 is not billed:")
	require.Contains(t, said("S2", "2013-05-20"), "not delivered (not-delivered): wait for the report")
	for _, reference := range []string{"S1", "ACME_2013-05_USD_1"} {
		require.Contains(t, said(reference, "2013-05-31"), "candidate ACME_2013-05_USD_1: its billing period ends on 2013-05-31 (period-not-over)")
	}
	// Of a hold it says since when, and who ends it
	d.Must(domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: "ACME_2013-05_USD_1", Reason: domain.HoldByHand, By: "billing desk"}})
	require.Contains(t, said("ACME_2013-05_USD_1", "2013-06-05"), "it is held: by-hand (by-hand): since "+d.Clock().UTC().Format(domain.DayLayout)+", another person than billing desk ends it: release the hold, by another person than who placed it")
	_, err = tracer.Missing(t.Context(), "none", "2013-05-20")
	var refusal *domain.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, domain.NotFound, refusal.Code)
}
