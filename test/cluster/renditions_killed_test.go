package cluster

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// A run is so many images, and each is rendered by the presets that every Library has.
const (
	imagesOfARun    = 2000
	presetsOfARun   = 2
	workersOfARun   = 4 // as many pods of a Job run at once
	imagesOfAnIndex = 200
)

// What a worker has in hand it may have stored without having written the facts, or without having heard that it is stored: that is
// made again, and nothing else. A worker has two images in hand for each decoder, and a decoder for each processor. The killed worker
// leaves its own, and when the store is killed each of the workers does.
func mostMadeAgain() int { return (1 + workersOfARun) * 2 * runtime.NumCPU() }

// A worker, the manager and the store are killed in the middle of a run: it loses nothing, and repeats nothing but what was in hand.
// features: D13
func TestARunSurvivesTheDeathOfEachPart(t *testing.T) {
	w := newWorld(t, "killed")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.Library{}, "brand")
	w.stopManager() // so that all images are of one run
	uploads, ctx := errgroup.WithContext(w.ctx)
	uploads.SetLimit(8)
	for i := range imagesOfARun {
		uploads.Go(func() error { return put(ctx, w.root(), "killed-brand", runKey(i), smallPicture(i)) })
	}
	w.must(uploads.Wait())
	w.startManager(nil)

	w.eventually("a worker is killed in the middle of its index", 60*time.Second, func() error {
		made := w.made()
		for _, worker := range w.workers() {
			if n := made[worker.index]; n < imagesOfAnIndex/4 || n > 3*imagesOfAnIndex/4 {
				continue
			}
			if err := syscall.Kill(worker.pid, syscall.SIGKILL); err != nil {
				return err
			}
			return nil
		}
		return fmt.Errorf("there are %v, and facts of %v", w.workers(), made)
	})
	w.stopManager()
	alone := w.madeInAll()
	w.eventually("workers go on without a manager", 60*time.Second, func() error { return atLeast(w.madeInAll(), alone+imagesOfAnIndex) })
	w.startManager(nil)
	w.eventually("more than half is made", 60*time.Second, func() error { return atLeast(w.madeInAll(), imagesOfARun/2) })
	busy := w.workers()
	w.must(w.bed.store.KillS3(w.ctx))
	if made := w.madeInAll(); made >= imagesOfARun || len(busy) == 0 {
		t.Fatalf("%d are made by %v: the store was killed too late to tell anything", made, busy)
	}

	library := &v1alpha1.Library{}
	w.eventually("all is made", 120*time.Second, func() error {
		w.get(library, "brand")
		if r := library.Status.Renditions; r == nil || *r.Done != imagesOfARun || *r.Wanted != imagesOfARun || *r.Failed != 0 || r.Job != "" {
			return fmt.Errorf("status %+v, facts %v", r, w.made())
		}
		return nil
	})
	w.nothingIsLost()
	again := w.versions("renditions/") - presetsOfARun*imagesOfARun
	if most := presetsOfARun * mostMadeAgain(); again > most {
		t.Errorf("%d pictures were made again, and at most %d were in hand", again, most)
	}
	facts := w.versions("facts/") - imagesOfARun
	if facts > mostMadeAgain() {
		t.Errorf("%d facts were written again, and at most %d were in hand", facts, mostMadeAgain())
	}
	t.Logf("%d pictures and %d facts of %d images were made again", again, facts, imagesOfARun)
}

