package decisions_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// question is one thing that somebody asks of the store.
type question struct {
	// Tenant and Subject are who asks: a person of that namespace.
	Tenant, Subject string
	Operation       string
	Bucket          string
	// Name of the object, or the prefix of a listing.
	Name string
	// SourceBucket and SourceName are where to copy from; SourceName is also the prefix that a misleading listing speaks of.
	SourceBucket, SourceName string
}

func (q question) String() string {
	s := fmt.Sprintf("%s/%s: %s %s %q", q.Tenant, q.Subject, q.Operation, q.Bucket, q.Name)
	if q.SourceBucket != "" {
		s += fmt.Sprintf(" from %s %q", q.SourceBucket, q.SourceName)
	}
	return s
}

// redraws is how often a question is drawn again for one that the model answers as wanted. Most that can be asked is denied, and
// the many ways to be denied prove little without the many to be allowed.
const redraws = 96

// draw makes up a question. Of those that somebody may ask, half are to be allowed, if that can be had, and a quarter to be denied by
// little: an allowed one is asked of a name nearby. Where listings of folders are refused, half of the listings are such.
func (sc *scene) draw(r *rand.Rand) question {
	o := sc.operations[r.IntN(len(sc.operations))]
	if o.need == never {
		return sc.drawFor(r, o)
	}
	if o.need == lists && !sc.at.prefixes && r.IntN(2) == 0 {
		var q question
		for range redraws {
			if q = sc.drawFor(r, o); sc.refused(q) {
				break
			}
		}
		return q
	}
	wanted, nearby := true, false
	switch r.IntN(4) {
	case 0:
		wanted = false
	case 1:
		nearby = true
	}
	var q question
	for range redraws {
		if q = sc.drawFor(r, o); sc.right(q) == wanted {
			break
		}
	}
	if nearby {
		for range redraws / 8 {
			beside := q
			switch {
			case o.source && r.IntN(2) == 0:
				beside.SourceName = near(r, q.SourceName)
			case o.misleads: // speaking of what may be listed, and asking for what may not
				beside.Name, beside.SourceName = near(r, q.Name), q.Name
			default:
				beside.Name = near(r, q.Name)
			}
			if !sc.right(beside) {
				return beside
			}
		}
	}
	return q
}

func (sc *scene) drawFor(r *rand.Rand, o operation) question {
	bucket := choose(r, sc.buckets)
	who := sc.homes[bucket].tenant
	if r.IntN(8) == 0 {
		who = choose(r, sc.tenants)
	}
	q := question{Tenant: who.namespace, Subject: choose(r, who.people()), Operation: o.name, Bucket: bucket}
	switch {
	case o.need == lists:
		q.Name = sc.drawPrefix(r, bucket)
	case o.about == theStore:
		q.Bucket = ""
	case o.about == anObject, o.changes():
		q.Name = sc.drawName(r, bucket)
	}
	if o.source {
		q.SourceBucket = bucket
		if r.IntN(3) == 0 {
			q.SourceBucket = choose(r, sc.buckets)
		}
		q.SourceName = sc.drawName(r, q.SourceBucket)
	}
	if o.misleads {
		q.SourceName = sc.drawPrefix(r, bucket)
	}
	return q
}

func choose[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// drawName gives an object that is there, or one nearby that is not.
func (sc *scene) drawName(r *rand.Rand, bucket string) string {
	name := sc.drawThere(r, bucket)
	switch r.IntN(8) {
	case 0: // what is in the other bucket, under the same name
		return choose(r, sc.names[sc.homes[bucket].beside])
	case 1, 2:
		return near(r, name)
	case 3:
		return name[:strings.LastIndexByte(name, '/')+1] + "new.jpg"
	}
	return name
}

// near gives a name that is easily taken for another, or for one in the same place.
func near(r *rand.Rand, name string) string {
	var ends []int // of the segments
	for i, c := range name {
		if c == '/' && i > 0 {
			ends = append(ends, i)
		}
	}
	end := choose(r, append(ends, len(name)))
	before, after := name[:end], name[end:]
	switch r.IntN(8) {
	case 0, 1: // the segment begins alike and is longer
		name = before + choose(r, []string{"2", "-2", " 2", "x", "/x"}) + after
	case 2: // or shorter
		name = before[:len(before)-last(before)] + after
	case 3: // in another case
		name = strings.ToUpper(before) + after
	case 4: // above the folder
		name = before[:strings.LastIndexByte(before, '/')+1] + "new.jpg"
	case 5: // below the file, as if it were a folder
		name += "/new.jpg"
	case 6: // the folder itself, as some tools make one
		name = strings.TrimSuffix(before, "/") + "/"
	default: // without the folder
		name = before[:strings.LastIndexByte(before, '/')+1] + strings.TrimPrefix(after, "/")
	}
	if name == "" || strings.HasPrefix(name, "/") || strings.Contains(name, "//") {
		return "new.jpg"
	}
	return name
}

// drawThere gives an object that is there; what Collections and restricted Folders are about more often than the rest.
func (sc *scene) drawThere(r *rand.Rand, bucket string) string {
	home := sc.homes[bucket]
	from := sc.names[bucket]
	switch r.IntN(4) {
	case 0:
		for _, c := range home.tenant.world.Collections {
			members, _ := home.tenant.model.Members(c.Name)
			if len(members) == 0 || members[0].Library != home.library || r.IntN(2) == 0 {
				continue
			}
			member := choose(r, members).Path
			if home.vitrine {
				member = "renditions/" + member + "/web-0123.webp"
			}
			return member
		}
	case 1:
		if restricted := slices.DeleteFunc(slices.Clone(from), func(name string) bool { return !strings.HasPrefix(name, "restricted") }); len(restricted) > 0 {
			from = restricted
		}
	}
	return choose(r, from)
}

func last(s string) int {
	_, n := utf8.DecodeLastRuneInString(s)
	return n
}

// drawPrefix gives what a listing may ask for: a folder, the beginning of a name cut anywhere, or nothing.
func (sc *scene) drawPrefix(r *rand.Rand, bucket string) string {
	name := choose(r, sc.names[bucket])
	if r.IntN(6) == 0 {
		name = choose(r, sc.names[sc.homes[bucket].beside])
	}
	switch r.IntN(8) {
	case 0:
		return ""
	case 1:
		return name
	case 2, 3: // anywhere between two letters
		end := r.IntN(len(name) + 1)
		for end < len(name) && !utf8.RuneStart(name[end]) {
			end++
		}
		return name[:end]
	}
	folder := name[:strings.LastIndexByte(name, '/')+1]
	for r.IntN(3) == 0 {
		folder = folder[:strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')+1]
	}
	if r.IntN(5) == 0 {
		return strings.TrimSuffix(folder, "/")
	}
	return folder
}
