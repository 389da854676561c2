package tax

import (
	"github.com/freightledger/freightledger/domain/money"
)

// Line is a line of a bill that is to be taxed.
type Line struct {
	Line     string      `json:"line"` // id within the bill
	Net      money.Money `json:"net"`
	Decision Decision    `json:"decision"`
}

// Bill is the tax of a bill.
type Bill struct {
	Lines []LineTax `json:"lines"`
	// Subtotals are what the bill states of its taxes: one for each levy and
	// percentage, and one for each code that bears no tax. Where two taxes are
	// charged on one line its net amount is in both.
	Subtotals []Subtotal  `json:"subtotals"`
	Notices   []string    `json:"notices,omitempty"` // texts to print, each once
	Net       money.Money `json:"net"`
	Tax       money.Money `json:"tax"`
	Total     money.Money `json:"total"`
}

// LineTax is the tax of a line.
type LineTax struct {
	Line         string      `json:"line"`
	Net          money.Money `json:"net"`
	Code         Code        `json:"code"`
	Jurisdiction string      `json:"jurisdiction"`
	Registration string      `json:"registration,omitempty"`
	Category     string      `json:"category"`
	VATEX        string      `json:"vatex,omitempty"`
	Amounts      []Amount    `json:"amounts,omitempty"` // of the standard code alone
	Tax          money.Money `json:"tax"`               // their sum
}

// Amount is one tax of a line, with all that it is computed from.
type Amount struct {
	Tax          string      `json:"tax"`
	Jurisdiction string      `json:"jurisdiction"`
	Registration string      `json:"registration"`
	Net          money.Money `json:"net"`
	Percent      Decimal     `json:"percent"`
	Exact        string      `json:"exact"` // Percent of Net, not rounded
	Means        Means       `json:"means"` // how Amount follows
	Round        Rounding    `json:"round"`
	Credits      *Share      `json:"credits,omitempty"` // where the means are Credited
	Amount       money.Money `json:"amount"`
}

// Means is how an amount follows from what stands beside it. The names are
// permanent.
type Means string

// Means.
const (
	Rounded  Means = "rounded"  // Exact, rounded by Round
	Allotted Means = "allotted" // a share of the subtotal, which is rounded by Round
	Credited Means = "credited" // a share of the tax of an earlier bill
)

// Subtotal is the tax of all lines that are treated alike.
type Subtotal struct {
	Code         Code        `json:"code"`
	Category     string      `json:"category"`
	VATEX        string      `json:"vatex,omitempty"`
	Tax          string      `json:"tax,omitempty"` // "" where the code bears none
	Jurisdiction string      `json:"jurisdiction"`
	Registration string      `json:"registration,omitempty"`
	Net          money.Money `json:"net"`
	Percent      Decimal     `json:"percent,omitzero"`
	Exact        string      `json:"exact,omitempty"` // the sum of the lines', not rounded
	Means        Means       `json:"means,omitempty"` // of the lines' amounts
	Round        *Rounding   `json:"round,omitempty"`
	Amount       money.Money `json:"amount"` // the sum of the lines'
}
