package domain

// A statement profile says how a bank writes its CSV statements. It is never
// changed once adopted, because what was read by it may have to be read again.

// CSVProfile is a profile; nothing about a file is guessed.
type CSVProfile struct {
	Name      string  `json:"name"`                // also of the channel, "bank-csv-NAME"
	Encoding  string  `json:"encoding"`            // "utf-8", with or without byte order mark, or "windows-1252"
	Delimiter string  `json:"delimiter"`           // one character, "\t" for a tab
	Skip      int     `json:"skip,omitempty"`      // lines before the header, or before the first row
	Header    bool    `json:"header"`              // the first row names the columns
	Dates     string  `json:"dates"`               // of YYYY, YY, MM, M, DD, D and what stands between: "DD.MM.YYYY"
	Decimal   string  `json:"decimal"`             // "." or ","
	Grouping  string  `json:"grouping,omitempty"`  // between thousands: ",", ".", " " or "'"
	Sign      CSVSign `json:"sign"`                // how a debit is told from a credit
	Account   string  `json:"account,omitempty"`   // unless a column has it
	Currency  string  `json:"currency,omitempty"`  // unless a column has it
	Booked    string  `json:"booked,omitempty"`    // what the status column says of a booked row
	CreditIs  string  `json:"credit_is,omitempty"` // what the indicator column says of a credit
	DebitIs   string  `json:"debit_is,omitempty"`  // and of a debit
	// Kinds gives what the kind column says its meaning; other texts mean
	// nothing special.
	Kinds   map[string]MovementKind `json:"kinds,omitempty"`
	Columns CSVColumns              `json:"columns"`
}

// CSVSign is how a debit is told from a credit.
type CSVSign string

// CSVColumns names columns as the header does, or numbers them from "1" when
// there is none. Empty ones are not there.
type CSVColumns struct {
	Booked       string   `json:"booked"` // day
	Value        string   `json:"value,omitempty"`
	Amount       string   `json:"amount,omitempty"`
	Credit       string   `json:"credit,omitempty"`
	Debit        string   `json:"debit,omitempty"`
	Indicator    string   `json:"indicator,omitempty"`
	Currency     string   `json:"currency,omitempty"`
	Account      string   `json:"account,omitempty"`
	Status       string   `json:"status,omitempty"`
	Kind         string   `json:"kind,omitempty"`
	Reference    string   `json:"reference,omitempty"` // the bank's own
	EndToEnd     string   `json:"end_to_end,omitempty"`
	Creditor     string   `json:"creditor_reference,omitempty"`
	Invoice      string   `json:"invoice,omitempty"`
	PayerName    string   `json:"payer_name,omitempty"`
	PayerAccount string   `json:"payer_account,omitempty"`
	Text         []string `json:"text,omitempty"`
}

// StatementProfile is the state of a profile's stream.
type StatementProfile struct{ Profile CSVProfile }

// ProfileStream names a profile's stream.
func ProfileStream(name string) Stream { return Stream("profile-" + name) }

// StatementProfileAdopted makes a profile known by its name.
type StatementProfileAdopted struct {
	Profile CSVProfile `json:"profile"`
	By      string     `json:"by"`
}

func (StatementProfileAdopted) EventType() string { return "StatementProfileAdopted" }

// AdoptStatementProfile makes a profile known. The same again changes nothing;
// another one under its name is refused. What it says is checked by whoever
// reads statements by it.
type AdoptStatementProfile struct{ StatementProfileAdopted }

func (c AdoptStatementProfile) Stream() Stream    { return ProfileStream(c.Profile.Name) }
func (AdoptStatementProfile) CommandName() string { return "AdoptStatementProfile" }

func (c AdoptStatementProfile) Decide(s StatementProfile) ([]Event, error) {
	if err := checkID("profile", c.Profile.Name, 40); err != nil {
		return nil, err
	}
	switch {
	case c.By == "":
		return nil, refuse(Invalid, "profile %s: say who adopts it", c.Profile.Name)
	case same(s.Profile, c.Profile):
		return nil, nil
	case s.Profile.Name != "":
		return nil, refuse(Conflict, "profile %s was adopted with another content: give the new one a name of its own", c.Profile.Name)
	}
	return []Event{c.StatementProfileAdopted}, nil
}

// Evolve applies an event to the profile.
func (s StatementProfile) Evolve(e Event) StatementProfile {
	if e, ok := e.(StatementProfileAdopted); ok {
		s.Profile = e.Profile
	}
	return s
}
