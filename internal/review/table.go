package review

import "github.com/vitrine-dam/vitrine/internal/review/printer"

// routeColumns are the columns of a route.
func routeColumns(wide bool) []string {
	columns := []string{"BINDING", "ROLE", "THROUGH", "GIVEN ON", "CASCADES FROM", "UNTIL"}
	if wide {
		columns = append(columns, "SINCE", "REASON")
	}
	return columns
}

func (r *Route) cells(wide bool) []string {
	on := r.Target
	if r.Item != "" {
		on += " (" + r.Item + ")"
	}
	cells := []string{r.Binding, r.Role, r.through(), on, r.CascadesFrom, printer.Instant(r.NotAfter, "no end")}
	if wide {
		cells = append(cells, printer.Instant(r.NotBefore, ""), r.Reason)
	}
	return cells
}

func (r *Route) through() string {
	if r.Group == "" {
		return "named directly"
	}
	return "group " + r.Group
}

// String is the route in a sentence.
func (r *Route) String() string {
	s := "RoleBinding " + r.Binding + " (" + r.Role
	if r.Group != "" {
		s += " through UserGroup " + r.Group
	}
	s += ", on " + r.Target
	switch {
	case r.CascadesFrom == "/":
		s += ", from the whole library"
	case r.CascadesFrom != "":
		s += ", from " + r.CascadesFrom + " above"
	case r.Item != "":
		s += ", as " + r.Item
	}
	if r.NotAfter != nil {
		s += ", until " + printer.Stamp(*r.NotAfter)
	}
	return s + ")"
}
