package world

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	statements "github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// account is a bank account whose statements book what some customers pay. What
// its bank knows is the truth; what freightledger hears of it comes late, twice,
// or with a gap.
type account struct {
	w        *World
	id       domain.BankAccountID // "" in a world without one
	gl       domain.Account
	currency money.Currency
	entries  []entry
	told     int // entries that statements have told
	number   int // of statements
	opening  money.Money
	last     string // the statement before
	open     []domain.MovementNoted
}

// entry is what the bank has booked.
type entry struct {
	reference string // the bank's
	day       string
	amount    money.Money
	kind      domain.MovementKind // a receipt, a reversal or a fee
	customer  domain.CustomerID   // who it really was
	payer     domain.Payer        // as the bank writes it
	endToEnd  string
	text      string
	back      bool // it was taken back
}

// begin opens the account in some worlds, and has it adopted.
func (a *account) begin() {
	k := a.w.k
	if k.OneIn(2) {
		return
	}
	a.id, a.gl, a.currency = "DE89370400440532013000", "1011", currencyOf(k.Int(len(a.w.customers)))
	a.opening = money.FromMinor(100_000, a.currency)
	if err := a.w.bankDo(http.MethodPut, "/accounts/"+string(a.gl), sandboxerp.AccountInput{Name: "bank account", Type: "asset"}, nil); err != nil {
		k.Fail("simulator", "%v", err)
	}
	k.After(k.During(0, 48*time.Hour), "adopt", func() {
		a.w.people.ask(domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: a.id, By: "finance",
			BankTerms: domain.BankTerms{From: began.Format(domain.DayLayout), Source: domain.CashFromBank, Currency: a.currency, GL: a.gl}}})
		for _, id := range a.w.customers {
			if k.OneIn(2) {
				a.know(domain.ByAccount, accountOf(id), id)
			} else {
				a.know(domain.ByName, nameOf(id), id)
			}
		}
	})
	a.writeLater()
}

func accountOf(id domain.CustomerID) string { return "ACC" + string(id) }
func nameOf(id domain.CustomerID) string    { return "Shipper " + string(id) }

func (a *account) know(mark domain.PayerMark, value string, id domain.CustomerID) {
	a.w.people.ask(domain.AttributePayer{PayerAttributed: domain.PayerAttributed{Account: a.id, KnownPayer: domain.KnownPayer{Mark: mark, Value: value, Customer: id}, By: "finance"}})
}

// takes tells whether a customer's money comes this way: not after the last
// statement.
func (a *account) takes(amount money.Money) bool {
	return a.id != "" && a.w.people.open && amount.Currency() == a.currency && !a.w.k.OneIn(4)
}

func (a *account) book(e entry) {
	e.reference, e.day = fmt.Sprintf("BK-%d", len(a.entries)+1), a.w.k.Now().UTC().Format(domain.DayLayout)
	a.entries = append(a.entries, e)
	a.w.k.Tracef("bank: %s %s %s of %s (%s)", e.reference, e.kind, e.amount, e.customer, e.text)
	a.w.k.Count("seen: bank entry, " + string(e.kind))
}

// receive books what a customer pays. Payers write what they like.
func (a *account) receive(customer domain.CustomerID, invoice, remittance string, amount money.Money) {
	k := a.w.k
	if slices.ContainsFunc(a.entries, func(e entry) bool { return e.back && e.endToEnd == remittance }) {
		remittance = "" // the bank's reference of what it took back is of no other
	}
	e := entry{amount: amount, kind: domain.MovementReceipt, customer: customer, payer: domain.Payer{Name: nameOf(customer), Account: accountOf(customer)},
		endToEnd: remittance, text: "freight " + invoice}
	if e.endToEnd == "" && !k.OneIn(4) {
		e.endToEnd = fmt.Sprintf("E-%d", len(a.entries)+1)
	}
	switch k.Int(6) {
	case 0: // somebody else pays for it
		e.payer = domain.Payer{Name: fmt.Sprintf("Unlisted %d", len(a.entries)), Account: fmt.Sprintf("UNL%d", len(a.entries))}
	case 1:
		e.text = "invoice INV-2024-099999"
	case 2:
		if v, ok := a.w.people.invoice(); ok {
			e.text = "for " + v.Number // perhaps another one's
		}
	case 3:
		e.text = ""
	}
	a.book(e)
	if k.OneIn(3) {
		a.book(entry{amount: money.FromMinor(int64(k.Between(1, 900)), a.currency).Neg(), kind: domain.MovementFee, text: "fees"})
	}
}

