package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// libraryAt is one Library as the compiler treats it.
type libraryAt struct {
	*v1alpha1.Library
	// gives: grants on it come into force. A Library that is going, not admitted
	// or in conflict gives nothing, and what it gave is taken away.
	gives bool
	// refused is why it gives nothing, when that is not its deletion.
	refused error
	// unlisted are Collections whose members are not known, since its files, or what was said of them, are not.
	unlisted []v1alpha1.Collection
	// unknown is why: errNotYet, or what to tell when a look at the Library failed.
	unknown error
}

func (l libraryAt) buckets() policy.Buckets {
	return policy.Buckets{Originals: l.Spec.Bucket.Name, Vitrine: asset.VitrineBucket(l.Spec.Bucket.Name)}
}

// librariesAt picks the Libraries at a store.
func (r *AccessReconciler) librariesAt(ctx context.Context, connection Connection, tenant *Tenant, objectStore string) ([]libraryAt, error) {
	var list []libraryAt
	for i := range tenant.Declared.Libraries {
		library := &tenant.Declared.Libraries[i]
		if library.Spec.StoreRef.Name != objectStore {
			continue
		}
		err := r.mayHave(ctx, connection.Declared, library)
		var refused *failure
		if err != nil && (!errors.As(err, &refused) || refused.state != stalled) {
			return nil, err // what is not known yet takes nothing away
		}
		at := libraryAt{Library: library, gives: err == nil && library.DeletionTimestamp.IsZero(), refused: err}
		if at.gives { // to this model, which may be older than the inventory
			if at.unlisted = unlistedOf(tenant, library.Name); len(at.unlisted) > 0 {
				key := client.ObjectKeyFromObject(library)
				r.Notices.wake(assetsController, key, 0)
				at.unknown = errNotYet
				if r.Inventory.gaveUp(key) {
					at.unknown = wait(v1alpha1.ReasonProgressing, "what the Library holds could not be listed, so Collections with patterns keep what they had; trying again", r.Settings.SweepInterval)
				}
			}
		}
		list = append(list, at)
	}
	return list, nil
}

// unlistedOf gives the Collections of a Library whose members are not known yet.
func unlistedOf(tenant *Tenant, library string) []v1alpha1.Collection {
	var list []v1alpha1.Collection
	if _, known := tenant.Declared.Files[library]; !known {
		list = patternsOf(tenant, library)
	}
	if tenant.Holdings[library] == nil {
		for _, c := range tenant.Declared.Collections {
			if c.Spec.LibraryRef.Name == library && c.Spec.Selector != nil && !slices.ContainsFunc(list, func(l v1alpha1.Collection) bool { return l.Name == c.Name }) {
				list = append(list, c)
			}
		}
	}
	return list
}

// patternsOf gives the Collections of a Library that have patterns.
func patternsOf(tenant *Tenant, library string) []v1alpha1.Collection {
	var list []v1alpha1.Collection
	for _, c := range tenant.Declared.Collections {
		if c.Spec.LibraryRef.Name == library && slices.ContainsFunc(c.Spec.Items, func(i v1alpha1.CollectionItem) bool { return access.IsPattern(i.Path) }) {
			list = append(list, c)
		}
	}
	return list
}

