package domain_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the goldens that are missing or differ: never for a stored version that was released")

func goldenEvent(name string, version int) string {
	return filepath.Join("testdata", "events", fmt.Sprintf("%s.v%d.json", name, version))
}

func TestEveryStoredVersionHasItsGoldenForEver(t *testing.T) {
	registry := domain.Events()
	known := map[string]bool{}
	byName := map[string]domain.Event{}
	older := olderExamples()
	for _, e := range examples() {
		require.NotContains(t, byName, e.EventType(), "two examples")
		byName[e.EventType()] = e
	}
	for _, form := range registry.Forms() {
		t.Run(form.Name, func(t *testing.T) {
			for version := 1; version <= form.Version; version++ {
				path := goldenEvent(form.Name, version)
				known[path] = true
				example, ok := byName[form.Name]
				require.True(t, ok, "examples has no %s", form.Name)
				name, current, body, err := registry.Encode(example)
				require.NoError(t, err)
				require.Equal(t, form.Name, name)
				var pretty bytes.Buffer
				require.NoError(t, json.Indent(&pretty, body, "", "  "))
				pretty.WriteByte('\n')
				if *update && version == current {
					require.NoError(t, os.WriteFile(path, pretty.Bytes(), 0o644))
				}
				golden, err := os.ReadFile(path)
				require.NoError(t, err, "every stored version keeps a golden: run go test ./domain -run Golden -update once")

				decoded, err := registry.Decode(form.Name, version, golden)
				require.NoError(t, err)
				if before, differs := older[fmt.Sprintf("%s.v%d", form.Name, version)]; differs {
					require.Less(t, version, current)
					require.Equal(t, before, decoded)
					continue
				}
				if version < current {
					// All that was stored then is there today.
					_, _, body, err := registry.Encode(decoded)
					require.NoError(t, err)
					require.Subset(t, leaves(t, body), leaves(t, golden))
				} else {
					require.Equal(t, example, decoded)
					require.Equal(t, string(golden), pretty.String(), "what is stored today is not what was stored before")
					requireFilled(t, form.Name, reflect.ValueOf(example))
				}
			}
		})
	}
	require.Len(t, byName, len(registry.Forms()), "an example of an event that is not registered")
	files, err := filepath.Glob(filepath.Join("testdata", "events", "*"))
	require.NoError(t, err)
	for _, file := range files {
		require.True(t, known[file], "%s: history may hold this event, and the registry does not know it", file)
	}
}

// leaves are the values of a JSON text, each with its path.
func leaves(t *testing.T, text []byte) []string {
	t.Helper()
	var all []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				walk(path+"/"+name, value)
			}
		case []any:
			for i, value := range v {
				walk(fmt.Sprintf("%s/%d", path, i), value)
			}
		default:
			all = append(all, fmt.Sprintf("%s = %v", path, v))
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	walk("", v)
	return all
}

// requireFilled finds fields that an example left empty, in its first elements
// too.
func requireFilled(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch {
	case path == "PODCorrected.PODReceived", v.Type().PkgPath() == "time", v.Type() == reflect.TypeOf(usd("1")):
	case v.Type() == reflect.TypeOf(rating.Agreement{}), v.Type() == reflect.TypeOf(rating.Facts{}): // package rating has goldens of its own
	case v.Type().PkgPath() == reflect.TypeOf(tax.Rules{}).PkgPath(): // and package tax
	case v.Type() == reflect.TypeOf(rating.Decimal{}):
		require.NotEmpty(t, v.Interface().(rating.Decimal).String(), path)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			dateOnly := f.Name == "Zone" && strings.Contains(path, "Promised")
			if f.Tag.Get("json") == "-" || dateOnly || path == "OrderReleased.Stops" && f.Name == "Optional" {
				continue
			}
			requireFilled(t, path+"."+f.Name, v.Field(i))
		}
		return
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		require.NotZero(t, v.Len(), "%s is left empty", path)
		requireFilled(t, path, v.Index(0))
		return
	}
	require.False(t, v.IsZero(), "%s is left empty", path)
}

func TestEventNamesArePermanentAndEqualTheRegisteredOnes(t *testing.T) {
	for _, form := range domain.Events().Forms() {
		require.Equal(t, form.Name, form.Zero.EventType())
		require.Equal(t, form.Name, reflect.TypeOf(form.Zero).Name(), "the type may be renamed only with its stored name kept: then list it here")
	}
}

