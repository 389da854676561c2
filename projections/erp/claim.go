package erp

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// maxClaimBytes bounds the documents of one batch as the outbox keeps them.
const maxClaimBytes = 4 << 20

// claim is a document that is being sent.
type claim struct {
	number      string
	document    domain.Document // zero when history says nothing of it
	asked       uuid.UUID
	correlation uuid.UUID
	// doubt is since when the document may be in the ERP without a probe
	// showing it; zero when a probe can be believed.
	doubt time.Time
}

// settlement is what the poster leaves behind on a document.
type settlement struct {
	number string
	events []eventstore.Decoded // recorded for it
	doubt  time.Time
	due    time.Time
	tried  bool // counts as an attempt
}

// claim takes the next documents that are due and marks them as being sent. It
// is committed when claim returns: the mark is the intent that outlives us.
func (o *Outbox) claim(ctx context.Context, limit int) ([]claim, error) {
	now := o.now()
	var claims []claim
	err := o.db.Write(ctx, func(tx *projections.Tx) error {
		claims = nil
		size := 0
		if err := tx.Rows(`SELECT number, date, body, size, asked, correlation, doubt FROM documents
			WHERE state = 'requested' AND claimed = 0 AND due <= ? ORDER BY date, number LIMIT +?`, []any{now.UnixMicro(), limit}, func(scan func(...any) error) (bool, error) {
			c, bytes, err := scanClaim(scan)
			if size += bytes; err != nil || size > maxClaimBytes && len(claims) > 0 {
				return false, err
			}
			claims = append(claims, c)
			return true, nil
		}); err != nil || len(claims) == 0 {
			return err
		}
		numbers := make([]string, len(claims))
		for i, c := range claims {
			numbers[i] = c.number
		}
		list, err := json.Marshal(numbers)
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE documents SET claimed = 1, doubt = ? WHERE number IN (SELECT value FROM json_each(?))", now.UnixMicro(), string(list))
	})
	if err != nil {
		return nil, fmt.Errorf("claim documents: %w", err)
	}
	return slices.Clip(claims), nil
}

func scanClaim(scan func(...any) error) (c claim, size int, err error) {
	var date string
	var body, asked, correlation []byte
	var doubt int64
	if err := scan(&c.number, &date, &body, &size, &asked, &correlation, &doubt); err != nil {
		return c, 0, err
	}
	if c.asked, err = uuid.FromBytes(asked); err != nil {
		return c, 0, fmt.Errorf("document %s: %w", c.number, err)
	}
	if c.correlation, err = uuid.FromBytes(correlation); err != nil {
		return c, 0, fmt.Errorf("document %s: %w", c.number, err)
	}
	if body != nil {
		if c.document, err = decodeDocument(c.number, body); err != nil {
			return c, 0, err
		}
		c.document.Date = date
	}
	if doubt > 0 {
		c.doubt = time.UnixMicro(doubt)
	}
	return c, size, nil
}

// unclaim puts back what an earlier poster left claimed. Its requests may still
// be under way until an instant, so the doubt begins only then.
func (o *Outbox) unclaim(ctx context.Context, until time.Time) error {
	err := o.db.Write(ctx, func(tx *projections.Tx) error {
		return tx.Exec("UPDATE documents SET claimed = 0, doubt = ? WHERE claimed = 1", until.UnixMicro())
	})
	if err != nil {
		return fmt.Errorf("put claimed documents back: %w", err)
	}
	return nil
}

// settle applies what was recorded and puts the rest back.
func (o *Outbox) settle(ctx context.Context, settlements []settlement) error {
	err := o.db.Write(ctx, func(tx *projections.Tx) error {
		for _, s := range settlements {
			confirmed := false
			for _, e := range s.events {
				if err := o.apply(tx, e); err != nil {
					return fmt.Errorf("document %s: %w", s.number, err)
				}
				_, confirmed = e.Event.(domain.PostingConfirmed)
			}
			if confirmed { // that has put it back already
				continue
			}
			attempts := 0
			if s.tried {
				attempts = 1
			}
			if err := tx.Exec("UPDATE documents SET claimed = 0, doubt = ?, attempts = attempts + ?, due = ? WHERE number = ?",
				microsOrZero(s.doubt), attempts, microsOrZero(s.due), s.number); err != nil {
				return fmt.Errorf("document %s: %w", s.number, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle documents: %w", err)
	}
	return nil
}

func microsOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// nextDue is when the next document is due; zero when none is to be posted.
func (o *Outbox) nextDue(ctx context.Context) (time.Time, error) {
	var due sql.NullInt64
	err := o.db.Read().QueryRowContext(ctx, `SELECT min(due) FROM documents WHERE state = 'requested' AND claimed = 0`).Scan(&due)
	if err != nil {
		return time.Time{}, fmt.Errorf("look for the next document: %w", err)
	}
	if !due.Valid {
		return time.Time{}, nil
	}
	return time.UnixMicro(max(due.Int64, 1)), nil
}

// improved is a document that was rejected for its customer's sake, whose
// customer's master data came anew after it was asked for.
type improved struct {
	number, customer string
	sync             uuid.UUID
}

func (o *Outbox) improved(ctx context.Context, limit int) ([]improved, error) {
	rows, err := o.db.Read().QueryContext(ctx, `SELECT d.number, d.customer, c.event
		FROM documents d JOIN customers c ON c.code = d.customer
		WHERE d.state <> 'confirmed' AND d.state = 'rejected' AND d.code IN (?, ?, ?) AND c.active = 1 AND c.position > d.asked_at
		ORDER BY d.date, d.number LIMIT +?`, CodeUnknownCustomer, CodeInactiveCustomer, CodeCurrencyMismatch, limit)
	if err != nil {
		return nil, fmt.Errorf("look for rejections to ask again: %w", err)
	}
	defer rows.Close()
	var found []improved
	for rows.Next() {
		var i improved
		var event []byte
		if err := rows.Scan(&i.number, &i.customer, &event); err != nil {
			return nil, fmt.Errorf("look for rejections to ask again: %w", err)
		}
		if i.sync, err = uuid.FromBytes(event); err != nil {
			return nil, fmt.Errorf("look for rejections to ask again: %w", err)
		}
		found = append(found, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for rejections to ask again: %w", err)
	}
	return found, nil
}
