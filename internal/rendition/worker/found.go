package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// lookForFacts gives errFound when an earlier run has done the item already: a Job tries an index again from its beginning, and a
// manifest may be made from a listing that a run before has overtaken. Facts are stored last, so what they tell of is there.
func (r *run) lookForFacts(ctx context.Context, it rendition.Item) error {
	if it.FactsNow.URL.Reveal() == "" {
		return nil
	}
	var data []byte
	var etag string
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
		etag = res.Header.Get("ETag")
		if data, err = io.ReadAll(io.LimitReader(res.Body, asset.MaxFactsBytes+1)); err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("get facts: %w", err)
	}
	facts, err := asset.DecodeFacts(bytes.NewReader(data))
	if err == nil && it.DoneBy(facts, etag) {
		return errFound
	}
	return nil // none, or none that could be used: they are written anew
}
