package receiver

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/vitrine-dam/vitrine/internal/notification"
)

// serving has a receiver at an address.
func serving(t *testing.T) (address string) {
	t.Helper()
	secrets, _ := secretsOf(t, secret)
	h := NewHandler(Options{Secrets: secrets, Leading: closed(), Log: logr.Discard(), Take: func(context.Context, []notification.Object) {}})
	address = freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, address, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// from is a dialer with an address of its own among those of the loopback.
func from(address string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 5 * time.Second}
}

// notify posts a hint from an address, over a connection of its own.
func notify(ctx context.Context, dialer *net.Dialer, address string) (status int, err error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/hints/"+secret, strings.NewReader(upload))
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// Strangers who open connections and say nothing, or half a header, keep nobody out who has the secret: not from another address,
// not from many, and not from the store's own, as behind a proxy.
//
// features: D12
func TestStrangersKeepNoStoreOut(t *testing.T) {
	const store = "127.0.0.1"
	for reason, stranger := range map[string]func(i int) string{
		"from one address":         func(int) string { return "127.0.0.2" },
		"each from one of its own": func(i int) string { return fmt.Sprintf("127.0.%d.%d", 1+i/200, 1+i%200) },
		"from the store's address": func(int) string { return store },
	} {
		t.Run(reason, func(t *testing.T) {
			address := serving(t)
			for i := range 2 * connections {
				conn, err := from(stranger(i)).DialContext(t.Context(), "tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = conn.Close() })
				if i%2 == 0 {
					_, _ = conn.Write([]byte("POST /hints HTTP/1.1\r\nHost: x\r\n")) // it may be closed already
				}
			}
			began := time.Now()
			status, err := notify(t.Context(), from(store), address)
			if took := time.Since(began); status != http.StatusNoContent || took > headerWithin+2*showWithin {
				t.Errorf("after %v a store was answered %d (%v)", took, status, err)
			}
		})
	}
}

// One who shows no secret holds few connections, and those not for long.
//
// features: D12
func TestAStrangerHoldsFewConnections(t *testing.T) {
	address := serving(t)
	began, ended := time.Now(), make(chan time.Duration, 3*perStranger)
	for range 3 * perStranger {
		conn, err := from("127.0.0.2").DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			_ = conn.SetReadDeadline(began.Add(2 * readWithin))
			_, _ = conn.Read(make([]byte, 1)) // until the other end closes it
			ended <- time.Since(began)
		}()
	}
	soon := 0
	for range 3 * perStranger {
		after := <-ended
		if after > headerWithin+2*time.Second {
			t.Errorf("a connection was held for %v", after)
		}
		if after < headerWithin-showWithin/2 {
			soon++
		}
	}
	if soon < perStranger {
		t.Errorf("%d of %d connections were closed before their time for a header was over", soon, 3*perStranger)
	}
}

// VersityGW sends each of many deletions by itself and all at once, and none of them is lost once it is known.
//
// features: D12
func TestAllOfAStoresHintsAreTakenAtOnce(t *testing.T) {
	address := serving(t)
	if status, err := notify(t.Context(), from("127.0.0.3"), address); status != http.StatusNoContent {
		t.Fatalf("the first was answered %d (%v)", status, err)
	}
	var group sync.WaitGroup
	for range connections * 3 / 4 {
		group.Go(func() {
			if status, err := notify(t.Context(), from("127.0.0.3"), address); status != http.StatusNoContent {
				t.Errorf("one was answered %d (%v)", status, err)
			}
		})
	}
	group.Wait()
}
