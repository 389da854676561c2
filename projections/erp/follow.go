package erp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// Events that one transaction of the outbox takes, in number and bytes.
const (
	followEvents = 1000
	followBytes  = 4 << 20
)

// CatchUp follows history up to its present end.
func (o *Outbox) CatchUp(ctx context.Context, history eventstore.Follower, codec eventstore.Codec) error {
	codec = codec.Only(concerns)
	o.following.Lock()
	defer o.following.Unlock()
	from, err := o.start(ctx, history)
	if err != nil {
		return err
	}
	var held []eventstore.Decoded
	size := 0
	for record, err := range history.ReadAll(ctx, from) {
		if err != nil {
			return fmt.Errorf("follow history: %w", err)
		}
		e, err := codec.Decode(record)
		if err != nil {
			return fmt.Errorf("follow history: %w", err)
		}
		held, size = append(held, e), size+len(record.Data)
		if len(held) >= followEvents || size >= followBytes {
			if err := o.follow(ctx, held); err != nil {
				return err
			}
			held, size = held[:0], 0
		}
	}
	return o.follow(ctx, held)
}

// Follow follows history until ctx ends, and calls seen after each step. It
// returns ctx's error, or what broke.
func (o *Outbox) Follow(ctx context.Context, history eventstore.Follower, codec eventstore.Codec, seen func()) error {
	codec = codec.Only(concerns)
	o.following.Lock()
	defer o.following.Unlock()
	from, err := o.start(ctx, history)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	arrived := make(chan eventstore.Decoded, 16) // an event may hold a megabyte
	go func() {
		defer close(arrived)
		for record, err := range history.Follow(ctx, from) {
			var e eventstore.Decoded
			if err == nil {
				e, err = codec.Decode(record)
			}
			if err != nil {
				cancel(fmt.Errorf("follow history: %w", err))
				return
			}
			select {
			case arrived <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	var held []eventstore.Decoded
	for e := range arrived {
		held = append(held[:0], e)
		size := len(e.Data)
		// What has arrived meanwhile shares the transaction.
		for more := true; more && len(held) < followEvents && size < followBytes; {
			select {
			case e, open := <-arrived:
				if more = open; open {
					held, size = append(held, e), size+len(e.Data)
				}
			default:
				more = false
			}
		}
		if err := o.follow(ctx, held); err != nil {
			return err
		}
		seen()
	}
	return context.Cause(ctx)
}

// start is the checkpoint, if it lies in this history.
func (o *Outbox) start(ctx context.Context, history eventstore.Follower) (eventstore.Position, error) {
	from, err := o.Position(ctx)
	if err != nil {
		return from, err
	}
	head, err := history.Head(ctx)
	if err != nil {
		return from, fmt.Errorf("follow history: %w", err)
	}
	if from.Compare(head) > 0 {
		return from, fmt.Errorf("outbox %s has followed a history up to %s and this one ends at %s: if history was restored from a backup, delete the file: it is derived again", o.path, from, head)
	}
	return from, nil
}

// follow takes events and moves the checkpoint behind them, in one transaction.
func (o *Outbox) follow(ctx context.Context, events []eventstore.Decoded) error {
	if len(events) == 0 {
		return nil
	}
	return o.update(ctx, func(tx *sql.Tx) error {
		for _, e := range events {
			if err := o.apply(ctx, tx, e); err != nil {
				return fmt.Errorf("outbox: event %d of %s: %w", e.Revision, e.Stream, err)
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE progress SET position = ?`, events[len(events)-1].Position.String())
		return err
	})
}

// concerns tells the types of events that apply does something with.
func concerns(eventType string) bool {
	switch eventType {
	case domain.PostingRequested{}.EventType(), domain.PostingConfirmed{}.EventType(), domain.PostingRejected{}.EventType(),
		domain.PostingParked{}.EventType(), domain.PostingRedated{}.EventType(), domain.PostingRetried{}.EventType(),
		domain.CustomerSynced{}.EventType(), domain.PaymentReversed{}.EventType(), domain.AllocationReduced{}.EventType():
		return true
	}
	return domain.Journaled(eventType)
}

// apply takes one event. The poster applies its own events ahead of the
// checkpoint, so an event of a posting counts only once, by its revision.
func (o *Outbox) apply(ctx context.Context, tx *sql.Tx, e eventstore.Decoded) error {
	s := &o.statements
	var err error
	switch event := e.Event.(type) {
	case domain.PostingRequested:
		_, err = tx.StmtContext(ctx, s.requested).ExecContext(ctx, event.Document, event.Date, e.Revision, e.ID[:], e.Position.String(), e.Meta.Correlation[:])
	case domain.PostingConfirmed:
		var result sql.Result
		if result, err = tx.StmtContext(ctx, s.confirmed).ExecContext(ctx, event.ERPID, event.Date, e.Revision, event.Document); err == nil {
			var n int64
			if n, err = result.RowsAffected(); err == nil && n > 0 {
				_, err = tx.StmtContext(ctx, s.count).ExecContext(ctx)
			}
		}
	case domain.PostingRejected:
		_, err = tx.StmtContext(ctx, s.refused).ExecContext(ctx, Rejected, event.Code, event.Message, e.Revision, event.Document)
	case domain.PostingParked:
		_, err = tx.StmtContext(ctx, s.refused).ExecContext(ctx, Parked, "", event.Reason, e.Revision, event.Document)
	case domain.PostingRedated:
		_, err = tx.StmtContext(ctx, s.again).ExecContext(ctx, event.To, e.ID[:], e.Position.String(), e.Revision, event.Document)
	case domain.PostingRetried:
		_, err = tx.StmtContext(ctx, s.again).ExecContext(ctx, "", e.ID[:], e.Position.String(), e.Revision, event.Document)
	case domain.CustomerSynced:
		_, err = tx.ExecContext(ctx, `INSERT INTO customers (code, active, event, position) VALUES (?, ?, ?, ?)
			ON CONFLICT (code) DO UPDATE SET active = excluded.active, event = excluded.event, position = excluded.position`,
			string(event.Customer), event.Master.Active, e.ID[:], e.Position.String())
	case domain.PaymentReversed:
		_, err = tx.ExecContext(ctx, `DELETE FROM unapplied WHERE payment = ?`, string(event.Payment))
	case domain.AllocationReduced:
		err = reduced(ctx, tx, event)
	default:
		if d, ok := domain.Journal(e.Event); ok && !d.ByERP {
			var body []byte
			if body, err = encodeDocument(d); err == nil {
				_, err = tx.StmtContext(ctx, s.journaled).ExecContext(ctx, d.Number, string(d.Customer), d.Date, body, len(body))
			}
		}
	}
	return err
}

// reduced lists what an invoice could not take of a payment.
func reduced(ctx context.Context, tx *sql.Tx, e domain.AllocationReduced) error {
	left, err := json.Marshal(e.By)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO unapplied (payment, receipt, amount, reason) VALUES (?, '', ?, ?) ON CONFLICT DO NOTHING`,
		string(e.Payment), string(left), fmt.Sprintf("invoice %s could not take it", e.Invoice))
	return err
}

// statements are those that run for every document, prepared once.
type statements struct {
	journaled, requested, confirmed, count, refused, again, release *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, db *sql.DB) error {
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.journaled, `INSERT INTO documents (number, customer, state, date, body, size, revision) VALUES (?, ?, 'journaled', ?, ?, ?, -1)
			ON CONFLICT (number) DO UPDATE SET customer = excluded.customer, body = excluded.body, size = excluded.size
			WHERE body IS NULL AND state <> 'confirmed'`},
		{&s.requested, `INSERT INTO documents (number, state, date, revision, asked, asked_at, correlation) VALUES (?, 'requested', ?, ?, ?, ?, ?)
			ON CONFLICT (number) DO UPDATE SET state = 'requested', date = excluded.date, revision = excluded.revision,
				asked = excluded.asked, asked_at = excluded.asked_at, correlation = excluded.correlation
			WHERE revision < excluded.revision`},
		{&s.confirmed, `UPDATE documents SET state = 'confirmed', body = NULL, size = 0, code = '', message = '', claimed = 0, doubt = 0, due = 0,
			erp_id = ?, date = ?, revision = ?3 WHERE number = ? AND revision < ?3`},
		{&s.count, `UPDATE progress SET confirmed = confirmed + 1`},
		{&s.refused, `UPDATE documents SET state = ?, code = ?, message = ?, revision = ?4 WHERE number = ? AND revision < ?4`},
		{&s.again, `UPDATE documents SET state = 'requested', date = coalesce(nullif(?, ''), date), asked = ?, asked_at = ?, attempts = 0, due = 0,
			revision = ?4 WHERE number = ? AND revision < ?4`},
		{&s.release, `UPDATE documents SET claimed = 0, doubt = ?, attempts = attempts + ?, due = ? WHERE number = ?`},
	} {
		stmt, err := db.PrepareContext(ctx, p.text)
		if err != nil {
			return errors.Join(err, s.close())
		}
		*p.into = stmt
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.journaled, s.requested, s.confirmed, s.count, s.refused, s.again, s.release} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
