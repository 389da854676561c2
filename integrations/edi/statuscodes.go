package edi

import "github.com/freightledger/freightledger/domain"

// Status is what a status code means to the ledger.
type Status struct {
	Kind     string // of milestone, as in package domain
	Estimate bool   // expected, not happened
	At       string // domain.StopPickup or StopDelivery: the stop it belongs to; "" between stops
}

// Statuses gives the meaning of the shipment status codes (AT7-01, element
// 1650) that have one here. The others are refused: X5 and X8 (at the dock),
// AM, AJ, AV, CB, CL, S1 and the rail codes say something that no milestone
// says. Options.Statuses adds what a partner has agreed to.
func Statuses() map[string]Status {
	const pickup, delivery = domain.StopPickup, domain.StopDelivery
	return map[string]Status{
		"XB": {Kind: domain.Acknowledged},
		"X3": {Kind: domain.ArrivedPickup, At: pickup},
		"CP": {Kind: domain.Loaded, At: pickup},
		"AF": {Kind: domain.DepartedPickup, At: pickup},
		"X6": {Kind: domain.EnRoute},
		"J1": {Kind: domain.EnRoute}, // handed to the connecting line
		"R1": {Kind: domain.EnRoute}, // taken over from the prior carrier
		"X4": {Kind: domain.ArrivedTerminal},
		"P1": {Kind: domain.DepartedTerminal},
		"X1": {Kind: domain.ArrivedDelivery, At: delivery},
		"D1": {Kind: domain.Unloaded, At: delivery},
		"CD": {Kind: domain.DepartedDelivery, At: delivery},
		"AG": {Kind: domain.Unloaded, Estimate: true, At: delivery},
		"X2": {Kind: domain.ArrivedDelivery, Estimate: true, At: delivery},
		"B6": {Kind: domain.ArrivedTerminal, Estimate: true},
		"C1": {Kind: domain.DepartedTerminal, Estimate: true},
		"SD": {Kind: domain.Delayed},
		"AH": {Kind: domain.Attempted, At: delivery},
		"AP": {Kind: domain.NotCompleted, At: delivery},
		"A7": {Kind: domain.Refused, At: delivery},
		"A9": {Kind: domain.Damaged},
		"A3": {Kind: domain.Returned},
		"AI": {Kind: domain.Reconsigned},
		"CA": {Kind: domain.CarrierCancelled},
		"OO": {Kind: domain.PaperworkOnly},
	}
}

// Appointments gives the meaning of the appointment codes (AT7-03, element
// 1652).
func Appointments() map[string]Status {
	pickup := Status{Kind: domain.Appointment, At: domain.StopPickup}
	delivery := Status{Kind: domain.Appointment, At: domain.StopDelivery}
	return map[string]Status{
		"AA": pickup, "XA": pickup, "EP": pickup, "LP": pickup,
		"AB": delivery, "X9": delivery, "ED": delivery, "LD": delivery,
		"AC": {Kind: domain.Appointment, At: domain.StopDelivery, Estimate: true},
	}
}

// ladingException words a code of Q7-01 (element 33), "" when it is unknown.
func ladingException(code string) string {
	switch code {
	case "A":
		return "all short"
	case "D":
		return "damaged"
	case "E":
		return "entire shipment refused"
	case "O":
		return "overage"
	case "P":
		return "partial shipment"
	case "W":
		return "wrong product"
	}
	return ""
}
