package domain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/freightledger/freightledger/domain/money"
)

// Charts are the versions of all charts that a history has adopted so far, in
// its order: what a document's accounts are chosen by. The zero Charts have the
// built-in chart alone.
//
// Whoever wants to know the accounts of documents follows the history from its
// beginning, adds each adoption by [Charts.With] and asks [Charts.Book] for
// every other event. So all who do come to the same accounts, each on its own.
type Charts struct {
	versions []indexedChart
}

// indexedChart finds rows by role.
type indexedChart struct {
	ChartVersion
	rows map[Role][]int
}

func indexed(v ChartVersion) indexedChart {
	x := indexedChart{v, map[Role][]int{}}
	for i, row := range v.Rows {
		x.rows[row.Role] = append(x.rows[row.Role], i)
	}
	return x
}

// builtIn never changes.
var builtIn = indexed(BuiltInChart())

// With are the charts after an adoption.
func (c Charts) With(e ChartAdopted) Charts {
	return Charts{append(slices.Clip(c.versions), indexed(e.Terms))}
}

// Adopted is how many versions were adopted.
func (c Charts) Adopted() int { return len(c.versions) }

// version is one by its number in order of adoption, from 1.
func (c Charts) version(n int) indexedChart {
	if n < 1 || n > len(c.versions) {
		return builtIn
	}
	return c.versions[n-1]
}

// on is the version in force for an issuer on a civil date: of its own chart's
// versions that begin by then, the one that begins last; else of the default
// chart's.
func (c Charts) on(date, issuer string) int {
	own, common := 0, 0
	for i, v := range c.versions {
		if v.From > date {
			continue
		}
		if issuer != "" && v.Chart == issuer && (own == 0 || v.From > c.version(own).From) {
			own = i + 1
		}
		if v.Chart == DefaultChart && (common == 0 || v.From > c.version(common).From) {
			common = i + 1
		}
	}
	if own > 0 {
		return own
	}
	return common
}

// Memory is where what later documents hang on is kept from event to event: by
// which versions invoices, receipts, write-offs and accruals were booked. There
// is nothing to keep while the built-in chart is the only one.
type Memory interface {
	// Recall gives what was kept last under a key, nil when nothing is.
	Recall(key string) ([]byte, error)
	// Keep keeps it; nil forgets.
	Keep(key string, value []byte) error
}

// MapMemory is a Memory that ends with the process.
type MapMemory map[string]string

func (m MapMemory) Recall(key string) ([]byte, error) {
	if v, ok := m[key]; ok {
		return []byte(v), nil
	}
	return nil, nil
}

func (m MapMemory) Keep(key string, value []byte) error {
	if value == nil {
		delete(m, key)
	} else {
		m[key] = string(value)
	}
	return nil
}

// Book gives an event's document with its accounts; false when it means nothing
// to the books. Events come in the order of the history, each once.
//
// A document is booked by the version that is in force on its date, of its
// issuer's chart or else of the default one, as far as it is adopted by then. What hangs on another document goes by that one's: a void,
// a credit and cash by the invoice's, a bounced payment by the receipt's, a
// write-off's reversal by the write-off's, and an accrual that is reversed or
// corrected by the one it was accrued by. So nothing is left on an account that
// a newer version does not name.
func (c Charts) Book(e Event, m Memory) (Document, bool, error) {
	var by chosen
	if len(c.versions) > 0 {
		var err error
		if by, err = (booking{c, m}).choose(e); err != nil {
			return Document{}, false, fmt.Errorf("choose the accounts of %s: %w", e.EventType(), err)
		}
	}
	d, ok := compose(e, by)
	if !ok {
		return d, false, nil
	}
	for i := range d.Entries {
		e := &d.Entries[i]
		if e.Account != "" {
			continue
		}
		chart := c.version(e.version)
		e.Chart = chart.Version
		e.Account, e.Row = chart.account(*e)
	}
	return d, true, nil
}

// account is what the first row gives that an entry fits.
func (x indexedChart) account(e Entry) (Account, int) {
	is := ChartRow{Role: e.Role, Kind: e.Kind, Code: e.Code, Unit: e.Unit, Origin: e.Origin, Destination: e.Destination, Jurisdiction: e.Jurisdiction}
	for _, i := range x.rows[e.Role] {
		if x.Rows[i].covers(is) {
			return x.Rows[i].Account, i + 1
		}
	}
	// The last row of a role has no conditions, so there is one. A version that
	// an event holds and Check does not pass was never decided here.
	return "", 0
}

