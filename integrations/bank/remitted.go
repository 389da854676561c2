package bank

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// numbersMost bounds the document numbers that are taken from one text.
const numbersMost = 50

// named is what a receipt says that it pays.
type named struct {
	documents []string                // in the payer's order
	invoice   string                  // the only one, when there is one
	items     []domain.RemittanceItem // when each document has its amount
	notes     []string
}

// names reads what a receipt pays: from the documents that the payer lists,
// else from the creditor's reference, else from the text, by patterns.
func names(p *part, patterns []*regexp.Regexp) named {
	r := p.detail.Remittance
	n := named{notes: slices.Clone(r.Notes)}
	switch {
	case len(r.Documents) > 0:
		for i, d := range r.Documents {
			if i == remittedMost {
				n.notes = append(n.notes, fmt.Sprintf("it names %d documents; %d are listed", len(r.Documents), remittedMost))
				n.items = nil
				break
			}
			if !slices.Contains(n.documents, d.Number) {
				n.documents = append(n.documents, d.Number)
			}
		}
		n.advise(r.Documents, p)
	case r.Reference != "":
		n.documents = found(creditorReference(r.Reference), patterns)
		if len(n.documents) == 0 {
			n.documents = []string{creditorReference(r.Reference)}
		}
	default:
		text := strings.Join(append(slices.Clone(r.Text), p.detail.Text, p.entry.Text), "\n")
		n.documents = found(text, patterns)
		if len(n.documents) > 1 {
			n.notes = append(n.notes, "its text names several documents without amounts: "+clip(strings.Join(n.documents, ", "), 300))
		}
	}
	if len(n.documents) == 1 {
		n.invoice = n.documents[0]
	}
	return n
}

// remittedMost bounds the documents of one receipt, so that its events fit.
const remittedMost = 2000

// advise lists what is paid for each document, when the payer states it for
// each and in the receipt's currency.
func (n *named) advise(documents []Document, p *part) {
	if len(documents) > remittedMost {
		return
	}
	var items []domain.RemittanceItem
	for i, d := range documents {
		if !d.Paid.IsSet() {
			if len(documents) > 1 {
				n.notes = append(n.notes, fmt.Sprintf("document %s has no amount: what is paid for each is not known", quote(d.Number)))
			}
			return
		}
		for _, m := range d.stated() {
			if m.Currency() != p.amount.Currency() {
				n.notes = append(n.notes, fmt.Sprintf("document %s is in %s, the receipt is in %s", quote(d.Number), m.Currency(), p.amount.Currency()))
				return
			}
		}
		items = append(items, domain.RemittanceItem{Document: d.Number, Paid: d.Paid, Gross: d.Gross, Discount: d.Discount, Adjustments: d.Adjustments,
			Place: fmt.Sprintf("%s, document %d", p.item(), i+1)})
	}
	n.items = items
}

// stated lists the document's amounts.
func (d Document) stated() []money.Money {
	list := []money.Money{d.Paid}
	for _, m := range []money.Money{d.Gross, d.Discount} {
		if m.IsSet() {
			list = append(list, m)
		}
	}
	for _, a := range d.Adjustments {
		list = append(list, a.Amount)
	}
	return list
}

// found lists the numbers in a text that the patterns find: what their first
// group holds, or all of the match. Each is listed once.
func found(text string, patterns []*regexp.Regexp) (list []string) {
	for _, pattern := range patterns {
		for _, match := range pattern.FindAllStringSubmatch(text, numbersMost) {
			number := match[0]
			if len(match) > 1 {
				number = cmp.Or(match[1], match[0])
			}
			if number = clip(number, 80); number != "" && !slices.Contains(list, number) && len(list) < numbersMost {
				list = append(list, number)
			}
		}
	}
	return list
}

// creditorReference is the reference within an ISO 11649 one ("RF", two check
// digits), when the check digits are right; any other text is what it is.
func creditorReference(s string) string {
	plain := strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if len(plain) < 5 || len(plain) > 25 || plain[:2] != "RF" {
		return s
	}
	rest := 0
	for _, c := range []byte(plain[4:] + plain[:4]) {
		switch {
		case '0' <= c && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case 'A' <= c && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return s
		}
	}
	if rest != 1 {
		return s
	}
	return plain[4:]
}
