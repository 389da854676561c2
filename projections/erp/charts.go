package erp

import (
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections"
)

// adopt keeps a version of the chart, in the order of the history.
func (o *Outbox) adopt(tx *projections.Tx, e domain.ChartAdopted) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep chart version %s: %w", e.Terms.Version, err)
	}
	if err := tx.Exec("INSERT INTO charts (n, body) VALUES (?, ?)", o.charts.Adopted()+1, body); err != nil {
		return err
	}
	o.charts = o.charts.With(e)
	return nil
}

// loadCharts sees to it that the charts in memory are those of the file: it may
// have gone on by another process, and a transaction that was undone has not.
func (o *Outbox) loadCharts(tx *projections.Tx) error {
	var n int
	if _, err := tx.Row("SELECT count(*) FROM charts", nil, &n); err != nil || n == o.charts.Adopted() {
		return err
	}
	o.charts = domain.Charts{}
	return tx.Rows("SELECT body FROM charts ORDER BY n", nil, func(scan func(...any) error) (bool, error) {
		var body []byte
		if err := scan(&body); err != nil {
			return false, err
		}
		var e domain.ChartAdopted
		if err := json.Unmarshal(body, &e); err != nil {
			return false, fmt.Errorf("read the outbox's charts: %w", err)
		}
		o.charts = o.charts.With(e)
		return true, nil
	})
}

// memory keeps in the file what later documents hang on.
type memory struct{ tx *projections.Tx }

func (m memory) Recall(key string) (value []byte, err error) {
	_, err = m.tx.Row("SELECT value FROM booked WHERE key = ?", []any{key}, &value)
	return value, err
}

func (m memory) Keep(key string, value []byte) error {
	if value == nil {
		return m.tx.Exec("DELETE FROM booked WHERE key = ?", key)
	}
	return m.tx.Exec("INSERT OR REPLACE INTO booked (key, value) VALUES (?, ?)", key, value)
}
