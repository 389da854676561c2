package bank_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/stretchr/testify/require"
)

func TestWhatBecomesOfEachEntry(t *testing.T) {
	for _, version := range []string{"camt.053.001.02", "camt.053.001.04", "camt.053.001.08"} {
		t.Run(version, func(t *testing.T) {
			golden(t, version+".report.json", reported(t, fresh(t), sample(t, version+".xml")))
			items, err := fresh(t).Camt053(t.Context(), "m", sample(t, version+".xml"))
			require.NoError(t, err)
			golden(t, version+".commands.json", commands(items))
		})
	}
	for _, name := range profiles() {
		t.Run(name, func(t *testing.T) {
			r, err := fresh(t).ReportCSV(t.Context(), profile(t, name), "m", sample(t, name+".csv"))
			require.NoError(t, err)
			golden(t, name+".report.json", r)
			items, err := fresh(t).CSV(profile(t, name))(t.Context(), "m", sample(t, name+".csv"))
			require.NoError(t, err)
			golden(t, name+".commands.json", commands(items))
		})
	}
}

// commands are what items ask for, as the API writes it.
func commands(items []inbox.Item) (lines []any) {
	type line struct {
		Item    string         `json:"item"`
		Command string         `json:"command"`
		Body    domain.Command `json:"body"`
	}
	for _, item := range items {
		list, together := item.Command.(domain.Together)
		if item.Command != nil && !together {
			list = domain.Together{item.Command}
		}
		for _, c := range list {
			lines = append(lines, line{item.Name, c.CommandName(), c})
		}
	}
	return lines
}

// Every entry of a statement has its lines, and their amounts are the
// statement's movement.
func requireAccounted(t testing.TB, s bank.StatementReport) {
	t.Helper()
	if s.Refusal != nil {
		require.Empty(t, s.Lines)
		return
	}
	booked, count := money.Zero(s.Currency), 0
	for _, o := range bank.Outcomes() {
		n, sum, err := s.Total(o)
		require.NoError(t, err)
		count += n
		if o != bank.Pending {
			booked, err = booked.Add(sum)
			require.NoError(t, err)
		}
	}
	require.Len(t, s.Lines, count, "every line has an outcome")
	require.True(t, booked.Equal(s.Booked), "lines make %s, the statement %s", booked, s.Booked)
	named := map[string]bool{}
	for _, l := range s.Lines {
		require.False(t, named[l.Item], "two lines are named %s", l.Item)
		named[l.Item] = true
		require.Equal(t, l.Outcome == bank.Held, l.Refusal != nil, "%s: %s", l.Item, l.Outcome)
		if l.Refusal != nil {
			require.Nil(t, l.Command)
			require.NotEmpty(t, l.Refusal.Remedy)
		}
		if l.Outcome == bank.Received || l.Outcome == bank.Reversed {
			require.NotNil(t, l.Command)
		}
		if l.Outcome == bank.NotReceipt || l.Outcome == bank.Pending {
			require.NotEmpty(t, l.Reason)
			require.Nil(t, l.Command)
		}
	}
}

func TestNothingOfAStatementVanishes(t *testing.T) {
	for _, version := range []string{"camt.053.001.02", "camt.053.001.04", "camt.053.001.08"} {
		for _, s := range reported(t, fresh(t), sample(t, version+".xml")).Statements {
			require.NotEmpty(t, s.Lines)
			requireAccounted(t, s)
		}
	}
}

func TestTheIdOfAPaymentIsPermanent(t *testing.T) {
	require.Equal(t, domain.PaymentID("bank-1eb194cb7fb6b5c2365870ce1fba8a43"), bank.PaymentID("DE89370400440532013000", "2026-03-02", "BK-1001"))
}

func line(t testing.TB, r bank.Report, item string) bank.Line {
	t.Helper()
	for _, s := range r.Statements {
		for _, l := range s.Lines {
			if l.Item == item {
				return l
			}
		}
	}
	t.Fatalf("no line %s", item)
	return bank.Line{}
}

