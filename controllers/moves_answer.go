package controllers

import (
	"context"
	"errors"
	"fmt"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// answer writes what came of a move into the answer to the record that asked for it; false when that is yet to be written. Whoever asked
// may write there too, and keeps no move from ending by that.
func (r *MovesReconciler) answer(ctx context.Context, connection Connection, library *v1alpha1.Library, j relocate.Journal) (bool, error) {
	const tries = 3
	for range tries {
		written, err := r.tryAnswer(ctx, connection, library, j)
		if !errors.Is(err, store.ErrPreconditionFailed) {
			return written, err
		}
	}
	return true, nil
}

func (r *MovesReconciler) tryAnswer(ctx context.Context, connection Connection, library *v1alpha1.Library, j relocate.Journal) (bool, error) {
	object := asset.ResultObject(change.FolderOf(j.By), j.Record)
	data, etag, err := connection.GetObject(ctx, library.Status.VitrineBucket, object)
	if isMissing(err) {
		_, err := connection.StatObject(ctx, library.Status.VitrineBucket, asset.ChangeObject(change.FolderOf(j.By), j.Record), "")
		if isMissing(err) {
			return true, nil // nobody waits any more
		}
		return false, err
	}
	if errors.Is(err, store.ErrInvalid) {
		return true, nil // the user may put anything there
	}
	if err != nil {
		return false, fmt.Errorf("reading an answer: %w", err)
	}
	result, err := change.DecodeResult(data)
	if err != nil {
		return true, nil //nolint:nilerr // what is no answer of ours is left alone
	}
	if !ends(&result, j) {
		return true, nil // by a pass before, which was cut behind it
	}
	if data, err = result.Encode(); err != nil {
		return true, nil //nolint:nilerr // it grew too large, which no answer of ours does
	}
	if _, err := connection.PutObject(ctx, library.Status.VitrineBucket, object, data, jsonType, store.IfMatch(etag)); err != nil {
		return false, fmt.Errorf("writing an answer: %w", err)
	}
	return true, nil
}

// ends puts what came of a move in the place of the answer that it goes on, and tells whether there was one.
func ends(result *change.Result, j relocate.Journal) (some bool) {
	for i := range result.Answers {
		a := &result.Answers[i]
		if a.Path != j.From.Key.Path || a.Restricted != j.From.Key.Restricted || a.Outcome != change.Accepted {
			continue
		}
		some = true
		a.Outcome, a.Message = change.Done, aside(j)
		if j.Refusal != nil {
			a.Outcome, a.Reason, a.Message = change.Refused, change.InvalidState, j.Refusal.Error()
		}
	}
	return some
}

// aside says what is to be known of a move that is done; empty for nothing.
func aside(j relocate.Journal) string {
	switch {
	case j.Deleted:
		return "somebody deleted the file where it was meanwhile; it is at the new place all the same"
	case len(j.Left) > 0:
		return fmt.Sprintf("%d versions came too late, or are kept or not copied by the store, and stay where the file was", len(j.Left))
	}
	return ""
}
