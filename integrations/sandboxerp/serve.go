package sandboxerp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// shutdownGrace is how long requests under way may take once Serve is told to stop.
const shutdownGrace = 10 * time.Second

// Serve answers on the listener until the context ends, then lets the requests
// under way finish and returns nil. It leaves the ERP open; closing it stays with
// whoever opened it.
func Serve(ctx context.Context, listener net.Listener, erp *ERP) error {
	server := &http.Server{
		Handler:           erp.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the sandbox ERP on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // what is still streaming ends without its trailer
	}
	if err != nil {
		return fmt.Errorf("stop the sandbox ERP on %s: %w", listener.Addr(), err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("stop the sandbox ERP on %s: %w", listener.Addr(), err)
	}
	return nil
}
