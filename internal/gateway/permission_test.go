package gateway

import "testing"

func TestOnlyWhatVisitorsMayDoHasARoute(t *testing.T) {
	for id, want := range map[string]Permission{
		"A1.1": List, "A1.2": Preview, "A1.3": Download, "A2.3": List,
		"A1.7": 0, "A1.12": 0, "A1.27": 0, "A1.30": 0, "A2.6": 0, "no such operation": 0,
	} {
		if got := does(id); got != want {
			t.Errorf("%s: %v instead of %v", id, got, want)
		}
	}
	for _, route := range Routes() {
		if route.Permission == 0 {
			t.Errorf("%s %s is for an operation that visitors may not do", route.Method, route.Pattern)
		}
	}
	for _, what := range []string{"", whatThumb, whatOriginal} {
		q := good(what)
		if what == "" {
			q.subject = Subject{}
		}
		if got := Authorise(q.principal, q.subject, 0, noon).Answer; got == Allow {
			t.Errorf("%q: an operation that visitors may not do was allowed", what)
		}
	}
}
