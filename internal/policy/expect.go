package policy

import (
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// What a request means, read from the names of objects, is the other way
// round than in Allows, and written apart from it on purpose: were the two one, a
// mistake in where things are would prove itself.

// ofUser says what is right for one user in one library.
type ofUser struct {
	user, library string
	reach         *access.Reach
	// wholeListsOnly: see Proof.
	wholeListsOnly bool
}

// permissionFor is the permission that lets an action on an original through.
func permissionFor(action string) access.Permission {
	switch action {
	case "s3:GetObject", "s3:GetObjectVersion":
		return access.Download
	case "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts":
		return access.Upload
	case "s3:DeleteObject":
		return access.Delete
	}
	return 0
}

func (o *ofUser) originals(action, name string, listing bool) bool {
	return o.at("", action, name, listing)
}

// at judges the originals of a restricted Folder, or of the open bucket.
func (o *ofUser) at(restricted, action, name string, listing bool) bool {
	if listing && o.wholeListsOnly {
		return restricted == "" && o.reach.MayList(access.Scope{Library: o.library})
	}
	if listing {
		return o.reach.MayList(access.Scope{Library: o.library, Restricted: restricted, Prefix: name})
	}
	p := permissionFor(action)
	if name == "" { // the root's own name with its slash
		return o.reach.MayBelow(p, access.Scope{Library: o.library, Restricted: restricted})
	}
	return o.reach.May(p, access.Key{Library: o.library, Restricted: restricted, Path: name})
}

func (o *ofUser) vitrine(action, name string, listing bool) bool {
	top, rest, below := strings.Cut(name, "/")
	switch top {
	case "restricted":
		folder, path, within := strings.Cut(rest, "/")
		return within && folder != "" && o.at(folder, action, path, listing)
	case "renditions":
		return below && !listing && action == "s3:GetObject" && o.sees("", rest)
	case "restricted-renditions":
		folder, path, within := strings.Cut(rest, "/")
		return within && folder != "" && !listing && action == "s3:GetObject" && o.sees(folder, path)
	case "changes", "results":
		return !listing && (action == "s3:GetObject" || action == "s3:PutObject") && o.asks(rest)
	}
	return false
}

// asks tells whether a place is the user's own, and the user somebody who may ask for changes in this library.
func (o *ofUser) asks(place string) bool {
	whose, _, within := strings.Cut(place, "/")
	asking := access.Of(access.Upload, access.Describe, access.Publish, access.Approve, access.Delete, access.Restricted)
	return within && whose == o.user && !access.IsSession(o.user) && o.reach.MayAnywhere(asking, o.library)
}

// own are places of the user's own, to be looked at whatever is granted and given.
func (o *ofUser) own() []string {
	return []string{"changes/" + o.user + "/", "results/" + o.user + "/"}
}

// sees judges what is rendered: it lies below the path of its original, which
// is one of the folders that its own name leads through.
func (o *ofUser) sees(restricted, name string) bool {
	if o.reach.MayBelow(access.Preview, access.Scope{Library: o.library, Restricted: restricted, Prefix: name}) {
		return true
	}
	for i, c := range name {
		if c == '/' && o.reach.May(access.Preview, access.Key{Library: o.library, Restricted: restricted, Path: name[:i]}) {
			return true
		}
	}
	return false
}

// ofLinks says what is right for the gateway in one library.
type ofLinks struct{ links []LinkRights }

func reads(action string) bool { return action == "s3:GetObject" || action == "s3:GetObjectVersion" }

func (o *ofLinks) originals(action, name string, listing bool) bool {
	return !listing && reads(action) && o.shows("", name, true)
}

func (o *ofLinks) vitrine(action, name string, listing bool) bool {
	if listing {
		return false
	}
	for _, l := range o.links {
		if action == "s3:GetObject" && l.Catalog != "" && l.Catalog == name {
			return true
		}
	}
	top, rest, below := strings.Cut(name, "/")
	switch top {
	case "restricted":
		folder, path, within := strings.Cut(rest, "/")
		return within && folder != "" && reads(action) && o.shows(folder, path, true)
	case "renditions":
		return below && action == "s3:GetObject" && o.shows("", rest, false)
	case "restricted-renditions":
		folder, path, within := strings.Cut(rest, "/")
		return within && folder != "" && action == "s3:GetObject" && o.shows(folder, path, false)
	}
	return false
}

// shows tells whether a live link shows an original, or what is rendered from one.
func (o *ofLinks) shows(restricted, name string, original bool) bool {
	for _, l := range o.links {
		if original && !l.Originals || !original && !l.Renditions {
			continue
		}
		for _, scope := range l.Scopes {
			if scope.Restricted == restricted && strings.HasPrefix(name, scope.Prefix) {
				return true
			}
		}
		for _, k := range l.Keys {
			if k.Restricted != restricted {
				continue
			}
			if k.Path == name && original || !original && strings.HasPrefix(name, k.Path+"/") {
				return true
			}
		}
	}
	return false
}
