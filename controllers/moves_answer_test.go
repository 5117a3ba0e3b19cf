package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/relocate"
)

// What came of a move is written once into the one answer that is about it, and not again by every later pass.
//
// features: A1.25
func TestAMoveEndsItsAnswerOnce(t *testing.T) {
	journal := relocate.Journal{From: relocate.Place{Key: access.Key{Library: "brand", Restricted: "embargo", Path: "a"}}}
	answers := func() *change.Result {
		return &change.Result{Answers: []change.Answer{
			{Index: 0, Path: "a", Outcome: change.Accepted},
			{Index: 1, Path: "a", Restricted: "embargo", Outcome: change.Unchanged},
			{Index: 2, Path: "a", Restricted: "embargo", Outcome: change.Accepted},
		}}
	}
	for reason, c := range map[string]struct {
		change func(*relocate.Journal)
		want   change.Answer
	}{
		"it is there": {func(*relocate.Journal) {}, change.Answer{Outcome: change.Done}},
		"it is there, though somebody deleted it": {func(j *relocate.Journal) { j.Deleted = true }, change.Answer{
			Outcome: change.Done, Message: "somebody deleted the file where it was meanwhile; it is at the new place all the same",
		}},
		"it stayed": {func(j *relocate.Journal) { j.Refusal = &relocate.Refusal{Reason: relocate.ReasonHeld, Message: "held"} }, change.Answer{
			Outcome: change.Refused, Reason: change.InvalidState, Message: (&relocate.Refusal{Reason: relocate.ReasonHeld, Message: "held"}).Error(),
		}},
	} {
		j, got, want := journal, answers(), answers()
		c.change(&j)
		if !ends(got, j) {
			t.Errorf("%s: nothing is to be written", reason)
		}
		c.want.Index, c.want.Path, c.want.Restricted = 2, "a", "embargo"
		want.Answers[2] = c.want
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
		if ends(got, j) {
			t.Errorf("%s: it is written again", reason)
		}
	}
}