// stays tells of what a document gives at an unlisted Library whether it may
// come from a pattern or a selector: a right on one file, or its renditions, whose path
// may be a member's, held by somebody to whom the Collection is granted; or the gateway's on a folder in which there may be
// such files, see policy.Cover. After a restart Collections would otherwise seem
// to have lost their members, and everybody their access to them.
func (made *rendering) stays(tenant *Tenant, library libraryAt) func(policy.Allow) bool {
	holders := map[string][]v1alpha1.Collection{} // by principal
	for _, c := range library.unlisted {
		for i := range tenant.Declared.RoleBindings {
			b := &tenant.Declared.RoleBindings[i]
			phase, _ := phaseOf(b.Spec.NotBefore, b.Spec.NotAfter, made.at)
			if phase != v1alpha1.PhaseActive || !slices.Contains(b.Spec.Targets, v1alpha1.Target{Kind: v1alpha1.TargetCollection, Name: c.Name}) {
				continue
			}
			for _, user := range tenant.Model.BindingSubjects(b.Name) {
				if principal := made.principals.users[user]; principal != "" {
					holders[principal] = append(holders[principal], c)
				}
			}
			for _, subject := range b.Spec.Subjects {
				if subject.Kind == v1alpha1.SubjectUserGroup {
					holders[groupPrincipal(subject.Name)] = append(holders[groupPrincipal(subject.Name)], c)
				}
			}
		}
		for i := range tenant.Links {
			l := &tenant.Links[i]
			if of := l.Spec.Target.Collection; of != nil && of.Name == c.Name && l.DeletionTimestamp.IsZero() && linkVerdict(tenant, l, made.at).Open() {
				holders[made.principals.gateway] = append(holders[made.principals.gateway], c)
			}
		}
	}
	folders := map[string]bool{"": true} // what is given on these comes from no Collection
	for i := range tenant.Declared.Folders {
		if f := &tenant.Declared.Folders[i]; f.Spec.LibraryRef.Name == library.Name {
			folders[string(f.Spec.Path)] = true
		}
	}
	return func(a policy.Allow) bool {
		path, rendered := strings.CutPrefix(a.Resource, asset.RenditionsRoot)
		path = strings.TrimSuffix(path, "/")
		covers := !a.Exact && a.Principal == made.principals.gateway
		if !a.Exact && (!rendered && !covers || folders[path] && path != "") {
			return false
		}
		return slices.ContainsFunc(holders[a.Principal], func(c v1alpha1.Collection) bool {
			return c.Spec.Selector != nil || slices.ContainsFunc(c.Spec.Items, func(i v1alpha1.CollectionItem) bool {
				return access.Match(i.Path, path) || covers && access.MatchBelow(i.Path, path)
			})
		})
	}
}

// groupPrincipal stands for a group where principals are compared. No policy names it.
func groupPrincipal(name string) string { return "UserGroup/" + name }

// rendering is what a tenant's policies at a store should be, and from what.
type rendering struct {
	at         time.Time
	model      *access.Model
	principals principals
	links      []policy.LinkRights
	// buckets of the Libraries that give something.
	buckets  map[string]policy.Buckets
	policies []bucketPolicy
	// attachments are what is to hang on identities, where rights hang on them;
	// that of the gateway's group has no subject. failed is why they do not come into force: what is there is narrowed to them.
	attachments []policy.Attachment
	failed      error
	// wholeListsOnly: see policy.Proof.
	wholeListsOnly bool
	// kept tell what of what hangs on an identity is kept beside what is planned, one for each Library that was not listed.
	kept []func(policy.Allow) bool
	// unproved are the users whose documents are only narrowed, and gatewayMember.
	unproved map[string]bool
	// memory of earlier passes.
	memory *memory
}

// bucketPolicy is what one bucket's policy should be.
type bucketPolicy struct {
	library libraryAt
	bucket  string
	mark    store.Mark
	wanted  policy.Document
	// allows are what wanted was rendered from.
	allows []policy.Allow
	// failed is why wanted does not come into force: what is there is narrowed to it instead.
	failed error
	// stays tells what of that is kept beside what wanted gives; nil for nothing.
	stays func(policy.Allow) bool
}

