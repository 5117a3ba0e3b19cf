package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// stored is what the store has of an original's facts.
type stored struct {
	// facts are nil when there are none that could be used.
	facts *asset.Facts
	// etag of the object as the store tells it; empty when there is none.
	etag string
}

// lookForFacts gives errFound when an earlier run has done the item already: a Job tries an index again from its beginning, and a
// manifest may be made from a listing that a run before has overtaken. Facts are stored last, so what they tell of is there.
func (r *run) lookForFacts(ctx context.Context, it rendition.Item) (stored, error) {
	now, err := r.storedFacts(ctx, it)
	if err == nil && now.facts != nil && it.DoneBy(*now.facts, now.etag) {
		return now, errFound
	}
	return now, err
}

// storedFacts reads the facts that are stored now.
func (r *run) storedFacts(ctx context.Context, it rendition.Item) (stored, error) {
	if it.FactsNow.URL.Reveal() == "" {
		return stored{}, nil
	}
	var data []byte
	var now stored
	err := r.attempt(ctx, func(ctx context.Context) error {
		res, err := r.do(ctx, http.MethodGet, it.FactsNow, "", nil)
		var status *statusError
		if errors.As(err, &status) && (status.status == http.StatusNotFound || status.status == http.StatusMethodNotAllowed) {
			return nil
		}
		if err != nil {
			return err
		}
		defer drain(res)
		now.etag = res.Header.Get("ETag")
		if data, err = io.ReadAll(io.LimitReader(res.Body, asset.MaxFactsBytes+1)); err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		return nil
	})
	if err != nil {
		return now, fmt.Errorf("get facts: %w", err)
	}
	if facts, err := asset.DecodeFacts(bytes.NewReader(data)); err == nil { // else they are written anew
		now.facts = &facts
	}
	return now, nil
}

// factsTries is how often facts are joined anew when another run stored some meanwhile.
const factsTries = 5

// putFacts stores the facts of an item in the place of those that there are now, and keeps what another run noted in these since the
// manifest was made.
func (r *run) putFacts(ctx context.Context, it rendition.Item, facts asset.Facts, now stored) error {
	req := it.Facts
	if it.FactsNow.URL.Reveal() != "" {
		req = now.replaced(req)
	}
	for try := 1; ; try++ {
		told := facts
		if now.facts != nil && rendition.TrimETag(now.etag) != it.FactsETag {
			told = it.Join(facts, *now.facts)
		}
		body, err := asset.EncodeFacts(told)
		if err != nil {
			return err //nolint:wrapcheck // it says what
		}
		if _, err = r.put(ctx, req, "application/json", body); !errors.Is(err, errOvertaken) || try == factsTries {
			return err
		}
		before := now
		if now, err = r.storedFacts(ctx, it); err != nil {
			return err
		}
		if req = now.replaced(it.Facts); before.etag == "" && now.etag == "" {
			req = it.Facts // some stores take the mark of a deletion for an object
		}
	}
}

// replaced gives a request that stores an object only in the place of this one, or of none.
func (s stored) replaced(req rendition.Request) rendition.Request {
	header := maps.Clone(req.Header)
	if header == nil {
		header = map[string]string{}
	}
	if s.etag == "" {
		header["If-None-Match"] = "*"
	} else {
		header["If-Match"] = s.etag
	}
	return rendition.Request{URL: req.URL, Header: header}
}
