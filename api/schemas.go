package api

import (
	"slices"

	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

// schema is the JSON Schema (draft 2020-12) of one kind of document that files
// of terms hold, for editors and for whoever writes such a file.
type schema struct {
	Kind string `json:"kind"`
	Path string `json:"path"` // where it is had
	text func() string
}

func schemas() []schema {
	all := []schema{{Kind: "agreement", text: rating.Schema}, {Kind: "tax-rules", text: tax.Schema}}
	for i := range all {
		all[i].Path = "/v1/schemas/" + all[i].Kind
	}
	return all
}

func (s *server) listSchemas(*request) (answer, error) {
	return answer{body: page[schema]{Items: schemas()}}, nil
}

func (s *server) schema(r *request) (answer, error) {
	kind := r.id("kind")
	all := schemas()
	i := slices.IndexFunc(all, func(x schema) bool { return x.Kind == kind })
	if i < 0 {
		return answer{}, noSuch("schema", kind)
	}
	return answer{body: file{mediaType: "application/schema+json", content: []byte(all[i].text())}}, nil
}
