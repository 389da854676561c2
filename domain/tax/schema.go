package tax

import _ "embed"

//go:embed rules.schema.json
var schema string

// Schema is the JSON Schema (draft 2020-12) of a file of rules, for editors and
// for whoever sends one. What it refuses [Decode] refuses too; the reverse does
// not hold, since a schema cannot tell that a rule is reached, and takes the kind
// that only files of terms have.
func Schema() string { return schema }
