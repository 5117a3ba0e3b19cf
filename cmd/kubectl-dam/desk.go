package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/review/outbox"
	"github.com/vitrine-dam/vitrine/internal/review/source"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// keyFlags say with whose rights a command works at a Library's store.
type keyFlags struct {
	secret, user string
	platform     bool
	reach        reachFlags
}

const keysAre = `
At the store the rights are those of your own key: from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if it has one,
AWS_SESSION_TOKEN, or with --key-secret out of a User's Secret, which the identity of your kubeconfig must be allowed to get. With
--platform it is the key by which Vitrine itself works there, for the platform team: it is read out of the ObjectStore's Secret
with the identity of your kubeconfig. Declarations are read with that identity, too. No key is printed or kept.`

const recordsAre = `
What you ask for is put as a change record below your own User's name, for which the store vouches, or with --platform below
@platform, with the name that the cluster knows you by as its author. Vitrine asks who may do it, does it, and answers: the command
waits for that. The exit code is 0 when all is done, 2 when some of it is refused, 1 for an error.
` + keysAre

func (f *keyFlags) add(flags *pflag.FlagSet) {
	f.reach.add(flags)
	flags.Lookup("s3-endpoint").Usage = "URL of the store's S3 API; AWS_ENDPOINT_URL, the Secret's or the ObjectStore's when absent"
	flags.Lookup("region").Usage = "the store's region; AWS_REGION, the Secret's or the ObjectStore's when absent, or us-east-1"
	flags.StringVar(&f.secret, "key-secret", "", "the Secret with a User's access key, called USER.OBJECTSTORE.key, in the place of the environment")
	flags.StringVar(&f.user, "user", "", "the User whose key it is; found by the Secret's owner or by the key's id when absent")
	flags.BoolVar(&f.platform, "platform", false, "work with the ObjectStore's own key, as the platform team")
}

// desk is where one works on the files of a Library: a store, reached with somebody's rights.
type desk struct {
	store   *store.Store
	library *review.Library
	at      known.Library
	// user whose key it is, empty when nobody knows; with platform it is the store's own, and author who works with it.
	user     string
	platform bool
	author   string
}

// openDesk opens the store of one Library.
func (p *program) openDesk(ctx context.Context, r *review.Review, library string, f keyFlags) (*desk, error) {
	l, err := r.Library(library)
	if err != nil {
		return nil, err
	}
	d := &desk{library: l, platform: f.platform, at: known.Library{Name: library, Lifecycle: l.Lifecycle}}
	d.at.Originals, d.at.Vitrine = l.Buckets()
	key, err := p.key(ctx, r, l.Declared.Spec.StoreRef.Name, f)
	if err != nil {
		return nil, err
	}
	if f.platform {
		config, _, err := p.connect()
		if err != nil {
			return nil, err
		}
		if d.author, err = source.Myself(ctx, config); err != nil {
			return nil, err
		}
	}
	d.user = key.User
	d.store, err = store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: key.Endpoint, IAMEndpoint: key.Endpoint, Region: key.Region, CABundle: key.CABundle, Credentials: key.Credentials,
	})
	return d, err
}

func (d *desk) close() { d.store.Close() }

// key finds the key to work with, and where the store is.
func (p *program) key(ctx context.Context, r *review.Review, objectStore string, f keyFlags) (source.Key, error) {
	if f.platform && (f.secret != "" || f.user != "") {
		return source.Key{}, errors.New("--platform works with the ObjectStore's own key: leave out --key-secret and --user")
	}
	var key source.Key
	var config *rest.Config
	var err error
	if f.platform || f.secret != "" {
		var namespace string
		if config, namespace, err = p.connect(); err != nil {
			return source.Key{}, err
		}
		if f.platform {
			key, err = source.KeyOfStore(ctx, config, objectStore)
		} else {
			key, err = source.KeyOfSecret(ctx, config, namespace, f.secret)
		}
		if err != nil {
			return source.Key{}, err
		}
	} else if key, err = ownKey(); err != nil {
		return source.Key{}, err
	}
	if key.User == "" && !f.platform {
		key.User = r.KeyHolder(key.AccessKeyID)
	}
	if f.user != "" {
		key.User = f.user
	}
	if f.reach.region != "" {
		key.Region = f.reach.region
	}
	if f.reach.endpoint != "" {
		key.Endpoint = f.reach.endpoint
	}
	if key.Endpoint == "" {
		if err := p.locate(ctx, objectStore, &key); err != nil {
			return source.Key{}, err
		}
	}
	return key, trust(&key)
}

// ownKey is the one in the environment.
func ownKey() (source.Key, error) {
	key := source.Key{
		Credentials: store.Credentials{
			AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: store.Secret(os.Getenv("AWS_SECRET_ACCESS_KEY")),
			SessionToken: store.Secret(os.Getenv("AWS_SESSION_TOKEN")),
		},
		Endpoint: os.Getenv("AWS_ENDPOINT_URL"), Region: os.Getenv("AWS_REGION"),
	}
	if key.AccessKeyID == "" || key.SecretAccessKey.Reveal() == "" {
		return source.Key{}, errors.New("there is no key to work with: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of your own, or name a User's Secret with --key-secret USER.OBJECTSTORE.key")
	}
	return key, nil
}

