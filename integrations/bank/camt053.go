package bank

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// space is the namespace of ISO 20022 messages, before their names.
const space = "urn:iso:std:iso:20022:tech:xsd:"

// versions of the statement that are read: the widely used ones. In between
// they differ in where a status, a party's name or an amount stands.
func versions() []string { return []string{"camt.053.001.02", "camt.053.001.04", "camt.053.001.08"} }

// ReadCamt053 reads a camt.053 file as a stream and hands its entries out in
// their order; between entries it keeps nothing but the statements' heads.
//
// An error means that the file cannot be read further: a *Fault, visit's own
// error or the reader's. A statement that contradicts itself has its Fault set
// in the end; entries of it that were handed out before must not be used.
func ReadCamt053(r io.Reader, limits Limits, visit func(*Statement, *Entry) error) ([]*Statement, error) {
	t := newTokens(r, limits.withDefaults())
	version, err := t.document()
	if err != nil {
		return nil, err
	}
	c := camt{tokens: t, version: version, visit: visit}
	err = t.children(func(message xml.StartElement) error {
		if message.Name.Local != "BkToCstmrStmt" {
			return t.skip()
		}
		return t.children(func(part xml.StartElement) error {
			if part.Name.Local != "Stmt" {
				return t.skip()
			}
			return c.statement()
		})
	})
	if err == nil && len(c.statements) == 0 {
		err = t.refuse(CodeMissing, "the file holds no statement (BkToCstmrStmt, Stmt)", "ask the bank for the statement")
	}
	if err == nil {
		err = t.rest()
	}
	if errors.Is(err, io.EOF) {
		err = t.refuse(CodeMalformed, "the file ends within its document", "ask the bank for the file again")
	}
	return c.statements, err
}

// document finds the root, or the document within a business message envelope,
// and its version.
func (t *tokens) document() (string, error) {
	for {
		token, err := t.next()
		if err == io.EOF {
			return "", t.refuse(CodeVersion, "the file holds no ISO 20022 document", "import a camt.053 file")
		}
		if err != nil {
			return "", err
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Document" {
			continue
		}
		name, iso := strings.CutPrefix(start.Name.Space, space)
		for _, v := range versions() {
			if iso && name == v {
				t.space = start.Name.Space
				return v, nil
			}
		}
		reason, remedy := fmt.Sprintf("its namespace is %s", quote(start.Name.Space)), "import a file of "+strings.Join(versions(), ", ")
		if strings.HasPrefix(name, "camt.052") || strings.HasPrefix(name, "camt.054") {
			reason = fmt.Sprintf("it is a %s: an interim report or a notification, whose entries the statement (camt.053) will bring", clip(name, 20))
		}
		return "", t.refuse(CodeVersion, reason, remedy)
	}
}

// rest reads to the file's end, so that a file that was cut short is not
// taken for a whole one.
func (t *tokens) rest() error {
	for {
		token, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "Document" {
			return t.refuse(CodeMalformed, "the file holds a second document", "cut it in two and import both")
		}
	}
}

// camt is one file being read.
type camt struct {
	*tokens
	version    string
	visit      func(*Statement, *Entry) error
	statements []*Statement
	entries    int
}

