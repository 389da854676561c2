package bank

import (
	"bufio"
	"fmt"
	"io"
)

// Limits bound one file. Zero fields take the defaults.
type Limits struct {
	Bytes    int64 // of the file; 256 MiB
	Token    int   // bytes of one tag, one text or one CSV row; 64 KiB
	Depth    int   // of elements within each other; 40
	Elements int   // of one transaction, and of a statement's head; 20,000
	Details  int   // transactions of one entry; 100,000
	Entries  int   // of a file; 2,000,000
}

func (l Limits) withDefaults() Limits {
	for field, most := range map[*int]int{&l.Token: 64 << 10, &l.Depth: 40, &l.Elements: 20_000, &l.Details: 100_000, &l.Entries: 2_000_000} {
		if *field <= 0 {
			*field = most
		}
	}
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	return l
}

// meter bounds what is read of a file, and what is read of it for one token.
type meter struct {
	from       *bufio.Reader
	all, since int64
	most, each int64
}

func newMeter(r io.Reader, l Limits) *meter {
	return &meter{from: bufio.NewReaderSize(r, 64<<10), most: l.Bytes, each: int64(l.Token)}
}

// done starts the next token.
func (m *meter) done() { m.since = 0 }

func (m *meter) count(n int) error {
	m.all += int64(n)
	m.since += int64(n)
	switch {
	case m.all > m.most:
		return &Fault{Code: CodeLimit, Place: "file", Reason: fmt.Sprintf("the file is over %d bytes", m.most), Remedy: "ask the bank for shorter statements", whole: true}
	case m.since > m.each:
		return &Fault{Code: CodeLimit, Place: fmt.Sprintf("byte %d", m.all), Reason: fmt.Sprintf("a tag, text or row is over %d bytes", m.each), Remedy: "look at the file there: a quote or a tag may not be closed", whole: true}
	}
	return nil
}

// ReadByte serves the XML decoder, which then reads nothing ahead.
func (m *meter) ReadByte() (byte, error) {
	b, err := m.from.ReadByte()
	if err != nil {
		return 0, err
	}
	return b, m.count(1)
}

// Read serves decoders of letters and of CSV; they read ahead by no more than
// a small buffer.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p[:min(len(p), 4<<10)])
	if over := m.count(n); over != nil {
		return 0, over
	}
	return n, err
}
