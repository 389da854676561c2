package reconciler

// match brings the entries of two documents together and tells which of the
// expected ones are missing. An entry of the ledger then has met (the index of
// its expected entry), or twin (the one that another entry met already), or
// neither.
func match(d *expected, actual *booked) (missing []bool) {
	missing = make([]bool, len(d.entries))
	for i := range missing {
		missing[i] = true
	}
	meet := func(i int, a *bookedEntry) {
		a.met, missing[i] = i, false
	}
	for j := range actual.entries {
		actual.entries[j].met, actual.entries[j].twin = -1, -1
	}
	// Both sides are in order of ref. Of several entries with one ref the one
	// that agrees is the one that was posted.
	j := 0
	for i := range d.entries {
		e := &d.entries[i]
		for j < len(actual.entries) && actual.entries[j].ref < e.ref {
			j++
		}
		from := j
		for j < len(actual.entries) && actual.entries[j].ref == e.ref {
			j++
		}
		if from == j {
			continue
		}
		at := from
		for k := from; k < j; k++ {
			if len(lineKinds(e, &actual.entries[k])) == 0 {
				at = k
				break
			}
		}
		for k := from; k < j; k++ {
			actual.entries[k].twin = i
		}
		actual.entries[at].twin = -1
		meet(i, &actual.entries[at])
	}
	if d.byERP {
		matchByContent(d, actual, missing, meet)
	}
	return missing
}

// matchByContent brings together what the ERP booked of its own accord, under
// refs of its own: by everything, by account, by side and amount, and at last,
// when as many are left on both sides, by side.
func matchByContent(d *expected, actual *booked, missing []bool, meet func(int, *bookedEntry)) {
	sameSide := func(e *expectedEntry, a *bookedEntry) bool {
		side, _ := sideOf(a.debit, a.credit)
		return side == e.side()
	}
	for _, same := range []func(*expectedEntry, *bookedEntry) bool{
		func(e *expectedEntry, a *bookedEntry) bool { return len(lineKinds(e, a)) == 0 },
		func(e *expectedEntry, a *bookedEntry) bool { return e.account == a.account },
		func(e *expectedEntry, a *bookedEntry) bool {
			debit, credit := e.sides()
			return a.debit.Equal(debit) && a.credit.Equal(credit)
		},
		func(e *expectedEntry, a *bookedEntry) bool {
			return len(d.entries) == len(actual.entries) && sameSide(e, a)
		},
	} {
		for i := range d.entries {
			for j := range actual.entries {
				a := &actual.entries[j]
				if missing[i] && a.met < 0 && a.twin < 0 && same(&d.entries[i], a) {
					meet(i, a)
				}
			}
		}
	}
	for j := range actual.entries {
		a := &actual.entries[j]
		if a.met < 0 {
			continue // so that this takes no longer than the passes above
		}
		for k := range actual.entries {
			if b := &actual.entries[k]; b.met < 0 && b.ref == a.ref {
				b.twin = a.met
			}
		}
	}
}
