package bank

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// detailOf reads a transaction (TxDtls). What is money must be readable; what
// the payer writes about it may be wrong, and is then noted.
func detailOf(n *node, c money.Currency) (d Detail, err error) {
	// Version 2 states amounts in AmtDtls, later ones in Amt, too.
	for _, path := range [][]string{{"Amt"}, {"AmtDtls", "TxAmt", "Amt"}, {"AmtDtls", "CntrValAmt", "Amt"}} {
		stated := n.at(path...)
		if stated == nil {
			continue
		}
		amount, err := amountOf(stated)
		if err != nil {
			return d, fmt.Errorf("%s: %w", strings.Join(path, "/"), err)
		}
		if amount.Currency() == c {
			d.Amount = amount
			break
		}
		if !d.Instructed.IsSet() {
			d.Instructed = amount
		}
	}
	if stated := n.at("AmtDtls", "InstdAmt", "Amt"); stated != nil {
		if amount, err := amountOf(stated); err == nil {
			d.Instructed = amount
		}
	}
	if way := n.get("CdtDbtInd"); way != "" {
		d.Credit, d.directed = way == "CRDT", true
	}
	if d.Charges, err = chargesOf(n, c); err != nil {
		return d, fmt.Errorf("charges: %w", err)
	}
	d.Reference = bankReference(n.get("Refs", "AcctSvcrRef"))
	d.EndToEnd = bankReference(n.get("Refs", "EndToEndId"))
	d.Transaction = bankReference(n.get("Refs", "TxId"))
	d.Instruction = bankReference(n.get("Refs", "InstrId"))
	d.Code = codeOf(n.at("BkTxCd"))
	d.Text = n.get("AddtlTxInf")
	if parties := n.at("RltdPties"); parties != nil {
		// Version 8 puts a party in Pty, or an agent in Agt.
		d.Payer.Name = clip(parties.first([]string{"Dbtr", "Nm"}, []string{"Dbtr", "Pty", "Nm"}, []string{"Dbtr", "Agt", "FinInstnId", "Nm"},
			[]string{"UltmtDbtr", "Nm"}, []string{"UltmtDbtr", "Pty", "Nm"}), 140)
		d.Payer.Account = accountNumber(parties.first([]string{"DbtrAcct", "Id", "IBAN"}, []string{"DbtrAcct", "Id", "Othr", "Id"}))
	}
	if back := n.at("RtrInf"); back != nil {
		d.Return = strings.TrimSpace(cmp.Or(back.first([]string{"Rsn", "Cd"}, []string{"Rsn", "Prtry"}), "no reason") + " " + back.get("AddtlInf"))
	}
	d.Remittance = remittanceOf(n.at("RmtInf"))
	return d, nil
}

// chargesOf lists what the bank has kept, positive; what it gave is negative.
// Version 2 repeats Chrgs, later ones have records within it.
func chargesOf(n *node, c money.Currency) (list []money.Money, err error) {
	for _, charges := range n.all("Chrgs") {
		records := charges.all("Rcrd")
		if len(records) == 0 && charges.at("Amt") != nil {
			records = []*node{charges}
		}
		for _, r := range records {
			amount, err := amountOf(r.at("Amt"))
			if err != nil {
				return nil, err
			}
			if amount.Currency() == c {
				list = append(list, signed(amount, r.get("CdtDbtInd") != "CRDT"))
			}
		}
		if total := charges.at("TtlChrgsAndTaxAmt"); len(records) == 0 && total != nil {
			amount, err := amountOf(total)
			if err != nil {
				return nil, err
			}
			if amount.Currency() == c {
				list = append(list, amount)
			}
		}
	}
	return list, nil
}

// remittanceOf reads what the payment is for.
func remittanceOf(n *node) (r Remittance) {
	if n == nil {
		return r
	}
	for _, kid := range n.kids {
		switch kid.name {
		case "Ustrd":
			r.Text = append(r.Text, kid.text)
		case "Strd":
			r.structured(kid)
		}
	}
	return r
}