func TestTheInvoiceIsTheOneThatThePayerNames(t *testing.T) {
	strd := func(inner string) string { return "<RmtInf><Strd>" + inner + "</Strd></RmtInf>" }
	for name, c := range map[string]struct {
		m       movement
		invoice string
		notes   string
	}{
		"of a listed document before all else": {movement{more: strd("<RfrdDocInf><Nb>INV-2026-000001</Nb></RfrdDocInf><CdtrRefInf><Ref>INV-2026-000002</Ref></CdtrRefInf>")}, "INV-2026-000001", ""},
		"of the creditor's reference":          {movement{more: strd("<CdtrRefInf><Ref>INV-2026-000002</Ref></CdtrRefInf>")}, "INV-2026-000002", ""},
		"within the creditor's reference":      {movement{more: strd("<CdtrRefInf><Ref>your INV-2026-000002 of 1 March</Ref></CdtrRefInf>")}, "INV-2026-000002", ""},
		"an ISO 11649 reference":               {movement{more: strd("<CdtrRefInf><Ref>rf18 5390 0754 7034</Ref></CdtrRefInf>")}, "539007547034", ""},
		"one whose check digits are wrong":     {movement{more: strd("<CdtrRefInf><Ref>RF19539007547034</Ref></CdtrRefInf>")}, "RF19539007547034", ""},
		"of the text":                          {movement{text: "paid INV-2026-000003, thank you"}, "INV-2026-000003", ""},
		"named twice":                          {movement{text: "INV-2026-000003 (INV-2026-000003)"}, "INV-2026-000003", ""},
		"two in the text are none":             {movement{text: "INV-2026-000003 and INV-2026-000004"}, "", "several documents without amounts: INV-2026-000003, INV-2026-000004"},
		"no number in the text":                {movement{text: "freight"}, "", ""},
		"two listed are none":                  {movement{more: strd("<RfrdDocInf><Nb>A-1</Nb></RfrdDocInf><RfrdDocInf><Nb>A-2</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy=\"EUR\">10</RmtdAmt></RfrdDocAmt>")}, "", "2 documents share one amount"},
		"one in another currency":              {movement{more: strd("<RfrdDocInf><Nb>A-1</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy=\"USD\">11</RmtdAmt></RfrdDocAmt>")}, "A-1", "is in USD, the receipt is in EUR"},
		"one with an amount that is none":      {movement{more: strd("<RfrdDocInf><Nb>A-1</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy=\"EUR\">ten</RmtdAmt></RfrdDocAmt>")}, "A-1", "listed without amounts"},
	} {
		t.Run(name, func(t *testing.T) {
			c.m.amount, c.m.name, c.m.reference = "10", "Paper Mill", "R"
			l := line(t, reported(t, fresh(t), document(t, written{sequence: 1, list: []movement{c.m}})), "entry 1")
			require.Equal(t, bank.Received, l.Outcome)
			require.Equal(t, c.invoice, l.Command.(domain.ReceivePayment).Invoice)
			require.Contains(t, strings.Join(l.Notes, "\n"), c.notes)
		})
	}
}

func TestAnAdviceWithAmountsComesWithTheReceipt(t *testing.T) {
	d := open(t)
	require.Len(t, d.camt(sample(t, "camt.053.001.08.xml")).Refused, 1)

	// Then the payment knows what the payer pays, and it adds up
	p := d.payment(bank.PaymentID("DE89370400440532013000", "2026-03-02", "BK-1001"))
	require.True(t, p.Received)
	require.Empty(t, p.Held)
	require.Len(t, p.Items, 1)
	require.Equal(t, "INV-2026-000001", p.Items[0].Document)
	require.Equal(t, []string{"900.00 EUR", "1000.00 EUR", "20.00 EUR", "-80.00 EUR"},
		[]string{p.Items[0].Paid.String(), p.Items[0].Gross.String(), p.Items[0].Discount.String(), p.Items[0].Adjustments[0].Amount.String()})

	// And the advice is found by the reference that the receipt carries
	received := of[domain.PaymentReceived](d)
	advised := slices.IndexFunc(received, func(e domain.PaymentReceived) bool { return e.Payment == p.ID })
	ids, err := d.ReceiptsByReference(t.Context(), received[advised].Reference)
	require.NoError(t, err)
	require.Equal(t, []domain.PaymentID{p.ID}, slices.Compact(ids))

	// And cash can be meant for what it names
	_, err = d.exec.Execute(t.Context(), domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: p.ID, Date: p.Date,
		Allocations: []domain.Allocation{{Invoice: "MILL_2026-02_EUR_1", Amount: p.Items[0].Paid, Reason: p.Items[0].Adjustments[0].Reason}}}}, request("allocate"))
	require.NoError(t, err)
	left, err := d.payment(p.ID).Unallocated()
	require.NoError(t, err)
	require.True(t, left.IsZero())
}

