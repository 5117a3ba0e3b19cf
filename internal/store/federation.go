package store

import (
	"errors"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// The words for sessions by tokens of other issuers; package identity says what each means.
type (
	// SessionRole is who a session is at the store.
	SessionRole = identity.Role
	// Trust says whose tokens open a session.
	Trust = identity.Trust
	// Provider is an issuer as the store knows it.
	Provider = identity.Provider
	// ClaimTrust is whose tokens a store takes where their claims name policies.
	ClaimTrust = identity.ClaimTrust
)

// HolderClaim is the kind of Holder that is a value of a claim.
const HolderClaim = identity.HolderClaim

// SessionLimit is the longest that a session lasts.
const SessionLimit = identity.SessionLimit

// Roles manages whom tokens of other issuers can be at the store; nil where the driver has no roles.
func (s *Store) Roles() identity.Roles {
	roles, _ := s.driver.(identity.Roles)
	return roles
}

// Providers manages the issuers that the store knows; nil where the driver has none.
func (s *Store) Providers() identity.Providers {
	providers, _ := s.driver.(identity.Providers)
	return providers
}

// Claims tells whose tokens the store takes where their claims name policies; nil where the driver knows no such way.
func (s *Store) Claims() identity.Claims {
	claims, _ := s.driver.(identity.Claims)
	return claims
}

// SessionRoleName derives what a role is called at the store, see identity.RoleName.
func SessionRoleName(installation, namespace, kind, name string, t Trust) string {
	return identity.RoleName(installation, namespace, kind, name, t)
}

// IssuerUnreachable tells an issuer that does not answer the store from a store that does not answer us.
func IssuerUnreachable(err error) bool { return errors.Is(err, conn.ErrIssuer) }
