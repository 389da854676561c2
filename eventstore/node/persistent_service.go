package node

import (
	"context"
	"errors"
	"sync"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore/node/persistent"
)

// maxGroups bounds the groups of a node; each takes a goroutine and a buffer.
const maxGroups = 10_000

// persistentService serves event_store.client.persistent_subscriptions.
// Groups run from the first call that is about any of them until the node
// stops.
type persistentService struct {
	api.UnimplementedPersistentSubscriptionsServer
	node    *Node
	history *history

	mu      sync.Mutex           // also held while the settings of a group are stored
	groups  map[groupName]*group // those that run
	loaded  bool                 // they are all
	stopped bool
}

// group is a group that runs.
type group struct {
	*persistent.Group
	config groupConfig
	source *groupSource
	memory *groupMemory
}

func newPersistent(n *Node) *persistentService {
	return &persistentService{node: n, history: n.history, groups: map[groupName]*group{}}
}

func (s *persistentService) register(r *grpc.Server) { api.RegisterPersistentSubscriptionsServer(r, s) }

func (s *persistentService) supported() []*serverfeatures.SupportedMethod {
	const service = "event_store.client.persistent_subscriptions.persistentsubscriptions"
	return []*serverfeatures.SupportedMethod{
		{ServiceName: service, MethodName: "create", Features: []string{"stream", "all"}},
		{ServiceName: service, MethodName: "update", Features: []string{"stream", "all"}},
		{ServiceName: service, MethodName: "delete", Features: []string{"stream", "all"}},
		{ServiceName: service, MethodName: "read", Features: []string{"stream", "all"}},
		{ServiceName: service, MethodName: "getinfo"},
		{ServiceName: service, MethodName: "list"},
		{ServiceName: service, MethodName: "replayparked"},
		{ServiceName: service, MethodName: "restartsubsystem"},
	}
}

// stop ends the groups, which note how far they are.
func (s *persistentService) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if err := s.stopAll(context.Background()); err != nil {
		s.node.opts.Logger.Error("persistent subscriptions: what was done since the last checkpoints will be handed out again", "error", err)
	}
}

func (s *persistentService) stopAll(ctx context.Context) error {
	var errs []error
	for name, g := range s.groups {
		errs = append(errs, g.Stop(ctx))
		delete(s.groups, name)
	}
	s.loaded = false
	return errors.Join(errs...)
}

// manage lets a caller through who may manage groups, and gives the lock.
func (s *persistentService) manage(ctx context.Context) (unlock func(), err error) {
	if who := callerOf(ctx); !who.every && !who.is(RoleAdmin) && !who.is(RoleOperations) {
		return nil, accessDenied()
	}
	s.mu.Lock()
	if err := s.load(ctx); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	return s.mu.Unlock, nil
}

// load starts the groups that there are and do not run.
func (s *persistentService) load(ctx context.Context) error {
	if s.stopped {
		return errStopping
	}
	if s.loaded {
		return nil
	}
	configs, err := s.history.loadGroups(ctx)
	if err != nil {
		return err
	}
	for name, c := range configs {
		if s.groups[name] == nil {
			if err := s.start(ctx, c); err != nil {
				return err
			}
		}
	}
	s.loaded = true
	return nil
}

// start runs a group from where it is. When that fails, the next call tries
// again.
func (s *persistentService) start(ctx context.Context, c groupConfig) (err error) {
	defer func() { s.loaded = s.loaded && err == nil }()
	f, err := c.Filter.compiled()
	if err != nil {
		return err
	}
	g := &group{
		config: c,
		source: &groupSource{history: s.history, name: c.groupName, links: c.Settings.ResolveLinks, filter: f},
		memory: &groupMemory{history: s.history, name: c.groupName, links: c.Settings.ResolveLinks},
	}
	through, err := g.memory.load(ctx)
	if err != nil {
		return err
	}
	from := c.Start.From
	if through != nil {
		from = *through + 1
	}
	g.Group = persistent.Start(persistent.Options{
		Settings: c.Settings, From: from, Source: g.source, Memory: g.memory, Clock: s.history.clock,
		Logger: s.node.opts.Logger.With("stream", c.Stream, "group", c.Group),
	})
	s.groups[c.groupName] = g
	return nil
}

// place is where a group begins that is to begin where it is stated.
func (s *persistentService) place(ctx context.Context, g groupName, at groupBegin) (groupStart, error) {
	start := groupStart{AtEnd: at.end, From: at.revision}
	switch {
	case at.end:
		end, err := (&groupSource{history: s.history, name: g}).end(ctx)
		start.From = end
		return start, err
	case at.position != nil:
		start.From = s.history.positions.Number(*at.position)
	}
	return start, nil
}

