package terms_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/terms"
)

func schemaTree(t *testing.T, kind string) map[string]any {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(terms.Schemas()[kind]))
	require.NoError(t, err, kind)
	return tree.(map[string]any)
}

func compiledSchemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	compiled := map[string]*jsonschema.Schema{}
	for kind := range terms.Schemas() {
		compiler := jsonschema.NewCompiler()
		compiler.DefaultDraft(jsonschema.Draft2020)
		compiler.AssertFormat()
		require.NoError(t, compiler.AddResource(kind+".json", schemaTree(t, kind)))
		schema, err := compiler.Compile(kind + ".json")
		require.NoError(t, err)
		compiled[kind] = schema
	}
	return compiled
}

// whole is a document as an editor holds it against the schema, kind included.
func whole(t *testing.T, doc terms.Document) any {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc.JSON()))
	require.NoError(t, err)
	tree.(map[string]any)["kind"] = doc.Kind
	return tree
}

var yamlBlock = regexp.MustCompile("(?ms)^```ya?ml[^\n]*\n(.*?)^```$")

// Whatever file of terms stands in the documentation or the test data is one by
// the schema of its kind and by the reader.
func TestEverySampleIsTakenBySchemaAndReader(t *testing.T) {
	schemas, seen := compiledSchemas(t), map[string]int{}
	theirs := func(terms.Document) error { return nil }
	printed := terms.Kinds{"seller": theirs, "buyer": theirs} // which printing reads
	take := func(t *testing.T, name, text string) {
		docs, err := terms.Documents(name, strings.NewReader(text))
		require.NoError(t, err)
		for _, doc := range docs {
			if _, other := printed[doc.Kind]; other {
				continue
			}
			require.Contains(t, schemas, doc.Kind)
			require.NoError(t, schemas[doc.Kind].Validate(whole(t, doc)), "%s: %s", name, doc.Kind)
			seen[doc.Kind]++
		}
		_, err = terms.Read(name, strings.NewReader(text), printed)
		require.NoError(t, err)
	}
	root := filepath.Join("..", "..")
	for _, folder := range []string{"docs", filepath.Join("domain", "rating", "testdata")} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			switch filepath.Ext(path) {
			case ".yaml":
				t.Run(filepath.Base(path), func(t *testing.T) { take(t, "sample.yaml", string(text)) })
			case ".md":
				for _, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
					if strings.HasPrefix(block[1], "kind: ") && !strings.Contains(block[1], "…") {
						t.Run(filepath.Base(path), func(t *testing.T) { take(t, "sample.yaml", block[1]) })
					}
				}
			}
			return nil
		}))
	}
	rules, err := filepath.Glob(filepath.Join(root, "domain", "tax", "testdata", "rules", "*.json"))
	require.NoError(t, err)
	for _, path := range rules {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		t.Run(filepath.Base(path), func(t *testing.T) {
			take(t, "sample.json", strings.Replace(string(text), "{", `{"kind": "tax-rules",`, 1))
		})
	}
	for kind := range schemas {
		require.NotZero(t, seen[kind], "no sample of kind %s", kind)
	}
}

// Each field that the reader takes is in the schema, and no other; each is
// described, is of its type, and must be there where the type has no way to
// leave it out. Those of agreements and of tax rules are checked beside them.
func TestTheSchemasHaveTheFieldsOfTheTypes(t *testing.T) {
	for kind, typ := range map[string]reflect.Type{
		terms.KindIndex:  reflect.TypeFor[terms.Index](),
		terms.KindIssuer: reflect.TypeFor[terms.Issuer](),
		terms.KindChart:  reflect.TypeFor[domain.ChartVersion](),
	} {
		tree := schemaTree(t, kind)
		defs, _ := tree["$defs"].(map[string]any)
		properties := tree["properties"].(map[string]any)
		require.Equal(t, kind, properties["kind"].(map[string]any)["const"])
		delete(properties, "kind")

		var walk func(path string, typ reflect.Type, node map[string]any)
		walk = func(path string, typ reflect.Type, node map[string]any) {
			if ref, refers := node["$ref"].(string); refers {
				node = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			}
			switch {
			case typ == reflect.TypeFor[rating.Decimal]():
				require.Equal(t, []any{"number", "string"}, node["type"], path)
			case typ.Kind() == reflect.Struct:
				require.Equal(t, false, node["additionalProperties"], path)
				var names, stated, required []string
				for _, field := range reflect.VisibleFields(typ) {
					if field.Anonymous {
						continue
					}
					name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
					names = append(names, name)
					if option == "" {
						required = append(required, name)
					}
					require.Contains(t, node["properties"], name, path)
					property := node["properties"].(map[string]any)[name].(map[string]any)
					require.NotEmpty(t, property["description"], "%s/%s", path, name)
					walk(path+"/"+name, field.Type, property)
				}
				for name := range node["properties"].(map[string]any) {
					stated = append(stated, name)
				}
				require.ElementsMatch(t, names, stated, path)
				// An address may lack its country elsewhere, and the default
				// issuer its series.
				if typ != reflect.TypeFor[domain.Address]() && typ != reflect.TypeFor[domain.Series]() {
					require.ElementsMatch(t, required, node["required"], path)
				}
			case typ.Kind() == reflect.Slice:
				require.Equal(t, "array", node["type"], path)
				require.Contains(t, node, "maxItems", path)
				walk(path+"/0", typ.Elem(), node["items"].(map[string]any))
			case typ.Kind() == reflect.String:
				require.Equal(t, "string", node["type"], path)
			case typ.Kind() == reflect.Bool:
				require.Equal(t, "boolean", node["type"], path)
			case typ.Kind() == reflect.Int:
				require.Equal(t, "integer", node["type"], path)
			default:
				t.Errorf("%s: what is %s in a schema?", path, typ)
			}
		}
		walk(kind, typ, tree)
	}
}

