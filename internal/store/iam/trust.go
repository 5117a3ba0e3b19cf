package iam

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// trustBytes is what a trust policy may have at most, by AWS's quota and at VersityGW.
const trustBytes = 2048

// trustDocument is the trust policy of a role in the IAM policy language. Whether a claim is one value or a list of them, it must hold the
// wanted one. A `${` would be read as a variable, so it is refused.
func (d *Driver) trustDocument(t identity.Trust) (string, error) {
	host, err := hostAndPath(t.Issuer)
	if err != nil {
		return "", err
	}
	for what, text := range map[string]string{"audience": t.Audience, "claim": t.Claim, "value": t.Value} {
		if text == "" || strings.Contains(text, "${") {
			return "", fmt.Errorf("a trust's %s must be there and hold no ${: %w", what, conn.ErrInvalid)
		}
	}
	operator := "ForAnyValue:StringEquals"
	if t.Claim == "sub" {
		operator = "StringEquals" // a token has one subject
	}
	conditions := map[string]map[string]string{}
	for _, c := range []struct{ operator, key, value string }{{"StringEquals", host + ":aud", t.Audience}, {operator, host + ":" + t.Claim, t.Value}} {
		if conditions[c.operator] == nil {
			conditions[c.operator] = map[string]string{}
		}
		conditions[c.operator][c.key] = c.value
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []map[string]any{{
		"Effect":    "Allow",
		"Principal": map[string]string{"Federated": d.providerARN(host)},
		"Action":    "sts:AssumeRoleWithWebIdentity",
		"Condition": conditions,
	}}})
	if err != nil {
		return "", fmt.Errorf("writing a trust policy: %w", err)
	}
	if len(text) > trustBytes {
		return "", fmt.Errorf("the trust policy would have %d bytes, and a store takes %d: %w", len(text), trustBytes, conn.ErrInvalid)
	}
	return string(text), nil
}

// sameDocument compares policies as JSON. A store gives one back in the escapes of a URL.
func sameDocument(stored, wanted string) bool {
	plain, err := url.QueryUnescape(stored)
	if err != nil {
		return false
	}
	var have, want any
	if json.Unmarshal([]byte(plain), &have) != nil || json.Unmarshal([]byte(wanted), &want) != nil {
		return false
	}
	return reflect.DeepEqual(have, want)
}

// hostAndPath is an issuer's URL as ARNs and condition keys have it: without its scheme. The IAM API takes none with a port.
func hostAndPath(issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.Port() != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("an issuer must be an https URL without a port: %w", conn.ErrInvalid)
	}
	return strings.TrimPrefix(issuer, "https://"), nil
}

func (d *Driver) providerARN(hostAndPath string) string {
	return "arn:aws:iam::" + d.account + ":oidc-provider/" + hostAndPath
}
