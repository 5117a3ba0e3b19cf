package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// invite prints the links to open and what to try.
func (d *demo) invite() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d.heading("Open these, on this machine")
	var links v1alpha1.PublicLinkList
	if err := d.admin.List(ctx, &links); err != nil {
		d.line("  (listing the links failed: %v)", err)
	}
	for _, l := range links.Items {
		url, err := d.linkURL(ctx, l.Namespace, l.Name)
		if err != nil {
			url = "(" + err.Error() + ")"
		}
		note := phrases[l.Status.Phase]
		if l.Spec.PasswordSecretRef != nil {
			password, err := d.password(ctx)
			if err != nil {
				password = "(" + err.Error() + ")"
			}
			note += ", the password is " + password
		}
		d.line("  %s (%s)\n      %s", l.Spec.Title, note, url)
	}
	d.heading("Try this, in another terminal")
	for _, line := range []string{
		"cd " + d.root + " && source " + filepath.Join(".demo", "env") + " && PATH=$PWD/bin:$PATH",
		"kubectl get dam -A",
		"kubectl -n acme describe library brand",
		"",
		"# Who may do what, and why (or why not)",
		"kubectl dam who-can download folder/press -n acme",
		"kubectl dam explain iris folder/launch-raw -n acme",
		"",
		"# What a pull request does to access, as its check would say: exit code 3, it gets wider",
		"kubectl dam diff --base config/samples/acme --head .demo/proposal; echo \"exit code $?\"",
		"",
		"# The switch for three in the morning: freeze a link, and load its page again",
		"kubectl -n acme annotate plink hero-shots dam.vitrine.dev/freeze='wrong picture'",
		"kubectl -n acme annotate plink hero-shots dam.vitrine.dev/freeze-",
		"",
		"# vera loses her access within two seconds, and has it back",
		"kubectl -n acme delete damrb sales",
		"kubectl apply --server-side -k config/samples",
		"",
		"# Deleted and applied again, a link has another URL",
		"kubectl -n acme delete plink logo && kubectl apply --server-side -k config/samples",
		"kubectl -n acme get secret logo.link -o jsonpath='{.data.url}' | base64 -d",
	} {
		d.line("%s", strings.TrimRight("  "+line, " "))
	}
	d.line("\nLogs are in %s. Ctrl-C stops everything.", d.dir)
}

// phrases say what a visitor finds.
var phrases = map[v1alpha1.LinkPhase]string{
	v1alpha1.LinkActive: "open", v1alpha1.LinkPending: "does not open yet", v1alpha1.LinkExpired: "expired",
	v1alpha1.LinkSuspended: "suspended", v1alpha1.LinkUnsponsored: "has no sponsor who may link", v1alpha1.LinkFrozen: "frozen", v1alpha1.LinkUnavailable: "its target is not there",
}
