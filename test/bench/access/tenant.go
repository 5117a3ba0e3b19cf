package main

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// foldersPerLibrary keeps the policy of each bucket within its budget.
const foldersPerLibrary = 500

// tenantOf declares a tenant of so many folders: a tenth as many bindings, of groups of
// ten on two folders each, and a twentieth as many users, each in two groups; one in a
// hundred folders is restricted.
func tenantOf(folders int) access.Declarations {
	var d access.Declarations
	libraries := max(1, folders/foldersPerLibrary)
	for i := range libraries {
		l := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("lib%02d", i)}}
		l.Spec.StoreRef.Name = "default"
		l.Spec.Bucket.Name = bucketOf(folders, i)
		d.Libraries = append(d.Libraries, l)
	}
	for i := range folders {
		f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("f%05d", i)}}
		f.Spec.LibraryRef.Name = fmt.Sprintf("lib%02d", i%libraries)
		f.Spec.Path = v1alpha1.Path(fmt.Sprintf("team-%02d/project %03d/f%05d", i/libraries%20, i/libraries%200, i))
		f.Spec.Access = v1alpha1.AccessInherit
		if i%100 == 50 {
			f.Spec.Access = v1alpha1.AccessRestricted
		}
		d.Folders = append(d.Folders, f)
	}
	users := max(10, folders/20)
	for i := range users {
		d.Users = append(d.Users, v1alpha1.User{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("u%04d", i)}, Spec: v1alpha1.UserSpec{Credentials: v1alpha1.CredentialsIssue},
		})
	}
	for i := range max(1, users/5) {
		g := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("g%04d", i)}}
		for j := range min(10, users) {
			g.Spec.Members = append(g.Spec.Members, fmt.Sprintf("u%04d", (i*7+j)%users))
		}
		d.UserGroups = append(d.UserGroups, g)
	}
	for i := range max(1, folders/10) {
		b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("b%05d", i)}}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: []string{"viewer", "contributor", "manager"}[i%3]}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: d.UserGroups[i%len(d.UserGroups)].Name}}
		for j := range 2 {
			b.Spec.Targets = append(b.Spec.Targets, v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: fmt.Sprintf("f%05d", (i*7+j)%folders)})
		}
		d.RoleBindings = append(d.RoleBindings, b)
	}
	return d
}

func bucketOf(folders, library int) string { return fmt.Sprintf("bench-%d-lib%02d", folders, library) }

// at the store, as far as it matters for the cost.
func atStore(d access.Declarations) (users map[string]string, buckets map[string]policy.Buckets) {
	users, buckets = map[string]string{}, map[string]policy.Buckets{}
	for i := range d.Users {
		users[d.Users[i].Name] = fmt.Sprintf("arn:aws:iam::000000000000:user/vitrine/bench/acme/v-%026d", i)
	}
	for i := range d.Libraries {
		bucket := d.Libraries[i].Spec.Bucket.Name
		buckets[d.Libraries[i].Name] = policy.Buckets{Originals: bucket, Vitrine: asset.VitrineBucket(bucket)}
	}
	return users, buckets
}

// compileCold works everything out from nothing where policies hang on buckets:
// model, rights, documents, and the proof of every user.
func compileCold(d access.Declarations) (time.Duration, error) {
	users, buckets := atStore(d)
	before, at := cpu(), time.Now()
	m := access.New(d)
	rights := map[string][]policy.Allow{}
	for user, principal := range users {
		for _, a := range policy.Allows(user, principal, m.Grants(user, at), buckets) {
			rights[a.Bucket] = append(rights[a.Bucket], a)
		}
	}
	documents := map[string]policy.Document{}
	for bucket, allows := range rights {
		var err error
		if documents[bucket], err = policy.Render(bucket, allows, policy.Options{Ends: true}); err != nil {
			return 0, fmt.Errorf("rendering: %w", err)
		}
	}
	err := policy.Prove(policy.Proof{Documents: documents, Model: m, At: at, Users: users, Buckets: buckets, Memory: policy.NewMemory()})
	return cpu() - before, err
}

// planCold is compileCold where rights hang on identities.
func planCold(d access.Declarations) (time.Duration, error) {
	users, buckets := atStore(d)
	before, at := cpu(), time.Now()
	m := access.New(d)
	in := policy.PlanInput{
		Model: m, At: at, Users: users, Buckets: buckets, GroupsPerUser: 10,
		Options: policy.Options{MaxBytes: 20 << 10, MaxDocuments: 10, Ends: true},
	}
	for i := range d.UserGroups {
		in.Groups = append(in.Groups, d.UserGroups[i].Name)
	}
	plan := policy.Plan(in)
	for _, a := range plan {
		if a.Err != nil {
			return 0, fmt.Errorf("rendering: %w", a.Err)
		}
	}
	err := policy.Prove(policy.Proof{Attached: policy.AttachedTo(plan, users), Model: m, At: at, Users: users, Buckets: buckets, Memory: policy.NewMemory()})
	return cpu() - before, err
}
