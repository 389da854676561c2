package recompute

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/eventstore"
)

// issuer is what was adopted of an issuer: each change, and its tax rules.
type issuer struct {
	history
	changes []domain.Event
	rules   tax.Versions
}

func (r *run) changed(d eventstore.Decoded) {
	var registrant string
	var rules tax.Versions
	switch e := d.Event.(type) {
	case domain.IssuerSet:
		registrant = e.Registrant
	case domain.TaxRulesAdopted:
		registrant, rules = e.Registrant, tax.Versions{e.Rules}
	}
	is := of(r.issuers, registrant)
	is.changes, is.news, is.rules = append(is.changes, d.Event), append(is.news, newsOf(d, 1)), append(is.rules, rules...)
}

// known are the rules among the first changes.
func (is *issuer) known(changes int) tax.Versions {
	if changes == len(is.changes) {
		return is.rules
	}
	var rules tax.Versions
	for _, e := range is.changes[:changes] {
		if e, ok := e.(domain.TaxRulesAdopted); ok {
			rules = append(rules, e.Rules)
		}
	}
	return rules
}

// adoption says which version it is, and where it was adopted.
func (is *issuer) adoption(version string) string {
	for i, e := range is.changes {
		if e, ok := e.(domain.TaxRulesAdopted); ok && e.Rules.Version == version {
			return fmt.Sprintf("%s, %s, is the one in force", version, is.adopted(i))
		}
	}
	return version
}

// passedOver are decisions by another version than the one that is in force on
// their day, by what was known; one of each day and version.
func passedOver(decisions []tax.Decision, known tax.Versions) []tax.Decision {
	var other []tax.Decision
	seen := map[[2]string]bool{}
	for _, d := range decisions {
		rules, err := known.On(d.TaxDate)
		key := [2]string{d.TaxDate, d.Version}
		if (err != nil || rules.Version != d.Version) && !seen[key] {
			other, seen[key] = append(other, d), true
		}
	}
	return other
}

// seal is what an invoice has to be when it is issued.
type seal struct {
	revision uint64
	digest   [sha256.Size]byte
}

// digestOf is of all that the seal decides.
func digestOf(t *domain.Taxed, lines []*domain.TaxedLine, x *domain.Exchange, amounts ...money.Money) [sha256.Size]byte {
	return sha256.Sum256([]byte(text([]any{t, lines, x, amounts})))
}

// sealed proves that the tax was decided by the versions that were in force by
// all that was known, and that as much was known as there had to be.
func (r *run) sealed(ctx context.Context, d eventstore.Decoded, e domain.CandidateSealed) error {
	if err := r.exchange(ctx, d, e); err != nil || e.Taxed == nil {
		return err
	}
	lines := make([]*domain.TaxedLine, len(e.Lines))
	for i := range e.Lines {
		lines[i] = &e.Lines[i]
	}
	r.seals[d.Stream] = seal{d.Revision, digestOf(e.Taxed, lines, e.Exchange, e.Net, e.Tax, e.Total)}

	is := of(r.issuers, e.Taxed.Registrant)
	all := len(is.changes)
	if e.Changes > all {
		r.differ(d, "changes of the issuer", fmt.Sprintf("%d were known", e.Changes), fmt.Sprintf("%d had been adopted", all))
		return nil
	}
	// Seals of before do not say what was known: then it was all of it, or
	// what it had to be, or something between.
	known := cmp.Or(e.Changes, all)
	other := passedOver(e.Taxed.Decisions, is.known(known))
	if known == all && len(other) == 0 {
		return nil
	}
	from, err := r.horizon(ctx, d)
	if err != nil {
		return err
	}
	least := is.before(from)
	if e.Changes > 0 && e.Changes < least {
		r.differ(d, "changes of the issuer", fmt.Sprintf("%d were known", e.Changes), fmt.Sprintf("%d had to be: %s", least, is.adopted(least-1)))
		other = passedOver(e.Taxed.Decisions, is.known(least))
		known = least
	}
	for k := all - 1; e.Changes == 0 && len(other) > 0 && k >= least; k-- {
		known = k
		other = passedOver(e.Taxed.Decisions, is.known(k))
	}
	if e.Changes == 0 && known == 0 { // nothing had to be known
		known, other = all, passedOver(e.Taxed.Decisions, is.rules)
	}
	for _, decision := range other {
		computed := "none is in force"
		if rules, err := is.known(known).On(decision.TaxDate); err == nil {
			computed = is.adoption(rules.Version)
		}
		r.differ(d, "tax rules of "+decision.TaxDate, decision.Version, computed)
	}
	return nil
}

// tax decides the tax of an invoice again, by the versions of its issuer's
// rules that had been adopted by then, and names line by line what it states
// otherwise.
func (r *run) tax(d eventstore.Decoded, e domain.InvoiceIssued) {
	if e.Taxed == nil {
		return
	}
	r.report.Taxed += len(e.Lines)
	lines := make([]*domain.TaxedLine, len(e.Lines))
	for i := range e.Lines {
		lines[i] = e.Lines[i].Taxed
	}
	was, sealed := r.seals[d.Stream]
	delete(r.seals, d.Stream)
	switch {
	case !sealed:
		r.differ(d, "seal", e.Total.String(), "nothing was sealed before")
	case was.digest != digestOf(e.Taxed, lines, e.Exchange, e.Net, e.Tax, e.Total):
		r.differ(d, "seal", e.Total.String(), fmt.Sprintf("event %d sealed another", was.revision))
	}
	again, err := e.TaxedAgain(of(r.issuers, e.Taxed.Registrant).rules)
	if err != nil {
		r.differ(d, "tax", e.Tax.String(), err.Error())
		return
	}
	for i, line := range e.Lines {
		anew := again.Lines[i]
		what := fmt.Sprintf("line %s %s, ", line.Shipment, line.Charge)
		stored, _ := e.Taxed.Decided(line)
		computed, _ := again.Taxed.Decided(anew)
		r.compare(d, what+"decision", stored, computed)
		r.compare(d, what+"tax code", line.TaxCode, anew.TaxCode)
		for j := range max(len(line.Taxed.Levies), len(anew.Taxed.Levies)) {
			was, is := nth(line.Taxed.Levies, j), nth(anew.Taxed.Levies, j)
			r.compare(d, what+cmp.Or(is.Tax, was.Tax), was, is)
		}
		r.compare(d, what+"tax", line.Tax, anew.Tax)
	}
	r.compare(d, "tax subtotals", e.Taxed.Subtotals, again.Taxed.Subtotals)
	r.compare(d, "tax notices", e.Taxed.Notices, again.Taxed.Notices)
	r.compare(d, "net", e.Net, again.Net)
	r.compare(d, "tax", e.Tax, again.Tax)
}
