package terms

import (
	"bytes"
	"context"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Channel is how files of terms come in.
const Channel = "terms"

// Items reads a file of terms for the inbox: an item a document, which sets up
// an issuer, adopts a version of its tax rules, of an agreement or of a chart,
// or publishes the values of an index. By is who does. A file with a problem
// anywhere has no effect at all.
func Items(by string) inbox.Reader {
	return func(_ context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
		terms, err := Read("", bytes.NewReader(content), nil)
		if err != nil {
			return nil, err
		}
		var items []inbox.Item
		for _, i := range terms.Issuers {
			name := "issuer " + i.ID
			items = append(items, inbox.Item{Name: name, Kind: KindIssuer,
				Command: domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: i.ID, Issuer: i.Issuer, By: by, Source: domain.Source{Message: id, Place: name}}}})
		}
		for _, r := range terms.TaxRules {
			name := "tax rules " + r.Registrant + " " + r.Version
			items = append(items, inbox.Item{Name: name, Kind: KindTaxRules,
				Command: domain.AdoptTaxRules{Rules: r, By: by, Source: domain.Source{Message: id, Place: name}}})
		}
		for _, a := range terms.Agreements {
			name := "agreement " + a.Agreement + " " + a.Version
			items = append(items, inbox.Item{Name: name, Kind: KindAgreement,
				Command: domain.AdoptAgreement{Terms: a, By: by, Source: domain.Source{Message: id, Place: name}}})
		}
		for _, x := range terms.Indexes {
			name := "index " + x.Index
			items = append(items, inbox.Item{Name: name, Kind: KindIndex,
				Command: domain.PublishIndex{Index: x.Index, Values: x.Series(), Source: domain.Source{Message: id, Place: name}}})
		}
		for _, c := range terms.Charts {
			name := "chart " + c.Chart + " " + c.Version
			items = append(items, inbox.Item{Name: name, Kind: KindChart,
				Command: domain.AdoptChart{Terms: c, By: by, Source: domain.Source{Message: id, Place: name}}})
		}
		return items, nil
	}
}
