package api

// referencesOf are the places that a spec names, found by how references are written.
func referencesOf(namespace string, value any) []string {
	var all []string
	switch v := value.(type) {
	case []any:
		for _, entry := range v {
			all = append(all, referencesOf(namespace, entry)...)
		}
	case map[string]any:
		if kind, ok := v["kind"].(string); ok && kind != "BuiltIn" {
			all = append(all, place(namespace, kind, text(v["name"])))
		}
		for _, field := range sortedKeys(v) {
			all = append(all, named(namespace, field, v[field])...)
			all = append(all, referencesOf(namespace, v[field])...)
		}
	}
	return all
}

// named is what one field names, if it is a reference.
func named(namespace, field string, value any) []string {
	if field == "members" {
		var all []string
		members, _ := value.([]any)
		for _, member := range members {
			all = append(all, place(namespace, "User", text(member)))
		}
		return all
	}
	kinds := map[string]string{
		"libraryRef": "Library", "storeRef": "ObjectStore", "folder": "Folder", "collection": "Collection",
		"passwordSecretRef": "Secret", "credentialsSecretRef": "Secret",
	}
	reference, ok := value.(map[string]any)
	if kind := kinds[field]; ok && kind != "" {
		switch field {
		case "storeRef":
			namespace = "" // ObjectStores are in no namespace
		case "credentialsSecretRef":
			namespace = text(reference["namespace"])
		}
		return []string{place(namespace, kind, text(reference["name"]))}
	}
	return nil
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
