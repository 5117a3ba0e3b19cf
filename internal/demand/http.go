package demand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Path is where a gateway shows its list, beside its metrics.
const Path = "/wanted"

// maxBody bounds an answer: MaxItems of the longest names there are fit.
const maxBody = 1 << 20

// Handler shows a list to whoever proves to belong to the installation; proof is what they show.
func Handler(list *List, admit func(ctx context.Context, proof string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, proof, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || !admit(r.Context(), proof) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(list.Entries()) // whoever left asks again
	})
}

// ErrAnswer says that a gateway did not answer with a list.
var ErrAnswer = errors.New("the gateway did not tell what visitors ask for")

// Fetch gets the list of the gateway at an address such as http://10.0.0.7:9090.
func Fetch(ctx context.Context, client *http.Client, address, proof string) ([]Entry, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+Path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking the gateway at %s: %w", address, err)
	}
	request.Header.Set("Authorization", "Bearer "+proof)
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the gateway: %w", err) // it names the address
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: it answered %s", ErrAnswer, answer.Status)
	}
	entries, err := decode(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return entries, nil
}

// decode reads a list as far as it is taken: MaxItems, one after the other.
func decode(r io.Reader) ([]Entry, error) {
	list := json.NewDecoder(r)
	if err := expect(list, '['); err != nil {
		return nil, err
	}
	var entries []Entry
	for list.More() {
		var entry Entry
		if err := list.Decode(&entry); err != nil {
			return nil, fmt.Errorf("reading the %dth entry: %w", len(entries)+1, err)
		}
		if entries = append(entries, entry); len(entries) == MaxItems {
			return entries, nil
		}
	}
	return entries, expect(list, ']')
}

// errNoList says that an answer is JSON of another shape.
var errNoList = errors.New("it is no list")

func expect(list *json.Decoder, want json.Delim) error {
	switch token, err := list.Token(); {
	case err != nil:
		return fmt.Errorf("reading the list: %w", err)
	case token != want:
		return errNoList
	}
	return nil
}
