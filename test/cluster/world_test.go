package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/controllers"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// world is one tenant on one ObjectStore of its own declaration, with a running manager, alone on a bed.
type world struct {
	*testing.T
	gomega.Gomega
	bed       *testBed
	ctx       context.Context
	name      string // of the namespace, the ObjectStore and the installation
	namespace string
	settings  controllers.Settings
	at        objectStore
	config    *rest.Config // the manager's
	stop      func()
}

// objectStore is where a world keeps its files.
type objectStore struct {
	driver               v1alpha1.Driver
	endpoint, iam        string
	accessKey, secretKey string
}

func versitygw(bed *testBed) objectStore {
	return objectStore{v1alpha1.DriverIAM, bed.store.S3Endpoint, bed.store.IAMEndpoint, bed.store.AccessKey, bed.store.SecretKey}
}

func minIO(bed *testBed) objectStore {
	return objectStore{v1alpha1.DriverMinIO, bed.minio.Endpoint, "", bed.minio.AccessKey, bed.minio.SecretKey}
}

// soon is how soon a change is in force at a store, as its ObjectStore promises.
func (w *world) soon() time.Duration {
	if w.at.driver == v1alpha1.DriverMinIO {
		return 5 * time.Second
	}
	return 2 * time.Second
}

// onEachStore runs a test on every store that the suite has.
func onEachStore(t *testing.T, name string, test func(w *world)) {
	t.Helper()
	t.Parallel()
	t.Run("versitygw", func(t *testing.T) { test(newWorld(t, name)) })
	t.Run("minio", func(t *testing.T) { test(newWorldAt(t, name+"-m", minIO, v1alpha1.UntrustedConditionsAccept)) })
}

// newWorld declares an ObjectStore and a namespace called after the test, and
// starts a manager for the time of the test. Tests with a world run beside each other, one on each bed.
func newWorld(t *testing.T, name string) *world {
	t.Helper()
	return newWorldWith(t, name, settings)
}

// newWorldWith is newWorld with other settings of the manager.
func newWorldWith(t *testing.T, name string, settings controllers.Settings) *world {
	t.Helper()
	return newWorldOf(t, name, settings, versitygw, "")
}

// newWorldAt is newWorld at another store.
func newWorldAt(t *testing.T, name string, at func(*testBed) objectStore, untrusted v1alpha1.UntrustedConditions) *world {
	t.Helper()
	return newWorldOf(t, name, settings, at, untrusted)
}

func newWorldOf(t *testing.T, name string, settings controllers.Settings, store func(*testBed) objectStore, untrusted v1alpha1.UntrustedConditions) *world {
	t.Helper()
	t.Parallel()
	bed := takeBed(t)
	at := store(bed)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	w := &world{T: t, Gomega: gomega.NewWithT(t), bed: bed, ctx: ctx, name: name, namespace: name, settings: settings, at: at, config: bed.managerConfig}
	t.Cleanup(cancel)
	w.must(bed.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}))
	w.must(bed.admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: settings.SystemNamespace, Name: name, Labels: map[string]string{v1alpha1.LabelUse: v1alpha1.UseStoreCredentials}},
		StringData: map[string]string{"AWS_ACCESS_KEY_ID": at.accessKey, "AWS_SECRET_ACCESS_KEY": at.secretKey},
	}))
	w.must(bed.admin.Create(ctx, &v1alpha1.ObjectStore{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.ObjectStoreSpec{
			Driver: at.driver, Endpoint: at.endpoint, Region: bed.store.Region, IAM: v1alpha1.IAMEndpoint{Endpoint: at.iam},
			UntrustedConditions:  untrusted,
			CredentialsSecretRef: v1alpha1.SecretReference{Namespace: settings.SystemNamespace, Name: name},
			InstallationID:       name,
			Tenants:              []v1alpha1.Tenant{{Namespaces: []string{name}, Buckets: []string{name + "-*"}}},
		},
	}))
	w.Cleanup(w.forget)
	w.startManager(nil)
	return w
}

