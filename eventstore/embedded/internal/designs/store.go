package main

import (
	"context"
	"encoding/binary"
	"log/slog"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// store is package embedded, which gathers groups itself.
type store struct{ s *embedded.Store }

func openStore(dir string) (design, error) {
	s, err := embedded.Open(dir, embedded.Options{Logger: slog.New(slog.DiscardHandler)})
	return &store{s}, err
}

func (s *store) append(e event) error {
	var id uuid.UUID
	copy(id[:], e.stream[len(e.stream)-16:])
	binary.BigEndian.PutUint16(id[:], uint16(e.revision))
	_, err := s.s.Append(context.Background(), e.stream, eventstore.Revision(e.revision)-1,
		[]eventstore.Proposed{{ID: id, Type: "shipment-noted.v1", Data: e.record[64:]}})
	return err
}

func (s *store) write([]event) error { panic("the store writes by itself") }

// all follows the history as one who has seen nothing of it.
func (s *store) all(visit func([]byte)) error {
	head, err := s.s.Head(context.Background())
	if err != nil {
		return err
	}
	for r, err := range s.s.Follow(context.Background(), eventstore.Start) {
		if err != nil {
			return err
		}
		visit(r.Data)
		if r.Position == head {
			break
		}
	}
	return nil
}

func (s *store) stream(name string, visit func([]byte)) error {
	for r, err := range s.s.ReadStream(context.Background(), name, 0) {
		if err != nil {
			return err
		}
		visit(r.Data)
	}
	return nil
}
