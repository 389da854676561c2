// Command designs measures ways of keeping a history of events on one disk, so
// that the choice of package embedded can be checked on any machine:
//
//	go run ./eventstore/embedded/internal/designs -events 1000000 -writers 64
//
// The designs but the last are bare: they store and find events, and promise
// nothing else.
//
//	file      one append-only file, synced for groups of appends; finds nothing
//	segments  checksummed records in append-only files, synced for groups, and a
//	          Pebble index without a log of its own, caught up from the files
//	pebble    Pebble holding records and index
//	values    the same, with records kept apart in Pebble's value files
//	store     package embedded itself, with all that it promises
//
// Each runs in a process of its own, which is killed at the end; a second
// process then opens what is left, and reads.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"
)

// design is one way of keeping events.
type design interface {
	// write stores a group of events and syncs it.
	write(group []event) error
	// all reads every event in order and says how many there are.
	all(visit func(record []byte)) error
	// stream reads one stream's events.
	stream(name string, visit func(record []byte)) error
}

// event is a record of 500 bytes of data, and what it is found by.
type event struct {
	seq      uint64
	stream   string
	revision uint64
	record   []byte
}

var designs = []struct {
	name string
	open func(dir string) (design, error)
}{
	{"file", openFile},
	{"segments", openSegments},
	{"pebble", func(dir string) (design, error) { return openPebble(dir, false) }},
	{"values", func(dir string) (design, error) { return openPebble(dir, true) }},
	{"store", openStore},
}

const perStream = 20

type figures struct {
	Design    string
	Rate      float64 // appends/s
	LastRate  float64 // appends/s in the last tenth
	Written   float64 // bytes that reached the disk per byte of record
	Disk      float64 // bytes on disk per byte of record
	PeakMB    float64
	Recovery  float64 // seconds to open after a kill
	ReadAll   float64 // events/s, from the first event to the last
	ReadLast  float64 // events/s in the last tenth
	ReadPeak  float64 // MB
	StreamsPS float64 // streams/s of 20 events, chosen at random
}

func main() {
	events := flag.Int("events", 1_000_000, "events to append")
	writers := flag.Int("writers", 64, "appends under way at once")
	only := flag.String("only", "file,segments,pebble,values,store", "designs, in the order in which they run")
	parent := flag.String("dir", "", "folder for the data; the default is the system's for temporary files")
	child := flag.String("child", "", "")
	flag.Parse()
	if *child != "" {
		what, name, _ := strings.Cut(*child, ":")
		var f figures
		var err error
		if what == "append" {
			f, err = appendAll(name, *parent, *events, *writers)
		} else {
			f, err = readAll(name, *parent, *events, *writers)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
			os.Exit(1)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			os.Exit(1)
		}
	}
	if err := compare(*parent, strings.Split(*only, ","), *events, *writers); err != nil {
		fmt.Fprintln(os.Stderr, "designs:", err)
		os.Exit(1)
	}
}

func compare(parent string, names []string, events, writers int) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Printf("%d events of 500 bytes, %d writers\n", events, writers)
	fmt.Fprintln(w, "design\tappends/s\tlast tenth\twritten\tdisk\tpeak MB\tafter kill\tread events/s\tlast tenth\tread MB\tstreams/s\t")
	for _, name := range names {
		dir, err := os.MkdirTemp(parent, "designs")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		a, err := run("append:"+name, dir, events, writers)
		if err != nil {
			return err
		}
		r, err := run("read:"+name, dir, events, writers)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%.2f\t%.0f\t%.2f s\t%.0f\t%.0f\t%.0f\t%.0f\t\n", name, a.Rate, a.LastRate, a.Written, a.Disk, a.PeakMB,
			r.Recovery, r.ReadAll, r.ReadLast, r.ReadPeak, r.StreamsPS)
		fmt.Fprintf(os.Stderr, "%s done\n", name)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return w.Flush()
}

func run(child, dir string, events, writers int) (f figures, err error) {
	cmd := exec.Command(os.Args[0], "-child", child, "-dir", dir, "-events", strconv.Itoa(events), "-writers", strconv.Itoa(writers))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if uncaught := json.Unmarshal(out, &f); uncaught != nil {
		return f, fmt.Errorf("%s: %w", child, err)
	}
	return f, nil // it killed itself
}

func open(name, dir string) (design, error) {
	for _, d := range designs {
		if d.name == name {
			return d.open(dir)
		}
	}
	return nil, fmt.Errorf("no design %q", name)
}

// record makes an event's record: what package embedded stores beside the
// 500 bytes of data is 64 bytes.
func record(seq uint64, stream string) []byte {
	r := make([]byte, 564)
	binary.BigEndian.PutUint64(r[4:], seq)
	copy(r[20:64], stream)
	x := seq
	for i := 64; i < len(r); i++ { // does not compress to nothing
		x = x*6364136223846793005 + 1442695040888963407
		r[i] = "0123456789abcdef{}\":,shipment"[x>>59%29]
	}
	return r
}

