package change_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

var (
	jsonBlock = regexp.MustCompile("(?ms)^```json\n(.*?)^```")
	reasonRow = regexp.MustCompile("(?m)^\\| `([A-Z][A-Za-z]+)` \\|")
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/changes.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The records of the page are put as they stand there, and each is done; the first gets the answer of the page.
//
// features: D15
func TestThePageOfChanges(t *testing.T) {
	blocks := jsonBlock.FindAllStringSubmatch(page(t), -1)
	if len(blocks) < 8 {
		t.Fatalf("the page has %d examples", len(blocks))
	}
	first, _ := answer(acme(t), "carl", "hero-captions-1", []byte(blocks[0][1]), nil, files())
	shown, err := change.DecodeResult([]byte(blocks[1][1]))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown, first); diff != "" {
		t.Errorf("the page shows another answer (-page +got):\n%s", diff)
	}
	kinds := map[string]bool{}
	for _, block := range blocks[2:] {
		record, refused := change.Decode([]byte(block[1]))
		if refused != nil {
			t.Errorf("%s: %+v", block[1], refused)
			continue
		}
		name, platform, refused := record.AuthorOf("lib")
		if record.Author != "" {
			name, platform, refused = record.AuthorOf(change.PlatformFolder)
		}
		if refused != nil {
			t.Errorf("%s: %+v", block[1], refused)
		}
		for _, c := range record.Changes {
			kinds[c.Kind()] = true
			a := hero(c.Path)
			a.Key = c.Key("brand")
			if c.Approve != nil {
				a.VersionID, a.SHA256 = c.VersionID, c.Approve.SHA256
			}
			a.Versions = append(a.Versions, asset.Version{ID: c.VersionID, ETag: "e0"})
			e, refused := change.Decide(change.Asker{Name: name, Platform: platform, Rights: acme(t)}, brandSchema, c, a, now, "c1")
			if refused != nil || e.Unchanged {
				t.Errorf("%s: %+v %+v", block[1], e, refused)
			}
		}
	}
	if len(kinds) != 6 {
		t.Errorf("examples of %v", kinds)
	}
}

// The page names every reason, outcome and limit, and none that there is not.
func TestThePageNamesWhatThereIs(t *testing.T) {
	text := page(t)
	there := map[string]bool{}
	for _, r := range change.Reasons() {
		there[string(r)] = true
	}
	for _, o := range []change.Outcome{change.Done, change.Accepted, change.Unchanged, change.Refused} {
		there[string(o)] = true
	}
	named := map[string]bool{}
	for _, row := range reasonRow.FindAllStringSubmatch(text, -1) {
		named[row[1]] = true
	}
	if diff := cmp.Diff(there, named); diff != "" {
		t.Errorf("-there +page\n%s", diff)
	}
	for _, limit := range []string{
		strconv.Itoa(change.MaxRecordBytes) + " bytes, " + strconv.Itoa(change.MaxChanges) + " changes", strconv.Itoa(change.MaxFields) + " fields, " +
			strconv.Itoa(asset.MaxValues) + " values", strconv.Itoa(asset.MaxDescriptionBytes) + " bytes of description",
		strconv.Itoa(int(change.KeepResults/(24*time.Hour))) + " days",
	} {
		if !strings.Contains(text, limit) {
			t.Errorf("the page does not say %q", limit)
		}
	}
	// Fields of Go are those of the page.
	var fields map[string]any
	data, err := json.Marshal(change.Change{Path: "p", Restricted: "r", VersionID: "v", Describe: &change.Describe{}, State: &change.State{},
		Approve: &change.Approve{}, Move: &change.Move{}, Restore: &struct{}{}, Remove: &struct{}{}})
	if err != nil || json.Unmarshal(data, &fields) != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the page does not explain %s", name)
		}
	}
}
