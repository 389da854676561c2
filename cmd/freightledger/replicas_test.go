package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// running is the program as a process that serves something.
type running struct {
	cmd   *exec.Cmd
	line  string // the first that it printed
	ended chan struct{}
	log   *bytes.Buffer // what it wrote to standard error; read after ended
}

// start starts the program and waits until it says where it serves.
func (o *office) start(args ...string) *running {
	o.t.Helper()
	r := &running{cmd: o.command(args...), ended: make(chan struct{}), log: new(bytes.Buffer)}
	out, err := r.cmd.StdoutPipe()
	require.NoError(o.t, err)
	r.cmd.Stderr = r.log
	require.NoError(o.t, r.cmd.Start())
	lines := bufio.NewReader(out)
	r.line, err = lines.ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		_ = r.cmd.Wait() // how it ended is in ProcessState
		close(r.ended)
	}()
	o.t.Cleanup(r.kill)
	if err != nil {
		<-r.ended
		require.NoError(o.t, err, "%v: %s", args, r.log)
	}
	return r
}

// at is the address that the process printed, between two words.
func (r *running) at(after, before string) string {
	_, rest, _ := strings.Cut(r.line, after)
	address, _, _ := strings.Cut(rest, before)
	return address
}

func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	<-r.ended
}

// stop interrupts the process, which must end in order.
func (r *running) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, r.cmd.Process.Signal(os.Interrupt))
	select {
	case <-r.ended:
		require.Zero(t, r.cmd.ProcessState.ExitCode(), r.log.String())
	case <-time.After(time.Minute):
		r.kill()
		t.Fatalf("it did not stop within a minute: %s", r.log)
	}
}

// send posts a message to a served ledger.
func send(url, name, body string) error {
	answer, err := http.Post(url+"/messages?channel=scms&name="+name, "text/tab-separated-values", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	return nil
}

// statuses counts a served ledger's invoices by their status.
func statuses(url string) (map[string]int, error) {
	counts := map[string]int{}
	for cursor := ""; ; {
		answer, err := http.Get(url + "/invoices?limit=200" + cursor)
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []struct{ Status string }
			Next  string `json:"next_cursor"`
		}
		err = json.NewDecoder(answer.Body).Decode(&page)
		answer.Body.Close()
		if err != nil {
			return nil, err
		}
		for _, invoice := range page.Items {
			counts[invoice.Status]++
		}
		if page.Next == "" {
			return counts, nil
		}
		cursor = "&after=" + page.Next
	}
}

// Two served ledgers share one history, one folder of read models and one ERP.
// Whoever holds the leases is killed again and again; the other takes over, and
// nothing is done twice or not at all.
func TestReplicasShareTheWorkAndTakeOver(t *testing.T) {
	const messages, kills = 40, 4
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))

	// Given a history on a node, and an ERP that loses answers
	o := newOffice(t).withERP("--autopay")
	o.elsewhere = true
	history := &office{t: t, dir: o.dir, data: filepath.Join(o.dir, "history")}
	node := history.start("node", "--addr", "127.0.0.1:0", "--plain")
	store := node.at("node at ", ",")
	lines, texts := make([]historyLine, messages), make([]string, messages)
	for i := range lines { // each in a month of its own, so that each is an invoice
		day := time.Date(2006, time.January+time.Month(i), 2, 0, 0, 0, 0, time.UTC).Format("2-Jan-06")
		lines[i] = historyLine{id: fmt.Sprint(i + 1), asn: fmt.Sprintf("ASN-%d", i+1), delivered: day, recorded: day, freight: "100", insurance: "1.50"}
		texts[i] = historyLines(lines[i])
	}
	file := filepath.Join(o.dir, "all.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(lines...)), 0o600))
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("sandbox-erp", "faults", "--drop-rate", "0.15", "--seed", "7")

	// When two replicas serve it
	serve := func() *running {
		return o.start("serve", "--store", store, "--addr", "127.0.0.1:0", "--quiet-period", "1s", "--cash-every", "200ms", "--customers-every", "1s")
	}
	url := func(r *running) string { return r.at("freightledger at ", ",") }
	replicas := []*running{serve(), serve()}
	killAt := map[int]bool{}
	for len(killAt) < kills {
		killAt[rng.IntN(messages)] = true
	}
	for i, text := range texts {
		// and messages come in at both, each repeated until one takes it
		require.Eventually(t, func() bool {
			return send(url(replicas[rng.IntN(2)]), fmt.Sprintf("m%d", i), text) == nil
		}, time.Minute, 50*time.Millisecond)
		if killAt[i] {
			victim := rng.IntN(2)
			replicas[victim].kill()
			replicas[victim] = serve()
		}
	}

	// Then both show every invoice paid
	for _, r := range replicas {
		var got map[string]int
		require.Eventually(t, func() bool {
			var err error
			got, err = statuses(url(r))
			return err == nil && len(got) == 1 && got["paid"] == messages
		}, 3*time.Minute, 200*time.Millisecond, "%v", &got)
	}
	for _, r := range replicas {
		r.stop(t)
	}

	// And once what was under way is finished, the books hold each document once
	o.must("sandbox-erp", "faults", "--drop-rate", "0")
	o.must("settle", "--store", store)
	o.must("recompute", "--store", store)
	found := ask[reconciliation](o, "reconcile", "--store", store)
	require.Zero(t, found.BreakCount, "%+v", found.Breaks)
	require.Equal(t, found.Documents.Expected, found.Documents.Actual)
	require.Contains(t, o.must("doctor", "--store", store).out, "verified")
	node.stop(t)
}

