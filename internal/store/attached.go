package store

import "context"

// Attached names what may give a user rights where rights come from bucket policies: policies that hang on it, and
// its groups. None of it is ours. Nothing for a driver whose stores know no such policies.
func (s *Store) Attached(ctx context.Context, user string) ([]string, error) {
	driver, can := s.driver.(interface {
		Attached(ctx context.Context, user string) ([]string, error)
	})
	if !can {
		return nil, nil
	}
	return driver.Attached(ctx, user)
}