// appendAll appends as many writers do: each waits for its event's sync.
func appendAll(name, dir string, events, writers int) (figures, error) {
	d, err := open(name, dir)
	if err != nil {
		return figures{}, err
	}
	type request struct {
		event event
		done  chan struct{}
	}
	var (
		mu    sync.Mutex
		queue []request
		wake  = make(chan struct{}, 1)
		wg    sync.WaitGroup
		count atomic.Int64 // of a store that gathers groups itself
	)
	for w := range writers {
		wg.Go(func() {
			done := make(chan struct{}, 1)
			for i := range events / writers {
				stream := fmt.Sprintf("shipment-%05d-%07d", w, i/perStream)
				e := event{stream: stream, revision: uint64(i % perStream), record: record(uint64(i), stream)}
				if s, ok := d.(*store); ok {
					if err := s.append(e); err != nil {
						fmt.Fprintln(os.Stderr, "append:", err)
						os.Exit(1)
					}
					count.Add(1)
					continue
				}
				mu.Lock()
				queue = append(queue, request{e, done})
				mu.Unlock()
				select {
				case wake <- struct{}{}:
				default:
				}
				<-done
			}
		})
	}
	total := events / writers * writers
	begin, tenth := time.Now(), time.Time{}
	var seq uint64
	var group []event
	var taken, spare []request
	for seq < uint64(total) {
		if _, ok := d.(*store); ok {
			time.Sleep(time.Millisecond)
			if seq = uint64(count.Load()); tenth.IsZero() && seq >= uint64(total)*9/10 {
				tenth = time.Now()
			}
			continue
		}
		<-wake
		mu.Lock()
		taken, queue = queue, spare[:0]
		mu.Unlock()
		group = group[:0]
		for _, r := range taken {
			seq++
			r.event.seq = seq
			binary.BigEndian.PutUint64(r.event.record[4:], seq)
			group = append(group, r.event)
		}
		if len(group) > 0 {
			if err := d.write(group); err != nil {
				return figures{}, err
			}
		}
		for _, r := range taken {
			r.done <- struct{}{}
		}
		spare = taken
		if tenth.IsZero() && seq >= uint64(total)*9/10 {
			tenth = time.Now()
		}
	}
	took, last := time.Since(begin), time.Since(tenth)
	wg.Wait()
	size := float64(total) * 564
	f := figures{Design: name, Rate: float64(total) / took.Seconds(), LastRate: float64(total) / 10 / last.Seconds(),
		PeakMB: status("VmHWM") / 1024, Written: written() / size}
	used, err := diskUsage(dir)
	f.Disk = used / size
	return f, err
}

func readAll(name, dir string, events, writers int) (figures, error) {
	begin := time.Now()
	d, err := open(name, dir)
	if err != nil {
		return figures{}, err
	}
	f := figures{Design: name, Recovery: time.Since(begin).Seconds()}
	begin = time.Now()
	n, total, tenth := 0, events/writers*writers, time.Time{}
	err = d.all(func([]byte) {
		if n++; n == total/10*9 {
			tenth = time.Now()
		}
	})
	if err != nil {
		return f, err
	}
	if n < total {
		return f, fmt.Errorf("%s: %d of %d events are left", name, n, events)
	}
	f.ReadAll = float64(n) / time.Since(begin).Seconds()
	f.ReadLast = float64(n-total/10*9) / time.Since(tenth).Seconds()
	f.ReadPeak = status("VmHWM") / 1024
	const streams = 20_000
	rng := rand.New(rand.NewPCG(1, 2))
	begin = time.Now()
	for range streams {
		found := 0
		stream := fmt.Sprintf("shipment-%05d-%07d", rng.IntN(writers), rng.IntN(events/writers/perStream))
		if err := d.stream(stream, func([]byte) { found++ }); err != nil {
			return f, err
		}
		if found != perStream && name != "file" {
			return f, fmt.Errorf("%s: stream %s has %d events", name, stream, found)
		}
	}
	f.StreamsPS = streams / time.Since(begin).Seconds()
	if name == "file" {
		f.StreamsPS = 0
	}
	return f, nil
}

// status reads a figure in kB of the process's own status.
func status(key string) float64 { return number("/proc/self/status", key) }

// written is how many bytes the process caused to be written to the disk.
func written() float64 { return number("/proc/self/io", "write_bytes") }

func number(file, key string) float64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == key {
			n, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return n
		}
	}
	return 0
}

func diskUsage(dir string) (n float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += float64(info.Sys().(*syscall.Stat_t).Blocks) * 512
		}
		return err
	})
	return n, err
}
