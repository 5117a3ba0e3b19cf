package review

import (
	"fmt"
	"io"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// WriteTable writes a row for each link.
func (a *LinkList) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	if len(a.Links) == 0 {
		lines.Line("There are no PublicLinks.")
		return lines.Notes(a.Notes)
	}
	columns := []string{"NAMESPACE", "LINK", "PHASE", "TARGET", "PASSWORD", "ORIGINALS", "EXPIRES", "ASSETS"}
	if wide {
		columns = append(columns, "RENDITIONS", "SINCE", "URL SECRET", "TITLE", "WHY")
	}
	t := printer.NewTable(w, columns...)
	for i := range a.Links {
		l := &a.Links[i]
		cells := []string{l.Namespace, l.Name, string(l.Phase), l.Target, yesNo(l.Password), yesNo(l.Originals), l.expires(), counts(l.Assets)}
		if wide {
			cells = append(cells, strings.Join(l.Renditions, ","), printer.Instant(l.NotBefore, ""), l.URLSecret, l.Title, l.Why)
		}
		t.Row(cells...)
	}
	if err := t.End(); err != nil {
		return err
	}
	return lines.Notes(a.Notes)
}

func (l *LinkView) expires() string {
	if l.TTL != "" {
		return l.TTL + " after its first day"
	}
	return printer.Instant(l.Expires, "never")
}

func counts(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// Found is a link found by its URL.
type Found struct{ LinkView }

// WriteTable says which link it is, and what it does now, in plain words.
func (f *Found) WriteTable(w io.Writer, _ bool) error {
	lines := printer.NewLines(w)
	lines.Line("PublicLink %s in namespace %s", f.Name, f.Namespace)
	lines.Line("")
	lines.Line("%s", f.now())
	shows := "It is on " + f.Target
	if f.Assets != nil {
		shows += fmt.Sprintf(", %d files when last counted", *f.Assets)
	}
	lines.Line("%s.", shows)
	takes := []string{"previews"}
	if len(f.Renditions) > 0 {
		takes = append(takes, "the renditions "+strings.Join(f.Renditions, ", "))
	}
	if f.Originals {
		takes = append(takes, "the originals")
	}
	lines.Line("It gives %s.", strings.Join(takes, ", "))
	lines.Line("To shut it: kubectl dam freeze link %s -n %s --reason …", f.Name, f.Namespace)
	return lines.Err()
}

// now says what the link does for the one who opens it.
func (f *Found) now() string {
	if f.Phase != v1alpha1.LinkActive {
		return fmt.Sprintf("It does not open: it is %s, since %s.", strings.ToLower(string(f.Phase)), f.Why)
	}
	with := "without a password"
	if f.Password {
		with = "with its password"
	}
	if f.Expires == nil && f.TTL == "" {
		return fmt.Sprintf("It opens for whoever has the URL, %s, and never ends.", with)
	}
	return fmt.Sprintf("It opens for whoever has the URL, %s, until %s.", with, f.expires())
}
