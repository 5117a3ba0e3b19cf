package source

import (
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/review/atonce"
)

// A fault in a goroutine comes to whoever waits for it: by itself it would end the program with an exit code that is an answer.
//
// features: U1
func TestFaultsComeToWhoeverWaits(t *testing.T) {
	cases := []struct {
		reason string
		work   func()
	}{
		{"decoding", func() {
			d := newDecoding(nil, func([]byte, string, string) (object, error) { panic("a fault") })
			for range 1000 {
				d.begin(nil, "", "")
			}
			_, _, _ = d.end()
		}},
		{"reading a cluster", func() { _ = atOnce(func() error { return nil }, func() error { panic("a fault") }) }},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if fault := atonce.Caught(c.work); fault != "a fault" {
				t.Errorf("it panics with %v", fault)
			}
		})
	}
}

// What two sides of a comparison have alike is decoded once, and stands where each has it.
func TestWhatIsAlikeIsDecodedOnce(t *testing.T) {
	first, err := Read(strings.NewReader(someone("alice", "acme")), []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	for known := range first.decoded {
		o := first.decoded[known]
		o.name = "decoded-before"
		first.decoded[known] = o
	}
	second, err := ReadBeside(first, strings.NewReader(someone("bob", "acme")+"---\n"+someone("alice", "acme")), []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	if len(second.objects) != 2 || second.objects[0].name != "bob" || second.objects[1].name != "decoded-before" || second.objects[1].where != "stdin, document 2" {
		t.Errorf("%+v", second.objects)
	}
}
