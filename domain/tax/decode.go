package tax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxBytes bounds a file of rules.
const MaxBytes = 256 << 10

// maxDepth bounds how deep its objects and lists nest; the format needs nine.
const maxDepth = 16

// Decode reads a file of rules and checks it. Unknown and repeated keys, keys in
// capitals, numbers where a decimal belongs, and anything after the end are
// refused: a misspelt condition must not quietly be none. The format is
// described by rules.schema.json in this package's folder.
func Decode(b []byte) (Rules, error) {
	if len(b) > MaxBytes {
		return Rules{}, fmt.Errorf("tax rules of %d bytes: at most %d are read", len(b), MaxBytes)
	}
	if !utf8.Valid(b) {
		return Rules{}, errors.New("tax rules are not UTF-8: save the file as that")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := walk(d, "", 0); err != nil {
		return Rules{}, fmt.Errorf("tax rules: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Rules{}, errors.New("tax rules: something follows their end: keep one object in a file")
	}
	var r Rules
	d = json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Rules{}, fmt.Errorf("tax rules: %w", err)
	}
	if err := r.Check(); err != nil {
		return Rules{}, err
	}
	return r, nil
}

// walk refuses what the decoder would let pass: repeated keys, keys in another
// case, null and empty text, which are no values, and nesting without end.
func walk(d *json.Decoder, place string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: nested too deep", place)
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case nil, "":
		return fmt.Errorf("%s: nothing is stated: leave the key out", place)
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			token, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := token.(string) // the decoder gives no other key
			here := place + "/" + name
			if !plain(name) {
				return fmt.Errorf("%.80q: keys are in small letters", here)
			}
			if seen[name] {
				return fmt.Errorf("%s is there twice", here)
			}
			seen[name] = true
			if err := walk(d, here, depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if err := walk(d, fmt.Sprintf("%s/%d", place, i), depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

// plain tells a key that no other spelling could be taken for.
func plain(name string) bool {
	for _, c := range []byte(name) {
		if c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}
