package client

import (
	"context"
	"fmt"
	"net/url"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// The calls of this file set the stage for rehearsals and tests. Running
// freightledger against books never needs them.

// PutCustomers writes customers, all of a thousand at a time or none of them.
func (c *Client) PutCustomers(ctx context.Context, customers []sandboxerp.CustomerInput) error {
	for len(customers) > 0 {
		n := min(len(customers), sandboxerp.MaxCustomerBatch)
		if err := c.call(ctx, "POST", "/customers:batch", sandboxerp.CustomerBatch{Customers: customers[:n]}, nil); err != nil {
			return err
		}
		customers = customers[n:]
	}
	return nil
}

// SetPeriod opens or closes a month such as "2013-05".
func (c *Client) SetPeriod(ctx context.Context, period, status string) error {
	return c.call(ctx, "PUT", "/periods/"+url.PathEscape(period), sandboxerp.PeriodInput{Status: status}, nil)
}

// PutAccount writes an account.
func (c *Client) PutAccount(ctx context.Context, code string, account sandboxerp.AccountInput) error {
	return c.call(ctx, "PUT", "/accounts/"+url.PathEscape(code), account, nil)
}

// SetFaults replaces the troubles to play.
func (c *Client) SetFaults(ctx context.Context, faults sandboxerp.Faults) error {
	return c.call(ctx, "PUT", "/faults", faults, nil)
}

// Faults tells the troubles that are being played and how often each struck.
func (c *Client) Faults(ctx context.Context) (sandboxerp.FaultsAnswer, error) {
	var answer sandboxerp.FaultsAnswer
	return answer, c.call(ctx, "GET", "/faults", nil, &answer)
}

// SetAutoPay changes how customers pay by themselves.
func (c *Client) SetAutoPay(ctx context.Context, autopay sandboxerp.AutoPay) error {
	return c.call(ctx, "PUT", "/autopay", autopay, nil)
}

// PutReceipt books money that reached the bank.
func (c *Client) PutReceipt(ctx context.Context, receipt sandboxerp.ReceiptInput) (sandboxerp.Receipt, error) {
	var answer sandboxerp.Receipt
	return answer, c.call(ctx, "POST", "/receipts", receipt, &answer)
}

// ReturnReceipt books that the bank took a receipt back.
func (c *Client) ReturnReceipt(ctx context.Context, number string, input sandboxerp.ReturnInput) (sandboxerp.Returned, error) {
	var answer sandboxerp.Returned
	return answer, c.call(ctx, "POST", "/receipts/"+url.PathEscape(number)+"/return", input, &answer)
}

// Document is a booked document with its entries.
func (c *Client) Document(ctx context.Context, id string) (sandboxerp.BookedDocument, error) {
	var answer sandboxerp.BookedDocument
	return answer, c.call(ctx, "GET", "/documents/"+url.PathEscape(id), nil, &answer)
}

// TrialBalance sums the books; an empty month bounds nothing.
func (c *Client) TrialBalance(ctx context.Context, from, to string) (sandboxerp.TrialBalance, error) {
	var answer sandboxerp.TrialBalance
	return answer, c.call(ctx, "GET", "/trial-balance"+periodQuery(from, to), nil, &answer)
}

// PatchEntry edits an entry past all rules of booking.
func (c *Client) PatchEntry(ctx context.Context, entry int64, patch sandboxerp.EntryPatch) (sandboxerp.EditAnswer, error) {
	return c.edit(ctx, "PATCH", fmt.Sprintf("/entries/%d", entry), patch)
}

// DeleteEntry removes an entry.
func (c *Client) DeleteEntry(ctx context.Context, entry int64) (sandboxerp.EditAnswer, error) {
	return c.edit(ctx, "DELETE", fmt.Sprintf("/entries/%d", entry), nil)
}

// AddEntry adds a stray entry to a booked document.
func (c *Client) AddEntry(ctx context.Context, stray sandboxerp.StrayEntry) (sandboxerp.EditAnswer, error) {
	return c.edit(ctx, "POST", "/entries", stray)
}

// PatchDocument edits a document past all rules of booking.
func (c *Client) PatchDocument(ctx context.Context, id string, patch sandboxerp.DocumentPatch) (sandboxerp.EditAnswer, error) {
	return c.edit(ctx, "PATCH", "/documents/"+url.PathEscape(id), patch)
}

// DeleteDocument removes a document with its entries.
func (c *Client) DeleteDocument(ctx context.Context, id string) (sandboxerp.EditAnswer, error) {
	return c.edit(ctx, "DELETE", "/documents/"+url.PathEscape(id), nil)
}

// DuplicateDocument books a copy of a document under the same number.
func (c *Client) DuplicateDocument(ctx context.Context, id string) (sandboxerp.EditAnswer, error) {
	return c.edit(ctx, "POST", "/documents/"+url.PathEscape(id)+":duplicate", nil)
}

func (c *Client) edit(ctx context.Context, method, path string, in any) (sandboxerp.EditAnswer, error) {
	var answer sandboxerp.EditAnswer
	return answer, c.call(ctx, method, path, in, &answer)
}
