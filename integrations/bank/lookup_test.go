package bank_test

import (
	"context"
	"errors"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

var errAway = errors.New("the store is away")

// away is a store that does not answer when it is asked for streams of a kind.
type away struct {
	exec     inbox.Executor
	category string
}

func (a away) State(ctx context.Context, s domain.Stream) (any, error) {
	if s.Category() == a.category {
		return nil, errAway
	}
	return a.exec.State(ctx, s)
}

func TestAStatementIsNoDeadLetterBecauseAStoreDoesNotAnswer(t *testing.T) {
	for _, category := range []string{"bank", "movement", "payment"} {
		d := open(t)
		whole := *d.mapper
		states := bank.States{Exec: away{d.exec, category}}
		d.mapper.Accounts, d.mapper.Payments, d.mapper.Statements = states, states, states
		content := sample(t, "camt.053.001.08.xml")
		_, err := d.inbox.Take(t.Context(), inbox.Content{Channel: bank.Camt053Channel, Name: "march.xml", Bytes: []byte(content)}, d.mapper.Camt053, nil)
		require.ErrorIs(t, err, errAway, category)
		require.Empty(t, of[domain.MessageRefused](d), category)
		*d.mapper = whole
		require.Len(t, d.camt(content).Refused, 1, category)
	}
}
