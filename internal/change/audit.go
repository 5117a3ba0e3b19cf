package change

import (
	"encoding/json"
	"fmt"
	"time"
)

// AuditRoot holds one object for each record that was answered, refused ones too. The manager alone writes it.
const AuditRoot = "audit/changes/"

// auditInstant sorts as text: it has always the same length.
const auditInstant = "20060102T150405.000000000Z"

// Audit is one line of the trail.
type Audit struct {
	V       int       `json:"v"`
	At      time.Time `json:"at"`
	Library string    `json:"library"`
	// Folder is the place that the record was in: a User's name, or PlatformFolder.
	Folder string `json:"folder"`
	ID     string `json:"id"`
	// Author is who asked; empty when that was not to be told.
	Author string `json:"author,omitempty"`
	// Record is the Digest of the record.
	Record  string   `json:"record"`
	Changes []Change `json:"changes,omitempty"` // as they were asked for; none when the record could not be read
	Answers []Answer `json:"answers"`
	// Unfinished: it is being done. What Answers tell is done, and any of the other Changes may be.
	Unfinished bool `json:"unfinished,omitempty"`
	// Again: an earlier try was cut. What is refused now may have been done by then, and is where the file bears the record's signature.
	Again bool `json:"again,omitempty"`
}

// AuditObject is the object, in Vitrine's bucket, for the line about a record with a digest. No two records have one: where a store tells
// times in seconds, others may come at the same one.
func AuditObject(at time.Time, folder, id, digest string) string {
	at = at.UTC()
	return AuditRoot + at.Format(time.DateOnly) + "/" + at.Format(auditInstant) + "/" + folder + "/" + id + "-" + digest[:min(len(digest), 16)] + ".json"
}

// Encode gives the line, its end included.
func (a Audit) Encode() ([]byte, error) {
	a.V = Version
	data, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encoding a line of the audit trail: %w", err)
	}
	return append(data, '\n'), nil
}

// DecodeAudit reads what Encode wrote.
func DecodeAudit(data []byte) (Audit, error) {
	var a Audit
	if err := json.Unmarshal(data, &a); err != nil {
		return Audit{}, fmt.Errorf("decoding a line of the audit trail: %w", err)
	}
	if a.V != Version {
		return Audit{}, fmt.Errorf("decoding a line of the audit trail: version %d is unknown", a.V)
	}
	return a, nil
}
