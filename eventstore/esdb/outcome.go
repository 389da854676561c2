package esdb

import (
	"errors"
	"fmt"
	"io"

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
	// errPanic: the client failed on what the server answered.
	errPanic = errors.New("client of EventStoreDB panicked")
	// errCut: the stream of a reading was lost on this side.
	errCut = errors.New("reading was cut off")
	// errSilent: nothing came for too long.
	errSilent = errors.New("server is silent")
)

// Lost says that the server does not have events any more that a stream of
// the ledger had: somebody deleted or truncated it. What remains is not to be
// built upon.
type Lost struct {
	Stream string
	Reason string
	Err    error // what the server said, if that is how it was noticed
}

func (e *Lost) Error() string {
	msg := fmt.Sprintf("stream %s in EventStoreDB: %s", e.Stream, e.Reason)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg + "; a ledger never deletes: restore the server from a backup, and let nobody delete streams or set their metadata"
}

func (e *Lost) Unwrap() error { return e.Err }

// outcome says what an error of an append means. Nil stays nil. Whatever is
// not known to be a refusal may have been stored, and is
// [eventstore.ErrUnknownOutcome]: the server ends a write it could not finish
// in time as aborted, a connection that is lost after the request says
// unavailable, and the client wraps the end of its context, or of the stream,
// as an error without a code.
func outcome(stream string, err error) error {
	if err == nil || errors.Is(err, errClientGone) {
		return err
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
	case client.ErrorCodeStreamDeleted:
		return &Lost{Stream: stream, Reason: "it was deleted", Err: err}
	case client.ErrorCodeAccessDenied, client.ErrorCodeUnauthenticated:
		return fmt.Errorf("EventStoreDB refuses the append: check the user and its rights: %w", err)
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

// cutShort says that the server ended an append before it had all of it, or
// that the connection was lost then. The client has never told it that the
// append is complete, so this attempt has stored nothing. Why is not known: a
// server that takes smaller appends, or does not let the user write, ends them
// so as well.
func cutShort(err error) bool {
	var known *client.Error
	return errors.As(err, &known) && known.Code() == client.ErrorCodeUnknown && errors.Is(known.Err(), io.EOF)
}

// code is the gRPC code of an error, whether the client wrapped it or not.
func code(err error) codes.Code {
	var known *client.Error
	if !errors.As(err, &known) {
		return status.Code(err)
	}
	switch known.Code() {
	case client.ErrorCodeUnauthenticated:
		return codes.Unauthenticated
	case client.ErrorCodeAccessDenied:
		return codes.PermissionDenied
	case client.ErrorCodeUnsupportedFeature:
		return codes.Unimplemented
	case client.ErrorCodeResourceNotFound:
		return codes.NotFound
	case client.ErrorCodeDeadlineExceeded:
		return codes.DeadlineExceeded
	case client.ErrorUnavailable:
		return codes.Unavailable
	case client.ErrorAborted:
		return codes.Aborted
	}
	return status.Code(known.Err())
}

// clientLost says that a client has no server any more, or looks for one.
func clientLost(err error) bool {
	var known *client.Error
	if errors.As(err, &known) && known.Code() == client.ErrorCodeConnectionClosed {
		return true
	}
	return code(err) == codes.Unavailable
}

// passing says whether reading again may help.
func passing(err error) bool {
	var (
		known *client.Error
		lost  *Lost
		none  *NoConnection
	)
	switch {
	case errors.As(err, &none):
		return !none.lasting
	case errors.As(err, &lost), errors.Is(err, errPanic), errors.Is(err, eventstore.ErrClosed):
		return false
	case errors.Is(err, errCut), errors.Is(err, errSilent), errors.Is(err, errClientGone), errors.Is(err, io.EOF):
		return true
	case errors.As(err, &known):
		if known.Code() == client.ErrorCodeStreamDeleted || known.Code() == client.ErrorCodeParsing {
			return false
		}
	default:
		if _, ok := status.FromError(err); !ok {
			return false // of this package: it does not depend on the connection
		}
	}
	switch code(err) {
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented, codes.NotFound,
		codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.DataLoss:
		return false
	}
	return true
}
