package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
)

// Bounds of a page.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// readQuery reads the query strictly: a parameter that is misspelt, or given
// twice, would otherwise change the answer without a word.
func readQuery(r *http.Request, known []string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "bad-query", "the query cannot be read: percent-encode what is not letters and digits").at("query")
	}
	var unknown []string
	for name, values := range query {
		switch {
		case !slices.Contains(known, name):
			unknown = append(unknown, oneLine(name, 60))
		case len(values) > 1:
			return nil, badQuery(name, "it is given "+strconv.Itoa(len(values))+" times: give it once")
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		takes := "it takes none"
		if len(known) > 0 {
			takes = "it takes " + strings.Join(known, ", ")
		}
		return nil, problem(http.StatusBadRequest, "bad-query", "this route does not know "+strings.Join(unknown, ", ")+": "+takes).at("query " + unknown[0])
	}
	return query, nil
}

// flag reads a yes or no.
func (r *request) flag(name string) (bool, error) {
	switch r.query.Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, badQuery(name, "want true or false")
}

func (r *request) limit() (int, error) {
	text := r.query.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, badQuery("limit", fmt.Sprintf("want a number from 1 to %d", maxLimit))
	}
	return n, nil
}

// page is one page of a list.
type page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// cursor is a place in one list under one filter.
type cursor struct {
	Key    []string `json:"k"`
	Filter string   `json:"f"`
}

// filter fingerprints what is listed, without where and how much of it.
func (r *request) filter() string {
	q := url.Values{}
	for name, values := range r.query {
		if name != "after" && name != "limit" && name != "min_position" && values[0] != "" {
			q[name] = values
		}
	}
	sum := sha256.Sum256([]byte(r.URL.EscapedPath() + "?" + q.Encode()))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// after reads the key that a page begins after; all parts are "" for the first.
func (r *request) after(parts int) ([]string, error) {
	text := r.query.Get("after")
	if text == "" {
		return make([]string, parts), nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || len(c.Key) != parts {
		return nil, badQuery("after", "this is no cursor of this list: take next_cursor of the page before")
	}
	if c.Filter != r.filter() {
		return nil, badQuery("after", "this cursor belongs to a list with another filter: begin without one")
	}
	return c.Key, nil
}

func (r *request) cursorOf(key []string) string {
	raw, err := encode(cursor{key, r.filter()})
	if err != nil {
		panic(err) // strings only
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// nextPage is the reference of the page after a cursor.
func (r *request) nextPage(after string) string {
	q := url.Values{}
	for name, values := range r.query {
		if name != "min_position" { // it was reached
			q[name] = values
		}
	}
	q.Set("after", after)
	return r.URL.EscapedPath() + "?" + q.Encode()
}

// listed answers one page: fetch gives up to limit rows after a key, keyOf the
// key of a row, in parts.
func listed[T any](r *request, parts int, fetch func(after []string, limit int) ([]T, error), keyOf func(T) []string) (answer, error) {
	limit, err := r.limit()
	if err != nil {
		return answer{}, err
	}
	after, err := r.after(parts)
	if err != nil {
		return answer{}, err
	}
	rows, err := fetch(after, limit+1) // one more tells whether there is a next page
	if err != nil {
		return answer{}, err
	}
	p := page[T]{Items: rows}
	a := answer{}
	if len(rows) > limit {
		p.Items = rows[:limit]
		p.NextCursor = r.cursorOf(keyOf(rows[limit-1]))
		a.next = r.nextPage(p.NextCursor)
	}
	a.body = p
	return a, nil
}

// beyond gives up to limit rows after a key, of rows that were made all at
// once and are in the order of their keys.
func beyond[T any](rows []T, after []string, limit int, keyOf func(T) []string) []T {
	rows = rows[sort.Search(len(rows), func(i int) bool { return slices.Compare(keyOf(rows[i]), after) > 0 }):]
	return rows[:min(len(rows), limit)]
}

// date reads a civil date, or gives what stands for it when there is none.
func (r *request) date(name, otherwise string) (string, error) {
	text := r.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	if _, err := time.Parse(domain.DayLayout, text); err != nil {
		return "", badQuery(name, "want year, month and day like 2013-10-31")
	}
	return text, nil
}

// instant reads an instant; zero when there is none.
func (r *request) instant(name string) (time.Time, error) {
	text := r.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, badQuery(name, "want an instant like 2013-10-30T14:05:00Z; a + in it is written %2B")
	}
	return at, nil
}
