package node

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// failure is an answer to a call that a client understands: a status, and
// trailers, of which "exception" names the kind.
// Source of the names: Constants.cs and RpcExceptions.cs of EventStoreDB 24.10.
type failure struct {
	code     codes.Code
	text     string
	trailers metadata.MD
}

func (f *failure) Error() string { return f.text }

// GRPCStatus implements the interface by which gRPC finds an error's status.
func (f *failure) GRPCStatus() *status.Status { return status.New(f.code, f.text) }

// fail makes a failure; pairs are trailers.
func fail(code codes.Code, text string, pairs ...string) *failure {
	return &failure{code, text, metadata.Pairs(pairs...)}
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func accessDenied() error {
	return fail(codes.PermissionDenied, "Access Denied", "exception", "access-denied")
}

func missingProperty(name string) error {
	return fail(codes.InvalidArgument, fmt.Sprintf("Required Metadata Property '%s' is missing", name),
		"exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type")
}

func tooLarge(limit int) error {
	return fail(codes.InvalidArgument, fmt.Sprintf("Maximum Append Size of %d Exceeded.", limit),
		"exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(limit))
}

func deletedFailure(stream string) error {
	return fail(codes.FailedPrecondition, fmt.Sprintf("Event stream '%s' is deleted.", stream),
		"exception", "stream-deleted", "stream-name", ascii(stream))
}

func wrongVersion(operation string, e *eventstore.WrongRevision) error {
	expected, actual := strconv.FormatInt(int64(e.Expected), 10), strconv.FormatInt(int64(e.Actual), 10)
	return fail(codes.FailedPrecondition,
		fmt.Sprintf("%s failed due to WrongExpectedVersion. Stream: %s, Expected version: %s, Actual version: %s", operation, e.Stream, expected, actual),
		"exception", "wrong-expected-version", "stream-name", ascii(e.Stream), "expected-version", expected, "actual-version", actual)
}

// ascii makes a name fit for a trailer, whose bytes are printable ASCII.
func ascii(name string) string {
	for i := range len(name) {
		if name[i] < 0x20 || name[i] > 0x7e {
			return strconv.QuoteToASCII(name)
		}
	}
	return name
}

// answer turns an error into one that a client understands. What it does not
// know is the node's own trouble and is told as such.
func answer(err error) error {
	var (
		known   *failure
		deleted *streamDeleted
		wrong   *eventstore.WrongRevision
		large   *eventstore.TooLarge
		full    *embedded.DiskFull
		damaged *embedded.Corrupt
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &deleted):
		return deletedFailure(deleted.stream)
	case errors.As(err, &wrong):
		return wrongVersion("Append", wrong)
	case errors.As(err, &large):
		return tooLarge(large.Limit)
	case errors.As(err, &full):
		return status.Error(codes.ResourceExhausted, full.Error())
	case errors.As(err, &damaged):
		return status.Error(codes.DataLoss, damaged.Error())
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		// Clients take Aborted as: perhaps it was stored, repeat it unchanged.
		return status.Error(codes.Aborted, "Operation timed out: "+err.Error())
	case errors.Is(err, eventstore.ErrClosed):
		return status.Error(codes.Unavailable, "the store is closed")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.Internal, err.Error())
}

// answers puts answer, and its trailers, behind every call of one answer.
func answers(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	resp, err := handle(ctx, req)
	err = answer(err)
	var f *failure
	if errors.As(err, &f) {
		_ = grpc.SetTrailer(ctx, f.trailers) // fails only outside a call
	}
	return resp, err
}

// answersStream does so for streams. When a call has one answer, a refusal
// waits for the end of the request, within bounds: clients take an answer to
// half a request for a broken connection, and would not see the reason.
func answersStream(srv any, call grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	err := answer(handle(srv, call))
	if err != nil && info.IsClientStream && !info.IsServerStream {
		var rest skipped
		for rest < maxMessageBytes && call.RecvMsg(&rest) == nil {
		}
	}
	var f *failure
	if errors.As(err, &f) {
		call.SetTrailer(f.trailers)
	}
	return err
}
