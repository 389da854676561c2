package views

import (
	"context"
	"encoding/json"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Message is something that came in from outside.
type Message struct {
	ID        domain.MessageID `json:"id"`
	Channel   string           `json:"channel"`
	Name      string           `json:"name"`
	Size      int64            `json:"size"` // bytes
	SHA256    string           `json:"sha256"`
	Parts     int              `json:"parts"` // announced
	Kept      int              `json:"kept"`  // stored so far
	Applied   int              `json:"applied"`
	Refused   int              `json:"refused"`
	Dismissed int              `json:"dismissed"`
	Received  time.Time        `json:"received"`
}

// Item is what became of one item of a message. A refused one is a dead letter
// until it is applied or dismissed.
type Item struct {
	Message  domain.MessageID `json:"message"`
	Item     string           `json:"item"`
	Kind     string           `json:"kind"`
	Status   string           `json:"status"`
	Subject  domain.Stream    `json:"subject,omitempty"`
	Notes    []string         `json:"notes"`
	Code     string           `json:"code,omitempty"`
	Place    string           `json:"place,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Remedy   string           `json:"remedy,omitempty"`
	By       string           `json:"by,omitempty"`
	Tries    int              `json:"tries"`
	Recorded time.Time        `json:"recorded"` // of the last try
}

type messages struct{ plain }

func (messages) Name() string { return "messages" }
func (messages) Version() int { return 1 }

func (messages) Schema() []string {
	return []string{`CREATE TABLE messages (id TEXT PRIMARY KEY, channel TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
	parts INTEGER NOT NULL, kept INTEGER NOT NULL, received TEXT NOT NULL) WITHOUT ROWID`,
		`CREATE TABLE message_items (message TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, subject TEXT NOT NULL, notes TEXT NOT NULL,
	code TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, remedy TEXT NOT NULL, decided_by TEXT NOT NULL, tries INTEGER NOT NULL, recorded TEXT NOT NULL,
	PRIMARY KEY (message, item)) WITHOUT ROWID`,
		"CREATE INDEX dead_letters ON message_items (message, item) WHERE status = 'refused'"}
}

func (messages) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch m := e.Event.(type) {
	case domain.MessageReceived:
		return tx.Exec("INSERT OR REPLACE INTO messages VALUES (?,?,?,?,?,?,0,?)", string(m.Message), m.Channel, m.Name, m.Size, m.SHA256, m.Parts, instant(e.Meta.RecordedAt))
	case domain.MessagePart:
		return tx.Exec("UPDATE messages SET kept = ? WHERE id = ?", m.Part+1, string(m.Message))
	case domain.MessageApplied:
		notes := "[]"
		if len(m.Notes) > 0 {
			raw, err := json.Marshal(m.Notes)
			if err != nil {
				return err
			}
			notes = string(raw)
		}
		return tx.Exec(`INSERT INTO message_items VALUES (?,?,?,?,?,?,'','','','','',1,?) ON CONFLICT DO UPDATE SET kind = excluded.kind, status = excluded.status,
			subject = excluded.subject, notes = excluded.notes, code = '', place = '', reason = '', remedy = '', decided_by = '', tries = tries + 1, recorded = excluded.recorded`,
			string(m.Message), m.Item, m.Kind, domain.ItemApplied, string(m.Subject), notes, instant(e.Meta.RecordedAt))
	case domain.MessageRefused:
		return tx.Exec(`INSERT INTO message_items VALUES (?,?,?,?,'','[]',?,?,?,?,'',1,?) ON CONFLICT DO UPDATE SET kind = excluded.kind, status = excluded.status,
			code = excluded.code, place = excluded.place, reason = excluded.reason, remedy = excluded.remedy, decided_by = '', tries = tries + 1, recorded = excluded.recorded`,
			string(m.Message), m.Item, m.Kind, domain.ItemRefused, m.Code, m.Place, m.Reason, m.Remedy, instant(e.Meta.RecordedAt))
	case domain.MessageDismissed:
		return tx.Exec("UPDATE message_items SET status = ?, decided_by = ?, remedy = ?, recorded = ? WHERE message = ? AND item = ?",
			domain.ItemDismissed, m.By, m.Reason, instant(e.Meta.RecordedAt), string(m.Message), m.Item)
	}
	return nil
}

const messageQuery = `SELECT m.*, COALESCE(SUM(i.status = 'applied'), 0), COALESCE(SUM(i.status = 'refused'), 0), COALESCE(SUM(i.status = 'dismissed'), 0)
	FROM messages m LEFT JOIN message_items i ON i.message = m.id `

// Messages lists messages in order of id.
func (v *Views) Messages(ctx context.Context, p Page) ([]Message, error) {
	return selectAll(ctx, v.db, scanMessage, messageQuery+"WHERE m.id IN (SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT +?) GROUP BY m.id ORDER BY m.id", p.After, p.limit())
}

// Message finds one; false when it is not known.
func (v *Views) Message(ctx context.Context, id domain.MessageID) (Message, bool, error) {
	return selectOne(ctx, v.db, scanMessage, messageQuery+"WHERE m.id = ? GROUP BY m.id", string(id))
}

func scanMessage(r row) (m Message, err error) {
	err = r.Scan(&m.ID, &m.Channel, &m.Name, &m.Size, &m.SHA256, &m.Parts, &m.Kept, when{&m.Received}, &m.Applied, &m.Refused, &m.Dismissed)
	return m, err
}

// ItemKey is a place in the list of items.
type ItemKey struct {
	Message domain.MessageID
	Item    string
}

// DeadLetters lists the items that were refused and neither applied nor
// dismissed since, in order of message and item.
func (v *Views) DeadLetters(ctx context.Context, after ItemKey, limit int) ([]Item, error) {
	return selectAll(ctx, v.db, scanItem, "SELECT * FROM message_items WHERE status = 'refused' AND (message, item) > (?, ?) ORDER BY message, item LIMIT +?",
		string(after.Message), after.Item, Page{Limit: limit}.limit())
}

// Items lists a message's items in order of their names.
func (v *Views) Items(ctx context.Context, message domain.MessageID, after string, limit int) ([]Item, error) {
	return selectAll(ctx, v.db, scanItem, "SELECT * FROM message_items WHERE message = ? AND item > ? ORDER BY item LIMIT +?", string(message), after, Page{Limit: limit}.limit())
}

func scanItem(r row) (t Item, err error) {
	var notes string
	if err = r.Scan(&t.Message, &t.Item, &t.Kind, &t.Status, &t.Subject, &notes, &t.Code, &t.Place, &t.Reason, &t.Remedy, &t.By, &t.Tries, when{&t.Recorded}); err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(notes), &t.Notes)
}
