package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/stretchr/testify/require"
)

// A served ledger takes messages over HTTP, carries them to a posted invoice
// by itself, and stops in order when it is interrupted.
func TestServeCarriesAMessageToAPostedInvoice(t *testing.T) {
	o := newOffice(t).withERP("--autopay")
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100", insurance: "1.50"})), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)

	// Given a ledger that is served, and knows who sells and who buys
	parties := filepath.Join(o.dir, "parties.yaml")
	require.NoError(t, os.WriteFile(parties, []byte("kind: buyer\n"), 0o600))
	refused := o.run("serve", "--addr", "127.0.0.1:0", "--parties", parties)
	require.NotZero(t, refused.code, "a file that is wrong is told at once, not when somebody prints")
	require.Contains(t, refused.errs, "parties.yaml:1:1: ")
	require.NoError(t, os.WriteFile(parties, []byte(partiesFor("100-CI-T01")), 0o600))
	cmd := o.command("serve", "--addr", "127.0.0.1:0", "--quiet-period", "1s", "--cash-every", "200ms", "--parties", parties)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	url, _, _ := strings.Cut(strings.TrimPrefix(line, "freightledger at "), ",")
	go func() { ended <- cmd.Wait() }()

	// When a delivery history comes in
	body, err := os.Open(file)
	require.NoError(t, err)
	answer, err := http.Post(url+"/messages?channel=scms&name=history.csv", "text/tab-separated-values", body)
	require.NoError(t, err)
	require.Less(t, answer.StatusCode, 300)
	require.NoError(t, answer.Body.Close())

	// Then its invoice is issued, posted and paid without anybody's help
	type invoices struct {
		Items []struct{ Number, Status string }
	}
	var got invoices
	require.Eventually(t, func() bool {
		answer, err := http.Get(url + "/invoices")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		got = invoices{}
		return json.NewDecoder(answer.Body).Decode(&got) == nil && len(got.Items) == 1 && got.Items[0].Status == "paid"
	}, time.Minute, 100*time.Millisecond)

	// And it can be had as the customer gets it, computed again, and searched
	invoice := "/invoices/" + got.Items[0].Number
	for path, has := range map[string]string{
		invoice + "/document.xml": "Acme Stores Inc.", invoice + "/document.pdf": "%PDF-", invoice + "/recompute": `"invoices":1`, "/shipments/ASN-1/recompute": `"differ":0`, "/duplicates": `"items":[]`,
	} {
		answer, err := http.Get(url + path)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, errors.Join(err, answer.Body.Close()))
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s: %s", path, text)
		require.Contains(t, string(text), has, path)
	}

	// And an interrupt stops it in order, with everything reconciled
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(30 * time.Second):
		t.Fatal("it did not stop within 30 seconds")
	}
	require.Zero(t, ask[reconciliation](o, "reconcile").BreakCount)
}

func TestDemoEndsWithTheEditsFound(t *testing.T) {
	o := newOffice(t)
	a := o.must("demo", "--shipments", "150", "--seed", "3", "--folder", filepath.Join(o.dir, "demo"))
	require.Contains(t, a.out, "0 breaks")
	require.Contains(t, a.out, "25 edits, 25 breaks, 0 not found.")
	require.Contains(t, a.out, "Try next")
	requireEveryEvent(t, filepath.Join(o.dir, "demo", "ledger"))

	// A folder that no demo made is never touched.
	other := filepath.Join(o.dir, "other")
	require.NoError(t, os.MkdirAll(filepath.Join(other, "precious"), 0o700))
	refused := o.run("demo", "--folder", other)
	require.Equal(t, exitBroken, refused.code)
	require.Contains(t, refused.errs, "no demo made it")
	require.DirExists(t, filepath.Join(other, "precious"))
}

// requireEveryEvent holds the demo to its promise: whatever this ledger can
// record has happened in it.
func requireEveryEvent(t *testing.T, dir string) {
	t.Helper()
	// An ERP whose books cannot be told does not happen in a demo: the poster's
	// own tests have one.
	expected := map[string]bool{domain.PostingParked{}.EventType(): true}
	store, err := openHistory(t.Context(), "", dir, false, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer store.Close()
	seen := map[string]bool{}
	for r, err := range store.ReadAll(t.Context(), eventstore.Start) {
		require.NoError(t, err)
		seen[r.Type] = true
	}
	for _, form := range domain.Events().Forms() {
		if !expected[form.Name] {
			require.True(t, seen[form.Name], "no %s in the demo: tell a story of it (integrations/freightgen)", form.Name)
		}
	}
}
