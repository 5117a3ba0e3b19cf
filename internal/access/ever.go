package access

// GrantsEver are a user's rights whenever they hold: as Grants, with those whose
// window is not open yet, or no longer; Route says when each holds.
func (m *Model) GrantsEver(user string) []Grant {
	return m.grants(user, func(*binding) bool { return true })
}

func (m *Model) grants(user string, wanted func(*binding) bool) []Grant {
	var grants []Grant
	for _, ms := range m.byUser[user] {
		if !wanted(ms.binding) {
			continue
		}
		for i := range ms.binding.gives {
			if g, ok := ms.binding.grant(&ms.binding.gives[i], ms.group); ok {
				g.User = user
				grants = append(grants, g)
			}
		}
	}
	return grants
}
