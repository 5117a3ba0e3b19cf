package minio

import (
	"regexp"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// MinIO has no paths. A path of ours is written into the names of groups, with dots for slashes, which no part of a path has:
//
//	/vitrine/eu-prod/acme/   vitrine.eu-prod.acme.users     the group that all users of the path are in: their place
//	                         vitrine.eu-prod.acme.v-…       a group of the path
//
// A place has no policies and so gives no rights.
const place = "users"

var pathText = regexp.MustCompile(`^/([a-z0-9_-]+/)+$`)

// groupName is what a group of that path and name is called at the store.
func groupName(path, name string) (string, error) {
	if !pathText.MatchString(path) || name == "" || strings.Contains(name, ".") {
		return "", &conn.Error{Op: "name a group", Kind: conn.ErrInvalid, Message: "MinIO needs a path of lower-case letters, digits, hyphens and slashes, and has " + path + name}
	}
	return strings.ReplaceAll(strings.Trim(path, "/"), "/", ".") + "." + name, nil
}

// splitGroup takes the name of a group apart; false when it is none of that form, so none of ours.
func splitGroup(group string) (path, name string, ok bool) {
	cut := strings.LastIndexByte(group, '.')
	if cut < 0 || strings.Contains(group, "/") {
		return "", "", false
	}
	path, name = "/"+strings.ReplaceAll(group[:cut], ".", "/")+"/", group[cut+1:]
	return path, name, pathText.MatchString(path) && name != ""
}

// placeOf finds the path of a user among the groups that the user is in; empty when none is a place.
func placeOf(groups []string) string {
	found := ""
	for _, group := range groups {
		path, name, ok := splitGroup(group)
		if ok && name == place && (found == "" || path < found) {
			found = path
		}
	}
	return found
}
