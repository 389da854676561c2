package recompute

import (
	"cmp"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// tax decides the tax of an invoice again, by the versions of its issuer's
// rules that had been adopted by then, and names line by line what it states
// otherwise.
func (r *run) tax(d eventstore.Decoded, e domain.InvoiceIssued) {
	if e.Taxed == nil {
		return
	}
	r.report.Taxed += len(e.Lines)
	again, err := e.TaxedAgain(r.taxRules[e.Taxed.Registrant])
	if err != nil {
		r.differ(d, "tax", e.Tax.String(), err.Error())
		return
	}
	compare := func(what string, stored, computed any) {
		if stored, computed := text(stored), text(computed); stored != computed {
			r.differ(d, what, stored, computed)
		}
	}
	for i, line := range e.Lines {
		anew := again.Lines[i]
		what := fmt.Sprintf("line %s %s, ", line.Shipment, line.Charge)
		stored, _ := e.Taxed.Decided(line)
		computed, _ := again.Taxed.Decided(anew)
		compare(what+"decision", stored, computed)
		compare(what+"tax code", line.TaxCode, anew.TaxCode)
		for j := range max(len(line.Taxed.Levies), len(anew.Taxed.Levies)) {
			was, is := levy(line, j), levy(anew, j)
			compare(what+cmp.Or(is.Tax, was.Tax), was, is)
		}
		compare(what+"tax", line.Tax, anew.Tax)
	}
	compare("tax subtotals", e.Taxed.Subtotals, again.Taxed.Subtotals)
	compare("tax notices", e.Taxed.Notices, again.Taxed.Notices)
	compare("net", e.Net, again.Net)
	compare("tax", e.Tax, again.Tax)
}

// levy is one tax of a line, the zero value where there are fewer.
func levy(line domain.BillLine, i int) domain.Levied {
	if i >= len(line.Taxed.Levies) {
		return domain.Levied{}
	}
	return line.Taxed.Levies[i]
}
