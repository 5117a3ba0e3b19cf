package policy

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Attach writes the documents that hang on one identity, a user or a group of the
// store: what the allows give, whoever they name, on all buckets. There are 1, 2, 4 …
// of them, as few as fit, at most MaxDocuments; each place has its document by
// a hash, so that a change of one place rewrites one document. Some may be empty: the
// caller then removes them. Without rights there is none. Errors are ErrResource and ErrTooLarge.
func Attach(holder string, allows []Allow, o Options) ([]Document, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	o.MaxDocuments = max(1, o.MaxDocuments)
	mine := make([]Allow, 0, len(allows))
	for _, a := range allows {
		if err := check(a); err != nil {
			return nil, fmt.Errorf("rendering the documents of %s: %w", holder, err)
		}
		a.Principal = ""
		mine = append(mine, a)
	}
	if len(mine) == 0 {
		return nil, nil
	}
	if o.Ends {
		if documents, _ := shards(foldCovered(slices.Clone(mine)), o); documents != nil {
			return documents, nil
		}
	}
	folded := foldCovered(endless(mine))
	documents, largest := shards(folded, o)
	if documents == nil {
		places := map[place]bool{}
		for _, a := range folded {
			places[place{a.Bucket, a.Resource, a.Exact}] = true
		}
		return nil, &TooLargeError{
			Holder: holder, Bytes: largest, MaxBytes: o.MaxBytes, MaxDocuments: o.MaxDocuments, Principals: 1, Resources: len(places),
		}
	}
	return documents, nil
}

// shards writes folded rights into as few documents as fit; nil when even the
// most do not, with the size of the largest then.
func shards(folded []Allow, o Options) (documents []Document, largest int) {
	for n := 1; ; n = min(2*n, o.MaxDocuments) {
		parts := make([][]Allow, n)
		for _, a := range folded {
			i := shardOf(a, n)
			parts[i] = append(parts[i], a)
		}
		documents, largest = make([]Document, n), 0
		for i, part := range parts {
			if len(part) > 0 {
				documents[i] = write(byPerson(part))
			}
			largest = max(largest, o.sizeOf(documents[i]))
		}
		if largest <= o.MaxBytes {
			return documents, largest
		}
		if n == o.MaxDocuments {
			return nil, largest
		}
	}
}

// sizeOf is the length of a document as the store gets it.
func (o Options) sizeOf(d Document) int {
	size := d.size()
	if !o.Latin1 {
		return size
	}
	for _, s := range d.statements {
		for _, r := range string(s.text) {
			if r > unicode.MaxLatin1 {
				size += len(`\u0000`)*utf16.RuneLen(r) - utf8.RuneLen(r)
			}
		}
	}
	return size
}

// shardOf places a right by its place alone, so that all verbs there stay in one statement.
func shardOf(a Allow, n int) int {
	if n == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.Bucket + "/" + a.Resource))
	return int(h.Sum32() % uint32(n))
}

// NarrowAttached is Narrow for the documents that hang on one identity, as they
// are now, with those that are missing empty. Where even what is left does not fit, it is nothing.
func NarrowAttached(holder string, now []Document, allows []Allow, o Options) ([]Document, error) {
	had, _ := rightsOf(now...)
	mine := slices.Clone(allows)
	for i := range mine {
		mine[i].Principal = ""
	}
	both, _ := common(had, mine)
	narrowed, err := Attach(holder, both, o)
	if errors.Is(err, ErrTooLarge) {
		return nil, nil
	}
	return narrowed, err
}

// HeldAttached are the rights that documents which hang on one identity give, as Allows.
func HeldAttached(now []Document) []Allow {
	had, _ := rightsOf(now...)
	return allowsOf(had)
}

// BucketsOf are the buckets that documents speak of.
func BucketsOf(documents ...Document) []string {
	given, _ := rightsOf(documents...)
	set := map[string]bool{}
	for r := range given {
		bucket, _, _ := resourceAt(r.place)
		set[bucket] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// Unreadable stands for a document of ours that somebody made unreadable: it
// is taken to give what nobody knows, so that it is written anew.
func Unreadable() Document {
	s := Statement{Sid: "VitrineUnreadable", text: []byte("{}")}
	return Document{version: version, statements: []Statement{s}}
}

// DiffAttached is Diff for the documents that hang on one identity.
func DiffAttached(a, b []Document) string {
	var one, other Document
	for _, d := range a {
		one.statements = append(one.statements, d.statements...)
	}
	for _, d := range b {
		other.statements = append(other.statements, d.statements...)
	}
	return Diff(one, other)
}
