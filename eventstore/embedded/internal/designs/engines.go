package main

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// openEngine opens Pebble with the memory that package embedded gives it.
func openEngine(dir string, adjust func(*pebble.Options)) (*pebble.DB, error) {
	o := &pebble.Options{CacheSize: 16 << 20, MemTableSize: 8 << 20, MemTableStopWritesThreshold: 4,
		MaxOpenFiles: 256, FormatMajorVersion: pebble.FormatTableFormatV6, Logger: silent{}}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	adjust(o)
	return pebble.Open(dir, o)
}

type silent struct{ pebble.Logger }

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

// engine is Pebble holding everything.
type engine struct{ db *pebble.DB }

func openPebble(dir string, values bool) (design, error) {
	db, err := openEngine(dir, func(o *pebble.Options) {
		if values {
			o.FormatMajorVersion = pebble.FormatValueSeparation
			o.Experimental.ValueSeparationPolicy = func() pebble.ValueSeparationPolicy {
				return pebble.ValueSeparationPolicy{Enabled: true, MinimumSize: 128, MaxBlobReferenceDepth: 10, TargetGarbageRatio: 1}
			}
		}
	})
	return &engine{db}, err
}

func recordKey(seq uint64) []byte { return binary.BigEndian.AppendUint64([]byte("e/"), seq) }

func indexKey(stream string, revision uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte("s/"), stream...), revision)
}

func (e *engine) write(group []event) error {
	batch := e.db.NewBatch()
	for _, ev := range group {
		key := recordKey(ev.seq)
		if err := errors.Join(batch.Set(key, ev.record, nil), batch.Set(indexKey(ev.stream, ev.revision), key[2:], nil)); err != nil {
			return err
		}
	}
	return errors.Join(batch.Commit(pebble.Sync), batch.Close())
}

func (e *engine) all(visit func([]byte)) error {
	it, err := e.db.NewIter(&pebble.IterOptions{LowerBound: []byte("e/"), UpperBound: []byte("e0")})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		visit(bytes.Clone(value))
	}
	return it.Close()
}

func (e *engine) stream(name string, visit func([]byte)) error {
	it, err := e.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(name, 0), UpperBound: append(indexKey(name, 1<<63), 0xff)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		value, closer, err := e.db.Get(append([]byte("e/"), it.Value()...))
		if err != nil {
			return err
		}
		visit(bytes.Clone(value))
		if err := closer.Close(); err != nil {
			return err
		}
	}
	return it.Close()
}
