package review_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// FuzzParseTarget reads anything at all: it is refused as no target, or written as it was read.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"folder/launch", "collection/press", "library/brand", "library/brand:a/b:c.jpg", "library/brand:", "library/:x", "folder/a/b", "Folder/x", "library/a:/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := review.ParseTarget(text)
		switch {
		case err != nil && !errors.Is(err, review.ErrTarget):
			t.Errorf("the error is %v", err)
		case err == nil && (target.String() != text || target.Name == ""):
			t.Errorf("%q is read as %q", text, target)
		}
	})
}

// FuzzParseInstant reads anything at all: it is refused, or an instant that can be written into a declaration.
func FuzzParseInstant(f *testing.F) {
	for _, seed := range []string{"2027-03-31", "2027-03-31T18:00:00Z", "2027-03-31T18:00:00.5+02:00", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "0000-01-01", "31.3.2027", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := review.ParseInstant(text)
		if err != nil {
			return
		}
		if _, err := at.MarshalJSON(); err != nil || at.Location() != time.UTC {
			t.Fatalf("%q is read as %s: %v", text, at, err)
		}
		if again, err := review.ParseInstant(at.Format(time.RFC3339Nano)); err != nil || !again.Equal(at) {
			t.Errorf("%q is read as %s, and that as %s: %v", text, at, again, err)
		}
	})
}

// FuzzReadUses reads any log. What it tells are uses of permissions that there are, and no line takes away what another tells.
func FuzzReadUses(f *testing.F) {
	const known = `o acme-brand [01/Mar/2027:12:00:00 +0000] 10.0.0.1 AKIAIOSFODNN7EXAMPLE r1 REST.GET.OBJECT launch/hero.jpg "GET /launch/hero.jpg HTTP/1.1" 200 - 1 1`
	for _, seed := range []string{
		known, "log starts 2027\n", `o b [01/March/2027:12:00:00 +0000] 10.0.0.1 carl r1 s3_ListObjects  /b?prefix=launch%2F 200 `,
		`o b [01/Mar/2027:12:00:00 +0000] a carl r REST.GET.BUCKET - "GET /b?prefix=%zz HTTP/1.1" 200 -`, `o b [x] a carl r REST.PUT.OBJECT %25zz "PUT" 204 -`, "\x00\n\n", "no log\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, log string) {
		uses, err := review.ReadUses(strings.NewReader(log))
		if err != nil && len(uses) > 0 {
			t.Fatal("there is an error, and there are uses")
		}
		if len(uses) > strings.Count(log, "\n")+1 {
			t.Fatalf("%d uses", len(uses))
		}
		for _, u := range uses {
			if u.Bucket == "" || u.Requester == "" || u.At.IsZero() || !access.Of(access.List, access.Download, access.Upload, access.Delete).Has(u.Permission) {
				t.Fatalf("%+v is taken for a use", u)
			}
		}
		more, err := review.ReadUses(strings.NewReader(log + "\n" + known + "\n"))
		if err != nil {
			return // a line that is too long
		}
		want := review.Use{
			At: time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC), Requester: "AKIAIOSFODNN7EXAMPLE", Bucket: "acme-brand", Key: "launch/hero.jpg", Permission: access.Download,
		}
		if diff := cmp.Diff(append(uses, want), more); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
