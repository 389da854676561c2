package erp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections"
)

// Cash takes the ERP's receipts into history, means receipts for invoices,
// whoever booked them, and matches what two sources say of the same money.
type Cash struct {
	outbox   *Outbox
	receipts Receipts
	invoices Invoices
	banks    Banks
	exec     Executor
	erp      string
	workers  int
	lease    projections.LeaseOptions

	applicant *projections.Applicant

	// meant is what oldest-first has given to items in this run: they take it
	// only when the policy has done its work.
	mu    sync.Mutex
	meant map[domain.InvoiceID]money.Money
}

// NewCash returns the way of cash. Of the options it takes ERP, Workers, Banks
// and Lease. Without receipts there is no ERP that books any.
func NewCash(outbox *Outbox, exec Executor, receipts Receipts, invoices Invoices, opts Options) *Cash {
	opts = opts.withDefaults()
	return &Cash{outbox: outbox, receipts: receipts, invoices: invoices, banks: opts.Banks, exec: fenced{exec, outbox}, erp: opts.ERP, workers: opts.Workers, lease: opts.Lease,
		applicant: projections.Apply(outbox.db, CashLease, opts.Lease)}
}

// CashReport is what a Receive has done.
type CashReport struct {
	Receipts  int // read from the feed
	Received  int // of these, new to history
	Allocated int // payments that were meant for invoices
	Unapplied int // payments of which something is left, see Outbox.Unapplied
	Noted     int // receipts that a bank's statements book: they are to be matched
	Matched   int // of both sources' words for the same money
}

// Unapplied is a payment that no invoice has taken whole.
type Unapplied struct {
	Payment domain.PaymentID
	Left    money.Money
	Reason  string
	receipt string
}

// Receive reads the receipts feed from where it was left to its end: each
// receipt is recorded and its cash is meant for the invoices it pays. Payments
// left over from earlier are matched again first. The feed's cursor moves only
// behind receipts that are dealt with, and dealing with one again changes
// nothing. Of several processes one does this at a time, by turns.
//
// Errors: ctx's, what the ERP or a lookup answered, or what keeps events from
// being recorded; then calling it again goes on.
func (c *Cash) Receive(ctx context.Context) (report CashReport, err error) {
	err = projections.Hold(ctx, c.outbox.db, CashLease, c.lease, func(ctx context.Context, _ projections.Held) error {
		report, err = c.receiveAll(ctx)
		return err
	})
	return report, err
}

// Step is [Cash.Receive] that does not wait: it does nothing, and tells so, when
// another process holds the lease.
func (c *Cash) Step(ctx context.Context) (report CashReport, worked bool, err error) {
	worked, err = c.applicant.Once(ctx, func(ctx context.Context, _ projections.Held) error {
		report, err = c.receiveAll(ctx)
		return err
	})
	return report, worked, err
}

func (c *Cash) receiveAll(ctx context.Context) (CashReport, error) {
	var report CashReport
	c.meant = map[domain.InvoiceID]money.Money{}
	known, err := c.rematch(ctx, &report)
	if err != nil {
		return report, err
	}
	if err := c.readFeed(ctx, &report); err != nil {
		return report, err
	}
	if c.banks != nil {
		if err := c.fromBanks(ctx, known, &report); err != nil {
			return report, err
		}
		if err := c.recognise(ctx, &report); err != nil {
			return report, err
		}
	}
	if err := c.outbox.db.Read().QueryRowContext(ctx, `SELECT count(*) FROM unapplied`).Scan(&report.Unapplied); err != nil {
		return report, fmt.Errorf("count unapplied payments: %w", err)
	}
	return report, nil
}

// readFeed takes the ERP's receipts.
func (c *Cash) readFeed(ctx context.Context, report *CashReport) error {
	if c.receipts == nil {
		return nil
	}
	var cursor string
	if err := c.outbox.db.Read().QueryRowContext(ctx, `SELECT receipts FROM progress`).Scan(&cursor); err != nil {
		return fmt.Errorf("read the receipts' cursor: %w", err)
	}
	for {
		page, next, err := c.receipts.Receipts(ctx, cursor)
		if err != nil {
			return fmt.Errorf("read receipts after %q: %w", cursor, err)
		}
		if len(page) == 0 {
			return nil
		}
		if next == cursor {
			return fmt.Errorf("read receipts after %q: the feed does not go on", cursor)
		}
		for i := range page {
			page[i].Payment = paymentID(page[i].Document)
			page[i].Source = c.erp
		}
		report.Receipts += len(page)
		if page, err = c.booked(ctx, page, report); err != nil {
			return err
		}
		if err := c.take(ctx, page, next, report); err != nil {
			return err
		}
		cursor = next
	}
}

// paymentID names a payment by its receipt number, or by a hash of a number
// that could not name a stream.
func paymentID(receipt string) domain.PaymentID {
	if receipt == "" || domain.CheckID("receipt", receipt) == nil {
		return domain.PaymentID(receipt)
	}
	return domain.PaymentID("receipt-" + uuid.NewSHA1(namespace, []byte(receipt)).String())
}

