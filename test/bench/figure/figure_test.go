package figure

import (
	"strings"
	"testing"
)

func TestAFigureThatMissesItsBarIsMarked(t *testing.T) {
	cases := []struct {
		reason       string
		figure       Figure
		out, missing string
	}{
		{"within its limit", Figure{"review-roles-files", 0.25, 1, "s", 3}, "bench review-roles-files: ours=0.250 peer=1.000 ratio=4.0 bar=1 unit=s\n", ""},
		{"at its limit", Figure{"growth", 1000, 1000, "times", 0}, "bench growth: ours=1000 peer=1000 ratio=1.0 bar=1 unit=times\n", ""},
		{"too small to measure", Figure{"nothing", 0, 5, "cpu-s", 3}, "bench nothing: ours=0.000 peer=5.000 ratio=5000.0 bar=1 unit=cpu-s\n", ""},
		{
			"over it, if by so little that the ratio looks well", Figure{"review-audit-files", 1.02, 1, "s", 3},
			"bench review-audit-files: ours=1.020 peer=1.000 ratio=1.0 bar=1 unit=s\n", "MISSED review-audit-files: 1.020 s, and at most 1.000 are wanted\n",
		},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			var out, complaints strings.Builder
			c.figure.print(&out, &complaints)
			if out.String() != c.out || complaints.String() != c.missing {
				t.Errorf("got %q and %q, wanted %q and %q", out.String(), complaints.String(), c.out, c.missing)
			}
		})
	}
}
