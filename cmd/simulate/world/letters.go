package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// What partners and desks tell by message: orders, answers to tenders, statuses
// and remittances as X12, everything else as lines of JSON. Messages come late,
// so in another order than they were written in, and twice; some hold garbage.

// mail sends a command as a message, in worlds where people do so; false when
// this one is not to be sent so.
func (p *people) mail(c domain.Command) bool {
	w, k := p.w, p.w.k
	switch c.(type) {
	case domain.AdoptAgreement, domain.PublishIndex, domain.AdoptBankAccount, domain.AttributePayer, domain.DismissMovement, domain.ReversePayment:
		return false // a world cannot be healed without them
	}
	every := w.cfg.mail
	set, body, ok := x12Of(c, k)
	if ok {
		every = min(every, 2) // partners rather write
	}
	if !k.OneIn(every) {
		return false
	}
	content := inbox.Content{Channel: edi.Channel, Name: w.post.named("edi")}
	if ok && !k.OneIn(3) {
		content.Bytes = w.post.interchange(set, body)
		k.Count("seen: message " + set)
	} else if line, ok := lineOf(c); ok {
		content = inbox.Content{Channel: desk.Channel, Name: w.post.named("desk"), Bytes: line}
		k.Count("seen: message desk")
	} else {
		return false
	}
	if k.OneIn(8) {
		content.Bytes = w.post.spoil(content.Bytes)
	}
	w.post.deliver(content, k.During(0, 12*time.Hour))
	if k.OneIn(4) {
		w.post.deliver(content, k.During(0, 48*time.Hour))
	}
	return true
}

// lineOf writes a command as desks send it; false for one that cannot be sent.
func lineOf(c domain.Command) ([]byte, bool) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, false
	}
	if _, err := domain.DecodeCommand(c.CommandName(), body); err != nil {
		return nil, false
	}
	line, err := json.Marshal(desk.Line{Command: c.CommandName(), Body: body})
	return append(line, '\n'), err == nil
}

// spoil makes garbage of a message, or of a part of it.
func (p *post) spoil(b []byte) []byte {
	k := p.w.k
	p.w.k.Count("fault: garbage in a message")
	switch k.Int(4) {
	case 0:
		b = b[:k.Int(len(b))]
	case 1:
		b = append([]byte("{\"command\":\"Abracadabra\",\"body\":{}}\n"), b...)
	case 2:
		b = append(slices.Clone(b), "\xff\x00 what is this\n"...)
	default:
		b = slices.Clone(b)
		b[0] ^= 1 << k.Int(8)
	}
	if len(b) == 0 {
		b = []byte("\n")
	}
	p.spoiled[inbox.Content{Channel: desk.Channel, Bytes: b}.ID()] = true
	p.spoiled[inbox.Content{Channel: edi.Channel, Bytes: b}.ID()] = true
	return b
}

// interchange writes one set.
func (p *post) interchange(set, body string) []byte {
	p.control++
	b, err := x12.NewInterchange(x12.Options{Sender: "PARTNER", Receiver: "CARRIER", Control: p.control, At: p.w.k.Now().UTC()})
	if err == nil {
		err = b.Group(x12.GroupOptions{FunctionalID: map[string]string{"204": "SM", "990": "GF", "214": "QM", "820": "RA"}[set], Control: 1})
	}
	var segments [][]string
	for line := range strings.Lines(body) {
		segments = append(segments, strings.Split(strings.TrimSuffix(line, "\n"), "*"))
	}
	var text []byte
	if err == nil {
		err = b.Transaction(set, "0001", segments...)
	}
	if err == nil {
		text, err = b.Bytes()
	}
	if err != nil {
		p.w.k.Fail("simulator", "write a %s: %v", set, err)
	}
	return text
}

// x12Of writes a command as partners do; false for what has no set.
func x12Of(c domain.Command, k *kernel.Kernel) (set, body string, ok bool) {
	switch c := c.(type) {
	case domain.ReleaseOrder:
		if c.Terms.Rate {
			return "", "", false
		}
		days := func(n int) string { return k.Now().AddDate(0, 0, n).Format("20060102") }
		cents := k.Between(100, 2000) * 100
		return "204", fmt.Sprintf("B2**ABCD**%s**PP\nB2A*00*LT\nL11*%s*BM\nC3*%s\nN1*BT*Customer*93*%s\nS5*1*CL\nG62*37*%s*I*0800\nN1*SH*Mill\nN4*CHICAGO*IL*60607*US\n"+
			"S5*2*CU\nG62*53*%s*G*0900\nN1*CN*Printer\nN4*COLUMBUS*OH*43215*US\nL3*1000*G*%d.00*FR*%d",
			c.Shipment, c.References[0].Value, c.Currency, c.Customer, days(1), days(3), cents/100, cents), true
	case domain.AcceptTender:
		return "990", fmt.Sprintf("B1*%s*%s*%s*A", c.Carrier, c.Shipment, k.Now().Format("20060102")), true
	case domain.DeclineTender:
		return "990", fmt.Sprintf("B1*%s*%s*%s*D", c.Carrier, c.Shipment, k.Now().Format("20060102")), true
	case domain.RecordMilestone:
		statuses := edi.Statuses()
		codes := slices.DeleteFunc([]string{"X3", "CP", "AF", "X6", "X1", "D1", "CD", "SD", "AH", "A9"}, func(code string) bool { return statuses[code].Kind != c.Kind })
		if len(codes) == 0 || c.Estimate {
			return "", "", false
		}
		return "214", fmt.Sprintf("B10*PRO*%s*ABCD\nLX*1\nAT7*%s*NS***%s*UT", c.Shipment, codes[0], c.At.UTC.Format("20060102*1504")), true
	case domain.AnnounceRemittance:
		i := c.Items[0]
		return "820", fmt.Sprintf("BPR*C*%s*C*ACH************%s\nTRN*1*%s\nCUR*PR*%s\nN1*PR*payer*92*payer\nENT*1\nRMR*IV*%s*PO*%s", c.Amount.Amount(), k.Now().Format("20060102"),
			c.Reference, c.Amount.Currency(), i.Document, i.Paid.Amount()), true
	}
	return "", "", false
}

// heal has everything that became a dead letter tried again.
func (p *post) heal() {
	p.w.people.waiting++
	p.w.k.After(10*time.Minute, "replay", func() {
		p.w.people.waiting--
		p.replayAll(10)
	})
}
