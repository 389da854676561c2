// Package terms reads the files in which a carrier keeps its terms: agreements,
// the values of fuel indexes, the chart of its accounts, the legal entities that
// bill and their tax rules, as YAML or JSON, one document or several in a file.
//
//	kind: agreement
//	agreement: ACME-TL
//	version: "2026-01"
//	currency: USD
//	…
//
// The kind says what a document is: agreement, index, chart, issuer or
// tax-rules; other kinds are read by whom the caller names, see [Kinds]. What
// the fields mean is told by domain/rating, domain/tax and domain, and their
// JSON schemas.
//
// Reading is strict, because a slip in such a file is a wrong bill. Numbers
// keep the digits that were written and are never floating point. Unknown and
// repeated fields, fields without a value, anchors, aliases and tags are
// refused. Each [Error] names file, line and column, what is wrong, and what to
// write instead; all that [rating.Agreement.Check], [domain.ChartVersion.Check]
// and [tax.Rules.Check] find is told at once. Files are bounded before they are
// parsed.
package terms

import (
	"errors"
	"fmt"
	"io"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

// Kinds of documents that this package reads itself.
const (
	KindAgreement = "agreement"
	KindIndex     = "index"
	KindChart     = "chart"
	KindIssuer    = "issuer"
	KindTaxRules  = "tax-rules"
)

// Terms is what a file holds, in its order.
type Terms struct {
	Agreements []rating.Agreement    `json:"agreements,omitempty"` // each passed Check
	Indexes    []Index               `json:"indexes,omitempty"`
	Charts     []domain.ChartVersion `json:"charts,omitempty"` // each passed Check
	Issuers    []Issuer              `json:"issuers,omitempty"`
	TaxRules   []tax.Rules           `json:"tax_rules,omitempty"` // each passed Check
}

// Kinds tells, for the kinds that this package does not know, who reads their
// documents.
type Kinds map[string]func(Document) error

// Read reads a file. name stands in errors, and its end tells the format:
// ".json", or YAML; without an end that is known, a file that begins with "{"
// is JSON. others may be nil. The error joins an [Error] for each problem;
// then nothing of the file counts.
func Read(name string, r io.Reader, others Kinds) (Terms, error) {
	docs, err := Documents(name, r)
	if err != nil {
		return Terms{}, err
	}
	var terms Terms
	var errs []error
	for _, doc := range docs {
		errs = append(errs, terms.add(doc, others))
	}
	if err := errors.Join(errs...); err != nil {
		return Terms{}, err
	}
	return terms, nil
}

func (t *Terms) add(doc Document, others Kinds) error {
	switch doc.Kind {
	case KindAgreement:
		var a rating.Agreement
		if err := doc.Decode(&a); err != nil {
			return err
		}
		if err := a.Check(); err != nil {
			return doc.problems(err)
		}
		t.Agreements = append(t.Agreements, a)
	case KindIndex:
		var x Index
		if err := doc.Decode(&x); err != nil {
			return err
		}
		if err := x.check(doc); err != nil {
			return err
		}
		t.Indexes = append(t.Indexes, x)
	case KindChart:
		var c domain.ChartVersion
		if err := doc.Decode(&c); err != nil {
			return err
		}
		if err := c.Check(); err != nil {
			return doc.problems(err)
		}
		for _, other := range t.Charts {
			if other.Chart == c.Chart && other.From == c.From {
				return doc.Refuse("/from", "version %s is in force from %s as well: one of the two would never be used", other.Version, c.From)
			}
		}
		t.Charts = append(t.Charts, c)
	case KindIssuer:
		return t.issuer(doc)
	case KindTaxRules:
		return t.taxRules(doc)
	default:
		read, known := others[doc.Kind]
		if !known {
			return doc.Refuse("/kind", "kind %.40q is not known here: write agreement, index, chart, issuer or tax-rules", doc.Kind)
		}
		return read(doc)
	}
	return nil
}

// problems places what Check finds.
func (d Document) problems(err error) error {
	var problems []rating.Problem
	more := 0
	if agreement, ok := errors.AsType[*rating.InvalidError](err); ok {
		problems, more = agreement.Problems, agreement.More
	} else if chart, ok := errors.AsType[*domain.InvalidChart](err); ok {
		problems, more = chart.Problems, chart.More
	} else {
		return d.Refuse("", "%w", err)
	}
	errs := make([]error, 0, len(problems)+1)
	for _, p := range problems {
		errs = append(errs, d.Refuse(p.Pointer, "%s", p))
	}
	if more > 0 {
		errs = append(errs, d.Refuse("", "and %d problems more", more))
	}
	return errors.Join(errs...)
}

// Error is one problem of a file.
type Error struct {
	File         string
	Line, Column int // from 1; 0 where the file as a whole is meant
	Err          error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
