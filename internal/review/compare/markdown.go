package compare

import (
	"fmt"
	"io"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// maxRows bounds a comment: code hosts refuse one over 65,536 characters, and a row with four
// names, four routes and two places of 200 characters comes to some 600 with its markup.
const maxRows = 80

// maxCell bounds what one cell says.
const maxCell = 300

// WriteMarkdown writes the report as a comment of a pull request. What comes from
// declarations is shown as text: nothing in it can make markup, a link or a mention.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	mark := map[Verdict]string{Same: "✅", Changed: "ℹ️", Wider: "⚠️"}[r.Verdict]
	fmt.Fprintf(&b, "### %s %s\n", mark, r.headline())
	rows := 0
	for _, d := range r.Tenants {
		if d.Verdict == Same {
			continue
		}
		fmt.Fprintf(&b, "\n#### Namespace %s\n", plain(d.Namespace))
		rows = d.markdown(&b, rows)
	}
	if r.Verdict != Same {
		b.WriteString("\nCompared at every instant from now on at which something begins or ends.\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

func (d *Diff) markdown(b *strings.Builder, rows int) int {
	if d.Exposed != nil {
		fmt.Fprintf(b, "\nNewly exposed: **%d objects, %d bytes**\n", d.Exposed.Objects, d.Exposed.Bytes)
	}
	left := 0
	for i := range d.Changes {
		if rows == maxRows {
			left = len(d.Changes) - i
			break
		}
		if i == 0 {
			b.WriteString("\n| who | gains | loses | where | when | by |\n|---|---|---|---|---|---|\n")
		}
		rows++
		c := &d.Changes[i]
		where := c.Library + ": " + c.where(most)
		if c.Objects != nil {
			where += fmt.Sprintf(" (%d objects)", *c.Objects)
		}
		for _, cell := range []string{
			printer.Few(c.Subjects, most), bold(c.Gains), plain(strings.Join(c.Loses, ", ")), where, c.when(), printer.Few(c.Routes, most),
		} {
			if !strings.HasPrefix(cell, "**") {
				cell = plain(cell)
			}
			fmt.Fprintf(b, "| %s ", cell)
		}
		b.WriteString("|\n")
	}
	if left > 0 {
		fmt.Fprintf(b, "\nand %d more rows; `kubectl dam diff` shows all\n", left)
	}
	all := append(append([]Declared{}, d.Links...), d.Declared...)
	if len(all) > 0 {
		b.WriteByte('\n')
	}
	for i, o := range all {
		if rows == maxRows {
			fmt.Fprintf(b, "- and %d more\n", len(all)-i)
			break
		}
		rows++
		wider := ""
		if o.Wider {
			wider = " **(wider)**"
		}
		fmt.Fprintf(b, "- %s %s: %s%s\n", plain(o.Kind), plain(o.Name), plain(o.What), wider)
	}
	return rows
}

func bold(permissions []string) string {
	if len(permissions) == 0 {
		return ""
	}
	return "**" + strings.Join(permissions, ", ") + "**"
}

// plain shows a text as it is: every character that could begin markup, HTML, a link or a mention becomes its entity.
func plain(s string) string {
	s = printer.OneLine(s)
	if cut := []rune(s); len(cut) > maxCell {
		s = string(cut[:maxCell]) + "…"
	}
	var b strings.Builder
	for _, c := range s {
		if strings.ContainsRune("&<>|*_`[]()!#~@\\\"'$", c) {
			fmt.Fprintf(&b, "&#%d;", c)
			continue
		}
		b.WriteRune(c)
	}
	return strings.NewReplacer("://", "&#58;//", "www.", "www&#46;").Replace(b.String())
}
