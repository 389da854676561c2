package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node"
)

// databases starts a node whenever the suite asks for a database, as it would
// start a container:
//
//	POST /empty, POST /populated   answer with host:port of a fresh one
//	DELETE /host:port              ends it
type databases struct {
	fixtures []planned
	tls      *tls.Config // nil serves without

	server *http.Server
	mu     sync.Mutex
	open   map[string]*database
	closed bool
}

// database is a node with its store.
type database struct {
	store  *embedded.Store
	cancel context.CancelFunc
	served chan error // what Serve answered
}

// serve answers the suite until close, at the URL that it gives.
func (d *databases) serve() (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /empty", func(w http.ResponseWriter, r *http.Request) { d.answer(w, r, nil) })
	mux.HandleFunc("POST /populated", func(w http.ResponseWriter, r *http.Request) { d.answer(w, r, d.fixtures) })
	mux.HandleFunc("DELETE /{endpoint}", func(w http.ResponseWriter, r *http.Request) {
		if err := d.end(r.PathValue("endpoint")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	d.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = d.server.Serve(l) }() // ends with close
	return "http://" + l.Addr().String(), nil
}

func (d *databases) answer(w http.ResponseWriter, r *http.Request, population []planned) {
	endpoint, err := d.begin(r.Context(), population)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, endpoint) // the suite notices
}

func (d *databases) begin(ctx context.Context, population []planned) (endpoint string, err error) {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	h := &history{all: population}
	store, err := embedded.Open("data", embedded.Options{FS: vfs.NewMem(), Clock: h.clock, Logger: quiet, MinFree: -1})
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, store.Close())
		}
	}()
	options := node.Options{TLS: d.tls, Logger: quiet}
	if population != nil {
		options.Positions = h
		if err := h.fill(ctx, store.Raw()); err != nil {
			return "", err
		}
	}
	if d.tls != nil {
		if options.Users, err = users(); err != nil {
			return "", err
		}
	}
	n, err := node.New(store.Raw(), options)
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	serving, cancel := context.WithCancel(context.Background())
	db := &database{store: store, cancel: cancel, served: make(chan error, 1)}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		cancel()
		return "", errors.Join(errors.New("the run is over"), l.Close())
	}
	go func() { db.served <- n.Serve(serving, l) }()
	d.open[l.Addr().String()] = db
	return l.Addr().String(), nil
}

func (d *databases) end(endpoint string) error {
	d.mu.Lock()
	db, ok := d.open[endpoint]
	delete(d.open, endpoint)
	d.mu.Unlock()
	if !ok {
		return fmt.Errorf("there is no database at %s", endpoint)
	}
	return db.close()
}

func (db *database) close() error {
	db.cancel()
	return errors.Join(<-db.served, db.store.Close())
}

// close ends the databases that a run left open, and the answering.
func (d *databases) close() error {
	d.mu.Lock()
	d.closed = true
	left := d.open
	d.open = nil
	d.mu.Unlock()
	err := d.server.Close()
	for _, db := range left {
		err = errors.Join(err, db.close())
	}
	return err
}
