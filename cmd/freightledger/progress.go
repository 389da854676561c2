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
// few seconds elsewhere, nothing when quiet. What a stage leaves behind is its
// result, not its bar.
type progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time

	mu     sync.Mutex
	bars   *mpb.Progress // while a stage is under way on a terminal
	active int
}

// newProgress writes to standard error, so that results stay clean.
func newProgress(quiet bool) *progress {
	p := &progress{now: time.Now}
	if quiet {
		return p
	}
	p.out = os.Stderr
	info, err := os.Stderr.Stat()
	p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	return p
}

// plainEvery is how often a stage says where it is when there is no terminal.
const plainEvery = 3 * time.Second

// worthALine is how long a stage takes at least to be told when it is done.
const worthALine = time.Second

// stage begins a stage. report may be called from several goroutines with how
// much is done and of how much (0 when not known); finish ends it.
func (p *progress) stage(name string) (report func(done, total int), finish func()) {
	switch {
	case p.out == nil:
		return func(int, int) {}, func() {}
	case p.terminal:
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
		if took := p.now().Sub(started); done > 0 && took >= worthALine {
			fmt.Fprintf(p.out, "%-22s %d done in %.1f s\n", name, done, took.Seconds())
		}
	}
}

// bar draws a stage on the terminal until it ends. Stages side by side share
// what draws them; when the last of them ends, the terminal is free again.
func (p *progress) bar(name string) (report func(done, total int), finish func()) {
	p.mu.Lock()
	if p.active == 0 {
		p.bars = mpb.New(mpb.WithOutput(p.out), mpb.WithWidth(40), mpb.WithRefreshRate(120*time.Millisecond))
	}
	p.active++
	bars := p.bars
	p.mu.Unlock()

	var once sync.Once
	var bar *mpb.Bar
	before := mpb.PrependDecorators(decor.Name(name, decor.WC{W: 26, C: decor.DindentRight}))
	report = func(done, total int) {
		once.Do(func() {
			if total > 0 {
				bar = bars.AddBar(int64(total), before, mpb.AppendDecorators(decor.CountersNoUnit("%d / %d "), decor.Elapsed(decor.ET_STYLE_GO)))
			} else { // nobody knows how much there is
				bar = bars.New(0, mpb.SpinnerStyle(), before, mpb.AppendDecorators(decor.CurrentNoUnit("%d "), decor.Elapsed(decor.ET_STYLE_GO)))
			}
		})
		if total > 0 {
			bar.SetTotal(int64(total)+1, false) // it ends with its stage
		}
		bar.SetCurrent(int64(done))
	}
	return report, func() {
		once.Do(func() {}) // nothing was reported, and nothing will be
		if bar != nil {
			bar.Abort(true)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.active--; p.active == 0 {
			bars.Wait()
			p.bars = nil
		}
	}
}
