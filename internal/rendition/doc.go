// Package rendition decides which pictures are made from which originals, and writes the order for the workers that
// make them. It is pure and needs no libvips: the manager imports it.
//
// The way of a picture: Plan compares the originals with what exists and gives Work; the manager signs a GET for the
// original and a PUT for each result and puts them into Items; Batch makes manifests of them, one per index of an Indexed Job;
// package worker runs a manifest, with package engine as its decoder. Results are told by asset.Facts, written last for each
// original, which the next Plan reads. Nothing else is remembered anywhere.
package rendition
