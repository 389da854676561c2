package world

import (
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// config is what a world is like.
type config struct {
	troubled  time.Duration
	nodes     int
	customers int
	shipments int
	mail      int           // one in so many commands comes as a message
	pace      time.Duration // of people, at most
	page      int           // events of a step
	batch     int           // documents of a request
	policy    domain.Policy
	autopay   sandboxerp.AutoPay

	leaseTTL time.Duration
	lag      time.Duration // until a part hears of an event
	stall    time.Duration // of a slow call, at most
	late     time.Duration // of an append whose outcome is unknown, at most
	settle   time.Duration // the poster's: how long a request and a search may lag
	again    time.Duration // the poster's: until it looks at a document anew
	linger   time.Duration // of the ERP over a request whose client has gone

	cashEvery, customersEvery time.Duration
}

// faults says of every kind of trouble that it strikes once in so many times;
// never where it is 0.
type faults struct {
	// the way to the store
	unavailable, appendLost, appendStored, appendLate, powerLoss, read, cut int
	// processes
	crash, crashInside, slow int
	// the way to the ERP, and the ERP
	refused, requestLost, answerLost, late, proxy, truncated, busy, stumble, hidden int
	// the world, in hours
	erpRestart, clockJump, closeMonth int
	// people
	repeated int
}

// draw makes a world of its own for each seed: some kinds of trouble and not
// others, often or seldom. Where everything happens at once nothing gets far
// enough to go wrong in an interesting way.
func (w *World) draw() {
	k := w.k
	rate := func(low, high int) int {
		if k.OneIn(2) {
			return 0
		}
		return k.Between(low, high)
	}
	w.cfg = config{
		nodes: 1, customers: k.Between(2, 4), shipments: k.Between(2, 10), pace: k.During(2*time.Hour, 8*time.Hour),
		troubled: k.During(8*24*time.Hour, 32*24*time.Hour),
		page:     k.Between(1, 60), batch: k.Between(1, 8),
		policy:   domain.Policy{Grace: k.During(0, 72*time.Hour), Quiet: k.During(0, time.Hour)},
		leaseTTL: 5 * time.Second, lag: k.During(10*time.Millisecond, 30*time.Second), stall: k.During(10*time.Millisecond, 14*time.Second),
		late: 20 * time.Second, settle: 5 * time.Second, linger: 2500 * time.Millisecond, again: k.During(10*time.Millisecond, 5*time.Second),
		cashEvery: k.During(2*time.Hour, 12*time.Hour), customersEvery: k.During(4*time.Hour, 72*time.Hour),
	}
	if k.OneIn(2) {
		w.cfg.mail = k.Between(2, 8)
	}
	if k.OneIn(2) {
		w.cfg.nodes = k.Between(2, 3)
	}
	if k.OneIn(2) {
		w.cfg.autopay = sandboxerp.AutoPay{Enabled: true, ShortPayEvery: k.Int(4)}
	}
	w.faults = faults{
		unavailable: rate(10, 200), appendLost: rate(20, 200), appendStored: rate(20, 200), appendLate: rate(20, 200), powerLoss: rate(100, 800), read: rate(20, 300), cut: rate(5, 60),
		crash: rate(50, 500), crashInside: rate(100, 1000), slow: rate(10, 200),
		refused: rate(5, 50), requestLost: rate(5, 50), answerLost: rate(3, 30), late: rate(3, 30), proxy: rate(10, 50), truncated: rate(5, 50),
		busy: rate(5, 50), stumble: rate(5, 50), hidden: rate(1, 5),
		erpRestart: rate(50, 200), clockJump: rate(50, 300), closeMonth: rate(200, 600),
		repeated: rate(5, 30),
	}
}
