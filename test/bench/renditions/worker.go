package main

import (
	"context"
	"crypto/md5" //nolint:gosec // an ETag
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// transform runs the worker on pictures that this program serves, and keeps what it stores.
type transform struct {
	dir, results, endpoint string
	server                 *http.Server
	etags                  map[string]string
}

func newTransform(dir string, files []string) (*transform, error) {
	t := &transform{dir: dir, results: filepath.Join(dir, "results"), etags: map[string]string{}}
	if err := os.MkdirAll(t.results, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	originals := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a picture: %w", err)
		}
		sum := md5.Sum(data) //nolint:gosec // an ETag
		t.etags[file] = hex.EncodeToString(sum[:])
		originals[filepath.Base(file)] = file
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	t.endpoint = "http://" + listener.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /originals/{name}", func(w http.ResponseWriter, r *http.Request) {
		file := originals[r.PathValue("name")]
		w.Header().Set("ETag", `"`+t.etags[file]+`"`)
		http.ServeFile(w, r, file)
	})
	mux.HandleFunc("PUT /results/{name}", func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Create(filepath.Join(t.results, filepath.Base(r.PathValue("name"))))
		if err == nil {
			_, err = io.Copy(f, r.Body)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("ETag", `"stored"`)
	})
	t.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = t.server.Serve(listener) }()
	return t, nil
}

func (t *transform) stop() { _ = t.server.Close() }

// resultOf names the result for a picture.
func resultOf(file, what string) string { return filepath.Base(file) + "." + what }

// run has the worker, built beside this program, do one manifest.
func (t *transform) run(ctx context.Context, index int, files []string) (usage, error) {
	request := func(path string) rendition.Request {
		return rendition.Request{URL: rendition.NewURL(t.endpoint + path)}
	}
	manifest := rendition.Manifest{Version: rendition.ManifestVersion}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return usage{}, fmt.Errorf("looking at a picture: %w", err)
		}
		item := rendition.Item{
			Asset: filepath.Base(file), ETag: t.etags[file], Size: info.Size(), PresetSet: rendition.SetDigest(presets),
			Source: request("/originals/" + filepath.Base(file)), Facts: request("/results/" + resultOf(file, "json")),
		}
		for _, p := range presets {
			item.Outputs = append(item.Outputs, rendition.Output{Preset: p, Put: request("/results/" + resultOf(file, p.Name+".webp"))})
		}
		manifest.Items = append(manifest.Items, item)
	}
	packed, err := rendition.Encode(manifest)
	if err != nil {
		return usage{}, fmt.Errorf("making a manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(t.dir, strconv.Itoa(index)), packed, 0o600); err != nil {
		return usage{}, fmt.Errorf("writing a manifest: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return usage{}, fmt.Errorf("finding the worker: %w", err)
	}
	//nolint:gosec // the program was built for this
	cmd := exec.CommandContext(ctx, filepath.Join(filepath.Dir(self), "transform"), "--manifest-dir="+t.dir, "--parallel="+strconv.Itoa(slots))
	cmd.Env = append(os.Environ(), "JOB_COMPLETION_INDEX="+strconv.Itoa(index))
	if output, err := cmd.CombinedOutput(); err != nil {
		return usage{}, fmt.Errorf("running the worker: %w: %s", err, output)
	}
	return usageOf(cmd.ProcessState), nil
}
