package change_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// decide asks as whoever may anything.
func decide(t *testing.T, c change.Change, a change.Asset) (change.Effect, *change.Refusal) {
	t.Helper()
	c.Path, c.Restricted = a.Key.Path, a.Key.Restricted
	return change.Decide(change.Asker{Name: "lib", Rights: acme(t)}, brandSchema, c, a, now, "c1")
}

func reasonOf(r *change.Refusal) change.Reason {
	if r == nil {
		return ""
	}
	return r.Reason
}

// features: A1.14, A1.15, A1.18, A1.20, P14
func TestDescribe(t *testing.T) {
	type fields = map[string][]string
	long := strings.Repeat("x", 8<<10)
	many := make([]string, asset.MaxValues)
	for i := range many {
		many[i] = strings.Repeat("x", i%90+1) + string(rune('a'+i/90))
	}
	for reason, c := range map[string]struct {
		d    change.Describe
		want fields // what differs from before, nil for a field that is gone; a Refusal otherwise
		not  change.Reason
	}{
		"a field is set, and the others stay, those that do not fit too": {change.Describe{Set: fields{"title": {"Front"}}}, fields{"title": {"Front"}}, ""},
		"keywords come and go in one change":                             {change.Describe{Add: fields{"keywords": {"red", "hero"}}, Remove: fields{"keywords": {"spring"}}}, fields{"keywords": {"hero", "red"}}, ""},
		"adding to values that no longer fit":                            {change.Describe{Add: fields{"channels": {"web"}}}, fields{"channels": {"radio", "tv", "web"}}, ""},
		"removing one that no longer fits":                               {change.Describe{Remove: fields{"channels": {"radio"}}}, fields{"channels": {"tv"}}, ""},
		"the last value takes the field along":                           {change.Describe{Remove: fields{"keywords": {"spring", "hero"}}}, fields{"keywords": nil}, ""},
		"a required field may be cleared":                                {change.Describe{Clear: []string{"title"}}, fields{"title": nil}, ""},
		"a field that the library no longer has may be cleared":          {change.Describe{Clear: []string{"mood"}}, fields{"mood": nil}, ""},
		"and emptied by value":                                           {change.Describe{Remove: fields{"mood": {"warm"}}}, fields{"mood": nil}, ""},
		"but not be set":                                                 {change.Describe{Set: fields{"mood": {"cold"}}}, nil, change.UnknownField},
		"nor added to":                                                   {change.Describe{Add: fields{"mood": {"cold"}}}, nil, change.UnknownField},
		"a field that neither has":                                       {change.Describe{Clear: []string{"colour"}}, nil, change.UnknownField},
		"nor can be removed from":                                        {change.Describe{Remove: fields{"colour": {"red"}}}, nil, change.UnknownField},
		"a value that is no choice":                                      {change.Describe{Set: fields{"usage": {"radio"}}}, nil, change.InvalidValue},
		"one added that is no choice":                                    {change.Describe{Add: fields{"channels": {"radio"}}}, nil, change.InvalidValue},
		"two values of a text":                                           {change.Describe{Set: fields{"title": {"a", "b"}}}, nil, change.InvalidValue},
		"adding to a text":                                               {change.Describe{Add: fields{"title": {"b"}}}, nil, change.InvalidValue},
		"removing from a text":                                           {change.Describe{Remove: fields{"title": {"Hero"}}}, nil, change.InvalidValue},
		"a number that is none":                                          {change.Describe{Set: fields{"fee": {"free"}}}, nil, change.InvalidValue},
		"one keyword more than there may be":                             {change.Describe{Add: fields{"keywords": many}}, nil, change.InvalidValue},
		"as many as there may be":                                        {change.Describe{Set: fields{"keywords": many}}, fields{"keywords": many}, ""},
		"what is too long":                                               {change.Describe{Set: fields{"title": {long + "x"}}}, nil, change.InvalidValue},
		"set and cleared":                                                {change.Describe{Set: fields{"title": {"a"}}, Clear: []string{"title"}}, nil, change.Malformed},
		"set and added to":                                               {change.Describe{Set: fields{"keywords": {"a"}}, Add: fields{"keywords": {"b"}}}, nil, change.Malformed},
		"added and removed":                                              {change.Describe{Add: fields{"keywords": {"a"}}, Remove: fields{"keywords": {"a"}}}, nil, change.Malformed},
		"cleared twice":                                                  {change.Describe{Clear: []string{"title", "title"}}, nil, change.Malformed},
		"set to nothing":                                                 {change.Describe{Set: fields{"title": {}}}, nil, change.Malformed},
		"nothing at all":                                                 {change.Describe{}, nil, change.Malformed},
		"a focus outside the picture":                                    {change.Describe{Focus: &asset.Focus{X: 0.5, Y: 0, Width: 0.6, Height: 1}}, nil, change.Malformed},
		"a focus set and cleared":                                        {change.Describe{Focus: &asset.Focus{Width: 1, Height: 1}, ClearFocus: true}, nil, change.Malformed},
	} {
		t.Run(reason, func(t *testing.T) {
			a := hero("launch/hero.jpg")
			e, refused := decide(t, change.Change{Describe: &c.d}, a)
			if c.not != "" {
				if reasonOf(refused) != c.not {
					t.Fatalf("%+v %+v, want %s", e, refused, c.not)
				}
				harmless(t, refused.Message)
				return
			}
			if refused != nil || e.Metadata == nil {
				t.Fatalf("%+v %+v", e, refused)
			}
			want := hero("").Metadata
			for name, values := range c.want {
				if want.Fields[name] = values; values == nil {
					delete(want.Fields, name)
				}
			}
			want.Signature = asset.Signature{By: "lib", At: now, Change: "c1"}
			if diff := cmp.Diff(want, e.Metadata); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(hero("launch/hero.jpg"), a); diff != "" {
				t.Errorf("what was known of the file was changed:\n%s", diff)
			}
		})
	}
}

