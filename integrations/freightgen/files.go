package freightgen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi/x12"
	"github.com/shopspring/decimal"
)

// perFile is how many transaction sets an interchange holds.
const perFile = 500

// Names of the parties in the interchanges.
const (
	shipper = "FREIGHTDEMO"
	carrier = "DEMOCARRIER"
)

// set is one transaction set to be written.
type set struct {
	code     string
	segments [][]string
}

// write turns the plan into files, in the order in which they would come; a
// shell's *.x12 names them in that order too.
func (g *generator) write() error {
	var orders, answers, milestones, late []set
	var records []desk.Line
	for i := range g.plan {
		s := &g.plan[i]
		orders = append(orders, g.order(s))
		answers = append(answers, g.answer(s))
		early, after := g.milestones(s)
		milestones, late = append(milestones, early...), append(late, after...)
		lines, err := g.records(s)
		if err != nil {
			return err
		}
		records = append(records, lines...)
	}
	// Messages of different shipments come mixed; those that were held up
	// somewhere come last.
	g.rng.Shuffle(len(milestones), func(i, j int) { milestones[i], milestones[j] = milestones[j], milestones[i] })
	g.rng.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	milestones = append(milestones, late...)
	g.out.Truth.Messages = len(orders) + len(answers) + len(milestones)

	control := 1
	for _, batch := range []struct {
		name, group string
		sets        []set
	}{{"1-orders", "SM", orders}, {"2-answers", "GF", answers}, {"3-milestones", "QM", milestones}} {
		for part := 0; part*perFile < len(batch.sets); part++ {
			content, err := g.interchange(control, batch.group, batch.sets[part*perFile:min((part+1)*perFile, len(batch.sets))])
			if err != nil {
				return fmt.Errorf("write %s: %w", batch.name, err)
			}
			control++
			g.out.Files = append(g.out.Files, File{fmt.Sprintf("%s-%03d.x12", batch.name, part+1), "x12", content})
		}
	}
	var buf bytes.Buffer
	lines := json.NewEncoder(&buf)
	for _, line := range records {
		if err := lines.Encode(line); err != nil {
			return fmt.Errorf("write desk records: %w", err)
		}
	}
	g.out.Files = append(g.out.Files, File{"desk.jsonl", desk.Channel, buf.Bytes()})
	return nil
}

func (g *generator) interchange(control int, group string, sets []set) ([]byte, error) {
	sender, receiver := carrier, shipper
	if group == "SM" {
		sender, receiver = shipper, carrier
	}
	b, err := x12.NewInterchange(x12.Options{Sender: sender, Receiver: receiver, Control: control,
		At: g.options.From.AddDate(0, 0, g.options.Days+20).Add(time.Duration(control) * time.Minute)})
	if err != nil {
		return nil, err
	}
	if err := b.Group(x12.GroupOptions{FunctionalID: group, Control: control}); err != nil {
		return nil, err
	}
	for i, s := range sets {
		if err := b.Transaction(s.code, fmt.Sprintf("%04d", i+1), s.segments...); err != nil {
			return nil, err
		}
	}
	return b.Bytes()
}

func (g *generator) local(t time.Time, p place) time.Time { return t.In(g.zones[p.zone]) }

// order is the 204 with its stops, appointment windows and linehaul.
func (g *generator) order(s *shipment) set {
	first := s.carrier
	if s.declined != "" {
		first = s.declined
	}
	segments := [][]string{
		{"B2", "", first, "", s.id, "", "PP"},
		{"B2A", "00", "LT"},
		{"L11", "PO-" + s.id[3:], "PO"},
		{"L11", "BOL-" + s.id[3:], "BM"},
		{"N1", "BT", s.customer.Name, "93", s.customer.Code},
	}
	for i, st := range s.stops {
		reason, from, until := "CL", "37", "38"
		if !st.pickup {
			reason, from, until = "CU", "53", "54"
		}
		opens := g.local(st.arrive, st.place).Add(-2 * time.Hour)
		closes := opens.Add(6 * time.Hour)
		party := "SH"
		if !st.pickup {
			party = "CN"
		}
		segments = append(segments,
			[]string{"S5", fmt.Sprint(i + 1), reason},
			[]string{"G62", from, opens.Format("20060102"), "I", opens.Format("1504"), st.place.x12},
			[]string{"G62", until, closes.Format("20060102"), "K", closes.Format("1504"), st.place.x12},
			[]string{"AT8", "G", "L", fmt.Sprint(s.weightLb), "1"},
			[]string{"N1", party, "STOP " + fmt.Sprint(i+1) + " OF " + s.id},
			[]string{"N4", st.place.city, st.place.state, st.place.zip, "US"},
		)
	}
	cents := s.linehaul.Shift(2).String()
	return set{"204", append(segments, []string{"L3", fmt.Sprint(s.weightLb), "G", s.linehaul.StringFixed(2), "FR", cents})}
}

// answer is the 990 of the carrier that was asked first.
func (g *generator) answer(s *shipment) set {
	day := g.options.From.Format("20060102")
	if s.declined != "" {
		return set{"990", [][]string{{"B1", s.declined, s.id, day, "D"}}}
	}
	return set{"990", [][]string{{"B1", s.carrier, s.id, day, "A"}, {"N9", "CN", s.pro}}}
}

