// Package faults has the event stores keep their promises while the way to
// them breaks: package storetest's suites, on the embedded store as a library
// and on the adapter to EventStoreDB over real sockets, with package wirefault
// between it and a node.
//
// The environment makes a run longer, or like an earlier one:
//
//	FREIGHTLEDGER_STRIKES      how often each fault strikes (24)
//	FREIGHTLEDGER_DISCONNECTS  how often followers are disconnected (1000)
//	FREIGHTLEDGER_HISTORIES    how many histories are recorded and checked (4 or 5)
//	FREIGHTLEDGER_SEED         the seed that a failed test printed
package faults
