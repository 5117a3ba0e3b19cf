package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

const signature = "SIGNATURE-MARK-7731"

// bucket is a store with one picture, which takes what is put into it.
func bucket(t *testing.T, status int) (*httptest.Server, func(path string) []byte, rendition.Manifest) {
	t.Helper()
	picture := specimen.JPEG(specimen.Scene(200, 100))
	var mu sync.Mutex
	stored := map[string][]byte{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPut {
			stored[r.URL.Path] = body
			return
		}
		w.Header().Set("ETag", `"e1"`)
		_, _ = w.Write(picture)
	}))
	t.Cleanup(srv.Close)
	request := func(path string) rendition.Request {
		return rendition.Request{URL: rendition.NewURL(srv.URL + path + "?X-Amz-Signature=" + signature)}
	}
	preset := rendition.BuiltIn()[0]
	m := rendition.Manifest{Version: rendition.ManifestVersion, Items: []rendition.Item{{
		Asset: "hero.jpg", ETag: "e1", Size: int64(len(picture)), PresetSet: "p", Source: request("/hero"), Facts: request("/facts"),
		Outputs: []rendition.Output{{Preset: preset, Put: request("/thumb")}},
	}}}
	return srv, func(path string) []byte {
		mu.Lock()
		defer mu.Unlock()
		return stored[path]
	}, m
}

func write(t *testing.T, m rendition.Manifest, index string) (dir string) {
	t.Helper()
	b, err := rendition.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, index), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func env(index string) func(string) string {
	return func(name string) string {
		if name == "JOB_COMPLETION_INDEX" {
			return index
		}
		return ""
	}
}

// The Job's pod failure policy goes by these numbers.
// features: D13
func TestExitCodes(t *testing.T) {
	_, stored, good := bucket(t, http.StatusOK)
	_, _, dead := bucket(t, http.StatusForbidden)
	_, unmarked, marked := bucket(t, http.StatusOK)
	marked.Items[0].Outputs[0].Preset.Watermark = &rendition.Watermark{Image: "brand/logo.png", ETag: "m1"}
	marked.Watermarks = []rendition.WatermarkImage{{ETag: "m1", Size: 1 << 40, Source: marked.Items[0].Source}}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "0"), []byte(signature), 0o600); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cases := []struct {
		why   string
		ctx   context.Context
		args  []string
		index string
		want  int
	}{
		{"all is decided", t.Context(), []string{"--manifest-dir", write(t, good, "7")}, "7", exitDone},
		{"the store refuses", t.Context(), []string{"--manifest-dir", write(t, dead, "0")}, "0", exitRetry},
		{"a watermark cannot be drawn", t.Context(), []string{"--manifest-dir", write(t, marked, "0")}, "0", exitNever},
		{"a signal came", cancelled, []string{"--manifest-dir", write(t, good, "0")}, "0", exitRetry},
		{"an unknown flag", t.Context(), []string{"--nope"}, "0", exitUsage},
		{"a limit of nothing", t.Context(), []string{"--max-pixels", "0"}, "0", exitUsage},
		{"an argument", t.Context(), []string{"x"}, "0", exitUsage},
		{"no manifest for the index", t.Context(), []string{"--manifest-dir", t.TempDir()}, "0", exitNever},
		{"a broken manifest", t.Context(), []string{"--manifest-dir", broken}, "0", exitNever},
		{"no index", t.Context(), []string{"--manifest-dir", broken}, "", exitNever},
		{"an index that leaves the directory", t.Context(), []string{"--manifest-dir", broken}, "../0", exitNever},
		{"a CA file that holds none", t.Context(), []string{"--manifest-dir", write(t, good, "0"), "--ca-file", filepath.Join(broken, "0")}, "0", exitNever},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(c.ctx, c.args, env(c.index), &stdout, &stderr); got != c.want {
				t.Errorf("exit %d, want %d\n%s%s", got, c.want, &stdout, &stderr)
			}
			if all := stdout.String() + stderr.String(); strings.Contains(all, signature) || strings.Contains(all, "http://") {
				t.Errorf("a secret was printed:\n%s", all)
			}
		})
	}
	if rendition.Sniff(stored("/thumb")).ContentType != "image/webp" {
		t.Error("the rendition was not stored")
	}
	if unmarked("/thumb") != nil || unmarked("/facts") == nil {
		t.Error("a picture without its watermark is stored, or the facts are not")
	}
	if f, err := asset.DecodeFacts(bytes.NewReader(stored("/facts"))); err != nil || f.Width != 200 || f.Error != nil {
		t.Errorf("facts: %+v, %v", f, err)
	}
	if f, err := asset.DecodeFacts(bytes.NewReader(unmarked("/facts"))); err != nil || len(f.Unmade) != 1 || f.Unmade[0].Reason != asset.UnmadeUnreadable {
		t.Errorf("facts without the marked picture: %+v, %v", f, err)
	}
}

func TestLogIsJSONWithProgress(t *testing.T) {
	_, _, m := bucket(t, http.StatusOK)
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{"--manifest-dir", write(t, m, "0")}, env("0"), &stdout, io.Discard); code != exitDone {
		t.Fatalf("exit %d\n%s", code, &stdout)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	var last struct {
		Msg             string
		Done, Total     int
		ImagesPerSecond *float64
	}
	for _, l := range lines {
		if err := json.Unmarshal([]byte(l), &last); err != nil {
			t.Fatalf("not JSON: %s", l)
		}
	}
	if last.Msg != "finished" || last.Done != 1 || last.Total != 1 || last.ImagesPerSecond == nil {
		t.Errorf("last line is %s", lines[len(lines)-1])
	}
}

// A store with a certificate of its own is reached with --ca-file and not without.
func TestCAFile(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	t.Cleanup(srv.Close)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake that fails on purpose
	u := func(path string) rendition.Request {
		return rendition.Request{URL: rendition.NewURL(srv.URL + path)}
	}
	dir := write(t, rendition.Manifest{Version: rendition.ManifestVersion, Items: []rendition.Item{{Asset: "a", ETag: "e", Source: u("/a"), Facts: u("/f")}}}, "0")
	ca := filepath.Join(t.TempDir(), "ca.crt")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{"--manifest-dir", dir, "--ca-file", ca}, env("0"), &stdout, io.Discard); code != exitDone {
		t.Errorf("with the CA: exit %d\n%s", code, &stdout)
	}
	if code := run(t.Context(), []string{"--manifest-dir", dir}, env("0"), &stdout, io.Discard); code != exitRetry {
		t.Errorf("without the CA: exit %d", code)
	}
	if strings.Count(stdout.String(), `"missing":1`) != 1 {
		t.Errorf("the missing original is not counted:\n%s", &stdout)
	}
}
