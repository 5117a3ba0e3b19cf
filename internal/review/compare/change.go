package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict says in one word what a comparison came to.
type Verdict string

// The verdicts, the mildest first.
const (
	// Same: nobody may do anything else than before, at no instant from now on.
	Same Verdict = "Same"
	// Changed: something is otherwise, and nowhere wider.
	Changed Verdict = "Changed"
	// Wider: somebody may do more than before, somewhere, at some time from now on.
	Wider Verdict = "Wider"
)

// Diff is what becomes of one tenant's access.
type Diff struct {
	Namespace string    `json:"namespace"`
	At        time.Time `json:"at"`
	Verdict   Verdict   `json:"verdict"`
	// Changes of what somebody may do, by place.
	Changes []Change `json:"changes"`
	// Links whose protection, or what else is declared for them, changes.
	Links []Declared `json:"links"`
	// Declared are Users, groups, roles and Collections that change, whatever comes of it.
	Declared []Declared `json:"declared"`
	// Exposed is what is newly exposed to somebody; nil when nobody counted.
	Exposed *Exposed `json:"exposed,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// Change is what some subjects gain and lose on one place, from one instant to another.
type Change struct {
	// Subjects are Users, serviceaccount:NAME for ServiceAccounts, group:NAME for whoever holds the claim of
	// a group, group/NAME for whoever is in a group in which nobody is known, and link/NAME for whoever has
	// a link's URL.
	Subjects []string `json:"subjects"`
	Library  string   `json:"library"`
	// Path is a prefix, which ends in a slash and is empty for the whole Library, or an
	// item of a Collection.
	Path string `json:"path"`
	// Version of that item, where a link shows one version of a file instead of the current one.
	Version string `json:"version,omitempty"`
	// Except are parts of it that fare otherwise.
	Except []string `json:"except,omitempty"`
	Gains  []string `json:"gains,omitempty"`
	Loses  []string `json:"loses,omitempty"`
	// From is absent for now, Until for good.
	From  *time.Time `json:"from,omitempty"`
	Until *time.Time `json:"until,omitempty"`
	// Extended: what is gained was to end at From before.
	Extended bool `json:"extended,omitempty"`
	// Routes of what is gained in the new state, and of what is lost in the old one.
	Routes []string `json:"routes"`
	// Objects and Bytes newly exposed by it; absent when nobody counted.
	Objects *int64 `json:"objects,omitempty"`
	Bytes   *int64 `json:"bytes,omitempty"`

	finding finding
}

// Declared is a change of one object.
type Declared struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// What changes, in plain words.
	What string `json:"what"`
	// Wider: it gives somebody more, or may give somebody more.
	Wider bool `json:"wider,omitempty"`
}

// changes makes rows of what was found for a subject.
func changes(subject string, found []finding, base, head *side) []Change {
	var all []Change
	for _, f := range found {
		for _, o := range f.outcomes {
			c := Change{
				Subjects: []string{subject}, Path: shown(f.where), Version: f.version, From: utc(o.from), Until: utc(o.until), Extended: o.extended,
				Gains: o.gains.Names(), Loses: o.loses.Names(), Routes: o.by, finding: f,
			}
			for _, part := range f.except {
				c.Except = append(c.Except, shown(part))
			}
			if c.Library = head.library(f.bucket); c.Library == "" {
				c.Library = base.library(f.bucket)
			}
			all = append(all, c)
		}
	}
	return all
}

// shown is a place for people.
func shown(where string) string {
	if isPicked(where) {
		return pickedText(where)
	}
	return strings.ReplaceAll(where, anyName, "*")
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// together joins the rows that say the same of several subjects.
func together(all []Change) []Change {
	at := map[string]int{}
	var rows []Change
	for _, c := range all {
		key := fmt.Sprintf("%s\x00%s\x00%q\x00%q\x00%q\x00%d\x00%d\x00%q\x00%v\x00%v", c.Library, c.Path+"\x00"+c.Version, c.Except, c.Gains, c.Loses, unix(c.From), unix(c.Until), c.Routes, c.finding.item, c.Extended)
		if i, seen := at[key]; seen {
			rows[i].Subjects = append(rows[i].Subjects, c.Subjects...)
			continue
		}
		at[key] = len(rows)
		rows = append(rows, c)
	}
	for i := range rows {
		slices.Sort(rows[i].Subjects)
	}
	slices.SortStableFunc(rows, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Library, b.Library), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Version, b.Version), compareTimes(a.From, b.From), slices.Compare(a.Subjects, b.Subjects))
	})
	return rows
}

func (d *Diff) judge() {
	d.Verdict = Same
	if len(d.Changes)+len(d.Links)+len(d.Declared) > 0 {
		d.Verdict = Changed
	}
	wider := func(o Declared) bool { return o.Wider }
	if slices.ContainsFunc(d.Changes, func(c Change) bool { return len(c.Gains) > 0 }) || slices.ContainsFunc(d.Links, wider) || slices.ContainsFunc(d.Declared, wider) {
		d.Verdict = Wider
	}
}
