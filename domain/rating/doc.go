// Package rating prices a shipment: facts and one version of an agreement give
// charges, and each charge carries the sheet by which anybody can compute it
// again.
//
// It is pure. [Agreement.Rate] is a function of its arguments: no clock, no
// randomness, no I/O. The same facts under the same version give the same
// charges, byte for byte, for ever (rules 14, 15): so a stored charge can be
// proven by rating it again, and by hand from its [Derivation] alone.
//
// Amounts are exact. A sheet computes in rational numbers and rounds once, at
// its end, by the mode and step that the agreement names (rule 27); a rate is
// rounded before only where its publisher says so, and then the sheet shows it.
package rating
