package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// freeTries is how many wrong passwords are looked at without a wait.
const freeTries = 5

// press-kit has a password. One visitor guesses, from 127.0.0.2; another knows it.
func passwordChecks() []check {
	var unlocked *http.Cookie
	return []check{
		{"before the password it shows a form: no title, no count, no picture, no name", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.1")
			if err != nil {
				return err
			}
			page, err := v.open(ctx, kit)
			if err != nil {
				return err
			}
			if page.status != 200 || !page.says(`type="password"`) {
				return fmt.Errorf("it answers %d, without a form", page.status)
			}
			words := []string{"Press kit", "<img", "/a/", "files", "/asset/"}
			for _, key := range d.uploaded(originals, "press/") {
				words = append(words, path.Base(key), idOf(key))
			}
			for _, word := range words {
				if page.says(word) {
					return fmt.Errorf("the page shows %q", word)
				}
			}
			return nil
		}},
		{"nor does any other address of it give anything", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.1")
			if err != nil {
				return err
			}
			id, err := d.linkID(ctx, "press-kit")
			if err != nil {
				return err
			}
			var errs []error
			for _, key := range d.uploaded(originals, "press/") {
				for _, what := range []string{"original", "thumb", "preview", "web"} {
					a, err := v.open(ctx, "/a/"+id+"/"+idOf(key)+"/"+what)
					if err == nil && a.status != 404 {
						err = fmt.Errorf("%s of %s answers %d", what, key, a.status)
					}
					errs = append(errs, err)
				}
				a, err := v.open(ctx, kit+"/asset/"+idOf(key))
				if err == nil && (a.says(path.Base(key)) || a.says("/a/")) {
					err = fmt.Errorf("the page of %s tells of it", key)
				}
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		}},
		{"a wrong password is answered 401, and from the fifth on with the wait in words", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.2")
			if err != nil {
				return err
			}
			for i := 1; i <= freeTries; i++ {
				a, err := v.submit(ctx, kit+"/unlock", url.Values{"password": {"guess-" + strconv.Itoa(i)}})
				if err != nil {
					return err
				}
				if a.status != 401 || len(a.cookies) > 0 || !a.says("not the right password") {
					return fmt.Errorf("guess %d is answered %d with %d cookies", i, a.status, len(a.cookies))
				}
				if told := a.says("try again in"); told != (i == freeTries) {
					return fmt.Errorf("guess %d: the wait is told: %v", i, told)
				}
			}
			return nil
		}},
		{"who goes on guessing gets 429 with Retry-After, the right password included", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.2")
			if err != nil {
				return err
			}
			password, err := d.password(ctx)
			if err != nil {
				return err
			}
			a, err := v.submit(ctx, kit+"/unlock", url.Values{"password": {password}})
			if err != nil {
				return err
			}
			seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
			if a.status != 429 || err != nil || seconds < 1 || !a.says("try again in") || len(a.cookies) > 0 {
				return fmt.Errorf("it answers %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
			}
			d.note("Retry-After %d s", seconds)
			return nil
		}},
		{"and from that client alone: another opens it at once, with a cookie for this host only", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.1")
			if err != nil {
				return err
			}
			password, err := d.password(ctx)
			if err != nil {
				return err
			}
			a, err := v.submit(ctx, kit+"/unlock", url.Values{"password": {password}})
			if err != nil {
				return err
			}
			if a.status != http.StatusSeeOther || len(a.cookies) != 1 {
				return fmt.Errorf("it answers %d with %d cookies", a.status, len(a.cookies))
			}
			unlocked = a.cookies[0]
			if !strings.HasPrefix(unlocked.Name, "__Host-") || !unlocked.Secure || !unlocked.HttpOnly || unlocked.SameSite != http.SameSiteLaxMode || unlocked.Path != "/" || unlocked.Domain != "" {
				return fmt.Errorf("the cookie is %s, Secure %v, HttpOnly %v, path %s", unlocked.Name, unlocked.Secure, unlocked.HttpOnly, unlocked.Path)
			}
			return nil
		}},
		{"opened, it shows the title, the pictures and the originals", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.1")
			if err != nil {
				return err
			}
			if unlocked == nil {
				return errors.New("it was not opened")
			}
			v.cookies = []*http.Cookie{unlocked}
			page, err := v.open(ctx, kit)
			if err != nil {
				return err
			}
			shown := d.uploaded(originals, "press/")
			if !page.says("Press kit") || !page.says(fmt.Sprintf("%d files", len(shown))) || len(page.addresses("src")) != len(shown) {
				return fmt.Errorf("it answers %d with %d pictures of %d files", page.status, len(page.addresses("src")), len(shown))
			}
			for _, address := range page.addresses("src") {
				if err := v.loads(ctx, address, "image/webp"); err != nil {
					return err
				}
			}
			id, err := d.linkID(ctx, "press-kit")
			if err != nil {
				return err
			}
			for _, p := range d.places {
				if p.bucket != originals || !below(p.key, "press") {
					continue
				}
				a, err := v.open(ctx, "/a/"+id+"/"+idOf(p.key)+"/original")
				if err != nil {
					return err
				}
				if string(a.body) != string(p.data) {
					return fmt.Errorf("%s answers %d with other bytes than were uploaded", p.key, a.status)
				}
			}
			return nil
		}},
		{"a cookie that somebody changed opens nothing", func(ctx context.Context, d *demo) error {
			v, kit, err := d.pressKit(ctx, "127.0.0.1")
			if err != nil {
				return err
			}
			if unlocked == nil {
				return errors.New("it was not opened")
			}
			value := []byte(unlocked.Value)
			value[len(value)/2] ^= 1
			v.cookies = []*http.Cookie{{Name: unlocked.Name, Value: string(value)}}
			page, err := v.open(ctx, kit)
			if err != nil {
				return err
			}
			if page.says("Press kit") {
				return errors.New("it shows the title")
			}
			return nil
		}},
	}
}

// pressKit gives a visitor and the link's address.
func (d *demo) pressKit(ctx context.Context, from string) (*visitor, string, error) {
	address, err := d.linkURL(ctx, tenant, "press-kit")
	return d.visitorFrom(from), address, err
}

// password is that of the press kit.
func (d *demo) password(ctx context.Context) (string, error) {
	var secret corev1.Secret
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: "northlight-password"}, &secret); err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return string(secret.Data["password"]), nil
}
