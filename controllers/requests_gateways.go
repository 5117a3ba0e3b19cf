package controllers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/demand"
	"github.com/vitrine-dam/vitrine/internal/link"
)

const (
	// gatewayPatience is how long one gateway has to answer.
	gatewayPatience = 2 * time.Second
	// maxGateways bounds how many are asked.
	maxGateways = 64
	// keysLife is how long signing keys are used before they are read again.
	keysLife = time.Minute
	// complainEvery is how often the log says that gateways do not answer.
	complainEvery = time.Minute
)

// gateways asks the gateways what visitors ask for. They answer and never call: a gateway can thus write nowhere.
type gateways struct {
	*Deps
	at     *url.URL
	client *http.Client
	log    logr.Logger
	// hint has a Library looked at soon, however many requests there are.
	hint func(library types.NamespacedName)

	signer     link.Signer
	read       time.Time // when the keys were
	complained time.Time
}

// askGateways has the manager, when it leads, ask gateways what visitors ask for, if it is told where they are.
func askGateways(mgr ctrl.Manager, d *Deps) error {
	if d.Settings.GatewayAddress == "" {
		return nil
	}
	at, err := url.Parse(d.Settings.GatewayAddress)
	if err != nil {
		return fmt.Errorf("reading the address of the gateways: %w", err)
	}
	return mgr.Add(manager.RunnableFunc(newGateways(d, at, mgr.GetLogger().WithName("requests")).run))
}

func newGateways(d *Deps, at *url.URL, log logr.Logger) *gateways {
	return &gateways{Deps: d, at: at, log: log, hint: newHints(d).note, client: &http.Client{
		Timeout:       gatewayPatience,
		Transport:     &http.Transport{IdleConnTimeout: time.Minute}, // no proxy: they are in the cluster
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (g *gateways) run(ctx context.Context) error {
	ticker := time.NewTicker(g.Settings.RequestsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			g.client.CloseIdleConnections()
			return nil
		case <-ticker.C:
		}
		if err := g.ask(ctx); err != nil && ctx.Err() == nil && time.Since(g.complained) >= complainEvery {
			g.complained = time.Now()
			g.log.Info("gateways do not tell what visitors ask for, and nothing is rendered on request", "problem", err.Error())
		}
	}
}

// ask asks each gateway, and has Libraries looked at of which something new is asked for. The error is of one that did not answer.
func (g *gateways) ask(ctx context.Context) error {
	if time.Since(g.read) >= keysLife {
		keys, err := g.ensureKeys(ctx, types.NamespacedName{Namespace: g.Settings.GatewayNamespace, Name: SigningKeysSecret}, 2)
		if err != nil {
			return err
		}
		if g.signer, err = link.ParseSigner(keys); err != nil {
			return fmt.Errorf("reading Secret %s/%s: %w", g.Settings.GatewayNamespace, SigningKeysSecret, err)
		}
		g.read = time.Now()
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, g.at.Hostname())
	if err != nil {
		return fmt.Errorf("finding the gateways: %w", err)
	}
	proof := g.signer.SignCall(demand.Path, time.Now())
	addresses = addresses[:min(len(addresses), maxGateways)]
	told := make([][]demand.Entry, len(addresses))
	var all errgroup.Group
	for i, address := range addresses {
		all.Go(func() (err error) {
			told[i], err = demand.Fetch(ctx, g.client, "http://"+net.JoinHostPort(address, g.at.Port()), proof)
			return err
		})
	}
	err = all.Wait()
	for _, entry := range slices.Concat(told...) {
		g.take(ctx, entry)
	}
	return err //nolint:wrapcheck // it says what
}

// take notes one request, if what is declared bears it out.
func (g *gateways) take(ctx context.Context, entry demand.Entry) {
	if library, ok := g.libraryOf(ctx, entry.Item); ok {
		g.note(library, entry)
	}
}

// note remembers a request, and has the Library looked at soon if it is news.
func (g *gateways) note(library types.NamespacedName, entry demand.Entry) {
	if g.Requests.note(library, entry, g.Clock.Now()) {
		renditionsAsked.Inc()
		g.hint(library)
	}
}

// libraryOf gives the Library in which something is asked for, if that may be rendered on request: a live link offers it, and the preset says so.
// Whether the link shows the asset is known to the gateway alone, which would serve it as well.
func (g *gateways) libraryOf(ctx context.Context, item demand.Item) (library types.NamespacedName, ok bool) {
	var l v1alpha1.PublicLink
	if err := g.Get(ctx, types.NamespacedName{Namespace: item.Namespace, Name: item.Link}, &l); err != nil {
		return library, false
	}
	library = types.NamespacedName{Namespace: item.Namespace, Name: l.Status.Library}
	var declared v1alpha1.Library
	if err := g.Get(ctx, library, &declared); err != nil {
		return library, false
	}
	return library, madeOnRequest(&l, &declared, item.Preset)
}

// stillOffered gives what tells, for a while, whether a link into a Library still offers a preset that is rendered on request.
func stillOffered(library *v1alpha1.Library, linkCalled func(name string) (*v1alpha1.PublicLink, error)) func(link, preset string) bool {
	links := map[string]*v1alpha1.PublicLink{} // many requests are of few links
	return func(name, preset string) bool {
		l, looked := links[name]
		if !looked {
			var err error
			if l, err = linkCalled(name); err != nil {
				l = nil // gone: the cache fails for no other reason
			}
			links[name] = l
		}
		return l != nil && l.Status.Library == library.Name && madeOnRequest(l, library, preset)
	}
}

// askedOf gives the presets by which pictures of a Library's assets are asked for at links that still offer them, by the asset's ID.
func (d *Deps) askedOf(ctx context.Context, library *v1alpha1.Library) map[string][]string {
	live := stillOffered(library, func(name string) (*v1alpha1.PublicLink, error) {
		var l v1alpha1.PublicLink
		err := d.Get(ctx, types.NamespacedName{Namespace: library.Namespace, Name: name}, &l)
		return &l, err
	})
	return d.Requests.of(client.ObjectKeyFromObject(library), d.Clock.Now(), live)
}

// madeOnRequest tells whether a live link into a Library offers pictures by a preset that are rendered on request. Those of a link with a
// watermark are rendered unasked, and without the watermark it would never show them.
func madeOnRequest(l *v1alpha1.PublicLink, library *v1alpha1.Library, preset string) bool {
	return l.DeletionTimestamp.IsZero() && l.Status.Phase == v1alpha1.LinkActive && l.Spec.Watermark == "" && slices.Contains(l.Spec.Renditions, preset) &&
		library.DeletionTimestamp.IsZero() && slices.ContainsFunc(library.Spec.Renditions, func(p v1alpha1.RenditionPreset) bool {
		return p.Name == preset && p.When == v1alpha1.RenderOnRequest
	})
}

// renditionsAsked counts what visitors asked for that is rendered on request.
var renditionsAsked = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "vitrine_rendition_requests_total",
	Help: "Renditions that visitors asked for, and that were to be made since.",
})
