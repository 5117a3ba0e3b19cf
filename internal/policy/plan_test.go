package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// planOf is what a random world comes to at a store whose rights hang on identities.
func planOf(w worldtest.World, at time.Time, change func(*policy.PlanInput)) (policy.PlanInput, []policy.Attachment) {
	in := policy.PlanInput{
		Model: access.New(w.Declarations), At: at, Users: map[string]string{}, Buckets: bucketsOf(w.Declarations), GroupsPerUser: 10,
		Options: policy.Options{MaxBytes: 6144, MaxDocuments: 10},
	}
	for _, u := range w.Users {
		in.Users[u.Name] = principal(u.Name)
	}
	for _, g := range w.UserGroups {
		in.Groups = append(in.Groups, g.Name)
	}
	change(&in)
	return in, policy.Plan(in)
}

func proofOf(in policy.PlanInput, plan []policy.Attachment) policy.Proof {
	return policy.Proof{
		Attached: policy.AttachedTo(plan, in.Users), WholeListsOnly: in.WholeListsOnly,
		Model: in.Model, At: in.At, Users: in.Users, Buckets: in.Buckets, Others: map[string]bool{},
	}
}

// TestPlansSayWhatTheModelSays judges random worlds at stores whose rights
// hang on identities: with groups, with too few, without, with small documents, with
// the ends of windows written into them, and with listings that cannot be trusted.
//
// features: U4, U5, U16, K5, P9, P10
func TestPlansSayWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		in, plan := planOf(w, rapid.SampledFrom(w.Instants).Draw(t, "at"), func(in *policy.PlanInput) {
			in.GroupsPerUser = rapid.SampledFrom([]int{0, 1, 10}).Draw(t, "groups")
			in.MaxBytes = rapid.SampledFrom([]int{1500, 6144}).Draw(t, "bytes")
			in.MaxDocuments = 16
			in.Ends = rapid.Bool().Draw(t, "ends")
			in.WholeListsOnly = rapid.Bool().Draw(t, "untrusted")
		})
		for _, a := range plan {
			if errors.Is(a.Err, policy.ErrTooLarge) {
				t.Skip("one place does not fit")
			}
			if a.Err != nil {
				t.Fatal(a.Err)
			}
			for _, d := range a.Documents {
				if n := len(d.JSON()); n > in.MaxBytes {
					t.Fatalf("a document of %d bytes", n)
				}
			}
		}
		if err := policy.Prove(proofOf(in, plan)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestPlanFaultsAreFound takes a document away from each identity, or gives it to
// another, in turn; the proof must fail.
//
// features: U4
func TestPlanFaultsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		in, plan := planOf(w, w.Instants[0], func(in *policy.PlanInput) { in.GroupsPerUser = 0 })
		if len(plan) == 0 {
			t.Skip("nobody has anything")
		}
		i := rapid.IntRange(0, len(plan)-1).Draw(t, "whose")
		broken := slices.Clone(plan)
		broken[i].Documents = nil
		if err := policy.Prove(proofOf(in, broken)); !errors.Is(err, policy.ErrNotProved) {
			t.Fatalf("%s lost its documents: %v", plan[i].Subject.Name, err)
		}
		proof := proofOf(in, plan)
		for user, principal := range in.Users {
			if user == plan[i].Subject.Name || len(in.Model.Grants(user, in.At)) > 0 {
				continue
			}
			proof.Attached[principal] = plan[i].Documents
			if err := policy.Prove(proof); !errors.Is(err, policy.ErrNotProved) {
				t.Fatalf("%s got the documents of %s: %v", user, plan[i].Subject.Name, err)
			}
			break
		}
	})
}

// Who is in a group too many, and whose rights do not fit a document of one's own, loses none of the groups that there
// were before; one who is declared to be in less has less.
//
// features: P10
func TestOneGroupTooManyTakesNothingAway(t *testing.T) {
	d := access.Declarations{Libraries: libraries("brand", "acme-brand"), Users: []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "sam"}}}}
	var names []string
	for i := range 11 {
		name := fmt.Sprintf("g%02d", i)
		f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name}}
		f.Spec.LibraryRef.Name, f.Spec.Path = "brand", v1alpha1.Path(fmt.Sprintf("campaigns 2027/group %02d", i))
		g := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: name}}
		g.Spec.Members = []string{"sam"}
		b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "contributor"}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: name}}
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: name}}
		d.Folders, d.UserGroups, d.RoleBindings, names = append(d.Folders, f), append(d.UserGroups, g), append(d.RoleBindings, b), append(names, name)
	}
	for reason, c := range map[string]struct {
		bytes int
		in    []string
		want  []string
		large bool
	}{
		"what fits hangs on the user":                     {bytes: 20 << 10, in: names[:10]},
		"what does not fit leaves the user in the groups": {bytes: 2 << 10, in: names[:10], want: names[:10], large: true},
		"in those that there were before":                 {bytes: 2 << 10, in: names[2:4], want: names[2:4], large: true},
		"who was in none is in none":                      {bytes: 2 << 10, large: true},
		"a group that gives nothing any more is none":     {bytes: 2 << 10, in: []string{"g01", "gone"}, want: []string{"g01"}, large: true},
	} {
		t.Run(reason, func(t *testing.T) {
			in, plan := planOf(worldtest.World{Declarations: d}, time.Unix(0, 0), func(in *policy.PlanInput) {
				in.MaxBytes, in.MaxDocuments, in.In = c.bytes, 1, map[string][]string{"sam": c.in}
			})
			var groups []string
			for _, a := range plan[1:] {
				if groups = append(groups, a.Subject.Name); a.Err != nil || !slices.Equal(a.Members, []string{"sam"}) {
					t.Errorf("%s has the members %v: %v", a.Subject.Name, a.Members, a.Err)
				}
			}
			if !slices.Equal(groups, c.want) || errors.Is(plan[0].Err, policy.ErrTooLarge) != c.large {
				t.Errorf("sam is in %v (%v), want %v", groups, plan[0].Err, c.want)
			}
			if err := policy.Prove(proofOf(in, plan)); errors.Is(err, policy.ErrNotProved) != c.large {
				t.Errorf("the proof says %v", err) // what is not in force is missed, and told by plan[0].Err
			}
		})
	}
}