// render turns what the tenant declares into the policy of each bucket.
func (r *AccessReconciler) render(ctx context.Context, connection Connection, tenant *Tenant, libraries []libraryAt, now time.Time) (rendering, error) {
	who, err := r.principals(ctx, connection, tenant)
	if err != nil {
		return rendering{}, err
	}
	made := rendering{
		at: now, model: tenant.Model, principals: who, buckets: map[string]policy.Buckets{},
		memory: r.memories.get(tenantAt{tenant.Namespace, connection.Declared.Name}),
	}
	for _, library := range libraries {
		if library.gives {
			made.buckets[library.Name] = library.buckets()
		}
	}
	if who.gateway != "" {
		made.links = r.linkRights(tenant, made.buckets, now)
	}
	made.wholeListsOnly = wholeListsOnly(connection.Declared)
	allows := map[string][]policy.Allow{} // by bucket
	if _, is := byIdentity(connection.Declared); is {
		made.plan(tenant, connection.Declared, nil)
	} else {
		allows = made.inBuckets()
	}
	options := optionsOf(connection.Declared)
	for _, library := range libraries {
		var stays func(policy.Allow) bool
		if len(library.unlisted) > 0 {
			stays = made.stays(tenant, library)
			b := library.buckets()
			made.kept = append(made.kept, func(a policy.Allow) bool {
				return (a.Bucket == b.Originals || a.Bucket == b.Vitrine) && stays(a)
			})
		}
		originals, vitrine := marks(connection.Declared, library.Library)
		for _, b := range []struct {
			bucket string
			mark   store.Mark
		}{{library.buckets().Originals, originals}, {library.buckets().Vitrine, vitrine}} {
			wanted, err := made.memory.render(b.bucket, allows[b.bucket], options)
			if err == nil && stays != nil {
				err = library.unknown
			}
			made.policies = append(made.policies, bucketPolicy{library: library, bucket: b.bucket, mark: b.mark, wanted: wanted, allows: allows[b.bucket], failed: err, stays: stays})
		}
	}
	return made, nil
}

// inBuckets are the rights of all, by the bucket whose policy gives them.
func (made *rendering) inBuckets() map[string][]policy.Allow {
	allows := map[string][]policy.Allow{}
	for _, user := range slices.Sorted(maps.Keys(made.principals.users)) {
		given := policy.Allows(user, made.principals.users[user], made.model.Grants(user, made.at), made.buckets)
		if made.wholeListsOnly {
			given = policy.WholeLists(given)
		}
		sortInto(allows, given)
	}
	if made.principals.gateway != "" {
		sortInto(allows, policy.LinkAllows(made.principals.gateway, made.links...))
	}
	return allows
}

func sortInto(byBucket map[string][]policy.Allow, allows []policy.Allow) {
	for _, a := range allows {
		byBucket[a.Bucket] = append(byBucket[a.Bucket], a)
	}
}

// onlyTakeAway keeps everything from coming into force that is not already.
func (made *rendering) onlyTakeAway(why error) {
	made.failed = why
	for i := range made.policies {
		made.policies[i].failed = why
	}
}

// prove has a judge that shares no code with the renderer compare what was
// rendered with the model. A Library whose policy does not fit is left out: it
// is only narrowed.
func (made *rendering) prove() error {
	proof := policy.Proof{
		Documents: map[string]policy.Document{}, Model: made.model, At: made.at, Users: made.principals.users, Buckets: map[string]policy.Buckets{},
		Gateway: made.principals.gateway, Others: map[string]bool{}, Memory: made.memory.proved, WholeListsOnly: made.wholeListsOnly,
	}
	made.attachedTo(&proof)
	left := map[string]bool{}
	for _, p := range made.policies {
		left[p.library.Name] = left[p.library.Name] || p.failed != nil
	}
	for _, p := range made.policies {
		if !left[p.library.Name] {
			proof.Documents[p.bucket] = p.wanted
		}
	}
	of := map[policy.Buckets]bool{}
	for library, buckets := range made.buckets {
		if !left[library] {
			proof.Buckets[library] = buckets
			of[buckets] = true
		}
	}
	for _, l := range made.links {
		if of[l.Buckets] {
			proof.Links = append(proof.Links, l)
		}
	}
	if err := policy.Prove(proof); err != nil {
		return stall(v1alpha1.ReasonPolicyNotProved, "the policies as rendered do not say what is declared, so nothing was applied; this is a fault in Vitrine, please report it: %v", err)
	}
	return nil
}

// principals are who of the tenant the store knows, and the gateway.
type principals struct {
	// users, and other subjects that are there, by the model's names.
	users map[string]string
	// sessions are the roles that are wanted, by subject.
	sessions map[string]store.SessionRole
	// refused is why other sessions have nothing, by subject.
	refused map[string]error
	// claims are whose tokens name a policy by their claim, by subject, and claimBytes is what one may have.
	claims     map[string]store.Trust
	claimBytes int
	gateway    string
}

