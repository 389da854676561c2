// Package faults has the event stores keep their promises while the way to
// them breaks: package storetest's suites, on the embedded store as a library
// and on the adapter to EventStoreDB over real sockets, with package wirefault
// in between.
//
// FREIGHTLEDGER_HISTORIES, FREIGHTLEDGER_DISCONNECTS and FREIGHTLEDGER_SEED
// make a run longer, or like an earlier one.
package faults
