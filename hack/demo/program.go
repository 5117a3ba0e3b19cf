package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/vitrine-dam/vitrine/hack/process"
	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// program is one of Vitrine's own, which the checks stop, kill and start again.
type program struct {
	name  string
	spec  process.Spec
	ready string // address that answers 200 when it is
	child *process.Process
}

// The manager looks at the store more often than on a cluster, so that nobody waits for the demo.
const (
	sweepInterval = time.Second
	driftInterval = 5 * time.Second
)

// readyLimit is how long a program may take until it is ready.
const readyLimit = time.Minute

func (p *program) start(ctx context.Context) error {
	child, err := process.Start(p.spec)
	if err != nil {
		return err
	}
	p.child = child
	return child.Ready(ctx, readyLimit, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.ready, nil)
		if err != nil {
			return fmt.Errorf("asking whether the %s is ready: %w", p.name, err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return fmt.Errorf("asking whether the %s is ready: %w", p.name, err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("the %s says %s", p.name, response.Status)
		}
		return nil
	})
}

// stop ends the program as a kubelet would; a nil program has nothing to stop.
func (p *program) stop() {
	if p == nil {
		return
	}
	p.child.Stop()
}

// kill ends it without a chance to tidy up.
func (p *program) kill() { p.child.Kill() }

// definePrograms says how the manager and the gateway are run: under the RBAC of their
// service accounts and without anything of this program's environment. The flags are
// those of config/manager and config/gateway but for the addresses and the times: the
// manager sweeps and looks for drift more often, and the gateway, which nothing routes
// to, does not drain for long.
func (d *demo) definePrograms(ctx context.Context) error {
	ports := make([]string, 4)
	for i := range ports {
		port, release, err := testbed.FreePort()
		if err != nil {
			return err
		}
		d.releases = append(d.releases, release)
		ports[i] = "127.0.0.1:" + strconv.Itoa(port)
	}
	managerHealth, managerMetrics, gateway, gatewayHealth := ports[0], ports[1], ports[2], ports[3]
	external := "http://" + gateway
	var err error
	if d.manager, err = d.defineProgram(ctx, "manager", systemNamespace, managerHealth,
		"--system-namespace="+systemNamespace, "--gateway-namespace="+gatewayNamespace, "--jobs-namespace="+jobsNamespace,
		"--external-url="+external, "--transform-image="+transformImage+":demo", "--documents-image="+documentsImage+":demo",
		"--gateway-address=http://"+gatewayHealth, "--metrics-bind-address="+managerMetrics, "--health-probe-bind-address="+managerHealth,
		"--sweep-interval="+sweepInterval.String(), "--catalog-interval="+sweepInterval.String(), "--drift-interval="+driftInterval.String(),
	); err != nil {
		return err
	}
	d.gateway, err = d.defineProgram(ctx, "gateway", gatewayNamespace, gatewayHealth,
		"--system-namespace="+systemNamespace, "--gateway-namespace="+gatewayNamespace, "--external-url="+external,
		"--bind-address="+gateway, "--health-probe-bind-address="+gatewayHealth, "--metrics-bind-address="+gatewayHealth,
		"--drain-delay=0s", "--drain-grace=2s",
	)
	if err != nil {
		return err
	}
	d.gatewayURL = external
	return nil
}

func (d *demo) defineProgram(ctx context.Context, name, namespace, health string, args ...string) (*program, error) {
	path, err := testbed.Binary(name)
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(d.dir, name+".kubeconfig")
	if err := d.cluster.ServiceAccountKubeconfig(ctx, namespace, "vitrine-"+name, kubeconfig); err != nil {
		return nil, err
	}
	return &program{
		name:  name,
		ready: "http://" + health + "/readyz",
		spec:  process.Spec{Name: name, Path: path, Args: args, Env: []string{"KUBECONFIG=" + kubeconfig}, Log: d.log(name)},
	}, nil
}