// principals asks the store who is there: a policy that names somebody who is
// not would be refused as a whole.
func (r *AccessReconciler) principals(ctx context.Context, connection Connection, tenant *Tenant) (principals, error) {
	found := principals{users: map[string]string{}}
	installation := connection.Declared.Spec.InstallationID
	there, err := connection.Identities.List(ctx, store.IdentityPath(installation, tenant.Namespace))
	if err != nil {
		return found, fmt.Errorf("listing the tenant's identities: %w", err)
	}
	byName := make(map[string]store.Identity, len(there))
	for _, identity := range there {
		byName[identity.Name] = identity
	}
	for i := range tenant.Declared.Users {
		user := &tenant.Declared.Users[i]
		if identity, ok := byName[userIdentity(connection.Declared, tenant.Namespace, user.Name).Name]; ok && user.Spec.Credentials == v1alpha1.CredentialsIssue {
			found.users[user.Name] = connection.Identities.Principal(identity)
		}
	}
	if err := r.sessionPrincipals(ctx, connection, tenant, &found); err != nil {
		return found, err
	}
	system, err := connection.Identities.List(ctx, store.IdentityPath(installation, store.SystemNamespace))
	if err != nil {
		return found, fmt.Errorf("listing Vitrine's own identities: %w", err)
	}
	gateway := gatewayIdentity(connection.Declared)
	for _, identity := range system {
		if identity.Name == gateway.Name {
			found.gateway = connection.Identities.Principal(identity)
		}
	}
	return found, nil
}

// linkRights are what the gateway needs for the links that open now.
func (r *AccessReconciler) linkRights(tenant *Tenant, buckets map[string]policy.Buckets, now time.Time) []policy.LinkRights {
	var rights []policy.LinkRights
	for i := range tenant.Links {
		obj := &tenant.Links[i]
		if obj.Status.TokenHash == "" || obj.Status.Catalog == "" || !obj.DeletionTimestamp.IsZero() || !linkVerdict(tenant, obj, now).Open() {
			continue
		}
		shown, err := tenant.Model.LinkScope(obj.Spec.Target)
		if err != nil {
			continue
		}
		of, ok := buckets[shown.Library]
		if !ok {
			continue
		}
		needs := policy.LinkRights{
			Buckets: of, Catalog: obj.Status.Catalog,
			Originals: obj.Spec.Originals != v1alpha1.OriginalsHidden && obj.Spec.Watermark == "", Renditions: true, Keys: shown.Keys,
		}
		if shown.Scope != nil {
			needs.Scopes = []access.Scope{*shown.Scope}
		}
		rights = append(rights, needs)
	}
	return policy.Cover(rights)
}

// linkVerdict judges a link from what is declared, as the gateway does.
func linkVerdict(tenant *Tenant, obj *v1alpha1.PublicLink, now time.Time) link.Verdict {
	facts := link.Facts{
		Spec: obj.Spec, Sponsored: sponsorOf(tenant, obj, now) != nil,
		Frozen: v1alpha1.FreezeReason(obj) != "" || tenant.Frozen != "", Available: true,
	}
	if obj.Status.FirstSeen != nil {
		facts.FirstSeen = obj.Status.FirstSeen.Time
	}
	if library := libraryNamed(tenant, obj.Status.Library); library != nil {
		facts.Defaults = library.Spec.Links
		facts.Frozen = facts.Frozen || v1alpha1.FreezeReason(library) != ""
	}
	return link.Evaluate(facts, now)
}

// attachedTo puts what hangs on identities into a proof. Whoever's documents do
// not come into force as planned is left out: they are only narrowed.
func (made *rendering) attachedTo(proof *policy.Proof) {
	if made.attachments == nil {
		return
	}
	if made.failed != nil {
		proof.Users, proof.Gateway, proof.Links = nil, "", nil
		return
	}
	who := maps.Clone(made.principals.users)
	who[gatewayMember] = made.principals.gateway
	proof.Attached = policy.AttachedTo(made.attachments, who)
	proof.Users = maps.Clone(made.principals.users)
	for user := range made.unproved {
		delete(proof.Users, user)
	}
	if made.unproved[gatewayMember] {
		proof.Gateway, proof.Links = "", nil
	}
}
