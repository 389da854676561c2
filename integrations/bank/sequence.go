package bank

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// StatementItem is the name of a statement's item in the inbox, by which a
// later file is known as a repetition and a missing one as a gap. The year
// belongs to it because many banks number from 1 each year.
func StatementItem(account, year string, sequence int64, page string) string {
	name := fmt.Sprintf("statement %s/%s/%d", account, year, sequence)
	if page != "" {
		name += "/page " + page
	}
	return name
}

func (s *Statement) year() string {
	date := cmp.Or(s.Closing.Date, s.To, s.From)
	return date[:min(4, len(date))]
}

// item names the statement.
func (s *Statement) item() string {
	switch {
	case s.Sequence > 0:
		return StatementItem(s.Account, s.year(), s.Sequence, s.Page)
	case s.ID != "":
		return fmt.Sprintf("statement %s/%s", s.Account, s.ID)
	}
	return fmt.Sprintf("statement %s/%s..%s", s.Account, s.From, s.To)
}

// sighting is a statement of the file that was seen before.
type sighting struct {
	item    string
	content string
}

// content is a digest of what the statement says, in whatever order.
func (s *Statement) content(list []*part) string {
	var sums []string
	for _, p := range list {
		sums = append(sums, p.entry.Status+p.fingerprint())
	}
	slices.Sort(sums)
	return digest(append(sums, s.Opening.Amount.String(), s.Closing.Amount.String())...)
}

// weigh names a statement and says whether it may be used: not when it is at
// fault, nor when the file states it twice in different ways. It reports
// whether it is the same as one before it in the file.
func (f *file) weigh(ctx context.Context, s *Statement, list []*part, r *StatementReport) (again bool, err error) {
	key := s.item()
	r.Item = key
	if f.names[key]++; f.names[key] > 1 {
		r.Item = fmt.Sprintf("%s#%d", key, f.names[key])
	}
	if s.Fault != nil {
		refusal := s.Fault.Refusal()
		r.Refusal = &refusal
		return false, nil
	}
	content := s.content(list)
	if i := slices.IndexFunc(f.seen, func(b sighting) bool { return b.item == key }); i >= 0 {
		if f.seen[i].content != content {
			refusal := (&Fault{Code: CodeConflict, Place: s.place(), Reason: "the file has " + key + " before, with other content", Remedy: "ask the bank which one counts, then import that alone"}).Refusal()
			r.Refusal = &refusal
			return false, nil
		}
		r.Notes = append(r.Notes, "repeated: the file has it before, with the same content")
		return true, nil
	}
	f.seen = append(f.seen, sighting{key, content})
	if s.Copy != "" {
		r.Notes = append(r.Notes, "the bank marks it as sent before: "+clip(s.Copy, 10))
	}
	if strings.HasPrefix(s.Format, "csv") {
		return false, nil
	}
	if s.Sequence == 0 {
		r.Notes = append(r.Notes, "it has no sequence number: whether one before it is missing cannot be told")
	}
	return false, f.neighbours(ctx, s, key, r)
}

// neighbours tells a repeated statement and a missing one apart.
func (f *file) neighbours(ctx context.Context, s *Statement, key string, r *StatementReport) error {
	known := f.mapper.Statements
	if known != nil {
		by, taken, err := known.StatementTaken(ctx, s.Account, key)
		if err != nil {
			return lookup("look %s up: %w", key, err)
		}
		if taken && by != f.message {
			r.Notes = append(r.Notes, fmt.Sprintf("repeated: message %s has brought it before", by))
		}
	}
	if s.Sequence < 2 || s.Page != "" && s.Page != "1" {
		return nil
	}
	others := f.sequences[s.Account]
	if closing, here := others[s.Sequence-1]; here {
		if closing.IsSet() && !closing.Equal(s.Opening.Amount) {
			r.Notes = append(r.Notes, fmt.Sprintf("it opens with %s, statement %d closes with %s", s.Opening.Amount, s.Sequence-1, closing))
		}
		return nil
	}
	missing := len(others) > 0 && slices.Min(keys(others)) < s.Sequence
	if known != nil {
		missing = true
		for _, year := range []string{s.year(), before(s.year())} {
			for _, page := range []string{"", "1"} {
				_, taken, err := known.StatementTaken(ctx, s.Account, StatementItem(s.Account, year, s.Sequence-1, page))
				if err != nil {
					return lookup("look statement %d up: %w", s.Sequence-1, err)
				}
				missing = missing && !taken
			}
		}
	}
	if missing {
		r.Notes = append(r.Notes, fmt.Sprintf("gap: statement %d, the one before, was not taken in", s.Sequence-1))
	}
	return nil
}

// sequencesOf lists the file's statements by account and number, with their
// closing balances.
func sequencesOf(statements []*Statement) map[string]map[int64]money.Money {
	all := map[string]map[int64]money.Money{}
	for _, s := range statements {
		if s.Sequence == 0 {
			continue
		}
		if all[s.Account] == nil {
			all[s.Account] = map[int64]money.Money{}
		}
		all[s.Account][s.Sequence] = s.Closing.Amount
	}
	return all
}

func keys(m map[int64]money.Money) []int64 {
	list := make([]int64, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

// before is the year before a year.
func before(year string) string {
	var y int
	if _, err := fmt.Sscanf(year, "%d", &y); err != nil {
		return year
	}
	return fmt.Sprint(y - 1)
}
