package asset

import "strings"

// What programs put beside people's files, in lower case, each with who does.
// The lists are short on purpose: whatever stands here can be shared with
// nobody, so an entry is what a program makes up by itself, and what nobody
// calls a picture, a film or a document.
var (
	leftoverNames = []leftover{
		{".ds_store", "macOS"},           // how the Finder shows a folder
		{".localized", "macOS"},          // that a folder's name is translated
		{"thumbs.db", "Windows"},         // small pictures of what is in a folder
		{"ehthumbs.db", "Windows"},       // likewise, of films
		{"desktop.ini", "Windows"},       // how the Explorer shows a folder
		{".bridgesort", "Adobe Bridge"},  // in which order it shows a folder
		{".bridgecache", "Adobe Bridge"}, // small pictures of what is in a folder
		{".bridgecachet", "Adobe Bridge"},
	}
	leftoverBeginnings = []leftover{
		{"._", "macOS"},            // AppleDouble: what only a Mac knows of the file beside
		{"~$", "Microsoft Office"}, // who has the document open
		{libreOfficeLock, "LibreOffice"},
	}
	leftoverEndings = []leftover{
		{".part", "an unfinished transfer"},             // Firefox, ownCloud and Nextcloud
		{".partial", "an unfinished transfer"},          // rclone, Edge
		{".filepart", "an unfinished transfer"},         // WinSCP
		{".crdownload", "an unfinished transfer"},       // Chrome
		{".part.minio", "an unfinished transfer"},       // MinIO's mc
		{".cyberducksegment", "an unfinished transfer"}, // Cyberduck and Mountain Duck
		{".tmp", "an unfinished change"},                // who saves beside a file and renames, such as Office on a mounted bucket
	}
	// Everything in a folder that is called so.
	leftoverFolders = []leftover{
		{"__macosx", "macOS"},           // AppleDouble files of an archive that was unpacked
		{".appledouble", "macOS"},       // the same on a file server
		{"@eadir", "a Synology server"}, // small pictures of what is in a folder
		// At the top of a disk, and so of one that was uploaded as a whole.
		{".spotlight-v100", "macOS"},
		{".trashes", "macOS"},
		{".fseventsd", "macOS"},
		{".temporaryitems", "macOS"},
		{"$recycle.bin", "Windows"},
		{"system volume information", "Windows"},
	}
)

// libreOfficeLock says who has a document open. It ends in # as well.
const libreOfficeLock = ".~lock."

// leftover is a name, or how one begins or ends, and who makes it up.
type leftover struct{ name, by string }

// Leftover tells who left a file behind that is nobody's work: a file manager,
// an office program, a transfer that did not end. It is empty for every other
// path. Case makes no difference, as it makes none where these names come from.
func Leftover(path string) (by string) {
	path = strings.ToLower(path)
	cut := strings.LastIndexByte(path, '/') + 1
	folders, file := path[:cut], path[cut:]
	for _, l := range leftoverNames {
		if file == l.name {
			return l.by
		}
	}
	for _, l := range leftoverBeginnings {
		if strings.HasPrefix(file, l.name) && (l.name != libreOfficeLock || strings.HasSuffix(file, "#")) {
			return l.by
		}
	}
	for _, l := range leftoverEndings {
		if strings.HasSuffix(file, l.name) {
			return l.by
		}
	}
	for folder := range strings.SplitSeq(folders, "/") {
		for _, l := range leftoverFolders {
			if folder == l.name {
				return l.by
			}
		}
	}
	return ""
}

// NoAsset says why an object below a root of originals is no asset; why is empty for
// one that is. A marker, which some tools leave for an empty folder, needs no reason.
func NoAsset(path string) (why string, marker bool) {
	if strings.HasSuffix(path, "/") {
		return "", true
	}
	if by := Leftover(path); by != "" {
		return "left behind by " + by, false
	}
	if err := CheckPath(path); err != nil {
		return err.Error(), false
	}
	return "", false
}
