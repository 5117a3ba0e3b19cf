package review

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// LinkList are all PublicLinks of one or more tenants.
type LinkList struct {
	At    time.Time  `json:"at"`
	Links []LinkView `json:"links"`
	Notes []string   `json:"notes,omitempty"`
}

// LinkView is a PublicLink, and what it does for the one who opens it now.
type LinkView struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Target as ParseTarget reads it.
	Target string `json:"target"`
	Title  string `json:"title,omitempty"`
	// Phase is Active when the link opens.
	Phase v1alpha1.LinkPhase `json:"phase"`
	// Why it does not open; empty when it does.
	Why string `json:"why,omitempty"`
	// Password: a visitor needs one.
	Password bool `json:"password,omitempty"`
	// Originals can be downloaded.
	Originals bool `json:"originals,omitempty"`
	// Renditions that can be downloaded, beside the previews on the page.
	Renditions []string   `json:"renditions,omitempty"`
	NotBefore  *time.Time `json:"notBefore,omitempty"`
	// Expires is when it ends; nil for never, and where its first day, from which the Library's default counts, is not known.
	Expires *time.Time `json:"expires,omitempty"`
	// TTL after its first day is when it ends, where that day is not known.
	TTL string `json:"ttl,omitempty"`
	// Assets that it shows, as last counted; nil when not known.
	Assets *int64 `json:"assets,omitempty"`
	// URLSecret in its namespace has its URL; empty when not known.
	URLSecret string `json:"urlSecret,omitempty"`
}

