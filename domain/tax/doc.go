// Package tax says what tax a charge bears, and computes it.
//
// Rates, places and articles are data. [Rules] is one dated version of what
// holds for one registrant, the seller with its registrations: an ordered list
// of rules, of which the first that matches counts. A new rate, province or
// country is a new version of a file and no code. What the files say was looked
// up with care and is no advice: each rule names its source, and what its author
// could not confirm.
//
// [Rules.Determine] makes a [Decision] of the facts of a charge: which of five
// codes it falls under (rule 31), by which rule of which version, on which
// evidence, and what evidence is lacking (rule 32). [Compute] makes the amounts
// of a bill from its lines and their decisions, rounded as is fixed for the
// registrant and jurisdiction (rule 33), so that the taxes of the lines sum to
// the tax of the bill exactly (rule 26). [Credit] gives back the tax of a part
// of a line so that all parts together give back all of it.
//
// The package is pure. A result is a function of its arguments: no clock, no
// randomness, no I/O. Decisions and amounts carry all that is needed to compute
// them again, without the rules.
package tax
