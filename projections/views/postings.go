package views

import (
	"context"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Posting is one journal document's way into the ERP.
type Posting struct {
	Document   string               `json:"document"`
	Kind       string               `json:"kind"`
	Subject    domain.Stream        `json:"subject"`
	Status     domain.PostingStatus `json:"status"`
	Date       string               `json:"date"` // in force
	ERPID      string               `json:"erp_id"`
	Found      bool                 `json:"found"`      // by a probe: an answer had been lost
	Code       string               `json:"code"`       // of the last rejection
	Message    string               `json:"message"`    // of the last rejection, parking or redating
	Rejections int                  `json:"rejections"` // so far
	Requested  time.Time            `json:"requested"`  // recorded times
	Confirmed  time.Time            `json:"confirmed,omitzero"`
	Changed    time.Time            `json:"changed"`
}

type postings struct{ plain }

func (postings) Name() string { return "postings" }
func (postings) Version() int { return 1 }

func (postings) Schema() []string {
	return []string{`CREATE TABLE postings (document TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL, date TEXT NOT NULL,
	erp_id TEXT NOT NULL, found INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, rejections INTEGER NOT NULL,
	requested TEXT NOT NULL, confirmed TEXT NOT NULL, changed TEXT NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX postings_unconfirmed ON postings (status, document) WHERE status <> 'confirmed'"}
}

func (postings) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch p := e.Event.(type) {
	case domain.PostingRequested:
		at := instant(e.Meta.RecordedAt)
		return tx.Exec("INSERT OR REPLACE INTO postings VALUES (?,?,?,?,?,'',0,'','',0,?,'',?)", p.Document, p.Kind, string(p.Subject), string(domain.PostingAsked), p.Date, at, at)
	case domain.PostingConfirmed:
		at := instant(e.Meta.RecordedAt)
		return tx.Exec("UPDATE postings SET status = ?, erp_id = ?, found = ?, code = '', message = '', confirmed = ?, changed = ? WHERE document = ?",
			string(domain.PostingIsIn), p.ERPID, p.Found, at, at, p.Document)
	case domain.PostingRejected:
		return tx.Exec("UPDATE postings SET status = ?, code = ?, message = ?, rejections = rejections + 1, changed = ? WHERE document = ?",
			string(domain.PostingWasNot), p.Code, p.Message, instant(e.Meta.RecordedAt), p.Document)
	case domain.PostingRedated:
		return tx.Exec("UPDATE postings SET status = ?, date = ?, message = ?, changed = ? WHERE document = ?",
			string(domain.PostingAsked), p.To, p.Reason, instant(e.Meta.RecordedAt), p.Document)
	case domain.PostingRetried:
		return tx.Exec("UPDATE postings SET status = ?, changed = ? WHERE document = ?", string(domain.PostingAsked), instant(e.Meta.RecordedAt), p.Document)
	case domain.PostingParked:
		return tx.Exec("UPDATE postings SET status = ?, message = ?, changed = ? WHERE document = ?",
			string(domain.PostingIsParked), p.Reason, instant(e.Meta.RecordedAt), p.Document)
	}
	return nil
}

// PostingFilter narrows a list; empty fields do not.
type PostingFilter struct {
	Page
	Status  domain.PostingStatus
	Kind    string
	Subject domain.Stream
}

// Postings lists postings in order of document.
func (v *Views) Postings(ctx context.Context, f PostingFilter) ([]Posting, error) {
	return selectAll(ctx, v.db, scanPosting, `SELECT * FROM postings WHERE document > ? AND (? = '' OR status = ?) AND (? = '' OR kind = ?) AND (? = '' OR subject = ?)
		ORDER BY document LIMIT +?`, f.After, string(f.Status), string(f.Status), f.Kind, f.Kind, string(f.Subject), string(f.Subject), f.limit())
}

// Posting finds one; false when it is not known.
func (v *Views) Posting(ctx context.Context, document string) (Posting, bool, error) {
	return selectOne(ctx, v.db, scanPosting, "SELECT * FROM postings WHERE document = ?", document)
}

func scanPosting(r row) (p Posting, err error) {
	err = r.Scan(&p.Document, &p.Kind, &p.Subject, &p.Status, &p.Date, &p.ERPID, &p.Found, &p.Code, &p.Message, &p.Rejections,
		when{&p.Requested}, when{&p.Confirmed}, when{&p.Changed})
	return p, err
}
