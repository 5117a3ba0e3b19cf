package controllers

import (
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

func TestForeignAccessIsToldInFewWords(t *testing.T) {
	library := &v1alpha1.Library{}
	reportForeign(library, strings.Repeat("User alice has 1 policies that are not Vitrine's, the first is readonly; ", 500))
	if len(library.Status.Conditions) != 1 {
		t.Fatalf("conditions are %+v", library.Status.Conditions)
	}
	if message := library.Status.Conditions[0].Message; len(message) > 2*maxMessage || !strings.HasPrefix(message, "User alice") || !strings.HasSuffix(message, "should not be there") {
		t.Errorf("%d bytes: %s", len(message), message)
	}
	reportForeign(library, "")
	if len(library.Status.Conditions) != 0 {
		t.Errorf("conditions are %+v", library.Status.Conditions)
	}
}
