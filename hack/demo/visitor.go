package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// visitor is somebody with a browser, at an address of their own.
type visitor struct {
	client  *http.Client
	base    string // the gateway
	cookies []*http.Cookie
}

// visitorFrom makes one who comes from an address of the loopback network. Redirects
// are not followed, so that each answer is seen.
func (d *demo) visitorFrom(address string) *visitor {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 5 * time.Second}
	return &visitor{base: d.gatewayURL, client: &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}}
}

func (d *demo) visitor() *visitor { return d.visitorFrom("127.0.0.1") }

// answer is a response, read whole.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	cookies []*http.Cookie
}

func (a answer) says(text string) bool { return bytes.Contains(a.body, []byte(text)) }

// open gets an address, which may lack the gateway's own.
func (v *visitor) open(ctx context.Context, address string) (answer, error) {
	return v.send(ctx, http.MethodGet, address, "")
}

// submit sends a form.
func (v *visitor) submit(ctx context.Context, address string, fields url.Values) (answer, error) {
	return v.send(ctx, http.MethodPost, address, fields.Encode())
}

func (v *visitor) send(ctx context.Context, method, address, form string) (answer, error) {
	if strings.HasPrefix(address, "/") {
		address = v.base + address
	}
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return answer{}, fmt.Errorf("asking the gateway: the address is none")
	}
	request.Header.Set("User-Agent", "Mozilla/5.0")
	if form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	// Added by hand: unlike browsers, Go's own jar sends no Secure cookie to a loopback address.
	for _, c := range v.cookies {
		request.AddCookie(c)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("asking the gateway: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading the gateway's answer: %w", err)
	}
	return answer{response.StatusCode, response.Header, body, response.Cookies()}, nil
}

// answers wants a status and some words at an address.
func (v *visitor) answers(ctx context.Context, address string, status int, words string) error {
	a, err := v.open(ctx, address)
	if err != nil {
		return err
	}
	if a.status != status {
		return fmt.Errorf("it answers %d, wanted %d", a.status, status)
	}
	if !a.says(words) {
		return fmt.Errorf("its answer %d does not say %q", status, words)
	}
	return nil
}

var reference = regexp.MustCompile(`(href|src)="([^"]*)"`)

// addresses of a page on the gateway itself: those of a kind, href or src, or all.
func (a answer) addresses(kind string) []string {
	var all []string
	for _, m := range reference.FindAllSubmatch(a.body, -1) {
		address := html.UnescapeString(string(m[2]))
		if strings.HasPrefix(address, "/") && (kind == "" || string(m[1]) == kind) {
			all = append(all, address)
		}
	}
	return all
}

// holding gives the addresses of a page that hold a text.
func (a answer) holding(text string) []string {
	var some []string
	for _, address := range a.addresses("") {
		if strings.Contains(address, text) {
			some = append(some, address)
		}
	}
	return some
}
