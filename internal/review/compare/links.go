package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// linkChanges compares what one link shows, and what a visitor needs beside its URL. Either may be nil. It
// gives what the new one shows, too.
func linkChanges(was, is *side, before, after *v1alpha1.PublicLink) (found []finding, other []Declared, holds []holding) {
	var held []holding
	if before != nil {
		held = was.linkHoldings(before)
	}
	if after != nil {
		holds = is.linkHoldings(after)
	}
	found = subject(was, is, held, holds, is.now)
	if before == nil || after == nil {
		return found, nil, holds
	}
	// Protection matters while the link opens in the new state; one that never opens again widens nothing.
	opens := len(holds) > 0
	other = protections(before, after, opens)
	linkWatermark(was, is, before, after, func(wider bool, format string, args ...any) {
		other = append(other, Declared{"PublicLink", after.Name, fmt.Sprintf(format, args...), wider && opens})
	})
	return found, other, holds
}

// protections compares what a link declares beside its target and window.
func protections(before, after *v1alpha1.PublicLink, opens bool) []Declared {
	var all []Declared
	add := func(wider bool, format string, args ...any) {
		all = append(all, Declared{Kind: "PublicLink", Name: after.Name, What: fmt.Sprintf(format, args...), Wider: wider && opens})
	}
	switch was, is := before.Spec.PasswordSecretRef, after.Spec.PasswordSecretRef; {
	case was != nil && is == nil:
		add(true, "the password is removed")
	case was == nil && is != nil:
		add(false, "a password is needed from now on")
	case was != nil && *was != *is:
		add(true, "its password is another one: key %s of Secret %s instead of key %s of Secret %s", is.Key, is.Name, was.Key, was.Name)
	}
	if more := lacking(after.Spec.Renditions, before.Spec.Renditions); len(more) > 0 {
		add(true, "the renditions %s can be downloaded too", strings.Join(more, ", "))
	}
	if less := lacking(before.Spec.Renditions, after.Spec.Renditions); len(less) > 0 {
		add(false, "the renditions %s can no longer be downloaded", strings.Join(less, ", "))
	}
	shownOfFiles(&before.Spec, &after.Spec, add)
	was, is := fields(&before.Spec), fields(&after.Spec)
	for _, name := range names(was, is) {
		if reflect.DeepEqual(was[name], is[name]) || told[name] {
			continue
		}
		wider, known := judged[name]
		if !known {
			add(true, "spec.%s changes, which may open it wider: look at it", name)
			continue
		}
		add(wider(was[name], is[name]), "spec.%s changes from %s to %s", name, value(was[name]), value(is[name]))
	}
	return all
}

// shownOfFiles compares which files a link shows by what is known of them, and what it shows of that.
func shownOfFiles(before, after *v1alpha1.PublicLinkSpec, add func(wider bool, format string, args ...any)) {
	switch was, is := cmp.Or(before.Drafts, v1alpha1.DraftsHidden), cmp.Or(after.Drafts, v1alpha1.DraftsHidden); {
	case was == is:
	case is == v1alpha1.DraftsHidden:
		add(false, "drafts are hidden from now on")
	default:
		add(true, "drafts are shown too")
	}
	switch was, is := cmp.Or(before.Approval, v1alpha1.LinkApprovalAny), cmp.Or(after.Approval, v1alpha1.LinkApprovalAny); {
	case was == is:
	case is == v1alpha1.LinkApprovedOnly:
		add(false, "only approved versions are shown from now on")
	default:
		add(true, "what nobody approved is shown too")
	}
	if more := lacking(after.MetadataFields, before.MetadataFields); len(more) > 0 {
		add(true, "the fields %s of files are shown too", strings.Join(more, ", "))
	}
	if less := lacking(before.MetadataFields, after.MetadataFields); len(less) > 0 {
		add(false, "the fields %s of files are no longer shown", strings.Join(less, ", "))
	}
}

// told are the fields of a link that are compared otherwise, or that change nobody's access.
var told = map[string]bool{
	"target": true, "title": true, "message": true, "notify": true, "notBefore": true, "notAfter": true,
	"passwordSecretRef": true, "originals": true, "renditions": true, "suspend": true,
	"drafts": true, "approval": true, "metadataFields": true, "watermark": true,
}

// judged are the fields of which it is known what opens a link wider; another that changes is
// taken for a widening, so that none is passed over for being new.
var judged = map[string]func(was, is any) bool{
	"archive":  unless("Denied"),
	"comments": unless("Disabled"),
	"terms":    func(_, is any) bool { return is == nil },
	"sponsor":  func(any, any) bool { return false }, // what comes of it is when the link opens
	"rotate":   func(any, any) bool { return false }, // another URL: those who have the old one lose it
	"maxDownloads": func(was, is any) bool {
		from, limited := was.(float64)
		to, still := is.(float64)
		return limited && (!still || to > from)
	},
}

// unless tells that any other value than the strict one is wider.
func unless(strict string) func(was, is any) bool {
	return func(_, is any) bool { return is != strict }
}

// fields are a specification's, by their names in the API.
func fields(spec any) map[string]any {
	all := map[string]any{}
	text, err := json.Marshal(spec)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic("compare: " + err.Error()) // it came from JSON
	}
	return all
}

func value(v any) string {
	if v == nil {
		return "nothing"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 80
	if s := string(text); len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(string(text[:most]), "") + "…"
}

// lacking are those of some that others have not, in order.
func lacking[T ~string](some, others []T) []string {
	missing := map[string]bool{}
	for _, name := range some {
		if !slices.Contains(others, name) {
			missing[string(name)] = true
		}
	}
	return slices.Sorted(maps.Keys(missing))
}
