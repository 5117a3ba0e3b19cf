// Package adopt writes the declarations that say what a store has now, so that a bucket
// with content can be taken over as it is: additive first. What the model cannot
// express it says as comments, and leaves to a person.
package adopt

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Found is what a store has now.
type Found struct {
	Bucket string
	// Objects and Bytes in it, current versions.
	Objects, Bytes int64
	// Tops are the folders at the top, without slashes.
	Tops []string
	// Policy of the bucket; empty when it has none.
	Policy []byte
	Users  []User
	Groups []Group
	// Unread says what the caller's keys could not read.
	Unread []string
}

// User is one who can be named at the store.
type User struct {
	Name string
	// Principal is how a bucket policy names the user.
	Principal string
	// Policies are those attached to the user, by name.
	Policies map[string][]byte
}

// Group is some of the users, who have what it has.
type Group struct {
	Name string
	// Members by name.
	Members []string
	// Policies are those of the group, by name.
	Policies map[string][]byte
}

// Options say what the declarations are to be called.
type Options struct {
	Namespace string
	// Library that the bucket becomes.
	Library string
	// Store is the ObjectStore that it is at.
	Store string
}

// document is one declaration, without what a server fills in.
type document struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       any               `json:"spec"`

	comment string
}

// Export writes the declarations as YAML, comments included.
func Export(found Found, o Options) ([]byte, error) {
	x := newExport(found, o)
	var out bytes.Buffer
	comment := func(format string, args ...any) {
		fmt.Fprintf(&out, "# %s\n", printer.OneLine(fmt.Sprintf(format, args...)))
	}
	comment("What the bucket %s has now: %d objects, %d bytes. Written for review, and not applied.", found.Bucket, found.Objects, found.Bytes)
	comment("Vitrine only reports at first what differs (driftPolicy: Report), and touches no policy that is not its own.")
	comment("Its users get identities and keys of Vitrine's: hand those out before you take the old policies away.")
	comment("Rights of roles and of sessions, and of access keys with policies of their own, are not looked at.")
	for _, line := range x.unsaid {
		comment("NOT EXPRESSED: %s", line)
	}
	for _, d := range x.documents {
		out.WriteString("---\n")
		if d.comment != "" {
			comment("%s", d.comment)
		}
		text, err := yaml.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("writing the declarations: %w", err)
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// export is the work of one Export.
type export struct {
	Options
	documents []document
	unsaid    []string
	// names given so far, by kind, so that no two objects have one.
	names map[string]bool
	// folders by path, users by principal, roles by permissions: the names they got.
	folders, users, roles map[string]string
}

func newExport(found Found, o Options) *export {
	x := &export{Options: o, names: map[string]bool{}, folders: map[string]string{}, users: map[string]string{}, roles: map[string]string{}}
	x.unsaid = append(x.unsaid, found.Unread...)
	x.add("Library", o.Library, "", v1alpha1.LibrarySpec{
		StoreRef: v1alpha1.LocalReference{Name: o.Store}, Bucket: v1alpha1.Bucket{Name: found.Bucket, Management: v1alpha1.BucketAdopt},
		DeletionPolicy: v1alpha1.DeletionRetain, DriftPolicy: v1alpha1.DriftReport,
	})
	for _, top := range found.Tops {
		x.folder(top)
	}
	rights := x.read(found)
	// Only those whom the bucket's rights name are its people.
	slices.SortFunc(rights, func(a, b right) int {
		return cmp.Or(cmp.Compare(a.principal, b.principal), cmp.Compare(a.prefix, b.prefix))
	})
	for _, r := range rights {
		x.user(found, r.principal)
	}
	x.bind(rights)
	return x
}

func (x *export) add(kind, name, comment string, spec any) {
	x.names[kind+"/"+name] = true
	x.documents = append(x.documents, document{v1alpha1.GroupVersion.String(), kind, map[string]string{"name": name, "namespace": x.Namespace}, spec, comment})
}

func (x *export) skip(format string, args ...any) {
	x.unsaid = append(x.unsaid, fmt.Sprintf(format, args...))
}

// folder declares a folder, and gives its name; false for a path that no Folder can have.
func (x *export) folder(path string) (string, bool) {
	if name, done := x.folders[path]; done {
		return name, name != ""
	}
	if err := asset.CheckPath(path); err != nil || asset.Reserved(path) || len(path) > 512 {
		x.folders[path] = ""
		x.skip("the folder %q: no Folder can have this path", path)
		return "", false
	}
	name := x.name("Folder", path)
	x.folders[path] = name
	x.add("Folder", name, "", v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: x.Library}, Path: v1alpha1.Path(path)})
	return name, true
}

