package policy_test

import (
	"bytes"
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
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// store is what random worlds come to: a policy for each bucket.
type store struct {
	tenant  string
	model   *access.Model
	at      time.Time
	buckets map[string]policy.Buckets
	proof   policy.Proof
	allows  []policy.Allow
	judges  map[string]*evaluate.Policy
}

func render(t *rapid.T, w worldtest.World, at time.Time) store {
	return renderFor(t, "acme", w, at, policy.Options{})
}

func renderFor(t *rapid.T, tenant string, w worldtest.World, at time.Time, options policy.Options) store {
	s := store{tenant: tenant, model: access.New(w.Declarations), at: at, buckets: bucketsOf(w.Declarations), judges: map[string]*evaluate.Policy{}}
	s.proof = policy.Proof{Model: s.model, At: at, Users: map[string]string{}, Buckets: s.buckets, Documents: map[string]policy.Document{}, Others: map[string]bool{}}
	for _, u := range w.Users {
		s.proof.Users[u.Name] = s.principal(u.Name)
		s.allows = append(s.allows, policy.Allows(u.Name, s.principal(u.Name), s.model.Grants(u.Name, at), s.buckets)...)
	}
	for _, b := range s.buckets {
		for _, bucket := range []string{b.Originals, b.Vitrine} {
			doc, err := policy.Render(bucket, s.allows, options)
			if err != nil {
				t.Fatal(err)
			}
			s.proof.Documents[bucket] = doc
			if doc.Empty() {
				continue
			}
			if s.judges[bucket], err = evaluate.Compile(doc.JSON()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// principal is how somebody of the tenant is called: people of two tenants may have the same names.
func (s store) principal(user string) string {
	return strings.Replace(principal(user), "/acme/", "/"+s.tenant+"/", 1)
}

// allowed is the store's answer when its clock says so.
func (s store) allowed(user, action, bucket, object string, conditions map[string]string, clock time.Time) bool {
	judge := s.judges[bucket]
	return judge != nil && judge.Allowed(evaluate.Request{Principal: s.principal(user), Action: action, Bucket: bucket, Object: object, Conditions: conditions, At: clock})
}

// lasts is a decision, less the routes that have ended since by themselves.
func lasts(d access.Decision, clock time.Time) bool {
	return slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.NotAfter == nil || clock.Before(*r.NotAfter) })
}

// TestPoliciesSayWhatTheModelSays compares, in random worlds, the model with
// the evaluator over the rendered documents: every user, permission and file. Where
// ends are written into the documents, they are read at a later time as well: what is over then is given no more, and nothing is new.
//
// features: K2, K3, K4, K5, K6, K13, K14, P9, U4, U5
func TestPoliciesSayWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.DrawSize(t, worldtest.Odd)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		clock, options := at, policy.Options{Ends: rapid.Bool().Draw(t, "ends")}
		if options.Ends {
			clock = at.Add(time.Duration(rapid.IntRange(0, worldtest.Hours).Draw(t, "hours later")) * time.Hour)
		}
		s := renderFor(t, "acme", w, at, options)
		for _, u := range w.Users {
			for _, k := range w.Keys {
				b, known := s.buckets[k.Library]
				if !known {
					continue
				}
				bucket := b.Originals
				vitrine, object := asset.Object(k)
				if vitrine {
					bucket = b.Vitrine
				}
				ask := func(action, bucket, object string, want bool) {
					t.Helper()
					if got := s.allowed(u.Name, action, bucket, object, nil, clock); got != want {
						t.Fatalf("%s %s %s/%s: the policy says %v, the model %v", u.Name, action, bucket, object, got, want)
					}
				}
				may := func(p access.Permission) bool { return lasts(s.model.Decide(u.Name, p, k, at), clock) }
				rendition := asset.Renditions(k) + "web-0123.webp"
				for _, action := range []string{"s3:GetObject", "s3:GetObjectVersion"} {
					ask(action, bucket, object, may(access.Download))
				}
				for _, action := range []string{"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"} {
					ask(action, bucket, object, may(access.Upload))
					ask(action, b.Vitrine, rendition, false)
					ask(action, b.Vitrine, asset.FactsObject(k), false)
				}
				ask("s3:DeleteObject", bucket, object, may(access.Delete))
				if !folderAt(w, k) { // what is rendered from such a file goes with what is rendered from the folder's
					ask("s3:GetObject", b.Vitrine, rendition, may(access.Preview))
				}
				ask("s3:GetObject", b.Vitrine, asset.FactsObject(k), false)
				ask("s3:GetObjectVersion", b.Vitrine, rendition, false)
				for _, action := range []string{"s3:DeleteObjectVersion", "s3:PutObjectTagging", "s3:PutObjectAcl"} {
					ask(action, bucket, object, false)
				}
				for end := range object {
					prefix := object[:end]
					want := false
					if !vitrine {
						want = lasts(s.model.DecideList(u.Name, access.Scope{Library: k.Library, Prefix: prefix}, at), clock)
					} else if root := asset.RestrictedRoot + k.Restricted + "/"; len(prefix) >= len(root) {
						want = lasts(s.model.DecideList(u.Name, access.Scope{Library: k.Library, Restricted: k.Restricted, Prefix: prefix[len(root):]}, at), clock)
					}
					for _, action := range []string{"s3:ListBucket", "s3:ListBucketVersions"} {
						if got := s.allowed(u.Name, action, bucket, "", map[string]string{"s3:prefix": prefix}, clock); got != want {
							t.Fatalf("%s %s %s %q: the policy says %v, the model %v", u.Name, action, bucket, prefix, got, want)
						}
					}
				}
			}
		}
		if err := policy.Prove(s.proof); err != nil {
			t.Fatal(err)
		}
	})
}

