package terms

import (
	"errors"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/tax"
)

// Issuer is a legal entity that bills.
type Issuer struct {
	ID string `json:"issuer"` // by which orders and tax rules name it
	domain.Issuer
}

// issuer reads a document of kind issuer.
func (t *Terms) issuer(doc Document) error {
	var i Issuer
	if err := doc.Decode(&i); err != nil {
		return err
	}
	if err := domain.CheckID("issuer", i.ID); err != nil {
		return doc.Refuse("/issuer", "%w", err)
	}
	if err := i.Check(i.ID); err != nil {
		return doc.Refuse("", "%w", err)
	}
	t.Issuers = append(t.Issuers, i)
	return nil
}

// taxRules reads a document of kind tax-rules.
func (t *Terms) taxRules(doc Document) error {
	if size := len(doc.JSON()); size > tax.MaxBytes {
		return doc.Refuse("", "tax rules of %d bytes: at most %d are read", size, tax.MaxBytes)
	}
	var r tax.Rules
	if err := doc.Decode(&r); err != nil {
		return err
	}
	if err := r.Check(); err != nil {
		return doc.taxProblems(err)
	}
	t.TaxRules = append(t.TaxRules, r)
	return nil
}

// taxProblems places what Check finds.
func (d Document) taxProblems(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return d.Refuse("", "%w", err)
	}
	var errs []error
	for _, one := range joined.Unwrap() {
		if len(errs) == maxErrors {
			errs = append(errs, d.Refuse("", "and %d problems more", len(joined.Unwrap())-maxErrors))
			break
		}
		pointer := ""
		if p, ok := errors.AsType[*tax.Problem](one); ok {
			pointer = pointerOf(p.Place)
		}
		errs = append(errs, d.Refuse(pointer, "%w", one))
	}
	return errors.Join(errs...)
}

// pointerOf is the JSON pointer of a place like "rules/3 on-hst/then/code",
// which names a rule beside its number.
func pointerOf(place string) string {
	parts := strings.Split(place, "/")
	for i, part := range parts {
		parts[i], _, _ = strings.Cut(part, " ")
	}
	return "/" + strings.Join(parts, "/")
}
