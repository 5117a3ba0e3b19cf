package asset

import "strings"

// A place of a Library is where files are that the same people may come to see: the bucket of originals, which is called "" here, or one
// restricted Folder, by its name. What is known of its files is in a catalog of its own, so that nobody who is let read one learns of
// another. No link is called like one: names of Kubernetes have no slash.
const (
	// PlacesRoot holds the catalogs of places. Nobody's key reaches it.
	PlacesRoot       = CatalogRoot + "places/"
	openPlace        = "open/"
	restrictedPlaces = "restricted/"
	placeHead        = "head"
)

// PlacePrefix is the prefix, in Vitrine's bucket, of the catalog of a place.
func PlacePrefix(restricted string) string {
	if restricted == "" {
		return PlacesRoot + openPlace
	}
	return PlacesRoot + restrictedPlaces + restricted + "/"
}

// PlaceObject is the object, in Vitrine's bucket, that holds a PlaceCatalog.
func PlaceObject(restricted string) string { return PlacePrefix(restricted) + placeHead }

// PartObject is the object, in Vitrine's bucket, that holds a part of it.
func PartObject(restricted, part string) string { return PlacePrefix(restricted) + part }

// PlaceOf tells of which place an object below PlacesRoot is, and of which part; part is empty for the PlaceCatalog itself. False when it
// is of none.
func PlaceOf(object string) (restricted, part string, ok bool) {
	name, ok := strings.CutPrefix(object, PlacesRoot)
	cut := strings.LastIndexByte(name, '/') + 1
	if !ok || cut == 0 {
		return "", "", false
	}
	place, part := name[:cut], name[cut:]
	if part == placeHead {
		part = ""
	} else if len(part) != IDLength {
		return "", "", false
	}
	if place == openPlace {
		return "", part, true
	}
	below, ok := strings.CutPrefix(place, restrictedPlaces)
	folder := strings.TrimSuffix(below, "/")
	return folder, part, ok && folder != "" && !strings.Contains(folder, "/")
}
