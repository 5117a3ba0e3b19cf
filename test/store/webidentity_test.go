package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// Only a token of this issuer, for this audience, that carries this claim, opens a session. The store takes a token for five minutes longer than it
// says, and the party that a token was issued to (azp) for its audience.
func TestOnlyTheRightTokenOpensASession(t *testing.T) {
	a := startAbroad(t)
	r := a.role()
	bucket, _ := a.shares(r)
	arn := a.store.Roles().RolePrincipal(r)
	forged, err := a.issuers.Forge("acme", "evil", map[string]any{"aud": "vitrine", "groups": []string{marketing}})
	a.must(err)
	good := a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{"sales", marketing}})
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	for _, c := range []struct {
		reason  string
		token   string
		seconds int
		want    bool
	}{
		{"the value among others", good, 0, true},
		{"the value alone", a.token("acme", map[string]any{"aud": "vitrine", "groups": marketing}), 0, true},
		{"a quarter of an hour", good, 900, true},
		{"less than a quarter of an hour", good, 899, false},
		{"more than an hour", good, 3601, false},
		{"another value", a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{"sales"}}), 0, false},
		{"a value that begins alike", a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{"marketing-2"}}), 0, false},
		{"a value that differs by case alone", a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{"Marketing"}}), 0, false},
		{"the value in another claim", a.token("acme", map[string]any{"aud": "vitrine", "roles": []string{marketing}}), 0, false},
		{"no such claim", a.token("acme", map[string]any{"aud": "vitrine"}), 0, false},
		{"another audience that the store knows", a.token("acme", map[string]any{"aud": "others", "groups": []string{marketing}}), 0, false},
		{"an audience that the store does not know", a.token("acme", map[string]any{"aud": "nobody", "groups": []string{marketing}}), 0, false},
		{"issued to this audience, for use at another", a.token("acme", map[string]any{"aud": "others", "azp": "vitrine", "groups": []string{marketing}}), 0, true},
		{"another issuer", a.token("evil", map[string]any{"aud": "vitrine", "groups": []string{marketing}}), 0, false},
		{"a signature by another issuer's key", forged, 0, false},
		{"expired four minutes ago", a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{marketing}, "exp": ago(4 * time.Minute)}), 0, true},
		{"expired six minutes ago", a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{marketing}, "exp": ago(6 * time.Minute)}), 0, false},
		{"no token", "nothing", 0, false},
	} {
		session, err := a.session(arn, c.token, c.seconds)
		if (err == nil) != c.want {
			t.Errorf("%s: %v", c.reason, err)
		}
		if err != nil {
			continue
		}
		if !a.reads(session, bucket, "shared/a") || a.reads(session, bucket, "other/a") {
			t.Errorf("%s: the session has not what the policy gives the role", c.reason)
		}
		value, err := session.GetWithContext(nil)
		a.must(err)
		if left := time.Until(value.Expiration); left > store.SessionLimit {
			t.Errorf("%s: the session lasts %s", c.reason, left)
		}
	}
}

// A session has what bucket policies give its role's ARN, with the very request after they change. It has it even when the role
// is gone, and when another one bears its name: so no role's name may serve twice for different people.
func TestASessionLivesByThePolicyAlone(t *testing.T) {
	a := startAbroad(t)
	r := a.role()
	roles := a.store.Roles()
	bucket, policy := a.shares(r)
	session, err := a.session(roles.RolePrincipal(r), a.token("acme", map[string]any{"aud": "vitrine", "groups": []string{marketing}}), 0)
	a.must(err)
	is := func(reason string, want bool) {
		t.Helper()
		if a.reads(session, bucket, "shared/a") != want {
			t.Errorf("%s: it reads: %t", reason, !want)
		}
	}
	is("named by the policy", true)
	a.must(a.store.SetBucketPolicy(t.Context(), bucket, nil))
	is("no policy", false)
	a.must(a.store.SetBucketPolicy(t.Context(), bucket, policy))
	is("named again", true)
	a.must(roles.DeleteRole(t.Context(), r))
	is("the role is gone, and the policy names it", true)
	if err := a.store.SetBucketPolicy(t.Context(), bucket, policy); !errors.Is(err, store.ErrUnknownPrincipal) {
		t.Errorf("a policy that names a role that is gone: %v", err)
	}
	other := r
	other.Trust.Value = "sales"
	_, err = roles.EnsureRole(t.Context(), other)
	a.must(err)
	is("another role bears its name", true)
	if a, b := store.SessionRoleName(installation, "acme", "UserGroup", "g", r.Trust), store.SessionRoleName(installation, "acme", "UserGroup", "g", other.Trust); a == b {
		t.Errorf("whom a role trusts does not tell in its name %s", a)
	}
	a.must(a.store.SetBucketPolicy(t.Context(), bucket, nil))
	is("no policy at last", false)
}

