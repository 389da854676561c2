package world

import (
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// The bank writes ISO 20022 camt.053.

func camt053(number int, statements string) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M%d</MsgId></GrpHdr>
%s</BkToCstmrStmt></Document>`, number, statements)
}

// statement writes the account's next statement, and says what it closes with.
func (a *account) statement(entries []entry) (text string, closing money.Money) {
	var b strings.Builder
	closing = a.opening
	for _, e := range entries {
		b.WriteString(e.camt())
		sum, err := closing.Add(e.amount)
		if err != nil {
			a.w.k.Fail("simulator", "statement %d: %v", a.number, err)
		}
		closing = sum
	}
	day := a.w.k.Now().UTC().Format(domain.DayLayout)
	return fmt.Sprintf("<Stmt><Id>S%d</Id><ElctrncSeqNb>%d</ElctrncSeqNb><Acct><Id><IBAN>%s</IBAN></Id></Acct>\n%s%s%s</Stmt>\n",
		a.number, a.number, a.id, balance("OPBD", a.opening, day), balance("CLBD", closing, day), b.String()), closing
}

func balance(kind string, m money.Money, day string) string {
	amount, direction := unsigned(m)
	return fmt.Sprintf("<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp>%s%s<Dt><Dt>%s</Dt></Dt></Bal>\n", kind, amount, direction, day)
}

func unsigned(m money.Money) (amount, direction string) {
	direction = "CRDT"
	if m.IsNegative() {
		m, direction = m.Neg(), "DBIT"
	}
	return fmt.Sprintf(`<Amt Ccy="%s">%s</Amt>`, m.Currency(), m.Amount()), "<CdtDbtInd>" + direction + "</CdtDbtInd>"
}

// camt writes an entry.
func (e entry) camt() string {
	amount, direction := unsigned(e.amount)
	code := map[domain.MovementKind]string{domain.MovementReceipt: "RCDT/ESCT", domain.MovementReversal: "ICDT/RRTN", domain.MovementFee: "ICDT/CHRG"}[e.kind]
	family, sub, _ := strings.Cut(code, "/")
	head := fmt.Sprintf("<Ntry>%s%s<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt><AcctSvcrRef>%s</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>%s</Cd><SubFmlyCd>%s</SubFmlyCd></Fmly></Domn></BkTxCd>",
		amount, direction, e.day, e.reference, family, sub)
	if e.kind == domain.MovementFee {
		return head + "</Ntry>\n"
	}
	refs, text := "", ""
	if e.endToEnd != "" {
		refs = "<Refs><EndToEndId>" + e.endToEnd + "</EndToEndId></Refs>"
	}
	if e.text != "" {
		text = "<RmtInf><Ustrd>" + e.text + "</Ustrd></RmtInf>"
	}
	return head + fmt.Sprintf("<NtryDtls><TxDtls>%s<RltdPties><Dbtr><Pty><Nm>%s</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>%s</Id></Othr></Id></DbtrAcct></RltdPties>%s</TxDtls></NtryDtls></Ntry>\n",
		refs, e.payer.Name, e.payer.Account, text)
}
