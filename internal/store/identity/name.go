package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"regexp"
	"strings"
)

// nameChars: 26 characters of base32 are 130 bits of SHA-256; two names meet by chance only after about 2^65 of them.
const nameChars = 26

// System is the namespace under which Vitrine's own identities are named, such as the gateway's. No Kubernetes namespace can bear it.
const System = "_system"

// Name derives what an object is called at the store: `v-` and 26 characters of lower-case base32, 28 in all, so that it fits every
// store. Each part goes into the hash with its length before it, so that no two objects share a name by a hyphen or dot moved.
func Name(installation, namespace, kind, name string) string {
	return derived(installation, namespace, kind, name)
}

// RoleName is Name for a role. Whom it trusts is part of it, so that with other people comes another role: a store may let sessions live on
// under a role's name when the role is gone, and whoever opened them would have what is given to those who came after.
func RoleName(installation, namespace, kind, name string, t Trust) string {
	return derived(installation, namespace, kind, name, t.Issuer, t.Audience, t.Claim, t.Value)
}

func derived(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil))
	return "v-" + strings.ToLower(text[:nameChars])
}

// Path is the IAM path of all identities of one namespace: `/vitrine/<installation>/<namespace>/`. With an empty namespace it is the
// prefix of all identities of the installation, to be listed only.
func Path(installation, namespace string) string {
	path := "/vitrine/" + installation + "/"
	if namespace == "" {
		return path
	}
	return path + namespace + "/"
}

// Ours tells whether a user or group has a path and a name as Path and Name make them, for whatever installation. What people
// make by hand below such a path has another form of name.
func Ours(h Holder) bool {
	parts := strings.Split(h.Path, "/")
	return len(parts) == 5 && parts[1] == "vitrine" && parts[2] != "" && parts[3] != "" && madeName.MatchString(h.Name)
}

// madeName is the form of the names that Name makes.
var madeName = regexp.MustCompile(`^v-[a-z2-7]{26}$`)
