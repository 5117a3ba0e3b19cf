package testbed

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenSeconds is the life asked for a service account's token: longer than any demo
// or suite runs, since nothing here renews it.
const tokenSeconds = 7 * 24 * 60 * 60

// writeIdentities makes the authority, the certificates and the kubeconfig that the
// parts of the cluster need.
func (c *Cluster) writeIdentities(server string) error {
	var err error
	if c.authority, err = newAuthority(); err != nil {
		return err
	}
	if err := os.WriteFile(c.file("ca.crt"), c.authority.pem, 0o600); err != nil {
		return fmt.Errorf("writing the cluster's authority: %w", err)
	}
	serving, err := c.authority.issue(2, "kube-apiserver")
	if err != nil {
		return err
	}
	if _, _, err := serving.write(c.dir, "server"); err != nil {
		return err
	}
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the key of service accounts: %w", err)
	}
	signingPEM, err := encodeKey(signing)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file("service-accounts.key"), signingPEM, 0o600); err != nil {
		return fmt.Errorf("writing the key of service accounts: %w", err)
	}
	admin, err := c.authority.issue(3, "test-bed-admin", "system:masters")
	if err != nil {
		return err
	}
	c.Config = &rest.Config{
		Host:            server,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.authority.pem, CertData: admin.certificate, KeyData: admin.key},
		QPS:             -1, // no client-side throttling
	}
	c.Kubeconfig = c.file("kubeconfig")
	return c.writeKubeconfig(c.Kubeconfig, "admin", &clientcmdapi.AuthInfo{ClientCertificateData: admin.certificate, ClientKeyData: admin.key})
}

// UserConfig is the configuration of a person of that name in those groups. The
// administrator impersonates them, so the API server judges each request by the
// person's own rights.
func (c *Cluster) UserConfig(name string, groups ...string) *rest.Config {
	config := rest.CopyConfig(c.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: groups}
	return config
}

// ServiceAccountKubeconfig writes a kubeconfig with a real token of a service account
// that exists, so that a program runs under its own RBAC and nothing else.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, namespace, name, path string) error {
	token, err := c.ServiceAccountToken(ctx, namespace, name)
	if err != nil {
		return err
	}
	return c.writeKubeconfig(path, name, &clientcmdapi.AuthInfo{Token: token})
}

// ServiceAccountToken asks the API server for a token of a service account, for the audiences
// given or else for the API server itself.
func (c *Cluster) ServiceAccountToken(ctx context.Context, namespace, name string, audiences ...string) (string, error) {
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return "", fmt.Errorf("making a client of the cluster: %w", err)
	}
	seconds := int64(tokenSeconds)
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds, Audiences: audiences}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("asking for a token of service account %s/%s: %w", namespace, name, err)
	}
	return token.Status.Token, nil
}

// Discovery serves the API server's discovery document and keys, which it has for its
// administrator alone, to everybody: as a cluster's operators publish them.
func (c *Cluster) Discovery() (http.Handler, error) {
	server, err := url.Parse(c.Config.Host)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's address: %w", err)
	}
	transport, err := rest.TransportFor(c.Config)
	if err != nil {
		return nil, fmt.Errorf("making a client of the cluster: %w", err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(server) }, Transport: transport}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/openid-configuration", "/openid/v1/jwks":
			proxy.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	}), nil
}

func (c *Cluster) writeKubeconfig(path, user string, auth *clientcmdapi.AuthInfo) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["vitrine"] = &clientcmdapi.Cluster{Server: c.Config.Host, CertificateAuthorityData: c.authority.pem}
	config.AuthInfos[user] = auth
	config.Contexts["vitrine"] = &clientcmdapi.Context{Cluster: "vitrine", AuthInfo: user}
	config.CurrentContext = "vitrine"
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", user, err)
	}
	return nil
}
