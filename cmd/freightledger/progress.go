package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress tells a person how long work goes: bars on a terminal, a line every
// few seconds elsewhere, nothing when quiet.
type progress struct {
	out  io.Writer
	bars *mpb.Progress // nil when not on a terminal
	now  func() time.Time
}

// newProgress writes to standard error, so that results stay clean.
func newProgress(quiet bool) *progress {
	if quiet {
		return &progress{now: time.Now}
	}
	p := &progress{out: os.Stderr, now: time.Now}
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		p.bars = mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(48), mpb.WithRefreshRate(120*time.Millisecond))
	}
	return p
}

// plainEvery is how often a stage says where it is when there is no terminal.
const plainEvery = 3 * time.Second

// stage begins a stage. report may be called from several goroutines with how
// much is done and of how much (0 when not known); finish ends it.
func (p *progress) stage(name string) (report func(done, total int), finish func()) {
	switch {
	case p.out == nil:
		return func(int, int) {}, func() {}
	case p.bars != nil:
		return p.bar(name)
	}
	var mu sync.Mutex
	var last time.Time
	done, total := 0, 0
	started := p.now()
	line := func() {
		if total > 0 {
			fmt.Fprintf(p.out, "%-22s %d of %d\n", name, done, total)
		} else {
			fmt.Fprintf(p.out, "%-22s %d\n", name, done)
		}
	}
	report = func(d, t int) {
		mu.Lock()
		defer mu.Unlock()
		done, total = d, t
		if now := p.now(); now.Sub(started) >= plainEvery && now.Sub(last) >= plainEvery {
			last = now
			line()
		}
	}
	return report, func() {
		mu.Lock()
		defer mu.Unlock()
		if done > 0 {
			fmt.Fprintf(p.out, "%-22s %d done in %.1f s\n", name, done, p.now().Sub(started).Seconds())
		}
	}
}

func (p *progress) bar(name string) (report func(done, total int), finish func()) {
	var once sync.Once
	var bar *mpb.Bar
	begin := func() {
		bar = p.bars.AddBar(0,
			mpb.PrependDecorators(decor.Name(name, decor.WC{W: 22, C: decor.DindentRight})),
			mpb.AppendDecorators(decor.CountersNoUnit("%d / %d "), decor.Elapsed(decor.ET_STYLE_GO)))
	}
	report = func(done, total int) {
		once.Do(begin)
		bar.SetTotal(int64(max(total, done)), false)
		bar.SetCurrent(int64(done))
	}
	return report, func() {
		if bar != nil {
			bar.SetTotal(-1, true)
		}
	}
}

// wait lets the bars draw their last state.
func (p *progress) wait() {
	if p.bars != nil {
		p.bars.Wait()
	}
}
