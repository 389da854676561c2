package domaintest

import "github.com/freightledger/freightledger/domain"

// Booked is an event's document by the built-in chart.
func Booked(e domain.Event) (domain.Document, bool) {
	d, ok, err := domain.Charts{}.Book(e, domain.MapMemory{})
	if err != nil {
		panic(err) // a map does not break
	}
	return d, ok
}
