package v1alpha1_test

import (
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

func TestNewDuration(t *testing.T) {
	for d, want := range map[time.Duration]v1alpha1.Duration{
		0:                                  "0s",
		time.Millisecond:                   "0s",
		5 * time.Second:                    "5s",
		12 * time.Minute:                   "12m",
		90 * time.Minute:                   "1h30m",
		25*time.Hour + 61*time.Second:      "25h1m1s",
		9999*time.Hour + time.Second + 1e8: "9999h1s",
	} {
		got := v1alpha1.NewDuration(d)
		if got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
		if back := got.Value(); back != d.Truncate(time.Second) {
			t.Errorf("%q is %v, want %v", got, back, d)
		}
	}
}