func (c *camt) statement() error {
	s := &Statement{Format: c.version, Line: c.line()}
	c.statements = append(c.statements, s)
	head := &node{}
	headed := false
	err := c.children(func(part xml.StartElement) error {
		if part.Name.Local == "Ntry" {
			if !headed {
				s.head(head)
				headed = true
			}
			return c.entry(s)
		}
		kid, err := c.tree(part)
		if err != nil {
			return err
		}
		if head.kids = append(head.kids, kid); len(head.kids) > c.limits.Elements {
			return c.refuse(CodeLimit, "the statement's head has too many parts", "ask the bank for a plain ISO 20022 file")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !headed {
		s.head(head)
	}
	if s.Fault == nil {
		s.Fault = s.balance()
	}
	return nil
}

// head reads what comes before the entries.
func (s *Statement) head(n *node) {
	s.ID = clip(n.get("Id"), 80)
	s.Account = accountNumber(n.first([]string{"Acct", "Id", "IBAN"}, []string{"Acct", "Id", "Othr", "Id"}))
	s.Copy = n.get("CpyDplctInd")
	s.From, _ = day(n.get("FrToDt", "FrDtTm"))
	s.To, _ = day(n.get("FrToDt", "ToDtTm"))
	if page := n.get("StmtPgntn", "PgNb"); page != "" && (page != "1" || n.get("StmtPgntn", "LastPgInd") == "false" || n.get("StmtPgntn", "LastPgInd") == "0") {
		s.Page = clip(page, 5)
	}
	refuse := func(code, format string, args ...any) {
		s.fail(&Fault{Code: code, Place: s.place(), Reason: fmt.Sprintf(format, args...), Remedy: "ask the bank to correct the statement"})
	}
	if text := cmp.Or(n.get("ElctrncSeqNb"), n.get("LglSeqNb")); text != "" {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number < 0 {
			refuse(CodeInvalid, "its sequence number is %s", quote(text))
		}
		s.Sequence = number
	}
	if s.Account == "" {
		refuse(CodeMissing, "it names no account (Acct/Id)")
	}
	interim := 0
	for _, b := range n.all("Bal") {
		amount, err := amountOf(b.at("Amt"))
		if err != nil {
			refuse(CodeInvalid, "balance: %v", err)
			continue
		}
		at, _ := day(b.first([]string{"Dt", "Dt"}, []string{"Dt", "DtTm"}))
		balance := Balance{Kind: b.get("Tp", "CdOrPrtry", "Cd"), Amount: signed(amount, b.get("CdtDbtInd") != "DBIT"), Date: at}
		switch {
		case balance.Kind == "OPBD", balance.Kind == "PRCD" && s.Opening.Kind != "OPBD":
			s.Opening = balance
		case balance.Kind == "CLBD":
			s.Closing = balance
		case balance.Kind == "ITBD":
			// The pages of one statement meet in interim balances.
			if interim++; interim == 1 && !s.Opening.Amount.IsSet() {
				s.Opening = balance
			} else if !s.Closing.Amount.IsSet() {
				s.Closing = balance
			}
		}
	}
	s.Currency = cmp.Or(s.Opening.Amount.Currency(), s.Closing.Amount.Currency(), money.Currency(n.get("Acct", "Ccy")))
	if stated := n.get("Acct", "Ccy"); !s.Currency.Known() || stated != "" && stated != string(s.Currency) {
		refuse(CodeInvalid, "the account is in %s, its balances are in %s", quote(stated), quote(string(s.Currency)))
	}
}

// entry reads one entry, and hands it out unless its statement is at fault.
func (c *camt) entry(s *Statement) error {
	if c.entries++; c.entries > c.limits.Entries {
		return c.refuse(CodeLimit, fmt.Sprintf("the file has over %d entries", c.limits.Entries), "ask the bank for shorter statements")
	}
	s.Entries++
	e := &Entry{Number: s.Entries, Line: c.line()}
	n := &node{}
	var fault *Fault
	err := c.children(func(part xml.StartElement) error {
		if part.Name.Local != "NtryDtls" {
			kid, err := c.tree(part)
			if err != nil {
				return err
			}
			if n.kids = append(n.kids, kid); len(n.kids) > c.limits.Elements {
				return c.refuse(CodeLimit, "the entry has too many parts", "ask the bank for a plain ISO 20022 file")
			}
			return nil
		}
		return c.children(func(part xml.StartElement) error {
			kid, err := c.tree(part)
			if err != nil {
				return err
			}
			switch kid.name {
			case "Btch":
				e.Batch, e.BatchSize = clip(cmp.Or(kid.get("MsgId"), kid.get("PmtInfId")), 80), clip(kid.get("NbOfTxs"), 15)
			case "TxDtls":
				if len(e.Details) >= c.limits.Details {
					return c.refuse(CodeLimit, fmt.Sprintf("an entry has over %d transactions", c.limits.Details), "ask the bank to book smaller batches")
				}
				d, err := detailOf(kid, s.Currency)
				if err != nil && fault == nil {
					fault = &Fault{Code: CodeInvalid, Place: s.placeOf(e), Reason: fmt.Sprintf("transaction %d: %v", len(e.Details)+1, err), Remedy: "ask the bank to correct the statement"}
				}
				e.Details = append(e.Details, d)
			}
			return nil
		})
	})
	switch {
	case err != nil:
		return err
	case s.Fault != nil:
		return nil
	}
	if bad := e.fill(n, s); bad != nil {
		fault = bad
	}
	if fault == nil {
		fault = s.check(e)
	}
	if fault != nil {
		s.fail(fault)
		return nil
	}
	s.count(e)
	if s.Fault != nil {
		return nil
	}
	return c.visit(s, e)
}

// fill reads an entry but for its details.
func (e *Entry) fill(n *node, s *Statement) *Fault {
	refuse := func(code, format string, args ...any) *Fault {
		return &Fault{Code: code, Place: s.placeOf(e), Reason: fmt.Sprintf(format, args...), Remedy: "ask the bank to correct the statement"}
	}
	var err error
	if e.Amount, err = amountOf(n.at("Amt")); err != nil {
		return refuse(CodeInvalid, "%v", err)
	}
	if e.Amount.Currency() != s.Currency {
		return refuse(CodeInvalid, "it is in %s, the account is in %s", e.Amount.Currency(), s.Currency)
	}
	switch n.get("CdtDbtInd") {
	case "CRDT":
		e.Credit = true
	case "DBIT":
	default:
		return refuse(CodeInvalid, "it is neither credit (CRDT) nor debit (DBIT): %s", quote(n.get("CdtDbtInd")))
	}
	e.Status = n.first([]string{"Sts", "Cd"}, []string{"Sts", "Prtry"}, []string{"Sts"})
	if e.Status == "" {
		return refuse(CodeMissing, "it has no status (Sts)")
	}
	e.Value, _ = day(n.first([]string{"ValDt", "Dt"}, []string{"ValDt", "DtTm"}))
	booked := n.first([]string{"BookgDt", "Dt"}, []string{"BookgDt", "DtTm"})
	if e.Booked, err = day(booked); err != nil && booked != "" {
		return refuse(CodeInvalid, "booking date: %v", err)
	}
	if e.Booked = cmp.Or(e.Booked, e.Value, s.Closing.Date); e.Booked == "" {
		return refuse(CodeMissing, "it has no booking date")
	}
	e.Reference = bankReference(n.get("AcctSvcrRef"))
	e.Reversal = n.get("RvslInd") == "true" || n.get("RvslInd") == "1"
	e.Code, e.Bank = codeOf(n.at("BkTxCd")), clip(n.get("BkTxCd", "Prtry", "Cd"), 40)
	e.Text = n.get("AddtlNtryInf")
	if e.Charges, err = chargesOf(n, s.Currency); err != nil {
		return refuse(CodeInvalid, "charges: %v", err)
	}
	return nil
}

func codeOf(n *node) string {
	if n.at("Domn") == nil {
		return ""
	}
	return clip(n.get("Domn", "Cd")+"/"+n.get("Domn", "Fmly", "Cd")+"/"+n.get("Domn", "Fmly", "SubFmlyCd"), 40)
}

// amountOf reads a positive amount and its currency. The schema allows five
// decimals; booked money has none beyond its minor unit.
func amountOf(n *node) (money.Money, error) {
	if n == nil {
		return money.Money{}, errors.New("the amount (Amt) is missing")
	}
	c, err := money.ParseCurrency(n.currency)
	if err != nil {
		return money.Money{}, err
	}
	text := strings.TrimPrefix(n.text, "+")
	if strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	m, err := money.Parse(strings.TrimSuffix(text, "."), c)
	switch {
	case err != nil:
		return money.Money{}, err
	case m.IsNegative():
		return money.Money{}, fmt.Errorf("the amount is %s; debits are marked, not negative", m)
	case !m.IsWholeMinor():
		return money.Money{}, fmt.Errorf("%s: %w", m, money.ErrFraction)
	}
	return m, nil
}

// accountNumber writes an account's number the same way however it is spaced.
func accountNumber(s string) string {
	return clip(strings.ToUpper(strings.Join(strings.Fields(s), "")), 40)
}

// bankReference is the bank's own reference, unless it says that there is none.
func bankReference(s string) string {
	switch strings.ToUpper(s) {
	case "NOTPROVIDED", "NONREF", "NOREF", "N/A", "NOT PROVIDED":
		return ""
	}
	return clip(s, 80)
}
