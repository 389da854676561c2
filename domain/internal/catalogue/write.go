package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
)

// categories says which streams hold the events that a file declares.
var categories = []struct {
	name  string
	holds string
	files []string
}{
	{"shipment", "one shipment: its order, tender, stops, proof of delivery, services, exceptions, rating and charges", []string{"shipment.go", "tender.go", "milestone.go", "pod.go", "service.go", "stopfacts.go", "rating.go", "charge.go", "approval.go", "assign.go", "billing.go", "transit.go", "taxfacts.go", "writeoff_charges.go", "question.go"}},
	{"agreement", "one rate agreement, in versions", []string{"agreement.go"}},
	{"index", "one published series of values", []string{"index.go"}},
	{"chart", "which accounts documents are booked to, in versions", []string{"chart.go"}},
	{"registrant", "one legal entity that bills, and the versions of its tax rules", []string{"registrant.go"}},
	{"issuers", "the list of legal entities that bill", []string{"issuers.go"}},
	{"invoice", "one invoice, from candidate to settlement", []string{"candidate.go", "seal.go", "exchange.go", "restate.go", "withdraw.go", "hold.go", "move.go", "invoice.go", "settlement.go", "shortpay.go", "writeoff.go", "credit.go", "contest.go", "overpaid.go", "link.go", "cancel.go"}},
	{"numbering", "one series of document numbers", []string{"numbering.go"}},
	{"customer", "one customer account as the ERP has it", []string{"customer.go", "customer_rules.go", "judgement.go"}},
	{"posting", "one journal document on its way into the ERP", []string{"posting.go"}},
	{"payment", "one payment", []string{"payment.go", "refund.go", "receipt.go"}},
	{"bank", "one bank account", []string{"bankaccount.go"}},
	{"movement", "money that was seen and nobody booked", []string{"movement.go"}},
	{"profile", "how a bank writes its CSV statements", []string{"statementprofile.go"}},
	{"dispute", "one customer's case", []string{"dispute.go"}},
	{"message", "one message as it came in", []string{"message.go"}},
}

// catalogue writes every registered event, and the structures they share.
func catalogue(registry domain.Registry, source map[string]structure) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`# Events

Every event that history may hold. This page is written by
` + "`go run ./domain/internal/catalogue`" + ` from the registry and the comments of
package domain; do not edit it.

An event is stored as JSON under its permanent name and version. Fields marked
*may be absent* are left out when they are empty. Money is
` + "`{\"amount\":\"12.50\",\"currency\":\"USD\"}`" + `, or null for no amount. Each stored
version keeps an example in ` + "`domain/testdata/events`" + `.
`)
	forms := registry.Forms()
	listed := 0
	shared := map[string]bool{}
	for _, category := range categories {
		fmt.Fprintf(&b, "\n## %s-…\n\nHolds %s.\n", category.name, category.holds)
		for _, file := range category.files {
			for _, form := range forms {
				s, ok := source[form.Name]
				if !ok {
					return nil, fmt.Errorf("event %s: no struct of this name in package domain", form.Name)
				}
				if s.file != file {
					continue
				}
				if s.doc == "" {
					return nil, fmt.Errorf("event %s: say in its comment what it means", form.Name)
				}
				listed++
				fmt.Fprintf(&b, "\n### %s\n\nVersion %d. %s\n", form.Name, form.Version, s.doc)
				table(&b, flatten(source, s), shared)
			}
		}
	}
	if listed != len(forms) {
		return nil, fmt.Errorf("%d of %d events are in no category: list their file in categories", len(forms)-listed, len(forms))
	}
	b.WriteString("\n## Structures\n\nThe parts that events share.\n")
	for done := map[string]bool{}; ; {
		names := slices.Sorted(maps.Keys(shared))
		names = slices.DeleteFunc(names, func(name string) bool { return done[name] || source[name].fields == nil })
		if len(names) == 0 {
			return b.Bytes(), nil
		}
		s := source[names[0]]
		done[names[0]] = true
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", names[0], s.doc)
		table(&b, flatten(source, s), shared)
	}
}

// commandList writes every command that may be asked for from outside.
func commandList(forms []domain.CommandForm, source map[string]structure) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`# Commands

Every command that people and other systems may send: through
` + "`POST /v1/commands/{name}`" + `, ` + "`freightledger command NAME BODY`" + `, or a line
` + "`{\"command\":\"NAME\",\"body\":{…}}`" + ` of ` + "`freightledger import desk`" + `. This page is
written by ` + "`go run ./domain/internal/catalogue`" + `; do not edit it.

Unknown fields are refused. Structures are those of [EVENTS.md](EVENTS.md#structures).
`)
	for _, form := range forms {
		s, ok := source[form.Name]
		if !ok || s.doc == "" {
			return nil, fmt.Errorf("command %s: no struct of this name in package domain, or no comment that says what it does", form.Name)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", form.Name, s.doc)
		table(&b, flatten(source, s), map[string]bool{})
	}
	return b.Bytes(), nil
}

// flatten puts the fields of embedded structures in their place.
func flatten(source map[string]structure, s structure) []field {
	var fields []field
	for _, f := range s.fields {
		if f.name == "" {
			fields = append(fields, flatten(source, source[f.typ])...)
		} else {
			fields = append(fields, f)
		}
	}
	return fields
}

func table(b *bytes.Buffer, fields []field, shared map[string]bool) {
	b.WriteString("\n| Field | Type | Meaning |\n|---|---|---|\n")
	for _, f := range fields {
		meaning := f.comment
		if f.optional {
			meaning = strings.TrimPrefix(meaning+"; may be absent", "; ")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.name, typeName(f.typ, shared), strings.ReplaceAll(meaning, "|", "\\|"))
	}
}

// typeName says a Go type in words, and remembers the structures it names.
func typeName(typ string, shared map[string]bool) string {
	switch {
	case strings.HasPrefix(typ, "*"):
		return typeName(typ[1:], shared)
	case typ == "[]byte":
		return "bytes, base64"
	case strings.HasPrefix(typ, "[]"):
		return "list of " + typeName(typ[2:], shared)
	case typ == "map[string]string":
		return "object of strings"
	case typ == "int", typ == "int64":
		return "number"
	case typ == "bool":
		return "true or false"
	case typ == "time.Time":
		return "instant, RFC 3339"
	case typ == "money.Money":
		return "money"
	case typ == "money.Currency":
		return "currency, ISO 4217"
	case strings.HasPrefix(typ, "money."):
		return strings.ToLower(strings.TrimPrefix(typ, "money."))
	}
	if typ != "string" {
		shared[typ] = true
	}
	return typ
}
