package views

import (
	"context"
	"encoding/json"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Customer is the ERP's master data as last seen, and what waits for better.
type Customer struct {
	ID      domain.CustomerID `json:"id"`
	Known   bool              `json:"known"` // the ERP has it
	Source  string            `json:"source"`
	Waiting []BlockedInvoice  `json:"waiting"`
	Synced  time.Time         `json:"synced,omitzero"`
	// Rules are this ledger's own: how it settles with the customer.
	Rules domain.CustomerRules `json:"rules"`
	domain.CustomerMaster
}

// BlockedInvoice is a candidate that master data keeps from billing.
type BlockedInvoice struct {
	Customer domain.CustomerID `json:"customer"`
	Invoice  domain.InvoiceID  `json:"invoice"`
	Reason   string            `json:"reason"`
	Detail   string            `json:"detail"`
	Since    time.Time         `json:"since"`
}

type customers struct{ plain }

func (customers) Name() string { return "customers" }
func (customers) Version() int { return 2 }

func (customers) Schema() []string {
	return []string{`CREATE TABLE customers (id TEXT PRIMARY KEY, known INTEGER NOT NULL, master TEXT NOT NULL, source TEXT NOT NULL, synced TEXT NOT NULL) WITHOUT ROWID`,
		`CREATE TABLE blocked (customer TEXT NOT NULL, invoice TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, since TEXT NOT NULL,
	PRIMARY KEY (customer, invoice)) WITHOUT ROWID`,
		"CREATE TABLE customer_rules (customer TEXT PRIMARY KEY, rules TEXT NOT NULL) WITHOUT ROWID"}
}

func (customers) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch c := e.Event.(type) {
	case domain.OrderReleased:
		return tx.Exec("INSERT OR IGNORE INTO customers VALUES (?,0,'{}','','')", string(c.Customer))
	case domain.CustomerSynced:
		master, err := json.Marshal(c.Master)
		if err != nil {
			return err
		}
		return tx.Exec("INSERT OR REPLACE INTO customers VALUES (?,1,?,?,?)", string(c.Customer), string(master), c.Source, instant(e.Meta.RecordedAt))
	case domain.CustomerRulesSet:
		rules, err := json.Marshal(c.Rules)
		if err != nil {
			return err
		}
		if err := tx.Exec("INSERT OR IGNORE INTO customers VALUES (?,0,'{}','','')", string(c.Customer)); err != nil {
			return err
		}
		return tx.Exec("INSERT OR REPLACE INTO customer_rules VALUES (?,?)", string(c.Customer), string(rules))
	case domain.BillingAllowed:
		return tx.Exec("DELETE FROM blocked WHERE customer = ? AND invoice = ?", string(c.Customer), string(c.Candidate.ID()))
	case domain.BillingBlocked:
		return tx.Exec("INSERT OR REPLACE INTO blocked VALUES (?,?,?,?,?)", string(c.Customer), string(c.Candidate.ID()), c.Reason, c.Detail, instant(e.Meta.RecordedAt))
	}
	return nil
}

// Customers lists customers in order of id, also those that only shipments
// name.
func (v *Views) Customers(ctx context.Context, p Page) ([]Customer, error) {
	all, err := selectAll(ctx, v.db, scanCustomer, selectCustomers+" WHERE id > ? ORDER BY id LIMIT +?", p.After, p.limit())
	if err != nil || len(all) == 0 {
		return all, err
	}
	waiting, err := selectAll(ctx, v.db, scanBlocked, "SELECT * FROM blocked WHERE customer BETWEEN ? AND ? ORDER BY customer, invoice",
		string(all[0].ID), string(all[len(all)-1].ID))
	if err != nil {
		return nil, err
	}
	i := 0
	for _, b := range waiting { // both are in order of customer
		for i < len(all) && all[i].ID < b.Customer {
			i++
		}
		if i < len(all) && all[i].ID == b.Customer {
			all[i].Waiting = append(all[i].Waiting, b)
		}
	}
	return all, nil
}

// Customer finds one; false when nothing names it.
func (v *Views) Customer(ctx context.Context, id domain.CustomerID) (Customer, bool, error) {
	c, ok, err := selectOne(ctx, v.db, scanCustomer, selectCustomers+" WHERE id = ?", string(id))
	if !ok || err != nil {
		return c, ok, err
	}
	c.Waiting, err = selectAll(ctx, v.db, scanBlocked, "SELECT * FROM blocked WHERE customer = ? ORDER BY invoice", string(id))
	return c, true, err
}

const selectCustomers = "SELECT c.*, COALESCE(r.rules, '{}') FROM customers c LEFT JOIN customer_rules r ON r.customer = c.id"

func scanCustomer(r row) (c Customer, err error) {
	c.Waiting = []BlockedInvoice{}
	var master, rules string
	if err = r.Scan(&c.ID, &c.Known, &master, &c.Source, when{&c.Synced}, &rules); err != nil {
		return c, err
	}
	if err = json.Unmarshal([]byte(master), &c.CustomerMaster); err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(rules), &c.Rules)
}

func scanBlocked(r row) (b BlockedInvoice, err error) {
	err = r.Scan(&b.Customer, &b.Invoice, &b.Reason, &b.Detail, when{&b.Since})
	return b, err
}