// folderAt tells whether a file has the very name of a Folder.
func folderAt(w worldtest.World, k access.Key) bool {
	return slices.ContainsFunc(w.Folders, func(f v1alpha1.Folder) bool {
		return k.Restricted == "" && f.Spec.LibraryRef.Name == k.Library && string(f.Spec.Path) == k.Path
	})
}

// TestRenderIsCanonical checks that order and repetition change nothing, and
// that a document survives being read back.
//
// features: U3
func TestRenderIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		s := render(t, w, rapid.SampledFrom(w.Instants).Draw(t, "at"))
		shuffled := rapid.Permutation(append(append([]policy.Allow(nil), s.allows...), s.allows...)).Draw(t, "order")
		for bucket, doc := range s.proof.Documents {
			again, err := policy.Render(bucket, shuffled, policy.Options{})
			if err != nil || !bytes.Equal(again.JSON(), doc.JSON()) {
				t.Fatalf("another order renders\n%s\ninstead of\n%s (%v)", again.JSON(), doc.JSON(), err)
			}
			back, err := policy.Parse(doc.JSON())
			if err != nil || !bytes.Equal(back.JSON(), doc.JSON()) {
				t.Fatalf("read back it is\n%s\ninstead of\n%s (%v)", back.JSON(), doc.JSON(), err)
			}
			if diff := policy.Diff(back, doc); diff != "" || policy.Widens(doc, back) || policy.ForeignAccess(doc) {
				t.Fatalf("a document differs from itself: %q", diff)
			}
		}
	})
}

// TestProveFindsFaults renders the rights of one who has a right more, or a
// right less, than declared, for each right in turn; the proof must fail each time, around however few places it looks.
//
// features: U4
func TestProveFindsFaults(t *testing.T) {
	stronger := func(v policy.Verb) func(policy.Allow) policy.Allow {
		return func(a policy.Allow) policy.Allow { a.Verb = v; return a }
	}
	elsewhere := func(place string) func(policy.Allow) policy.Allow {
		return func(a policy.Allow) policy.Allow { a.Resource, a.Exact = place, false; return a }
	}
	instead := func(root, other string) func(policy.Allow) policy.Allow {
		return func(a policy.Allow) policy.Allow {
			if rest, below := strings.CutPrefix(a.Resource, root); below {
				a.Resource = other + rest
			}
			return a
		}
	}
	faults := map[string]func(policy.Allow) policy.Allow{
		"everything":   elsewhere(""),
		"elsewhere":    elsewhere("elsewhere/"),
		"listing":      stronger(policy.List),
		"old versions": stronger(policy.Read),
		"writing":      stronger(policy.Write),
		"deleting":     stronger(policy.Delete),
		"an answer":    elsewhere("results/alice/"),
		"old answers": func(a policy.Allow) policy.Allow {
			a.Resource, a.Exact, a.Verb = "results/alice/", false, policy.Read
			return a
		},
		"false answers":  instead("changes/", "results/"),
		"own records":    instead("results/", "changes/"),
		"somebody else":  func(a policy.Allow) policy.Allow { a.Principal = principal("leaver"); return a },
		"a folder above": func(a policy.Allow) policy.Allow { a.Resource, a.Exact = above(a.Resource), false; return a },
	}
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		s := render(t, w, worldtest.Start)
		s.proof.MaxPlaces = rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(t, "places looked around")
		right := map[string]policy.Document{}
		for bucket, doc := range s.proof.Documents {
			right[bucket] = doc
		}
		try := func(fault string, allows []policy.Allow) {
			same := true
			for bucket, before := range right {
				doc, err := policy.Render(bucket, allows, policy.Options{})
				if err != nil {
					return // what cannot even be written down is no danger
				}
				same = same && equivalent(before, doc)
				s.proof.Documents[bucket] = doc
			}
			err := policy.Prove(s.proof)
			if same && err != nil {
				t.Fatalf("%s: nothing differs, and still: %v", fault, err)
			}
			if !same && !errors.Is(err, policy.ErrNotProved) {
				t.Fatalf("%s was not found: %v", fault, err)
			}
		}
		for i, a := range s.allows {
			if i >= 12 {
				return
			}
			try(fmt.Sprintf("%+v left out", a), slices.DeleteFunc(slices.Clone(s.allows), func(b policy.Allow) bool { return a == b }))
			for name, fault := range faults {
				try(fmt.Sprintf("%s beside %+v", name, a), append(slices.Clone(s.allows), fault(a)))
			}
		}
	})
}

