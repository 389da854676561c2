package esdb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc/codes"
)

// NoConnection says that the server could not be asked, and why. Nothing was
// stored or read.
type NoConnection struct {
	Server string // the connection string, without credentials
	Remedy string
	Err    error

	lasting bool // it needs somebody to mend it
}

func (e *NoConnection) Error() string {
	return fmt.Sprintf("EventStoreDB at %s cannot be used: %s: %v", e.Server, e.Remedy, e.Err)
}

func (e *NoConnection) Unwrap() error { return e.Err }

// mends says whether waiting may help.
func mends(err error) bool {
	var none *NoConnection
	return errors.As(err, &none) && !none.lasting
}

// explain finds the remedy for a failed connection. The client tells most
// failures in words only, so the server is tried without it.
func (t target) explain(ctx context.Context, timeout time.Duration, err error) *NoConnection {
	e := &NoConnection{Server: t.name, Err: err, lasting: true}
	switch code(err) {
	case codes.Unauthenticated:
		e.Remedy = "check the user and the password"
		return e
	case codes.PermissionDenied:
		e.Remedy = "give the user the right to read all events, $all"
		return e
	case codes.Unimplemented:
		e.Remedy = "check the address: what answers there is no EventStoreDB"
		return e
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for _, address := range t.addresses {
		if remedy, found := t.diagnose(ctx, address); found != nil {
			e.Remedy, e.Err = remedy, fmt.Errorf("%w (%w)", found, err)
			return e
		}
	}
	e.lasting = false
	if remedy, found := unreached(ctx, t.addresses); found != nil {
		e.Remedy, e.Err = remedy, fmt.Errorf("%w (%w)", found, err)
		return e
	}
	e.Remedy = "something answers at the address, but not in time or not as EventStoreDB does: look at the server's log"
	return e
}

// unreached tries whether the addresses take connections at all.
func unreached(ctx context.Context, addresses []string) (remedy string, _ error) {
	var last error
	for _, address := range addresses {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return "", conn.Close()
		}
		last = err
	}
	var name *net.DNSError
	if errors.As(last, &name) {
		return "check the host's name", last
	}
	return "check the address, and that the server runs and can be reached", last
}

// diagnose finds what is wrong between the settings and the server's TLS, nil
// if that is not it.
func (t target) diagnose(ctx context.Context, address string) (remedy string, _ error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil
	}
	conf := &tls.Config{ServerName: host, RootCAs: t.config.RootCAs, InsecureSkipVerify: t.config.SkipCertificateVerification || t.config.DisableTLS, NextProtos: []string{"h2"}}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := (&tls.Dialer{Config: conf}).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close() // nothing was said over it
		if t.config.DisableTLS {
			return "take tls=false out of the connection string", errors.New("the server speaks TLS")
		}
		return "", nil
	}
	if t.config.DisableTLS {
		return "", nil
	}
	var (
		plain     tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &plain):
		return "give the server a certificate, or set tls=false in the connection string", fmt.Errorf("the server speaks no TLS: %w", err)
	case errors.As(err, &authority):
		return "name the authority that signed the server's certificate in the CA file", err
	case errors.As(err, &name):
		return "use a host name that the server's certificate has", err
	case errors.As(err, &invalid):
		return "renew the server's certificate, or set the clock", err
	}
	return "", nil
}
