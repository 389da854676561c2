package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep a body nests.
const maxDepth = 32

// checkJSON refuses what two readers could read differently, before anything
// is decoded: names given twice or in another case (encoding/json takes the
// last and ignores case), data after the end, bytes that are no UTF-8; and
// what no command needs: deep nesting, unknown names.
func checkJSON(body []byte, sh *shape) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return badJSON("", "the body is empty: send an object")
	}
	if !utf8.Valid(body) {
		return badJSON("", "the body is no UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	c := &checker{d}
	if err := c.value("", sh, 0); err != nil {
		return err
	}
	if bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return badJSON("", "the body is no object")
	}
	if rest := bytes.TrimLeft(body[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return badJSON("", fmt.Sprintf("there is data after the object's end, at byte %d", len(body)-len(rest)))
	}
	return nil
}

// badJSON refuses a body; pointer is the place's JSON Pointer (RFC 6901).
func badJSON(pointer, detail string) error {
	return problem(http.StatusBadRequest, "bad-json", detail).at(strings.TrimSpace("body " + oneLine(pointer, 200)))
}

type checker struct{ d *json.Decoder }

func (c *checker) token(at string) (json.Token, error) {
	t, err := c.d.Token()
	if err != nil {
		return nil, badJSON(at, fmt.Sprintf("this is no JSON, at byte %d", c.d.InputOffset()))
	}
	return t, nil
}

func (c *checker) value(at string, sh *shape, depth int) error {
	t, err := c.token(at)
	if err != nil {
		return err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return badJSON("", fmt.Sprintf("it nests deeper than %d", maxDepth))
	}
	if delim == '{' {
		return c.object(at, sh, depth)
	}
	for i := 0; c.d.More(); i++ {
		if err := c.value(at+"/"+strconv.Itoa(i), sh.items(), depth+1); err != nil {
			return err
		}
	}
	_, err = c.token(at)
	return err
}

func (c *checker) object(at string, sh *shape, depth int) error {
	seen := map[string]bool{}
	for c.d.More() {
		t, err := c.token(at)
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return badJSON(at, "a name is no string")
		}
		here := at + "/" + pointerEscape(name)
		folded := strings.ToLower(strings.ToUpper(name))
		if seen[folded] {
			return badJSON(here, "this name is given twice")
		}
		seen[folded] = true
		inner, known := sh.field(name)
		if !known {
			return badJSON(here, "this name is not one of "+strings.Join(sh.names(), ", "))
		}
		if err := c.value(here, inner, depth+1); err != nil {
			return err
		}
	}
	_, err := c.token(at)
	return err
}

func pointerEscape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
