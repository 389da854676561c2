package sandboxerp

// The extract's order (number, document, ref, entry) falls out of two b-trees
// without sorting: documents_by_number gives the documents, and entries are
// clustered by document and ref. An entry's id begins with its document's (see
// entryID), which spares an index of entries by id. Instants are microseconds since 1970 in UTC,
// amounts are thousandths.
const schema = `
CREATE TABLE IF NOT EXISTS customers (
	code          TEXT PRIMARY KEY,
	name          TEXT    NOT NULL,
	terms_days    INTEGER NOT NULL,
	credit_status TEXT    NOT NULL,
	active        INTEGER NOT NULL,
	currency      TEXT    NOT NULL,
	updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS customer_taxes (
	code TEXT PRIMARY KEY,
	tax  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS accounts (
	code TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	type TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS periods (
	period TEXT PRIMARY KEY,
	status TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS documents (
	id          INTEGER PRIMARY KEY,
	number      TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	customer    TEXT    NOT NULL,
	date        TEXT    NOT NULL,
	period      TEXT    NOT NULL,
	currency    TEXT    NOT NULL,
	due_date    TEXT    NOT NULL,
	reference   TEXT    NOT NULL,
	booked_at   INTEGER NOT NULL,
	modified_at INTEGER,
	entries     INTEGER NOT NULL -- how many entry ids it ever gave out
) STRICT;

CREATE INDEX IF NOT EXISTS documents_by_number ON documents (number, id, period);

CREATE TABLE IF NOT EXISTS entries (
	document    INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
	ref         TEXT    NOT NULL,
	id          INTEGER NOT NULL,
	account     TEXT    NOT NULL,
	debit       INTEGER NOT NULL,
	credit      INTEGER NOT NULL,
	memo        TEXT    NOT NULL,
	booked_at   INTEGER, -- NULL: with its document
	modified_at INTEGER,
	PRIMARY KEY (document, ref, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS receipts (
	n          INTEGER PRIMARY KEY,
	document   INTEGER NOT NULL,
	customer   TEXT    NOT NULL,
	invoice    TEXT    NOT NULL,
	amount     INTEGER NOT NULL,
	currency   TEXT    NOT NULL,
	date       TEXT    NOT NULL,
	reference  TEXT    NOT NULL,
	remittance TEXT    NOT NULL,
	booked_at  INTEGER NOT NULL
) STRICT;

-- Of receipts that are not booked on the first bank account.
CREATE TABLE IF NOT EXISTS receipt_accounts (
	n       INTEGER PRIMARY KEY,
	account TEXT    NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS autopaid (
	invoice TEXT    PRIMARY KEY,
	receipt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last one given out, so that deleting a document never frees its id.
CREATE TABLE IF NOT EXISTS counters (
	name  TEXT    PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value)
VALUES ('document', 0), ('receipt', 0), ('autopaid', 0)
ON CONFLICT DO NOTHING;

INSERT INTO accounts (code, name, type)
VALUES
	('1000', 'Bank',                    'asset'),
	('1200', 'Accounts receivable',     'asset'),
	('1250', 'Unbilled receivables',    'asset'),
	('2100', 'Unapplied cash',          'liability'),
	('2110', 'Refunds payable',         'liability'),
	('2200', 'Sales tax payable',       'liability'),
	('4010', 'Freight revenue',         'revenue'),
	('4020', 'Insurance revenue',       'revenue'),
	('4030', 'Fuel surcharge revenue',  'revenue'),
	('4040', 'Accessorial revenue',     'revenue'),
	('4090', 'Accrued revenue',         'revenue'),
	('4190', 'Accrual variance',        'revenue'),
	('4900', 'Credits and allowances',  'contra-revenue'),
	('6010', 'Bad debt',                'expense'),
	('6020', 'Small balances',          'expense')
ON CONFLICT DO NOTHING;

PRAGMA user_version = 1;
`

// entriesOfOne bounds the entry ids of one document.
const entriesOfOne = 100_000

// entryID names the n-th entry that a document was given, counting from 1.
func entryID(document, n int64) int64 { return document*entriesOfOne + n }

// documentOf finds the document an entry was given to.
func documentOf(entry int64) int64 { return entry / entriesOfOne }
