package rating_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/terms"
)

func schemaTree(t *testing.T) map[string]any {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(rating.Schema()))
	require.NoError(t, err)
	return tree.(map[string]any)
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("agreement.schema.json", schemaTree(t)))
	schema, err := compiler.Compile("agreement.schema.json")
	require.NoError(t, err)
	return schema
}

// sampleFiles are the agreements of testdata.
func sampleFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/agreements/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 6)
	return files
}

// documentTrees are the documents of a file as JSON trees, with their kinds.
func documentTrees(t *testing.T, file string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	docs, err := terms.Documents(file, bytes.NewReader(content))
	require.NoError(t, err)
	trees := make([]map[string]any, len(docs))
	for i, doc := range docs {
		tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc.JSON()))
		require.NoError(t, err)
		trees[i] = tree.(map[string]any)
		trees[i]["kind"] = doc.Kind
	}
	return trees
}

func TestTheSamplesAreAgreementsBySchemaAndByCheck(t *testing.T) {
	schema := compiledSchema(t)
	for _, file := range sampleFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, tree := range documentTrees(t, file) {
				require.NoError(t, schema.Validate(tree))
			}
			f, err := os.Open(file)
			require.NoError(t, err)
			defer f.Close()
			got, err := terms.Read(file, f, nil)
			require.NoError(t, err)
			require.NotEmpty(t, got.Agreements)
		})
	}
}

// Each field that the decoder takes is in the schema, and no other; each is
// described, and a struct takes nothing more.
func TestTheSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	tree := schemaTree(t)
	defs := tree["$defs"].(map[string]any)
	used := map[string]bool{}
	var walk func(path string, typ reflect.Type, node map[string]any)
	walk = func(path string, typ reflect.Type, node map[string]any) {
		require.Contains(t, node, "description", path)
		if ref, ok := node["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/$defs/")
			require.Contains(t, defs, name, path)
			used[name] = true
			node = defs[name].(map[string]any)
		}
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch {
		case typ == reflect.TypeFor[rating.Decimal]():
			require.Equal(t, []any{"number", "string"}, node["type"], path)
		case typ.Kind() == reflect.Struct:
			require.Equal(t, false, node["additionalProperties"], path)
			properties := maps.Clone(node["properties"].(map[string]any))
			if typ == reflect.TypeFor[rating.Agreement]() {
				require.Equal(t, terms.KindAgreement, properties["kind"].(map[string]any)["const"])
				delete(properties, "kind")
			}
			for i := range typ.NumField() {
				name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				require.Contains(t, properties, name, path)
				walk(path+"/"+name, typ.Field(i).Type, properties[name].(map[string]any))
				delete(properties, name)
			}
			require.Empty(t, properties, "%s: the type has no such fields", path)
		case typ.Kind() == reflect.Slice:
			require.Equal(t, "array", node["type"], path)
			require.Contains(t, node, "maxItems", path)
			item := maps.Clone(node["items"].(map[string]any))
			item["description"] = "an entry is described by its list"
			walk(path+"/0", typ.Elem(), item)
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
	root := maps.Clone(tree)
	walk("", reflect.TypeFor[rating.Agreement](), root)
	for name := range defs {
		require.True(t, used[name] || strings.Contains(rating.Schema(), `"$ref": "#/$defs/`+name+`"`), "nothing uses %s", name)
	}
}

// The words of the schema are the constants of the package, none more and none
// less.
func TestTheSchemaHasTheWordsOfTheTypes(t *testing.T) {
	words := constants(t)
	words["Rounding"] = nil
	for _, mode := range []money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up, money.Floor, money.Ceiling} {
		require.True(t, mode.Known())
		words["Rounding"] = append(words["Rounding"], string(mode))
	}
	defs := schemaTree(t)["$defs"].(map[string]any)
	property := func(def, name string) any {
		return defs[def].(map[string]any)["properties"].(map[string]any)[name]
	}
	for typ, place := range map[string]any{
		"DateBasis":   defs["date_basis"],
		"Rounding":    defs["rounding"],
		"Unit":        defs["unit"],
		"MinimumAt":   property("linehaul", "minimum_at"),
		"FuelMethod":  property("fuel", "method"),
		"Lookup":      property("fuel", "lookup"),
		"Trigger":     property("accessorial", "trigger"),
		"Evidence":    property("accessorial", "evidence").(map[string]any)["items"],
		"ClockStart":  property("time", "starts"),
		"ClockEnd":    property("time", "ends"),
		"LateArrival": property("time", "late_arrival"),
		"Cycle":       property("billing", "cycle"),
	} {
		require.NotEmpty(t, words[typ], typ)
		require.ElementsMatch(t, words[typ], place.(map[string]any)["enum"], typ)
	}
	for _, narrow := range []any{property("linehaul", "per"), property("fuel", "unit")} {
		require.Subset(t, words["Unit"], narrow.(map[string]any)["enum"])
	}
}

