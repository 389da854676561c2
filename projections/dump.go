package projections

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Dump writes every table in one canonical text form, rows in order of primary
// key: two files with the same content give the same bytes. Who works on the
// file is no content.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	// One transaction, so that the tables belong together.
	tx, err := d.reader.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("dump %s: %w", d.path, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	out := bufio.NewWriter(w)
	tables, err := column(ctx, tx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'lease' ORDER BY name")
	if err != nil {
		return fmt.Errorf("dump %s: %w", d.path, err)
	}
	for _, table := range tables {
		if err := dumpTable(ctx, tx, out, table); err != nil {
			return fmt.Errorf("dump table %s of %s: %w", table, d.path, err)
		}
	}
	return out.Flush()
}

func dumpTable(ctx context.Context, tx *sql.Tx, out *bufio.Writer, table string) (err error) {
	keys, err := column(ctx, tx, "SELECT name FROM pragma_table_info('"+table+"') WHERE pk > 0 ORDER BY pk")
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errors.New("it has no primary key")
	}
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+table+" ORDER BY "+strings.Join(keys, ", "))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		line := append([]byte(nil), table...)
		for i, v := range values {
			line = append(line, '\t')
			line = append(line, columns[i]...)
			line = append(line, '=')
			line = appendValue(line, v)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return rows.Err()
}

func appendValue(line []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(line, "NULL"...)
	case int64:
		return strconv.AppendInt(line, v, 10)
	case string:
		return strconv.AppendQuote(line, v)
	case []byte:
		return hex.AppendEncode(append(line, "x'"...), v)
	}
	return fmt.Appendf(line, "%T(%v)", v, v) // a type that no table of ours has shows up
}

func column(ctx context.Context, tx *sql.Tx, query string) (names []string, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
