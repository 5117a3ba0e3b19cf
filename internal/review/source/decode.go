package source

import (
	"bytes"
	"runtime"
	"sync"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/atonce"
)

// decoding decodes objects while others are still being read: strict YAML is most of what reading a tenant of
// ten thousand costs, and no object needs another. They come out in the order in which they were found.
type decoding struct {
	// known are objects that were decoded before, by what they were decoded from.
	known map[source]object
	found []*decoded
	work  chan *decoded
	done  sync.WaitGroup
}

// source is what an object is decoded from.
type source struct{ kind, text string }

// decoded is a document, and then the object in it.
type decoded struct {
	source
	where string

	object object
	err    error
	fault  any
}

// newDecoding begins with a way to decode one; end must be called.
func newDecoding(known map[source]object, decode func(text []byte, where, kind string) (object, error)) *decoding {
	d := &decoding{known: known, work: make(chan *decoded, 64)}
	for range runtime.GOMAXPROCS(0) {
		d.done.Go(func() {
			for one := range d.work {
				one.fault = atonce.Caught(func() { one.object, one.err = decode([]byte(one.text), one.where, one.kind) })
			}
		})
	}
	return d
}

// begin decodes a document that holds an object of our group.
func (d *decoding) begin(text []byte, where, kind string) {
	one := &decoded{source: source{kind, string(text)}, where: where}
	d.found = append(d.found, one)
	known, before := d.known[one.source]
	if !before {
		d.work <- one
		return
	}
	one.object = known
	one.object.where = where
}

// end gives all of them, in order and by what they were decoded from, or the first error by that order.
func (d *decoding) end() ([]object, map[source]object, error) {
	close(d.work)
	d.done.Wait()
	var objects []object
	from := make(map[source]object, len(d.found))
	for _, one := range d.found {
		if one.fault != nil {
			panic(one.fault)
		}
		if one.err != nil {
			return nil, nil, one.err
		}
		objects = append(objects, one.object)
		from[one.source] = one.object
	}
	return objects, from, nil
}

var ownHeader = []byte("\napiVersion: " + v1alpha1.GroupVersion.String() + "\n")

// plainly is the kind of a document that is an object of our group beyond doubt: it is written in blocks, as nearly all are, with both
// words as they are on lines of their own. Empty for all others, which have to be understood to be known. It spares
// reading every document twice; whether the rest of it is right, decoding tells.
func plainly(text []byte) string {
	first := bytes.IndexByte(text, ':')
	if first < 0 || !isWord(text[:first]) || first+1 == len(text) || text[first+1] != ' ' && text[first+1] != '\n' {
		return ""
	}
	if !bytes.HasPrefix(text, ownHeader[1:]) && !bytes.Contains(text, ownHeader) {
		return ""
	}
	for line := range bytes.Lines(text) {
		if kind, is := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("kind: ")); is && isWord(kind) {
			return string(kind)
		}
	}
	return ""
}

// isWord tells whether there are letters, and nothing else.
func isWord(text []byte) bool {
	letter := func(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
	for _, c := range text {
		if !letter(c) {
			return false
		}
	}
	return len(text) > 0
}
