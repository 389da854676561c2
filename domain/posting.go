package domain

// A posting carries one journal document into the ERP: asked for, then
// confirmed or rejected by what the ERP answered. It is never marked as
// posted by anything but the ERP's own record (rules 42, 43).

// Posting is the state of a posting's stream.
type Posting struct {
	Document string
	Kind     string
	Subject  Stream
	Status   PostingStatus
	Date     string // in force: the document's, or the one it was redated to
	ERPID    string
	Code     string // of the last rejection
}

// PostingStatus is where a posting stands.
type PostingStatus string

// Statuses of a posting.
const (
	PostingAsked    PostingStatus = "requested"
	PostingIsIn     PostingStatus = "confirmed"
	PostingWasNot   PostingStatus = "rejected"
	PostingIsParked PostingStatus = "parked" // a person must look
)

// PostingStream names the stream of a document's posting.
func PostingStream(document string) Stream { return Stream("posting-" + document) }

// Events of postings.
type (
	// PostingRequested asks for a document to be posted.
	PostingRequested struct {
		Document string `json:"document"`
		Kind     string `json:"kind"`
		Subject  Stream `json:"subject"` // whose event the document says
		Date     string `json:"date"`
	}
	// PostingConfirmed is the ERP's record of the document.
	PostingConfirmed struct {
		Document string `json:"document"`
		Kind     string `json:"kind"`
		Subject  Stream `json:"subject"`
		ERPID    string `json:"erp_id"`
		Date     string `json:"date"`
		Found    bool   `json:"found,omitempty"` // by a probe: an answer had been lost
	}
	// PostingRejected is the ERP's no.
	PostingRejected struct {
		Document string `json:"document"`
		Code     string `json:"code"`
		Message  string `json:"message"`
	}
	// PostingRedated moves a document into an open period; its service dates
	// stay (rule 40).
	PostingRedated struct {
		Document string `json:"document"`
		From     string `json:"from"`
		To       string `json:"to"`
		Reason   string `json:"reason"`
	}
	// PostingRetried asks again after a rejection was dealt with.
	PostingRetried struct {
		Document string `json:"document"`
		By       string `json:"by"`
	}
	// PostingParked leaves a document to a person: what the ERP holds cannot
	// be told.
	PostingParked struct {
		Document string `json:"document"`
		Reason   string `json:"reason"`
	}
)

func (PostingRequested) EventType() string { return "PostingRequested" }
func (PostingConfirmed) EventType() string { return "PostingConfirmed" }
func (PostingRejected) EventType() string  { return "PostingRejected" }
func (PostingRedated) EventType() string   { return "PostingRedated" }
func (PostingRetried) EventType() string   { return "PostingRetried" }
func (PostingParked) EventType() string    { return "PostingParked" }

// Commands of postings.
type (
	// RequestPosting asks for a document to be posted, once.
	RequestPosting struct{ PostingRequested }
	// ConfirmPosting records what the ERP holds.
	ConfirmPosting struct {
		Document string `json:"document"`
		ERPID    string `json:"erp_id"`
		Date     string `json:"date"`
		Found    bool   `json:"found,omitempty"`
	}
	// RejectPosting records the ERP's no.
	RejectPosting struct{ PostingRejected }
	// RedatePosting moves it into an open period and asks again.
	RedatePosting struct{ PostingRedated }
	// RetryPosting asks again.
	RetryPosting struct{ PostingRetried }
	// ParkPosting leaves it to a person.
	ParkPosting struct{ PostingParked }
)

func (c RequestPosting) Stream() Stream { return PostingStream(c.Document) }
func (c ConfirmPosting) Stream() Stream { return PostingStream(c.Document) }
func (c RejectPosting) Stream() Stream  { return PostingStream(c.Document) }
func (c RedatePosting) Stream() Stream  { return PostingStream(c.Document) }
func (c RetryPosting) Stream() Stream   { return PostingStream(c.Document) }
func (c ParkPosting) Stream() Stream    { return PostingStream(c.Document) }

