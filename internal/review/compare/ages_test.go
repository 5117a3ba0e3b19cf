package compare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/internal/review"
)

// A folder or library that takes the place of another in a comparison hides nothing: in a cluster the older one keeps it,
// and with it whatever is newly given there.
//
// features: U1
func TestConflictsHideNothing(t *testing.T) {
	const (
		launch  = "- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}\n"
		decoy   = "- {metadata: {name: aaa}, spec: {libraryRef: {name: brand}, path: launch}}\n"
		brand   = "- {metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}}}\n"
		another = "- {metadata: {name: aaa}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}}}\n"
	)
	viewer := binding("alice", "viewer", "User/alice", "Folder/launch")
	manager := binding("evil", "manager", "User/bob", "Folder/launch")
	onDecoy := binding("aaa", "viewer", "User/alice", "Folder/aaa")
	state := func(text string) review.Tenant {
		s := given(t, text)
		s.AgesUnknown = true
		return s
	}
	cluster := func(text string) review.Tenant {
		s := given(t, text)
		for i := range s.Declared.Folders {
			f := &s.Declared.Folders[i]
			f.CreationTimestamp = metav1.Time{Time: noon.AddDate(0, 0, -1)}
			if f.Name == "launch" {
				f.CreationTimestamp = metav1.Time{Time: noon.AddDate(0, 0, -2)}
			}
		}
		return s
	}
	const (
		gained = "bob +list,preview,download,comment,upload,describe,collect,delete,moderate,curate,share,link - launch/ [now]"
		taken  = `Folder aaa is in conflict, and what is given on either of the two may come to be in force: the older Folder launch is at "launch"`
	)
	cases := []struct {
		reason     string
		base, head review.Tenant
		verdict    Verdict
		// want are beginnings of what is told.
		want []string
	}{
		{"a decoy in files", state("folders:\n" + launch + "bindings:\n" + viewer), state("folders:\n" + launch + decoy + "bindings:\n" + viewer + onDecoy + manager), Wider, []string{gained, taken}},
		{"a decoy beside what a cluster has", cluster("folders:\n" + launch + "bindings:\n" + viewer), state("folders:\n" + launch + decoy + "bindings:\n" + viewer + onDecoy + manager), Wider, []string{gained, taken}},
		{"a library's decoy", state("libraries:\n" + brand + "bindings:\n" + viewer),
			state("libraries:\n" + brand + another + "bindings:\n" + viewer + binding("aaa", "library-viewer", "User/alice", "Library/aaa")), Wider,
			[]string{"Library aaa is in conflict, and what is given on either of the two may come to be in force: the older Library brand has the bucket acme-brand"}},
		{"a decoy alone may be the one that is in force", state("folders:\n" + launch), state("folders:\n" + launch + decoy), Wider, []string{taken}},
		{"a decoy that both have", state("folders:\n" + launch + decoy), state("folders:\n" + launch + decoy + "bindings:\n" + manager), Wider,
			[]string{`Folder launch is in conflict, and what is given on either of the two may come to be in force: the older Folder aaa is at "launch"`}},
		{"a decoy that both have, and nothing else", state("folders:\n" + launch + decoy), state("folders:\n" + launch + decoy), Same, nil},
		{"a conflict that the cluster has settled", cluster("folders:\n" + launch + decoy), state("folders:\n" + launch + decoy + "bindings:\n" + onDecoy), Same, nil},
		{"a grant on the one that has the path in the cluster", cluster("folders:\n" + launch + decoy), state("folders:\n" + launch + decoy + "bindings:\n" + manager), Wider, []string{gained}},
		{"a conflict that goes", state("folders:\n" + launch + decoy), state("folders:\n" + launch), Same, nil},
		{"files that say what a cluster says", state("folders:\n" + launch + decoy + "bindings:\n" + manager), cluster("folders:\n" + launch + decoy + "bindings:\n" + manager), Same, nil},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(c.base, c.head, noon)
			got := rows(d)
			for i := range got {
				if i < len(c.want) && strings.HasPrefix(got[i], c.want[i]) {
					got[i] = c.want[i]
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
		})
	}
}
