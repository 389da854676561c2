package domain

import _ "embed"

//go:embed chart.schema.json
var chartSchema string

// ChartSchema is the JSON Schema (draft 2020-12) of a chart, for editors and for
// whoever sends one. What it refuses [ChartVersion.Check] refuses too, or the
// reading before; the reverse does not hold.
func ChartSchema() string { return chartSchema }
