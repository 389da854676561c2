package domain_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func adopt(from string, source domain.CashSource) domain.AdoptBankAccount {
	return domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: exampleAccount, By: "treasury",
		BankTerms: domain.BankTerms{From: from, Source: source, Currency: "USD", GL: "1010"}}}
}

func statementTo(day string) domain.TakeStatement {
	return domain.TakeStatement{StatementTaken: domain.StatementTaken{Account: exampleAccount, Statement: "statement " + day, To: day, Currency: "USD", Booked: usd("1.00"), Message: "m"}}
}

func attribute(mark domain.PayerMark, value string, to domain.CustomerID) domain.AttributePayer {
	return domain.AttributePayer{PayerAttributed: domain.PayerAttributed{Account: exampleAccount, KnownPayer: domain.KnownPayer{Mark: mark, Value: value, Customer: to}, By: "treasury"}}
}

func TestABankAccountHasOneSourceOfCashOnEachDay(t *testing.T) {
	h := played(t, nil, adopt("2024-05-01", domain.CashFromBank), statementTo("2024-05-31"), adopt("2024-06-15", domain.CashFromERP))
	account := domaintest.Fold[domain.BankAccount](h...)
	for day, itself := range map[string]bool{"2024-04-30": false, "2024-05-01": true, "2024-06-14": true, "2024-06-15": false} {
		require.Equal(t, itself, account.BooksItself(day), day)
	}
	// The same terms again change nothing; others do not reach back
	domaintest.When(t, h, adopt("2024-06-15", domain.CashFromERP)).Then()
	domaintest.When(t, h, adopt("2024-06-15", domain.CashFromBank)).Refused(domain.TooLate)
	domaintest.When(t, played(t, nil, adopt("2024-05-01", domain.CashFromBank), statementTo("2024-05-31")), adopt("2024-05-31", domain.CashFromERP)).Refused(domain.TooLate)
	dollars := adopt("2024-07-01", domain.CashFromBank)
	dollars.Currency = "EUR"
	domaintest.When(t, h, dollars).Refused(domain.Conflict)
	for _, wrong := range []func(*domain.AdoptBankAccount){
		func(c *domain.AdoptBankAccount) { c.Account = "us64 svbk" }, func(c *domain.AdoptBankAccount) { c.Account = "us64svbk" }, func(c *domain.AdoptBankAccount) { c.From = "soon" }, func(c *domain.AdoptBankAccount) { c.GL = "" },
		func(c *domain.AdoptBankAccount) { c.Currency = "dollars" }, func(c *domain.AdoptBankAccount) { c.Source = "both" }, func(c *domain.AdoptBankAccount) { c.By = "" },
	} {
		c := adopt("2024-05-01", domain.CashFromBank)
		wrong(&c)
		domaintest.When(t, nil, c).Refused(domain.Invalid)
	}
}

func TestAReceiptIsBookedByTheSourceOfItsAccountAlone(t *testing.T) {
	of := func(day string) domain.ReceivePayment {
		c := receipt("100.00")
		c.Account, c.Date = exampleAccount, day
		return c
	}
	told := domaintest.Told{exampleAccount.Stream(): played(t, nil, adopt("2024-05-01", domain.CashFromBank), adopt("2024-06-15", domain.CashFromERP))}

	// Given days of either source, then what the statement books is this ledger's own
	outcome := domaintest.When(t, nil, of("2024-05-10"), told)
	received := outcome.Events()[0].(domain.PaymentReceived)
	require.True(t, received.Own)
	require.Equal(t, domain.Account("1010"), received.GL)
	document, _ := domain.Journal(received)
	require.False(t, document.ByERP)
	require.Equal(t, "RC-P1", document.Number)
	reversed := domaintest.When(t, domaintest.Given(received), domain.ReversePayment{Payment: "P1", Document: "BK-9", Date: "2024-05-20", Reason: "AM04"}).Events()[0].(domain.PaymentReversed)
	document, _ = domain.Journal(reversed)
	require.False(t, document.ByERP)
	require.Equal(t, "RC-P1-R", document.Number)

	// and on the ERP's days a statement books nothing
	domaintest.When(t, nil, of("2024-04-30"), told).Refused(domain.Conflict)
	domaintest.When(t, nil, of("2024-06-15"), told).Refused(domain.Conflict)
	domaintest.When(t, nil, of("2024-05-10"), domaintest.Told{}).Refused(domain.Conflict)

	// What the ERP books stays the ERP's, whatever a caller says
	own := receipt("100.00")
	own.Own = true
	require.False(t, domaintest.When(t, nil, own).Events()[0].(domain.PaymentReceived).Own)
	euro := of("2024-05-10")
	euro.Amount = eur("100.00")
	domaintest.When(t, nil, euro, told).Refused(domain.Invalid)
	nobody := of("2024-05-10")
	nobody.Customer = ""
	domaintest.When(t, nil, nobody, told).Refused(domain.Invalid)
}

