package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/notification"
)

const (
	secret = "nobody-guesses-this-1"
	later  = "nobody-guesses-this-2"
	upload = `{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"acme-brand"},"object":{"key":"launch/hero.jpg"}}}]}`
)

func secretsOf(t *testing.T, text string) (*Secrets, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSecrets(path)
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// features: D12
func TestWhoIsAnsweredWhat(t *testing.T) {
	secrets, _ := secretsOf(t, secret+"\n"+later+"\n")
	var log bytes.Buffer
	for _, c := range []struct {
		reason, method, path, authorization, body string

		waiting bool // does not lead
		want    int
		taken   int
	}{
		{reason: "MinIO's token is the secret", path: "/hints", authorization: "Bearer " + secret, body: upload, want: 204, taken: 1},
		{reason: "the word Bearer is the same in any case", path: "/hints", authorization: "bearer " + secret, body: upload, want: 204, taken: 1},
		{reason: "VersityGW has it in the path", path: "/hints/" + secret, body: upload, want: 204, taken: 1},
		{reason: "while secrets change there are two", path: "/hints/" + later, body: upload, want: 204, taken: 1},
		{reason: "VersityGW's test is taken, and is nothing", path: "/hints/" + secret, body: `{"Event":"s3:TestEvent"}`, want: 204},

		{reason: "without a secret nothing is read", path: "/hints", body: upload, want: 401},
		{reason: "nor with another", path: "/hints/" + secret + "x", body: upload, want: 401},
		{reason: "nor with a part of it", path: "/hints/" + secret[:8], body: upload, want: 401},
		{reason: "nor with none in its place", path: "/hints/", body: upload, want: 401},
		{reason: "nor with both at once", path: "/hints/" + secret + "%0A" + later, body: upload, want: 401},
		{reason: "nor with more segments", path: "/hints/" + secret + "/x", body: upload, want: 401},
		{reason: "nor by another scheme", path: "/hints", authorization: "Basic " + secret, body: upload, want: 401},
		{reason: "a header does not help a path that is wrong", path: "/hints/x", authorization: "Bearer " + secret, body: upload, want: 401},
		{reason: "a stranger does not learn which methods there are", method: http.MethodGet, path: "/hints", want: 401},
		{reason: "nothing else is served", path: "/", authorization: "Bearer " + secret, body: upload, want: 404},
		{reason: "nor a path that begins alike", path: "/hintsandmore", authorization: "Bearer " + secret, body: upload, want: 404},

		{reason: "there is nothing to get", method: http.MethodGet, path: "/hints/" + secret, want: 405},
		{reason: "what is not understood is refused", path: "/hints/" + secret, body: `{"a":1}`, want: 400},
		{reason: "what is too large is refused", path: "/hints/" + secret, body: strings.Repeat(" ", notification.MaxBytes+1), want: 413},
		{reason: "and so is too many", path: "/hints/" + secret, body: `{"Records":[` + strings.Repeat("{},", notification.MaxRecords) + `{}]}`, want: 413},
		{reason: "a replica that does not lead has it sent again", path: "/hints/" + secret, body: upload, waiting: true, want: 503},
	} {
		t.Run(c.reason, func(t *testing.T) {
			taken, counted := 0, 0
			o := Options{
				Secrets: secrets, Leading: closed(),
				Take:  func(_ context.Context, objects []notification.Object) { taken += len(objects) },
				Count: func(status int) { counted = status },
				Log:   funcr.New(func(prefix, args string) { _, _ = fmt.Fprintln(&log, prefix, args) }, funcr.Options{}),
			}
			if c.waiting {
				o.Leading = make(chan struct{})
			}
			if c.method == "" {
				c.method = http.MethodPost
			}
			request := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
			if c.authorization != "" {
				request.Header.Set("Authorization", c.authorization)
			}
			answer := httptest.NewRecorder()
			NewHandler(o).ServeHTTP(answer, request)
			if answer.Code != c.want || counted != c.want || taken != c.taken || answer.Body.Len() > 0 {
				t.Errorf("answered %d, counted %d, took %d, %d bytes; want %d, %d", answer.Code, counted, taken, answer.Body.Len(), c.want, c.taken)
			}
		})
	}
	if text := log.String(); strings.Contains(text, secret[:12]) {
		t.Errorf("a secret is in the log:\n%s", text)
	}
}

func TestTheLogIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secrets, _ := secretsOf(t, secret)
		lines := 0
		h := NewHandler(Options{Secrets: secrets, Leading: closed(), Log: funcr.New(func(_, args string) {
			lines++
			if len(args) > 500 {
				t.Errorf("a line of %d bytes", len(args))
			}
		}, funcr.Options{})})
		for range 600 { // ten minutes
			for _, body := range []string{`{"Records":[{"eventName":` + strings.Repeat("1", 2_000) + `}]}`, `{}`} {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hints/"+secret, strings.NewReader(body)))
			}
			time.Sleep(time.Second)
		}
		if lines != 10 {
			t.Errorf("%d lines in ten minutes", lines)
		}
	})
}

