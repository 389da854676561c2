// Command conformance runs the tests that the official Go client of
// EventStoreDB brings along against this project's node, and says of every
// group of them how many pass.
//
//	go run ./eventstore/node/internal/conformance [-json] [-v]
//
// The suite is that of the client's release in go.mod, as it was published,
// with its own fixtures; only the file that starts containers is replaced. It
// runs once without TLS and once with TLS and users, on fresh databases, which
// this process serves on the loopback interface. Nothing is downloaded.
//
// The exit status is 1 unless all tests that are in reach of one node without
// JavaScript projections ran and passed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	asJSON := flag.Bool("json", false, "write the report as JSON")
	verbose := flag.Bool("v", false, "write what the tests print to the standard error")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := io.Discard
	if *verbose {
		log = os.Stderr
	}
	r, err := conform(ctx, log)
	if err == nil && *asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(r)
	} else if err == nil {
		r.write(os.Stdout)
	}
	if err == nil && !r.OK {
		err = errors.New("the node does not conform")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		stop()
		os.Exit(1)
	}
}

// conform runs the whole suite in both ways.
func conform(ctx context.Context, log io.Writer) (_ report, err error) {
	s, err := unpack(ctx)
	if err != nil {
		return report{}, err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	r := report{Suite: s.version, OutOfReach: outOfReach}
	for _, secure := range []bool{false, true} {
		one, err := s.run(ctx, secure, log)
		if err != nil {
			return report{}, err
		}
		r.Runs = append(r.Runs, one)
	}
	r.OK = true
	for _, one := range r.Runs {
		r.OK = r.OK && one.OK
	}
	return r, nil
}
