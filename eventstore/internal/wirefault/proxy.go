package wirefault

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// What a Proxy can do to connections.
const (
	// Reset ends connections by RST.
	Reset Fault = "connection reset"
	// Closed ends connections by FIN, as a server does that exits.
	Closed Fault = "connection closed"
	// HalfOpen lets connections stand but passes nothing on any more.
	HalfOpen Fault = "connection half open"
	// LostAnswer resets a connection when the server begins to answer a call.
	LostAnswer Fault = "answer lost on the way"
	// CutCall resets a connection somewhere in a call's request.
	CutCall Fault = "connection cut within a call"
	// CutBytes resets a connection after a number of bytes.
	CutBytes Fault = "connection cut after some bytes"
	// Sliced passes bytes on in small slices and late.
	Sliced Fault = "bytes sliced and slow"
	// Outage resets all connections and refuses new ones for a time.
	Outage Fault = "server out of reach"
)

// Direction is one of a connection's two.
type Direction int

// The directions, which may be combined for HalfOpen.
const (
	ToServer Direction = 1 << iota
	ToClient
)

// dialTimeout bounds the connecting to the server behind.
const dialTimeout = 5 * time.Second

// Proxy passes TCP connections on to a server. Its methods may be called at any
// time; those that arm a fault return before it fires.
type Proxy struct {
	Counts *Counts
	addr   string
	work   sync.WaitGroup
	stop   chan struct{}

	mu       sync.Mutex
	random   *rand.Rand
	target   string
	listener net.Listener // nil while connections are refused
	conns    map[*conn]struct{}
	closed   bool
	slices   int               // chunks to be sliced
	answers  int               // to be lost
	calls    int               // the how many-th call from now is cut; 0 is none
	bytes    map[Direction]int // the connection is cut after so many
}

// conn is one connection through the proxy.
type conn struct {
	client, server *net.TCPConn
	dead           Direction // nothing passes there any more; guarded by Proxy.mu
	in, out        frames
}

// NewProxy listens on a port of its own and passes connections on to target.
func NewProxy(target string, seed uint64, counts *Counts) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy to %s: %w", target, err)
	}
	p := &Proxy{Counts: counts, addr: l.Addr().String(), stop: make(chan struct{}), random: rand.New(rand.NewPCG(seed, 1)),
		target: target, conns: make(map[*conn]struct{}), bytes: make(map[Direction]int)}
	p.serve(l)
	return p, nil
}

// Addr is where clients connect.
func (p *Proxy) Addr() string { return p.addr }

// SetTarget has later connections passed on to another server.
func (p *Proxy) SetTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Connections is how many connections stand and pass everything on.
func (p *Proxy) Connections() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if c.dead == 0 {
			n++
		}
	}
	return n
}

// Close ends everything.
func (p *Proxy) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.stop)
	var err error
	if p.listener != nil {
		err = p.listener.Close()
	}
	p.endAll(true)
	p.mu.Unlock()
	p.work.Wait()
	return err
}

// serve accepts from a listener; the caller holds mu, or is alone.
func (p *Proxy) serve(l net.Listener) {
	p.listener = l
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed by Close or by an outage
			}
			p.work.Go(func() { p.connect(c.(*net.TCPConn)) })
		}
	})
}

func (p *Proxy) connect(client *net.TCPConn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := net.DialTimeout("tcp", target, dialTimeout)
	if err != nil {
		abort(client)
		return
	}
	c := &conn{client: client, server: server.(*net.TCPConn)}
	c.in.skip = prefaceBytes
	p.mu.Lock()
	if p.closed || p.listener == nil {
		p.mu.Unlock()
		c.end(true)
		return
	}
	p.conns[c] = struct{}{}
	p.mu.Unlock()

	p.work.Go(func() { p.forward(c, ToClient) })
	p.forward(c, ToServer)
}

// forward passes one direction on until either end is gone.
func (p *Proxy) forward(c *conn, d Direction) {
	from, to := c.client, c.server
	if d == ToClient {
		from, to = c.server, c.client
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		pass, slices, cut := p.judge(c, d, buf[:n])
		if len(pass) > 0 {
			if werr := p.write(to, pass, slices); err == nil {
				err = werr
			}
		}
		if cut {
			p.drop(c, true)
			return
		}
		if err != nil {
			if p.starved(c) {
				return // the other end is not told
			}
			p.drop(c, !errors.Is(err, io.EOF))
			return
		}
	}
}

// judge says how much of a chunk is passed on, how, and whether the connection
// is cut after it.
func (p *Proxy) judge(c *conn, d Direction, chunk []byte) (pass []byte, slices, cut bool) {
	scan := &c.in
	if d == ToClient {
		scan = &c.out
	}
	begins := scan.headers(chunk)
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.dead&d != 0 || len(chunk) == 0 {
		return nil, false, false
	}
	if d == ToClient && p.answers > 0 && len(begins) > 0 {
		p.answers--
		p.Counts.Add(LostAnswer, 1)
		return chunk[:begins[0]], false, true
	}
	if d == ToServer && p.calls > 0 && len(begins) > 0 {
		if p.calls > len(begins) {
			p.calls -= len(begins)
		} else {
			at := begins[p.calls-1]
			p.calls = 0
			p.Counts.Add(CutCall, 1)
			return chunk[:at+1+p.random.IntN(len(chunk)-at)], false, true
		}
	}
	if left, armed := p.bytes[d]; armed {
		if left > len(chunk) {
			p.bytes[d] = left - len(chunk)
		} else {
			delete(p.bytes, d)
			p.Counts.Add(CutBytes, 1)
			return chunk[:left], false, true
		}
	}
	if p.slices > 0 {
		p.slices--
		p.Counts.Add(Sliced, 1)
		return chunk, true, false
	}
	return chunk, false, false
}

func (p *Proxy) write(to *net.TCPConn, chunk []byte, slices bool) error {
	for slices && len(chunk) > 0 {
		p.mu.Lock()
		n := 1 + p.random.IntN(min(len(chunk), 200))
		rest := time.Duration(p.random.IntN(300)) * time.Microsecond
		p.mu.Unlock()
		if _, err := to.Write(chunk[:n]); err != nil {
			return err
		}
		chunk = chunk[n:]
		time.Sleep(rest)
	}
	if len(chunk) == 0 {
		return nil
	}
	_, err := to.Write(chunk)
	return err
}

func (p *Proxy) starved(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.dead != 0
}

func (p *Proxy) drop(c *conn, hard bool) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	c.end(hard)
}

// endAll ends every connection and says how many of them were alive; the
// caller holds mu.
func (p *Proxy) endAll(hard bool) (n int) {
	for c := range p.conns {
		delete(p.conns, c)
		c.end(hard)
		if c.dead == 0 {
			n++
		}
	}
	return n
}

// end closes both sides: by RST if hard, else by FIN. Closing twice is harmless.
func (c *conn) end(hard bool) {
	for _, side := range []*net.TCPConn{c.client, c.server} {
		if hard {
			abort(side)
		} else {
			_ = side.Close()
		}
	}
}

// abort closes with RST, and without what is not yet sent.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
