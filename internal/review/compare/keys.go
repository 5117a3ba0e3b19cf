package compare

import (
	"fmt"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// keyChanges tells what becomes of a User's access keys. With the first one somebody can do what they might do
// before by declaration alone; one that lives longer is of use for longer to whoever has got hold of it.
func keyChanges(was, is *v1alpha1.UserSpec, add func(wider bool, what string)) {
	had, has := was.Credentials == v1alpha1.CredentialsIssue, is.Credentials == v1alpha1.CredentialsIssue
	switch {
	case !had && has:
		add(true, "gets an access key")
		return
	case had && !has:
		add(false, "has no access key any more")
		return
	case !has:
		return
	}
	before, after := rotation(was), rotation(is)
	if from, to := before.MaxAge.Value(), after.MaxAge.Value(); from != to {
		add(from > 0 && (to == 0 || to > from), fmt.Sprintf("has access keys replaced after %s instead of %s", age(to), age(from)))
	}
	if from, to := overlap(before), overlap(after); from != to {
		add(to > from, fmt.Sprintf("has access keys valid for %s beside the new one instead of %s", to, from))
	}
}

func rotation(u *v1alpha1.UserSpec) v1alpha1.KeyRotation {
	if u.KeyRotation == nil {
		return v1alpha1.KeyRotation{}
	}
	return *u.KeyRotation
}

// overlap is how long a replaced key stays valid; an hour when nothing is said.
func overlap(r v1alpha1.KeyRotation) time.Duration {
	if r.Overlap == "" {
		return time.Hour
	}
	return r.Overlap.Value()
}

func age(d time.Duration) string {
	if d == 0 {
		return "no time"
	}
	return d.String()
}
