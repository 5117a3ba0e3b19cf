package vips

// #include "vips.h"
import "C"
import "unsafe"

// Block gives a copy of a block of metadata, such as exif-data; nil when there is none, or one of more than limit bytes. This file is
// written by hand: the generated GetBlob gives memory free that belongs to the picture, and GetAsString never frees its own.
func (r *Image) Block(name string, limit int) []byte {
	if !r.HasField(name) {
		return nil
	}
	field := C.CString(name)
	defer freeCString(field)
	var data unsafe.Pointer
	var size C.size_t
	if C.vips_image_get_blob(r.image, field, &data, &size) != 0 || size > C.size_t(limit) {
		return nil
	}
	return C.GoBytes(data, C.int(size))
}