// features: A1.20
func TestFocus(t *testing.T) {
	focus := asset.Focus{X: 0, Y: 0, Width: 0.5, Height: 0.5}
	a := hero("launch/hero.jpg")
	e, refused := decide(t, change.Change{Describe: &change.Describe{Focus: &focus}}, a)
	if refused != nil || *e.Metadata.Focus != focus || len(e.Metadata.Fields) != len(a.Metadata.Fields) {
		t.Errorf("%+v %v", e.Metadata, refused)
	}
	e, refused = decide(t, change.Change{Describe: &change.Describe{ClearFocus: true}}, a)
	if refused != nil || e.Metadata.Focus != nil {
		t.Errorf("%+v %v", e.Metadata, refused)
	}
}

// What is kept of a file is bounded, and the change that would exceed it is refused as a whole.
func TestDescriptionsAreBounded(t *testing.T) {
	a := hero("launch/hero.jpg")
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		a.Metadata.Fields[name] = []string{strings.Repeat("x", 8<<10)}
	}
	_, refused := decide(t, change.Change{Describe: &change.Describe{Set: map[string][]string{"title": {strings.Repeat("x", 8<<10)}}}}, a)
	if reasonOf(refused) != change.TooLarge {
		t.Errorf("%+v", refused)
	}
}