// AllLinks lists the PublicLinks of tenants, by namespace and name.
func AllLinks(reviews []*Review, at time.Time) *LinkList {
	all := &LinkList{At: at.UTC(), Links: []LinkView{}}
	for _, r := range reviews {
		all.Notes = append(all.Notes, r.tenant.Notes...)
		m := access.New(r.tenant.Declared)
		for i := range r.tenant.Links {
			all.Links = append(all.Links, r.linkView(m, &r.tenant.Links[i]))
		}
	}
	slices.SortFunc(all.Links, func(a, b LinkView) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// linkView judges a link as the gateway does, from what is declared and what its status tells.
func (r *Review) linkView(m *access.Model, l *v1alpha1.PublicLink) LinkView {
	_, scopeErr := m.LinkScope(l.Spec.Target)
	verdict, supposed := r.judge(m, l)
	v := LinkView{
		Namespace: r.tenant.Namespace, Name: l.Name, Target: linkTarget(l.Spec.Target), Title: l.Spec.Title,
		Phase: verdict.Phase, Password: l.Spec.PasswordSecretRef != nil, Originals: l.Spec.Originals != v1alpha1.OriginalsHidden,
		Renditions: slices.Clone(l.Spec.Renditions), NotBefore: timeOf(l.Spec.NotBefore), Assets: l.Status.Assets,
	}
	if l.Status.URLSecretRef != nil {
		v.URLSecret = l.Status.URLSecretRef.Name
	}
	switch {
	case supposed && l.Spec.NotAfter == nil && !verdict.ExpiresAt.IsZero():
		v.TTL = hours(verdict.ExpiresAt.Sub(r.at))
	case !verdict.ExpiresAt.IsZero():
		v.Expires = utc(&verdict.ExpiresAt)
	}
	v.Phase, v.Why = r.whyShut(l, verdict, scopeErr)
	return v
}

// judge gives the verdict on a link as the gateway comes to it. Supposed: its first day is not known
// here, and what is declared for it is judged as if that were the instant asked about.
func (r *Review) judge(m *access.Model, l *v1alpha1.PublicLink) (verdict link.Verdict, supposed bool) {
	_, err := m.LinkScope(l.Spec.Target)
	facts := r.linkFacts(m, l)
	facts.Available = err == nil
	if supposed = facts.FirstSeen.IsZero(); supposed {
		facts.FirstSeen = r.at
	}
	return link.Evaluate(facts, r.at), supposed
}

// linkFacts are what decides about a link, but for whether it is available.
func (r *Review) linkFacts(m *access.Model, l *v1alpha1.PublicLink) link.Facts {
	f := link.Facts{Spec: l.Spec, Frozen: r.tenant.Declared.NamespaceFrozen || v1alpha1.FreezeReason(l) != ""}
	f.Sponsored = l.Spec.Sponsor != nil && m.Sponsors(*l.Spec.Sponsor, l.Spec.Target, r.at)
	if l.Status.FirstSeen != nil {
		f.FirstSeen = l.Status.FirstSeen.Time
	}
	if library := r.library(r.linkLibrary(l)); library != nil {
		f.Defaults = library.Spec.Links
		f.Frozen = f.Frozen || v1alpha1.FreezeReason(library) != ""
	}
	return f
}

// whyShut tells in plain words why a link does not open.
func (r *Review) whyShut(l *v1alpha1.PublicLink, v link.Verdict, scopeErr error) (v1alpha1.LinkPhase, string) {
	switch v.Phase {
	case v1alpha1.LinkFrozen:
		for _, o := range []struct {
			what   string
			reason string
		}{{"the link", v1alpha1.FreezeReason(l)}, {"its Library", r.libraryFreeze(l)}, {"its namespace", orNone(r.tenant.Declared.NamespaceFrozen, r.tenant.Frozen)}} {
			if o.reason != "" {
				return v.Phase, o.what + " is frozen (" + o.reason + ")"
			}
		}
	case v1alpha1.LinkSuspended:
		return v.Phase, "spec.suspend is true"
	case v1alpha1.LinkUnsponsored:
		return v.Phase, whyUnsponsored(l.Spec.Sponsor, v.Problem)
	case v1alpha1.LinkExpired:
		return v.Phase, "its end has passed"
	case v1alpha1.LinkPending:
		return v.Phase, "notBefore has not come yet"
	case v1alpha1.LinkActive, v1alpha1.LinkUnavailable:
		if l.DeletionTimestamp != nil {
			return v1alpha1.LinkUnavailable, "it is being deleted"
		}
		if scopeErr != nil {
			return v1alpha1.LinkUnavailable, scopeErr.Error()
		}
		if ready := meta.FindStatusCondition(l.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Status == metav1.ConditionFalse {
			return v1alpha1.LinkUnavailable, ready.Message
		}
	}
	return v.Phase, ""
}

// whyUnsponsored tells what a link lacks that has not the sponsor it needs.
func whyUnsponsored(s *v1alpha1.LinkSponsor, problem string) string {
	switch {
	case s == nil:
		return "its Library requires a sponsor, and it names none"
	case problem == v1alpha1.ReasonSponsorNotAdmitted:
		return fmt.Sprintf("%s %s is not among the sponsors that its Library admits", s.Kind, s.Name)
	}
	return fmt.Sprintf("its sponsor, %s %s, does not hold the permission link on its target", s.Kind, s.Name)
}

func orNone(is bool, reason string) string {
	if !is {
		return ""
	}
	return orUnsaid(reason)
}

func (r *Review) libraryFreeze(l *v1alpha1.PublicLink) string {
	if library := r.library(r.linkLibrary(l)); library != nil {
		return v1alpha1.FreezeReason(library)
	}
	return ""
}

// linkLibrary is the Library of a link's target; empty when the target is not declared.
func (r *Review) linkLibrary(l *v1alpha1.PublicLink) string {
	switch t := l.Spec.Target; {
	case t.Folder != nil:
		if f := r.folder(t.Folder.Name); f != nil {
			return f.Spec.LibraryRef.Name
		}
	case t.Collection != nil:
		if c := r.collection(t.Collection.Name); c != nil {
			return c.Spec.LibraryRef.Name
		}
	case t.Asset != nil:
		return t.Asset.LibraryRef.Name
	}
	return ""
}

func linkTarget(t v1alpha1.LinkTarget) string {
	switch {
	case t.Folder != nil:
		return "folder/" + t.Folder.Name
	case t.Collection != nil:
		return "collection/" + t.Collection.Name
	case t.Asset != nil:
		return Target{Kind: v1alpha1.TargetLibrary, Name: t.Asset.LibraryRef.Name, Path: string(t.Asset.Path)}.String()
	}
	return ""
}

// ErrURL says that a text is not the URL of a link; it never repeats the text.
var ErrURL = errors.New("that is not the URL of a link: one ends in /l/ and 32 letters and digits")

// HashOfURL gives the SHA-256 of the token in a link's URL, which is all that a cluster
// knows of it. A bare token is taken too.
func HashOfURL(text string) (string, error) {
	text = strings.TrimSpace(text)
	if _, rest, found := strings.Cut(text, "/l/"); found {
		text = rest
	}
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		text = text[:i]
	}
	token, err := link.ParseToken(text)
	if err != nil {
		return "", ErrURL
	}
	return token.Hash(), nil
}

// FindLinks gives the links whose token has that SHA-256, in hex. One at most
// is to be expected; none when it was retired, or is not one of these tenants'.
func FindLinks(reviews []*Review, hash string, at time.Time) *LinkList {
	found := &LinkList{At: at.UTC(), Links: []LinkView{}}
	for _, r := range reviews {
		for i := range r.tenant.Links {
			if l := &r.tenant.Links[i]; l.Status.TokenHash == hash {
				found.Links = append(found.Links, r.linkView(access.New(r.tenant.Declared), l))
			}
		}
	}
	return found
}

// hours is a length of time as declarations write it: 720h rather than 720h0m0s.
func hours(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
