package main

import (
	"context"
	"errors"
	"image"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/hack/pictures"
)

func TestConclude(t *testing.T) {
	broken := errors.New("the store does not answer")
	stuck := errors.New("etcd does not end")
	for name, c := range map[string]struct {
		ending ending
		want   []string
		status int
	}{
		"all checks passed": {
			ending{checks: 90, tally: tally{passed: 90}},
			[]string{"demo: 90 passed, 0 failed"}, 0,
		},
		"a chapter cannot be shown here: no check failed, and it is named": {
			ending{checks: 80, tally: tally{passed: 80}, notShown: []string{"Not shown: A group by claim"}},
			[]string{"Not shown: A group by claim", "demo: 80 passed, 0 failed"}, 0,
		},
		"a check failed": {
			ending{checks: 90, tally: tally{passed: 89, failed: 1}},
			[]string{"demo: 89 passed, 1 failed"}, 1,
		},
		"it did not come up": {
			ending{checks: 90, stopped: broken},
			[]string{"The demo could not go on: the store does not answer", "demo: 0 passed, 1 failed, 90 not run"}, 1,
		},
		"interrupted while it came up, which ends that with an error": {
			ending{checks: 90, stopped: context.Canceled, interrupted: true},
			[]string{"Interrupted: 90 of 90 checks were not run", "demo: 0 passed, 0 failed, 90 not run"}, 1,
		},
		"interrupted half-way: what was not run passed nothing": {
			ending{checks: 90, tally: tally{passed: 12}, interrupted: true},
			[]string{"Interrupted: 78 of 90 checks were not run", "demo: 12 passed, 0 failed, 78 not run"}, 1,
		},
		"interrupted in a check that gave an error": {
			ending{checks: 90, tally: tally{passed: 12, failed: 1}, interrupted: true},
			[]string{"Interrupted: 77 of 90 checks were not run", "demo: 12 passed, 1 failed, 77 not run"}, 1,
		},
		"interrupted in the last check, which passed": {
			ending{checks: 90, tally: tally{passed: 90}, interrupted: true},
			[]string{"demo: 90 passed, 0 failed"}, 0,
		},
		"all passed, and it could not be torn down": {
			ending{checks: 90, tally: tally{passed: 90}, down: stuck},
			[]string{"The demo could not be torn down: etcd does not end", "demo: 90 passed, 1 failed"}, 1,
		},
		"interrupted, and it could not be torn down": {
			ending{checks: 90, tally: tally{passed: 12}, interrupted: true, down: stuck},
			[]string{"Interrupted: 78 of 90 checks were not run", "The demo could not be torn down: etcd does not end", "demo: 12 passed, 1 failed, 78 not run"}, 1,
		},
		"neither up nor down": {
			ending{checks: 90, stopped: broken, down: stuck},
			[]string{"The demo could not go on: the store does not answer", "The demo could not be torn down: etcd does not end", "demo: 0 passed, 2 failed, 90 not run"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, status := c.ending.conclude()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
			if status != c.status {
				t.Errorf("the exit status is %d, wanted %d", status, c.status)
			}
		})
	}
}

// The check under way counts by what it gave; those behind it are not run.
func TestCheckEndsWithTheSignal(t *testing.T) {
	for name, c := range map[string]struct {
		gives error
		want  tally
	}{
		"the check passed all the same": {nil, tally{passed: 2}},
		"the check gave an error":       {errors.New("cut short"), tally{passed: 1, failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			passes := check{"passes", func(context.Context, *demo) error { return nil }}
			during := check{"is interrupted", func(context.Context, *demo) error {
				interrupt()
				return c.gives
			}}
			todo := []chapter{{title: "One", checks: []check{passes, during, passes}}, {title: "Two", checks: []check{passes}}}
			d := &demo{screen: newScreen(io.Discard)}
			if got := d.check(ctx, todo); got != c.want {
				t.Errorf("it counts %+v, wanted %+v", got, c.want)
			}
			if got := count(todo); got != 4 {
				t.Errorf("there are %d checks, wanted 4", got)
			}
		})
	}
}

func TestHasGPS(t *testing.T) {
	want := map[string]bool{"raw-0001.jpg": false, "raw-0004-upright.jpg": false, "raw-0005-located.jpg": true, "raw-0007-notes.jpg": false}
	for _, s := range pictures.Samples() {
		where, ok := want[s.Name]
		if !ok {
			continue
		}
		delete(want, s.Name)
		data, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		if hasGPS(data) != where {
			t.Errorf("%s: GPS %v, wanted %v", s.Name, !where, where)
		}
	}
	if len(want) > 0 {
		t.Errorf("there are no samples %v", want)
	}
	for _, hostile := range []string{"Exif\x00\x00", "Exif\x00\x00II*\x00\xff\xff\xff\xff", "Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff", "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x88\x25"} {
		if hasGPS([]byte(hostile)) {
			t.Errorf("%q has no GPS", hostile)
		}
	}
}

func TestSizeOfAVIF(t *testing.T) {
	knowAVIF()
	head := "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"
	size := "\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x04\x38\x00\x00\x02\x60"
	got, format, err := image.DecodeConfig(strings.NewReader(head + size))
	if err != nil || format != "avif" || got.Width != 1080 || got.Height != 608 {
		t.Errorf("it is %s of %d by %d: %v", format, got.Width, got.Height, err)
	}
	for _, hostile := range []string{head, head + size[:len(size)-1], head + "ispe", strings.Replace(head, "avif", "heic", 1) + size, "ispe"} {
		if got, err := avifConfig(strings.NewReader(hostile)); err == nil {
			t.Errorf("%q is of %d by %d", hostile, got.Width, got.Height)
		}
	}
}
