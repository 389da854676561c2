package world

import (
	"context"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// witness executes a component's commands, and holds every answer to what is
// stored.
type witness struct{ n *node }

func (x witness) Execute(ctx context.Context, c domain.Command, req eventstore.Request) (eventstore.Result, error) {
	result, err := x.n.exec.Execute(ctx, c, req)
	if err == nil {
		x.n.w.check.told(req.ID, result)
	}
	return result, err
}

func (x witness) State(ctx context.Context, s domain.Stream) (any, error) {
	return x.n.exec.State(ctx, s)
}
