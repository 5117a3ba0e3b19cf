package asset

import (
	"slices"
	"strings"
)

// Unmade is a rendition that was asked for and did not come to be, though the original can be read. It is settled: nobody tries
// again until something about it changes.
type Unmade struct {
	// Preset is the preset's name.
	Preset string `json:"preset"`
	// Object is what the rendition would have been called (rendition.ObjectName): it changes with the preset, its watermark and the original.
	Object string `json:"object"`
	// Reason in one word.
	Reason UnmadeReason `json:"reason"`
	// Message is for people, as that of a ReadError.
	Message string `json:"message,omitempty"`
	// Watermark tells what could not be drawn (rendition.Watermark.Identity), when the watermark is to blame. It is then so for every original.
	Watermark string `json:"watermark,omitempty"`
}

// UnmadeReason is the closed list of why one rendition of a good original was not made.
type UnmadeReason string

// The reasons.
const (
	// UnmadeTimeout: making it did not end within the time limit.
	UnmadeTimeout UnmadeReason = "Timeout"
	// UnmadeFailed: the picture was decoded, and this could not be made of it.
	UnmadeFailed UnmadeReason = "Failed"
	// UnmadeBlank: its watermark can be read and has nothing in it that would be seen.
	UnmadeBlank UnmadeReason = "WatermarkBlank"
	// UnmadeUnreadable: its watermark cannot be decoded.
	UnmadeUnreadable UnmadeReason = "WatermarkUnreadable"
)

// NewUnmade makes an Unmade whose message is fit for facts, status and logs.
func NewUnmade(preset, object string, reason UnmadeReason, message string) Unmade {
	return Unmade{Preset: preset, Object: object, Reason: reason, Message: cleanLine(message, maxFactsMessage)}
}

// validUnmade tells whether every entry is within the bounds and lists that readers rely on.
func validUnmade(list []Unmade) bool {
	for _, u := range list {
		blamed := u.Reason == UnmadeBlank || u.Reason == UnmadeUnreadable
		switch {
		case u.Preset == "" || !plainText(u.Preset, 63) || u.Object == "" || !plainText(u.Object, 256) || strings.Contains(u.Object, "/"):
			return false
		case !plainText(u.Message, maxFactsMessage) || !plainText(u.Watermark, 64):
			return false
		case !blamed && u.Reason != UnmadeTimeout && u.Reason != UnmadeFailed:
			return false
		case blamed != (u.Watermark != ""):
			return false
		}
	}
	return len(list) <= MaxPictures
}

// shortenUnmade gives the list with messages of at most half the bytes of the longest, and false when there are none to shorten.
func shortenUnmade(list []Unmade) (shorter []Unmade, some bool) {
	longest := 0
	for _, u := range list {
		longest = max(longest, len(u.Message))
	}
	if longest == 0 {
		return list, false
	}
	shorter = slices.Clone(list)
	for i := range shorter {
		shorter[i].Message = cleanLine(shorter[i].Message, longest/2)
	}
	return shorter, true
}