func (RequestPosting) CommandName() string { return "RequestPosting" }
func (ConfirmPosting) CommandName() string { return "ConfirmPosting" }
func (RejectPosting) CommandName() string  { return "RejectPosting" }
func (RedatePosting) CommandName() string  { return "RedatePosting" }
func (RetryPosting) CommandName() string   { return "RetryPosting" }
func (ParkPosting) CommandName() string    { return "ParkPosting" }

func (c RequestPosting) Decide(p Posting) ([]Event, error) {
	if p.Document != "" {
		return nil, nil
	}
	// A document's number is made of identifiers and is longer than one.
	if err := checkID("document", c.Document, 300); err != nil {
		return nil, err
	}
	return []Event{c.PostingRequested}, nil
}

func (c ConfirmPosting) Decide(p Posting) ([]Event, error) {
	switch {
	case p.Document == "":
		return nil, refuse(NotFound, "document %s was never asked to be posted", c.Document)
	case p.Status == PostingIsIn && p.ERPID != c.ERPID:
		return nil, refuseByRule(42, Conflict, "document %s is confirmed as %s, not as %s", c.Document, p.ERPID, c.ERPID)
	case p.Status == PostingIsIn:
		return nil, nil
	case c.ERPID == "":
		return nil, refuseByRule(43, Invalid, "document %s: a confirmation names the ERP's own record", c.Document)
	}
	return []Event{PostingConfirmed{p.Document, p.Kind, p.Subject, c.ERPID, c.Date, c.Found}}, nil
}

func (c RejectPosting) Decide(p Posting) ([]Event, error) {
	if err := p.mustBeOpen(c.Document); err != nil {
		return nil, err
	}
	if p.Status == PostingWasNot && p.Code == c.Code {
		return nil, nil
	}
	return []Event{c.PostingRejected}, nil
}

func (c RedatePosting) Decide(p Posting) ([]Event, error) {
	if err := p.mustBeOpen(c.Document); err != nil {
		return nil, err
	}
	if p.Date == c.To {
		return nil, nil
	}
	if err := checkDay("document "+c.Document, c.To); err != nil {
		return nil, err
	}
	if c.To <= p.Date {
		return nil, refuseByRule(40, Invalid, "document %s of %s moves only forward, not to %s", c.Document, p.Date, c.To)
	}
	e := c.PostingRedated
	e.From = p.Date
	return []Event{e}, nil
}

func (c RetryPosting) Decide(p Posting) ([]Event, error) {
	if err := p.mustBeOpen(c.Document); err != nil {
		return nil, err
	}
	if p.Status == PostingAsked {
		return nil, nil
	}
	return []Event{c.PostingRetried}, nil
}

func (c ParkPosting) Decide(p Posting) ([]Event, error) {
	if err := p.mustBeOpen(c.Document); err != nil {
		return nil, err
	}
	if p.Status == PostingIsParked {
		return nil, nil
	}
	return []Event{c.PostingParked}, nil
}

func (p Posting) mustBeOpen(document string) error {
	switch {
	case p.Document == "":
		return refuse(NotFound, "document %s was never asked to be posted", document)
	case p.Status == PostingIsIn:
		return refuse(TooLate, "document %s is in the ERP as %s", document, p.ERPID)
	}
	return nil
}

// Evolve applies an event to the posting.
func (p Posting) Evolve(e Event) Posting {
	switch e := e.(type) {
	case PostingRequested:
		p = Posting{Document: e.Document, Kind: e.Kind, Subject: e.Subject, Status: PostingAsked, Date: e.Date}
	case PostingConfirmed:
		p.Status, p.ERPID, p.Code = PostingIsIn, e.ERPID, ""
	case PostingRejected:
		p.Status, p.Code = PostingWasNot, e.Code
	case PostingRedated:
		p.Status, p.Date = PostingAsked, e.To
	case PostingRetried:
		p.Status = PostingAsked
	case PostingParked:
		p.Status = PostingIsParked
	}
	return p
}
