package documents_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/projections/documents"
)

// reader finds a PDF reader that is not ours. Where it is absent the test is
// skipped aloud, and in CI it fails.
func reader(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err == nil {
		return path
	}
	const remedy = "pdftotext is not there to read PDFs back: install poppler-utils"
	if os.Getenv("CI") == "true" {
		t.Fatal(remedy)
	}
	t.Skip("SKIPPED: " + remedy)
	return ""
}

// pdfText is what a reader sees, page by page.
func pdfText(t *testing.T, pdf []byte) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "document.pdf")
	require.NoError(t, os.WriteFile(file, pdf, 0o600))
	cmd := exec.Command(reader(t), "-enc", "UTF-8", "-layout", file, "-")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	require.Empty(t, stderr.String(), "a reader complains of nothing")
	return strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
}

// words are the text without the layout, one line each.
func words(pages []string) []byte {
	var b bytes.Buffer
	for i, page := range pages {
		fmt.Fprintf(&b, "== page %d of %d\n", i+1, len(pages))
		for line := range strings.Lines(page) {
			if fields := strings.Fields(line); len(fields) > 0 {
				b.WriteString(strings.Join(fields, " ") + "\n")
			}
		}
	}
	return b.Bytes()
}

func pagesOf(pdf []byte) int {
	return len(regexp.MustCompile(`/Type /Page\n`).FindAll(pdf, -1))
}

func TestGoldenPDFs(t *testing.T) {
	for name, v := range everyDocument(t) {
		t.Run(name, func(t *testing.T) { golden(t, name+".txt", words(pdfText(t, render(t, v, documents.PDF)))) })
	}
}

func TestAThousandLinesGoOverPagesThatRepeatTheirHead(t *testing.T) {
	v := issued(t, thousandLines)
	pdf := render(t, v, documents.PDF)
	pages := pagesOf(pdf)
	require.Greater(t, pages, 20)
	require.Less(t, len(pdf), 1<<20, "letters are embedded once")
	text := pdfText(t, pdf)
	require.Len(t, text, pages)
	head := regexp.MustCompile(`Line\s+Charge\s+Date\s+Quantity\s+Rate\s+Tax rate\s+Tax\s+Net`)
	lines := 0
	for i, page := range text {
		require.Contains(t, page, fmt.Sprintf("Page %d of %d", i+1, pages))
		require.Contains(t, page, "Invoice INV-2025-001000")
		if n := strings.Count(page, "Linehaul leg"); n > 0 {
			require.Regexp(t, head, page, "page %d", i+1)
			lines += n
		}
	}
	require.Equal(t, 1000, lines)
	require.Contains(t, text[pages-1], "113,000.00 CAD")
}

func TestPaperFollowsTheBuyerUnlessItIsChosen(t *testing.T) {
	a4, letter := []byte("/MediaBox [0 0 595.28 841.89]"), []byte("/MediaBox [0 0 612.00 792.00]")
	require.True(t, bytes.Contains(render(t, issued(t, usFreight), documents.PDF), letter))
	require.True(t, bytes.Contains(render(t, issued(t, euReverse), documents.PDF), a4))
	var b bytes.Buffer
	require.NoError(t, documents.Write(&b, issued(t, usFreight), documents.PDF, documents.Options{Paper: documents.A4}))
	require.True(t, bytes.Contains(b.Bytes(), a4))
}

func TestAPDFSaysWhichCharactersItCouldNotShow(t *testing.T) {
	v := issued(t, usFreight)
	require.NotContains(t, strings.Join(pdfText(t, render(t, v, documents.PDF)), ""), "\uFFFD")
	v.Buyer.Name = "東京 Łódź Αθήνα Київ €"
	text := strings.Join(pdfText(t, render(t, v, documents.PDF)), "")
	require.Contains(t, text, "\uFFFD\uFFFD Łódź Αθήνα Київ €")
	require.Contains(t, text, "\uFFFD stands for a character that this typeface does not have")
}

// font/coverage.txt is what the fonts really have: each character of it comes
// back from a PDF as itself.
func TestEveryCharacterOfTheTypefaceCanBeReadBack(t *testing.T) {
	v := issued(t, usFreight)
	text, err := os.ReadFile("font/coverage.txt")
	require.NoError(t, err)
	v.Notes = nil
	for line := range strings.Lines(string(text)) {
		var first, last rune
		_, err := fmt.Sscanf(line, "%x-%x", &first, &last)
		require.NoError(t, err, line)
		var note strings.Builder
		for r := first; r <= last; r++ {
			note.WriteRune(r)
		}
		v.Notes = append(v.Notes, note.String())
	}
	v.Buyer.Name = strings.Join(v.Notes, "")
	pages := strings.Join(pdfText(t, render(t, v, documents.PDF)), "")
	for _, note := range v.Notes {
		for _, r := range note {
			if r > 0x20 && r != 0xA0 && r != 0xAD { // spaces and the soft hyphen show nothing
				require.Contains(t, pages, string(r), "U+%04X", r)
			}
		}
	}
}
