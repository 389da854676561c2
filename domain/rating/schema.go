package rating

import _ "embed"

//go:embed agreement.schema.json
var schema string

// Schema is the JSON Schema (draft 2020-12) of an agreement, for editors and for
// whoever sends one. What it refuses [Agreement.Check] refuses too, or the
// reading before; the reverse does not hold, a schema cannot tell that bands
// leave no gap.
func Schema() string { return schema }
