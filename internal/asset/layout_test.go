package asset_test

import (
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// A change record and its answer have the same name below the same person's, each at its own root, and nothing of one person's is
// below another's whose name begins alike.
func TestChangeRecordsAndAnswers(t *testing.T) {
	if got := asset.ChangeObject("alice", "20270301-1"); got != "changes/alice/20270301-1.json" {
		t.Errorf("the record is %s", got)
	}
	if got := asset.ResultObject("alice", "20270301-1"); got != "results/alice/20270301-1.json" {
		t.Errorf("the answer is %s", got)
	}
	if strings.HasPrefix(asset.ChangeObject("alice-2", "1"), asset.ChangesPrefix("alice")) || strings.HasPrefix(asset.ResultObject("alice-2", "1"), asset.ResultsPrefix("alice")) {
		t.Error("what is alice-2's is below alice's")
	}
}
