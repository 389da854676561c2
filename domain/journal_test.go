package domain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// Each event that means something to the books has one readable file: the
// event as it is stored, and what is booked for it.
func TestWhatEachDocumentBooks(t *testing.T) {
	names := map[string]string{
		"RevenueAccrued": "accrual", "InvoiceIssued": "invoice", "InvoiceVoided": "void", "CreditIssued": "credit-memo", "PaymentReceived": "receipt",
		"PaymentReversed": "receipt-reversed", "PaymentReceived own": "receipt-of-a-statement", "PaymentReversed own": "receipt-of-a-statement-reversed", "PaymentApplied": "cash-application", "PaymentUnapplied": "cash-application-undone",
		"PaymentRefunded": "refund", "WrittenOff": "write-off", "WriteOffReversed": "write-off-reversed",
		"CashReleased": "cash-released", "InvoiceIssued debit": "debit-memo",
	}
	kinds := map[string]bool{}
	for _, e := range append(examples(), debitMemoExample(), olderExamples()["PaymentReceived.v1"], olderExamples()["PaymentReversed.v1"]) {
		if v, is := e.(domain.InvoiceIssued); is && v.Number == number {
			v.Candidate = candidate() // the example has every field, and so raises one
			e = v
		}
		d, ok := domaintest.Booked(e)
		key := e.EventType()
		if v, is := e.(domain.InvoiceIssued); is && v.Number != number {
			key += " debit"
		}
		if !d.ByERP && d.Kind == domain.DocumentReceipt {
			key += " own"
		}
		name, expected := names[key]
		require.Equal(t, expected, ok, "%s: does it mean something to the books?", e.EventType())
		if !ok {
			continue
		}
		kinds[d.Kind] = true
		t.Run(name, func(t *testing.T) {
			_, _, body, err := domain.Events().Encode(e)
			require.NoError(t, err)
			var text bytes.Buffer
			require.NoError(t, json.Indent(&text, body, "", "  "))
			fmt.Fprintf(&text, "\n----------\n%s", booked(d))
			path := filepath.Join("testdata", "journal", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
			}
			golden, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(golden), text.String())
			require.True(t, d.Balanced())
		})
		delete(names, key)
	}
	require.Empty(t, names)
	for _, kind := range []string{domain.DocumentAccrual, domain.DocumentInvoice, domain.DocumentVoid, domain.DocumentDebit, domain.DocumentCredit, domain.DocumentReceipt, domain.DocumentApplication, domain.DocumentWriteOff, domain.DocumentRefund} {
		require.True(t, kinds[kind], kind)
	}
}

// booked is a document as an accountant reads it.
func booked(d domain.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s of %s, customer %s", d.Kind, d.Number, d.Date, d.Customer)
	for _, extra := range []struct{ label, value string }{{"due", d.DueDate}, {"reference", d.Reference}} {
		if extra.value != "" {
			fmt.Fprintf(&b, ", %s %s", extra.label, extra.value)
		}
	}
	if d.ByERP {
		b.WriteString(", booked by the ERP itself")
	}
	fmt.Fprintf(&b, "\n%-16s %-7s %12s %12s  %s\n", "ref", "account", "debit", "credit", "memo")
	for _, e := range d.Entries {
		debit, credit := e.Amount.Format(), ""
		if e.Side == domain.CreditSide {
			debit, credit = "", debit
		}
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-16s %-7s %12s %12s  %s", e.Ref, e.Account, debit, credit, e.Memo), " "))
	}
	return b.String()
}

func TestEventsWithoutMoneyBookNothing(t *testing.T) {
	for _, e := range []domain.Event{
		domain.PaymentApplied{Payment: "P1", Number: number, Document: "APP-P1-" + number, Amount: usd("0.00"), Excess: usd("5.00"), Residual: usd("0.00")},
		domain.InvoiceIssued{Invoice: invoice, Number: number, Candidate: candidate(), Total: usd("0.00")},
		domain.MilestoneRecorded{}, domain.ChargesClaimed{}, domain.PostingConfirmed{},
	} {
		_, ok := domain.Journal(e)
		require.False(t, ok, e.EventType())
	}
}
