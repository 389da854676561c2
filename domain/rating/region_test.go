package rating

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPlaceIsInAnAreaThatItMatchesInEveryPart(t *testing.T) {
	for _, c := range []struct {
		name  string
		area  Area
		place Place
		want  bool
	}{
		{"a country", Area{Country: "US"}, Place{Country: "US", Postal: "75201"}, true},
		{"another country", Area{Country: "US"}, Place{Country: "MX"}, false},
		{"no country", Area{Country: "US"}, Place{State: "TX"}, false},
		{"a state", Area{Country: "US", States: []string{"OK", "TX"}}, Place{Country: "US", State: "tx"}, true},
		{"the same letters in another country", Area{Country: "US", States: []string{"CA"}}, Place{Country: "CA", State: "CA"}, false},
		{"a city without case", Area{Country: "CA", Cities: []string{"Québec"}}, Place{Country: "CA", City: " QUÉBEC "}, true},
		{"another city", Area{Country: "CA", Cities: []string{"Québec"}}, Place{Country: "CA", City: "Lévis"}, false},
		{"a city, and the state must match too", Area{Country: "US", States: []string{"TX"}, Cities: []string{"Paris"}}, Place{Country: "US", State: "TN", City: "Paris"}, false},

		{"a ZIP prefix", Area{Country: "US", Postal: []string{"750", "752"}}, Place{Country: "US", Postal: "75201"}, true},
		{"a ZIP+4", Area{Country: "US", Postal: []string{"75201"}}, Place{Country: "US", Postal: "75201-1234"}, true},
		{"a ZIP+4 without hyphen", Area{Country: "US", Postal: []string{"75201"}}, Place{Country: "US", Postal: "752011234"}, true},
		{"one address by its ZIP+4", Area{Country: "US", Postal: []string{"752011234"}}, Place{Country: "US", Postal: "75201-1235"}, false},
		{"a ZIP with zeros in front", Area{Country: "US", Postal: []string{"07"}}, Place{Country: "US", Postal: "07302"}, true},
		{"a range of ZIPs", Area{Country: "US", Postal: []string{"75001-75399"}}, Place{Country: "US", Postal: "75399-9999"}, true},
		{"just beyond the range", Area{Country: "US", Postal: []string{"75001-75399"}}, Place{Country: "US", Postal: "75400"}, false},
		{"a range of prefixes", Area{Country: "US", Postal: []string{"750-753"}}, Place{Country: "US", Postal: "75399"}, true},
		{"a code shorter than the range's", Area{Country: "US", Postal: []string{"75001-75399"}}, Place{Country: "US", Postal: "751"}, false},
		{"an exclusion", Area{Country: "US", Postal: []string{"75"}, Exclude: []string{"75261", "754-759"}}, Place{Country: "US", Postal: "75500"}, false},
		{"beside an exclusion", Area{Country: "US", Exclude: []string{"75261"}}, Place{Country: "US", Postal: "75262"}, true},
		{"no postal code where one is asked for", Area{Country: "US", Postal: []string{"75"}}, Place{Country: "US"}, false},
		{"no postal code where one is excluded", Area{Country: "US", Exclude: []string{"75261"}}, Place{Country: "US"}, false},

		{"a Canadian FSA", Area{Country: "CA", Postal: []string{"M5V"}}, Place{Country: "CA", Postal: "m5v 3l9"}, true},
		{"without the space", Area{Country: "CA", Postal: []string{"M5V 3L9"}}, Place{Country: "CA", Postal: "M5V3L9"}, true},
		{"a range of FSAs", Area{Country: "CA", Postal: []string{"H1A-H9X"}}, Place{Country: "CA", Postal: "H3B 1X9"}, true},
		{"beyond the range of FSAs", Area{Country: "CA", Postal: []string{"H1A-H9X"}}, Place{Country: "CA", Postal: "J4B 1A1"}, false},

		{"a British area", Area{Country: "GB", Postal: []string{"B"}}, Place{Country: "GB", Postal: "B11 1AA"}, true},
		{"an area of one letter is not one of two", Area{Country: "GB", Postal: []string{"B"}}, Place{Country: "GB", Postal: "BS1 1AA"}, false},
		{"a British district", Area{Country: "GB", Postal: []string{"B1"}}, Place{Country: "GB", Postal: "B1 1AA"}, true},
		{"without the space too", Area{Country: "GB", Postal: []string{"B1"}}, Place{Country: "GB", Postal: "b11aa"}, true},
		{"district 1 is not district 11", Area{Country: "GB", Postal: []string{"B1"}}, Place{Country: "GB", Postal: "B11 1AA"}, false},
		{"nor without the space", Area{Country: "GB", Postal: []string{"B1"}}, Place{Country: "GB", Postal: "B111AA"}, false},
		{"a district with its letters", Area{Country: "GB", Postal: []string{"SW1"}}, Place{Country: "GB", Postal: "SW1A 1AA"}, true},
		{"a letter of a district", Area{Country: "GB", Postal: []string{"SW1A"}}, Place{Country: "GB", Postal: "SW1P 1AA"}, false},
		{"a sector", Area{Country: "GB", Postal: []string{"B1 1"}}, Place{Country: "GB", Postal: "B1 1AA"}, true},
		{"another sector", Area{Country: "GB", Postal: []string{"B1 1"}}, Place{Country: "GB", Postal: "B1 2AA"}, false},
		{"one code", Area{Country: "GB", Postal: []string{"SW1A 1AA"}}, Place{Country: "GB", Postal: "SW1A1AA"}, true},
		{"the outward half alone", Area{Country: "GB", Postal: []string{"SW1"}}, Place{Country: "GB", Postal: "SW1A"}, true},
		{"a range of districts", Area{Country: "GB", Postal: []string{"B1-B20"}}, Place{Country: "GB", Postal: "B9 5AA"}, true},
		{"at its end", Area{Country: "GB", Postal: []string{"B1-B20"}}, Place{Country: "GB", Postal: "B20 5AA"}, true},
		{"beyond it", Area{Country: "GB", Postal: []string{"B1-B20"}}, Place{Country: "GB", Postal: "B21 5AA"}, false},
		{"of another area", Area{Country: "GB", Postal: []string{"B1-B20"}}, Place{Country: "GB", Postal: "BB9 5AA"}, false},
		{"a code of an area alone is in no range", Area{Country: "GB", Postal: []string{"B1-B20"}}, Place{Country: "GB", Postal: "B"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, c.area.holds(c.place), "%v in %v", c.place, c.area)
		})
	}
}

func TestPostalEntriesThatMeanNothingAreRefused(t *testing.T) {
	for _, c := range []struct{ country, text string }{
		{"US", ""}, {"US", "-"}, {"US", "75-"}, {"US", "-75"}, {"US", "75001-75399-1"}, {"US", "750-75399"}, {"US", "9-1"},
		{"US", "75%"}, {"US", " 750"}, {"CA", "m5v"}, {"GB", "B1-BB3"}, {"GB", "B20-B1"}, {"GB", "B-C"}, {"GB", "B1 1-B1 9"}, {"GB", "SW1A1"},
		{"PL", "00-950"}, {"JP", "100-0001"}, {"US", "99999999999"},
	} {
		_, why := parsePostal(c.country, c.text)
		require.NotEmpty(t, why, "%s %q", c.country, c.text)
	}
}
