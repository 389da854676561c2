package node

import (
	"context"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/eventstore"
)

// Roles that the node gives a meaning. Access lists may name others.
const (
	RoleAdmin      = "$admins" // may do everything, except to a ledger
	RoleOperations = "$ops"    // may manage persistent subscriptions
	RoleLedger     = "ledger"  // writes the ledger, and reads $all
	RoleReader     = "reader"  // reads $all, and writes nothing whatever lists say
	roleAll        = "$all"    // in access lists: everyone, known or not
)

// operation is what an access list grants.
type operation int

const (
	opRead operation = iota
	opWrite
	opDelete
	opMetaRead
	opMetaWrite
)

// caller is who calls: somebody known, nobody known, or, on a node without
// users, everyone.
type caller struct {
	name  string // empty: not known
	roles []string
	every bool
}

func (c caller) is(role string) bool { return slices.Contains(c.roles, role) }

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// mayRead says whether a caller may read a stream, its metadata stream, or
// $all.
func (n *Node) mayRead(ctx context.Context, stream string) error {
	if of, meta := described(stream); meta {
		return n.may(ctx, opMetaRead, of)
	}
	return n.may(ctx, opRead, stream)
}

// mayAppend says whether a caller may append to a stream.
func (n *Node) mayAppend(ctx context.Context, stream string, expected eventstore.Revision) error {
	if err := writable(stream); err != nil {
		return err
	}
	of, meta := described(stream)
	if stream == groupsStream || of == groupsStream {
		return accessDenied() // a mistake in it would keep every group from being loaded
	}
	if meta {
		if n.guarded(of) {
			return accessDenied()
		}
		return n.may(ctx, opMetaWrite, of)
	}
	if n.guarded(stream) {
		// A ledger's rules are its own: no list can loosen them.
		if !callerOf(ctx).is(RoleLedger) || expected < eventstore.NoStream {
			return accessDenied()
		}
		return nil
	}
	return n.may(ctx, opWrite, stream)
}

// mayDelete says whether a caller may delete a stream, softly or for good.
func (n *Node) mayDelete(ctx context.Context, stream string) error {
	if err := writable(stream); err != nil {
		return err
	}
	if of, meta := described(stream); meta {
		return invalid("%s holds the metadata of %s and cannot be deleted; write them anew", stream, of)
	}
	if n.guarded(stream) || groupsOwn(stream) {
		return accessDenied()
	}
	return n.may(ctx, opDelete, stream)
}

// groupsOwn tells the streams in which persistent subscriptions keep what they
// are and how far they came.
func groupsOwn(stream string) bool {
	return stream == groupsStream || strings.HasPrefix(stream, groupsPrefix) &&
		(strings.HasSuffix(stream, "-checkpoint") || strings.HasSuffix(stream, "-parked"))
}

// guarded says whether a stream, or the one whose metadata it holds, is a
// ledger's.
func (n *Node) guarded(stream string) bool {
	for meta := true; meta; {
		stream, meta = described(stream)
	}
	return n.opts.Ledger != nil && n.opts.Ledger(stream)
}

// may says whether the caller may do something with a stream. What the
// stream's own access list does not state, the defaults do.
func (n *Node) may(ctx context.Context, op operation, stream string) error {
	who := callerOf(ctx)
	if who.every || who.is(RoleAdmin) {
		return nil
	}
	if who.is(RoleReader) && op != opRead && op != opMetaRead {
		return accessDenied()
	}
	m, err := n.history.rules(ctx, stream)
	if err != nil {
		return err
	}
	if stated := m.acl.granted(op); stated != nil {
		if slices.Contains(stated, roleAll) || who.name != "" && slices.Contains(stated, who.name) || slices.ContainsFunc(stated, who.is) {
			return nil
		}
		return accessDenied()
	}
	switch {
	case who.name == "":
		return accessDenied()
	case stream == allStream:
		if op == opRead && (who.is(RoleLedger) || who.is(RoleReader)) {
			return nil
		}
		return accessDenied()
	case strings.HasPrefix(stream, "$"):
		return accessDenied()
	}
	return nil
}

// granted gives the list for an operation; nil when it is not stated.
func (a *acl) granted(op operation) names {
	if a == nil {
		return nil
	}
	switch op {
	case opRead:
		return a.Read
	case opWrite:
		return a.Write
	case opDelete:
		return a.Delete
	case opMetaRead:
		return a.MetaRead
	default:
		return a.MetaWrite
	}
}
