package main

import (
	"fmt"
	"io"
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

func (s *screen) tick(name string) { s.printf("  ✓ %s\n", name) }

func (s *screen) cross(name string, err error) { s.printf("  ✗ %s: %v\n", name, err) }

func (s *screen) trouble(err error) { s.printf("\nThe demo could not go on: %v\n", err) }
