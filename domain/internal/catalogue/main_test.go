package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

const repository = "../../.."

func TestTheCatalogueInDocsIsUpToDate(t *testing.T) {
	require.NoError(t, run(repository, true))
}

func TestCheckFailsOnAStaleOrMissingCatalogue(t *testing.T) {
	// Given a copy of the sources without the catalogue
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "domain"), os.DirFS(filepath.Join(repository, "domain"))))
	require.NoError(t, os.Mkdir(filepath.Join(root, "docs"), 0o755))
	require.ErrorContains(t, run(root, true), "is missing")

	// When it is written, then the check passes; when it is edited, then it fails
	require.NoError(t, run(root, false))
	require.NoError(t, run(root, true))
	path := filepath.Join(root, "docs", "EVENTS.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, '\n'), 0o644))
	require.ErrorContains(t, run(root, true), "is out of date")
	require.ErrorContains(t, run(t.TempDir(), true), "has no Go files")
}

func TestEveryEventIsExplained(t *testing.T) {
	source, err := readPackage(filepath.Join(repository, "domain"))
	require.NoError(t, err)
	text, err := catalogue(domain.Events(), source)
	require.NoError(t, err)
	for _, form := range domain.Events().Forms() {
		require.Contains(t, string(text), "\n### "+form.Name+"\n")
	}
	require.Contains(t, string(text), "| `credit` | string | within the invoice |", "embedded parts are listed flat")

	delete(source, "InvoiceIssued")
	_, err = catalogue(domain.Events(), source)
	require.ErrorContains(t, err, "event InvoiceIssued: no struct of this name")
}

func TestEveryCommandIsExplained(t *testing.T) {
	source, err := readPackage(filepath.Join(repository, "domain"))
	require.NoError(t, err)
	text, err := commandList(domain.Commands(), source)
	require.NoError(t, err)
	for _, form := range domain.Commands() {
		require.Contains(t, string(text), "\n## "+form.Name+"\n")
	}
	delete(source, "ApproveCharge")
	_, err = commandList(domain.Commands(), source)
	require.ErrorContains(t, err, "command ApproveCharge")
}