// rematch tries payments that something was left of, and says which.
func (c *Cash) rematch(ctx context.Context, report *CashReport) (map[domain.PaymentID]bool, error) {
	known := map[domain.PaymentID]bool{}
	after := domain.PaymentID("")
	for {
		left, err := c.outbox.Unapplied(ctx, after, 500)
		if err != nil {
			return known, err
		}
		if len(left) == 0 {
			return known, nil
		}
		after = left[len(left)-1].Payment
		var again []domain.PaymentReceived
		for _, u := range left {
			if u.receipt == "" {
				continue
			}
			var p domain.PaymentReceived
			if err := json.Unmarshal([]byte(u.receipt), &p); err != nil {
				return known, fmt.Errorf("read unapplied payment %s: %w", u.Payment, err)
			}
			again, known[p.Payment] = append(again, p), true
		}
		if err := c.take(ctx, again, "", report); err != nil {
			return known, err
		}
	}
}

// take deals with receipts and commits what is left of them; with a cursor,
// they are a page of the feed and the cursor moves.
func (c *Cash) take(ctx context.Context, page []domain.PaymentReceived, cursor string, report *CashReport) error {
	left := make([]Unapplied, len(page))
	var received, allocated atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(c.workers)
	for i, p := range page {
		group.Go(func() error {
			isNew, err := c.receive(groupCtx, p)
			if isNew {
				received.Add(1)
			}
			meant := false
			if err == nil {
				left[i], meant, err = c.match(groupCtx, p)
			}
			if meant {
				allocated.Add(1)
			}
			var refusal *domain.Refusal
			if errors.As(err, &refusal) {
				left[i], err = Unapplied{Left: p.Amount, Reason: refusal.Error()}, nil
			}
			if err != nil {
				return fmt.Errorf("receipt %s: %w", p.Document, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	report.Received += int(received.Load())
	report.Allocated += int(allocated.Load())
	return c.outbox.keepUnapplied(ctx, page, left, cursor)
}

func (c *Cash) receive(ctx context.Context, p domain.PaymentReceived) (isNew bool, err error) {
	result, err := execute(ctx, c.exec, domain.ReceivePayment{PaymentReceived: p}, uuid.NewSHA1(namespace, []byte(p.Source+"\x00"+p.Document)), uuid.Nil, "receipts of "+c.erp)
	return len(result.Events) > 0 && !result.Repeated, err
}

func (o *Outbox) keepUnapplied(ctx context.Context, page []domain.PaymentReceived, left []Unapplied, cursor string) error {
	err := o.db.Write(ctx, func(tx *projections.Tx) error {
		for i, p := range page {
			if left[i].Reason == "" {
				if err := tx.Exec("DELETE FROM unapplied WHERE payment = ? AND receipt <> ''", string(p.Payment)); err != nil {
					return err
				}
				continue
			}
			receipt, err := json.Marshal(p)
			if err != nil {
				return err
			}
			amount, err := json.Marshal(left[i].Left)
			if err != nil {
				return err
			}
			if err := tx.Exec(`INSERT INTO unapplied (payment, receipt, amount, reason) VALUES (?, ?, ?, ?)
				ON CONFLICT (payment) DO UPDATE SET receipt = excluded.receipt, amount = excluded.amount, reason = excluded.reason
				WHERE (receipt, amount, reason) IS NOT (excluded.receipt, excluded.amount, excluded.reason)`,
				string(p.Payment), string(receipt), string(amount), left[i].Reason); err != nil {
				return err
			}
		}
		if cursor == "" {
			return nil
		}
		return tx.Exec("UPDATE progress SET receipts = ?", cursor)
	})
	if err != nil {
		return fmt.Errorf("keep unapplied payments: %w", err)
	}
	return nil
}

// Unapplied lists payments that no invoice has taken whole, up to limit of
// them after one, in order of their ids.
func (o *Outbox) Unapplied(ctx context.Context, after domain.PaymentID, limit int) ([]Unapplied, error) {
	rows, err := o.db.Read().QueryContext(ctx, `SELECT payment, receipt, amount, reason FROM unapplied WHERE payment > ? ORDER BY payment LIMIT +?`, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list unapplied payments: %w", err)
	}
	defer rows.Close()
	var list []Unapplied
	for rows.Next() {
		var u Unapplied
		var amount string
		if err := rows.Scan(&u.Payment, &u.receipt, &amount, &u.Reason); err != nil {
			return nil, fmt.Errorf("list unapplied payments: %w", err)
		}
		if err := json.Unmarshal([]byte(amount), &u.Left); err != nil {
			return nil, fmt.Errorf("list unapplied payments: %s: %w", u.Payment, err)
		}
		list = append(list, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list unapplied payments: %w", err)
	}
	return list, nil
}
