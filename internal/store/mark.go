package store

import (
	"fmt"
	"maps"
	"regexp"

	"github.com/minio/minio-go/v7/pkg/tags"
)

// Role says what a marked bucket is for.
type Role string

// The two buckets of a Library, and the throw-away one of a probe.
const (
	RoleOriginals Role = "originals"
	RoleVitrine   Role = "vitrine"
	roleProbe     Role = "probe"
)

// Mark says whose a bucket is. It lives in the bucket's tags, which every store keeps, which survive the cluster, and which no
// person's key may change. Tags of others beside it are kept.
type Mark struct {
	Installation string
	Namespace    string
	Library      string
	Role         Role
}

// The tag keys of a mark.
const (
	tagInstallation = "dam.vitrine.dev/installation"
	tagNamespace    = "dam.vitrine.dev/namespace"
	tagLibrary      = "dam.vitrine.dev/library"
	tagRole         = "dam.vitrine.dev/role"
)

// String tells the mark in words fit for a condition.
func (m Mark) String() string {
	return fmt.Sprintf("%s bucket of Library %s/%s, installation %s", m.Role, m.Namespace, m.Library, m.Installation)
}

// tagText is what stores allow in a tag's value, without the blanks and signs nobody needs in a name.
var tagText = regexp.MustCompile(`^[A-Za-z0-9._:/@+=-]{1,256}$`)

func (m Mark) validate() error {
	for _, part := range []string{m.Installation, m.Namespace, m.Library, string(m.Role)} {
		if !tagText.MatchString(part) {
			return fmt.Errorf("a mark needs installation, namespace, library and role, each fit for a tag: %w", ErrInvalid)
		}
	}
	return nil
}

// markOf reads the mark from a bucket's tags; nil when no tag of ours is there. A mark with parts missing is a mark all the same, one
// that equals nobody's: somebody tampered with it, and that is no reason to claim the bucket.
func markOf(all map[string]string) *Mark {
	m := Mark{
		Installation: all[tagInstallation],
		Namespace:    all[tagNamespace],
		Library:      all[tagLibrary],
		Role:         Role(all[tagRole]),
	}
	if m == (Mark{}) {
		return nil
	}
	return &m
}

// tagSet gives the tags to write: the foreign ones as they were, and the mark unless it is nil.
func tagSet(foreign map[string]string, m *Mark) (*tags.Tags, error) {
	all := maps.Clone(foreign)
	if all == nil {
		all = map[string]string{}
	}
	if m != nil {
		all[tagInstallation] = m.Installation
		all[tagNamespace] = m.Namespace
		all[tagLibrary] = m.Library
		all[tagRole] = string(m.Role)
	}
	return tags.NewTags(all, false)
}

func foreignTags(all map[string]string) map[string]string {
	foreign := maps.Clone(all)
	for _, key := range []string{tagInstallation, tagNamespace, tagLibrary, tagRole} {
		delete(foreign, key)
	}
	return foreign
}
