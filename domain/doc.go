// Package domain decides what may happen to freight and its money.
//
// It is pure: no I/O, no clock, no randomness, no logger. The edge supplies
// facts inside commands; a command decided on an aggregate's state gives
// events, nothing, or a [Refusal]; an event evolves the state; [Journal] says
// what an event means in the books and [Policy] what follows from it.
//
//	order released → milestones → delivered → POD verified ┐
//	charges entered or rated → approved ────────────────────┼→ claimed → invoice
//	no open exception ──────────────────────────────────────┘
//	candidate → billing terms → sealed → numbered → issued → posting → cash
//
// One shipment's stops, milestones, proof of delivery, exceptions and charges
// live in one stream, because the rules that bind them (what may be billed,
// when) must hold together at every event. Invoices, numbering series,
// customers, postings, payments, disputes and raw messages have streams of
// their own; a claim on one guards the next step on another.
//
// Rules carry the numbers of docs/RULES.md; each has a test of its name.
package domain