// A group of hundreds has its documents once, and a member more rewrites none.
//
// features: P10
func TestALargeGroupHasItsDocumentsOnce(t *testing.T) {
	d := department(500)
	for i := range d.UserGroups {
		d.UserGroups[i].Spec.Members = nil
		for _, u := range d.Users {
			d.UserGroups[i].Spec.Members = append(d.UserGroups[i].Spec.Members, u.Name)
		}
	}
	d.UserGroups, d.RoleBindings = d.UserGroups[:3], d.RoleBindings[:3]
	_, plan := planOf(worldtest.World{Declarations: d}, time.Unix(0, 0), func(*policy.PlanInput) {})
	if len(plan) != 3 || len(plan[0].Members) != 500 {
		t.Fatalf("%d attachments", len(plan))
	}
	d.UserGroups[0].Spec.Members = d.UserGroups[0].Spec.Members[1:]
	_, fewer := planOf(worldtest.World{Declarations: d}, time.Unix(0, 0), func(*policy.PlanInput) {})
	if !fewer[0].Documents[0].Equal(plan[0].Documents[0]) {
		t.Error("a member less changed the group's document")
	}
}

// One place more rewrites one document of many.
//
// features: U3
func TestAChangeRewritesOneShard(t *testing.T) {
	var allows []policy.Allow
	for i := range 400 {
		allows = append(allows, policy.Allow{Bucket: "acme-brand", Verb: policy.Read, Resource: fmt.Sprintf("campaigns 2027/part %03d/", i)})
	}
	o := policy.Options{MaxBytes: 6144, MaxDocuments: 16}
	before, err := policy.Attach("Group marketing", allows, o)
	if err != nil || len(before) < 4 {
		t.Fatalf("%d documents: %v", len(before), err)
	}
	after, err := policy.Attach("Group marketing", append(allows, policy.Allow{Bucket: "acme-brand", Verb: policy.Read, Resource: "press/"}), o)
	if err != nil || len(after) != len(before) {
		t.Fatalf("%d documents: %v", len(after), err)
	}
	changed := 0
	for i := range after {
		if !after[i].Equal(before[i]) {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d documents changed", changed)
	}
	_, err = policy.Attach("User alice", allows, policy.Options{MaxBytes: 1024, MaxDocuments: 2})
	var large *policy.TooLargeError
	if !errors.As(err, &large) || large.MaxDocuments != 2 || !strings.Contains(err.Error(), "User alice") {
		t.Errorf("too large: %v", err)
	}
}

// Ends written into a document let a right die at its instant with nobody's
// doing: from each instant on, the documents give nothing that the model does not give then.
//
// features: U5
func TestRightsEndByTheDocumentItself(t *testing.T) {
	noon := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	d := department(10)
	end := metav1.NewTime(noon.Add(time.Hour))
	d.RoleBindings[0].Spec.NotAfter = &end
	in, plan := planOf(worldtest.World{Declarations: d}, noon, func(in *policy.PlanInput) { in.Ends = true })
	if err := policy.Prove(proofOf(in, plan)); err != nil {
		t.Error(err)
	}
	for after, want := range map[time.Duration]bool{59*time.Minute + 59*time.Second: true, time.Hour: false, 2 * time.Hour: false} {
		later := proofOf(in, plan)
		later.At = noon.Add(after)
		if err := policy.Prove(later); err != nil {
			t.Errorf("after %v: %v", after, err)
		}
		if got := len(in.Model.Grants("u0000", later.At)) > 0; got != want {
			t.Errorf("after %v: the model grants: %v", after, got)
		}
	}
	in.Ends = false
	later := proofOf(in, policy.Plan(in))
	later.At = end.Time
	if err := policy.Prove(later); !errors.Is(err, policy.ErrNotProved) {
		t.Errorf("without ends a document outlives the right until it is rendered again: %v", err)
	}
}
