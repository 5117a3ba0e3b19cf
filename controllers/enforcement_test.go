package controllers

import (
	"errors"
	"testing"
)

// Each look at a store would otherwise be one at every tenant's rights there, beside those that tenants ask for themselves.
func TestOnlyATenantThatWaitsIsWokenForItsStore(t *testing.T) {
	at := tenantAt{"acme", "main"}
	for _, test := range []struct {
		reason string
		last   *compiled
		waits  bool
	}{
		{"nothing was tried yet", nil, true},
		{"the store did not answer", &compiled{gateway: true, failed: errors.New("no route to host")}, true},
		{"the gateway was not known", &compiled{}, true},
		{"all is in force", &compiled{gateway: true}, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			e := NewEnforcement()
			if test.last != nil {
				e.set(at, test.last)
			}
			if waits := e.waits(at); waits != test.waits {
				t.Errorf("it waits: %t, want %t", waits, test.waits)
			}
		})
	}
}
