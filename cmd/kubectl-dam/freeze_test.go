package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// The commands that write say in their help with whose identity they do, and which verbs that needs.
func TestHelpSaysWhoseIdentityWrites(t *testing.T) {
	for command, wants := range map[string][]string{
		"freeze":   {"with the identity of your kubeconfig", "the verb patch on that object"},
		"unfreeze": {"with the identity of your kubeconfig", "the verb patch on that object", "the verb unfreeze on it too"},
	} {
		help := strings.Join(strings.Fields(ask(t, "", command+" --help")), " ")
		for _, want := range wants {
			if !strings.Contains(help, want) {
				t.Errorf("%s does not say %q: %s", command, want, help)
			}
		}
	}
}

// How long a freeze waits for the cluster is what --request-timeout says.
func TestFreezeWaitsAsLongAsTold(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	reason := "x"
	began := time.Now()
	_, err := source.SetFreeze(t.Context(), &rest.Config{Host: server.URL, Timeout: 50 * time.Millisecond}, "link", "acme", "press", &reason, false)
	if took := time.Since(began); err == nil || took > 10*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the error is %v", err)
	}
}
