package testbed

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Issuers are issuers of OpenID Connect tokens, one below each path of a host: each
// serves its discovery document and its keys, and signs what it is told.
type Issuers struct {
	// CAFile is PEM of the authority that the host's certificate is from.
	CAFile string

	base   string
	server *http.Server
	mu     sync.Mutex
	keys   map[string]*ecdsa.PrivateKey
	served map[string]http.Handler
}

// StartIssuers serves on the listener, whose address the certificate names. The
// issuers' URLs begin with base, such as https://203.0.113.10. Files go below dir.
func StartIssuers(dir, base string, listener net.Listener) (*Issuers, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the issuers' folder: %w", err)
	}
	authority, err := newAuthority()
	if err != nil {
		return nil, err
	}
	serving, err := authority.issue(2, "issuers")
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(append(serving.certificate, authority.pem...), serving.key)
	if err != nil {
		return nil, fmt.Errorf("reading back the issuers' certificate: %w", err)
	}
	i := &Issuers{CAFile: filepath.Join(dir, "ca.crt"), base: base, keys: map[string]*ecdsa.PrivateKey{}, served: map[string]http.Handler{}}
	if err := os.WriteFile(i.CAFile, authority.pem, 0o600); err != nil {
		return nil, fmt.Errorf("writing the issuers' authority: %w", err)
	}
	i.server = &http.Server{Handler: i, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_ = i.server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
	}()
	return i, nil
}

// Stop ends the server.
func (i *Issuers) Stop() error {
	if err := i.server.Close(); err != nil {
		return fmt.Errorf("ending the issuers: %w", err)
	}
	return nil
}

// URL is an issuer's, by its path.
func (i *Issuers) URL(path string) string { return i.base + "/" + path }

// Serve has somebody else answer below an issuer's path: one that signs its own tokens.
func (i *Issuers) Serve(path string, h http.Handler) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.served[path] = h
}

// Token signs claims with the key of an issuer. The times, issuer and subject are filled
// in where they are missing: valid for ten minutes from now.
func (i *Issuers) Token(path string, claims map[string]any) (string, error) {
	return i.sign(path, i.URL(path), claims)
}

// Forge signs claims that say they are from one issuer with the key of another.
func (i *Issuers) Forge(path, signer string, claims map[string]any) (string, error) {
	return i.sign(signer, i.URL(path), claims)
}

func (i *Issuers) sign(signer, issuer string, claims map[string]any) (string, error) {
	key, err := i.key(signer)
	if err != nil {
		return "", err
	}
	now := time.Now()
	all := map[string]any{"iss": issuer, "sub": "somebody", "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()}
	for name, value := range claims {
		all[name] = value
	}
	var parts []string
	// The key's name is the same for all, so that a forgery is told by its signature alone.
	for _, part := range []any{map[string]string{"alg": "ES256", "typ": "JWT", "kid": "1"}, all} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("writing a token: %w", err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	signed := strings.Join(parts, ".")
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature[:]), nil
}

func (i *Issuers) key(path string) (*ecdsa.PrivateKey, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys[path] == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("making the key of issuer %s: %w", path, err)
		}
		i.keys[path] = key
	}
	return i.keys[path], nil
}

// ServeHTTP implements http.Handler.
func (i *Issuers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	i.mu.Lock()
	served := i.served[path]
	i.mu.Unlock()
	var answer any
	switch {
	case served != nil:
		http.StripPrefix("/"+path, served).ServeHTTP(w, r)
		return
	case rest == ".well-known/openid-configuration":
		answer = map[string]any{
			"issuer": i.URL(path), "jwks_uri": i.URL(path) + "/keys", "authorization_endpoint": i.URL(path) + "/authorize", "token_endpoint": i.URL(path) + "/token",
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		}
	case rest == "keys":
		key, err := i.key(path)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer = map[string]any{"keys": []any{publicKey(key.Public())}}
	default:
		http.NotFound(w, r)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}

// publicKey is a key as JSON Web Keys have it.
func publicKey(key crypto.PublicKey) map[string]string {
	point, err := key.(*ecdsa.PublicKey).Bytes() // uncompressed: a byte 4, then both coordinates
	if err != nil {
		panic("testbed: " + err.Error()) // a key of P-256 has its point
	}
	return map[string]string{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}
}
