package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"strings"
)

// structure is a struct type of the package as its source tells it.
type structure struct {
	doc    string
	file   string
	fields []field
}

// field is a stored field, or an embedded structure.
type field struct {
	name     string // as stored, "" for an embedded structure
	typ      string
	comment  string
	optional bool
}

// readPackage reads the struct types of a folder, tests left out.
func readPackage(dir string) (map[string]structure, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s has no Go files: say -root", dir)
	}
	structures := map[string]structure{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.TypeSpec)
				shape, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				doc := spec.Doc
				if doc == nil && len(group.Specs) == 1 {
					doc = group.Doc
				}
				structures[spec.Name.Name] = structure{doc: oneLine(doc.Text()), file: filepath.Base(path), fields: fieldsOf(shape)}
			}
		}
	}
	return structures, nil
}

func fieldsOf(shape *ast.StructType) []field {
	var fields []field
	for _, f := range shape.Fields.List {
		typ := types.ExprString(f.Type)
		if len(f.Names) == 0 {
			fields = append(fields, field{typ: typ})
			continue
		}
		if f.Tag == nil {
			continue // not stored
		}
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" || name == "" {
			continue
		}
		comment := oneLine(f.Doc.Text() + " " + f.Comment.Text())
		fields = append(fields, field{name: name, typ: typ, comment: comment, optional: options != ""})
	}
	return fields
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
