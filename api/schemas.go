package api

import (
	"maps"
	"slices"
)

// schema is the JSON Schema (draft 2020-12) of one kind of document that files
// of terms hold, for editors and for whoever writes such a file.
type schema struct {
	Kind string `json:"kind"`
	Path string `json:"path"` // where it is had
}

func (s *server) listSchemas(*request) (answer, error) {
	all := []schema{} // not null in JSON
	for _, kind := range slices.Sorted(maps.Keys(s.Schemas)) {
		all = append(all, schema{kind, "/v1/schemas/" + kind})
	}
	return answer{body: page[schema]{Items: all}}, nil
}

func (s *server) schema(r *request) (answer, error) {
	kind := r.id("kind")
	text, known := s.Schemas[kind]
	if !known {
		return answer{}, noSuch("schema", kind)
	}
	return answer{body: file{mediaType: "application/schema+json", content: []byte(text)}}, nil
}
