package domain

// DisputeReason is why a bill is contested: an adjustment reason of X12
// element 426, as remittances carry it in ADX. Only the codes that fit a
// freight bill are taken.
type DisputeReason string

// Reasons of a dispute that the rules name.
const (
	ReasonPricing         DisputeReason = "01"
	ReasonDuplicate       DisputeReason = "19"
	ReasonFreightDeducted DisputeReason = "54"
	ReasonNotReceived     DisputeReason = "59"
	ReasonPODMissing      DisputeReason = "A9"
	ReasonOther           DisputeReason = "ZZ" // as the words beside it say
)

// Name is the meaning of the code, "" for one that is not taken.
func (r DisputeReason) Name() string {
	switch r {
	case ReasonPricing:
		return "pricing error"
	case "02":
		return "allowance or charge error"
	case "03":
		return "extension error"
	case "04":
		return "not accepted: damaged"
	case "06":
		return "quantity contested"
	case "09":
		return "terms of sale error"
	case "17":
		return "required data missing"
	case "18":
		return "not our bill"
	case ReasonDuplicate:
		return "duplicate billing"
	case "20":
		return "balance due declined"
	case "21":
		return "shipment method of payment incorrect"
	case "22":
		return "weight error"
	case "23":
		return "special charge not authorized"
	case "24":
		return "incorrect discount"
	case "30":
		return "delivery charge incorrect"
	case "31":
		return "pickup charge incorrect"
	case "32":
		return "oversize premium invalid"
	case "33":
		return "currency exchange incorrect"
	case "34":
		return "declared value incorrect"
	case "35":
		return "commodity code incorrect"
	case "37":
		return "dimensions incorrect"
	case "38":
		return "service incorrect"
	case "39":
		return "shipper's or consignee's reference missing"
	case "41":
		return "not accepted: delay"
	case "42":
		return "not accepted: loss"
	case "43":
		return "missing discount"
	case "44":
		return "required documents missing"
	case "45":
		return "stale bill, over 180 days old"
	case "46":
		return "transportation charge incorrect"
	case "47":
		return "advanced charge incorrect"
	case ReasonFreightDeducted:
		return "freight deducted"
	case "55":
		return "tax deducted"
	case ReasonNotReceived:
		return "item not received"
	case "73":
		return "bill of lading not received"
	case "86":
		return "duplicate payment"
	case "87":
		return "duplicate shipment"
	case "99":
		return "late shipment of goods"
	case ReasonPODMissing:
		return "proof of delivery not received"
	case "B1":
		return "proof of shipment not received"
	case "CS":
		return "adjustment"
	case "D3":
		return "unauthorized deduction"
	case "L1":
		return "audit"
	case ReasonOther:
		return "as the words say"
	}
	return ""
}
