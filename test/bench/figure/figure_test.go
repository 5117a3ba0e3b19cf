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
		{"within its limit", Figure{Name: "review-roles-files", Ours: 0.25, Peer: 1, Unit: "s", Decimals: 3}, "bench review-roles-files: ours=0.250 peer=1.000 ratio=4.0 bar=1 unit=s\n", ""},
		{"at its limit", Figure{Name: "growth", Ours: 1000, Peer: 1000, Unit: "times", Decimals: 0}, "bench growth: ours=1000 peer=1000 ratio=1.0 bar=1 unit=times\n", ""},
		{"too small to measure", Figure{Name: "nothing", Ours: 0, Peer: 5, Unit: "cpu-s", Decimals: 3}, "bench nothing: ours=0.000 peer=5.000 ratio=5000.0 bar=1 unit=cpu-s\n", ""},
		{
			"over it, if by so little that the ratio looks well", Figure{Name: "review-audit-files", Ours: 1.02, Peer: 1, Unit: "s", Decimals: 3},
			"bench review-audit-files: ours=1.020 peer=1.000 ratio=1.0 bar=1 unit=s\n", "MISSED review-audit-files: 1.020 s, and at most 1.000 are wanted\n",
		},
		{"more is better", Figure{Name: "renditions", Ours: 3, Peer: 2, Unit: "images/cpu-s", Decimals: 1, Bar: 1.4, More: true}, "bench renditions: ours=3.0 peer=2.0 ratio=1.50 bar=1.4 unit=images/cpu-s\n", ""},
		{
			"more is better, and there is too little", Figure{Name: "renditions", Ours: 2.5, Peer: 2, Unit: "images/cpu-s", Decimals: 1, Bar: 1.4, More: true},
			"bench renditions: ours=2.5 peer=2.0 ratio=1.25 bar=1.4 unit=images/cpu-s\n", "MISSED renditions: 2.5 images/cpu-s, and at least 2.8 are wanted\n",
		},
		{
			"a bar below the peer", Figure{Name: "memory", Ours: 160, Peer: 100, Unit: "MiB", Bar: 1 / 1.5},
			"bench memory: ours=160 peer=100 ratio=0.62 bar=0.667 unit=MiB\n", "MISSED memory: 160 MiB, and at most 150 are wanted\n",
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
