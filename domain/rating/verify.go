package rating

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Difference is what [Result.Verify] finds between a charge as stored and as
// the stored facts give it again.
type Difference struct {
	Charge string // its id; "" the result as a whole
	What   string // "amount", "step 3, rate per cwt"
	Stored string // "" nothing
	Again  string
}

func (d *Difference) Error() string {
	what := d.What
	if d.Charge != "" {
		what = "charge " + d.Charge + ", " + what
	}
	return fmt.Sprintf("%s: stored is %s, rated again it is %s", what, shown(d.Stored), shown(d.Again))
}

// Verify proves a stored result (rule 15): each sheet gives its amount by
// itself, and the facts rated again under the version give the same charges,
// amounts and sheets. The error tells the first thing that does not hold; it is
// a [*Difference] where that is a difference.
func (r Result) Verify(a Agreement, f Facts) error {
	for _, c := range r.Charges {
		amount, err := c.Derivation.Verify(c.Amount.Currency())
		if err != nil {
			return fmt.Errorf("charge %s: %w", shown(c.Charge), err)
		}
		if !amount.Equal(c.Amount) {
			return &Difference{c.Charge, "amount by its own sheet", c.Amount.String(), amount.String()}
		}
	}
	again, err := a.Rate(f)
	if err != nil {
		return err
	}
	return r.differs(again)
}

func (r Result) differs(again Result) error {
	for _, d := range []Difference{
		{"", "agreement", r.Agreement, again.Agreement},
		{"", "version", r.Version, again.Version},
		{"", "effective date", r.Effective, again.Effective},
	} {
		if d.Stored != d.Again {
			return &d
		}
	}
	for i := range max(len(r.Charges), len(again.Charges)) {
		switch {
		case i >= len(again.Charges):
			return &Difference{r.Charges[i].Charge, "amount", r.Charges[i].Amount.String(), ""}
		case i >= len(r.Charges) || r.Charges[i].Charge != again.Charges[i].Charge:
			return &Difference{again.Charges[i].Charge, "amount", r.amount(again.Charges[i].Charge), again.Charges[i].Amount.String()}
		}
		if err := r.Charges[i].differs(again.Charges[i]); err != nil {
			return err
		}
	}
	return nil
}

// amount is that of a charge, "" if there is none.
func (r Result) amount(charge string) string {
	for _, c := range r.Charges {
		if c.Charge == charge {
			return c.Amount.String()
		}
	}
	return ""
}

func (c Charge) differs(again Charge) error {
	if !c.Amount.Equal(again.Amount) {
		return &Difference{c.Charge, "amount", c.Amount.String(), again.Amount.String()}
	}
	if d, e := c.Derivation, again.Derivation; d.Clause != e.Clause {
		return &Difference{c.Charge, "clause", d.Clause, e.Clause}
	}
	stored, rated := c.Derivation.Steps, again.Derivation.Steps
	for i := range min(len(stored), len(rated)) {
		if !stored[i].equal(rated[i]) {
			what := "step " + strconv.Itoa(i) + ", " + rated[i].Label
			return &Difference{c.Charge, what, stored[i].brief(), rated[i].brief()}
		}
	}
	if len(stored) != len(rated) {
		return &Difference{c.Charge, "number of steps", strconv.Itoa(len(stored)), strconv.Itoa(len(rated))}
	}
	// The rest of a charge is what its stored form has.
	a, err := json.Marshal(c)
	if err != nil {
		return err
	}
	b, err := json.Marshal(again)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return &Difference{c.Charge, "what is said of it", string(a), string(b)}
	}
	return nil
}

func (s Step) brief() string { return s.Value + " " + string(s.Op) + " " + s.From }
