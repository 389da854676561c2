package views

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// BankAccount is an account that was adopted.
type BankAccount struct {
	Account domain.BankAccountID `json:"account"`
	Terms   []domain.BankTerms   `json:"terms"`  // by their first day
	Payers  []domain.KnownPayer  `json:"payers"` // whom it knows
}

// BankStatement is a statement that was taken in.
type BankStatement struct {
	domain.StatementTaken
	Gap   string    `json:"gap,omitempty"` // what is missing before it
	Taken time.Time `json:"taken"`
}

// Movement is money that was seen, and what became of it.
type Movement struct {
	domain.MovementNoted
	Assigned domain.CustomerID  `json:"assigned,omitempty"`
	End      domain.MovementEnd `json:"end,omitempty"` // "" while somebody has to see to it
	Payment  domain.PaymentID   `json:"payment,omitempty"`
	Ended    string             `json:"ended,omitempty"` // why
	By       string             `json:"by,omitempty"`
	Recorded time.Time          `json:"recorded"`
}

type banking struct{ plain }

func (banking) Name() string { return "banking" }
func (banking) Version() int { return 1 }

func (banking) Schema() []string {
	return []string{"CREATE TABLE bank_accounts (account TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
		`CREATE TABLE bank_statements (account TEXT NOT NULL, year TEXT NOT NULL, sequence INTEGER NOT NULL, page TEXT NOT NULL, message TEXT NOT NULL, statement TEXT NOT NULL,
	body TEXT NOT NULL, taken TEXT NOT NULL, PRIMARY KEY (account, year, sequence, page, message, statement)) WITHOUT ROWID`,
		`CREATE TABLE movements (id TEXT PRIMARY KEY, account TEXT NOT NULL, booked TEXT NOT NULL, body TEXT NOT NULL, assigned TEXT NOT NULL, ending TEXT NOT NULL,
	payment TEXT NOT NULL, reason TEXT NOT NULL, decided_by TEXT NOT NULL, recorded TEXT NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX movements_open ON movements (id) WHERE ending = ''"}
}

func (p banking) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch m := e.Event.(type) {
	case domain.BankAccountAdopted:
		return p.account(tx, m.Account, m)
	case domain.PayerAttributed:
		return p.account(tx, m.Account, m)
	case domain.StatementTaken:
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return tx.Exec("INSERT OR REPLACE INTO bank_statements VALUES (?,?,?,?,?,?,?,?)", string(m.Account), m.Year, m.Sequence, m.Page, string(m.Message), m.Statement,
			string(body), instant(e.Meta.RecordedAt))
	case domain.MovementNoted:
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return tx.Exec("INSERT OR REPLACE INTO movements VALUES (?,?,?,?,'','','','','',?)", string(m.Movement), string(m.Account), string(m.BookedBy), string(body), instant(e.Meta.RecordedAt))
	case domain.MovementAssigned:
		return tx.Exec("UPDATE movements SET assigned = ?, decided_by = ? WHERE id = ?", string(m.Customer), m.By, string(m.Movement))
	case domain.MovementEnded:
		return tx.Exec("UPDATE movements SET ending = ?, payment = ?, reason = ?, decided_by = CASE ? WHEN '' THEN decided_by ELSE ? END WHERE id = ?",
			string(m.End), string(m.Payment), m.Reason, m.By, m.By, string(m.Movement))
	}
	return nil
}

// account folds an account's terms and payers; they are few.
func (banking) account(tx *projections.Tx, id domain.BankAccountID, e domain.Event) error {
	var body string
	var state domain.BankAccount
	if found, err := tx.Row("SELECT state FROM bank_accounts WHERE account = ?", []any{string(id)}, &body); err != nil {
		return err
	} else if found {
		if err := json.Unmarshal([]byte(body), &state); err != nil {
			return err
		}
	}
	after, err := json.Marshal(state.Evolve(e))
	if err != nil {
		return err
	}
	return tx.Exec("INSERT OR REPLACE INTO bank_accounts VALUES (?,?)", string(id), string(after))
}

// BankAccounts lists the accounts that were adopted, in order of their number.
func (v *Views) BankAccounts(ctx context.Context) ([]BankAccount, error) {
	return selectAll(ctx, v.db, func(r row) (a BankAccount, err error) {
		var body string
		if err = r.Scan(&a.Account, &body); err != nil {
			return a, err
		}
		var state domain.BankAccount
		err = json.Unmarshal([]byte(body), &state)
		a.Terms, a.Payers = state.Terms, state.Payers
		if a.Payers == nil {
			a.Payers = []domain.KnownPayer{}
		}
		return a, err
	}, "SELECT * FROM bank_accounts ORDER BY account")
}

// BankStatements lists what was taken in of an account, or of all (""), by
// account, year and sequence, and names what is missing between them.
func (v *Views) BankStatements(ctx context.Context, account domain.BankAccountID) ([]BankStatement, error) {
	all, err := selectAll(ctx, v.db, func(r row) (s BankStatement, err error) {
		var body string
		if err = r.Scan(&body, when{&s.Taken}); err != nil {
			return s, err
		}
		return s, json.Unmarshal([]byte(body), &s.StatementTaken)
	}, "SELECT body, taken FROM bank_statements WHERE ? = '' OR account = ?", string(account), string(account))
	slices.SortFunc(all, func(a, b BankStatement) int { return domain.CompareStatements(a.StatementTaken, b.StatementTaken) })
	for i := 1; i < len(all); i++ {
		if all[i-1].Account == all[i].Account {
			all[i].Gap = domain.Gap(all[i-1].StatementTaken, all[i].StatementTaken)
		}
	}
	return all, err
}

// MovementFilter narrows a list; empty fields do not.
type MovementFilter struct {
	Page
	Account domain.BankAccountID
	Open    bool // only those that are not dealt with
	Booked  bool // of these, only what the other source books and no payment was matched with
}

const selectMovements = "SELECT body, assigned, ending, payment, reason, decided_by, recorded FROM movements "

// Movements lists movements in order of id.
func (v *Views) Movements(ctx context.Context, f MovementFilter) ([]Movement, error) {
	return selectAll(ctx, v.db, scanMovement, selectMovements+`WHERE id > ? AND (? = '' OR account = ?) AND (NOT ? OR ending = '')
		AND (NOT ? OR booked <> '' AND NOT EXISTS (SELECT 1 FROM payments WHERE match = movements.id)) ORDER BY id LIMIT +?`,
		f.After, string(f.Account), string(f.Account), f.Open, f.Booked, f.limit())
}

// Movement finds one; false when it is not known.
func (v *Views) Movement(ctx context.Context, id domain.MovementID) (Movement, bool, error) {
	return selectOne(ctx, v.db, scanMovement, selectMovements+"WHERE id = ?", string(id))
}

func scanMovement(r row) (m Movement, err error) {
	var body string
	if err = r.Scan(&body, &m.Assigned, &m.End, &m.Payment, &m.Ended, &m.By, when{&m.Recorded}); err != nil {
		return m, err
	}
	return m, json.Unmarshal([]byte(body), &m.MovementNoted)
}

// maxCandidates bounds the payments among which one is to be recognised.
const maxCandidates = 100

// Unmatched lists received payments of an amount on an account of the general
// ledger that no movement was matched with: what statements brought (own), or
// what the ERP booked.
func (v *Views) Unmatched(ctx context.Context, gl domain.Account, amount money.Money, own bool) ([]Payment, error) {
	return selectAll(ctx, v.db, scanPayment, `SELECT * FROM payments WHERE status = 'received' AND match = '' AND gl = ? AND currency = ? AND received = ?
		AND (account <> '') = ? ORDER BY date, id LIMIT +?`, string(gl), string(amount.Currency()), stored(amount), own, maxCandidates)
}

// AdviceOf finds the remittance that announced a payment.
func (v *Views) AdviceOf(ctx context.Context, payment domain.PaymentID) (Payment, bool, error) {
	return selectOne(ctx, v.db, scanPayment, "SELECT * FROM payments WHERE advises = ? AND advises <> ''", string(payment))
}

// Advices lists remittances of an amount whose cash was not recognised yet.
func (v *Views) Advices(ctx context.Context, amount money.Money) ([]Payment, error) {
	return selectAll(ctx, v.db, scanPayment, `SELECT * FROM payments WHERE status = 'announced' AND hold = '' AND currency = ? AND announced = ? ORDER BY date, id LIMIT +?`,
		string(amount.Currency()), stored(amount), maxCandidates)
}

// LastFromERP finds the latest receipt that the ERP booked on an account of the
// general ledger.
func (v *Views) LastFromERP(ctx context.Context, gl domain.Account, currency money.Currency) (Payment, bool, error) {
	return selectOne(ctx, v.db, scanPayment, "SELECT * FROM payments WHERE status IN ('received', 'reversed') AND gl = ? AND currency = ? AND account = '' ORDER BY date DESC, id LIMIT 1",
		string(gl), string(currency))
}
