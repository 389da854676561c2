package esdb

import (
	"errors"
	"fmt"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
)

// Answers that the adapter has to act upon before its caller hears of them.
var (
	// errWrongRevision: the stream is at another revision. The client says
	// which only in words, so the adapter reads the stream: its own ids after
	// the expected revision mean that the append was stored before, anything
	// else is an *eventstore.WrongRevision.
	errWrongRevision = errors.New("stream is at another revision")
	// errClientGone: the client gave its connection up for good, before it
	// sent anything. Make a new client.
	errClientGone = errors.New("client of EventStoreDB has given its connection up")
)

// outcome says what an error of an append means. Nil stays nil. Whatever is
// not known to be a refusal may have been stored, and is
// [eventstore.ErrUnknownOutcome]: the server ends a write it could not finish
// in time as aborted, a connection that is lost after the request says
// unavailable, and the client wraps the end of its context, or of the stream,
// as an error without a code.
func outcome(err error) error {
	if err == nil {
		return nil
	}
	// The client's own FromError does not look into wrapped errors.
	var known *client.Error
	if !errors.As(err, &known) {
		return unknown(err)
	}
	switch known.Code() {
	case client.ErrorCodeWrongExpectedVersion:
		return fmt.Errorf("%w: %w", errWrongRevision, err)
	case client.ErrorCodeConnectionClosed:
		return fmt.Errorf("%w: %w", errClientGone, err)
	case client.ErrorCodeAccessDenied, client.ErrorCodeUnauthenticated:
		return fmt.Errorf("EventStoreDB refuses the append: check the user and its rights: %w", err)
	case client.ErrorCodeStreamDeleted:
		return fmt.Errorf("EventStoreDB refuses the append: the stream was deleted, which a ledger never does: restore it from a backup: %w", err)
	case client.ErrorCodeUnsupportedFeature, client.ErrorCodeResourceNotFound:
		return fmt.Errorf("EventStoreDB does not take appends at this address: check its version and address: %w", err)
	case client.ErrorCodeUnknown:
		switch status.Code(known.Err()) {
		case codes.InvalidArgument, codes.FailedPrecondition:
			return fmt.Errorf("EventStoreDB refuses the append as it is: %w", err)
		}
	}
	return unknown(err)
}

func unknown(err error) error { return fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, err) }
