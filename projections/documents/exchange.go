package documents

import (
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// inBooks states the document in the currency of the seller's books, too: the
// law wants the tax in that of the country where it is owed (Directive
// 2006/112/EC, article 230), and who reads it wants to know by which rate.
func (v Invoice) inBooks(x *domain.Exchange) Invoice {
	if x == nil {
		return v
	}
	v.Exchange = x
	v.Notes = append(v.Notes, fmt.Sprintf("In %s, at %s: %s without tax, %s tax, %s in all.",
		x.Total.Currency(), rateOf(x, v.Currency), x.Net.Grouped(), x.Tax.Grouped(), x.Total.Grouped()))
	return v
}

// rateOf is a rate in words: "1 USD = 1.3643 CAD (Bank of Canada, 27 Jun 2025)".
func rateOf(x *domain.Exchange, currency money.Currency) string {
	return fmt.Sprintf("%s (%s)", x.Equation(currency), joined(", ", x.Rate.Source, x.Rate.Index, date(x.Rate.Effective)))
}

// statesTaxInBooks tells whether tax is there to be stated in the currency of
// the books.
func (v Invoice) statesTaxInBooks() bool { return v.Exchange != nil && !v.Tax.IsZero() }
