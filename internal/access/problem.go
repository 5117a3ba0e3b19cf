package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is something declared that cannot be enforced as it stands. It
// takes nothing away from anything else.
type Problem struct {
	// Kind and Name of the object.
	Kind, Name string
	// Reason is one of the reasons of package v1alpha1.
	Reason string
	// Message says in plain words what is wrong and what to do.
	Message string
}

type problemList []Problem

func (l *problemList) add(kind, name, reason, format string, args ...any) {
	*l = append(*l, Problem{Kind: kind, Name: name, Reason: reason, Message: fmt.Sprintf(format, args...)})
}

func (l problemList) sort() {
	slices.SortFunc(l, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Message, b.Message))
	})
}

// Problems lists what is declared and cannot be enforced, by kind and name.
func (m *Model) Problems() []Problem { return slices.Clone([]Problem(m.problems)) }

// ProblemOf gives the first problem of one declaration; false when it has none.
func (m *Model) ProblemOf(kind, name string) (Problem, bool) {
	i, _ := slices.BinarySearchFunc([]Problem(m.problems), Problem{Kind: kind, Name: name}, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	if i < len(m.problems) && m.problems[i].Kind == kind && m.problems[i].Name == name {
		return m.problems[i], true
	}
	return Problem{}, false
}

// few names things in a sentence: at most five, and how many more there are,
// so that no list of thousands ends up in a status.
func few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
