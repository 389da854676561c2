package terms

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

func parseYAML(content []byte) ([]*node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(content), yaml.WithV4Defaults(),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth), loaderlimits.AliasValue(0))))
	if err != nil {
		return nil, err
	}
	var roots []*node
	for {
		var doc yaml.Node
		switch err := loader.Load(&doc); {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			return nil, yamlError(err)
		}
		root, err := fromYAML(&doc)
		if err != nil {
			return nil, err
		}
		if len(roots) == maxDocuments {
			return nil, &misplaced{doc.Line, doc.Column, fmt.Errorf("more than %d documents: split the file", maxDocuments)}
		}
		roots = append(roots, root)
	}
}

// yamlError takes the place out of the library's error.
func yamlError(err error) error {
	if at, ok := errors.AsType[*yaml.LoadError](err); ok {
		return &misplaced{max(1, at.Mark.Line), max(1, at.Mark.Column), fmt.Errorf("cannot be read as YAML: %s", at.Message)}
	}
	return fmt.Errorf("cannot be read as YAML: %w", err)
}

// jsonNumber is how JSON, and so an amount here, writes a number.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// What an editor leaves behind means nothing for sure, so it is refused.
const (
	noValue   = "a value is missing: write one, or take the field out"
	emptyText = "the text is empty: write one, or take the field out"
	emptyList = "the list is empty: write an entry, or take the field out"
)

func fromYAML(y *yaml.Node) (*node, error) {
	n := &node{line: y.Line, column: y.Column}
	refuse := func(format string, args ...any) (*node, error) {
		return nil, &misplaced{y.Line, y.Column, fmt.Errorf(format, args...)}
	}
	switch {
	case y.Kind == yaml.AliasNode || y.Anchor != "":
		return refuse("anchors and aliases are not read: write the value out")
	case y.Style&yaml.TaggedStyle != 0:
		return refuse("tag %.40q is not read: write the value without it", y.Tag)
	}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) != 1 {
			return refuse("the document is empty: write its fields or take it out")
		}
		return fromYAML(y.Content[0])
	case yaml.SequenceNode:
		n.kind = list
		if len(y.Content) == 0 {
			return refuse(emptyList)
		}
		for _, item := range y.Content {
			value, err := fromYAML(item)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, value)
		}
		return n, nil
	case yaml.MappingNode:
		n.kind = object
		return n, n.fieldsOf(y)
	case yaml.ScalarNode:
	default:
		return refuse("this kind of YAML is not read")
	}
	n.text = y.Value
	switch y.Tag {
	case "!!null":
		return refuse(noValue)
	case "!!bool":
		n.kind, n.text = boolean, "false"
		if y.Value[0] == 't' || y.Value[0] == 'T' {
			n.text = "true"
		}
	case "!!int", "!!float":
		if n.kind = number; !jsonNumber.MatchString(y.Value) {
			return refuse("%.40q is no number as it is written here: write digits without leading zeros, as in 1234.50, or put it in quotes if it is text", y.Value)
		}
	default: // text, and dates, which are text
		if y.Value == "" {
			return refuse(emptyText)
		}
	}
	return n, nil
}

func (n *node) fieldsOf(y *yaml.Node) error {
	names := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 || key.Value == "" {
			return &misplaced{key.Line, key.Column, errors.New("the name of a field is a word: write it without more")}
		}
		if names[key.Value] {
			return &misplaced{key.Line, key.Column, fmt.Errorf("field %.40q is there twice: keep one", key.Value)}
		}
		names[key.Value] = true
		value, err := fromYAML(y.Content[i+1])
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{key.Value, key.Line, key.Column, value})
	}
	return nil
}
