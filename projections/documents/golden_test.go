package documents_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/documents"
)

var update = flag.Bool("update", false, "write the goldens anew: look at the difference before it is kept")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "every document keeps a golden: run go test ./projections/documents -update once")
	require.Equal(t, string(want), string(got), "%s differs", path)
}

func TestGoldenPages(t *testing.T) {
	for name, v := range everyDocument(t) {
		t.Run(name, func(t *testing.T) { golden(t, name+".html", render(t, v, documents.HTML)) })
	}
}

func TestGoldenUBL(t *testing.T) {
	for name, v := range everyDocument(t) {
		t.Run(name, func(t *testing.T) { golden(t, name+".xml", render(t, v, documents.XML)) })
	}
	dinar := issued(t, func() (domain.InvoiceIssued, documents.Extras) { return inCurrency("KWD", "1234.567") })
	golden(t, "dinar.xml", render(t, dinar, documents.UBL))
}

func TestAPageCanBeReadAloudAndPrinted(t *testing.T) {
	page := string(render(t, issued(t, usFreight), documents.HTML))
	for _, part := range []string{`<html lang="en">`, `<meta charset="utf-8">`, `<title>Invoice INV-2024-000001</title>`, `<main>`, `<h1>`, `<caption>`,
		`<th scope="col"`, `<th scope="row"`, `<th scope="rowgroup"`, `<time datetime="2024-03-31">31 Mar 2024</time>`,
		"display: table-header-group", "@page", "break-inside: avoid"} {
		require.Contains(t, page, part)
	}
	require.Equal(t, 1, strings.Count(page, "<h1>"))
	require.Equal(t, strings.Count(page, "<table"), strings.Count(page, "<caption>"), "every table says what it is")
	require.NotRegexp(t, regexp.MustCompile(`(?i)src=|href=|url\(|@import|<script|<link`), page, "a page needs nothing else")
}

func TestAmountsOfAPageAreExactAndGrouped(t *testing.T) {
	page := string(render(t, issued(t, usFreight), documents.HTML))
	for _, part := range []string{">561.86<", ">-449.49<", ">1,240.00<", ">1,449.17 USD<", ">13.40 per 100 lb<", ">4193 lb<", ">-80%<", ">of 561.86<"} {
		require.Contains(t, page, part)
	}
	yen := string(render(t, everyDocument(t)["yen"], documents.HTML))
	require.Contains(t, yen, ">123,456 JPY<")
	dinar := issued(t, func() (domain.InvoiceIssued, documents.Extras) { return inCurrency("KWD", "1234.567") })
	require.Contains(t, string(render(t, dinar, documents.HTML)), ">1,234.567 KWD<")
}

// Nothing that a customer writes becomes a part of the page, or changes how
// what stands beside it is read.
func TestHostileTextIsShownAndDoesNothing(t *testing.T) {
	v := issued(t, hostile)
	page := string(render(t, v, documents.HTML))
	plain := string(render(t, issued(t, usFreight), documents.HTML))
	tags := regexp.MustCompile(`<(/?[a-zA-Z!][a-zA-Z0-9-]*)`)
	known := map[string]bool{}
	for _, tag := range tags.FindAllStringSubmatch(plain, -1) {
		known[tag[1]] = true
	}
	for _, tag := range tags.FindAllStringSubmatch(page, -1) {
		require.True(t, known[tag[1]], "hostile text made the tag %s", tag[1])
	}
	require.Contains(t, page, "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&amp;lt;b&amp;gt;\uFFFD00.001\uFFFD")
	require.Contains(t, page, "東京 \U0001F69A", "letters of any script stay")
	require.Contains(t, page, longWord+longWord)
	for _, f := range []documents.Format{documents.HTML, documents.XML} {
		require.NotRegexp(t, regexp.MustCompile("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\ufffe\uffff]"), string(render(t, v, f)), "as %s", f)
	}
}

// The official schemas and rules are too large to keep; scripts/official.sh
// runs them over the goldens and records what passed. A golden that is not the
// one that passed fails here.
func TestEveryUBLGoldenPassedTheOfficialValidation(t *testing.T) {
	record, err := os.ReadFile(filepath.Join("testdata", "validated.txt"))
	require.NoError(t, err)
	passed := map[string]string{}
	for line := range strings.Lines(string(record)) {
		sum, name, found := strings.Cut(strings.TrimSpace(line), "  ")
		require.True(t, found, line)
		passed[name] = sum
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.xml"))
	require.NoError(t, err)
	require.Len(t, files, len(everyDocument(t))+1, "and the dinar's")
	require.Len(t, passed, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, passed[filepath.Base(file)], fmt.Sprintf("%x", sha256.Sum256(text)), "%s changed since it was validated: run scripts/official.sh", file)
	}
}
