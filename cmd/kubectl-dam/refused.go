package main

import (
	"errors"
	"fmt"

	"github.com/vitrine-dam/vitrine/internal/store"
	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// inPlainWords tells what to do about what a store says; task is what was to be done, as in "reading what is known of files".
func (d *desk) inPlainWords(task string, err error) error {
	if err == nil {
		return nil
	}
	var answer *conn.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredToken":
		return fmt.Errorf("%s: the store does not know this key: it was replaced or taken away, or its secret is another's; get the present one, for a User out of the Secret USER.%s.key: %w",
			task, d.library.Declared.Spec.StoreRef.Name, err)
	case "RequestTimeTooSkewed":
		return fmt.Errorf("%s: the clock of this machine is not right: %w", task, err)
	case "NoSuchBucket":
		return fmt.Errorf("%s: the store has no bucket of Library %s; look at its condition Ready, or at --s3-endpoint: %w", task, d.library.Declared.Name, err)
	}
	switch {
	case errors.Is(err, store.ErrDenied) && d.platform:
		return fmt.Errorf("%s: the store does not let the ObjectStore's own key do that; its condition Ready may tell why: %w", task, err)
	case errors.Is(err, store.ErrDenied):
		return fmt.Errorf("%s: the store does not let the key of %s do that; %s: %w", task, d.holder(), d.remedy(), err)
	case errors.Is(err, store.ErrUnreachable):
		return fmt.Errorf("%s: the store does not answer; name it with --s3-endpoint URL as it is reached from here: %w", task, err)
	}
	return fmt.Errorf("%s: %w", task, err)
}

func (d *desk) holder() string {
	if d.user == "" {
		return "whoever it is"
	}
	return "the User " + d.user
}

func (d *desk) remedy() string {
	if d.user == "" {
		return "ask for a role that gives it"
	}
	return fmt.Sprintf("kubectl dam access %s tells what they may, and if the key is not theirs say with --user whose it is", d.user)
}

// ofTheStore says that something is known to the store's own key alone.
func (d *desk) ofTheStore(what string) error {
	return fmt.Errorf("%s is kept where no User's key reaches: use --platform, or ask somebody of the platform team", what)
}
