// Package controllers keeps what is declared true: a reconciler per kind, and
// the access compiler, which alone writes policies.
//
// A reconciler gathers, asks the pure packages, acts, and writes its object's
// status once. They hang together like this:
//
//	Library ──► buckets, marks              User ──► identity, key, Secret
//	   │                                      │
//	   ├── assets: sweep ► plan ► Job         │
//	   │      └─► Inventory ──► Collections   │
//	   ▼                                      ▼
//	access compiler (namespace, ObjectStore) ──► bucket policies
//	   │      └─► Enforcement ──► RoleBinding, Role, UserGroup, … status
//	PublicLink ──► token, record, catalog, password hash ──► gateway
package controllers
