package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// A full disk refuses further writes before it is full, loudly; when there is
// room again, the same import goes on to its end.
func TestAFullDiskIsToldAndNothingIsLost(t *testing.T) {
	o := newOffice(t)
	disk := filepath.Join(o.dir, "disk")
	require.NoError(t, os.Mkdir(disk, 0o700))
	mount := exec.Command("mount", "-t", "tmpfs", "-o", "size=66m", "tmpfs", disk)
	if out, err := mount.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" && os.Getuid() == 0 {
			t.Fatalf("CI must not skip this: mount a small disk: %v: %s", err, out)
		}
		t.Skipf("SKIPPED: a small disk cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { require.NoError(t, exec.Command("umount", disk).Run()) })
	o.data = filepath.Join(disk, "ledger")
	freight := filepath.Join(o.dir, "freight")
	o.must("generate", freight, "--shipments", "400")
	files, err := filepath.Glob(filepath.Join(freight, "*.x12"))
	require.NoError(t, err)

	// When freight is imported onto a disk with hardly any room
	a := o.run(append([]string{"import", "edi", "--no-settle"}, files...)...)

	// Then it is refused, and says what to do
	require.NotZero(t, a.code)
	require.Contains(t, a.errs, "free")
	t.Log(a.errs)

	// And with room, the same command takes it to its end
	require.NoError(t, exec.Command("mount", "-o", "remount,size=600m", disk).Run())
	o.run(append([]string{"import", "edi"}, files...)...)
	o.run("import", "desk", filepath.Join(freight, "desk.jsonl"))
	o.run("dead-letters", "replay", "--all")
	require.Len(t, ask[[]any](o, "list", "shipments", "--limit", "0"), 400)
	require.Contains(t, o.must("doctor").out, "verified")
}
