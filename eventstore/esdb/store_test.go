package esdb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
	"github.com/freightledger/freightledger/eventstore/storetest"
)

func TestContract(t *testing.T) {
	servers := make(map[eventstore.Store]*server)
	storetest.Run(t,
		func(t *testing.T) eventstore.Store {
			server := serve(t, node.Options{})
			s := server.open()
			servers[s] = server
			return s
		},
		func(t *testing.T, s eventstore.Store) eventstore.Store {
			server := servers[s]
			require.NoError(t, s.(*esdb.Store).Close())
			server.end()
			server.t = t
			server.start()
			again := server.open()
			servers[again] = server
			return again
		})
}
