package node_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/node"
)

func TestWhoMayManageGroupsAndWhoMayConsume(t *testing.T) {
	s, as := guarded(t, node.Options{}, map[string][]string{
		"ann": {node.RoleAdmin}, "ola": {node.RoleOperations}, "rex": {node.RoleReader}, "sam": nil})
	s.append(as("ann"), "order-1", esdb.NoStream{}, notes(2)...)
	s.makeGroup(as("ola"), "order-1", esdb.Start{}, eager())

	for _, one := range []string{"sam", "rex", ""} {
		c := as(one)
		requireDenied(t, c.CreatePersistentSubscription(within(t), "order-2", "desk", esdb.PersistentStreamSubscriptionOptions{}))
		requireDenied(t, c.DeletePersistentSubscription(within(t), "order-1", "desk", esdb.DeletePersistentSubscriptionOptions{}))
		requireDenied(t, c.ReplayParkedMessages(within(t), "order-1", "desk", esdb.ReplayParkedMessagesOptions{}))
		requireDenied(t, c.RestartPersistentSubscriptionSubsystem(within(t), esdb.RestartPersistentSubscriptionSubsystemOptions{}))
		_, err := c.ListAllPersistentSubscriptions(within(t), esdb.ListPersistentSubscriptionsOptions{})
		requireDenied(t, err)
	}
	for _, one := range []string{"rex", ""} {
		_, err := as(one).SubscribeToPersistentSubscription(within(t), "order-1", "desk", esdb.SubscribeToPersistentSubscriptionOptions{})
		requireDenied(t, err)
	}
	desk := s.consume(as("sam"), "order-1", 1)
	require.Equal(t, []uint64{0}, desk.handle(1))
	require.Equal(t, "sam", s.info(as("ola"), "order-1").Connections[0].Username)
}

func TestAGroupOnAStreamThatMayNotBeReadTakesNoConsumers(t *testing.T) {
	s, as := guarded(t, node.Options{}, map[string][]string{"ann": {node.RoleAdmin}, "sam": nil})
	ann := as("ann")
	s.append(ann, "order-1", esdb.NoStream{}, notes(1)...)
	s.makeGroup(ann, "order-1", esdb.Start{}, eager())
	var list esdb.Acl
	list.AddReadRoles("$admins")
	var m esdb.StreamMetadata
	m.SetAcl(list)
	_, err := ann.SetStreamMetadata(within(t), "order-1", esdb.AppendToStreamOptions{}, m)
	require.NoError(t, err)
	_, err = as("sam").SubscribeToPersistentSubscription(within(t), "order-1", "desk", esdb.SubscribeToPersistentSubscriptionOptions{})
	requireDenied(t, err)
	require.Equal(t, []uint64{0}, s.consume(ann, "order-1", 1).handle(1))
}
