package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Whoever's token has the claim is in the group marketing, a viewer on press.
func claimChecks() []check {
	const pressed = "press/logo.png"
	var (
		session v1alpha1.GroupSession
		running *person
	)
	return []check{
		{"a group by claim tells how to open a session", func(ctx context.Context, d *demo) error {
			if _, err := d.kubectl(ctx, "apply", "--server-side", "-k", filepath.Join("config", "samples", "federation")); err != nil {
				return err
			}
			for kind, name := range map[string]string{"UserGroup": "marketing", "RoleBinding": "marketing"} {
				if err := d.becomesReady(ctx, kind, name); err != nil {
					return err
				}
			}
			var group v1alpha1.UserGroup
			if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: "marketing"}, &group); err != nil {
				return fmt.Errorf("reading the group: %w", err)
			}
			if len(group.Status.Sessions) != 1 {
				return fmt.Errorf("its status tells %d sessions, wanted one", len(group.Status.Sessions))
			}
			session = group.Status.Sessions[0]
			return nil
		}},
		{"whose token has the claim gets a session of an hour at most, and may there what the group may", func(ctx context.Context, d *demo) error {
			token, err := d.token("sales", "marketing")
			if err != nil {
				return err
			}
			if running, err = d.open(ctx, session, token); err != nil {
				return err
			}
			return allowed(ctx, running.lists(originals, "press/"), running.listsVersions(originals, "press/"), running.gets(originals, pressed))
		}},
		{"and nothing else", func(ctx context.Context, d *demo) error {
			if running == nil {
				return errors.New("there is no session to try")
			}
			attempts := []attempt{running.puts(originals, "press/check.txt"), running.puts(originals, pressed), running.removes(originals, pressed),
				running.beginsUpload("press/check.txt"), running.lists(originals, ""), running.puts(vitrineBucket, "changes/marketing/check.json")}
			for _, key := range append(d.uploaded(originals, "launch/"), d.uploaded(originals, "brand")...) {
				attempts = append(attempts, running.gets(originals, key))
			}
			for _, key := range d.uploaded(vitrineBucket, "restricted/") {
				attempts = append(attempts, running.gets(vitrineBucket, key))
			}
			for _, prefix := range []string{"launch/", "brand/", "brand-2/"} {
				attempts = append(attempts, running.lists(originals, prefix))
			}
			attempts = append(attempts, running.lists(otherOriginals, ""), running.lists(otherOriginals, "launch/"))
			d.note("%d other requests denied", len(attempts))
			return together(ctx, attempts, denied)
		}},
		{"a token without the claim opens none, nor one that somebody else signed", func(ctx context.Context, d *demo) error {
			without, err := d.token("sales", "Marketing")
			if err != nil {
				return err
			}
			claims := map[string]any{"aud": issuerAudience, "groups": "marketing"}
			forged, err := d.issuers.Forge(tenant, "stranger", claims)
			if err != nil {
				return err
			}
			elsewhere, err := d.issuers.Token(otherTenant, claims)
			if err != nil {
				return err
			}
			for what, token := range map[string]string{"without the claim": without, "with a forged signature": forged, "of an issuer that is not admitted": elsewhere} {
				if _, err := d.open(ctx, session, token); err == nil {
					return fmt.Errorf("a token %s opened a session", what)
				}
			}
			return nil
		}},
		{"when the group goes, the running session has nothing within two seconds, and none opens any more", func(ctx context.Context, d *demo) error {
			if _, err := d.kubectl(ctx, "delete", "-k", filepath.Join("config", "samples", "federation")); err != nil {
				return err
			}
			if running == nil {
				return errors.New("there was no session")
			}
			if err := d.promptly(ctx, "taken", func(ctx context.Context) error {
				return denied(ctx, running.gets(originals, pressed), running.lists(originals, "press/"))
			}); err != nil {
				return err
			}
			return d.eventually(ctx, settleLimit, "its role gone", func(ctx context.Context) error {
				token, err := d.token("marketing")
				if err != nil {
					return err
				}
				if _, err := d.open(ctx, session, token); err == nil {
					return errors.New("a session still opens")
				}
				return nil
			})
		}},
	}
}

// open shows the store a token, as a group's status says, and gives who that is.
func (d *demo) open(_ context.Context, s v1alpha1.GroupSession, token string) (*person, error) {
	creds, err := credentials.NewSTSWebIdentity(s.Endpoint, func() (*credentials.WebIdentityToken, error) {
		return &credentials.WebIdentityToken{Token: token}, nil
	}, func(i *credentials.STSWebIdentity) { i.RoleARN = s.RoleARN })
	if err != nil {
		return nil, fmt.Errorf("asking for a session: %w", err)
	}
	value, err := creds.GetWithContext(nil)
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	if left := time.Until(value.Expiration); left > store.SessionLimit {
		return nil, fmt.Errorf("the session lasts %s", left)
	}
	s3, err := newS3With(d.store.S3Endpoint, d.store.Region, creds)
	return &person{"somebody of marketing", s3}, err
}
