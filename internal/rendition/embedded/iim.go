package embedded

import (
	"bytes"
	"encoding/binary"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// readIIM reads the application record of IPTC-IIM 4.2 (chapters 1, 5 and 6).
func readIIM(block []byte) (e asset.Embedded) {
	data := record(block)
	day, clock := "", ""
	for len(data) >= 5 && data[0] == 0x1c {
		n := int(binary.BigEndian.Uint16(data[3:]))
		if n > len(data)-5 { // also for the extended form, whose highest bit is set: nothing of ours is so long
			break
		}
		set, raw := uint16(data[1])<<8|uint16(data[2]), data[5:5+n]
		data = data[5+n:]
		s := text(raw) // whether it is UTF-8 is seen; what 1:90 says of it is often wrong
		switch set {
		case 2<<8 | 5:
			e.Title = first(e.Title, s)
		case 2<<8 | 25:
			if len(e.Keywords) <= asset.MaxEmbeddedKeywords { // one more, so that it is seen that some were left out
				e.Keywords = append(e.Keywords, s)
			}
		case 2<<8 | 55:
			day = first(day, s)
		case 2<<8 | 60:
			clock = first(clock, s)
		case 2<<8 | 80:
			if len(e.Creators) <= asset.MaxEmbeddedCreators {
				e.Creators = append(e.Creators, s)
			}
		case 2<<8 | 90:
			e.City = first(e.City, s)
		case 2<<8 | 101:
			e.Country = first(e.Country, s)
		case 2<<8 | 105:
			e.Headline = first(e.Headline, s)
		case 2<<8 | 110:
			e.CreditLine = first(e.CreditLine, s)
		case 2<<8 | 116:
			e.CopyrightNotice = first(e.CopyrightNotice, s)
		case 2<<8 | 120:
			e.Description = first(e.Description, s)
		}
	}
	e.DateTaken = created(day, clock)
	return e
}

// record finds the IIM record: the block itself, or image resource 0x0404 in it.
func record(block []byte) []byte {
	const signature = "8BIM"
	rest := bytes.TrimPrefix(block, []byte("Photoshop 3.0\x00"))
	for len(rest) >= 12 && string(rest[:4]) == signature {
		id := binary.BigEndian.Uint16(rest[4:])
		name := 1 + int(rest[6]) // a Pascal string, padded to an even length
		name += name % 2
		if len(rest) < 6+name+4 {
			return nil
		}
		size := uint64(binary.BigEndian.Uint32(rest[6+name:]))
		rest = rest[6+name+4:]
		if id == 0x0404 {
			return rest[:min(size, uint64(len(rest)))]
		}
		rest = rest[min(size+size%2, uint64(len(rest))):]
	}
	return rest
}

// created makes a date of CCYYMMDD and HHMMSS±HHMM. Parts of the day that are zero are not known.
func created(day, clock string) string {
	if len(day) != 8 {
		return ""
	}
	year, month, dayOf := day[:4], day[4:6], day[6:]
	switch {
	case month == "00":
		return date(year)
	case dayOf == "00":
		return date(year + "-" + month)
	}
	iso := year + "-" + month + "-" + dayOf
	if len(clock) >= 6 {
		hour := iso + "T" + clock[:2] + ":" + clock[2:4] + ":" + clock[4:6]
		if len(clock) == 11 {
			if full := date(hour + clock[6:9] + ":" + clock[9:]); full != "" {
				return full
			}
		}
		if full := date(hour); full != "" {
			return full
		}
	}
	return date(iso)
}