func (x *export) user(found Found, principal string) {
	if _, done := x.users[principal]; done {
		return
	}
	i := slices.IndexFunc(found.Users, func(u User) bool { return u.Principal == principal })
	name := x.name("User", found.Users[i].Name)
	x.users[principal] = name
	x.add("User", name, "at the store: "+found.Users[i].Name, v1alpha1.UserSpec{DisplayName: found.Users[i].Name, Credentials: v1alpha1.CredentialsNone})
}

// name makes a name out of a text, unlike every other of its kind.
func (x *export) name(kind, text string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else {
			b.WriteByte('-')
		}
	}
	const most = 63 - 4 // room for a number
	base := strings.Join(strings.FieldsFunc(b.String(), func(c rune) bool { return c == '-' }), "-")
	base = strings.Trim(base[:min(most, len(base))], "-")
	if base == "" {
		base = strings.ToLower(kind)
	}
	name := base
	for n := 2; x.names[kind+"/"+name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}

// role gives the role for some permissions, and declares it when no built-in one is the same at the store.
func (x *export) role(p access.Permissions, whole bool) v1alpha1.RoleReference {
	builtIn := map[access.Permissions]string{access.Of(access.List, access.Download): "viewer", access.Of(access.List, access.Download, access.Upload): "contributor"}
	if whole {
		builtIn = map[access.Permissions]string{access.Of(access.List, access.Download): "library-viewer"}
	}
	if name, ok := builtIn[p]; ok {
		return v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: name}
	}
	name := "store-" + strings.Join(p.Names(), "-")
	if whole {
		name = "library-" + name
	}
	if x.roles[name] == "" {
		x.roles[name] = name
		if p.Has(access.Download) {
			p = p.Union(access.Of(access.Preview)) // who may have the original may see it small
		}
		spec := v1alpha1.RoleSpec{Description: "What the store allowed before"}
		for _, word := range p.Names() {
			spec.Permissions = append(spec.Permissions, v1alpha1.Permission(word))
		}
		x.add("Role", name, "", spec)
	}
	return v1alpha1.RoleReference{Kind: v1alpha1.RoleKindRole, Name: name}
}

// maxSubjects is how many one RoleBinding may name.
const maxSubjects = 64

// bind declares a RoleBinding for each place and role.
func (x *export) bind(rights []right) {
	type grant struct {
		prefix      string
		permissions access.Permissions
	}
	subjects := map[grant][]v1alpha1.Subject{}
	var order []grant
	for _, r := range rights {
		g := grant{r.prefix, r.permissions}
		if subjects[g] == nil {
			order = append(order, g)
		}
		subjects[g] = append(subjects[g], v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: x.users[r.principal]})
	}
	slices.SortStableFunc(order, func(a, b grant) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.permissions, b.permissions))
	})
	for _, g := range order {
		target := v1alpha1.Target{Kind: v1alpha1.TargetLibrary, Name: x.Library}
		if g.prefix != "" {
			folder, ok := x.folder(strings.TrimSuffix(g.prefix, "/"))
			if !ok {
				continue // which is told
			}
			target = v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: folder}
		}
		ref := x.role(g.permissions, g.prefix == "")
		for some := range slices.Chunk(subjects[g], maxSubjects) {
			x.add("RoleBinding", x.name("RoleBinding", ref.Name+" "+target.Name), "", v1alpha1.RoleBindingSpec{
				RoleRef: ref, Subjects: some, Targets: []v1alpha1.Target{target}, Reason: "Taken over from the policies of the store",
			})
		}
	}
}

// LibraryName makes a Library's name out of a bucket's.
func LibraryName(bucket string) string {
	return newExport(Found{}, Options{}).name("Bucket", bucket)
}