// forget takes by force away what was declared, once the manager has stopped: those of later tests would look after all of it, too, each
// time that one of them starts.
func (w *world) forget() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	for _, list := range []client.ObjectList{
		&v1alpha1.PublicLinkList{}, &v1alpha1.RoleBindingList{}, &v1alpha1.RoleList{}, &v1alpha1.UserGroupList{}, &v1alpha1.UserList{},
		&v1alpha1.CollectionList{}, &v1alpha1.FolderList{}, &v1alpha1.LibraryList{},
	} {
		errs = append(errs, w.bed.admin.List(ctx, list, client.InNamespace(w.namespace)), meta.EachListItem(list, func(o runtime.Object) error {
			return w.removeByForce(ctx, o.(client.Object))
		}))
	}
	errs = append(errs, w.removeByForce(ctx, &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: w.name}}))
	if err := errors.Join(errs...); err != nil {
		w.Logf("later tests have something of this one: %v", err)
	}
}

// removeByForce deletes an object whether or not anybody has tidied up after it.
func (w *world) removeByForce(ctx context.Context, obj client.Object) error {
	if err := w.bed.admin.Delete(ctx, obj); err != nil {
		return client.IgnoreNotFound(err)
	}
	return client.IgnoreNotFound(w.bed.admin.Patch(ctx, obj, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))))
}

// kubectl runs the real one as the cluster's administrator, with input on its standard input.
func (w *world) kubectl(input []byte, args ...string) error {
	return w.bed.kubectl(w.ctx, input, args...)
}

// startManager runs the reconcilers until stopManager or the end of the test.
func (w *world) startManager(hook func(store.Call) error) {
	w.Helper()
	mgr, err := ctrl.NewManager(w.config, ctrl.Options{
		Scheme:     controllers.NewScheme(),
		Cache:      controllers.CacheOptions(settings),
		Client:     controllers.ClientOptions(),
		Metrics:    server.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true), RecoverPanic: ptr.To(false)}, // a panic fails the suite
	})
	w.must(err)
	ctx, cancel := context.WithCancel(w.ctx)
	w.must(controllers.Setup(ctx, mgr, w.settings, hook))
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	var once sync.Once
	w.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				w.Errorf("the manager ended with: %v", err)
			}
		})
	}
	w.Cleanup(w.stop)
}

func (w *world) stopManager() { w.stop() }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// apply declares YAML in the tenant's namespace with the real kubectl.
func (w *world) apply(manifest string) {
	w.Helper()
	w.must(w.kubectl([]byte(manifest), "apply", "--server-side", "--force-conflicts", "-n", w.namespace, "-f", "-"))
}

// delete deletes an object, if it is there.
func (w *world) delete(obj client.Object) {
	w.Helper()
	w.must(client.IgnoreNotFound(w.bed.admin.Delete(w.ctx, obj)))
}

// get reads an object of the tenant's namespace.
func (w *world) get(obj client.Object, name string) {
	w.Helper()
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, obj))
}

// eventually waits for a condition; what says what is waited for.
func (w *world) eventually(what string, within time.Duration, check func() error) {
	w.Helper()
	var last error
	w.Eventually(func() error { last = check(); return last }, within, 100*time.Millisecond).
		WithContext(w.ctx).Should(gomega.Succeed(), func() string { return what })
}

// always checks again and again until it is stopped; what says what must hold.
func (w *world) always(what string, check func() error) (stop func()) {
	w.Helper()
	done, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			if err := check(); err != nil {
				ended <- err
				return
			}
			select {
			case <-done:
				ended <- nil
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() {
		w.Helper()
		close(done)
		if err := <-ended; err != nil {
			w.Errorf("%s: %v", what, err)
		}
	}
}

// ready waits until an object is Ready.
func (w *world) ready(obj client.Object, name string) {
	w.Helper()
	w.condition(obj, name, metav1.ConditionTrue, "")
}

// stalled waits until an object is Stalled for a reason, and gives the message.
func (w *world) stalled(obj client.Object, name, reason string) string {
	w.Helper()
	return w.condition(obj, name, metav1.ConditionFalse, reason)
}

func (w *world) condition(obj client.Object, name string, status metav1.ConditionStatus, reason string) (message string) {
	w.Helper()
	w.eventually(fmt.Sprintf("%T %s Ready=%s %s", obj, name, status, reason), 60*time.Second, func() error {
		if err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, obj); err != nil {
			return err
		}
		common := commonOf(obj)
		for _, c := range common.Conditions {
			if c.Type == v1alpha1.ConditionReady && c.Status == status && (reason == "" || c.Reason == reason) && common.ObservedGeneration == obj.GetGeneration() {
				message = c.Message
				return nil
			}
		}
		return fmt.Errorf("it is %+v", common)
	})
	return message
}