// nothingIsLost compares what there is of each original with what is wanted.
func (w *world) nothingIsLost() {
	w.Helper()
	stored, err := list(w.ctx, w.root(), "killed-brand-dam", "renditions/")
	w.must(err)
	var wanted []string
	etags := map[string]string{}
	for o := range w.root().ListObjects(w.ctx, "killed-brand", minio.ListObjectsOptions{Recursive: true}) {
		w.must(o.Err)
		etags[o.Key] = rendition.TrimETag(o.ETag)
		for _, p := range rendition.BuiltIn() {
			wanted = append(wanted, "renditions/"+o.Key+"/"+rendition.ObjectName(p, etags[o.Key], nil))
		}
	}
	slices.Sort(wanted)
	slices.Sort(stored)
	if len(etags) != imagesOfARun || !slices.Equal(wanted, stored) {
		w.Fatalf("of %d originals there are %d pictures, and not the %d that are wanted", len(etags), len(stored), len(wanted))
	}
	for key, etag := range etags {
		text, err := fetch(w.ctx, w.root(), "killed-brand-dam", "facts/"+key+".json")
		w.must(err)
		facts, err := asset.DecodeFacts(strings.NewReader(text))
		w.must(err)
		var names []string
		for _, r := range facts.Renditions {
			names = append(names, "renditions/"+key+"/"+r.Object)
		}
		slices.Sort(names)
		at, _ := slices.BinarySearch(stored, "renditions/"+key+"/")
		if facts.ETag != etag || facts.Error != nil || facts.Width != 32 || facts.Height != 24 || !slices.Equal(names, stored[at:at+presetsOfARun]) {
			w.Errorf("%s has facts %+v, and there are %v", key, facts, stored[at:at+presetsOfARun])
		}
	}
}

// versions counts those of all objects below a prefix.
func (w *world) versions(prefix string) (n int) {
	w.Helper()
	kept, err := w.root().GetBucketVersioning(w.ctx, "killed-brand-dam")
	w.must(err)
	if !kept.Enabled() {
		w.Fatal("the bucket keeps no versions to count")
	}
	for o := range w.root().ListObjects(w.ctx, "killed-brand-dam", minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}) {
		w.must(o.Err)
		n++
	}
	return n
}

// made counts images that have facts, by index of the Job.
func (w *world) made() (made [imagesOfARun / imagesOfAnIndex]int) {
	w.Helper()
	keys, err := list(w.ctx, w.root(), "killed-brand-dam", "facts/")
	w.must(err)
	for _, key := range keys {
		var n int
		if _, err := fmt.Sscanf(key, "facts/launch/%04d.jpg.json", &n); err != nil {
			w.Fatalf("%s: %v", key, err)
		}
		made[n/imagesOfAnIndex]++
	}
	return made
}

func (w *world) madeInAll() (n int) {
	w.Helper()
	for _, of := range w.made() {
		n += of
	}
	return n
}

func atLeast(n, least int) error {
	if n < least {
		return fmt.Errorf("%d, and not yet %d", n, least)
	}
	return nil
}

// worker is a process that renders.
type worker struct{ pid, index int }

// workers are those that the bed's runner has running: their manifests are below its folder.
func (w *world) workers() (all []worker) {
	w.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	w.must(err)
	for _, line := range lines {
		command, err := os.ReadFile(line)
		if err != nil || !strings.Contains(string(command), "--manifest-dir="+w.bed.jobs+"/") {
			continue // it has ended, or is something else
		}
		environment, err := os.ReadFile(filepath.Join(filepath.Dir(line), "environ"))
		if err != nil {
			continue
		}
		for variable := range strings.SplitSeq(string(environment), "\x00") {
			if text, is := strings.CutPrefix(variable, "JOB_COMPLETION_INDEX="); is {
				pid, errPID := strconv.Atoi(filepath.Base(filepath.Dir(line)))
				index, errIndex := strconv.Atoi(text)
				w.must(errPID)
				w.must(errIndex)
				all = append(all, worker{pid, index})
			}
		}
	}
	return all
}

func runKey(i int) string { return fmt.Sprintf("launch/%04d.jpg", i) }

// smallPicture is one of 32 by 24 pixels that differs from all others of a run.
func smallPicture(i int) string {
	img := image.NewRGBA(image.Rect(0, 0, 32, 24))
	for y := range 24 {
		for x := range 32 {
			img.Set(x, y, color.RGBA{uint8(8 * x), uint8(i), uint8(i >> 4), 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer takes everything
	// What follows the end of a picture is no part of it, and makes its ETag differ whatever the encoder rounds.
	return b.String() + strconv.Itoa(i)
}
