package gateway

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// passwordKey is the key of a link's Secret in the gateway's namespace that holds the PHC string.
const passwordKey = "password"

// Snapshot is everything that cluster state says of one link at one instant.
type Snapshot struct {
	// Namespace and Name of the PublicLink, for logs.
	Namespace, Name string
	// Facts decide whether it is open.
	Facts link.Facts
	// Binding is what sessions and signatures hold for.
	Binding link.Binding
	// Protected: a password is demanded. PasswordHash is empty while it has not arrived.
	Protected    bool
	PasswordHash store.Secret
	// Heartbeat is when the manager last showed that it lives; zero when it never did.
	Heartbeat time.Time
	// Title and Message for the page, Contact for every page.
	Title, Message, Contact string
	// Store names the ObjectStore; Originals and Vitrine are the Library's buckets in it.
	Store, Originals, Vitrine string
	// Catalog is the object in Vitrine's bucket that lists what the link shows.
	Catalog string
	// HideOriginals, and the presets that are offered beside thumb and preview.
	HideOriginals bool
	Presets       []string
	// Watermark that every picture bears, by name; empty for none.
	Watermark string
	// OnRequest are the presets whose pictures are rendered when somebody first asks for one.
	OnRequest []string
}

// sources are the objects that a Snapshot is made of; nil where there is none.
type sources struct {
	link      *v1alpha1.PublicLink
	library   *v1alpha1.Library
	store     *v1alpha1.ObjectStore
	namespace *corev1.Namespace
	password  *corev1.Secret
	heartbeat time.Time
}

// compile makes a Snapshot, or nil when there is no link that could be served.
func compile(s sources) *Snapshot {
	l := s.link
	// The id must follow from the hash: a status that says otherwise was not written by the manager.
	if l == nil || l.DeletionTimestamp != nil || l.Status.TokenHash == "" || l.Status.ID != link.ID(l.Status.TokenHash) {
		return nil
	}
	snap := &Snapshot{
		Namespace: l.Namespace, Name: l.Name,
		Facts:     link.Facts{Spec: l.Spec},
		Binding:   link.Binding{LinkID: l.Status.ID, UID: string(l.UID), Generation: l.Generation},
		Protected: l.Spec.PasswordSecretRef != nil,
		Heartbeat: s.heartbeat,
		Title:     l.Spec.Title, Message: l.Spec.Message,
		Catalog:       l.Status.Catalog,
		HideOriginals: l.Spec.Originals != v1alpha1.OriginalsDownload || l.Spec.Watermark != "",
		Presets:       l.Spec.Renditions,
		Watermark:     l.Spec.Watermark,
	}
	if l.Status.FirstSeen != nil {
		snap.Facts.FirstSeen = l.Status.FirstSeen.Time
	}
	if snap.Protected && s.password != nil {
		phc := string(s.password.Data[passwordKey])
		snap.PasswordHash = store.Secret(phc)
		snap.Binding.Password = link.PasswordVersion(phc)
	}
	// Only a verdict on this very sponsor opens: until the manager has judged another one, the link stays shut.
	snap.Facts.Sponsored = l.Spec.Sponsor != nil && l.Status.SponsoredBy != nil && *l.Status.SponsoredBy == *l.Spec.Sponsor
	snap.Facts.Frozen = v1alpha1.FreezeReason(l) != "" || (s.namespace != nil && v1alpha1.FreezeReason(s.namespace) != "")
	if s.library != nil {
		snap.Facts.Frozen = snap.Facts.Frozen || v1alpha1.FreezeReason(s.library) != ""
		snap.Facts.Defaults = s.library.Spec.Links
		snap.Originals = s.library.Spec.Bucket.Name
		snap.Vitrine = asset.VitrineBucket(snap.Originals)
		snap.Store = s.library.Spec.StoreRef.Name
		for _, p := range s.library.Spec.Renditions {
			if p.When == v1alpha1.RenderOnRequest && snap.Watermark == "" { // with the watermark of a link they are made unasked
				snap.OnRequest = append(snap.OnRequest, p.Name)
			}
		}
		if s.library.Spec.Links != nil {
			snap.Contact = s.library.Spec.Links.Contact
		}
	}
	snap.Facts.Available = available(s)
	return snap
}

// available tells whether everything that the link needs is there. The phase in
// status can only take away here: nothing is opened because a status says so.
func available(s sources) bool {
	switch {
	case s.link.Status.Phase == v1alpha1.LinkUnavailable:
	case !strings.HasPrefix(s.link.Status.Catalog, asset.CatalogRoot):
	case s.namespace == nil || s.namespace.DeletionTimestamp != nil:
	case s.library == nil || s.library.DeletionTimestamp != nil:
	case s.store == nil || s.store.DeletionTimestamp != nil:
	default:
		bucket := s.library.Spec.Bucket.Name
		return s.store.Admits(s.library.Namespace, bucket) && s.store.Admits(s.library.Namespace, asset.VitrineBucket(bucket))
	}
	return false
}
