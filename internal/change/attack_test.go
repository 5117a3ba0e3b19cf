package change_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
)

const heroFile = `"path":"launch/hero.jpg"`

func ask(what string) string { return `{"v":1,"changes":[{` + what + `}]}` }

// Whoever holds the key of a contributor may put any bytes in that person's place, and gets no further than the person.
//
// features: B10, P5, P6, P7, D4, D10
func TestAttackerWithAContributorsKey(t *testing.T) {
	approve := fmt.Sprintf(`"versionID":"v2","approve":{"verdict":"Approved","sha256":%q}`, heroSHA)
	answered := &change.Result{V: 1, Record: change.Digest([]byte("another record"))}
	for attack, c := range map[string]struct {
		folder, record string
		earlier        *change.Result
		want           change.Reason
	}{
		"writes in the name of another User":                     {"mallory", `{"v":1,"author":"lib","changes":[{` + heroFile + `,"state":{"state":"Published"}}]}`, nil, change.Forged},
		"writes in the name of the platform team":                {"mallory", `{"v":1,"author":"platform:admin","changes":[{` + heroFile + `,"state":{"state":"Published"}}]}`, nil, change.Forged},
		"is called like the platform team's place in the record": {"mallory", `{"v":1,"author":"@platform","changes":[{` + heroFile + `,"state":{"state":"Published"}}]}`, nil, change.Forged},
		"puts another record under an id that was answered":      {"mallory", ask(heroFile + `,"describe":{"set":{"title":["x"]}}`), answered, change.Replayed},
		"approves":                                  {"mallory", ask(heroFile + "," + approve), nil, change.NotAllowed},
		"takes an approval back":                    {"mallory", ask(heroFile + "," + strings.Replace(approve, "Approved", "Unreviewed", 1)), nil, change.NotAllowed},
		"publishes":                                 {"mallory", ask(heroFile + `,"state":{"state":"Published"}`), nil, change.NotAllowed},
		"publishes later":                           {"mallory", ask(heroFile + `,"state":{"publishAt":"2027-04-01T00:00:00Z"}`), nil, change.NotAllowed},
		"moves a sunset away":                       {"mallory", ask(heroFile + `,"state":{"clear":["sunset"]}`), nil, change.NotAllowed},
		"archives what others use":                  {"mallory", ask(heroFile + `,"state":{"state":"Archived"}`), nil, change.NotAllowed},
		"deletes an old version":                    {"mallory", ask(heroFile + `,"versionID":"v1","remove":{}`), nil, change.NotAllowed},
		"takes a file into a restricted Folder":     {"mallory", ask(heroFile + `,"move":{"restricted":"embargo","path":"hero.jpg"}`), nil, change.NotAllowed},
		"takes a file out of one":                   {"mallory", ask(`"path":"hero.jpg","restricted":"embargo","move":{"path":"launch/hero.jpg"}`), nil, change.NotFound},
		"describes a file that they may not list":   {"mallory", ask(`"path":"press/secret.jpg","describe":{"set":{"title":["x"]}}`), nil, change.NotFound},
		"reaches into a restricted root by a path":  {"mallory", ask(`"path":"restricted/embargo/hero.jpg","describe":{"set":{"title":["x"]}}`), nil, change.Malformed},
		"climbs out of their folder":                {"mallory", ask(`"path":"launch/../press/secret.jpg","describe":{"set":{"title":["x"]}}`), nil, change.Malformed},
		"climbs out of a restricted Folder":         {"mallory", ask(`"path":"hero.jpg","restricted":"embargo/../vault","describe":{"set":{"title":["x"]}}`), nil, change.Malformed},
		"hides a second change in one":              {"mallory", ask(heroFile + `,"describe":{"set":{"title":["x"]}},"state":{"state":"Published"}`), nil, change.Malformed},
		"names a field twice":                       {"mallory", ask(`"path":"press/secret.jpg",` + heroFile + `,"describe":{"set":{"title":["x"]}}`), nil, change.Malformed},
		"spells a field otherwise":                  {"mallory", ask(`"PATH":"launch/hero.jpg","describe":{"set":{"title":["x"]}}`), nil, change.Malformed},
		"puts another record behind the first":      {"mallory", ask(heroFile+`,"describe":{"set":{"title":["x"]}}`) + ask(heroFile+`,"state":{"state":"Published"}`), nil, change.Malformed},
		"asks for a format of the future":           {"mallory", `{"v":2,"changes":[]}`, nil, change.Malformed},
		"fills the store":                           {"mallory", ask(heroFile + `,"describe":{"set":{"title":["` + strings.Repeat("x", change.MaxRecordBytes) + `"]}}`), nil, change.TooLarge},
		"asks for very much at once":                {"mallory", `{"v":1,"changes":[` + strings.Repeat(`{`+heroFile+`,"describe":{"clearFocus":true}},`, change.MaxChanges) + `{` + heroFile + `,"describe":{"clearFocus":true}}]}`, nil, change.TooLarge},
		"makes up a field":                          {"mallory", ask(heroFile + `,"describe":{"set":{"owner":["mallory"]}}`), nil, change.UnknownField},
		"writes what turns a terminal around":       {"mallory", ask(heroFile + `,"describe":{"set":{"title":["\u001b[2J\u202e"]}}`), nil, change.InvalidValue},
		"is on a version that is no longer current": {"mallory", ask(heroFile + `,"versionID":"v1","describe":{"set":{"title":["x"]}}`), nil, change.StaleVersion},

		"with the key of who writes captions: another field":            {"cap", ask(heroFile + `,"describe":{"set":{"usage":["web"]}}`), nil, change.FieldNotAllowed},
		"with the key of who writes captions: clears another":           {"cap", ask(heroFile + `,"describe":{"clear":["mood"]}`), nil, change.FieldNotAllowed},
		"with the key of who writes captions: one allowed, one not":     {"cap", ask(heroFile + `,"describe":{"set":{"title":["x"]},"remove":{"channels":["tv"]}}`), nil, change.FieldNotAllowed},
		"with the key of who writes captions: the focus":                {"cap", ask(heroFile + `,"describe":{"clearFocus":true}`), nil, change.FieldNotAllowed},
		"with the key of who approves: another version":                 {"rea", ask(heroFile + "," + strings.Replace(approve, "v2", "v1", 1)), nil, change.StaleVersion},
		"with the key of who approves: other content":                   {"rea", ask(heroFile + "," + strings.Replace(approve, heroSHA, change.Digest(nil), 1)), nil, change.WrongContent},
		"with the key of who approves: describes":                       {"rea", ask(heroFile + `,"describe":{"set":{"title":["x"]}}`), nil, change.NotAllowed},
		"with the key of who keeps one Folder: another's restricted":    {"kim", ask(`"path":"press/secret.jpg","move":{"restricted":"vault","path":"x.jpg"}`), nil, change.NotFound},
		"with the key of who keeps one Folder: one that there is not":   {"kim", ask(`"path":"press/secret.jpg","move":{"restricted":"nothing","path":"x.jpg"}`), nil, change.NotFound},
		"with the key of a User of whom there is none":                  {"nobody", ask(heroFile + `,"describe":{"set":{"title":["x"]}}`), nil, change.NotFound},
		"in the place of the platform team, without a name":             {change.PlatformFolder, ask(heroFile + `,"describe":{"set":{"title":["x"]}}`), nil, change.Malformed},
		"in the place of the platform team, with a name of two lines":   {change.PlatformFolder, `{"v":1,"author":"a\nb","changes":[{` + heroFile + `,"describe":{"clearFocus":true}}]}`, nil, change.Malformed},
		"in the place of the platform team, what is not valid for them": {change.PlatformFolder, `{"v":1,"author":"ops","changes":[{` + heroFile + `,"describe":{"set":{"owner":["ops"]}}}]}`, nil, change.UnknownField},
	} {
		t.Run(attack, func(t *testing.T) {
			result, effects := answer(acme(t), c.folder, "a1", []byte(c.record), c.earlier, files())
			if len(result.Answers) != 1 || result.Answers[0].Reason != c.want || result.Answers[0].Outcome != change.Refused {
				t.Fatalf("%+v, want %s", result.Answers, c.want)
			}
			if effects != nil && cmp.Diff([]change.Effect{{}}, effects) != "" {
				t.Errorf("refused, and with an effect: %+v", effects)
			}
			harmless(t, result.Answers[0].Message)
		})
	}
}