// trust adds the authorities that AWS_CA_BUNDLE names to a key that comes without any.
func trust(key *source.Key) error {
	bundle := os.Getenv("AWS_CA_BUNDLE")
	if bundle == "" || len(key.CABundle) > 0 {
		return nil
	}
	var err error
	if key.CABundle, err = os.ReadFile(bundle); err != nil {
		return fmt.Errorf("reading AWS_CA_BUNDLE: %w", err)
	}
	return nil
}

// locate asks the cluster where an ObjectStore is, which tenants may not be allowed to.
func (p *program) locate(ctx context.Context, objectStore string, key *source.Key) error {
	l := lister{program: p}
	l.reach.Region = key.Region
	at, err := l.storeOfCluster(ctx, objectStore)
	if err != nil {
		return fmt.Errorf("%w, or set AWS_ENDPOINT_URL", err)
	}
	key.Endpoint, key.Region = at.Endpoint, at.Region
	if len(key.CABundle) == 0 {
		key.CABundle = at.CABundle
	}
	return nil
}

// outbox is where change records go; an error when nobody knows whose key it is.
func (d *desk) outbox() (outbox.Outbox, error) {
	box := outbox.Outbox{Objects: d.store, Bucket: d.at.Vitrine, Folder: d.user}
	switch {
	case d.platform:
		box.Folder, box.Author = change.PlatformFolder, d.author
	case d.user == "":
		return box, errors.New("no User of this namespace has that access key, as far as the cluster tells: say with --user whose it is")
	}
	return box, nil
}

// errNothing: a User's key lists nothing of a Library.
var errNothing = errors.New("may list nothing there")

// places are those below a folder that the key can list: with a key of the store all of them, with a User's those that they may.
func (d *desk) places(p *program, folder string) ([]access.Scope, error) {
	places, err := d.library.Below(folder)
	if err != nil || d.platform || d.user == "" {
		return places, err
	}
	now, err := p.now()
	if err != nil {
		return nil, err
	}
	if places = d.library.Listable(d.user, now, places); len(places) == 0 {
		return nil, fmt.Errorf("the User %s %w; kubectl dam explain %s library/%s tells why", d.user, errNothing, d.user, d.library.Declared.Name)
	}
	return places, nil
}

// fileArgument parts LIBRARY/PATH.
func fileArgument(text string) (library, path string, err error) {
	library, path, ok := strings.Cut(text, "/")
	if !ok || library == "" || path == "" {
		return "", "", fmt.Errorf("%q names no file; write LIBRARY/PATH, such as brand/launch/hero.jpg", text)
	}
	return library, path, nil
}

// filesArgument parts arguments that name files of one Library.
func filesArgument(args []string) (library string, paths []string, err error) {
	for _, arg := range args {
		of, path, err := fileArgument(arg)
		if err != nil {
			return "", nil, err
		}
		if library != "" && of != library {
			return "", nil, fmt.Errorf("%q is of another Library than the files before it; name those of one Library at a time", arg)
		}
		library, paths = of, append(paths, path)
	}
	return library, paths, nil
}

// declared reads the tenant. What in it cannot be enforced is no matter of files.
func (p *program) declared(ctx context.Context) (*review.Review, error) {
	if err := p.checkOutput(); err != nil {
		return nil, err
	}
	return p.load(ctx)
}

// deskFor reads the tenant, opens the desk for files that arguments name, and finds where each of them is.
func (p *program) deskFor(c *cobra.Command, args []string, f keyFlags) (*desk, []access.Key, error) {
	library, paths, err := filesArgument(args)
	if err != nil {
		return nil, nil, err
	}
	r, err := p.declared(c.Context())
	if err != nil {
		return nil, nil, err
	}
	l, err := r.Library(library)
	if err != nil {
		return nil, nil, err
	}
	keys := make([]access.Key, len(paths))
	for i, path := range paths {
		if keys[i], err = l.Key(path); err != nil {
			return nil, nil, err
		}
	}
	d, err := p.openDesk(c.Context(), r, library, f)
	return d, keys, err
}

// name is how arguments name a file.
func (d *desk) name(k access.Key) string { return k.Library + "/" + d.library.Path(k) }

func someFiles(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("write at least one LIBRARY/PATH: %s", c.UseLine())
	}
	return nil
}

// completeFile offers Libraries, with the slash that a path follows.
func (p *program) completeFile(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(typed, "/") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, directive := p.offer(c, (*review.Review).Libraries)
	for i := range names {
		names[i] += "/"
	}
	return names, directive | cobra.ShellCompDirectiveNoSpace
}