// TestProveFindsFaultsAmongMany gives somebody who may read more files than a proof looks around one right that
// nobody declared, beside each file in turn and on it, and takes each file's away; the proof must fail each time.
//
// features: U4
func TestProveFindsFaultsAmongMany(t *testing.T) {
	many := v1alpha1.Collection{ObjectMeta: metav1.ObjectMeta{Name: "many"}}
	many.Spec.LibraryRef.Name, many.Spec.Items = "brand", []v1alpha1.CollectionItem{{Path: "launch/*"}}
	view := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "view"}}
	view.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
	view.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "sam"}}
	view.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: many.Name}}
	d := access.Declarations{
		Libraries: libraries("brand", "acme-brand"), Users: []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "sam"}}},
		Collections: []v1alpha1.Collection{many}, RoleBindings: []v1alpha1.RoleBinding{view}, Files: map[string][]string{},
	}
	for i := range 2*policy.DefaultMaxPlaces + 3 {
		d.Files["brand"] = append(d.Files["brand"], fmt.Sprintf("launch/f%03d.jpg", i))
	}
	m, buckets := access.New(d), bucketsOf(d)
	allows := policy.Allows("sam", principal("sam"), m.Grants("sam", worldtest.Start), buckets)
	proved := func(allows []policy.Allow) error {
		proof := policy.Proof{Documents: map[string]policy.Document{}, Model: m, At: worldtest.Start, Users: map[string]string{"sam": principal("sam")}, Buckets: buckets}
		for _, bucket := range []string{"acme-brand", "acme-brand-dam"} {
			doc, err := policy.Render(bucket, allows, policy.Options{MaxBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			proof.Documents[bucket] = doc
		}
		return policy.Prove(proof)
	}
	if err := proved(allows); err != nil {
		t.Fatal(err)
	}
	for i, file := range d.Files["brand"] {
		if i%7 > 1 { // a multiple of no distance at which places are taken
			continue
		}
		for what, extra := range map[string]policy.Allow{
			"a folder beside it":        {Bucket: "acme-brand", Verb: policy.Write, Resource: file + ".secret/"},
			"a file beside it":          {Bucket: "acme-brand", Verb: policy.Read, Resource: file + ".secret", Exact: true},
			"to write it":               {Bucket: "acme-brand", Verb: policy.Write, Resource: file, Exact: true},
			"all renditions of another": {Bucket: "acme-brand-dam", Verb: policy.ReadCurrent, Resource: "renditions/" + file + ".secret/"},
		} {
			extra.Principal = principal("sam")
			if err := proved(append([]policy.Allow{extra}, allows...)); !errors.Is(err, policy.ErrNotProved) {
				t.Errorf("%s: given beside what is declared, %s was not found: %v", file, what, err)
			}
		}
		fewer := slices.DeleteFunc(slices.Clone(allows), func(a policy.Allow) bool { return a.Resource == file })
		if err := proved(fewer); !errors.Is(err, policy.ErrNotProved) {
			t.Errorf("%s: taken away, it was not missed: %v", file, err)
		}
	}
}

func above(place string) string {
	place = strings.TrimSuffix(place, "/")
	return place[:strings.LastIndexByte(place, '/')+1]
}

func equivalent(a, b policy.Document) bool { return !policy.Widens(a, b) && !policy.Widens(b, a) }