func commonOf(obj client.Object) *v1alpha1.CommonStatus {
	switch o := obj.(type) {
	case *v1alpha1.ObjectStore:
		return o.Status.Common()
	case *v1alpha1.Library:
		return o.Status.Common()
	case *v1alpha1.Folder:
		return o.Status.Common()
	case *v1alpha1.Collection:
		return o.Status.Common()
	case *v1alpha1.User:
		return o.Status.Common()
	case *v1alpha1.UserGroup:
		return o.Status.Common()
	case *v1alpha1.Role:
		return o.Status.Common()
	case *v1alpha1.RoleBinding:
		return o.Status.Common()
	case *v1alpha1.PublicLink:
		return o.Status.Common()
	}
	panic(fmt.Sprintf("%T", obj))
}

// s3 signs in at the store with a key.
func (w *world) s3(accessKey, secretKey string) *minio.Client {
	return s3At(w.bed.store.S3Endpoint, accessKey, secretKey)
}

func s3At(endpoint, accessKey, secretKey string) *minio.Client {
	c, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: testbed.StoreRegion, TrailingHeaders: true, MaxRetries: 1,
	})
	if err != nil {
		panic(err)
	}
	return c
}

func (w *world) root() *minio.Client { return s3At(w.at.endpoint, w.at.accessKey, w.at.secretKey) }

// as signs in as a User of the tenant, with the key that Vitrine issued.
func (w *world) as(user string) *minio.Client {
	w.Helper()
	w.ready(&v1alpha1.User{}, user)
	secret := &corev1.Secret{}
	// A User without any Library is Ready as well, and has no key before there is one.
	w.eventually(user+" has a key", 20*time.Second, func() error {
		return w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: user + "." + w.name + ".key"}, secret)
	})
	return s3At(w.at.endpoint, string(secret.Data["AWS_ACCESS_KEY_ID"]), string(secret.Data["AWS_SECRET_ACCESS_KEY"]))
}

// put uploads an object.
func put(ctx context.Context, c *minio.Client, bucket, key, content string) error {
	_, err := c.PutObject(ctx, bucket, key, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{})
	return err
}

// fetch downloads an object.
func fetch(ctx context.Context, c *minio.Client, bucket, key string) (string, error) {
	o, err := c.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return "", err
	}
	defer func() { _ = o.Close() }()
	data, err := io.ReadAll(o)
	return string(data), err
}

// list lists keys below a prefix.
func list(ctx context.Context, c *minio.Client, bucket, prefix string) ([]string, error) {
	var keys []string
	for o := range c.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, o.Err
		}
		keys = append(keys, o.Key)
	}
	return keys, nil
}

// denied wants AccessDenied, and nothing but that.
func denied(err error) error {
	if minio.ToErrorResponse(err).Code == "AccessDenied" {
		return nil
	}
	return fmt.Errorf("want AccessDenied, have %w", orNothing(err))
}

func orNothing(err error) error {
	if err == nil {
		return errors.New("success")
	}
	return err
}

// safeBuffer collects logs from many goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String gives what was written so far.
func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// named puts the world's name in the place of NAME.
func (w *world) named(manifest string) string { return strings.ReplaceAll(manifest, "NAME", w.name) }

// hasEvent looks for an event of the tenant's namespace by its reason and a part of its note.
func (w *world) hasEvent(reason, note string) error {
	var events eventsv1.EventList
	if err := w.bed.admin.List(w.ctx, &events, client.InNamespace(w.namespace)); err != nil {
		return err
	}
	for _, e := range events.Items {
		if e.Reason == reason && strings.Contains(e.Note, note) {
			return nil
		}
	}
	return fmt.Errorf("no event %s about %s among %d", reason, note, len(events.Items))
}

func eachItem(list client.ObjectList, visit func(client.Object)) error {
	return meta.EachListItem(list, func(o runtime.Object) error {
		visit(o.(client.Object))
		return nil
	})
}
