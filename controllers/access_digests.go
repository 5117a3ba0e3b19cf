package controllers

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// Where rights hang on identities, status.policies of a Library has for each bucket a digest of what was last
// brought into force on all identities that have rights there: one for the bucket, as with bucket policies, and not
// one for each of hundreds of people. It tells after a restart what somebody else changed from what is declared anew.

// reaches are the buckets in which an identity has rights or is to have some.
func (h *hanging) reaches() map[string]bool {
	reached := h.wants()
	for _, bucket := range policy.BucketsOf(h.now...) {
		reached[bucket] = true
	}
	return reached
}

// wants are the buckets in which an identity is to have rights.
func (h *hanging) wants() map[string]bool {
	wanted := map[string]bool{}
	for _, a := range h.Allows {
		wanted[a.Bucket] = true
	}
	return wanted
}

// digests identify, by bucket, what is wanted of all identities that are to have rights there.
func digests(all []hanging) map[string]string {
	sums := map[string][]byte{}
	for i := range all {
		h := &all[i]
		for bucket := range h.wants() {
			sums[bucket] = append(sums[bucket], string(h.holder.Kind)+" "+h.holder.Name+" "+digestOfHanging(h)+"\n"...)
		}
	}
	byBucket := make(map[string]string, len(sums))
	for bucket, text := range sums {
		sum := sha256.Sum256(text)
		byBucket[bucket] = hex.EncodeToString(sum[:])
	}
	return byBucket
}

// nobody is the digest of a bucket in which nobody is to have rights.
var nobody = digestOf(policy.Document{})

// cutShort is the digest of what failed on the way.
const cutShort = "cut short"

func orNobody(digest string) string {
	if digest == "" {
		return nobody
	}
	return digest
}

// drifted tells whether an identity differs from what was last brought into
// force although the same is wanted: somebody else changed it. Since a restart that is known of buckets only.
func (r *AccessReconciler) drifted(connection Connection, made *rendering, wanted func() map[string]string, h *hanging) bool {
	if !h.changed() {
		return false
	}
	if known := r.applied.known(connection.Declared.Name, h.holder); known != "" {
		return known == digestOfHanging(h)
	}
	reached, known := h.reaches(), false
	for _, p := range made.policies {
		if !reached[p.bucket] {
			continue
		}
		i := slices.IndexFunc(p.library.Status.Policies, func(in v1alpha1.AppliedPolicy) bool { return in.Bucket == p.bucket })
		if i < 0 || p.library.Status.Policies[i].SHA256 != orNobody(wanted()[p.bucket]) {
			return false
		}
		known = true
	}
	return known
}

// noteHanging remembers what is in force on identities, and tells of every bucket when all of it is that reaches it. Where
// less than is planned came into force, and nothing had to be taken away for that, what was known stays: that was not
// brought into force now, and what differs from it is no doing of others.
func (r *AccessReconciler) noteHanging(connection Connection, made *rendering, all []hanging, settled func(i int) bool, result *compiled) {
	unsettled := map[string]bool{}
	for i := range all {
		h := &all[i]
		untouched := h.narrowed && !h.changed()
		if (settled(i) || h.reported) && !untouched {
			r.applied.set(holdersTenant(connection.Declared.Name, h.holder), rememberedAs(h.holder), digestOfHanging(h))
		}
		if !settled(i) && !h.reported && !h.drift {
			// Some of it may be there: neither what was known nor what is wanted now.
			r.applied.set(holdersTenant(connection.Declared.Name, h.holder), rememberedAs(h.holder), cutShort)
		}
		if !settled(i) || untouched {
			for bucket := range h.reaches() {
				unsettled[bucket] = true
			}
		}
	}
	wanted := digests(all)
	for _, p := range made.policies {
		if p.library.refused != nil || unsettled[p.bucket] {
			continue
		}
		result.noteApplied(p.library.Name, p.bucket, orNobody(wanted[p.bucket]))
	}
}
