package minio

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// Version tells which versions the servers of the store run, one after the other when an upgrade is under way; empty when these credentials
// may not know.
func (d *Driver) Version(ctx context.Context) (string, error) {
	var info struct {
		Servers []struct {
			Version string `json:"version"`
		} `json:"servers"`
	}
	err := d.get(ctx, "ask the servers for their versions", "info", nil, false, &info)
	if errors.Is(err, conn.ErrDenied) || errors.Is(err, conn.ErrNotFound) || errors.Is(err, conn.ErrInvalid) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var versions []string
	for _, s := range info.Servers {
		if s.Version != "" {
			versions = append(versions, s.Version)
		}
	}
	slices.Sort(versions)
	return strings.Join(slices.Compact(versions), " "), nil
}
