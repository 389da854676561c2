package embedded_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/embedded"
)

// raw lets a test write to the index behind the store's back.
func raw(t *testing.T, disk vfs.FS, change func(db *pebble.DB)) {
	t.Helper()
	db, err := pebble.Open("data/index", &pebble.Options{FS: disk, FormatMajorVersion: pebble.FormatTableFormatV6, Logger: bareLog{}})
	require.NoError(t, err)
	change(db)
	require.NoError(t, db.Close())
}

// TestVerifyFindsEveryDamageOfTheIndex plants one damage of each kind that
// checksums of files cannot show, and expects its place to be named, no reader
// to be misled, and the next opening to cure it.
func TestVerifyFindsEveryDamageOfTheIndex(t *testing.T) {
	const stream = "s/\x00\x0ashipment-3\x00\x00\x00\x00\x00\x00\x00"
	set := func(db *pebble.DB, key, value []byte) { require.NoError(t, db.Set(key, value, pebble.Sync)) }
	del := func(db *pebble.DB, key []byte) { require.NoError(t, db.Delete(key, pebble.Sync)) }
	get := func(db *pebble.DB, key string) []byte {
		value, closer, err := db.Get([]byte(key))
		require.NoError(t, err)
		defer closer.Close()
		return append([]byte(nil), value...)
	}
	for name, c := range map[string]struct {
		damage func(db *pebble.DB)
		place  string
		unread bool // no reader can tell that it is there
	}{
		"an entry is missing":        {func(db *pebble.DB) { del(db, []byte(stream+"\x04")) }, `stream "shipment-3" revision 4`, false},
		"the first entry is missing": {func(db *pebble.DB) { del(db, []byte(stream+"\x00")) }, `stream "shipment-3" revision 0`, false},
		"the last entry is missing":  {func(db *pebble.DB) { del(db, []byte(stream+"\x1d")) }, `stream "shipment-3" revision 29`, true},
		"an entry points elsewhere":  {func(db *pebble.DB) { set(db, []byte(stream+"\x04"), get(db, stream+"\x05")) }, `stream "shipment-3" revision 4`, false},
		"an entry points nowhere":    {func(db *pebble.DB) { set(db, []byte(stream+"\x04"), make([]byte, 16)) }, `stream "shipment-3" revision 4`, false},
		"an entry is beside it":      {func(db *pebble.DB) { v := get(db, stream+"\x04"); v[11]++; set(db, []byte(stream+"\x04"), v) }, `stream "shipment-3" revision 4`, false},
		"entries are swapped": {func(db *pebble.DB) {
			a, b := get(db, stream+"\x04"), get(db, stream+"\x05")
			set(db, []byte(stream+"\x04"), b)
			set(db, []byte(stream+"\x05"), a)
		}, `stream "shipment-3" revision 5`, false},
		"an entry has no place": {func(db *pebble.DB) { set(db, []byte(stream+"\x04"), []byte("7")) }, `stream "shipment-3" revision 4`, false},
		"an entry too many":     {func(db *pebble.DB) { set(db, []byte(stream+"\x1e"), get(db, stream+"\x1d")) }, `stream "shipment-3" revision 30`, false},
		"a broken entry":        {func(db *pebble.DB) { set(db, []byte("s/\x00\x99x"), get(db, stream+"\x05")) }, `key "s/\x00\x99x"`, false},
		"a place is another's":  {func(db *pebble.DB) { set(db, placeKey(1), binary.BigEndian.AppendUint32(nil, 1000)) }, "record 1", false},
		"a place is none":       {func(db *pebble.DB) { set(db, placeKey(20), []byte("x")) }, `key "p/\x00\x00\x00\x00\x00\x00\x00\x14"`, false},
		"an unknown key":        {func(db *pebble.DB) { set(db, []byte("x"), []byte("y")) }, `key "x"`, false},
		"an unknown setting":    {func(db *pebble.DB) { set(db, []byte("m/other"), []byte("y")) }, `key "m/other"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			disk, want := filled(t, true)
			raw(t, disk, c.damage)
			s, err := embedded.Open("data", tiny(disk))
			require.NoError(t, err)
			if !c.unread {
				got, err := readWhole(t, s)
				requireBegins(t, want, got)
				if err != nil {
					var damage *embedded.Corrupt
					require.ErrorAs(t, err, &damage)
					require.True(t, damage.Index)
					require.ErrorContains(t, err, "start again")
				}
			}
			var places []string
			checked, err := s.Verify(t.Context(), func(d *embedded.Corrupt) {
				places = append(places, d.Place)
				require.True(t, d.Index)
			})
			var damage *embedded.Corrupt
			require.ErrorAs(t, err, &damage)
			require.Equal(t, places[0], damage.Place)
			require.Contains(t, places, c.place)
			require.EqualValues(t, len(places), checked.Damages)
			require.EqualValues(t, len(want), checked.Events)
			require.NoError(t, s.Close())

			requireIndexHeals(t, disk, want, "opened again")
			s, err = embedded.Open("data", tiny(disk))
			require.NoError(t, err)
			requireWhole(t, s)
			require.NoError(t, s.Close())
		})
	}
}

func placeKey(seq uint64) []byte { return binary.BigEndian.AppendUint64([]byte("p/"), seq) }

// TestVerifyFindsEveryDamageOfTheLog damages a segment that nobody reads when
// the folder is opened.
func TestVerifyFindsEveryDamageOfTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(segment []byte)
		place  string
	}{
		"a record":          {func(b []byte) { b[128+64+16+33+8] ^= 1 }, `record 1 (file 00000000000000000001.events byte 192`},
		"a record's number": {func(b []byte) { b[128+64+15] ^= 1 }, `record 1 (file 00000000000000000001.events byte 192, stream "shipment-0" revision 0)`},
		"a record's length": {func(b []byte) { b[128+64+1] ^= 1 }, `record 1 (file 00000000000000000001.events byte 192)`},
		"a group's header":  {func(b []byte) { b[128+9] ^= 1 }, `record 1 (file 00000000000000000001.events byte 128)`},
		"a group's hash":    {func(b []byte) { b[128+40] ^= 1 }, `record 1 (file 00000000000000000001.events byte 128)`},
		"the file's header": {func(b []byte) { b[100] ^= 1 }, `file 00000000000000000001.events byte 0`},
		"the unused end":    {func(b []byte) { b[len(b)-1] ^= 1 }, `file 00000000000000000001.events byte`},
		"the second half":   {func(b []byte) { clear(b[len(b)/2:]) }, `file 00000000000000000001.events byte`},
	} {
		t.Run(name, func(t *testing.T) {
			disk, want := filled(t, true)
			s, err := embedded.Open("data", tiny(disk))
			require.NoError(t, err)
			first := segmentFiles(t, disk)[0]
			b := readFile(t, disk, first)
			c.damage(b)
			f, err := disk.OpenReadWrite(first, vfs.WriteCategoryUnspecified)
			require.NoError(t, err)
			_, err = f.WriteAt(b, 0)
			require.NoError(t, err)
			require.NoError(t, f.Close())

			var places []string
			checked, err := s.Verify(t.Context(), func(d *embedded.Corrupt) {
				places = append(places, d.Place)
				require.False(t, d.Index, d)
			})
			var damage *embedded.Corrupt
			require.ErrorAs(t, err, &damage)
			require.Contains(t, strings.Join(places, "\n"), c.place)
			require.EqualValues(t, len(places), checked.Damages)
			require.EqualValues(t, 10, checked.Streams)
			got, err := readWhole(t, s)
			requireBegins(t, want, got)
			if err == nil {
				require.Equal(t, want, got)
			}
			require.NoError(t, s.Close())
		})
	}
}

func TestVerifyFindsStrangeFiles(t *testing.T) {
	disk, _ := filled(t, true)
	writeFile(t, disk, "data/notes.txt", []byte("x"))
	s, err := embedded.Open("data", tiny(disk))
	require.NoError(t, err)
	_, err = s.Verify(t.Context(), nil)
	var damage *embedded.Corrupt
	require.ErrorAs(t, err, &damage)
	require.Equal(t, "file notes.txt", damage.Place)
	require.NoError(t, s.Close())
}
