package tax

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("rules.schema.json", doc))
	s, err := c.Compile("rules.schema.json")
	require.NoError(t, err)
	return s
}

func conforms(t testing.TB, s *jsonschema.Schema, raw []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	require.NoError(t, err)
	return s.Validate(doc)
}

func TestTheSchemaAcceptsTheRulesThatComeWithThePackage(t *testing.T) {
	s := compiled(t)
	for _, name := range files(t) {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, conforms(t, s, raw), name)
	}
	raw, err := json.Marshal(smallRules())
	require.NoError(t, err)
	require.NoError(t, conforms(t, s, raw))
}

// definition is the part of the schema that this test reads.
type definition struct {
	Properties           map[string]property
	Required             []string
	AdditionalProperties *bool
}

type property struct {
	Ref   string `json:"$ref"`
	Type  string
	Items *property
	Enum  []string
}

func TestTheSchemaSaysWhatTheTypesSay(t *testing.T) {
	var root struct {
		definition
		Defs map[string]definition `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal([]byte(Schema()), &root))
	require.Contains(t, root.Properties, "kind", "which files have, and the type does not")
	delete(root.Properties, "kind")
	root.Defs["Rules"] = root.definition

	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		if typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[Decimal]() || seen[typ] {
			return
		}
		seen[typ] = true
		def, ok := root.Defs[typ.Name()]
		require.True(t, ok, "the schema does not define %s", typ.Name())
		require.NotNil(t, def.AdditionalProperties, typ.Name())
		require.False(t, *def.AdditionalProperties, typ.Name())

		var names, required []string
		var fields func(reflect.Type)
		fields = func(typ reflect.Type) {
			for i := range typ.NumField() {
				f := typ.Field(i)
				if f.Anonymous {
					fields(f.Type)
					continue
				}
				name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
				names = append(names, name)
				if options == "" {
					required = append(required, name)
				}
				p := def.Properties[name]
				if f.Type.Kind() == reflect.Slice {
					require.Equal(t, "array", p.Type, "%s.%s", typ.Name(), name)
					p = *p.Items
				}
				if elem := f.Type; elem.Kind() == reflect.Struct || elem.Kind() == reflect.Slice && elem.Elem().Kind() == reflect.Struct {
					if elem.Kind() == reflect.Slice {
						elem = elem.Elem()
					}
					require.Equal(t, "#/$defs/"+elem.Name(), p.Ref, "%s.%s", typ.Name(), name)
				}
				walk(f.Type)
			}
		}
		fields(typ)
		stated := make([]string, 0, len(def.Properties))
		for name := range def.Properties {
			stated = append(stated, name)
		}
		require.ElementsMatch(t, names, stated, typ.Name())
		require.ElementsMatch(t, required, def.Required, typ.Name())
	}
	walk(reflect.TypeFor[Rules]())
	require.Len(t, seen, 16)

	// And its lists of words are those of the code
	outcome, need, rounding := root.Defs["Outcome"].Properties, root.Defs["Need"].Properties, root.Defs["RoundingIn"].Properties
	var categories []string
	for _, code := range outcome["code"].Enum {
		require.True(t, Code(code).Known(), code)
		categories = append(categories, Code(code).categories()...)
	}
	require.Len(t, outcome["code"].Enum, 5)
	slices.Sort(categories)
	require.ElementsMatch(t, slices.Compact(categories), outcome["category"].Enum)
	for _, kind := range need["evidence"].Enum {
		require.True(t, EvidenceKind(kind).Known(), kind)
	}
	require.Len(t, need["evidence"].Enum, 7)
	for _, mode := range rounding["mode"].Enum {
		require.True(t, symmetric(money.Rounding(mode)), mode)
	}
	require.Len(t, rounding["mode"].Enum, 4)
	require.ElementsMatch(t, []string{string(PerLine), string(PerInvoice)}, rounding["per"].Enum)
	require.ElementsMatch(t, []string{string(Combined), string(ByComponent)}, rounding["parts"].Enum)
	require.ElementsMatch(t, []string{string(Hold), string(NextRule)}, outcome["lacking"].Enum)
}

func TestWhatTheSchemaRefusesTheReaderRefuses(t *testing.T) {
	s := compiled(t)
	good, err := json.Marshal(smallRules())
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"an unknown key":       {`"version":"1"`, `"version":"1","versoin":"1"`},
		"an unknown condition": {`"when":{"within":"state"}`, `"when":{"withn":"state"}`},
		"a number":             {`"percent":"13"`, `"percent":13`},
		"an unknown code":      {`"code":"exempt"`, `"code":"reduced"`},
		"no version":           {`"version":"1",`, ``},
		"a region in capitals": {`"region":"west"`, `"region":"WEST"`},
		"floor":                {`"mode":"half-up"`, `"mode":"floor"`},
		"zero-rated freely":    {`"needs":[{"evidence":"export-proof"}],"lacking":"hold",`, ``},
		"standard at nothing":  {`"components":[{"name":"HST","percent":"13"}],`, ``},
		"needs, but then what": {`"needs":[{"evidence":"export-proof"}],"lacking":"hold"`, `"needs":[{"evidence":"export-proof"}]`},
		"an exempt rate":       {`"code":"exempt","jurisdiction":"CA"`, `"code":"exempt","jurisdiction":"CA","components":[{"name":"HST","percent":"1"}]`},
		"a date":               {`"from":"2025-01-01"`, `"from":"2025"`},
	} {
		require.Contains(t, string(good), change[0], name)
		bad := []byte(strings.Replace(string(good), change[0], change[1], 1))
		require.Error(t, conforms(t, s, bad), name)
		_, err := Decode(bad)
		require.Error(t, err, name)
	}
}