// Create implements api.PersistentSubscriptionsServer.
func (s *persistentService) Create(ctx context.Context, req *api.CreateReq) (*api.CreateResp, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c, at, err := parseCreate(req.GetOptions())
	if err != nil {
		return nil, err
	}
	switch {
	case s.groups[c.groupName] != nil:
		return nil, groupExists(c.groupName)
	case len(s.groups) >= maxGroups:
		return nil, status.Errorf(codes.ResourceExhausted, "there are %d groups, as many as there may be: delete some", len(s.groups))
	}
	if c.Start, err = s.place(ctx, c.groupName, at); err != nil {
		return nil, err
	}
	c.By = callerOf(ctx).name
	if err := s.history.note(ctx, groupsStream, typeGroupSet, c); err != nil {
		return nil, err
	}
	return &api.CreateResp{}, s.start(ctx, c)
}

// Update implements api.PersistentSubscriptionsServer. It drops the group's
// consumers. A group that has a checkpoint goes on from there, whatever start
// the update states.
func (s *persistentService) Update(ctx context.Context, req *api.UpdateReq) (*api.UpdateResp, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c, at, err := parseUpdate(req.GetOptions())
	if err != nil {
		return nil, err
	}
	g := s.groups[c.groupName]
	if g == nil {
		return nil, noGroup(c.groupName)
	}
	if c.Start, err = s.place(ctx, c.groupName, at); err != nil {
		return nil, err
	}
	c.By, c.Filter = callerOf(ctx).name, g.config.Filter
	if err := s.history.note(ctx, groupsStream, typeGroupSet, c); err != nil {
		return nil, err
	}
	// From here on the caller's time does not matter: the group must run.
	ctx = context.WithoutCancel(ctx)
	if err := g.Stop(ctx); err != nil {
		s.node.opts.Logger.Warn("persistent subscription: what was done since the last checkpoint will be handed out again", "stream", c.Stream, "group", c.Group, "error", err)
	}
	delete(s.groups, c.groupName)
	return &api.UpdateResp{}, s.start(ctx, c)
}

// named finds the group that a request names, while s is held.
func (s *persistentService) named(stream *shared.StreamIdentifier, all bool, called string) (groupName, *group, error) {
	name, err := parseGroup(stream, all, called)
	if err != nil {
		return name, nil, err
	}
	g := s.groups[name]
	if g == nil {
		return name, nil, noGroup(name)
	}
	return name, g, nil
}

// Delete implements api.PersistentSubscriptionsServer.
func (s *persistentService) Delete(ctx context.Context, req *api.DeleteReq) (*api.DeleteResp, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	o := req.GetOptions()
	name, g, err := s.named(o.GetStreamIdentifier(), o.GetAll() != nil, o.GetGroupName())
	if err != nil {
		return nil, err
	}
	// What the group kept goes before the group does, so that no crash leaves
	// it to a later group of the same name.
	ctx = context.WithoutCancel(ctx)
	if err := g.Stop(ctx); err != nil {
		return nil, err
	}
	delete(s.groups, name)
	if err := g.memory.forget(ctx); err != nil {
		return nil, errors.Join(err, s.start(ctx, g.config))
	}
	if err := s.history.note(ctx, groupsStream, typeGroupDeleted, name); err != nil {
		return nil, errors.Join(err, s.start(ctx, g.config))
	}
	return &api.DeleteResp{}, nil
}

// ReplayParked implements api.PersistentSubscriptionsServer.
func (s *persistentService) ReplayParked(ctx context.Context, req *api.ReplayParkedReq) (*api.ReplayParkedResp, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	o := req.GetOptions()
	_, g, err := s.named(o.GetStreamIdentifier(), o.GetAll() != nil, o.GetGroupName())
	if err != nil {
		return nil, err
	}
	stop := uint64(lastRevision)
	if _, limited := o.GetStopAtOption().(*api.ReplayParkedReq_Options_StopAt); limited {
		if o.GetStopAt() < 0 {
			return nil, invalid("parked events are numbered from 0: they cannot be replayed up to %d", o.GetStopAt())
		}
		stop = uint64(o.GetStopAt())
	}
	return &api.ReplayParkedResp{}, g.Replay(ctx, stop)
}

// RestartSubsystem implements api.PersistentSubscriptionsServer: all groups
// begin anew from what is stored. Their consumers are dropped.
func (s *persistentService) RestartSubsystem(ctx context.Context, _ *shared.Empty) (*shared.Empty, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	ctx = context.WithoutCancel(ctx)
	return &shared.Empty{}, errors.Join(s.stopAll(ctx), s.load(ctx))
}
