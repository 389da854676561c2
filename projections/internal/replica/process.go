package replica

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Errand is the variable that tells a test binary which part of a process to
// play. TestMain looks at it.
const Errand = "FREIGHTLEDGER_TEST_ERRAND"

// Process is a running copy of the test binary.
type Process struct {
	Name string
	t    testing.TB
	cmd  *exec.Cmd

	mu     sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
}

// Start runs an errand in a new process, with further variables. It is killed
// at the latest when the test ends.
func Start(t testing.TB, errand, name string, env ...string) *Process {
	t.Helper()
	p := &Process{Name: name, t: t, cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.cmd.Env = append(append(os.Environ(), Errand+"="+errand), env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // how it ended is asked of ProcessState
		close(p.ended)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Write keeps what the process says.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

// Output is what the process has said.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// Kill ends the process at once, as kill -9 does.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// Stop suspends the process wherever it is; Continue lets it go on.
func (p *Process) Stop() { require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGSTOP)) }

// Continue lets a stopped process go on.
func (p *Process) Continue() { require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGCONT)) }

// Finish asks the process to stop and waits until it has.
func (p *Process) Finish() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(os.Interrupt))
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		require.FailNow(p.t, "process does not stop", "%s: %s", p.Name, p.Output())
	}
	require.True(p.t, p.cmd.ProcessState.Success(), "%s: %s", p.Name, p.Output())
}

// Running fails the test when the process has ended by itself.
func (p *Process) Running() {
	p.t.Helper()
	select {
	case <-p.ended:
		require.FailNow(p.t, "process has ended", "%s: %s", p.Name, p.Output())
	default:
	}
}

// Name numbers processes.
func Name(n int) string { return fmt.Sprintf("replica-%d", n) }
