package iam

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// lackingTags are those that are missing or differ. Tags that others put are left alone.
func lackingTags(want, found map[string]string) map[string]string {
	lacking := map[string]string{}
	for key, value := range want {
		if now, ok := found[key]; !ok || now != value {
			lacking[key] = value
		}
	}
	return lacking
}

func fromTags(tags []types.Tag) map[string]string {
	var all map[string]string
	for _, tag := range tags {
		if all == nil {
			all = map[string]string{}
		}
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return all
}

func toTags(all map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(all[key])})
	}
	return list
}
