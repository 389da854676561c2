package erp

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections"
)

// answer is what the ERP's answer means for one document: a command to record
// it, or when to go on.
type answer struct {
	claim
	command domain.Command // nil: put back
	doubt   time.Time
	due     time.Time
	tried   bool // counts as an attempt
}

// maxMessage bounds what history keeps of an ERP's explanation, in bytes.
const maxMessage = 1000

// send probes a batch and posts what the ERP does not hold. It answers for
// every claim, also when a call failed; the error is then that call's.
func (p *Poster) send(ctx context.Context, claims []claim) ([]answer, error) {
	answers := make([]answer, len(claims))
	numbers := make([]string, len(claims))
	for i, c := range claims {
		answers[i] = answer{claim: c, doubt: c.doubt}
		numbers[i] = c.number
	}
	began := p.outbox.now()
	found, err := p.books.Probe(ctx, numbers)
	if err != nil {
		for i := range answers {
			answers[i].tried = true
		}
		return answers, fmt.Errorf("probe: %w", err)
	}

	var post []*answer
	for i := range answers {
		a := &answers[i]
		trusted := a.doubt.Add(p.opts.Settle)
		switch booked := found[a.number]; {
		case len(booked) > 0:
			a.command = recognise(a.document, a.number, booked)
		case a.document.Number == "":
			a.command = domain.ParkPosting{PostingParked: domain.PostingParked{Document: a.number,
				Reason: "history holds no journal event for it: it was asked for by hand; confirm or leave it"}}
		case !a.doubt.IsZero() && began.Before(trusted):
			// The ERP may still be busy with the request that got lost.
			a.due = trusted
		default:
			post = append(post, a)
		}
	}
	if len(post) == 0 {
		return answers, nil
	}
	return answers, p.post(ctx, post)
}

// recognise decides what a probe's finding means. The date is not compared: the
// ERP decides when it booked, and the confirmation says it.
func recognise(d domain.Document, number string, found []Booked) domain.Command {
	park := func(format string, args ...any) domain.Command {
		return domain.ParkPosting{PostingParked: domain.PostingParked{Document: number, Reason: cut(fmt.Sprintf(format, args...))}}
	}
	if len(found) > 1 {
		ids := make([]string, len(found))
		for i, b := range found {
			ids[i] = b.ID
		}
		return park("the ERP holds it %d times, as %s: reverse all but one there, then retry", len(found), strings.Join(ids, ", "))
	}
	b := found[0]
	if d.Number == "" {
		return park("the ERP holds it as %s, but history holds no journal event for it", b.ID)
	}
	total, err := debits(d)
	if err != nil {
		return park("%v", err)
	}
	var differs []string
	compare := func(what, ours, theirs string) {
		if ours != theirs {
			differs = append(differs, fmt.Sprintf("%s is %s there and %s here", what, theirs, ours))
		}
	}
	compare("the customer", string(d.Customer), b.Customer)
	compare("the total", total.String(), b.Total.String())
	if b.Kind != "" {
		compare("the kind", d.Kind, b.Kind)
	}
	if len(differs) > 0 {
		return park("the ERP holds another document under this number, as %s: %s", b.ID, strings.Join(differs, "; "))
	}
	return domain.ConfirmPosting{Document: number, ERPID: b.ID, Date: b.Date, Found: true}
}

// post posts documents that a probe did not find.
func (p *Poster) post(ctx context.Context, post []*answer) error {
	docs := make([]domain.Document, len(post))
	byNumber := make(map[string]*answer, len(post))
	for i, a := range post {
		docs[i] = a.document
		byNumber[a.number] = a
	}
	// The last moment at which another holder of the lease shows: from here on
	// nothing but the ERP itself could tell two requests from one.
	if err := projections.Confirm(ctx, p.outbox.db); err != nil {
		return err
	}
	outcomes, err := p.books.Post(ctx, docs)
	// Whatever has no outcome is in doubt, unless the error knows better.
	doubt := time.Time{}
	if err != nil && !settled(err) {
		doubt = p.outbox.now()
	}
	if err == nil && len(outcomes) < len(post) {
		doubt = p.outbox.now()
		err = fmt.Errorf("%d documents were posted and %d answered for", len(post), len(outcomes))
	}
	for _, a := range post {
		a.doubt, a.tried = doubt, true
	}
	openDates := map[string]string{} // by month
	for _, o := range outcomes {
		a := byNumber[o.Number]
		if a == nil {
			err = fmt.Errorf("the ERP answered for document %.80q, which was not posted", o.Number)
			continue
		}
		a.doubt = time.Time{}
		switch {
		case o.Status == OutcomeBooked && o.ID != "":
			a.command = domain.ConfirmPosting{Document: a.number, ERPID: o.ID, Date: a.document.Date}
		case o.Status == OutcomeRejected && o.Code == CodeClosedPeriod:
			if redateErr := p.redate(ctx, a, o, openDates); redateErr != nil && err == nil {
				err = redateErr
			}
		case o.Status == OutcomeRejected && o.Code != "":
			a.command = domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: a.number, Code: o.Code, Message: cut(o.Message)}}
		case o.Status == OutcomeDeferred:
			a.due = p.outbox.now().Add(p.opts.Again)
		default:
			a.doubt = p.outbox.now()
			err = fmt.Errorf("the ERP answered for document %s with %.40q, without id or code", a.number, o.Status)
		}
	}
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	return nil
}

// redate moves a document whose period is closed to the first open date (rule 40).
func (p *Poster) redate(ctx context.Context, a *answer, o Outcome, openDates map[string]string) error {
	from := a.document.Date
	month := from[:min(len(from), len("2006-01"))]
	to, known := openDates[month]
	if !known {
		var err error
		if to, err = p.books.FirstOpenDate(ctx, from); err != nil {
			a.due = p.outbox.now().Add(p.opts.Again)
			return fmt.Errorf("first open date from %s: %w", from, err)
		}
		openDates[month] = to
	}
	if to <= from { // it was opened meanwhile
		a.due = p.outbox.now().Add(p.opts.Again)
		return nil
	}
	a.command = domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: a.number, To: to, Reason: cut(o.Message)}}
	return nil
}

// cut shortens a text to maxMessage bytes of whole characters.
func cut(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= maxMessage {
		return text
	}
	end := maxMessage
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
