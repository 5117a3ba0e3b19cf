package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vitrine-dam/vitrine/internal/review/adopt"
	"github.com/vitrine-dam/vitrine/internal/review/inventory"
)

// reachFlags say where a store is; whose keys are used the environment says.
type reachFlags struct{ endpoint, iam, region, account string }

func (f *reachFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.endpoint, "s3-endpoint", "", "URL of the store's S3 API, asked with your own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	flags.StringVar(&f.region, "region", "", "the store's region; AWS_REGION when absent, or us-east-1")
}

// reach is the way to the store as the caller. Keys that need a session token are not used, rather
// than being used in part.
func (f *reachFlags) reach() (inventory.Reach, error) {
	r := inventory.Reach{
		Endpoint: f.endpoint, IAMEndpoint: f.iam, Region: f.region, Account: f.account,
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
	}
	if r.Region == "" {
		r.Region = os.Getenv("AWS_REGION")
	}
	if os.Getenv("AWS_SESSION_TOKEN") != "" {
		return r, errors.New("keys with a session token (AWS_SESSION_TOKEN) cannot be used here; use keys of a user")
	}
	return r, nil
}

func (p *program) export() *cobra.Command {
	var f reachFlags
	var bucket, library, objectStore string
	c := &cobra.Command{
		Use:   "export --bucket BUCKET --s3-endpoint URL",
		Short: "Write YAML that says what a bucket has now, to adopt it",
		Long: `Writes the declarations that say what a bucket has now: a Library that adopts it, a Folder for each top folder
and each place that a policy names, the users and their rights. What cannot be expressed stands in it as comments, each
marked NOT EXPRESSED. Nothing is changed anywhere.

The store is asked with your own keys, from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, over its S3 API and, for
users and groups and their policies, the IAM API (--iam-endpoint) or, without that flag, the admin API of a MinIO. They
need to list the bucket, to read its policy, and to list users and groups and read their policies, attached ones included;
what they may not read is told in the output. Rights of roles and of sessions (web identity, LDAP) are not looked at, nor
those of access keys with policies of their own. What a group has each of its members gets by name.`,
		Example: "  kubectl dam export --bucket acme-archive --s3-endpoint https://s3.example.org --iam-endpoint https://iam.example.org -n acme > archive.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if bucket == "" || f.endpoint == "" {
				return errors.New("say which bucket with --bucket, and where with --s3-endpoint")
			}
			namespace := *p.cluster.Namespace
			if namespace == "" {
				return errors.New("say with -n for which tenant's namespace")
			}
			reach, err := f.reach()
			if err != nil {
				return err
			}
			found, err := inventory.Survey(c.Context(), reach, bucket)
			if err != nil {
				return err
			}
			if library == "" {
				library = adopt.LibraryName(bucket)
			}
			text, err := adopt.Export(found, adopt.Options{Namespace: namespace, Library: library, Store: objectStore})
			if err != nil {
				return err
			}
			if _, err := p.out.Write(text); err != nil {
				return fmt.Errorf("writing the declarations: %w", err)
			}
			return nil
		},
	}
	flags := c.Flags()
	f.add(flags)
	flags.StringVar(&f.iam, "iam-endpoint", "", "URL of the store's IAM API; when absent that of S3 is asked for it, and for the admin API of a MinIO")
	flags.StringVar(&f.account, "account", "", "the account number in the store's policies; twelve zeros when absent")
	flags.StringVar(&bucket, "bucket", "", "the bucket to describe")
	flags.StringVar(&library, "library", "", "the Library's name; made of the bucket's when absent")
	flags.StringVar(&objectStore, "object-store", "default", "the ObjectStore that the bucket is at")
	return c
}