func TestAnAdviceThatDoesNotAddUpIsHeldAndTheCashCounts(t *testing.T) {
	d := open(t)
	report := d.camt(document(t, written{sequence: 1, list: []movement{{amount: "10", name: "Paper Mill", reference: "R",
		more: `<RmtInf><Strd><RfrdDocInf><Nb>A-1</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="EUR">9</RmtdAmt></RfrdDocAmt></Strd></RmtInf>`}}}))
	require.Empty(t, report.Refused)
	p := d.payment(of[domain.PaymentReceived](d)[0].Payment)
	require.Contains(t, p.Held, "9.00 EUR")
	require.Equal(t, 45, of[domain.RemittanceHeld](d)[0].Rule)
	require.True(t, p.Received)
}

func TestWhatAnEntryIs(t *testing.T) {
	code := func(s string) string {
		p := strings.Split(s, "/")
		return fmt.Sprintf("<BkTxCd><Domn><Cd>%s</Cd><Fmly><Cd>%s</Cd><SubFmlyCd>%s</SubFmlyCd></Fmly></Domn></BkTxCd>", p[0], p[1], p[2])
	}
	own := "<BkTxCd><Prtry><Cd>SWEEP</Cd></Prtry></BkTxCd>"
	for name, c := range map[string]struct {
		m       movement
		outcome bank.Outcome
		reason  string
	}{
		"a credit":                        {movement{amount: "10"}, bank.Received, ""},
		"a debit":                         {movement{amount: "-10"}, bank.NotReceipt, "a debit"},
		"interest for us":                 {movement{amount: "10", within: code("ACMT/MCOP/INTR")}, bank.NotReceipt, "interest"},
		"interest":                        {movement{amount: "-10", within: code("ACMT/MDOP/INTR")}, bank.NotReceipt, "interest"},
		"fees":                            {movement{amount: "-10", within: code("PMNT/ICDT/CHRG")}, bank.NotReceipt, "fees and charges"},
		"a code that the caller knows":    {movement{amount: "10", within: own}, bank.NotReceipt, "a transfer between own accounts"},
		"nothing":                         {movement{amount: "0"}, bank.NotReceipt, "no money moved"},
		"pending":                         {movement{amount: "10", status: "PDNG"}, bank.Pending, "status PDNG"},
		"only information":                {movement{amount: "10", status: "INFO"}, bank.Pending, "status INFO"},
		"an own payment reversed":         {movement{amount: "10", within: "<RvslInd>true</RvslInd>"}, bank.NotReceipt, "an own payment that came back"},
		"an own payment returned":         {movement{amount: "10", more: "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"}, bank.NotReceipt, "AC04"},
		"an own payment by its code":      {movement{amount: "10", within: code("PMNT/ICDT/RRTN")}, bank.NotReceipt, "came back"},
		"a reversal":                      {movement{amount: "-10", within: "<RvslInd>1</RvslInd>"}, bank.Held, "no payment of this amount"},
		"a return":                        {movement{amount: "-10", more: "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"}, bank.Held, "no payment of this amount"},
		"an unpaid cheque":                {movement{amount: "-10", within: code("PMNT/RCHQ/UPCQ")}, bank.Held, "no payment of this amount"},
		"no reversal":                     {movement{amount: "-10", within: "<RvslInd>false</RvslInd>"}, bank.NotReceipt, "a debit"},
		"a payer that nobody knows":       {movement{amount: "10", name: "Unlisted Traders"}, bank.Held, `nobody knows the payer "Unlisted Traders"`},
		"a batch of whom nothing is said": {movement{amount: "10", batch: "<TxDtls/><TxDtls/>"}, bank.Held, "2 of its 2 transactions state no amount in EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			m := fresh(t)
			m.Options.Kinds = map[string]bank.Kind{"SWEEP": bank.KindTransfer}
			if c.m.name == "" {
				c.m.name = "Paper Mill"
			}
			c.m.reference = "R"
			r := reported(t, m, document(t, written{sequence: 1, list: []movement{c.m}}))
			l := line(t, r, "entry 1")
			require.Equal(t, c.outcome, l.Outcome, l.Reason)
			require.Contains(t, l.Reason, c.reason)
			requireAccounted(t, r.Statements[0])
		})
	}
}

