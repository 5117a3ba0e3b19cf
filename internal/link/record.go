package link

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

const (
	recordVersion = 1
	// MaxRecordBytes bounds an encoded record: 128 hashes of 67 bytes, and the rest.
	MaxRecordBytes = 16 << 10
	// maxRetired is how many ended tokens a record remembers; a link re-made more often forgets the oldest.
	maxRetired    = 128
	maxRecordText = 128
)

// ErrRecord says that a record is not one that this program wrote. It must not
// be overwritten: whoever repairs it gets the old URL back.
var ErrRecord = errors.New("not a link record")

// Record is what Vitrine's bucket keeps of a link, `links/<name>.json`, so that
// a rebuilt cluster serves the same URL and a time to live does not start again.
type Record struct {
	// Version of this format, 1.
	Version int `json:"v"`
	// Cluster is the UID of the namespace kube-system, and UID that of the PublicLink, that the token was last served for.
	Cluster string `json:"cluster"`
	UID     string `json:"uid"`
	// Token, sealed with the manager's key ring for the link's namespace/name.
	Token Sealed `json:"token"`
	// Hash of the token.
	Hash string `json:"hash"`
	// FirstSeen is when the link was first made; times to live count from it.
	FirstSeen time.Time `json:"firstSeen"`
	// RetiredAt is when the token ended for good; nil while it lives.
	RetiredAt *time.Time `json:"retiredAt,omitempty"`
	// Retired are the hashes of tokens that ended, oldest first.
	Retired []string `json:"retired,omitempty"`
}

// Encode gives the record as JSON; the error is ErrRecord when it is not whole.
func (r Record) Encode() ([]byte, error) {
	r.Version = recordVersion
	if err := r.validate(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding a link record: %w", err)
	}
	return data, nil
}

// DecodeRecord reads what Encode wrote; the error is ErrRecord.
func DecodeRecord(data []byte) (Record, error) {
	if len(data) > MaxRecordBytes {
		return Record{}, fmt.Errorf("%w: more than %d bytes", ErrRecord, MaxRecordBytes)
	}
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&r); err != nil {
		// The decoder's words could quote the contents.
		return Record{}, fmt.Errorf("%w: not the JSON expected", ErrRecord)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Record{}, fmt.Errorf("%w: something follows the object", ErrRecord)
	}
	if err := r.validate(); err != nil {
		return Record{}, err
	}
	return r, nil
}

func (r Record) validate() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrRecord, what) }
	switch {
	case r.Version != recordVersion:
		return bad("unknown version")
	case r.Cluster == "" || len(r.Cluster) > maxRecordText || r.UID == "" || len(r.UID) > maxRecordText:
		return bad("cluster or uid")
	case r.Token.Key == "" || len(r.Token.Key) > maxKeyID || len(r.Token.Box) == 0 || len(r.Token.Box) > maxBox:
		return bad("sealed token")
	case !validHash(r.Hash):
		return bad("hash")
	case r.FirstSeen.IsZero():
		return bad("firstSeen")
	case len(r.Retired) > maxRetired || !allHashes(r.Retired):
		return bad("retired hashes")
	}
	return nil
}

func validHash(s string) bool {
	return len(s) == HashLength && strings.Trim(s, "0123456789abcdef") == ""
}

func allHashes(all []string) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !validHash(s) })
}

// Retire gives the record of a link that was deleted: its token is over for
// good. Retiring twice keeps the first instant.
func (r Record) Retire(now time.Time) Record {
	if r.RetiredAt == nil {
		at := now.UTC().Truncate(time.Second)
		r.RetiredAt = &at
	}
	return r
}

// Action is what is to be done about a link's token.
type Action string

// The actions.
const (
	// Keep: the record is this object's; open its token and write nothing.
	Keep Action = "Keep"
	// Rebind: the cluster was rebuilt. Open the record's token and write Plan.Record.
	Rebind Action = "Rebind"
	// Issue: draw a new token, write Plan.Issue's record, and only then publish the hash.
	Issue Action = "Issue"
)

// Plan is what Recover decided.
type Plan struct {
	// Action to take.
	Action Action
	// Record to go on with; for Issue it still lacks token and hash (see Plan.Issue).
	Record Record
	// Ended is the hash of the token that this plan retires; empty when it retires none.
	Ended string
}

// Recover decides what becomes of a link's token, given its record (nil when
// there is none) and the object as it is now: cluster is the UID of the
// namespace kube-system, uid that of the PublicLink.
//
//	no record                        a new token
//	this cluster, this object        the same token
//	this cluster, another object     a new token: the link was deleted and made again while nobody watched
//	another cluster, not retired     the same token: the cluster was rebuilt
//	retired                          a new token, and a new first day
func Recover(rec *Record, cluster, uid string, now time.Time) Plan {
	fresh := Record{Version: recordVersion, Cluster: cluster, UID: uid, FirstSeen: now.UTC().Truncate(time.Second)}
	switch {
	case rec == nil:
		return Plan{Action: Issue, Record: fresh}
	case rec.RetiredAt == nil && rec.Cluster == cluster && rec.UID == uid:
		return Plan{Action: Keep, Record: *rec}
	case rec.RetiredAt == nil && rec.Cluster != cluster:
		kept := *rec
		kept.Cluster, kept.UID = cluster, uid
		return Plan{Action: Rebind, Record: kept}
	}
	fresh.Retired = append(slices.Clone(rec.Retired), rec.Hash)
	if over := len(fresh.Retired) - maxRetired; over > 0 {
		fresh.Retired = fresh.Retired[over:]
	}
	return Plan{Action: Issue, Record: fresh, Ended: rec.Hash}
}

// Issue gives the record to write for a new token, sealed for the link.
func (p Plan) Issue(ring KeyRing, t Token, aad string) (Record, error) {
	sealed, err := ring.Seal(t, aad)
	if err != nil {
		return Record{}, err
	}
	r := p.Record
	r.Token, r.Hash = sealed, t.Hash()
	return r, nil
}