func TestAPayerIsKnownByItsAccountBeforeAReferenceBeforeItsName(t *testing.T) {
	h := played(t, nil, adopt("2024-05-01", domain.CashFromBank), attribute(domain.ByName, " Paper  mill", "MILL"), attribute(domain.ByReference, "cust-7", "PRINTER"), attribute(domain.ByAccount, "nl91 abna", "PRESS"))
	account := domaintest.Fold[domain.BankAccount](h...)
	for _, c := range []struct {
		number, reference, name string
		want                    domain.CustomerID
	}{{"NL91ABNA", "CUST-7", "Paper Mill", "PRESS"}, {"", "CUST-7", "Paper Mill", "PRINTER"}, {"X", "", "PAPER MILL", "MILL"}, {"", "", "", ""}, {"X", "Y", "Z", ""}} {
		got, known := account.CustomerOf(c.number, []string{"", c.reference}, c.name)
		require.Equal(t, c.want, got)
		require.Equal(t, c.want != "", known)
	}
	domaintest.When(t, h, attribute(domain.ByName, "PAPER MILL", "MILL")).Then()
	forgotten := domaintest.Fold[domain.BankAccount](h.And(domaintest.When(t, h, attribute(domain.ByName, "paper mill", "")).Events()...)...)
	_, known := forgotten.CustomerOf("", nil, "Paper Mill")
	require.False(t, known)
	nobody := attribute(domain.ByName, "x", "MILL")
	nobody.By = ""
	domaintest.When(t, h, nobody).Refused(domain.Invalid)
	long := strings.Repeat("X", 200)
	domaintest.When(t, h, attribute(domain.ByName, long, "MILL")).Then(attribute(domain.ByName, long, "MILL").PayerAttributed)
	domaintest.When(t, h, attribute(domain.ByName, long+"X", "MILL")).Refused(domain.Invalid)

	// A name is told from another by its words, a number by its digits and letters alone
	domaintest.When(t, h, attribute(domain.ByName, "the  press", "PRESS")).Then(attribute(domain.ByName, "THE PRESS", "PRESS").PayerAttributed)
	_, known = account.CustomerOf("", nil, "Papermill")
	require.False(t, known)

	// A mark of one kind is told from one of another, whatever they say
	same := played(t, h, attribute(domain.ByName, "7", "SEVEN"), attribute(domain.ByReference, "7", "OTHER"))
	id, _ := domaintest.Fold[domain.BankAccount](same...).CustomerOf("", nil, "7")
	require.Equal(t, domain.CustomerID("SEVEN"), id)
	id, _ = domaintest.Fold[domain.BankAccount](same...).CustomerOf("", nil, "Paper mill")
	require.Equal(t, domain.CustomerID("MILL"), id)
	domaintest.When(t, h, attribute("nose", "x", "MILL")).Refused(domain.Invalid)
	domaintest.When(t, h, attribute(domain.ByName, " ", "MILL")).Refused(domain.Invalid)
	domaintest.When(t, h, attribute(domain.ByName, "x", "no good")).Refused(domain.Invalid)
	domaintest.When(t, nil, attribute(domain.ByName, "x", "MILL")).Refused(domain.NotFound)
}

func TestAStatementIsTakenOnceAndAGapIsNamed(t *testing.T) {
	h := played(t, nil, adopt("2024-05-01", domain.CashFromBank), statementTo("2024-05-31"))
	domaintest.When(t, h, statementTo("2024-05-31")).Then()
	longer := statementTo("2024-05-31")
	longer.Booked = usd("2.00")
	domaintest.When(t, h, longer).Then(longer.StatementTaken)
	more := statementTo("2024-05-31")
	more.Entries = 7
	domaintest.When(t, h, more).Then(more.StatementTaken)
	named := statementTo("2024-05-31")
	named.Statement = "another"
	domaintest.When(t, h, named).Then(named.StatementTaken)
	domaintest.When(t, nil, statementTo("2024-05-31")).Refused(domain.NotFound)

	taken := func(year string, n int64, opening, closing string) domain.StatementTaken {
		return domain.StatementTaken{Year: year, Sequence: n, Opening: usd(opening), Closing: usd(closing)}
	}
	for _, c := range []struct {
		before, after domain.StatementTaken
		want          string
	}{
		{taken("2024", 1, "0.00", "10.00"), taken("2024", 2, "10.00", "11.00"), ""},
		{taken("2024", 1, "0.00", "10.00"), taken("2024", 4, "10.00", "11.00"), "statements 2 to 3 are missing"},
		{taken("2024", 1, "0.00", "10.00"), taken("2024", 2, "12.00", "13.00"), "it opens with 12.00 USD, the one before closes with 10.00 USD"},
		{taken("2024", 366, "0.00", "10.00"), taken("2025", 1, "10.00", "11.00"), ""},
		{taken("2024", 366, "0.00", "10.00"), taken("2025", 2, "10.00", "11.00"), "statement 2 of 2025 follows 366 of 2024"},
		// Pages of one statement, and files that give no balance
		{taken("2024", 1, "0.00", "10.00"), taken("2024", 1, "0.00", "10.00"), ""},
		{taken("2024", 1, "0.00", "10.00"), domain.StatementTaken{Year: "2024", Sequence: 2, Closing: usd("11.00")}, ""},
		{domain.StatementTaken{Year: "2024", Sequence: 1, Opening: usd("0.00")}, taken("2024", 2, "10.00", "11.00"), ""},
		{domain.StatementTaken{}, taken("2024", 4, "10.00", "11.00"), ""},
	} {
		require.Equal(t, c.want, domain.Gap(c.before, c.after))
	}
}

