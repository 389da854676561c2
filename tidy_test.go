package freightledger_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/freightledger/freightledger"

// sourceFile is a parsed Go file of this module.
type sourceFile struct {
	path   string // relative to the module's root, with slashes
	pkg    string // its folder
	test   bool
	lines  int
	syntax *ast.File
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	fset := token.NewFileSet()
	require.NoError(t, filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(p)
		files = append(files, sourceFile{slashed, path.Dir(slashed), strings.HasSuffix(p, "_test.go"), fset.File(f.Pos()).LineCount(), f})
		return nil
	}))
	require.NotEmpty(t, files)
	return files
}

// room is the top-level folder whose rules a package follows; integrations are
// rooms of their own.
func room(pkg string) string {
	parts := strings.Split(pkg, "/")
	if parts[0] == "integrations" && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// allowed says which rooms a room may import, and why no others.
var allowed = map[string][]string{
	// domain decides; a technology that it knew could not be replaced.
	"domain": {},
	// eventstore keeps what domain decides.
	"eventstore": {"domain"},
	// projections derive from history; what they need from outside they
	// declare as interfaces, which cmd satisfies.
	"projections": {"domain", "eventstore"},
	// reconciler derives what the ERP should hold from the history itself: it
	// never reads projections, so that a broken outbox cannot vouch for itself.
	"reconciler": {"domain", "eventstore"},
	// integrations speak one system's language each and do not know each
	// other; the inbox is what they share.
	"integrations/inbox": {"domain", "eventstore"},
	"integrations/edi":   {"domain", "eventstore", "integrations/inbox"},
	"integrations/scms":  {"domain", "eventstore", "integrations/inbox"},
	"integrations/desk":  {"domain", "integrations/inbox"},
	"integrations/bank":  {"domain", "integrations/inbox"},
	"integrations/rates": {"domain", "integrations/inbox"},
	// terms reads agreements and tables from files.
	"integrations/terms": {"domain", "integrations/inbox"},
	// the generator writes what the others read.
	"integrations/freightgen": {"domain", "integrations/edi", "integrations/desk"},
	// the sandbox ERP is a system outside; only its client knows both sides.
	"integrations/sandboxerp": {"domain", "eventstore", "projections", "reconciler"},
	"api":                     {"domain", "eventstore", "projections", "reconciler"},
	"cmd":                     {"domain", "eventstore", "projections", "reconciler", "integrations", "api"},
}

func TestImportsRunOneWay(t *testing.T) {
	for _, f := range sourceFiles(t) {
		from := room(f.pkg)
		if from == "." || f.test {
			continue // tests may use the real thing from any room
		}
		may, known := allowed[from]
		if !known {
			t.Errorf("%s: room %q has no rule here: say what it may import", f.path, from)
			continue
		}
		for _, imp := range f.syntax.Imports {
			target, err := strconv.Unquote(imp.Path.Value)
			require.NoError(t, err)
			rest, ours := strings.CutPrefix(target, module+"/")
			if !ours || room(rest) == from {
				continue
			}
			ok := false
			for _, m := range may {
				ok = ok || room(rest) == m || strings.HasPrefix(rest, m+"/")
			}
			if !ok {
				t.Errorf("%s imports %s: %s may import %v", f.path, rest, from, may)
			}
		}
	}
}

// The server of the sandbox ERP is somebody else's program as far as the
// ledger is concerned: it must not lean on the code that it is there to check.
func TestTheSandboxERPKnowsNothingOfTheLedger(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if f.pkg != "integrations/sandboxerp" || f.test {
			continue
		}
		for _, imp := range f.syntax.Imports {
			if strings.Contains(imp.Path.Value, module) {
				t.Errorf("%s imports %s", f.path, imp.Path.Value)
			}
		}
	}
}

func TestDomainIsPure(t *testing.T) {
	impure := map[string]string{
		"context": "a decision does not wait", "log": "the edge logs", "log/slog": "the edge logs", "os": "no I/O",
		"net": "no I/O", "net/http": "no I/O", "math/rand": "no randomness", "math/rand/v2": "no randomness",
		"crypto/rand": "no randomness", "sync": "states are values", "database/sql": "no I/O", "reflect": "stored names are written out",
	}
	for _, f := range sourceFiles(t) {
		if room(f.pkg) != "domain" || f.test || strings.HasPrefix(f.pkg, "domain/internal") || f.pkg == "domain/domaintest" {
			continue
		}
		for _, imp := range f.syntax.Imports {
			target, _ := strconv.Unquote(imp.Path.Value)
			if why, bad := impure[target]; bad {
				t.Errorf("%s imports %s: %s", f.path, target, why)
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					t.Errorf("%s uses %s: money and measures are exact decimals", f.path, n.Name)
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && (n.Sel.Name == "Now" || n.Sel.Name == "Since" || n.Sel.Name == "LoadLocation") {
					t.Errorf("%s uses time.%s: the edge supplies the time", f.path, n.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestFilesHoldOneIdea(t *testing.T) {
	const most = 600
	for _, f := range sourceFiles(t) {
		if !f.test && f.lines > most {
			t.Errorf("%s has %d lines: above about 400 ask whether it holds two ideas; above %d it does", f.path, f.lines, most)
		}
	}
}

func TestEveryPackageTellsItsStory(t *testing.T) {
	told := map[string]bool{}
	for _, f := range sourceFiles(t) {
		if f.test || f.pkg == "." {
			continue
		}
		told[f.pkg] = told[f.pkg] || f.syntax.Doc != nil
	}
	for pkg, ok := range told {
		if !ok {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

func TestNoInitAndNoPathsOfOneMachine(t *testing.T) {
	for _, f := range sourceFiles(t) {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s has an init function: wire things where they are used", f.path)
			}
		}
		text, err := os.ReadFile(f.path)
		require.NoError(t, err)
		for _, home := range []string{"/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"} {
			if strings.Contains(string(text), home) {
				t.Errorf("%s names the folder %s of one machine", f.path, home)
			}
		}
	}
}

func TestLimitsAreNotPreparedForEveryValue(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if room(f.pkg) != "projections" {
			continue
		}
		text, err := os.ReadFile(f.path)
		require.NoError(t, err)
		if strings.Contains(string(text), "LIMIT "+"?") {
			t.Errorf("%s: write LIMIT +?, see projections.Reader", f.path)
		}
	}
}
