package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// audit notes a record in the trail. Noted tells of one that was there already and is not to be written over.
func (d *desk) audit(ctx context.Context, line change.Audit, over bool) (noted bool, err error) {
	data, err := line.Encode()
	if err != nil {
		return false, err //nolint:wrapcheck // it says what
	}
	as := store.IfAbsent()
	if over {
		as = store.Always()
	}
	_, err = d.connection.PutObject(ctx, d.library.Status.VitrineBucket, change.AuditObject(line.At, line.Folder, line.ID, line.Record), data, jsonType, as)
	switch {
	case errors.Is(err, store.ErrPreconditionFailed):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("writing the audit trail: %w", err)
	}
	return false, nil
}

// begin notes that a record is about to be done. Again tells that this, or more, was noted before: then some of it may be done.
func (d *desk) begin(ctx context.Context, line change.Audit) (again bool, err error) {
	line.Unfinished, line.Answers = true, []change.Answer{}
	return d.audit(ctx, line, false)
}

// begun tells whether a record was begun, and its end is not in the trail.
func (d *desk) begun(ctx context.Context, line change.Audit) (bool, error) {
	object := change.AuditObject(line.At, line.Folder, line.ID, line.Record)
	last, _, err := document(ctx, d.connection, d.library.Status.VitrineBucket, object, change.DecodeAudit)
	return last != nil && last.Unfinished, err
}

// auditPart notes what was done of a record that could not be done whole: it is done again, and noted in the same place, unless somebody
// takes it back or puts another before.
func (d *desk) auditPart(ctx context.Context, line change.Audit, answers []change.Answer) error {
	line.Answers = slices.DeleteFunc(slices.Clone(answers), func(a change.Answer) bool { return a.Outcome == "" })
	if len(line.Answers) == 0 {
		return nil
	}
	line.Unfinished = true
	_, err := d.audit(ctx, line, true)
	return err
}
