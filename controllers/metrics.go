package controllers

import "github.com/prometheus/client_golang/prometheus"

// driftRepaired counts policies that someone changed at a store and that were put right.
var driftRepaired = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "vitrine_drift_repaired_total",
	Help: "Policies that were changed at a store by someone else and are as declared again.",
})

// orphansRemoved counts users and groups at stores whose owner had gone by force.
var orphansRemoved = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "vitrine_orphans_removed_total",
	Help: "Users and groups at stores that had no User, UserGroup or namespace any more and were taken away.",
})

// changesAnswered counts what people asked for in change records.
var changesAnswered = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "vitrine_changes_total",
	Help: "Changes that people asked for in change records, by outcome and, where one was refused, the reason.",
}, []string{"outcome", "reason"})

// versionsDeleted counts versions of originals that went since a Library keeps no more.
var versionsDeleted = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "vitrine_versions_deleted_total",
	Help: "Old versions of originals that were deleted for good, since their Library keeps no more.",
})

// assetOrphansRemoved counts what was left of originals, and of versions and presets of them, that are no more.
var assetOrphansRemoved = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "vitrine_asset_orphans_removed_total",
	Help: "Objects in Vitrine's buckets that served no file any more and were removed for good, by what they held.",
}, []string{"what"})

// filesRenamed counts files that kept what was said of them under another name.
var filesRenamed = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "vitrine_files_renamed_total",
	Help: "Files that were renamed with an S3 tool and kept what was said and decided of them.",
})