func TestAProfileNeverChangesUnderItsName(t *testing.T) {
	profile := domain.AdoptStatementProfile{StatementProfileAdopted: domain.StatementProfileAdopted{Profile: domain.CSVProfile{Name: "semicolon", Delimiter: ";"}, By: "treasury"}}
	h := played(t, nil, profile)
	domaintest.When(t, h, profile).Then()
	other := profile
	other.Profile.Delimiter = ","
	domaintest.When(t, h, other).Refused(domain.Conflict)
	other.By = ""
	domaintest.When(t, nil, other).Refused(domain.Invalid)
	other.Profile.Name = "no good"
	domaintest.When(t, nil, other).Refused(domain.Invalid)
}

func noted(id domain.MovementID, amount, date, reference string) domain.MovementNoted {
	return domain.MovementNoted{Movement: id, Account: exampleAccount, GL: "1010", Seen: domain.CashFromBank, Kind: domain.MovementReceipt, Amount: usd(amount), Date: date, Document: reference}
}

func TestStatesOfAMovement(t *testing.T) {
	note := domain.NoteMovement{MovementNoted: noted("M1", "40.00", "2024-05-10", "BK-1")}
	otherwise := domain.NoteMovement{MovementNoted: noted("M1", "41.00", "2024-05-10", "BK-1")}
	fee := domain.NoteMovement{MovementNoted: noted("M1", "-4.50", "2024-05-10", "BK-1")}
	fee.Kind = domain.MovementFee
	assign := domain.AssignMovement{MovementAssigned: domain.MovementAssigned{Movement: "M1", Customer: customer, By: "finance desk"}}
	dismiss := domain.DismissMovement{Movement: "M1", Reason: "sent back", By: "finance desk"}
	received := domain.EndMovement{Movement: "M1", End: domain.EndReceived, Payment: "M1"}
	matched := domain.EndMovement{Movement: "M1", End: domain.EndMatched, Payment: "RC-1"}
	h := played(t, nil, note)
	machine(t, "movement", []standing{{"unknown", nil}, {"noted", h}, {"a fee", played(t, nil, fee)}, {"assigned", played(t, h, assign)}, {"received", played(t, h, assign, received)},
		{"matched", played(t, h, matched)}, {"dismissed", played(t, h, dismiss)}},
		[]wording{{"note", note}, {"note otherwise", otherwise}, {"assign", assign}, {"dismiss", dismiss}, {"end as received", received}, {"end as matched", matched}})
}

func TestAMovementHasAnAmountAndIsAnsweredForByAPerson(t *testing.T) {
	for _, amount := range []money.Money{{}, usd("0.00")} {
		none := domain.NoteMovement{MovementNoted: noted("M1", "40.00", "2024-05-10", "BK-1")}
		none.Amount = amount
		domaintest.When(t, nil, none).Refused(domain.Invalid)
	}
	assign := domain.AssignMovement{MovementAssigned: domain.MovementAssigned{Movement: "M1", Customer: customer, By: "finance desk"}}
	dismiss := domain.DismissMovement{Movement: "M1", Reason: "sent back", By: "finance desk"}
	h := domaintest.Given(noted("M1", "40.00", "2024-05-10", "BK-1"))
	domaintest.When(t, h, assign).Then(assign.MovementAssigned)
	assignedBy, by, why := assign, dismiss, dismiss
	assignedBy.By, by.By, why.Reason = "", "", ""
	domaintest.When(t, h, assignedBy).Refused(domain.Invalid)
	domaintest.When(t, h, by).Refused(domain.Invalid)
	domaintest.When(t, h, why).Refused(domain.Invalid)

	// Only a receipt that a statement brought becomes a payment
	for name, change := range map[string]func(*domain.MovementNoted){
		"interest":            func(m *domain.MovementNoted) { m.Kind = domain.MovementInterest },
		"what the ERP booked": func(m *domain.MovementNoted) { m.Seen = domain.CashFromERP },
		"what was paid out":   func(m *domain.MovementNoted) { m.Amount = usd("-40.00") },
	} {
		t.Run(name, func(t *testing.T) {
			m := noted("M1", "40.00", "2024-05-10", "BK-1")
			change(&m)
			domaintest.When(t, domaintest.Given(m), assign).Refused(domain.Invalid)
		})
	}
}