func TestChargesThatTheBankKeptAreALineOfTheirOwn(t *testing.T) {
	r := reported(t, fresh(t), sample(t, "camt.053.001.08.xml"))
	require.Equal(t, "100.00 EUR", line(t, r, "entry 9").Amount.String())
	charges := line(t, r, "entry 9 charges")
	require.Equal(t, "-2.00 EUR", charges.Amount.String())
	require.Equal(t, bank.NotReceipt, charges.Outcome)
}

// outcomes are the report's lines by what identifies them, without their places.
func outcomes(t testing.TB, r bank.Report) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, s := range r.Statements {
		requireAccounted(t, s)
		for _, l := range s.Lines {
			all[fmt.Sprint(l.Outcome, l.Amount, l.Payment, l.Document, l.Customer, l.Date)]++
		}
	}
	return all
}

func TestTheOrderOfEntriesDoesNotMatter(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	m := fresh(t)
	pick := func(list ...string) string { return list[dice.IntN(len(list))] }
	for range 40 {
		w := written{sequence: 1, currency: pick("EUR", "JPY", "KWD")}
		for range 1 + dice.IntN(12) {
			w.list = append(w.list, movement{amount: pick("1", "2", "3", "-1", "-2"), reference: pick("", "R1", "R2"), endToEnd: pick("", "E1", "E2"),
				name: pick("", "Paper Mill", "Printing Works"), text: pick("", "INV-2026-000001"), day: pick("", "2026-03-01"),
				within: pick("", "<RvslInd>true</RvslInd>"), status: pick("", "", "PDNG")})
		}
		first := reported(t, m, document(t, w))
		want := outcomes(t, first)
		for range 5 {
			dice.Shuffle(len(w.list), func(i, j int) { w.list[i], w.list[j] = w.list[j], w.list[i] })
			again := reported(t, m, document(t, w))
			got := outcomes(t, again)
			require.Equal(t, payments(first), payments(again))
			// Of two reversals of one payment the first counts: of equal ones.
			if !slices.ContainsFunc(first.Statements[0].Lines, func(l bank.Line) bool { return l.Refusal != nil && l.Refusal.Code == bank.CodeAmbiguous }) {
				require.Equal(t, want, got)
			}
		}
	}
}

// payments lists the ids of receipts.
func payments(r bank.Report) (ids []string) {
	for _, s := range r.Statements {
		for _, l := range s.Lines {
			if l.Outcome == bank.Received {
				ids = append(ids, fmt.Sprint(l.Payment, l.Amount, l.Customer))
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func TestADirectoryOfPayers(t *testing.T) {
	d := directory(t)
	for name, c := range map[string]struct {
		payer bank.Payer
		want  domain.CustomerID
	}{
		"by account":                    {bank.Payer{Account: "NL91ABNA0417164300"}, "MILL"},
		"by account before name":        {bank.Payer{Account: "nl91 abna 0417 1643 00", Name: "Printing Works"}, "MILL"},
		"by our reference":              {bank.Payer{Reference: "CUST-4711", Name: "Paper Mill"}, "PRINTER"},
		"by the payer's":                {bank.Payer{EndToEnd: "cust-4711"}, "PRINTER"},
		"by name, however it is spaced": {bank.Payer{Account: "X", Name: " paper   MILL "}, "MILL"},
		"by nothing":                    {bank.Payer{Account: "X", Name: "Paper Mill Ltd"}, ""},
		"without a word":                {bank.Payer{}, ""},
	} {
		got, ok, err := d.CustomerOf(context.Background(), c.payer)
		require.NoError(t, err)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.want != "", ok, name)
	}
	for name, text := range map[string]string{
		"not JSON":           "payers",
		"a word unknown":     `{"ibans":{}}`,
		"a customer unkept":  `{"names":{"A":"no good"}}`,
		"two for one":        `{"names":{"A b":"C1","a  B":"C2"}}`,
		"an empty name":      `{"names":{" ":"C1"}}`,
		"more after its end": `{} {}`,
	} {
		_, err := bank.ReadDirectory(bytes.NewReader([]byte(text)))
		require.Error(t, err, name)
	}
}
