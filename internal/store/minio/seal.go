package minio

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// Bodies that hold secrets are sealed with the administrator's own secret, in both directions, so that they are safe without TLS:
//
//	salt (32 bytes) | algorithm (1) | nonce (8) | fragments
//
// The key is derived from secret and salt. The text is cut into fragments of 16 KiB, each sealed with 16 bytes of tag. A fragment's nonce
// is the message's, followed by the fragment's number in four bytes, little-endian, from 1. What is authenticated beside it is a
// byte, 0x80 for the last fragment and 0 for the others, and the tag of sealing nothing under number 0. A text without bytes is one
// fragment without bytes. So parts can be neither dropped, reordered nor taken from another message.
const (
	saltBytes     = 32
	nonceBytes    = 8
	headBytes     = saltBytes + 1 + nonceBytes
	keyBytes      = 32
	fragmentBytes = 16 << 10
	lastFragment  = 0x80
)

// The algorithms: how the key is derived, and what seals.
const (
	argonAES    byte = 0
	argonChaCha byte = 1
	pbkdf2AES   byte = 2 // of servers that keep to FIPS 140
)

// The cost of deriving a key, as the servers have it fixed.
const (
	argonPasses  = 1
	argonKiB     = 64 << 10
	argonLanes   = 4
	pbkdf2Rounds = 8192
)

var errSeal = errors.New("not sealed with this secret")

// seal gives the sealed form of a body.
func (d *Driver) seal(plain []byte) ([]byte, error) {
	head := make([]byte, headBytes)
	if _, err := rand.Read(head); err != nil {
		return nil, fmt.Errorf("seal a body: %w", err)
	}
	head[saltBytes] = argonAES
	return d.sealAfter(head, plain)
}

// sealAfter gives the head and the fragments sealed by it.
func (d *Driver) sealAfter(head, plain []byte) ([]byte, error) {
	box, err := d.box(head)
	if err != nil {
		return nil, fmt.Errorf("seal a body: %w", err)
	}
	sealed := append([]byte(nil), head...)
	for number := uint32(1); ; number++ {
		fragment := plain[:min(len(plain), fragmentBytes)]
		plain = plain[len(fragment):]
		sealed = box.aead.Seal(sealed, box.nonce(number), fragment, box.beside(len(plain) == 0))
		if len(plain) == 0 {
			return sealed, nil
		}
	}
}

// unseal gives the text of a sealed body; errSeal when it was altered, cut or sealed with another secret.
func (d *Driver) unseal(sealed []byte) ([]byte, error) {
	if len(sealed) < headBytes {
		return nil, errSeal
	}
	box, err := d.box(sealed[:headBytes])
	if err != nil {
		return nil, err
	}
	rest, size := sealed[headBytes:], fragmentBytes+box.aead.Overhead()
	plain := make([]byte, 0, len(rest))
	for number := uint32(1); ; number++ {
		fragment := rest[:min(len(rest), size)]
		rest = rest[len(fragment):]
		if plain, err = box.aead.Open(plain, box.nonce(number), fragment, box.beside(len(rest) == 0)); err != nil {
			return nil, errSeal
		}
		if len(rest) == 0 {
			return plain, nil
		}
	}
}

// box seals and opens the fragments of one message.
type box struct {
	aead   cipher.AEAD
	prefix []byte // of every nonce
	start  []byte // tag of sealing nothing
}

func (d *Driver) box(head []byte) (*box, error) {
	salt, algorithm, prefix := head[:saltBytes], head[saltBytes], head[saltBytes+1:headBytes]
	aead, err := d.aead(algorithm, salt)
	if err != nil {
		return nil, err
	}
	b := &box{aead: aead, prefix: prefix}
	b.start = aead.Seal(nil, b.nonce(0), nil, nil)
	return b, nil
}

func (b *box) nonce(number uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(make([]byte, 0, nonceBytes+4), b.prefix...), number)
}

func (b *box) beside(last bool) []byte {
	flag := byte(0)
	if last {
		flag = lastFragment
	}
	return append([]byte{flag}, b.start...)
}

func (d *Driver) aead(algorithm byte, salt []byte) (cipher.AEAD, error) {
	secret := d.secret()
	switch algorithm {
	case argonAES:
		return gcm(d.argon(secret, salt))
	case argonChaCha:
		return chacha20poly1305.New(d.argon(secret, salt))
	case pbkdf2AES:
		key, err := pbkdf2.Key(sha256.New, secret.Reveal(), salt, pbkdf2Rounds, keyBytes)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		return gcm(key)
	default:
		return nil, fmt.Errorf("sealed with the unknown algorithm %d: %w", algorithm, errSeal)
	}
}

// argon derives one key at a time: each takes 64 MiB, and all processors anyway.
func (d *Driver) argon(secret conn.Secret, salt []byte) []byte {
	d.sealing.Lock()
	defer d.sealing.Unlock()
	return argon2.IDKey([]byte(secret.Reveal()), salt, argonPasses, argonKiB, argonLanes, keyBytes)
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare AES: %w", err)
	}
	return cipher.NewGCM(block)
}
