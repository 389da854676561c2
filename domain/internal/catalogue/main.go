// Catalogue writes docs/EVENTS.md, every event that history may hold, by the
// stream that holds it, and docs/COMMANDS.md, every command that may be asked
// for from outside, with the meaning of each field. It reads the registries
// for names and versions and the package's own comments for the rest, so that
// the catalogue cannot say anything else than the code.
//
//	go run ./domain/internal/catalogue          # write it
//	go run ./domain/internal/catalogue -check   # fail when it is out of date
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/freightledger/freightledger/domain"
)

func main() {
	root := flag.String("root", ".", "the repository's root")
	check := flag.Bool("check", false, "only say whether the documents are up to date")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	source, err := readPackage(filepath.Join(root, "domain"))
	if err != nil {
		return err
	}
	events, err := catalogue(domain.Events(), source)
	if err != nil {
		return err
	}
	commands, err := commandList(domain.Commands(), source)
	if err != nil {
		return err
	}
	for _, page := range []struct {
		name string
		text []byte
	}{{"EVENTS.md", events}, {"COMMANDS.md", commands}} {
		path := filepath.Join(root, "docs", page.name)
		if !check {
			if err := os.WriteFile(path, page.text, 0o644); err != nil {
				return err
			}
			continue
		}
		switch present, err := os.ReadFile(path); {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s is missing: run go run ./domain/internal/catalogue", path)
		case err != nil:
			return err
		case !bytes.Equal(present, page.text):
			return fmt.Errorf("%s is out of date: run go run ./domain/internal/catalogue", path)
		}
	}
	return nil
}
