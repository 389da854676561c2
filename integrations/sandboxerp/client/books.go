package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/erp"
)

// The interfaces that the client is made for.
var (
	_ erp.Books    = (*Client)(nil)
	_ erp.Receipts = (*Client)(nil)
	_ erp.Masters  = (*Client)(nil)

	_ erp.Certainty = (*Error)(nil)
)

// Bounds of one request, with room for what stands around the documents.
const (
	maxPostBytes = sandboxerp.MaxBodyBytes - 1024
	maxPost      = sandboxerp.MaxDocuments
)

// Probe looks documents up by number. A number that the ERP does not hold has
// no key; one that it holds several times has several documents.
func (c *Client) Probe(ctx context.Context, numbers []string) (map[string][]erp.Booked, error) {
	found := map[string][]erp.Booked{}
	for len(numbers) > 0 {
		n := min(len(numbers), sandboxerp.MaxProbeNumbers)
		var answer sandboxerp.ProbeAnswer
		if err := c.call(ctx, "POST", "/documents:probe", sandboxerp.ProbeRequest{Numbers: numbers[:n]}, &answer); err != nil {
			return nil, err
		}
		for _, d := range answer.Documents {
			booked := erp.Booked{ID: strconv.FormatInt(d.ID, 10), Kind: d.Kind, Customer: d.Customer, Date: d.Date}
			if total, err := money.Parse(d.TotalDebit, money.Currency(d.Currency)); err == nil {
				booked.Total = total
			}
			found[d.Number] = append(found[d.Number], booked)
		}
		numbers = numbers[n:]
	}
	return found, nil
}

// Post books documents; each is booked or rejected on its own. A document
// without an outcome is described by the error, see [Error.NothingBooked].
//
// A request that the ERP refuses as a whole is sent again in halves, so that
// one document it cannot read does not hold up the others.
func (c *Client) Post(ctx context.Context, docs []domain.Document) ([]erp.Outcome, error) {
	encoded := make([][]byte, len(docs))
	for i, d := range docs {
		text, err := json.Marshal(wireDocument(d))
		if err != nil {
			return nil, fmt.Errorf("encode document %s: %w", d.Number, err)
		}
		encoded[i] = text
	}
	outcomes := make([]erp.Outcome, 0, len(docs))
	for at := 0; at < len(docs); {
		n, size := 0, 0
		for at+n < len(docs) && n < maxPost && (n == 0 || size+len(encoded[at+n]) < maxPostBytes) {
			size += len(encoded[at+n]) + 1
			n++
		}
		var err error
		if outcomes, err = c.postPart(ctx, docs[at:at+n], encoded[at:at+n], outcomes); err != nil {
			return outcomes, err
		}
		at += n
	}
	return outcomes, nil
}

func (c *Client) postPart(ctx context.Context, docs []domain.Document, encoded [][]byte, outcomes []erp.Outcome) ([]erp.Outcome, error) {
	body := []byte(`{"documents":[`)
	for i, text := range encoded {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, text...)
	}
	body = append(body, `]}`...)
	var answer sandboxerp.BookAnswer
	err := c.send(ctx, "POST", "/documents", body, &answer)
	var e *Error
	switch {
	case errors.As(err, &e) && e.refused() && len(docs) == 1:
		return append(outcomes, erp.Outcome{Number: docs[0].Number, Status: erp.OutcomeRejected, Code: e.Code, Message: e.Message}), nil
	case errors.As(err, &e) && e.refused():
		half := len(docs) / 2
		if outcomes, err = c.postPart(ctx, docs[:half], encoded[:half], outcomes); err != nil {
			return outcomes, err
		}
		return c.postPart(ctx, docs[half:], encoded[half:], outcomes)
	case err != nil:
		return outcomes, err
	case len(answer.Results) != len(docs):
		return outcomes, &Error{Op: "POST /documents", Err: fmt.Errorf("%d documents were sent and %d answered for", len(docs), len(answer.Results))}
	}
	for i, r := range answer.Results {
		o := erp.Outcome{Number: r.Number, Code: r.Code, Message: r.Message}
		switch {
		case r.Number != docs[i].Number:
			return outcomes, &Error{Op: "POST /documents", Err: fmt.Errorf("document %s was answered for as %.80q", docs[i].Number, r.Number)}
		case r.Status == sandboxerp.StatusBooked && r.ID > 0:
			o.Status, o.ID = erp.OutcomeBooked, strconv.FormatInt(r.ID, 10)
		case r.Status == sandboxerp.StatusRejected && r.Code != "":
			o.Status = erp.OutcomeRejected
		default:
			return outcomes, &Error{Op: "POST /documents", Err: fmt.Errorf("document %s: an answer of %.40q without id or code", r.Number, r.Status)}
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

func wireDocument(d domain.Document) sandboxerp.Document {
	w := sandboxerp.Document{Number: d.Number, Kind: d.Kind, Customer: string(d.Customer), Date: d.Date, Currency: string(d.Currency),
		DueDate: d.DueDate, Reference: d.Reference, Lines: make([]sandboxerp.Line, len(d.Entries))}
	for i, e := range d.Entries {
		line := sandboxerp.Line{Ref: e.Ref, Account: string(e.Account), Memo: e.Memo}
		amount := e.Amount.Amount().String()
		if e.Side == domain.DebitSide {
			line.Debit = amount
		} else {
			line.Credit = amount
		}
		w.Lines[i] = line
	}
	return w
}

// FirstOpenDate is the first date not before from whose month is open: from
// itself, or the first day of a later month.
func (c *Client) FirstOpenDate(ctx context.Context, from string) (string, error) {
	day, err := time.Parse(domain.DayLayout, from)
	if err != nil {
		return "", fmt.Errorf("first open date: %q is not a date", from)
	}
	var list sandboxerp.PeriodList
	if err := c.call(ctx, "GET", "/periods", nil, &list); err != nil {
		return "", err
	}
	byHand := make(map[string]string, len(list.Periods))
	for _, p := range list.Periods {
		byHand[p.Period] = p.Status
	}
	const farthest = 1200 // months
	for range farthest {
		month := day.Format("2006-01")
		status, listed := byHand[month]
		if status == sandboxerp.PeriodOpen || !listed && month >= list.ClosedBefore {
			return day.Format(domain.DayLayout), nil
		}
		day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return "", fmt.Errorf("no month from %s on is open in the ERP: open one", from)
}
