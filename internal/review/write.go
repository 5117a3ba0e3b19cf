package review

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// WriteTable writes the answer for people; wide has all columns.
func (a *WhoCan) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	if len(a.Users) == 0 {
		lines.Line("No User may %s all of %s.", a.Permission, a.Target)
	} else {
		t := printer.NewTable(w, append([]string{"USER"}, routeColumns(wide)...)...)
		for i := range a.Users {
			for j := range a.Users[i].Routes {
				t.Row(append([]string{a.Users[i].User}, a.Users[i].Routes[j].cells(wide)...)...)
			}
		}
		if err := t.End(); err != nil {
			return err
		}
	}
	if len(a.Parts) > 0 {
		lines.Line("")
		lines.Line("On parts of it:")
		t := printer.NewTable(w, append([]string{"USER", "PART"}, routeColumns(wide)...)...)
		for i := range a.Parts {
			t.Row(append([]string{a.Parts[i].User, a.Parts[i].On}, a.Parts[i].Route.cells(wide)...)...)
		}
		if err := t.End(); err != nil {
			return err
		}
	}
	if len(a.Groups) > 0 {
		lines.Line("")
		lines.Line("Whoever is in one of these UserGroups, which name no members here:")
		t := printer.NewTable(w, append([]string{"GROUP"}, routeColumns(wide)...)...)
		for i := range a.Groups {
			for j := range a.Groups[i].Routes {
				t.Row(append([]string{a.Groups[i].Group}, a.Groups[i].Routes[j].cells(wide)...)...)
			}
		}
		if err := t.End(); err != nil {
			return err
		}
	}
	if len(a.Links) > 0 {
		lines.Line("")
		lines.Line("Whoever has the URL of one of these PublicLinks:")
		t := printer.NewTable(w, "LINK", "SHOWS", "PASSWORD", "SUSPENDED", "SINCE", "UNTIL")
		for i := range a.Links {
			l := &a.Links[i]
			shows := "all of it"
			if l.Part {
				shows = "a part"
			}
			until := "no end"
			if l.TTL != "" {
				until = l.TTL + " after it was made"
			}
			t.Row(l.Name, shows, yesNo(l.Password), yesNo(l.Suspended), printer.Instant(l.NotBefore, ""), printer.Instant(l.NotAfter, until))
		}
		if err := t.End(); err != nil {
			return err
		}
	}
	return lines.Notes(a.Notes)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// WriteTable writes yes or no, and the grounds when wide.
func (a *Answer) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	lines.Line("%s", yesNo(a.Allowed))
	if wide {
		a.grounds(lines, 1<<30)
		return lines.Notes(a.Notes)
	}
	return lines.Err()
}

// WriteTable writes what the user may and may not do, permissions with the same grounds together.
func (e *Explanation) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	lines.Line("%s on %s, library %s, at %s", e.Subject, e.Target, e.Library, printer.Stamp(e.At))
	most := 3
	if wide {
		most = 1 << 30
	}
	for _, allowed := range []bool{true, false} {
		done := map[int]bool{}
		for i := range e.Permissions {
			v := &e.Permissions[i]
			if done[i] || v.Allowed != allowed {
				continue
			}
			same := []string{v.Permission}
			for j := i + 1; j < len(e.Permissions); j++ {
				o := &e.Permissions[j]
				if !done[j] && o.Allowed == allowed && reflect.DeepEqual(o.Routes, v.Routes) && reflect.DeepEqual(o.WhyNot, v.WhyNot) {
					done[j] = true
					same = append(same, o.Permission)
				}
			}
			word := map[bool]string{true: "may", false: "may not"}[allowed]
			lines.Line("")
			lines.Line("%s: %s", word, strings.Join(same, ", "))
			v.grounds(lines, most)
		}
	}
	return lines.Notes(e.Notes)
}

// grounds writes routes, or why there is none, so many at most.
func (v *Verdict) grounds(lines *printer.Lines, most int) {
	if v.Allowed {
		for i := range v.Routes {
			lines.Line("  by %s", v.Routes[i].String())
		}
		return
	}
	for i, why := range v.WhyNot {
		if i == most {
			lines.Line("  and %d more; -o wide shows all", len(v.WhyNot)-most)
			return
		}
		var because []string
		for _, o := range why.Obstacles {
			because = append(because, o.Message)
		}
		if why.Route == nil {
			lines.Line("  %s", strings.Join(because, "; "))
			continue
		}
		route := *why.Route
		route.NotAfter = nil // where it matters it is among the obstacles
		lines.Line("  not by %s: %s", route.String(), strings.Join(because, "; "))
	}
}

// WriteTable writes a row for each grant.
func (a *Access) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	if len(a.Grants) == 0 {
		lines.Line("%s may do nothing.", a.Subject)
		return lines.Notes(a.Notes)
	}
	t := printer.NewTable(w, append([]string{"LIBRARY", "WHERE", "PERMISSIONS"}, routeColumns(wide)...)...)
	for i := range a.Grants {
		g := &a.Grants[i]
		t.Row(append([]string{g.Library, g.where(), strings.Join(g.Permissions, ",")}, g.Route.cells(wide)...)...)
	}
	if err := t.End(); err != nil {
		return err
	}
	return lines.Notes(a.Notes)
}

// WriteTable writes a row for each role.
func (a *Roles) WriteTable(w io.Writer, wide bool) error {
	most := 5
	columns := []string{"ROLE", "KIND", "PERMISSIONS", "USERS", "BINDINGS"}
	if wide {
		most = 1 << 30
		columns = append(columns, "DESCRIPTION")
	}
	t := printer.NewTable(w, columns...)
	for _, role := range a.Roles {
		cells := []string{role.Name, role.Kind, strings.Join(role.Permissions, ","), counted(role.Users, most), counted(role.Bindings, most)}
		if wide {
			cells = append(cells, role.Description)
		}
		t.Row(cells...)
	}
	if err := t.End(); err != nil {
		return err
	}
	return printer.NewLines(w).Notes(a.Notes)
}

func counted(names []string, most int) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%d: %s", len(names), printer.Few(names, most))
}
