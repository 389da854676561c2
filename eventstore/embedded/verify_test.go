package embedded_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/embedded"
)

// raw lets a test write to the engine behind the store's back.
func raw(t *testing.T, disk vfs.FS, change func(db *pebble.DB)) {
	t.Helper()
	db, err := pebble.Open("data", &pebble.Options{FS: disk, FormatMajorVersion: pebble.FormatTableFormatV6, Logger: bareLog{}})
	require.NoError(t, err)
	change(db)
	require.NoError(t, db.Close())
}

// TestVerifyFindsEveryDamage plants one damage of each kind that checksums of
// files cannot show, and expects its place to be named.
func TestVerifyFindsEveryDamage(t *testing.T) {
	const stream = "s/\x00\x0ashipment-3\x00\x00\x00\x00\x00\x00\x00"
	record := func(n byte) []byte { return []byte("e/\x00\x00\x00\x00\x00\x00\x00" + string(n)) }
	set := func(db *pebble.DB, key, value []byte) { require.NoError(t, db.Set(key, value, pebble.Sync)) }
	del := func(db *pebble.DB, key []byte) { require.NoError(t, db.Delete(key, pebble.Sync)) }
	get := func(db *pebble.DB, key []byte) []byte {
		value, closer, err := db.Get(key)
		require.NoError(t, err)
		defer closer.Close()
		return append([]byte(nil), value...)
	}
	for name, c := range map[string]struct {
		damage func(db *pebble.DB)
		place  string
	}{
		"a record is missing": {func(db *pebble.DB) { del(db, record(7)) }, "record 7"},
		"records are swapped": {func(db *pebble.DB) {
			a, b := get(db, record(7)), get(db, record(8))
			set(db, record(7), b)
			set(db, record(8), a)
		}, "record 7"},
		"a record is altered":        {func(db *pebble.DB) { v := get(db, record(9)); v[len(v)-2] ^= 1; set(db, record(9), v) }, "record 9"},
		"a record is short":          {func(db *pebble.DB) { set(db, record(9), []byte("short")) }, "record 9"},
		"an index entry is missing":  {func(db *pebble.DB) { del(db, []byte(stream+"\x04")) }, `stream "shipment-3" revision 4`},
		"the first entry is missing": {func(db *pebble.DB) { del(db, []byte(stream+"\x00")) }, `stream "shipment-3" revision 0`},
		"the last entry is missing":  {func(db *pebble.DB) { del(db, []byte(stream+"\x1d")) }, `stream "shipment-3" revision 29`},
		"an entry points elsewhere":  {func(db *pebble.DB) { set(db, []byte(stream+"\x04"), record(50)[2:]) }, `stream "shipment-3" revision 4`},
		"an entry points nowhere":    {func(db *pebble.DB) { set(db, []byte(stream+"\x04"), make([]byte, 8)) }, "record 0"},
		"an entry has no number":     {func(db *pebble.DB) { set(db, []byte(stream+"\x04"), []byte("7")) }, `stream "shipment-3" revision 4`},
		"an entry too many":          {func(db *pebble.DB) { set(db, []byte(stream+"\x1e"), record(50)[2:]) }, `stream "shipment-3" revision 30`},
		"a broken entry":             {func(db *pebble.DB) { set(db, []byte("s/\x00\x99x"), record(50)[2:]) }, "the index"},
		"an unknown key":             {func(db *pebble.DB) { set(db, []byte("x"), []byte("y")) }, `key "x"`},
		"an unknown setting":         {func(db *pebble.DB) { set(db, []byte("m/other"), []byte("y")) }, `key "m/other"`},
	} {
		t.Run(name, func(t *testing.T) {
			disk, _ := filled(t, true)
			raw(t, disk, c.damage)
			s, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent})
			require.NoError(t, err)
			var places []string
			checked, err := s.Verify(t.Context(), func(d *embedded.Corrupt) { places = append(places, d.Place) })
			var damage *embedded.Corrupt
			require.ErrorAs(t, err, &damage)
			require.Equal(t, places[0], damage.Place)
			require.Contains(t, places, c.place)
			require.EqualValues(t, len(places), checked.Damages)
			require.NoError(t, s.Close())
		})
	}
}