func TestRolesAndIssuersAreMadeAsWantedAndOnlyOnce(t *testing.T) {
	a := startAbroad(t)
	ctx, roles, providers := t.Context(), a.store.Roles(), a.store.Providers()
	r := a.role()
	r.Tags = map[string]string{"vitrine:name": marketing}
	changed, err := roles.EnsureRole(ctx, r)
	a.must(err)
	if !changed {
		t.Error("its tags were not told to change")
	}
	p := store.Provider{Issuer: r.Trust.Issuer, Audiences: []string{"vitrine"}}
	a.calls.restart(0)
	again, err := roles.EnsureRole(ctx, r)
	a.must(err)
	known, err := providers.EnsureProvider(ctx, p)
	a.must(err)
	if again || known || len(a.calls.writes()) > 0 {
		t.Errorf("what is as wanted was written: %v", a.calls.writes())
	}

	// By hand: whom it trusts, and a policy of its own that gives everything.
	byHand := iam.New(iam.Options{BaseEndpoint: &a.bed.IAMEndpoint, Region: a.bed.Region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: a.bed.AccessKey, SecretAccessKey: a.bed.SecretKey}, nil
	})})
	everything := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	_, err = byHand.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &r.Name, PolicyName: aws.String("mine"), PolicyDocument: &everything})
	a.must(err)
	other := r
	other.Trust.Value = "sales"
	_, err = roles.EnsureRole(ctx, other)
	a.must(err)
	_, err = byHand.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &r.Name, PolicyName: aws.String("mine"), PolicyDocument: &everything})
	a.must(err)
	changed, err = roles.EnsureRole(ctx, r)
	a.must(err)
	if !changed {
		t.Error("what was changed by hand was not told to change")
	}
	list, err := byHand.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &r.Name})
	a.must(err)
	if len(list.PolicyNames) > 0 {
		t.Errorf("policies by hand are left: %v", list.PolicyNames)
	}
	if _, err := a.session(roles.RolePrincipal(r), a.token("acme", map[string]any{"aud": "vitrine", "groups": "sales"}), 0); err == nil {
		t.Error("it still trusts whom it was made to trust by hand")
	}

	stranger := r
	stranger.Path = store.IdentityPath(installation, "elsewhere")
	if _, err := roles.EnsureRole(ctx, stranger); !errors.Is(err, store.ErrForeign) {
		t.Errorf("a role of that name in another path: %v", err)
	}
	if err := roles.DeleteRole(ctx, stranger); !errors.Is(err, store.ErrForeign) {
		t.Errorf("deleting it: %v", err)
	}
	found, err := roles.ListRoles(ctx, store.IdentityPath(installation, ""))
	a.must(err)
	want := []store.SessionRole{{Name: r.Name, Path: r.Path, Tags: r.Tags}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	a.must(roles.DeleteRole(ctx, r))
	a.must(roles.DeleteRole(ctx, r))
	a.must(providers.DeleteProvider(ctx, r.Trust.Issuer))
	a.must(providers.DeleteProvider(ctx, r.Trust.Issuer))
	left, err := providers.ListProviders(ctx)
	a.must(err)
	if len(left) > 0 {
		t.Errorf("issuers are left: %v", left)
	}
	if _, err := providers.EnsureProvider(ctx, store.Provider{Issuer: "https://203.0.113.99", Audiences: []string{"vitrine"}}); !store.IssuerUnreachable(err) {
		t.Errorf("an issuer that does not answer: %v", err)
	}
}