// features: B11
func TestState(t *testing.T) {
	const draft, published, archived = v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived
	record := func(state v1alpha1.AssetState, publishAt, sunset *time.Time) *asset.StateRecord {
		r := &asset.StateRecord{V: 1, State: state}
		if publishAt != nil {
			r.PublishAt = *publishAt
		}
		if sunset != nil {
			r.Sunset = *sunset
		}
		return r
	}
	drafts := asset.Lifecycle{State: draft}
	for reason, c := range map[string]struct {
		before *asset.StateRecord
		folder asset.Lifecycle
		s      change.State
		want   *asset.StateRecord
		not    change.Reason
		say    string // part of the message
	}{
		"archived by hand":                                 {nil, drafts, change.State{State: archived}, record(archived, nil, nil), "", ""},
		"a draft that is published later":                  {nil, asset.Lifecycle{}, change.State{State: draft, PublishAt: in(2)}, record(draft, in(2), nil), "", ""},
		"what is not named stays":                          {record(draft, in(2), in(9)), asset.Lifecycle{}, change.State{Sunset: in(8)}, record(draft, in(2), in(8)), "", ""},
		"a time is taken away":                             {record(draft, in(2), in(9)), asset.Lifecycle{}, change.State{Clear: []string{"publishAt"}}, record(draft, nil, in(9)), "", ""},
		"all is taken away":                                {record(archived, nil, in(9)), drafts, change.State{Clear: []string{"state", "sunset"}}, record("", nil, nil), "", ""},
		"out of the archive":                               {record(archived, nil, in(9)), drafts, change.State{State: published}, record(published, nil, in(9)), "", ""},
		"a time to publish in a folder of drafts":          {nil, drafts, change.State{PublishAt: in(2)}, record("", in(2), nil), "", ""},
		"a sunset that is over archives":                   {nil, drafts, change.State{Sunset: in(-1)}, record("", nil, in(-1)), "", ""},
		"out of the archive, with a sunset that is over":   {record(archived, nil, in(-1)), drafts, change.State{State: published}, nil, change.InvalidState, "move or clear sunset"},
		"out of it, and the sunset is cleared too":         {record(archived, nil, in(-1)), drafts, change.State{State: published, Clear: []string{"sunset"}}, record(published, nil, nil), "", ""},
		"out of it, and the sunset is moved too":           {record(archived, nil, in(-1)), drafts, change.State{State: draft, Sunset: in(5)}, record(draft, nil, in(5)), "", ""},
		"a sunset of the Folder that is over":              {nil, asset.Lifecycle{State: draft, Sunset: *in(-1)}, change.State{State: published}, nil, change.InvalidState, "in the Folder"},
		"a file that is older than its Folder keeps":       {nil, asset.Lifecycle{ArchiveAfter: time.Hour}, change.State{State: draft}, nil, change.InvalidState, "in the Folder"},
		"a time to publish what would be public at once":   {nil, asset.Lifecycle{}, change.State{PublishAt: in(2)}, nil, change.InvalidState, "say state: Draft too"},
		"a time to publish what is published":              {record(published, nil, nil), drafts, change.State{PublishAt: in(2)}, nil, change.InvalidState, "say state: Draft too"},
		"a time to publish what is archived":               {record(archived, nil, nil), drafts, change.State{PublishAt: in(2)}, nil, change.InvalidState, "say state: Draft too"},
		"a draft again, whose time to publish is over":     {record(published, in(-2), nil), drafts, change.State{State: draft}, nil, change.InvalidState, "move or clear publishAt"},
		"a draft whose time to publish is over, in one":    {nil, drafts, change.State{State: draft, PublishAt: in(-2)}, nil, change.InvalidState, "say state: Published"},
		"published after its sunset":                       {record(draft, nil, in(3)), drafts, change.State{PublishAt: in(4)}, nil, change.InvalidState, "before sunset"},
		"a sunset before it is published":                  {record(draft, in(4), nil), drafts, change.State{Sunset: in(4)}, nil, change.InvalidState, "before sunset"},
		"both at once, the wrong way round":                {nil, drafts, change.State{PublishAt: in(4), Sunset: in(3)}, nil, change.Malformed, "before sunset"},
		"no such state":                                    {nil, drafts, change.State{State: "Public"}, nil, change.Malformed, "Draft, Published or Archived"},
		"no such time":                                     {nil, drafts, change.State{Sunset: new(time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC))}, nil, change.Malformed, "1970 to 9999"},
		"one that is beyond them in UTC":                   {nil, drafts, change.State{Sunset: new(time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600*5)))}, nil, change.Malformed, "1970 to 9999"},
		"set and cleared":                                  {nil, drafts, change.State{State: draft, Clear: []string{"state"}}, nil, change.Malformed, "one thing"},
		"cleared twice":                                    {nil, drafts, change.State{Clear: []string{"sunset", "sunset"}}, nil, change.Malformed, "one thing"},
		"nothing is named so":                              {nil, drafts, change.State{Clear: []string{"Sunset"}}, nil, change.Malformed, "takes state, publishAt and sunset"},
		"nothing is said":                                  {nil, drafts, change.State{}, nil, change.Malformed, "says nothing"},
		"a Folder's sunset before the time to publish":     {nil, asset.Lifecycle{State: draft, Sunset: *in(-1)}, change.State{PublishAt: in(1)}, nil, change.InvalidState, "in the Folder"},
		"a draft stays one though its old time is to come": {record(published, in(3), nil), asset.Lifecycle{}, change.State{State: draft}, record(draft, in(3), nil), "", ""},
	} {
		t.Run(reason, func(t *testing.T) {
			a := hero("launch/hero.jpg")
			a.State, a.Lifecycle = c.before, c.folder
			e, refused := decide(t, change.Change{State: &c.s}, a)
			if c.not != "" {
				if reasonOf(refused) != c.not || !strings.Contains(refused.Message, c.say) {
					t.Fatalf("%+v %+v, want %s with %q", e, refused, c.not, c.say)
				}
				harmless(t, refused.Message)
				return
			}
			if refused != nil || e.State == nil {
				t.Fatalf("%+v %+v", e, refused)
			}
			c.want.Signature = asset.Signature{By: "lib", At: now, Change: "c1"}
			if diff := cmp.Diff(c.want, e.State); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// features: P7, D4
func TestApprove(t *testing.T) {
	verdict := func(v v1alpha1.AssetApproval, note string) change.Change {
		return change.Change{VersionID: "v2", Approve: &change.Approve{Verdict: v, SHA256: heroSHA, Note: note}}
	}
	a := hero("launch/hero.jpg")
	e, refused := decide(t, verdict(v1alpha1.ApprovalApproved, "as agreed\nwith Rea"), a)
	want := &asset.Approval{V: 1, VersionID: "v2", SHA256: heroSHA, Verdict: v1alpha1.ApprovalApproved, Note: "as agreed\nwith Rea",
		Signature: asset.Signature{By: "lib", At: now, Change: "c1"}}
	if refused != nil || cmp.Diff(want, e.Approval) != "" {
		t.Fatalf("%+v %v", e.Approval, refused)
	}
	for reason, c := range map[string]struct {
		change change.Change
		asset  func(*change.Asset)
		want   change.Reason
	}{
		"content that was not read yet": {verdict(v1alpha1.ApprovalApproved, ""), func(a *change.Asset) { a.SHA256 = "" }, change.NotReadYet},
		"content that was replaced":     {verdict(v1alpha1.ApprovalApproved, ""), func(a *change.Asset) { a.VersionID = "v3" }, change.StaleVersion},
		"other content":                 {verdict(v1alpha1.ApprovalApproved, ""), func(a *change.Asset) { a.SHA256 = change.Digest(nil) }, change.WrongContent},
		"a note that cannot be shown":   {verdict(v1alpha1.ApprovalApproved, "\x1b[2J"), func(*change.Asset) {}, change.InvalidValue},
		"a note that is too long":       {verdict(v1alpha1.ApprovalApproved, strings.Repeat("x", 9<<10)), func(*change.Asset) {}, change.InvalidValue},
		"no such verdict":               {verdict("approved", ""), func(*change.Asset) {}, change.Malformed},
		"a verdict without a version":   {change.Change{Approve: verdict(v1alpha1.ApprovalRejected, "").Approve}, func(*change.Asset) {}, change.Malformed},
		"a verdict without a digest":    {change.Change{VersionID: "v2", Approve: &change.Approve{Verdict: v1alpha1.ApprovalRejected}}, func(*change.Asset) {}, change.Malformed},
		"a digest in upper case":        {change.Change{VersionID: "v2", Approve: &change.Approve{Verdict: v1alpha1.ApprovalRejected, SHA256: strings.ToUpper(heroSHA)}}, func(*change.Asset) {}, change.Malformed},
		"nothing to take back":          {verdict(v1alpha1.ApprovalUnreviewed, ""), func(*change.Asset) {}, ""},
		"an approval of other content is none": {verdict(v1alpha1.ApprovalUnreviewed, ""), func(a *change.Asset) {
			a.Approval = &asset.Approval{VersionID: "v1", Verdict: v1alpha1.ApprovalApproved}
		}, ""},
	} {
		t.Run(reason, func(t *testing.T) {
			a := hero("launch/hero.jpg")
			c.asset(&a)
			e, refused := decide(t, c.change, a)
			if reasonOf(refused) != c.want || e.Unchanged != (c.want == "") || e.Approval != nil {
				t.Errorf("%+v %+v, want %s", e, refused, c.want)
			}
		})
	}
}

// features: A1.13, A1.26, K25
func TestVersions(t *testing.T) {
	some := &struct{}{}
	deleted := func(a *change.Asset) {
		a.Exists, a.VersionID, a.ETag = false, "", ""
		a.Versions = []asset.Version{{ID: "m2", Marker: true, Current: true}, {ID: "v1", ETag: "e1"}}
	}
	asIs := func(*change.Asset) {}
	for reason, c := range map[string]struct {
		change change.Change
		asset  func(*change.Asset)
		effect change.Effect
		want   change.Reason
	}{
		"an old version comes back":            {change.Change{VersionID: "v1", Restore: some}, asIs, change.Effect{Restore: "v1"}, ""},
		"of a deleted file too":                {change.Change{VersionID: "v1", Restore: some}, deleted, change.Effect{Restore: "v1"}, ""},
		"one that came back is not copied":     {change.Change{VersionID: "v1", Restore: some}, func(a *change.Asset) { a.ETag = "e1" }, change.Effect{Unchanged: true}, ""},
		"the current one is there":             {change.Change{VersionID: "v2", Restore: some}, asIs, change.Effect{}, change.InvalidState},
		"a mark of deletion has no content":    {change.Change{VersionID: "m", Restore: some}, asIs, change.Effect{}, change.InvalidState},
		"one that there is not":                {change.Change{VersionID: "v0", Restore: some}, asIs, change.Effect{}, change.NotFound},
		"which one has to be said":             {change.Change{Restore: some}, asIs, change.Effect{}, change.Malformed},
		"an old version goes":                  {change.Change{VersionID: "v1", Remove: some}, asIs, change.Effect{Remove: "v1"}, ""},
		"of a deleted file as well":            {change.Change{VersionID: "v1", Remove: some}, deleted, change.Effect{Remove: "v1"}, ""},
		"one that is gone is gone":             {change.Change{VersionID: "v0", Remove: some}, asIs, change.Effect{Unchanged: true}, ""},
		"the current one stays":                {change.Change{VersionID: "v2", Remove: some}, asIs, change.Effect{}, change.InvalidState},
		"so does the mark of a deleted file":   {change.Change{VersionID: "m2", Remove: some}, deleted, change.Effect{}, change.InvalidState},
		"which one goes has to be said":        {change.Change{Remove: some}, asIs, change.Effect{}, change.Malformed},
		"a file without versions is not there": {change.Change{VersionID: "v1", Remove: some}, func(a *change.Asset) { *a = change.Asset{Key: a.Key} }, change.Effect{}, change.NotFound},
	} {
		t.Run(reason, func(t *testing.T) {
			a := hero("launch/hero.jpg")
			c.asset(&a)
			e, refused := decide(t, c.change, a)
			if reasonOf(refused) != c.want || cmp.Diff(c.effect, e) != "" {
				t.Errorf("%+v %+v, want %+v %s", e, refused, c.effect, c.want)
			}
		})
	}
}

// features: P6
func TestMove(t *testing.T) {
	open, embargo := hero("launch/hero.jpg"), hero("hero.jpg")
	embargo.Key.Restricted = "embargo"
	occupied := open
	occupied.Occupied = true
	for reason, c := range map[string]struct {
		asset change.Asset
		move  change.Move
		want  change.Reason
	}{
		"into a restricted Folder":              {open, change.Move{Restricted: "embargo", Path: "a/b.jpg"}, ""},
		"out of one":                            {embargo, change.Move{Path: "press/b.jpg"}, ""},
		"from one to another":                   {embargo, change.Move{Restricted: "vault", Path: "b.jpg"}, ""},
		"where there is a file":                 {occupied, change.Move{Restricted: "embargo", Path: "b.jpg"}, change.InvalidState},
		"into a Folder that is not restricted":  {open, change.Move{Restricted: "press", Path: "b.jpg"}, change.NotFound},
		"into one that there is not":            {open, change.Move{Restricted: "nothing", Path: "b.jpg"}, change.NotFound},
		"from the open library to itself":       {open, change.Move{Path: "press/b.jpg"}, change.Malformed},
		"from a restricted Folder to itself":    {embargo, change.Move{Restricted: "embargo", Path: "b.jpg"}, change.Malformed},
		"to no path":                            {open, change.Move{Restricted: "embargo"}, change.Malformed},
		"below the place that Vitrine reserves": {embargo, change.Move{Path: "Restricted/vault/b.jpg"}, change.Malformed},
		"into what is no name":                  {open, change.Move{Restricted: "../vault", Path: "b.jpg"}, change.Malformed},
	} {
		t.Run(reason, func(t *testing.T) {
			e, refused := decide(t, change.Change{Move: &c.move}, c.asset)
			if reasonOf(refused) != c.want {
				t.Fatalf("%+v %+v, want %s", e, refused, c.want)
			}
			platform, refused := change.Decide(change.Asker{Name: "platform:ops", Platform: true, Rights: acme(t)}, brandSchema,
				change.Change{Path: c.asset.Key.Path, Restricted: c.asset.Key.Restricted, Move: &c.move}, c.asset, now, "c1")
			if reasonOf(refused) != c.want || cmp.Diff(e, platform) != "" {
				t.Errorf("the platform team is answered otherwise: %+v %+v", platform, refused)
			}
			want := &access.Key{Library: "brand", Restricted: c.move.Restricted, Path: c.move.Path}
			if c.want == "" && cmp.Diff(want, e.Move) != "" {
				t.Errorf("it goes to %+v", e.Move)
			}
		})
	}
}

// Who may not list where a file is to go learns nothing of what there is.
func TestMovesTellNothingOfWhereTheyGo(t *testing.T) {
	a := hero("press/secret.jpg")
	words := func(to string, occupied bool) string {
		a.Occupied = occupied
		_, refused := change.Decide(change.Asker{Name: "kim", Rights: acme(t)}, brandSchema,
			change.Change{Path: a.Key.Path, Move: &change.Move{Restricted: to, Path: "x.jpg"}}, a, now, "c1")
		if refused == nil {
			t.Fatal("kim moved a file into " + to)
		}
		return strings.ReplaceAll(string(refused.Reason)+refused.Message, to, "…")
	}
	want := words("vault", false)
	for _, got := range []string{words("vault", true), words("nothing", false), words("launch", false)} {
		if got != want {
			t.Errorf("%q, and %q", got, want)
		}
	}
}

// What was cut off after it was written is Done when it is repeated; what was so anyway is Unchanged.
func TestRepeatedAfterACrash(t *testing.T) {
	for _, c := range []change.Change{
		{Describe: &change.Describe{Set: map[string][]string{"title": {"x"}}}},
		{State: &change.State{State: v1alpha1.StateDraft, PublishAt: in(1)}},
		{VersionID: "v2", Approve: &change.Approve{Verdict: v1alpha1.ApprovalApproved, SHA256: heroSHA}},
	} {
		c.Path = "launch/hero.jpg"
		a := hero(c.Path)
		asker := change.Asker{Name: "lib", Rights: acme(t)}
		e, refused := change.Decide(asker, brandSchema, c, a, now, "c1")
		if refused != nil || e.Unchanged {
			t.Fatalf("%+v %v", e, refused)
		}
		a = applied(a, e)
		platform := change.Asker{Name: "platform:lib", Platform: true, Rights: asker.Rights}
		for _, who := range []struct {
			change.Asker
			want change.Outcome
		}{{asker, change.Done}, {platform, change.Unchanged}} {
			again, refused := change.Decide(who.Asker, brandSchema, c, a, now, "c1")
			if got := change.NewAnswer(0, c, again, refused); got.Outcome != who.want || !again.Unchanged {
				t.Errorf("%s of %s: %+v, want %s", c.Kind(), who.Name, got, who.want)
			}
		}
		other, refused := change.Decide(asker, brandSchema, c, a, now, "c2")
		if got := change.NewAnswer(0, c, other, refused); got.Outcome != change.Unchanged {
			t.Errorf("%s under another id: %+v", c.Kind(), got)
		}
		later := now.AddDate(0, 0, 2) // when publishAt is over
		again, refused := change.Decide(asker, brandSchema, c, a, later, "c1")
		if got := change.NewAnswer(0, c, again, refused); got.Outcome != change.Done {
			t.Errorf("%s later: %+v", c.Kind(), got)
		}
	}
}

// features: D10
func TestRecordsAreAudited(t *testing.T) {
	at := now.In(time.FixedZone("", 7200))
	sum := change.Digest([]byte("record"))
	first, second := change.AuditObject(at, "vera", "a-1", sum), change.AuditObject(at.Add(time.Nanosecond), "vera", "a-1", sum)
	if first != "audit/changes/2027-03-01/20270301T120000.000000000Z/vera/a-1-"+sum[:16]+".json" || first >= second {
		t.Errorf("%s, then %s", first, second)
	}
	for _, other := range []string{change.AuditObject(at, "vera-a", "1", sum), change.AuditObject(at, "vera", "a-1", change.Digest([]byte("another"))), change.AuditObject(at, "vera", "", sum)} {
		if other == first {
			t.Errorf("another record's line is in the same place: %s", other)
		}
	}
	record, refused := change.Decode([]byte(ask(heroFile + `,"describe":{"set":{"title":["two\nlines"]}}`)))
	if refused != nil {
		t.Fatal(refused)
	}
	audit := change.Audit{V: change.Version, At: now, Library: "brand", Folder: "vera", Author: "vera", ID: "a-1", Record: heroSHA, Changes: record.Changes,
		Answers: []change.Answer{{Outcome: change.Done}}, Unfinished: true, Again: true}
	line, err := audit.Encode()
	if err != nil || strings.Count(string(line), "\n") != 1 || !strings.HasSuffix(string(line), "\n") || !strings.Contains(string(line), `"two\nlines"`) {
		t.Errorf("%s %v", line, err)
	}
	again, err := change.DecodeAudit(line)
	if diff := cmp.Diff(audit, again); diff != "" || err != nil {
		t.Errorf("%v, or what is read is another (-written +read):\n%s", err, diff)
	}
	for _, other := range []string{"", "[]", `{"v":2}`} {
		if _, err := change.DecodeAudit([]byte(other)); err == nil {
			t.Errorf("%q is taken for a line", other)
		}
	}
}

func TestWhoseRecordAnObjectIs(t *testing.T) {
	for object, want := range map[string][]string{
		"changes/vera/a-1_B.json":                           {"vera", "a-1_B"},
		"changes/@platform/1.json":                          {"@platform", "1"},
		"changes/vera/.json":                                nil,
		"changes/vera/a.b.json":                             nil,
		"changes/vera/a/b.json":                             nil,
		"changes//a.json":                                   nil,
		"changes/a.json":                                    nil,
		"changes/vera/a.txt":                                nil,
		"results/vera/a.json":                               nil,
		"changes/vera/" + strings.Repeat("x", 65) + ".json": nil,
	} {
		folder, id, ok := change.ParseObject(object)
		if ok != (want != nil) || ok && !slices.Equal(want, []string{folder, id}) {
			t.Errorf("%s: %s, %s, %v", object, folder, id, ok)
		}
	}
}

func TestResults(t *testing.T) {
	result, _ := answer(acme(t), "mallory", "a1", []byte(ask(heroFile+`,"state":{"state":"Draft"}`)), nil, files())
	data, err := result.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := change.DecodeResult(data)
	if err != nil || cmp.Diff(result, back) != "" {
		t.Errorf("%+v %v", back, err)
	}
	for _, bad := range []string{"", "{}", string(data) + "{}", strings.Replace(string(data), `"v":1`, `"v":2`, 1), `{"v":1,"record":"x","answers":[]}`} {
		if _, err := change.DecodeResult([]byte(bad)); err == nil {
			t.Errorf("read as an answer: %.80s", bad)
		}
	}
	if refused := change.Replay(&back, back.Record); refused == nil || refused.Reason != change.Replayed {
		t.Errorf("a record is done again after its answer: %v", refused)
	}
}

// Whoever asks may write where the answers are. What they write there costs the manager no more than an answer does.
//
// features: K24
func TestForgedResults(t *testing.T) {
	head := `{"v":1,"record":"` + change.Digest(nil) + `","answers":`
	for name, c := range map[string]struct {
		data string
		good bool
	}{
		"as many answers as changes":   {head + "[" + strings.Repeat("{},", change.MaxChanges-1) + "{}]}", true},
		"one more":                     {head + "[" + strings.Repeat("{},", change.MaxChanges) + "{}]}", false},
		"millions":                     {head + "[" + strings.Repeat("{},", 3_000_000) + "{}]}", false},
		"no list":                      {head + "null}", false},
		"another thing than an answer": {head + `[1]}`, false},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := change.DecodeResult([]byte(c.data))
		runtime.ReadMemStats(&after)
		if good := err == nil; good != c.good || err != nil && !errors.Is(err, change.ErrResult) {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 8*change.MaxResultBytes {
			t.Errorf("%s: takes %d MiB", name, took>>20)
		}
	}
	grown := change.Result{Record: change.Digest(nil), Answers: []change.Answer{{Message: strings.Repeat("<", change.MaxResultBytes/2)}}}
	if _, err := grown.Encode(); !errors.Is(err, change.ErrResult) {
		t.Errorf("written although nobody would read it: %v", err)
	}
	for object, want := range map[string]bool{
		"results/alice/a1.json": true, "results/@platform/a1.json": true, "results/alice/a1": false, "results/alice/more/a1.json": false, "results/a1.json": false, "changes/alice/a1.json": false,
	} {
		if change.MayBeResult(object, 1) != want || change.MayBeResult(object, change.MaxResultBytes+1) {
			t.Errorf("%s: want %t", object, want)
		}
	}
}
