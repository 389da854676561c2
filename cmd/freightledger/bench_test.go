package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The whole delivery history, from import to reconciled, with the sandbox ERP
// in a process of its own beside it: seconds of the two commands together and
// the larger one's peak memory. Aim: under 15 s and 300 MB on two cores.
func BenchmarkDeliveryHistory(b *testing.B) {
	file := shared(b, "data", "scms_delivery_history.csv")
	for b.Loop() {
		b.StopTimer()
		o := newOffice(b).withERP("--autopay")
		o.must("sandbox-erp", "customers", "--scms", file)
		b.StartTimer()
		var peak, seconds float64
		for _, args := range [][]string{{"import", "scms", file}, {"reconcile"}} {
			cmd := o.command(args...)
			cmd.Stderr = os.Stderr
			started := time.Now()
			require.NoError(b, cmd.Run())
			took := time.Since(started).Seconds()
			seconds += took
			b.ReportMetric(took, "s/"+args[0])
			peak = max(peak, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
		}
		b.ReportMetric(seconds, "s/job")
		b.ReportMetric(peak, "MB-peak")
	}
}
