package terms

import (
	_ "embed"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

//go:embed index.schema.json
var indexSchema string

//go:embed issuer.schema.json
var issuerSchema string

// Schemas are the JSON Schemas (draft 2020-12) of the documents that this
// package reads, by kind, for editors and for whoever writes a file. What one
// refuses [Read] refuses too; the reverse does not hold.
func Schemas() map[string]string {
	return map[string]string{
		KindAgreement: rating.Schema(),
		KindIndex:     indexSchema,
		KindChart:     domain.ChartSchema(),
		KindIssuer:    issuerSchema,
		KindTaxRules:  tax.Schema(),
	}
}
