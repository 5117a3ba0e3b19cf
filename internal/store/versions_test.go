package store

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// features: K25
func TestNoLaterThanItIsAtTheStore(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, c := range []struct {
		reason string
		date   string
		want   time.Time
	}{
		{"a store whose clock is behind counts by its own", now.Add(-time.Hour).Format(http.TimeFormat), now.Add(-time.Hour)},
		{"of one that is ahead ours is the earlier", now.Add(time.Hour).Format(http.TimeFormat), now},
		{"one that does not say may be as far behind as S3 allows", "", now.Add(-maxSkew)},
		{"and so may one that says nothing that can be read", "yesterday", now.Add(-maxSkew)},
	} {
		t.Run(c.reason, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = []string{c.date}
				if c.date == "" {
					w.Header()["Date"] = nil // which keeps the server from setting it
				}
				_, _ = w.Write([]byte(`<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>`))
			}))
			t.Cleanup(server.Close)
			s, err := Open(valid(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			if got := s.NoLater(now); !got.Equal(now.Add(-maxSkew)) {
				t.Errorf("before any answer: %v", got)
			}
			if err := s.ListVersions(t.Context(), "acme-brand", "", func(ObjectInfo) error { return nil }); err != nil {
				t.Fatal(err)
			}
			if got := s.NoLater(now); !got.Equal(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