// structured reads one Strd: the creditor's reference, or a document and its
// amounts.
func (r *Remittance) structured(n *node) {
	for _, more := range n.all("AddtlRmtInf") {
		r.Text = append(r.Text, more.text)
	}
	reference := clip(n.get("CdtrRefInf", "Ref"), 80)
	if r.Reference == "" {
		r.Reference = reference
	}
	documents := n.all("RfrdDocInf")
	amounts := n.at("RfrdDocAmt")
	if len(documents) > 1 && amounts != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("%d documents share one amount: they are listed without", len(documents)))
		amounts = nil
	}
	for _, doc := range documents {
		d := Document{Number: clip(doc.get("Nb"), 80), Kind: clip(doc.first([]string{"Tp", "CdOrPrtry", "Cd"}, []string{"Tp", "CdOrPrtry", "Prtry"}), 35)}
		if d.Number == "" {
			d.Number = reference
		}
		r.document(d, amounts)
	}
	if len(documents) == 0 && amounts != nil && reference != "" {
		r.document(Document{Number: reference}, amounts)
	}
}

// document adds a document with what is stated of it.
func (r *Remittance) document(d Document, amounts *node) {
	if d.Number == "" {
		r.Notes = append(r.Notes, "a document has no number")
		return
	}
	if err := d.amounts(amounts); err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("document %s: %v: it is listed without amounts", quote(d.Number), err))
		d = Document{Number: d.Number, Kind: d.Kind}
	}
	r.Documents = append(r.Documents, d)
}

// isCredit tells credit notes, which lessen what is paid.
func (d Document) isCredit() bool { return d.Kind == "CREN" || d.Kind == "CNFA" }

// amounts reads RfrdDocAmt: due, less discounts and credit notes, with
// adjustments, makes what is remitted.
func (d *Document) amounts(n *node) (err error) {
	if n == nil {
		return nil
	}
	one := func(name string, to *money.Money) {
		if stated := n.at(name); stated != nil && err == nil {
			*to, err = amountOf(stated)
		}
	}
	var credit money.Money
	one("RmtdAmt", &d.Paid)
	one("DuePyblAmt", &d.Gross)
	one("CdtNoteAmt", &credit)
	if err != nil {
		return err
	}
	if d.isCredit() {
		if !d.Paid.IsSet() {
			d.Paid = credit
		}
		if !d.Paid.IsSet() {
			d.Paid = d.Gross
		}
		d.Paid, d.Gross = d.Paid.Neg(), money.Money{}
		return nil
	}
	for _, stated := range n.all("DscntApldAmt") {
		// Version 2 has the amount itself here, later ones within.
		if inner := stated.at("Amt"); inner != nil {
			stated = inner
		}
		discount, err := amountOf(stated)
		if err == nil && d.Discount.IsSet() {
			discount, err = d.Discount.Add(discount)
		}
		if err != nil {
			return fmt.Errorf("discount: %w", err)
		}
		d.Discount = discount
	}
	for _, stated := range n.all("AdjstmntAmtAndRsn") {
		amount, err := amountOf(stated.at("Amt"))
		if err != nil {
			return fmt.Errorf("adjustment: %w", err)
		}
		d.Adjustments = append(d.Adjustments, domain.Adjustment{Amount: signed(amount, stated.get("CdtDbtInd") == "CRDT"),
			Reason: clip(cmp.Or(stated.get("Rsn"), stated.get("AddtlInf"), "adjustment"), 20)})
	}
	if credit.IsSet() {
		d.Adjustments = append(d.Adjustments, domain.Adjustment{Amount: credit.Neg(), Reason: "credit note"})
	}
	if !d.Paid.IsSet() && d.Gross.IsSet() {
		d.Paid, err = d.net()
	}
	return err
}

// net is what is due less what is taken off.
func (d *Document) net() (money.Money, error) {
	net := d.Gross
	var err error
	if d.Discount.IsSet() {
		net, err = net.Sub(d.Discount)
	}
	for _, a := range d.Adjustments {
		if err == nil {
			net, err = net.Add(a.Amount)
		}
	}
	return net, err
}
