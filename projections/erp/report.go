package erp

import (
	"slices"
	"sync"
	"time"

	"github.com/freightledger/freightledger/domain"
)

// Report is what a poster has done.
type Report struct {
	Confirmed int // documents that the ERP holds now
	Found     int // of these, by a probe: an answer had been lost
	Rejected  int
	Redated   int
	Retried   int // rejections that were asked again
	Parked    int
	// Problems are answers that contradict history, up to a hundred.
	Problems []string
	// Left is what the outbox holds at the end.
	Left Counts
	// Circuit is how the ERP answered at the end.
	Circuit Circuit
	Elapsed time.Duration
}

const maxProblems = 100

// tally counts what was recorded.
type tally struct {
	mu     sync.Mutex
	report Report
	moves  int // events recorded since the beginning
}

func (t *tally) add(settlements []settlement) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range settlements {
		t.moves += len(s.events)
		for _, e := range s.events {
			switch e := e.Event.(type) {
			case domain.PostingConfirmed:
				t.report.Confirmed++
				if e.Found {
					t.report.Found++
				}
			case domain.PostingRejected:
				t.report.Rejected++
			case domain.PostingRedated:
				t.report.Redated++
			case domain.PostingRetried:
				t.report.Retried++
			case domain.PostingParked:
				t.report.Parked++
			}
		}
	}
}

func (t *tally) problem(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.report.Problems) < maxProblems {
		t.report.Problems = append(t.report.Problems, text)
	}
}

func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report = Report{}
}

func (t *tally) moved() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moves
}

func (t *tally) so() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.report
	r.Problems = slices.Clone(r.Problems)
	return r
}
