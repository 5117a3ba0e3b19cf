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

// maxBytes is where rows end though there were fewer: what is escaped may take six times its length, and one row more at
// most 11 KB.
const maxBytes = 50000

// maxCell bounds what one cell says.
const maxCell = 300

// maxNotes bounds what is noted of one namespace.
const maxNotes = 20

// cell is text that is safe in a comment: only plain and bold make one.
type cell string

// WriteMarkdown writes the report as a comment of a pull request. What comes from
// declarations is shown as text: nothing in it can make markup, a link or a mention.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	mark := map[Verdict]string{Same: "✅", Changed: "ℹ️", Wider: "⚠️"}[r.Verdict]
	fmt.Fprintf(&b, "### %s %s\n", mark, r.headline())
	rows := 0
	for i, d := range r.Tenants {
		if d.Verdict == Same && len(d.Notes) == 0 {
			continue
		}
		if b.Len() > maxBytes {
			fmt.Fprintf(&b, "\nand up to %d more namespaces; `kubectl dam diff` shows all\n", len(r.Tenants)-i)
			break
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
		if rows == maxRows || b.Len() > maxBytes {
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
		for _, shown := range []cell{
			plain(printer.Few(c.Subjects, most)), bold(strings.Join(c.Gains, ", ")), plain(strings.Join(c.Loses, ", ")), plain(where), plain(c.when()), plain(printer.Few(c.Routes, most)),
		} {
			fmt.Fprintf(b, "| %s ", shown)
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
		if rows == maxRows || b.Len() > maxBytes {
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
	if len(d.Notes) > 0 {
		b.WriteByte('\n')
	}
	for i, note := range d.Notes {
		if i == maxNotes || b.Len() > maxBytes {
			fmt.Fprintf(b, "- and %d more notes\n", len(d.Notes)-i)
			break
		}
		fmt.Fprintf(b, "- note: %s\n", plain(note))
	}
	return rows
}

// bold shows a text as it is, in bold.
func bold(text string) cell {
	if text == "" {
		return ""
	}
	return "**" + plain(text) + "**"
}

// plain shows a text as it is: every character that could begin markup, HTML, a link or a mention becomes its entity.
func plain(s string) cell {
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
	return cell(strings.NewReplacer("://", "&#58;//", "www.", "www&#46;").Replace(b.String()))
}