// What the same people may is done: refusing everything would pass the test above.
func TestWhatThosePeopleMayIsDone(t *testing.T) {
	approve := fmt.Sprintf(`"versionID":"v2","approve":{"verdict":"Approved","sha256":%q}`, heroSHA)
	for _, c := range []struct {
		folder, record string
		want           change.Outcome
	}{
		{"mallory", ask(heroFile + `,"describe":{"set":{"title":["x"]}}`), change.Done},
		{"mallory", `{"v":1,"author":"mallory","changes":[{` + heroFile + `,"describe":{"set":{"usage":["web"]}}}]}`, change.Done},
		{"mallory", ask(heroFile + `,"versionID":"v1","restore":{}`), change.Done},
		{"cap", ask(heroFile + `,"describe":{"set":{"title":["x"]},"add":{"keywords":["y"]}}`), change.Done},
		{"rea", ask(heroFile + "," + approve), change.Done},
		{"rea", ask(heroFile + `,"state":{"state":"Archived"}`), change.Done},
		{"mona", ask(heroFile + `,"versionID":"v1","remove":{}`), change.Done},
		{"lib", ask(heroFile + `,"move":{"restricted":"embargo","path":"new.jpg"}`), change.Accepted},
		{"lib", ask(`"path":"hero.jpg","restricted":"embargo","move":{"path":"launch/new.jpg"}`), change.Accepted},
		{"lib", ask(`"path":"hero.jpg","restricted":"embargo","move":{"restricted":"vault","path":"hero.jpg"}`), change.Accepted},
		{change.PlatformFolder, `{"v":1,"author":"ops","changes":[{` + heroFile + `,` + approve + `}]}`, change.Done},
	} {
		result, effects := answer(acme(t), c.folder, "a1", []byte(c.record), nil, files())
		if result.Answers[0].Outcome != c.want || cmp.Diff([]change.Effect{{}}, effects) == "" {
			t.Errorf("%s: %s: %+v %+v", c.folder, c.record, result.Answers, effects)
		}
		if c.folder == change.PlatformFolder && effects[0].Approval.By != "platform:ops" {
			t.Errorf("signed by %s", effects[0].Approval.By)
		}
	}
}

