package gateway

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

//go:embed web
var webFiles embed.FS

// web holds everything that pages are made of, ready to use.
type web struct {
	languages *languages
	templates map[*words]*template.Template
	static    map[string]staticFile
}

// staticFile is one of our own files, under an address that names its content.
type staticFile struct {
	data        []byte
	contentType string
	address     string
}

func newWeb() (*web, error) {
	files, err := fs.Sub(webFiles, "web")
	if err != nil {
		return nil, fmt.Errorf("opening the pages' files: %w", err)
	}
	w := &web{templates: map[*words]*template.Template{}, static: map[string]staticFile{}}
	for name, contentType := range map[string]string{"app.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		sum := sha256.Sum256(data)
		w.static[name] = staticFile{data, contentType, "/static/" + hex.EncodeToString(sum[:8]) + "/" + name}
	}
	if w.languages, err = readLanguages(files); err != nil {
		return nil, err
	}
	for _, words := range w.languages.all {
		set, err := template.New("").Funcs(template.FuncMap{
			"t": words.text, "count": words.count, "size": words.size, "wait": words.wait,
			"when":   words.when,
			"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
			"static": func(name string) string { return w.static[name].address },
			"lang":   func() string { return words.Tag },
			"dir":    func() string { return words.Dir },
		}).ParseFS(files, "*.html")
		if err != nil {
			return nil, fmt.Errorf("reading the pages' templates: %w", err)
		}
		w.templates[words] = set
	}
	return w, nil
}

// serveStatic gives our own style sheet and icon, which never change under one address.
func (s *Server) serveStatic(w http.ResponseWriter, r *http.Request, _ *opened) {
	file, ok := s.web.static[r.PathValue("file")]
	if !ok || file.address != r.URL.Path {
		s.refuse(w, r, refusal{answer: NotFound})
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	_, _ = w.Write(file.data)
}
