package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// module is the client, whose tests are the suite.
const module = "github.com/EventStore/EventStore-Client-Go/v4"

//go:embed testdata/containers_test.go.txt
var containers []byte

// suite is the client's source in a folder of its own, ready to be tested
// with the versions of all other modules that this project uses.
type suite struct {
	dir     string // holds client/, go.mod and go.sum
	root    string // of this project's module
	version string
}

// unpack copies the client's module and puts this package's file in place of
// the one that starts containers.
func unpack(ctx context.Context) (*suite, error) {
	var m struct{ Dir, Version string }
	out, err := goCommand(ctx, "", "list", "-m", "-json", module)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &m); err != nil {
		return nil, fmt.Errorf("go list -m %s: %w", module, err)
	}
	if m.Dir == "" {
		return nil, fmt.Errorf("module %s is not in the module cache: run go mod download", module)
	}
	mod, err := goCommand(ctx, "", "env", "GOMOD")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return nil, err
	}
	s := &suite{dir: dir, root: filepath.Dir(strings.TrimSpace(string(mod))), version: m.Version}
	if err := s.fill(ctx, m.Dir); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

func (s *suite) fill(ctx context.Context, module string) error {
	if err := copyTree(s.client(), os.DirFS(module)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.client(), "esdb", "containers_test.go"), containers, 0o600); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(s.root, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
			return err
		}
	}
	_, err := goCommand(ctx, "", "mod", "edit", "-replace", replacement(s.client()), filepath.Join(s.dir, "go.mod"))
	return err
}

func replacement(dir string) string { return module + "=" + dir }

func (s *suite) client() string { return filepath.Join(s.dir, "client") }

func (s *suite) remove() error { return os.RemoveAll(s.dir) }

// copyTree copies what is below a folder; all of it can be written.
func copyTree(to string, from fs.FS) error {
	return fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, filepath.FromSlash(path))
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		text, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
}

// testTimeout ends a suite that hangs; it takes about a minute.
const testTimeout = 3 * time.Minute

// run runs the suite once, on databases of one kind.
func (s *suite) run(ctx context.Context, secure bool, log io.Writer) (_ run, err error) {
	fixtures, err := readFixtures(filepath.Join(s.client(), "resources", "test"))
	if err != nil {
		return run{}, err
	}
	dbs := &databases{fixtures: fixtures, open: map[string]*database{}}
	if secure {
		if dbs.tls, err = certificates(filepath.Join(s.client(), "certs")); err != nil {
			return run{}, err
		}
	}
	address, err := dbs.serve()
	if err != nil {
		return run{}, err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()

	began := time.Now()
	c := exec.CommandContext(ctx, "go", "test", "-mod=mod", "-modfile="+filepath.Join(s.dir, "go.mod"), "-vet=off", "-count=1", "-json",
		"-timeout="+testTimeout.String(), "-run=^(TestStreams|TestPersistentSubscriptions|TestExpectations|TestMisc)$", module+"/esdb")
	c.Dir = s.root
	c.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off", "CONFORMANCE_DATABASES="+address, "EVENTSTORE_INSECURE="+strconv.FormatBool(!secure), "CLUSTER=false")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdout, err := c.StdoutPipe()
	if err != nil {
		return run{}, err
	}
	if err := c.Start(); err != nil {
		return run{}, err
	}
	outcomes, readErr := readOutcomes(stdout, log)
	waitErr := c.Wait()
	var failed *exec.ExitError
	switch {
	case readErr != nil:
		return run{}, readErr
	case ctx.Err() != nil:
		return run{}, ctx.Err()
	case waitErr != nil && !errors.As(waitErr, &failed):
		return run{}, waitErr
	}
	r := judge(secure, outcomes)
	r.Seconds = time.Since(began).Round(time.Millisecond).Seconds()
	if waitErr != nil {
		r.OK = false
		r.Trouble = strings.TrimSpace(stderr.String())
	}
	return r, nil
}

func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}
