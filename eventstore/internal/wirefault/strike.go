package wirefault

import (
	"net"
	"time"
)

// Reset resets every connection that stands and says how many.
func (p *Proxy) Reset() int { return p.endNow(Reset, true) }

// CloseAll closes every connection that stands and says how many.
func (p *Proxy) CloseAll() int { return p.endNow(Closed, false) }

func (p *Proxy) endNow(f Fault, hard bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.endAll(hard)
	p.Counts.Add(f, n)
	return n
}

// HalfOpen has every connection that stands pass nothing on any more in the
// directions given, for good and without a word to either end. Later
// connections are not concerned. It says how many connections it starved.
func (p *Proxy) HalfOpen(d Direction) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if c.dead == 0 {
			n++
		}
		c.dead |= d
	}
	p.Counts.Add(HalfOpen, n)
	return n
}

// LoseAnswers resets the connection of each of the next n answers, whose calls
// the server has had in full: they may have been committed.
func (p *Proxy) LoseAnswers(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = n
}

// CutCall resets the connection within the request of the n-th call from now.
func (p *Proxy) CutCall(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = n
}

// CutAfter resets a connection once n more bytes have passed in a direction.
func (p *Proxy) CutAfter(d Direction, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes[d] = n
}

// Slice passes the next n chunks of bytes on in small slices with pauses
// between them.
func (p *Proxy) Slice(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slices = n
}

// Outage resets all connections, says how many, and refuses further ones for a
// time.
func (p *Proxy) Outage(d time.Duration) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.listener == nil {
		return 0
	}
	_ = p.listener.Close()
	p.listener = nil
	n := p.endAll(true)
	p.Counts.Add(Outage, n)
	p.later(d, p.listen)
	return n
}

// listen takes the proxy's own port again, which somebody else may have had
// for a moment; the caller holds mu.
func (p *Proxy) listen() {
	if p.closed || p.listener != nil {
		return
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.later(10*time.Millisecond, p.listen)
		return
	}
	p.serve(l)
}

// later does something under mu after a time, unless the proxy is closed by
// then; the caller holds mu.
func (p *Proxy) later(d time.Duration, do func()) {
	p.work.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-p.stop:
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.closed {
			do()
		}
	})
}

// Heal disarms what has not fired, and ends an outage.
// Connections that are half open stay so.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slices, p.answers, p.calls = 0, 0, 0
	clear(p.bytes)
	p.listen()
}
