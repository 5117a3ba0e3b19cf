package decisions_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// fromEnv reads a number from the environment.
func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s must be a whole number: %v", name, err)
	}
	return n
}

// usual is the seed of everyday runs: a change is judged by the same questions as the one before it.
const usual = 20270301

// seed is what worlds and questions follow from: SEED, or the usual one.
func seed(t *testing.T) uint64 {
	t.Helper()
	return fromEnv(t, "SEED", usual)
}

// freshSeed is seed, but another one each time when it is said how much to ask: whoever says so looks for what nobody has met yet.
func freshSeed(t *testing.T) uint64 {
	t.Helper()
	if os.Getenv("DECISIONS") == "" {
		return seed(t)
	}
	return fromEnv(t, "SEED", uint64(time.Now().UnixNano()))
}

// report prints a line for whoever runs the suites. What a passing test prints is not shown by them, so it
// also goes to the end of the file that VITRINE_REPORT names.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	line := fmt.Sprintf(format, args...)
	fmt.Println(line)
	path := os.Getenv("VITRINE_REPORT")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintln(f, line)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Error(err)
	}
}
