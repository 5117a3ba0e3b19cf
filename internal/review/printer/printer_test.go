package printer

import (
	"errors"
	"strings"
	"testing"
)

// A name that comes from a pull request must not be able to show as a row of its own.
func TestNothingPassesForAnotherRow(t *testing.T) {
	var out strings.Builder
	table := NewTable(&out, "USER", "ROLE")
	table.Row("alice\nbob    manager", "viewer\x1b[2K\u202e")
	table.Row("carol", "")
	if err := table.End(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Errorf("a row shows as more than one:\n%s", out.String())
	}
	var line strings.Builder
	NewLines(&line).Line("one\u2028two\u2029three\u200efour\u200ffive\u061csix\u202aseven\u2066eight\u2069nine\u0085ten\r")
	if got := line.String(); got != "one two three four five six seven eight nine ten \n" {
		t.Errorf("what turns or ends a line is shown: %q", got)
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("control characters are shown: %q", out.String())
	}
	if !strings.HasSuffix(lines[2], "-") {
		t.Errorf("an empty cell shows as %q", lines[2])
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestTheFirstErrorIsKept(t *testing.T) {
	lines := NewLines(full{})
	lines.Line("one")
	lines.Line("two")
	if err := lines.Notes([]string{"three"}); !errors.Is(err, errFull) || strings.Count(err.Error(), "writing the answer") != 1 {
		t.Errorf("the error is %v", err)
	}
	if err := NewTable(full{}, "A").End(); !errors.Is(err, errFull) {
		t.Errorf("the table's error is %v", err)
	}
}