// booking chooses the versions of one document and remembers them.
type booking struct {
	Charts
	Memory
}

func (b booking) choose(e Event) (by chosen, err error) {
	switch e := e.(type) {
	case RevenueAccrued:
		by.own = b.on(e.Date, e.Issuer)
		by.accruals = make([][]accrued, len(e.Lines))
		for i, line := range e.Lines {
			if by.accruals[i], err = b.accrue(accrualKey(e.Shipment, line.Charge), line, by.own); err != nil {
				return by, err
			}
		}
	case InvoiceIssued:
		by.own = b.on(e.IssueDate, e.Candidate.Issuer)
		by.accruals, err = b.issue(e, by.own)
	case InvoiceVoided:
		by, err = b.void(e)
	case CreditIssued:
		by.invoice, err = b.recall(invoiceKey(e.Invoice))
	case PaymentReceived:
		by.own = b.on(e.Date, "") // whose it is, its invoices tell only later
		err = b.keep(paymentKey(e.Payment), by.own)
	case PaymentReversed:
		by.payment, err = b.recall(paymentKey(e.Payment))
	case PaymentRefunded:
		by.own = b.on(e.Date, "")
		by.payment, err = b.recall(paymentKey(e.Payment))
	case PaymentApplied:
		by, err = b.application(e.Invoice, e.Payment)
	case PaymentUnapplied:
		by, err = b.application(e.Invoice, e.Payment)
	case CashReleased:
		by, err = b.application(e.Invoice, e.Payment)
	case WrittenOff:
		if by.invoice, err = b.recall(invoiceKey(e.Invoice)); err == nil {
			by.own = b.on(e.Date, b.version(by.invoice).Chart)
			err = b.keep(writeOffKey(e.Invoice, e.WriteOff), by.own)
		}
	case WriteOffReversed:
		if by.invoice, err = b.recall(invoiceKey(e.Invoice)); err == nil {
			by.own, err = b.recall(writeOffKey(e.Invoice, e.WriteOff))
		}
	}
	return by, err
}

func (b booking) application(invoice InvoiceID, payment PaymentID) (by chosen, err error) {
	if by.invoice, err = b.recall(invoiceKey(invoice)); err != nil {
		return by, err
	}
	by.payment, err = b.recall(paymentKey(payment))
	return by, err
}

// Keys of the memory. No identifier holds a space.
func accrualKey(s ShipmentID, c ChargeID) string    { return "accrued " + string(s) + " " + string(c) }
func invoiceKey(id InvoiceID) string                { return "invoice " + string(id) }
func reversedKey(id InvoiceID) string               { return "reversed " + string(id) }
func paymentKey(id PaymentID) string                { return "payment " + string(id) }
func writeOffKey(id InvoiceID, write string) string { return "write-off " + string(id) + " " + write }

// recall gives a version that was kept, 0 when none was.
func (b booking) recall(key string) (int, error) {
	text, err := b.Recall(key)
	if err != nil || text == nil {
		return 0, err
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return 0, fmt.Errorf("what was kept as %s: %w", key, err)
	}
	return n, nil
}

// keep keeps a version; the built-in one goes without saying.
func (b booking) keep(key string, version int) error {
	if version == 0 {
		return nil
	}
	return b.Keep(key, []byte(strconv.Itoa(version)))
}

func (b booking) recallParts(key string, into any) error {
	text, err := b.Recall(key)
	if err != nil || text == nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("what was kept as %s: %w", key, err)
	}
	return nil
}

