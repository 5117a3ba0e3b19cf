package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// screen prints progress. Lines only ever get added, so that a log of it reads well.
type screen struct {
	mu      sync.Mutex
	out     io.Writer
	started time.Time
	last    string
}

func newScreen(out io.Writer) *screen { return &screen{out: out, started: time.Now()} }

func (s *screen) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintf(s.out, format, args...)
}

// step says what happens now and how long it is since the start.
func (s *screen) step(format string, args ...any) {
	s.printf("%6.1fs  %s\n", time.Since(s.started).Seconds(), fmt.Sprintf(format, args...))
}

// wait is step for what is polled: the same words are printed once.
func (s *screen) wait(text string) {
	s.mu.Lock()
	same := text == s.last
	s.last = text
	s.mu.Unlock()
	if !same {
		s.step("  %s", text)
	}
}

func (s *screen) heading(text string) { s.printf("\n%s\n", text) }

func (s *screen) line(format string, args ...any) { s.printf("%s\n", fmt.Sprintf(format, args...)) }

// tick says that a claim holds, and what was measured.
func (s *screen) tick(claim, note string) {
	if note != "" {
		claim += " (" + note + ")"
	}
	s.printf("  ✓ %s\n", claim)
}

// cross says that a claim does not hold, and below it what differed.
func (s *screen) cross(claim string, err error) {
	s.printf("  ✗ %s\n      %s\n", claim, strings.ReplaceAll(err.Error(), "\n", "\n      "))
}