const fullIndex = `{"kind": "index", "index": "X", "title": "t", "unit": "CAD per USD", "source": "s",
	"values": [{"published": "2026-02-26", "effective": "2026-02-27", "value": "1.3705"}]}`

const fullIssuer = `{"kind": "issuer", "issuer": "SOUTH", "name": "South Freight Inc.", "register": "Delaware 1234567",
	"address": {"street": "1 Dock Road", "city": "Laredo", "region": "TX", "postal_code": "78040", "country": "US"},
	"registrations": [{"jurisdiction": "CA", "id": "EXAMPLE RT0002"}], "book": "USD", "default": false,
	"series": {"invoice": "S", "debit": "SD", "credit": "SC"},
	"exchange": [{"currency": "CAD", "index": "BOC-USD", "per": "USD", "on": "service", "within_days": 10}]}`

const defaultIssuer = `{"kind": "issuer", "issuer": "NORTH", "name": "North Freight Ltd.", "address": {"country": "CA"}, "book": "CAD", "default": true}`

// Each value of a document with every field is spoiled in turn, in every way:
// what an editor marks as wrong by the schema is never taken by the reader.
func TestWhatASchemaRefusesTheReaderRefuses(t *testing.T) {
	schemas := compiledSchemas(t)
	for _, text := range []string{fullIndex, fullIssuer, defaultIssuer} {
		docs, err := terms.Documents("full.json", strings.NewReader(text))
		require.NoError(t, err)
		tree, schema := whole(t, docs[0]).(map[string]any), schemas[docs[0].Kind]
		refused, taken := 0, 0
		look := func(where string) {
			body, err := json.Marshal(tree)
			require.NoError(t, err)
			_, err = terms.Read("spoiled.json", bytes.NewReader(body), nil)
			if schema.Validate(tree) != nil {
				refused++
				require.Error(t, err, "the schema refuses what the reader takes: %s: %s", where, body)
			} else if err == nil {
				taken++
			}
		}
		require.NoError(t, schema.Validate(tree))
		look("as it is")
		spoilt(tree, "", func(any) {}, look)
		require.Greater(t, refused, 50, text)
		require.NotZero(t, taken, text)
	}
}

// spoilt changes each value of a tree in turn, lets the caller look, and puts it
// back.
func spoilt(node any, path string, set func(any), look func(where string)) {
	if path != "" {
		for _, v := range []any{nil, true, false, "", "bogus", "é", "EUR", "CAD", "issue", "2026-13-01", "-0.01", "0", "1.2345678", strings.Repeat("x", 201),
			json.Number("-1"), json.Number("0"), json.Number("7"), json.Number("1.5"), json.Number("367"), []any{}, []any{"x"}, map[string]any{}} {
			set(v)
			look(path)
		}
		set(node)
	}
	switch node := node.(type) {
	case map[string]any:
		node["bogus"] = "1"
		look(path + " with a field too many")
		delete(node, "bogus")
		for name, value := range node {
			if path+name == "kind" {
				continue // only files need it
			}
			delete(node, name)
			look(path + " without " + name)
			node[name] = value
			spoilt(value, path+"/"+name, func(v any) { node[name] = v }, look)
		}
	case []any:
		for i, value := range node {
			spoilt(value, path+"/0", func(v any) { node[i] = v }, look)
		}
	}
}
