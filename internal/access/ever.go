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
			r := &ms.binding.gives[i]
			if r.permissions == 0 {
				continue
			}
			g := Grant{User: user, Permissions: r.permissions, Route: ms.binding.route(r, ms.group)}
			if r.scope != nil {
				scope := *r.scope
				g.Scope = &scope
			} else {
				g.Keys = r.members.members
			}
			grants = append(grants, g)
		}
	}
	return grants
}
