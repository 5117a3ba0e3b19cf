package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/spf13/cobra"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// approveFlags are what is decided, and on which content.
type approveFlags struct {
	reject, withdraw bool
	note, sha256     string
}

func (p *program) approve() *cobra.Command {
	var key keyFlags
	var wait waitFlags
	var f approveFlags
	c := &cobra.Command{
		Use:   "approve LIBRARY/PATH...",
		Short: "Approve files as they are now, or reject them",
		Long: `Approves the current version of files, or with --reject rejects it; --withdraw takes the decision back. It is a decision on
that very content: a new version is unreviewed again. The version and its SHA-256 are part of what is asked for, and are
printed. With a key of your own the file is downloaded to compute the SHA-256; with --sha256 it is not, and only that content is
approved, whatever is there; with --platform it is the one that Vitrine found. Whoever has approve on a file may do it.
` + recordsAre,
		Example: "  kubectl dam approve brand/launch/hero.jpg -n acme --note 'agreed with legal, BR-112'\n  kubectl dam approve brand/launch/hero.jpg -n acme --sha256 $(sha256sum hero.jpg | cut -d' ' -f1)\n  kubectl dam approve brand/launch/draft.jpg -n acme --reject --note 'the logo is the old one'",
		Args:    someFiles, ValidArgsFunction: p.completeFile,
		RunE: func(c *cobra.Command, args []string) error {
			verdict, err := f.verdict(len(args))
			if err != nil {
				return err
			}
			d, keys, err := p.deskFor(c, args, key)
			if err != nil {
				return err
			}
			defer d.close()
			changes := make([]change.Change, len(keys))
			for i, k := range keys {
				said := change.Approve{Verdict: verdict, SHA256: f.sha256, Note: f.note}
				changes[i] = change.Change{Path: k.Path, Restricted: k.Restricted, Approve: &said}
				if changes[i].VersionID, said.SHA256, err = d.content(c.Context(), p, k, f.sha256); err != nil {
					return err
				}
			}
			return p.submitAndPrint(c.Context(), d, changes, wait)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.reject, "reject", false, "reject them")
	flags.BoolVar(&f.withdraw, "withdraw", false, "take a decision back: they are unreviewed again")
	flags.StringVar(&f.note, "note", "", "what is to be said of the decision")
	flags.StringVar(&f.sha256, "sha256", "", "the SHA-256 of the content that you looked at, in hex; computed from a download when absent")
	key.add(flags)
	wait.add(flags)
	return c
}

func (f *approveFlags) verdict(files int) (v1alpha1.AssetApproval, error) {
	switch {
	case f.reject && f.withdraw:
		return "", errors.New("--reject or --withdraw, not both")
	case f.sha256 != "" && files > 1:
		return "", errors.New("--sha256 is of one file; approve one at a time with it")
	case f.reject:
		return v1alpha1.ApprovalRejected, nil
	case f.withdraw:
		return v1alpha1.ApprovalUnreviewed, nil
	}
	return v1alpha1.ApprovalApproved, nil
}

// original is the bucket and the object that hold a file.
func (d *desk) original(k access.Key) (bucket, object string) {
	vitrine, object := asset.Object(k)
	if vitrine {
		return d.at.Vitrine, object
	}
	return d.at.Originals, object
}

// longDownload is from how many bytes on it is told that a file is downloaded.
const longDownload = 64 << 20

// content names the current content of a file: its version, and its SHA-256 unless that is known.
func (d *desk) content(ctx context.Context, p *program, k access.Key, digest string) (version, sha string, err error) {
	bucket, object := d.original(k)
	current, err := d.store.StatObject(ctx, bucket, object, "")
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", "", fmt.Errorf("there is no file %s", d.name(k))
	case err != nil:
		return "", "", d.inPlainWords("looking at "+d.name(k), err)
	case current.VersionID == "":
		return "", "", fmt.Errorf("%s: the store tells no version of it, and only versions are approved", d.name(k))
	case digest != "":
		return current.VersionID, strings.ToLower(digest), nil
	case d.platform:
		f, err := known.One(ctx, d.store, d.at, k)
		if err != nil {
			return "", "", d.inPlainWords("reading what Vitrine found", err)
		}
		if f.Facts == nil || f.Facts.VersionID != current.VersionID || f.Facts.SHA256 == "" {
			return "", "", fmt.Errorf("%s: Vitrine has not read its current version yet; ask again in a minute", d.name(k))
		}
		return current.VersionID, f.Facts.SHA256, nil
	}
	if current.Size >= longDownload {
		_, _ = fmt.Fprintf(p.complaints, "downloading %s, %d MiB, to compute its SHA-256; --sha256 says it without\n", printer.OneLine(d.name(k)), current.Size>>20)
	}
	sha, err = d.digest(ctx, bucket, object, current.VersionID)
	return current.VersionID, sha, err
}

// digest downloads one version of a file, and keeps nothing of it but its SHA-256.
func (d *desk) digest(ctx context.Context, bucket, object, version string) (string, error) {
	const task = "downloading the file to compute its SHA-256"
	body, err := d.store.S3.GetObject(ctx, bucket, object, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		return "", fmt.Errorf("%s: %w", task, err)
	}
	defer func() { _ = body.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, body); err != nil {
		return "", d.inPlainWords(task, store.Failed(task, err))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
