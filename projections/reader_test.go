package projections

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// numbers is a file with a table of the numbers 1 to 100.
func numbers(t *testing.T) *DB {
	t.Helper()
	db, err := OpenDB(t.Context(), filepath.Join(t.TempDir(), "numbers.db"), Layout{Name: "numbers", Statements: []string{
		"CREATE TABLE numbers (n INTEGER PRIMARY KEY)",
		"INSERT INTO numbers WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 100) SELECT n FROM up",
	}}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// list asks for numbers, with the names of the columns.
func list(ctx context.Context, r *Reader, query string, args ...any) (columns []string, all [][]any, err error) {
	rows, err := r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		all = append(all, row)
	}
	return columns, all, rows.Err()
}

func TestAStatementThatIsKeptWorksOnTablesThatWereMadeAnew(t *testing.T) {
	// Given statements that a file has kept, of queries and of its transactions
	db := numbers(t)
	const query = "SELECT * FROM numbers ORDER BY n LIMIT +?"
	first := func() (n int64) {
		require.NoError(t, db.write(t.Context(), func(tx *Tx) error {
			_, err := tx.Row("SELECT n FROM numbers ORDER BY n", nil, &n)
			return err
		}))
		return n
	}
	columns, all, err := list(t.Context(), db.Read(), query, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"n"}, columns)
	require.Equal(t, [][]any{{int64(1)}, {int64(2)}}, all)
	require.EqualValues(t, 1, first())

	// When another process makes the table anew, with other columns
	other, err := sql.Open("sqlite", source(db.path))
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), "BEGIN; DROP TABLE numbers; CREATE TABLE numbers (word TEXT, n INTEGER PRIMARY KEY); INSERT INTO numbers VALUES ('seven', 7); COMMIT")
	require.NoError(t, err)
	require.NoError(t, other.Close())

	// Then they answer from the new one
	columns, all, err = list(t.Context(), db.Read(), query, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"word", "n"}, columns)
	require.Equal(t, [][]any{{"seven", int64(7)}}, all)
	require.EqualValues(t, 7, first())

	// And when it is dropped, they say so, and work again once it is back
	require.NoError(t, db.write(t.Context(), func(tx *Tx) error { return tx.Exec("ALTER TABLE numbers RENAME TO away") }))
	_, _, err = list(t.Context(), db.Read(), query, 2)
	require.ErrorContains(t, err, "no such table")
	require.NoError(t, db.write(t.Context(), func(tx *Tx) error { return tx.Exec("ALTER TABLE away RENAME TO numbers") }))
	_, all, err = list(t.Context(), db.Read(), query, 2)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Len(t, db.reader.stmts, 1)
}

func TestAQueryThatBrokeOffCanBeAskedAgain(t *testing.T) {
	db := numbers(t)

	// Given one that was left in the middle
	const query = "SELECT n FROM numbers WHERE n > ? ORDER BY n"
	rows, err := db.Read().QueryContext(t.Context(), query, 10)
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())

	// And one whose context ended while it ran, as it would have for ever
	const long = "WITH RECURSIVE up (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM up WHERE i < ?) SELECT count(*) FROM up"
	var n int
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	require.Error(t, db.Read().QueryRowContext(short, long, int64(1)<<60).Scan(&n))

	// And one that was given too few values
	_, _, err = list(t.Context(), db.Read(), query)
	require.Error(t, err)

	// When they are asked again, then they answer from the beginning
	_, all, err := list(t.Context(), db.Read(), query, 97)
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(98)}, {int64(99)}, {int64(100)}}, all)
	require.NoError(t, db.Read().QueryRowContext(t.Context(), long, 5).Scan(&n))
	require.Equal(t, 5, n)
}

func TestNoMoreStatementsAreKeptThanTheBound(t *testing.T) {
	db := numbers(t)
	for round := range 2 {
		for i := range maxStatements + 10 {
			var n int
			require.NoError(t, db.Read().QueryRowContext(t.Context(), fmt.Sprintf("SELECT n + %d FROM numbers WHERE n = ?", i), 1).Scan(&n), "round %d", round)
			require.Equal(t, i+1, n)
		}
	}
	require.Len(t, db.reader.stmts, maxStatements)

	_, err := db.Read().QueryContext(t.Context(), "SELECT nonsense")
	require.ErrorContains(t, err, "nonsense", "what cannot be prepared is refused with SQLite's reason")
}

func TestOneStatementIsAskedByManyAtOnce(t *testing.T) {
	db := numbers(t)
	const outer, inner = "SELECT n FROM numbers WHERE n > ? ORDER BY n", "SELECT count(*) FROM numbers WHERE n <= ?"
	var all sync.WaitGroup
	for asker := range readers / 2 { // each has two queries open
		all.Go(func() {
			for i := range 20 {
				from := 10*asker + i
				rows, err := db.Read().QueryContext(t.Context(), outer, from)
				if err != nil {
					t.Error(err)
					return
				}
				for want := from + 1; rows.Next(); want++ {
					var n, count int
					if err := rows.Scan(&n); err != nil || n != want {
						t.Errorf("%d is not %d: %v", n, want, err)
					}
					if err := db.Read().QueryRowContext(t.Context(), inner, n).Scan(&count); err != nil || count != n {
						t.Errorf("%d up to %d: %v", count, n, err)
					}
				}
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Len(t, db.reader.stmts, 2)
}

func TestClosingAFileEndsAllUseOfIt(t *testing.T) {
	// Given a file with statements kept on several connections, one in use
	db := numbers(t)
	const query = "SELECT n FROM numbers"
	var open []*sql.Rows
	for range readers {
		rows, err := db.Read().QueryContext(t.Context(), query)
		require.NoError(t, err)
		open = append(open, rows)
	}
	require.Equal(t, readers, db.reader.pool.Stats().OpenConnections)
	for _, rows := range open[1:] {
		require.NoError(t, rows.Close())
	}

	// When it is closed, and the last query ends
	require.NoError(t, db.Close())
	_, _, err := list(t.Context(), db.Read(), query)
	require.ErrorContains(t, err, "closed")
	require.NoError(t, open[0].Close())

	// Then nobody has it: only who is alone can change its mode
	require.Zero(t, db.reader.pool.Stats().OpenConnections)
	require.NoError(t, standAlone(t.Context(), db.path))
}
