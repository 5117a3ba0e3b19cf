package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// recorded gives the rows of a place's catalog, and wants nothing to be there that it does not name.
func (w *world) recorded(place string) ([]asset.PlaceRow, error) {
	bucket := w.name + "-brand-dam"
	head, err := fetch(w.ctx, w.root(), bucket, asset.PlaceObject(place))
	if err != nil {
		return nil, err
	}
	c, err := asset.DecodePlaceCatalog([]byte(head))
	if err != nil {
		return nil, err
	}
	want := []string{asset.PlaceObject(place)}
	var rows []asset.PlaceRow
	for _, p := range c.Parts {
		object := asset.PartObject(place, p.Name)
		want = append(want, object)
		data, err := fetch(w.ctx, w.root(), bucket, object)
		if err != nil {
			return nil, err
		}
		part, err := asset.OpenPart([]byte(data), p)
		if err != nil {
			return nil, err
		}
		if err := part.All(func(r *asset.PlaceRow) error { rows = append(rows, *r); return nil }); err != nil {
			return nil, err
		}
	}
	there, err := list(w.ctx, w.root(), bucket, asset.PlacePrefix(place))
	slices.Sort(want)
	if diff := cmp.Diff(want, there); err == nil && diff != "" {
		err = fmt.Errorf("there are other objects (-want +got):\n%s", diff)
	}
	return rows, err
}

// records wants a place's catalog to say what the objects say of these files, and nothing of others.
func (w *world) records(place string, paths ...string) error {
	rows, err := w.recorded(place)
	if err != nil {
		return err
	}
	var got []string
	for i := range rows {
		r := &rows[i]
		got = append(got, r.Path)
		key, bucket := access.Key{Library: "brand", Restricted: place, Path: r.Path}, w.name+"-brand-dam"
		says := map[string]string{}
		if r.Facts != nil {
			says[asset.FactsObject(key)] = r.Facts.ETag
		}
		if r.Metadata != nil {
			says[asset.MetaObject(key)] = r.Metadata.ETag
		}
		if r.State != nil {
			says[asset.StateObject(key)] = r.State.ETag
		}
		for _, a := range r.Approvals {
			says[asset.ApprovalObject(key, a.Says.VersionID)] = a.ETag
		}
		is := map[string]string{}
		for _, prefix := range []string{asset.FactsObject(key), asset.MetaObject(key), asset.StateObject(key), asset.ApprovalsPrefix(key)} {
			for o := range w.root().ListObjects(w.ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
				if o.Err != nil {
					return o.Err
				}
				is[o.Key] = strings.Trim(o.ETag, `"`)
			}
		}
		if diff := cmp.Diff(is, says); diff != "" || r.Facts == nil || r.Facts.Says.ETag != r.ETag {
			return fmt.Errorf("of %s it says something else (-objects +catalog):\n%s", r.Path, diff)
		}
	}
	if diff := cmp.Diff(paths, got); diff != "" {
		return fmt.Errorf("it tells of other files (-want +got):\n%s", diff)
	}
	return nil
}

// readings count the reads of what is known of files.
type readings struct {
	mu sync.Mutex
	of map[string]int
	// parts sees each change to a part of a catalog ahead of it, if there is one.
	parts atomic.Pointer[func(operation, object string)]
}

func (r *readings) hook(c store.Call) error {
	_, object, _ := strings.Cut(c.Resource, "/")
	root, _, _ := strings.Cut(object, "/")
	if _, part, _ := asset.PlaceOf(object); part != "" && c.Mutates {
		if see := r.parts.Load(); see != nil {
			(*see)(c.Operation, object)
		}
	}
	if c.Operation == "GetObject" {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.of[root]++
	}
	return nil
}

// known gives how often facts, metadata, states and approvals were read, and begins anew.
func (r *readings) known() [4]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := [4]int{r.of["facts"], r.of["meta"], r.of["state"], r.of["approvals"]}
	r.of = map[string]int{}
	return n
}