// A history is moved to a node and back, and is the same.
func TestAHistoryMovesToANodeAndBack(t *testing.T) {
	o := newOffice(t)
	freight := filepath.Join(o.dir, "freight")
	o.must("generate", freight, "--shipments", "60", "--seed", "5")
	files, err := filepath.Glob(filepath.Join(freight, "*.x12"))
	require.NoError(t, err)
	o.must(append([]string{"import", "edi"}, files...)...)
	type moved struct {
		Events, Copied int
		Digest         string
	}
	was := ask[moved](o, "doctor")
	require.Positive(t, was.Events)

	node := (&office{t: t, dir: o.dir, data: filepath.Join(o.dir, "node")}).start("node", "--addr", "127.0.0.1:0", "--plain")
	store := node.at("node at ", ",")
	there := ask[moved](o, "migrate", store)
	require.Equal(t, moved{Events: was.Events, Copied: was.Events, Digest: was.Digest}, there)
	require.Zero(t, ask[moved](o, "migrate", store).Copied, "nothing is left to copy")

	back := &office{t: t, dir: o.dir, data: filepath.Join(o.dir, "back")}
	require.Equal(t, there, ask[moved](o, "migrate", "--store", store, back.data))
	require.Equal(t, was.Digest, ask[moved](back, "doctor").Digest)
	require.Equal(t, was.Digest, ask[moved](&office{t: t, dir: o.dir, data: filepath.Join(o.dir, "models")}, "doctor", "--store", store).Digest)

	// Another history is refused, and so is the one that it is in already
	other := &office{t: t, dir: o.dir, data: filepath.Join(o.dir, "other")}
	more := filepath.Join(o.dir, "more")
	other.must("generate", more, "--shipments", "5", "--seed", "6")
	files, err = filepath.Glob(filepath.Join(more, "*.x12"))
	require.NoError(t, err)
	other.must(append([]string{"import", "edi"}, files...)...)
	refused := other.run("migrate", store)
	require.Equal(t, exitBroken, refused.code)
	require.Contains(t, refused.errs, "event 1 of the target is not that of the source")
	require.Equal(t, exitUsage, other.run("migrate", other.data).code)

	// What was derived from one history is not carried on with another
	mixed := other.run("status", "--store", store)
	require.Equal(t, exitData, mixed.code)
	require.Contains(t, mixed.errs, "delete views.db, flow.db and outbox.db")
	node.stop(t)
}

// A backup is taken while the ledger is served, and a restored one is the same.
func TestABackupIsTakenWhileServingAndRestored(t *testing.T) {
	o := newOffice(t)
	file := filepath.Join(o.dir, "history.csv")
	require.NoError(t, os.WriteFile(file, []byte(historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100", insurance: "1.50"})), 0o600))
	served := o.start("serve", "--addr", "127.0.0.1:0", "--quiet-period", "1s")
	require.NoError(t, send(served.at("freightledger at ", ","), "m", historyLines(historyLine{id: "1", asn: "ASN-1", delivered: "2-Jun-06", recorded: "2-Jun-06", freight: "100", insurance: "1.50"})))

	type copied struct {
		Events int
		Digest string
	}
	to := filepath.Join(o.dir, "backup")
	first := ask[copied](o, "backup", to)
	require.Positive(t, first.Events)
	served.stop(t)
	last := ask[copied](o, "backup", to)
	require.GreaterOrEqual(t, last.Events, first.Events)

	restored := &office{t: t, dir: o.dir, data: filepath.Join(o.dir, "restored")}
	require.Equal(t, last, ask[copied](restored, "restore", to))
	type health struct{ Digest string }
	require.Equal(t, ask[health](o, "doctor"), ask[health](restored, "doctor"))
	require.Equal(t, exitUsage, restored.run("restore", to).code, "a data folder is never written over")
	require.Equal(t, exitBroken, o.run("backup", restored.data+"/history").code, "nor is a ledger by a backup")
}
