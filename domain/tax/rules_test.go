package tax

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// rulesOf reads a file of testdata/rules as a registrant would.
func rulesOf(t testing.TB, name string) Rules {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "rules", name+".json"))
	require.NoError(t, err)
	r, err := Decode(raw)
	require.NoError(t, err)
	return r
}

// at reads "CA-ON" and "US".
func at(place string) Place {
	if len(place) > 3 {
		return Place{place[:2], place[3:]}
	}
	return Place{Country: place}
}

// freight is the facts of freight for a business at home.
func freight(day, from, to string) Facts {
	return Facts{
		TaxDate: day, Origin: at(from), Destination: at(to), Charge: "freight",
		Customer: Customer{Customer: "acme", Established: at(from), Status: Business},
	}
}

func (f Facts) shipped(from, to string) Facts {
	f.ShippedFrom, f.ShippedTo = at(from), at(to)
	return f
}

func (f Facts) forA(status Status, established string, ids ...string) Facts {
	f.Customer = Customer{Customer: "acme", Established: at(established), Status: status}
	for _, id := range ids {
		f.Customer.TaxIDs = append(f.Customer.TaxIDs, TaxID{id, id + "-123"})
	}
	return f
}

func (f Facts) with(kinds ...EvidenceKind) Facts {
	for _, k := range kinds {
		f.Evidence = append(f.Evidence, Evidence{Evidence: k, Reference: "doc " + string(k)})
	}
	return f
}

func (f Facts) under(circumstances ...string) Facts {
	f.Circumstances = circumstances
	return f
}

func determined(t testing.TB, r Rules, f Facts) Decision {
	t.Helper()
	d, err := r.Determine(f)
	require.NoError(t, err)
	return d
}

// rates tells what a decision charges: "HST 13", "GST 5 + QST 9.975".
func rates(d Decision) string {
	text := ""
	for i, l := range d.Levies {
		if i > 0 {
			text += " + "
		}
		text += l.Tax + " " + l.Percent.String()
	}
	return text
}

// taxed is the tax of a bill of one line.
func taxed(t testing.TB, d Decision, net money.Money) Bill {
	t.Helper()
	b, err := Compute(net.Currency(), []Line{{"1", net, d}})
	require.NoError(t, err)
	require.NoError(t, b.Verify())
	return b
}

func cad(amount string) money.Money { return money.MustParse(amount, "CAD") }
func gbp(amount string) money.Money { return money.MustParse(amount, "GBP") }

// files are the rules that come with the package.
func files(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "rules", "*.json"))
	require.NoError(t, err)
	require.Len(t, names, 5)
	return names
}