func TestDecodingFailsLoudly(t *testing.T) {
	registry := domain.Events()
	good := `{"invoice":"V1","number":"N1"}`
	for name, test := range map[string]struct {
		event   string
		version int
		body    string
		want    string
	}{
		"unknown name":   {"InvoiceShredded", 1, good, "not known to this version of freightledger"},
		"newer version":  {"InvoicePosted", 2, good, "reads up to 1"},
		"version nought": {"InvoicePosted", 0, good, "has version 0"},
		"unknown field":  {"InvoicePosted", 1, `{"invoice":"V1","number":"N1","paid":true}`, "unknown object member name"},
		"trailing data":  {"InvoicePosted", 1, good + `{}`, "after top-level value"},
		"trailing junk":  {"InvoicePosted", 1, good + `x`, "after top-level value"},
		"a name twice":   {"InvoicePosted", 1, `{"invoice":"V1","number":"N1","number":"N2"}`, "duplicate object member name"},
		"another case":   {"InvoicePosted", 1, `{"invoice":"V1","Number":"N1"}`, "unknown object member name"},
		"not UTF-8":      {"InvoicePosted", 1, "{\"invoice\":\"V\xff\"}", "invalid UTF-8"},
		"cut short":      {"InvoicePosted", 1, good[:10], "unexpected EOF"},
		"nothing":        {"InvoicePosted", 1, ``, "not an object"},
		"null":           {"InvoicePosted", 1, `null`, "not an object"},
		"another type":   {"InvoicePosted", 1, `{"invoice":1}`, "unmarshal JSON number"},
		"not money":      {"AllocationReduced", 1, `{"by":{"amount":1.5,"currency":"USD"}}`, "amount"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := registry.Decode(test.event, test.version, []byte(test.body))
			require.ErrorContains(t, err, test.want)
			require.Nil(t, e)
		})
	}
	e, err := registry.Decode("InvoicePosted", 1, []byte(" "+good+"\n"))
	require.NoError(t, err)
	require.Equal(t, domain.InvoicePosted{Invoice: "V1", Number: "N1"}, e)
}

// weighed is an event whose weight was stored in pounds at first.
type weighed struct {
	WeightKg string `json:"weight_kg"`
}

func (weighed) EventType() string { return "Weighed" }

func TestUpcastersBringOldVersionsUp(t *testing.T) {
	kilograms := func(body json.RawMessage) (json.RawMessage, error) {
		var old struct {
			WeightLb string `json:"weight_lb"`
		}
		if err := json.Unmarshal(body, &old); err != nil {
			return nil, err
		}
		if old.WeightLb != "1000" {
			return nil, fmt.Errorf("weight %q", old.WeightLb)
		}
		return json.RawMessage(`{"weight_kg":"453.59237"}`), nil
	}
	registry, err := domain.NewRegistry(domain.Form[weighed]("Weighed", kilograms))
	require.NoError(t, err)
	require.Equal(t, 2, registry.Forms()[0].Version)

	// Given what was stored in either version, then today's value is the same
	for version, body := range map[int]string{1: `{"weight_lb":"1000"}`, 2: `{"weight_kg":"453.59237"}`} {
		e, err := registry.Decode("Weighed", version, []byte(body))
		require.NoError(t, err)
		require.Equal(t, weighed{"453.59237"}, e)
	}
	name, version, body, err := registry.Encode(weighed{"453.59237"})
	require.NoError(t, err)
	require.Equal(t, "Weighed 2 {\"weight_kg\":\"453.59237\"}", fmt.Sprintf("%s %d %s", name, version, body))

	// A body that cannot be brought up fails and says where
	_, err = registry.Decode("Weighed", 1, []byte(`{"weight_lb":"?"}`))
	require.ErrorContains(t, err, `upcast Weighed from version 1: weight "?"`)
	for _, body := range []string{`null`, `[]`, `{"end":"x"}`, `{"invoice":"V1","invoice":"V2"}`} {
		_, err = domain.Events().Decode("DisputeCleared", 1, []byte(body))
		require.ErrorContains(t, err, "upcast DisputeCleared from version 1", body)
	}
	_, err = registry.Decode("Weighed", 2, []byte(`{"weight_lb":"1000"}`))
	require.ErrorContains(t, err, "unknown object member name")

	// Mistakes of the program
	_, err = domain.NewRegistry(domain.Form[weighed]("Weighed"), domain.Form[weighed]("Weighed"))
	require.ErrorContains(t, err, "registered twice")
	_, err = domain.NewRegistry(domain.EventForm{Name: "Weighed", Version: 2})
	require.ErrorContains(t, err, "version 2 with 0 upcasters")
	_, _, _, err = domain.Events().Encode(weighed{})
	require.ErrorContains(t, err, "not registered")
}
