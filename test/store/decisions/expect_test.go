package decisions_test

import (
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// What a request means is read here from names of objects, by the layout that docs/library.md promises, and asked of the model. It shares nothing with
// package policy, so that a right that is put in the wrong place is found.

// right tells whether the model allows what is asked.
func (sc *scene) right(q question) bool { return sc.ruling(q).Allowed }

// expected is the answer that the store is to give: the model's, but for the store's known habits.
func (sc *scene) expected(q question) bool {
	o, h := operationNamed(q.Operation), sc.at.habits
	if h.forNobody(o) || sc.atDots(q) {
		return false
	}
	switch {
	case h.takesTags && o.name == "put with tags":
		return sc.decide(q, writes, q.Bucket, q.Name).Allowed
	case h.namesBuckets && o.about == theStore:
		return slices.ContainsFunc(sc.buckets, func(bucket string) bool { return sc.decide(q, listsAll, bucket, "").Allowed })
	}
	if h.forgetsVersions {
		switch o.need { //nolint:exhaustive // the others name no version
		case recalls:
			return sc.decide(q, reads, q.Bucket, q.Name).Allowed
		case copiesOld:
			return sc.decide(q, reads, q.SourceBucket, q.SourceName).Allowed && sc.decide(q, writes, q.Bucket, q.Name).Allowed
		}
	}
	if o.need == copiesOld && h.copiesByName {
		named := q.SourceName + "?versionId=" + sc.version(q.SourceBucket, q.SourceName)
		return sc.decide(q, reads, q.SourceBucket, named).Allowed && sc.decide(q, writes, q.Bucket, q.Name).Allowed
	}
	return sc.right(q)
}

// ruling is the model's answer; without routes where it is not one of the model's rights alone.
func (sc *scene) ruling(q question) access.Decision {
	o := operationNamed(q.Operation)
	if o.about == theStore {
		return access.Decision{}
	}
	switch o.need { //nolint:exhaustive // the others are as they say
	case never:
		return access.Decision{}
	case copies, copiesOld:
		source := reads
		if o.need == copiesOld {
			source = recalls
		}
		if from := sc.decide(q, source, q.SourceBucket, q.SourceName); !from.Allowed {
			return from
		}
		return sc.decide(q, writes, q.Bucket, q.Name)
	}
	return sc.decide(q, o.need, q.Bucket, q.Name)
}

// refused tells whether a listing is declared, and refused because the store's prefix conditions cannot be trusted. A misleading one
// speaks of such a listing, whatever it asks for.
func (sc *scene) refused(q question) bool {
	o := operationNamed(q.Operation)
	if o.need != lists || sc.at.prefixes || sc.right(q) {
		return false
	}
	declared := *sc
	declared.at.prefixes = true
	return declared.right(q) || o.misleads && declared.decide(q, lists, q.Bucket, q.SourceName).Allowed
}

// decide asks the model about one name, or two where the store takes one for the other.
func (sc *scene) decide(q question, n need, bucket, name string) access.Decision {
	if bare, mark := strings.CutSuffix(name, "/"); mark && n != lists && n != listsAll && sc.at.habits.eitherSlash {
		if d := sc.judge(q, n, bucket, name+"mark"); d.Allowed {
			return d
		}
		return sc.judge(q, n, bucket, bare)
	}
	return sc.judge(q, n, bucket, name)
}

func (sc *scene) judge(q question, n need, bucket, name string) access.Decision {
	home := sc.homes[bucket]
	if home.tenant.namespace != q.Tenant {
		return access.Decision{} // nobody reaches another tenant's buckets
	}
	a := asking{tenant: home.tenant, user: q.Subject, library: home.library, need: n}
	if n != lists && sc.at.habits.dropsSlash {
		name = strings.TrimSuffix(name, "/")
	}
	if n == lists && !sc.at.prefixes {
		a.need = listsAll
	}
	switch {
	case a.need == listsAll && home.vitrine:
		return access.Decision{}
	case a.need == listsAll:
		return a.file("", "")
	case !home.vitrine:
		return a.file("", name)
	}
	return a.vitrine(name)
}

// asking is what one User of a tenant wants in one Library.
type asking struct {
	tenant  *tenant
	user    string
	library string
	need    need
}

// file judges an original, or a listing of originals, in the open bucket or in a restricted Folder's root.
func (a asking) file(restricted, path string) access.Decision {
	var p access.Permission
	switch a.need {
	case reads, recalls:
		p = access.Download
	case writes, parts:
		p = access.Upload
	case removes:
		p = access.Delete
	case lists, listsAll:
		return a.tenant.model.DecideList(a.user, access.Scope{Library: a.library, Restricted: restricted, Prefix: path}, a.tenant.at)
	default:
		return access.Decision{}
	}
	return a.may(p, restricted, path)
}

func (a asking) may(p access.Permission, restricted, path string) access.Decision {
	return a.tenant.model.Decide(a.user, p, access.Key{Library: a.library, Restricted: restricted, Path: path}, a.tenant.at)
}

// vitrine judges what is in the Library's second bucket.
func (a asking) vitrine(name string) access.Decision {
	top, rest, within := strings.Cut(name, "/")
	if !within {
		return access.Decision{}
	}
	switch top {
	case "restricted":
		if folder, path, within := strings.Cut(rest, "/"); within {
			return a.file(folder, path)
		}
	case "renditions":
		return a.rendition("", rest)
	case "restricted-renditions":
		if folder, path, within := strings.Cut(rest, "/"); within {
			return a.rendition(folder, path)
		}
	case "changes", "results":
		if whose, _, within := strings.Cut(rest, "/"); within && whose == a.user && (a.need == writes || a.need == reads) {
			return a.changes()
		}
	}
	return access.Decision{}
}

// rendition judges what is rendered from a file: it lies below the file's own path, which is one of those that its name leads through. It is never
// listed, and only what is current can be seen.
func (a asking) rendition(restricted, name string) access.Decision {
	if a.need != reads {
		return access.Decision{}
	}
	// What covers a folder covers all renditions there, whichever part of the name is the file's; a member of a Collection is one path.
	through := a.may(access.Preview, restricted, name)
	through.Routes = slices.DeleteFunc(through.Routes, func(r access.Route) bool { return r.Target.Kind == v1alpha1.TargetCollection })
	for i, c := range name {
		if c == '/' && i > 0 {
			through.Routes = append(through.Routes, a.may(access.Preview, restricted, name[:i]).Routes...)
		}
	}
	through.Allowed = len(through.Routes) > 0
	return through
}

// changes judges whether somebody may put and read records of changes, and the answers, below their own name: whoever may change something anywhere
// in the Library.
func (a asking) changes() access.Decision {
	anywhere := []access.Key{{Path: "a file"}}
	for _, f := range a.tenant.world.Folders {
		if scope, ok := a.tenant.model.FolderScope(f.Name); ok && scope.Library == a.library {
			anywhere = append(anywhere, access.Key{Restricted: scope.Restricted, Path: scope.Prefix + "a file"})
		}
	}
	for _, k := range anywhere {
		for _, p := range []access.Permission{access.Upload, access.Describe, access.Publish, access.Approve, access.Delete, access.Restricted} {
			if d := a.may(p, k.Restricted, k.Path); d.Allowed {
				return d
			}
		}
	}
	return access.Decision{}
}
