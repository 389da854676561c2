package client

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

const pageRows = 500

// Receipts gives a page of the bank feed after a cursor, "" being before the
// first receipt, and the cursor after the page. A page without receipts is the
// end of the feed for now. The payments have no id yet: naming them is the
// caller's. A receipt in a currency outside ISO 4217 has no amount.
func (c *Client) Receipts(ctx context.Context, after string) ([]domain.PaymentReceived, string, error) {
	if after == "" {
		after = "0"
	}
	var page sandboxerp.ReceiptPage
	query := url.Values{"after": {after}, "limit": {strconv.Itoa(pageRows)}}
	if err := c.call(ctx, "GET", "/receipts?"+query.Encode(), nil, &page); err != nil {
		return nil, "", err
	}
	payments := make([]domain.PaymentReceived, len(page.Receipts))
	for i, r := range page.Receipts {
		if r.Number == "" || r.N > page.Next {
			return nil, "", &Error{Op: "GET /receipts", Err: fmt.Errorf("receipt %d has no number or lies behind the page's end", r.N)}
		}
		// Customers who send advice name it; then that is the reference to match by.
		reference := r.Remittance
		if reference == "" {
			reference = r.Reference
		}
		p := domain.PaymentReceived{Customer: domain.CustomerID(r.Customer), Document: r.Number, Reference: reference,
			Invoice: r.Invoice, Date: r.Date, Source: c.opts.Name, GL: domain.Account(r.Account)}
		if amount, err := money.Parse(r.Amount, money.Currency(r.Currency)); err == nil {
			p.Amount = amount
		}
		payments[i] = p
	}
	return payments, strconv.FormatInt(page.Next, 10), nil
}

// Customers gives a page of the customers after a code, "" being before the
// first, and the code to ask after next, "" on the last page.
func (c *Client) Customers(ctx context.Context, after string) ([]domain.CustomerSynced, string, error) {
	var page sandboxerp.CustomerPage
	query := url.Values{"after": {after}, "limit": {strconv.Itoa(pageRows)}}
	if err := c.call(ctx, "GET", "/customers?"+query.Encode(), nil, &page); err != nil {
		return nil, "", err
	}
	customers := make([]domain.CustomerSynced, len(page.Customers))
	for i, r := range page.Customers {
		customers[i] = domain.CustomerSynced{Customer: domain.CustomerID(r.Code), Source: c.opts.Name, Master: domain.CustomerMaster{
			Name: r.Name, TermsDays: r.TermsDays, Credit: r.CreditStatus, Active: r.Active, Currency: money.Currency(r.Currency)}}
		if r.Tax != nil {
			addTax(&customers[i].Master, *r.Tax)
		}
	}
	if page.Next != "" && page.Next <= after {
		return nil, "", &Error{Op: "GET /customers", Err: fmt.Errorf("the page after %q ends at %q: it does not go on", after, page.Next)}
	}
	return customers, page.Next, nil
}

// addTax says what the ERP knows of a customer's tax.
func addTax(m *domain.CustomerMaster, t sandboxerp.CustomerTax) {
	m.TaxStatus = tax.Status(t.Status)
	m.BillingTo.Country, m.BillingTo.Region = t.Country, t.Region
	for _, id := range t.IDs {
		m.TaxIDs = append(m.TaxIDs, domain.TaxID{Jurisdiction: id.Jurisdiction, ID: id.Number})
	}
	for _, c := range t.Certificates {
		m.Certificates = append(m.Certificates, tax.Certificate{Certificate: c.Certificate, Number: c.Number, From: c.From, Through: c.Through})
	}
}
