package controllers

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
)

// What stays where it is, is told; of files in restricted Folders their number and no name.
func TestNoRestrictedFileIsNamedToWhoSeesTheLibrary(t *testing.T) {
	open := access.Key{Library: "brand", Path: "launch/hero.jpg"}
	secret := func(folder, path string) access.Key {
		return access.Key{Library: "brand", Restricted: folder, Path: path}
	}
	taken := &relocate.Refusal{Reason: relocate.ReasonTargetExists, Message: `there is a file "merger.jpg" in restricted folder embargo already; rename it`}

	var s stuck
	if s.String() != "" {
		t.Errorf("of nothing is told %q", s.String())
	}
	s.add(open, "stays where it is: "+taken.Error())
	for _, key := range []access.Key{secret("legal", "suit.pdf"), secret("embargo", "merger.jpg"), secret("embargo", "a/merger.jpg")} {
		s.add(key, "stays where it is: "+taken.Error())
	}
	status := s.String()
	for _, want := range []string{`"launch/hero.jpg" stays where it is`, "files of the restricted Folder embargo could not be moved, 2 of them", "files of the restricted Folder legal could not be moved, 1 of them"} {
		if !strings.Contains(status, want) {
			t.Errorf("%q does not tell %q", status, want)
		}
	}
	s = stuck{}
	s.add(secret("embargo", "merger.jpg"), taken.Error())
	unclear := unclearMessage([]asset.Unclear{{Gone: []access.Key{secret("embargo", "merger.jpg")}, Came: []access.Key{secret("embargo", "merger2.jpg"), secret("embargo", "merger3.jpg")}}}, time.Hour)
	for what, message := range map[string]string{"the status": s.String(), "an event": refusedMessage(secret("embargo", "merger.jpg"), taken), "an unclear rename": unclear} {
		if strings.Contains(message, "merger") || !strings.Contains(message, "restricted Folder embargo") || !strings.Contains(message, "log") && !strings.Contains(message, "describe them anew") {
			t.Errorf("%s says %q", what, message)
		}
	}
	if event := refusedMessage(open, taken); !strings.Contains(event, open.Path) || !strings.Contains(event, "TargetExists") {
		t.Errorf("of a file of the open library an event says %q", event)
	}
}
