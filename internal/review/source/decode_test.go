package source

import "testing"

// A fault in a goroutine comes to whoever waits for it: by itself it would end the program with an exit code that is an answer.
//
// features: U1
func TestFaultsComeToWhoeverWaits(t *testing.T) {
	cases := []struct {
		reason string
		work   func()
	}{
		{"decoding", func() {
			d := newDecoding(func([]byte, string, string) (object, error) { panic("a fault") })
			for range 1000 {
				d.begin(nil, "", "")
			}
			_, _ = d.end()
		}},
		{"reading a cluster", func() { _ = atOnce(func() error { return nil }, func() error { panic("a fault") }) }},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if fault := caught(c.work); fault != "a fault" {
				t.Errorf("it panics with %v", fault)
			}
		})
	}
}
