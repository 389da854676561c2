package erp

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Events that one transaction of the outbox takes, in number and bytes.
const (
	followEvents = 1000
	followBytes  = 4 << 20
)

// catchUp follows history up to its present end, by whoever posts.
func (o *Outbox) catchUp(ctx context.Context, history eventstore.Follower, codec eventstore.Codec) error {
	codec = codec.Only(concerns)
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

// followOn follows history until ctx ends, and calls seen after each step. It
// returns ctx's error, or what broke.
func (o *Outbox) followOn(ctx context.Context, history eventstore.Follower, codec eventstore.Codec, seen func()) error {
	codec = codec.Only(concerns)
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
	return o.db.Write(ctx, func(tx *projections.Tx) error {
		if err := o.loadCharts(tx); err != nil {
			return err
		}
		for _, e := range events {
			if err := o.apply(tx, e); err != nil {
				return fmt.Errorf("outbox: event %d of %s: %w", e.Revision, e.Stream, err)
			}
		}
		return tx.Exec("UPDATE progress SET position = ?", events[len(events)-1].Position.String())
	})
}

// concerns tells the types of events that apply does something with.
func concerns(eventType string) bool {
	switch eventType {
	case domain.PostingRequested{}.EventType(), domain.PostingConfirmed{}.EventType(), domain.PostingRejected{}.EventType(),
		domain.PostingParked{}.EventType(), domain.PostingRedated{}.EventType(), domain.PostingRetried{}.EventType(),
		domain.CustomerSynced{}.EventType(), domain.ChartAdopted{}.EventType(), domain.PaymentReversed{}.EventType(), domain.AllocationReduced{}.EventType():
		return true
	}
	return domain.Journaled(eventType)
}

// apply takes one event. The poster applies its own events ahead of the
// checkpoint, so an event of a posting counts only once, by its revision.
func (o *Outbox) apply(tx *projections.Tx, e eventstore.Decoded) error {
	switch event := e.Event.(type) {
	case domain.PostingRequested:
		return tx.Exec(`INSERT INTO documents (number, state, date, revision, asked, asked_at, correlation) VALUES (?, 'requested', ?, ?, ?, ?, ?)
			ON CONFLICT (number) DO UPDATE SET state = 'requested', date = excluded.date, revision = excluded.revision,
				asked = excluded.asked, asked_at = excluded.asked_at, correlation = excluded.correlation
			WHERE revision < excluded.revision`, event.Document, event.Date, e.Revision, e.ID[:], e.Position.String(), e.Meta.Correlation[:])
	case domain.PostingConfirmed:
		if err := tx.Exec(`UPDATE documents SET state = 'confirmed', body = NULL, size = 0, code = '', message = '', claimed = 0, doubt = 0, due = 0,
			erp_id = ?, date = ?, revision = ?3 WHERE number = ? AND revision < ?3`, event.ERPID, event.Date, e.Revision, event.Document); err != nil {
			return err
		}
		return tx.Exec("UPDATE progress SET confirmed = confirmed + changes()") // by that statement
	case domain.PostingRejected:
		return refused(tx, Rejected, event.Code, event.Message, e.Revision, event.Document)
	case domain.PostingParked:
		return refused(tx, Parked, "", event.Reason, e.Revision, event.Document)
	case domain.PostingRedated:
		return again(tx, event.To, e, event.Document)
	case domain.PostingRetried:
		return again(tx, "", e, event.Document)
	case domain.CustomerSynced:
		return tx.Exec(`INSERT INTO customers (code, active, event, position) VALUES (?, ?, ?, ?)
			ON CONFLICT (code) DO UPDATE SET active = excluded.active, event = excluded.event, position = excluded.position`,
			string(event.Customer), event.Master.Active, e.ID[:], e.Position.String())
	case domain.ChartAdopted:
		return o.adopt(tx, event)
	case domain.PaymentReversed:
		// This ledger may book it, so it goes on below.
		if err := tx.Exec("DELETE FROM unapplied WHERE payment = ?", string(event.Payment)); err != nil {
			return err
		}
	case domain.AllocationReduced:
		return reduced(tx, event)
	}
	d, ok, err := o.charts.Book(e.Event, memory{tx})
	if err != nil || !ok || d.ByERP {
		return err
	}
	body, err := encodeDocument(d)
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO documents (number, customer, state, date, body, size, revision) VALUES (?, ?, 'journaled', ?, ?, ?, -1)
		ON CONFLICT (number) DO UPDATE SET customer = excluded.customer, body = excluded.body, size = excluded.size
		WHERE body IS NULL AND state <> 'confirmed'`, d.Number, string(d.Customer), d.Date, body, len(body))
}

// refused keeps why a document is not in the ERP.
func refused(tx *projections.Tx, state, code, message string, revision uint64, document string) error {
	return tx.Exec("UPDATE documents SET state = ?, code = ?, message = ?, revision = ?4 WHERE number = ? AND revision < ?4", state, code, message, revision, document)
}

// again has a document posted once more, with another date unless that is "".
func again(tx *projections.Tx, date string, e eventstore.Decoded, document string) error {
	return tx.Exec(`UPDATE documents SET state = 'requested', date = coalesce(nullif(?, ''), date), asked = ?, asked_at = ?, attempts = 0, due = 0,
		revision = ?4 WHERE number = ? AND revision < ?4`, date, e.ID[:], e.Position.String(), e.Revision, document)
}

// reduced lists what an invoice could not take of a payment.
func reduced(tx *projections.Tx, e domain.AllocationReduced) error {
	left, err := json.Marshal(e.By)
	if err != nil {
		return err
	}
	return tx.Exec("INSERT INTO unapplied (payment, receipt, amount, reason) VALUES (?, '', ?, ?) ON CONFLICT DO NOTHING",
		string(e.Payment), string(left), fmt.Sprintf("invoice %s could not take it", e.Invoice))
}