func TestTwoSourcesSayTheSameMoneyByAReferenceOrWhereNothingElseFits(t *testing.T) {
	said := func(id domain.PaymentID, amount, date, reference string) domain.PaymentReceived {
		return domain.PaymentReceived{Payment: id, Amount: usd(amount), Date: date, Reference: reference, GL: "1010"}
	}
	onUsual := noted("M1", "5.00", "2024-05-10", "")
	onUsual.GL = domain.UsualBank
	for name, c := range map[string]struct {
		movements []domain.MovementNoted
		receipts  []domain.PaymentReceived
		want      map[int]int
	}{
		"by a reference":       {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "w 1"), noted("M2", "5.00", "2024-05-10", "W2")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-11", "W2"), said("P2", "5.00", "2024-05-11", "W1")}, map[int]int{0: 1, 1: 0}},
		"the only one":         {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-15", ""), said("P2", "6.00", "2024-05-10", "")}, map[int]int{0: 0}},
		"what is left over":    {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", ""), noted("M2", "5.00", "2024-05-10", "W2")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-11", "W2"), said("P2", "5.00", "2024-05-11", "")}, map[int]int{0: 1, 1: 0}},
		"five days before":     {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-05", "")}, map[int]int{0: 0}},
		"six days before":      {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-04", "")}, map[int]int{}},
		"a day that is none":   {[]domain.MovementNoted{noted("M1", "5.00", "soon", "")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-10", "")}, map[int]int{}},
		"on the usual account": {[]domain.MovementNoted{onUsual}, []domain.PaymentReceived{{Payment: "P1", Amount: usd("5.00"), Date: "2024-05-10"}}, map[int]int{0: 0}},
		"of two that fit":      {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-11", ""), said("P2", "5.00", "2024-05-11", "")}, map[int]int{}},
		"two that fit one":     {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", ""), noted("M2", "5.00", "2024-05-10", "")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-11", "")}, map[int]int{}},
		"too far apart":        {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "W1")}, []domain.PaymentReceived{said("P1", "5.00", "2024-05-16", "W1")}, map[int]int{}},
		"of another account":   {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "W1")}, []domain.PaymentReceived{{Payment: "P1", Amount: usd("5.00"), Date: "2024-05-10", Reference: "W1"}}, map[int]int{}},
		"another sum of money": {[]domain.MovementNoted{noted("M1", "5.00", "2024-05-10", "W1")}, []domain.PaymentReceived{said("P1", "5.01", "2024-05-10", "W1")}, map[int]int{}},
	} {
		require.Equal(t, c.want, domain.Pairs(c.movements, c.receipts), name)
	}
}

func TestAReceiptAndAnAdviceAreRecognisedOnce(t *testing.T) {
	match := func(movement domain.MovementID) domain.MatchReceipt {
		return domain.MatchReceipt{ReceiptMatched: domain.ReceiptMatched{Payment: "P1", Movement: movement, Date: "2024-05-11", By: "freightledger"}}
	}
	h := played(t, nil, receipt("100.00"), match("M1"))
	domaintest.When(t, h, match("M1")).Then()
	domaintest.When(t, h, match("M2")).Refused(domain.Conflict)
	domaintest.When(t, nil, match("M1")).Refused(domain.NotFound)
	nobody := match("M1")
	nobody.By = ""
	domaintest.When(t, played(t, nil, receipt("100.00")), nobody).Refused(domain.Invalid)

	announces := func(receipt domain.PaymentID) domain.MatchRemittance {
		return domain.MatchRemittance{RemittanceMatched: domain.RemittanceMatched{Payment: "P1", Receipt: receipt}}
	}
	h = played(t, nil, remittance("100.00", domain.RemittanceItem{Document: number, Paid: usd("100.00")}), announces("bank-1"))
	domaintest.When(t, h, announces("bank-1")).Then()
	domaintest.When(t, h, announces("bank-2")).Refused(domain.Conflict)
	domaintest.When(t, nil, announces("bank-1")).Refused(domain.NotFound)
}