func (b booking) keepParts(key string, parts any, none bool) error {
	if none {
		return b.Keep(key, nil)
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	return b.Keep(key, text)
}

// accrue says by which versions a line is accrued, or an accrual taken back:
// what was accrued last goes first. Of what the built-in chart accrued nothing
// is kept: it is what the parts that are kept do not explain.
func (b booking) accrue(key string, line AccrualLine, version int) ([]accrued, error) {
	var held []accrued
	if err := b.recallParts(key, &held); err != nil {
		return nil, err
	}
	var posted []accrued
	if grows(line) {
		posted = []accrued{{version, line.Amount}}
		held = together(held, posted)
	} else {
		rest := line.Amount
		for n := len(held) - 1; n >= 0 && !rest.IsZero(); n-- {
			back := held[n].Amount.Neg()
			if rest.Amount().Abs().LessThan(back.Amount().Abs()) {
				back = rest
			}
			posted = append(posted, accrued{held[n].Version, back})
			// All in the shipment's one currency, so neither can fail.
			var err error
			if held[n].Amount, err = held[n].Amount.Add(back); err != nil {
				return nil, err
			}
			if rest, err = rest.Sub(back); err != nil {
				return nil, err
			}
		}
		posted = append(posted, accrued{0, rest}) // none is posted of nothing
		held = slices.DeleteFunc(held, func(a accrued) bool { return a.Amount.IsZero() })
	}
	return posted, b.keepParts(key, held, len(held) == 0)
}

// grows tells an accrual from one that takes something back: a discount's are
// negative.
func grows(line AccrualLine) bool { return line.Amount.IsNegative() == (line.Kind == Discount) }

// together adds parts to parts, the built-in chart's left out.
func together(held, more []accrued) []accrued {
	for _, a := range more {
		if a.Version == 0 {
			continue
		}
		i := slices.IndexFunc(held, func(h accrued) bool { return h.Version == a.Version })
		if i < 0 {
			held = append(held, a)
			continue
		}
		// All in the shipment's one currency, so Add cannot fail.
		if sum, err := held[i].Amount.Add(a.Amount); err == nil {
			held[i].Amount = sum
		}
	}
	return held
}

// issue takes up the accruals that an invoice reverses. What its void is to
// bring back is kept where it is not all by the invoice's own version.
func (b booking) issue(e InvoiceIssued, version int) ([][]accrued, error) {
	all := make([][]accrued, len(e.Lines))
	otherwise := map[int][]accrued{}
	for i, line := range e.Lines {
		if !line.Accrued.IsSet() || line.Accrued.IsZero() {
			continue
		}
		key := accrualKey(line.Shipment, line.Charge)
		var parts []accrued
		if err := b.recallParts(key, &parts); err != nil {
			return nil, err
		}
		if parts != nil {
			if err := b.Keep(key, nil); err != nil {
				return nil, err
			}
		}
		parts, err := explained(parts, line.Accrued)
		if err != nil {
			return nil, err
		}
		all[i] = parts
		if len(parts) != 1 || parts[0].Version != version {
			otherwise[i] = parts
		}
	}
	if len(otherwise) > 0 {
		if err := b.keepParts(reversedKey(e.Invoice), otherwise, false); err != nil {
			return nil, err
		}
	}
	return all, b.keep(invoiceKey(e.Invoice), version)
}

// explained completes parts to the whole: the rest is the built-in chart's.
func explained(parts []accrued, whole money.Money) ([]accrued, error) {
	rest := whole
	for _, p := range parts {
		var err error
		if rest, err = rest.Sub(p.Amount); err != nil {
			return nil, err
		}
	}
	if !rest.IsZero() {
		parts = append(parts, accrued{0, rest})
	}
	return parts, nil
}

// void takes an invoice back by what it was booked by, and its charges are
// accrued as before.
func (b booking) void(e InvoiceVoided) (by chosen, err error) {
	if by.own, err = b.recall(invoiceKey(e.Invoice)); err != nil {
		return by, err
	}
	otherwise := map[int][]accrued{}
	if err := b.recallParts(reversedKey(e.Invoice), &otherwise); err != nil {
		return by, err
	}
	by.accruals = make([][]accrued, len(e.Lines))
	for i, line := range e.Lines {
		if !line.Accrued.IsSet() || line.Accrued.IsZero() {
			continue
		}
		if by.accruals[i] = otherwise[i]; by.accruals[i] == nil {
			by.accruals[i] = []accrued{{by.own, line.Accrued}}
		}
		key := accrualKey(line.Shipment, line.Charge)
		var held []accrued
		if err := b.recallParts(key, &held); err != nil {
			return by, err
		}
		if held = together(held, by.accruals[i]); len(held) > 0 {
			if err := b.keepParts(key, held, false); err != nil {
				return by, err
			}
		}
	}
	return by, nil
}
