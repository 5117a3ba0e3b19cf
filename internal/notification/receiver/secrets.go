package receiver

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// ErrSecrets is what every error about the file of secrets is.
var ErrSecrets = errors.New("not a file of shared secrets")

const (
	// maxSecrets bounds what each request is compared with. Two are enough for a rotation.
	maxSecrets = 16
	// maxSecretsFile is the most that a file of secrets has.
	maxSecretsFile = 8 << 10
	// lookAgain is how often the file is read: the kubelet takes up to a minute to bring a change anyhow.
	lookAgain = 5 * time.Second
)

// secretForm has what needs no encoding in the path of a URL. 16 characters
// drawn from it at random cannot be guessed.
var secretForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{16,256}$`)

// Secrets are those that stores may show, from a file with one on each line. A
// change of the file counts from a few seconds later on, without a restart. It
// never prints them.
type Secrets struct {
	path string
	now  func() time.Time

	mu    sync.Mutex
	read  time.Time
	sums  [][sha256.Size]byte
	fault error // why what the file has now is not in use
}

// OpenSecrets reads a file of secrets. Its errors do not quote it.
func OpenSecrets(path string) (*Secrets, error) {
	s := &Secrets{path: path, now: time.Now}
	if _, err := s.current(); err != nil {
		return nil, err
	}
	return s, nil
}

// Admit tells whether a text is one of the secrets, in a time that says nothing
// about them. The error is why the file that is there now is not gone by; the secrets of before are then.
func (s *Secrets) Admit(text string) (bool, error) {
	sums, err := s.current()
	shown := sha256.Sum256([]byte(text)) // of one length, whatever was sent
	admitted := 0
	for i := range sums {
		admitted |= subtle.ConstantTimeCompare(shown[:], sums[i][:])
	}
	return admitted == 1, err
}

func (s *Secrets) current() ([][sha256.Size]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.read.IsZero() || now.Sub(s.read) >= lookAgain {
		s.read = now
		var sums [][sha256.Size]byte
		if sums, s.fault = readSecrets(s.path); s.fault == nil {
			s.sums = sums
		}
	}
	return s.sums, s.fault
}

func readSecrets(path string) ([][sha256.Size]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSecrets, err)
	}
	if len(text) > maxSecretsFile {
		return nil, fmt.Errorf("%w: %s has %d bytes, and at most %d", ErrSecrets, path, len(text), maxSecretsFile)
	}
	var sums [][sha256.Size]byte
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case !secretForm.MatchString(line):
			return nil, fmt.Errorf("%w: line %d of %s is not 16 to 256 letters, digits, points, hyphens, underscores and tildes", ErrSecrets, number, path)
		default:
			sums = append(sums, sha256.Sum256([]byte(line)))
		}
	}
	if len(sums) == 0 || len(sums) > maxSecrets {
		return nil, fmt.Errorf("%w: %s has %d secrets, and should have 1 to %d", ErrSecrets, path, len(sums), maxSecrets)
	}
	return sums, nil
}

// String says where they are from, and never what they are.
func (s *Secrets) String() string { return "secrets of " + s.path }

// GoString is String, so that %#v prints nothing of them either.
func (s *Secrets) GoString() string { return s.String() }