// A file that somebody may not list is answered as one that does not exist, to the byte, whatever is asked of it and wherever it is.
func TestNamesDoNotLeak(t *testing.T) {
	asked := []string{
		`"describe":{"set":{"title":["x"]}}`, `"describe":{"set":{"no-such-field":["x"]}}`, `"state":{"state":"Draft"}`, `"versionID":"v1","restore":{}`,
		`"versionID":"nothing","remove":{}`, `"versionID":"v1","approve":{"verdict":"Approved","sha256":"` + heroSHA + `"}`,
		`"versionID":"v9","describe":{"clearFocus":true}`,
	}
	for place, k := range map[string]access.Key{
		"in a Folder of others":              {Path: "press/secret.jpg"},
		"in a restricted Folder":             {Restricted: "embargo", Path: "hero.jpg"},
		"in one that may or may not be":      {Restricted: "vault", Path: "hero.jpg"},
		"in a Folder that is not restricted": {Restricted: "press", Path: "secret.jpg"},
	} {
		for _, what := range append(asked, moveFrom(k)) {
			record := ask(fmt.Sprintf(`"path":%q,"restricted":%q,`, k.Path, k.Restricted) + what)
			a := hero(k.Path)
			a.Key.Restricted = k.Restricted
			there, _ := answer(acme(t), "mallory", "a1", []byte(record), nil, map[access.Key]change.Asset{a.Key: a})
			a.Occupied, a.SHA256 = true, ""
			other, _ := answer(acme(t), "mallory", "a1", []byte(record), nil, map[access.Key]change.Asset{a.Key: a})
			gone, _ := answer(acme(t), "mallory", "a1", []byte(record), nil, nil)
			if there.Answers[0].Reason != change.NotFound {
				t.Fatalf("%s: %s: %+v", place, what, there.Answers)
			}
			if cmp.Diff(text(t, there), text(t, gone)) != "" || cmp.Diff(text(t, there), text(t, other)) != "" {
				t.Errorf("%s: %s: the answers differ:\n%s\n%s\n%s", place, what, text(t, there), text(t, other), text(t, gone))
			}
		}
	}
	// And a file of one's own that does not exist gets the same words.
	gone, _ := answer(acme(t), "mallory", "a1", []byte(ask(heroFile+","+asked[0])), nil, nil)
	hidden, _ := answer(acme(t), "kim", "a1", []byte(ask(heroFile+","+asked[0])), nil, files())
	if cmp.Diff(text(t, gone), text(t, hidden)) != "" {
		t.Errorf("the answers differ:\n%s\n%s", text(t, gone), text(t, hidden))
	}
}

func moveFrom(k access.Key) string {
	if k.Restricted == "" {
		return `"move":{"restricted":"embargo","path":"x.jpg"}`
	}
	return `"move":{"path":"launch/x.jpg"}`
}

func text(t *testing.T, r change.Result) string {
	t.Helper()
	data, err := json.Marshal(r.Answers)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
