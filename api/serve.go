package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// drain is how long requests under way may take after the server was told to
// stop.
const drain = 10 * time.Second

// Serve answers requests until ctx ends, then lets those under way finish for
// up to ten seconds. It closes the listener. Nil means that it stopped in
// order.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	return serve(ctx, listener, handler, log, drain)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger, drain time.Duration) error {
	if log == nil {
		log = slog.Default()
	}
	// Requests outlive ctx: they are let finish.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return requests },
		// The time to read a body and to write an answer is each route's own:
		// a reconciliation takes longer than a look at a shipment.
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := server.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests were cut off: they took too long to finish", "seconds", drain.Seconds())
		cut()
		err = server.Close()
	}
	<-ended // always http.ErrServerClosed now
	if err != nil {
		return fmt.Errorf("stop serving %s: %w", listener.Addr(), err)
	}
	return nil
}
