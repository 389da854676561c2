package domain

import "fmt"

// Identifiers. Each names one aggregate or one part of it; they appear in
// stream names and never hold personal data.
type (
	ShipmentID string
	ChargeID   string // unique within its shipment
	CustomerID string
	InvoiceID  string // see Candidate.ID; not the invoice number
	PaymentID  string
	DisputeID  string
	MessageID  string
)

func (id ShipmentID) Stream() Stream { return Stream("shipment-" + string(id)) }
func (id CustomerID) Stream() Stream { return Stream("customer-" + string(id)) }
func (id InvoiceID) Stream() Stream  { return Stream("invoice-" + string(id)) }
func (id PaymentID) Stream() Stream  { return Stream("payment-" + string(id)) }
func (id DisputeID) Stream() Stream  { return Stream("dispute-" + string(id)) }
func (id MessageID) Stream() Stream  { return Stream("message-" + string(id)) }

// CheckID refuses an identifier that could not name a stream: empty, over 120
// bytes, or with anything but ASCII letters, digits and "._:/+#-".
func CheckID(what, id string) error { return checkID(what, id, 120) }

func checkID(what, id string, longest int) error {
	if id == "" {
		return refuse(Invalid, "%s is missing", what)
	}
	if len(id) > longest {
		return refuse(Invalid, "%s is %d bytes long; at most %d are taken", what, len(id), longest)
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '/', c == '+', c == '#', c == '-':
		default:
			return refuse(Invalid, "%s %q: character %q is not one of A-Z a-z 0-9 . _ : / + # -", what, id, c)
		}
	}
	return nil
}

// Reference is a number by which somebody knows a shipment.
type Reference struct {
	Kind  string `json:"kind"` // "BOL", "PRO", "PO", "ORDER", "LOAD", "SI" …
	Value string `json:"value"`
}

// Source says where a fact was read: the raw message that is kept, the place
// in the sender's own terms, and the bytes.
type Source struct {
	Message MessageID `json:"message,omitempty"`
	Place   string    `json:"place,omitempty"` // "line 12", "ST 0001 segment 14 (AT7)"
	Offset  int64     `json:"offset,omitempty"`
	Length  int64     `json:"length,omitempty"`
}

func (s Source) String() string {
	if s.Message == "" {
		return "entered"
	}
	return fmt.Sprintf("%s, %s", s.Message, s.Place)
}