// milestones are the 214s of every stop: on time, late, twice.
func (g *generator) milestones(s *shipment) (early, late []set) {
	for i, st := range s.stops {
		if s.ending == inTransit && i == len(s.stops)-1 {
			break
		}
		reports := []report{{i, "X3", "NS", st.arrive}, {i, "CP", "NS", st.finish}, {i, "AF", "NS", st.depart}}
		if !st.pickup {
			reports = []report{{i, "X1", "NS", st.arrive}, {i, "D1", "NS", st.finish}, {i, "CD", "NS", st.depart}}
			if st.estimatedBefore {
				early = append(early, g.status(s, report{i, "AG", "NS", st.arrive.Add(-3 * time.Hour)}))
			}
			if s.refusedAt != nil && s.refusedAt.stop == i {
				early = append(early, g.status(s, *s.refusedAt))
			}
		}
		for _, r := range reports {
			message := g.status(s, r)
			if st.late {
				late = append(late, message)
				g.out.Truth.LateMilestone++
			} else {
				early = append(early, message)
			}
			if st.repeated {
				late = append(late, message)
				g.out.Truth.Repeats++
			}
		}
	}
	return early, late
}

func (g *generator) status(s *shipment, r report) set {
	p := s.stops[r.stop].place
	at := g.local(r.at, p)
	return set{"214", [][]string{
		{"B10", s.pro, s.id, s.carrier},
		{"LX", "1"},
		{"AT7", r.code, r.why, "", "", at.Format("20060102"), at.Format("1504"), p.x12},
		{"MS1", p.city, p.state, "US"},
		{"L11", fmt.Sprint(r.stop + 1), "QN"},
	}}
}

// records are what the desk does: tenders anew, enters and decides charges,
// attaches and verifies proof of delivery, resolves exceptions.
func (g *generator) records(s *shipment) ([]desk.Line, error) {
	id := domain.ShipmentID(s.id)
	var commands []domain.Command
	if s.declined != "" {
		at := domain.MomentIn(g.options.From, time.UTC)
		commands = append(commands,
			domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: id, Carrier: s.carrier, At: at}},
			domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: id, Carrier: s.carrier, DispatchRef: s.pro, At: at}})
	}
	fuel, err := usd(s.fuelAmount())
	if err != nil {
		return nil, err
	}
	commands = append(commands, domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: fuelCharge, Kind: domain.FuelSurcharge, Code: "FUE",
		Description: "fuel surcharge", Amount: fuel, RequestedBy: "rating", Basis: domain.Basis{Tariff: "DEMO-FSC", Version: "1", Effective: g.options.From.Format(domain.DayLayout),
			Formula: domain.FormulaPercent, Inputs: map[string]string{"base": s.linehaul.String(), "percent": s.fuel.String()}, Rounding: money.HalfUp}}})
	for i, x := range s.extras {
		charge := domain.ChargeID(fmt.Sprintf("%s-%d", x.code, i+1))
		amount, err := usd(x.amount)
		if err != nil {
			return nil, err
		}
		commands = append(commands, domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: charge, Kind: domain.Accessorial, Code: x.code,
			Description: "accessorial " + x.code, Amount: amount, RequestedBy: "dispatch-desk"}})
		switch x.fate {
		case "approved":
			commands = append(commands, domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: id, Charge: charge, Amount: amount, By: "billing-desk"}})
		case "rejected":
			commands = append(commands, domain.RejectCharge{ChargeRejected: domain.ChargeRejected{Shipment: id, Charge: charge, By: "billing-desk", Reason: "not in the agreement"}})
		}
	}
	last := s.stops[len(s.stops)-1]
	if s.refusedAt != nil && s.ending != refused {
		at := g.local(s.refusedAt.at, s.stops[s.refusedAt.stop].place).Format(domain.LocalLayout)
		commands = append(commands, domain.ResolveException{ExceptionResolved: domain.ExceptionResolved{Shipment: id,
			Exception: fmt.Sprintf("%s-%d-%s", domain.Refused, s.refusedAt.stop+1, at), Resolution: "redelivered", By: "dispatch-desk"}})
	}
	if s.ending != noPOD && s.ending != inTransit {
		outcome, notes := domain.PODClean, ""
		if s.ending == podNotes {
			outcome, notes = domain.PODWithExceptions, "two cartons damaged"
		}
		commands = append(commands,
			domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: id, Document: "receipt of " + s.id, SignedBy: "consignee", Notes: notes,
				At: domain.MomentIn(last.finish, g.zones[last.place.zone])}},
			domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: outcome, By: "billing-desk"}})
	}
	lines := make([]desk.Line, len(commands))
	for i, c := range commands {
		body, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", c.CommandName(), err)
		}
		lines[i] = desk.Line{Command: c.CommandName(), Body: body}
	}
	return lines, nil
}

func usd(d decimal.Decimal) (money.Money, error) { return money.New(d, "USD") }