// someonePays has one of the account's customers pay: an invoice, or something
// that nobody knows of.
func (a *account) someonePays() {
	k := a.w.k
	v, ok := a.w.people.invoiceThat(func(v domain.Invoice) bool {
		open, err := v.Open()
		return err == nil && open.Currency() == a.currency && open.Sign() > 0
	})
	if open, err := v.Open(); ok && err == nil {
		a.receive(v.Candidate.Customer, v.Number, "", kernel.Pick(k, []money.Money{open, open, a.w.people.part(open)}))
		return
	}
	for i, id := range a.w.customers {
		if currencyOf(i) == a.currency && k.OneIn(2) {
			a.receive(id, "", "", a.w.people.amount(a.currency, 90_000))
			return
		}
	}
}

// bounce has the bank take a receipt back: one that its reference and amount
// tell from others, as whoever is to find out which it was has no bank to ask.
func (a *account) bounce() {
	for i := range a.entries {
		e := &a.entries[i]
		twin := func(other entry) bool {
			return other.kind == e.kind && other.endToEnd == e.endToEnd && other.amount.Equal(e.amount) && other.reference != e.reference
		}
		if e.kind != domain.MovementReceipt || e.back || e.endToEnd == "" || slices.ContainsFunc(a.entries, twin) || !a.w.k.OneIn(3) {
			continue
		}
		e.back = true
		a.book(entry{amount: e.amount.Neg(), kind: domain.MovementReversal, customer: e.customer, payer: e.payer, endToEnd: e.endToEnd, text: "returned"})
		return
	}
}

// writeLater writes a statement each day or two, while anything may happen.
func (a *account) writeLater() {
	k := a.w.k
	k.After(k.During(12*time.Hour, 60*time.Hour), "statement", func() {
		if !a.w.people.open {
			return
		}
		a.someonePays()
		a.write()
		a.writeLater()
	})
}

// write has the bank write a statement of what it has not told yet, and somebody
// import it: at once, late, which leaves a gap, twice, or with the one before.
func (a *account) write() {
	k := a.w.k
	a.number++
	s, closing := a.statement(a.entries[a.told:])
	a.told, a.opening = len(a.entries), closing
	content := func(text string) inbox.Content {
		return inbox.Content{Channel: statements.Camt053Channel, Name: a.w.post.named("statement"), Bytes: camt053(a.number, text)}
	}
	in := k.During(0, 12*time.Hour)
	if k.OneIn(4) {
		in += k.During(24*time.Hour, 6*24*time.Hour)
		k.Count("fault: statement comes late")
	}
	a.w.post.deliver(content(s), in)
	if k.OneIn(4) {
		a.w.post.deliver(content(s), k.During(0, 4*24*time.Hour))
	}
	if a.last != "" && k.OneIn(4) {
		k.Count("fault: statements overlap")
		a.w.post.deliver(content(a.last+s), k.During(0, 4*24*time.Hour))
	}
	a.last = s
}

// noted lists money that nobody has booked.
func (a *account) noted(m domain.MovementNoted) {
	if m.Account == a.id {
		a.open = append(a.open, m)
	}
}

// truth is what the bank knows of a movement.
func (a *account) truth(m domain.MovementNoted) entry {
	for _, e := range a.entries {
		if e.reference == m.Document {
			return e
		}
	}
	return entry{}
}

// assign works one movement off: it is whose it really was, or nobody's.
func (a *account) assign(m domain.MovementNoted) {
	p, k := a.w.people, a.w.k
	if m.Kind != domain.MovementReceipt {
		p.ask(domain.DismissMovement{Movement: m.Movement, Reason: "booked in the ERP", By: "finance"})
		return
	}
	of := a.truth(m).customer
	p.askThen(domain.AssignMovement{MovementAssigned: domain.MovementAssigned{Movement: m.Movement, Customer: of, By: "finance"}}, func() {
		if k.OneIn(2) {
			a.know(domain.ByAccount, m.Payer.Account, of)
		}
		a.w.post.replay(m.Source.Message, m.Item)
	})
}

// assignSome is a person's look at what is nobody's.
func assignSome(p *people) domain.Command {
	a := p.w.account
	for range 3 {
		m, ok := anyOf(p.w.k, a.open)
		if ok && state[domain.Movement](p.w, m.Movement.Stream()).End == "" {
			a.assign(m)
			break
		}
	}
	return nil
}

// heal has the last statement written, and everything worked off.
func (a *account) heal() {
	if a.id == "" {
		return
	}
	a.write()
	k := a.w.k
	for _, id := range a.w.post.sent {
		if c := a.w.post.contents[id]; c.Channel == statements.Camt053Channel {
			a.w.post.deliver(c, k.During(0, time.Minute))
		}
	}
	a.w.people.waiting++
	k.After(5*time.Minute, "work off", func() {
		for _, m := range a.open {
			if state[domain.Movement](a.w, m.Movement.Stream()).End == "" {
				a.assign(m)
			}
		}
		a.w.people.waiting--
	})
}
