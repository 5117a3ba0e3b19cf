package controllers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const jsonType = "application/json"

// token gives a link's token and its record: the one it has, the one it had in
// a cluster that was rebuilt, or a new one. The record is written before the
// token is used anywhere, so that a cut never loses a URL that somebody holds.
func (r *PublicLinkReconciler) token(ctx context.Context, connection Connection, bucket string, obj *v1alpha1.PublicLink) (link.Token, link.Record, error) {
	none := link.Token{}
	ring, err := r.keyRing(ctx)
	if err != nil {
		return none, link.Record{}, err
	}
	cluster, err := r.clusterID(ctx)
	if err != nil {
		return none, link.Record{}, err
	}
	key := asset.LinkRecordObject(obj.Name)
	condition := store.IfAbsent()
	var known *link.Record
	data, etag, err := connection.GetObject(ctx, bucket, key)
	switch {
	case isMissing(err):
	case err != nil:
		return none, link.Record{}, fmt.Errorf("reading the link's record: %w", err)
	default:
		record, err := link.DecodeRecord(data)
		if err != nil {
			return none, link.Record{}, stall(v1alpha1.ReasonRecordUnreadable, "the record %s in bucket %s is damaged; restore an older version of it to keep the URL, or delete it to get a new one", key, bucket)
		}
		known, condition = &record, store.IfMatch(etag)
	}

	aad := obj.Namespace + "/" + obj.Name
	plan := link.Recover(known, cluster, string(obj.UID), r.Clock.Now())
	if plan.Action == link.Issue {
		token, err := link.NewToken(rand.Reader)
		if err != nil {
			return none, link.Record{}, fmt.Errorf("drawing a token: %w", err)
		}
		record, err := plan.Issue(ring, token, aad)
		if err != nil {
			return none, link.Record{}, fmt.Errorf("sealing the token: %w", err)
		}
		return token, record, r.writeRecord(ctx, connection, bucket, key, record, condition)
	}
	token, err := ring.Open(plan.Record.Token, aad)
	if errors.Is(err, link.ErrUnknownKey) || errors.Is(err, link.ErrSealed) {
		return none, link.Record{}, stall(v1alpha1.ReasonRecordUnreadable, "the record %s in bucket %s cannot be opened with the keys in Secret %s/%s; restore the key ring to keep the URL, or delete the record to get a new one", key, bucket, r.Settings.SystemNamespace, KeyRingSecret)
	}
	if err != nil {
		return none, link.Record{}, fmt.Errorf("opening the link's record: %w", err)
	}
	if plan.Action == link.Rebind {
		return token, plan.Record, r.writeRecord(ctx, connection, bucket, key, plan.Record, condition)
	}
	return token, plan.Record, nil
}

func (r *PublicLinkReconciler) writeRecord(ctx context.Context, connection Connection, bucket, key string, record link.Record, condition store.Condition) error {
	data, err := record.Encode()
	if err != nil {
		return fmt.Errorf("encoding the link's record: %w", err)
	}
	if _, err := connection.PutObject(ctx, bucket, key, data, jsonType, condition); err != nil {
		return fmt.Errorf("writing the link's record: %w", err)
	}
	return nil
}

// retireDeleted ends for good the tokens of links that have a record in a
// Library's bucket and are not among those that live. With a cluster named,
// only of links that were deleted in it: in a rebuilt one, Git may not have
// declared them again yet.
func (d *Deps) retireDeleted(ctx context.Context, connection Connection, bucket string, namespace, cluster string) error {
	var names []string
	err := connection.ListObjects(ctx, bucket, asset.LinksRoot, func(info store.ObjectInfo) error {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(info.Key, asset.LinksRoot), ".json"))
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing the records of links: %w", err)
	}
	// Asked after the listing: whose record is listed was declared before that.
	live, err := d.liveLinks(ctx, namespace)
	if err != nil {
		return err
	}
	for _, name := range names {
		if live[name] {
			continue
		}
		if err := d.retire(ctx, connection, bucket, name, cluster); err != nil {
			return err
		}
	}
	return nil
}

// retire ends the token of one deleted link for good, if it has a record in
// the bucket, and takes away the list of what it showed.
func (d *Deps) retire(ctx context.Context, connection Connection, bucket, name, cluster string) error {
	key := asset.LinkRecordObject(name)
	data, etag, err := connection.GetObject(ctx, bucket, key)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the record of link %s: %w", name, err)
	}
	record, err := link.DecodeRecord(data)
	if err != nil {
		// Not one of ours, or damaged: left for whoever repairs it. The token opens nothing without its object.
		return nil //nolint:nilerr // see above
	}
	if record.RetiredAt != nil || (cluster != "" && record.Cluster != cluster) {
		return nil
	}
	encoded, err := record.Retire(d.Clock.Now()).Encode()
	if err != nil {
		return fmt.Errorf("encoding the record of link %s: %w", name, err)
	}
	if _, err := connection.PutObject(ctx, bucket, key, encoded, jsonType, store.IfMatch(etag)); err != nil {
		return fmt.Errorf("retiring the token of link %s: %w", name, err)
	}
	if err := connection.RemoveObject(ctx, bucket, asset.CatalogObject(name), ""); err != nil && !isMissing(err) {
		return fmt.Errorf("deleting the catalog of link %s: %w", name, err)
	}
	return nil
}