// A sender that holds its body back holds up nobody who has a turn to spare, and those who wait are told when to come again.
func TestBodiesAreReadInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secrets, _ := secretsOf(t, secret)
		var taken atomic.Int32
		h := NewHandler(Options{Secrets: secrets, Leading: closed(), Log: logr.Discard(), Take: func(context.Context, []notification.Object) { taken.Add(1) }})
		post := func(body io.Reader) *httptest.ResponseRecorder {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hints/"+secret, body))
			return answer
		}
		var slow sync.WaitGroup
		read, write := io.Pipe()
		for range atOnce {
			slow.Go(func() { post(read) })
		}
		synctest.Wait()
		began := time.Now()
		answer := post(strings.NewReader(upload))
		if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" || time.Since(began) != turn {
			t.Errorf("after %v it was answered %d, %v", time.Since(began), answer.Code, answer.Header())
		}
		_ = write.Close()
		slow.Wait()
		if answer := post(strings.NewReader(upload)); answer.Code != http.StatusNoContent || taken.Load() != 1 {
			t.Errorf("when turns are free it was answered %d, and %d were taken", answer.Code, taken.Load())
		}
	})
}

func TestServe(t *testing.T) {
	secrets, _ := secretsOf(t, secret)
	var taken atomic.Int32
	h := NewHandler(Options{Secrets: secrets, Leading: closed(), Log: logr.Discard(), Take: func(context.Context, []notification.Object) { taken.Add(1) }})
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, address, h) }()
	post := func() (*http.Response, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/hints/"+secret, strings.NewReader(upload))
		if err != nil {
			t.Fatal(err)
		}
		return http.DefaultClient.Do(request)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		answer, err := post()
		if err != nil && time.Now().Before(deadline) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		// With a body, VersityGW would lose the connection.
		if answer.StatusCode != http.StatusNoContent || answer.Body != http.NoBody {
			t.Errorf("answered %d with a body of %d bytes", answer.StatusCode, answer.ContentLength)
		}
		break
	}
	if taken.Load() != 1 {
		t.Errorf("%d were taken", taken.Load())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("at the end: %v", err)
	}
	if answer, err := post(); err == nil {
		_ = answer.Body.Close()
		t.Error("it answers after its end")
	}
	if err := Serve(t.Context(), "nowhere", h); err == nil {
		t.Error("an address that is none was served")
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestSecretsFiles(t *testing.T) {
	for _, c := range []struct {
		reason, text string
		refused      bool
	}{
		{reason: "one secret is enough", text: secret},
		{reason: "with an end of line as well", text: secret + "\r\n\n"},
		{reason: "two are there while one takes the other's place", text: secret + "\n" + later},
		{reason: "none lets nobody in, so it is a mistake", text: "\n", refused: true},
		{reason: "a short one can be guessed", text: "letmein", refused: true},
		{reason: "one that a path has to encode does not work for VersityGW", text: "nobody/guesses/this", refused: true},
		{reason: "one bad line is not passed over", text: secret + "\nshort", refused: true},
		{reason: "too many are slow to compare", text: strings.Repeat(secret+"\n", maxSecrets+1), refused: true},
		{reason: "a large file is another file", text: strings.Repeat("\n", maxSecretsFile) + secret, refused: true},
	} {
		t.Run(c.reason, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secrets")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := OpenSecrets(path)
			if errors.Is(err, ErrSecrets) != c.refused {
				t.Fatalf("refused with %v", err)
			}
			if c.refused {
				if strings.Contains(err.Error(), strings.TrimSpace(c.text)) && strings.TrimSpace(c.text) != "" {
					t.Errorf("the error quotes the file: %v", err)
				}
				return
			}
			if text := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(text, secret) {
				t.Errorf("it can be printed: %s", text)
			}
		})
	}
	if _, err := OpenSecrets(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, ErrSecrets) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestSecretsChangeWithTheirFile(t *testing.T) {
	s, path := secretsOf(t, secret)
	now := time.Now()
	s.now = func() time.Time { return now }
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		now = now.Add(lookAgain)
	}
	check := func(reason string, want map[string]bool, fault bool) {
		t.Helper()
		got := map[string]bool{}
		for text := range want {
			admitted, err := s.Admit(text)
			if got[text] = admitted; (err != nil) != fault {
				t.Errorf("%s: %v", reason, err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
	check("at first there is one", map[string]bool{secret: true, later: false}, false)
	write(secret + "\n" + later)
	check("then the next beside it", map[string]bool{secret: true, later: true}, false)
	write(later)
	check("then the next alone", map[string]bool{secret: false, later: true, "": false}, false)
	write("oops")
	check("a file that cannot be used changes nothing, and is told", map[string]bool{secret: false, later: true, "oops": false}, true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	now = now.Add(lookAgain)
	check("nor does one that is gone", map[string]bool{later: true}, true)
	write(secret)
	check("once it can be used, it is", map[string]bool{secret: true, later: false}, false)
}