// What a Library holds is in the catalogs of its places: a manager that starts reads what changed and nothing else, nobody's key reads
// them, and whatever becomes of them, they come back.
//
// features: A1.1, A1.2, D7, K2
func TestCatalogsOfPlaces(t *testing.T) {
	onEachStore(t, "places", func(w *world) {
		w.stopManager()
		w.settings.CatalogInterval = time.Second
		w.startManager(nil)
		alice, _, _ := w.opensStudio()
		w.apply(libraryOfStudio)
		w.ready(&v1alpha1.RoleBinding{}, "lara-keeps")
		bucket := w.name + "-brand"
		w.must(put(w.ctx, w.root(), bucket+"-dam", "restricted/embargo/c.txt", "content of c"))
		w.describes("launch/a.txt")
		whole := func(what string) {
			w.Helper()
			w.eventually(what, 60*time.Second, func() error {
				return errors.Join(w.records("", "launch/a.txt", "launch/raw/b.txt"), w.records("embargo", "c.txt"))
			})
		}
		whole("the catalogs tell of all files, each of its own")

		for who, key := range map[string]*minio.Client{"alice": alice, "lara": w.as("lara")} {
			for _, place := range []string{"", "embargo"} {
				if err := denied(reads(w, key, bucket+"-dam", asset.PlaceObject(place))); err != nil {
					t.Errorf("%s reads the catalog of %q: %v", who, place, err)
				}
				if _, err := list(w.ctx, key, bucket+"-dam", asset.PlacePrefix(place)); denied(err) != nil {
					t.Errorf("%s lists the catalog of %q: %v", who, place, err)
				}
			}
		}

		w.stopManager()
		w.describes("launch/raw/b.txt")
		counted := &readings{of: map[string]int{}}
		w.startManager(counted.hook)
		whole("what was said meanwhile is in the catalog")
		if n := counted.known(); n != [4]int{0, 1, 1, 1} {
			t.Errorf("facts, metadata, states and approvals were read %v times, though one file was described", n)
		}

		// Whatever becomes of it while the manager runs, it is written again, from what is remembered.
		w.must(put(w.ctx, w.root(), bucket+"-dam", asset.PlaceObject(""), "vitrine place 1\nsomething else"))
		objects, err := list(w.ctx, w.root(), bucket+"-dam", asset.PlacePrefix("embargo"))
		w.must(err)
		for _, object := range objects {
			w.must(w.root().RemoveObject(w.ctx, bucket+"-dam", object, minio.RemoveObjectOptions{}))
		}
		whole("what was destroyed is written again")
		if n := counted.known(); n != [4]int{} {
			t.Errorf("facts, metadata, states and approvals were read %v times", n)
		}

		// One that cannot be read when the manager starts is made of the objects.
		w.stopManager()
		head, err := fetch(w.ctx, w.root(), bucket+"-dam", asset.PlaceObject(""))
		w.must(err)
		w.must(put(w.ctx, w.root(), bucket+"-dam", asset.PlaceObject(""), string(bytes.Replace([]byte(head), []byte("place 1"), []byte("place 2"), 1))))
		w.startManager(counted.hook)
		whole("one of another version is written again")
		if n := counted.known(); n != [4]int{2, 2, 2, 2} {
			t.Errorf("facts, metadata, states and approvals of two files were read %v times", n)
		}

		// One that is being written when the Library goes is on its way to the store until the end is over.
		var late atomic.Pointer[string]
		var removals atomic.Int32
		goOn := make(chan struct{})
		release := sync.OnceFunc(func() { close(goOn) })
		defer release()
		see := func(operation, object string) {
			switch {
			case operation == "PutObject" && late.CompareAndSwap(nil, &object):
				<-goOn
			case operation == "DeleteObject" && late.Load() != nil && object == *late.Load():
				removals.Add(1)
			}
		}
		counted.parts.Store(&see)
		w.must(put(w.ctx, w.root(), bucket, "launch/z.txt", "content of z"))
		w.eventually("a part is being written", 60*time.Second, func() error {
			if late.Load() == nil {
				return errors.New("none is")
			}
			return nil
		})
		w.delete(&v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "brand"}})
		w.gone(&v1alpha1.Library{}, w.namespace, "brand")
		none := func() error {
			there, err := list(w.ctx, w.root(), bucket+"-dam", asset.PlacesRoot)
			if err == nil && len(there) > 0 {
				err = fmt.Errorf("there are %v", there)
			}
			return err
		}
		w.must(none())
		release()
		w.eventually("no catalog outlives the Library", 60*time.Second, func() error {
			if removals.Load() == 0 {
				return fmt.Errorf("%s was not removed", *late.Load())
			}
			return none()
		})
	})
}
