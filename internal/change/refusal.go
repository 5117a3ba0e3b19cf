package change

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reason is the closed list of why something is refused.
type Reason string

// The reasons.
const (
	// NotFound: there is no such file, or the asker may not list it; nothing tells which.
	NotFound Reason = "NotFound"
	// NotAllowed: the asker may list the file, and lacks the permission for the change.
	NotAllowed Reason = "NotAllowed"
	// FieldNotAllowed: the asker's roles let them change other fields only.
	FieldNotAllowed Reason = "FieldNotAllowed"
	// UnknownField: the Library declares no such field.
	UnknownField Reason = "UnknownField"
	// InvalidValue: a field does not take the value.
	InvalidValue Reason = "InvalidValue"
	// StaleVersion: the version named is no longer, or not, the current one.
	StaleVersion Reason = "StaleVersion"
	// WrongContent: the content has another digest than the one that was decided on.
	WrongContent Reason = "WrongContent"
	// NotReadYet: the content was not read yet, so that no digest can be compared. Trying again later helps.
	NotReadYet Reason = "NotReadYet"
	// InvalidState: what is asked for does not hold, or cannot be done, as things are.
	InvalidState Reason = "InvalidState"
	// Forged: the record says that somebody else wrote it.
	Forged Reason = "Forged"
	// Replayed: the id was used for another record.
	Replayed Reason = "Replayed"
	// Malformed: the record is not one.
	Malformed Reason = "Malformed"
	// TooLarge: a record, or what would be kept of a file, is too large.
	TooLarge Reason = "TooLarge"
	// Frozen: the Library, the namespace or the asker is frozen.
	Frozen Reason = "Frozen"
)

// Reasons lists them all.
func Reasons() []Reason {
	return []Reason{
		NotFound, NotAllowed, FieldNotAllowed, UnknownField, InvalidValue, StaleVersion, WrongContent, NotReadYet, InvalidState,
		Forged, Replayed, Malformed, TooLarge, Frozen,
	}
}

// Refusal is why something is not done. It is no error: it is the answer.
type Refusal struct {
	Reason Reason
	// Message is one line of plain words with the remedy, whatever the record said.
	Message string
}

// maxMessage is the longest message, in bytes.
const maxMessage = 1000

// refuse makes a refusal. What was written by others goes through quote, which keeps the remedy in sight.
func refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{reason, oneLine(fmt.Sprintf(format, args...), maxMessage)}
}

// Freeze refuses a whole record, since something is frozen: "the Library brand", "the namespace", "the User vera".
func Freeze(what string) *Refusal {
	return refuse(Frozen, "%s is frozen, and nothing of it is changed; ask again when the freeze is taken off", what)
}

// quote shows what somebody wrote, shortened and harmless.
func quote(s string) string {
	const most = 100
	return fmt.Sprintf("%q", oneLine(s, most))
}

// oneLine makes one line of at most limit bytes, of characters that are shown and do not turn the text around.
func oneLine(s string, limit int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))), " ")
	for len(s) > limit {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// plain tells whether s is UTF-8 of at most limit bytes, all of it shown.
func plain(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// few names some of a list in a sentence.
func few(words []string) string {
	const most = 10
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