// constants are the string constants in the source of package rating, by type.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "agreement.go", nil, 0)
	require.NoError(t, err)
	words := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil {
			return true
		}
		for _, v := range spec.Values {
			word, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			require.NoError(t, err)
			words[spec.Type.(*ast.Ident).Name] = append(words[spec.Type.(*ast.Ident).Name], word)
		}
		return true
	})
	return words
}

// Each value of each sample is spoiled in turn, in every way. What an editor
// marks as wrong by the schema is never taken by the reader; and what the
// reader takes can be rated by, and the rating proven.
func TestASpoiledSampleIsRefusedOrCanBeRatedBy(t *testing.T) {
	schema := compiledSchema(t)
	refused, taken, seen := 0, 0, map[string]bool{}
	for _, file := range sampleFiles(t) {
		for _, doc := range documentTrees(t, file) {
			spoil(doc, seen, func(where string) {
				body, err := json.Marshal(doc)
				require.NoError(t, err)
				got, err := terms.Read("spoiled.json", bytes.NewReader(body), nil)
				if schema.Validate(doc) != nil {
					refused++
					require.Error(t, err, "%s: %s: the schema refuses it, the reader does not", file, where)
				} else if err == nil {
					taken++
					ratesEverything(t, got.Agreements[0])
				}
			})
		}
	}
	require.Greater(t, refused, 2000)
	require.Greater(t, taken, 400)
	t.Logf("%d are refused by both, %d are taken and rate", refused, taken)
}

// spoil changes each value of a tree in turn, lets the caller look, and puts it
// back. What has the shape of something seen before is left out: a further lane
// with the same fields tells nothing new.
func spoil(tree map[string]any, seen map[string]bool, look func(where string)) {
	values := []any{
		nil, true, "", "bogus", "2026-13-01", "-0.01", "1.2345678", "0", strings.Repeat("x", 201), json.Number("-1"), json.Number("1.5"), json.Number("1000000"),
		[]any{}, []any{"x y", "x y"}, map[string]any{},
	}
	var walk func(path string, node any, set func(any))
	walk = func(path string, node any, set func(any)) {
		for _, v := range values {
			set(v)
			look(fmt.Sprintf("%s = %v", path, v))
		}
		set(node)
		switch node := node.(type) {
		case map[string]any:
			if shape := path + shapeOf(node); !seen[shape] {
				seen[shape] = true
				fields(path, node, walk, look)
			}
		case []any:
			for i, value := range node {
				if entry, ok := value.(map[string]any); i == 0 || ok && !seen[path+"/*"+shapeOf(entry)] {
					walk(path+"/*", value, func(v any) { node[i] = v })
				}
			}
			if len(node) > 0 {
				set(append(slices.Clone(node), node[0]))
				look(path + " with its first entry twice")
				set(node)
			}
		}
	}
	fields("", tree, walk, look)
}

func fields(path string, node map[string]any, walk func(string, any, func(any)), look func(string)) {
	node["bogus"] = "1"
	look(path + " with a field too many")
	delete(node, "bogus")
	for _, key := range slices.Sorted(maps.Keys(node)) {
		value := node[key]
		if delete(node, key); path+key != "kind" { // only files need their kind
			look(path + " without " + key)
		}
		node[key] = value
		walk(path+"/"+key, value, func(v any) { node[key] = v })
	}
}

// shapeOf is the names of the fields, and the words that decide what others
// mean.
func shapeOf(node map[string]any) string {
	shape := ""
	for _, key := range slices.Sorted(maps.Keys(node)) {
		shape += " " + key
		if key == "method" || key == "trigger" || key == "per" {
			shape += fmt.Sprint("=", node[key])
		}
	}
	return shape
}
