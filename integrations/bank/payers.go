package bank

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
)

// Payer is what a statement says of whoever paid.
type Payer struct {
	Account   string // IBAN or other number, capitals without blanks
	Name      string
	EndToEnd  string   // the payer's own reference
	Reference string   // ours, as the payer repeats it
	Documents []string // that it names
}

// Payers tells whose customer a payer is.
type Payers interface {
	// CustomerOf is false for a payer that nobody knows.
	CustomerOf(ctx context.Context, p Payer) (domain.CustomerID, bool, error)
}

// Payments reads a payment's present state, zero before it was received.
type Payments interface {
	Payment(ctx context.Context, id domain.PaymentID) (domain.Payment, error)
}

// Receipts finds received payments by a reference that they carry: the bank's
// (their Document) or the payer's (their Reference).
type Receipts interface {
	ReceiptsByReference(ctx context.Context, reference string) ([]domain.PaymentID, error)
}

// Statements knows which statements were taken in.
type Statements interface {
	// StatementTaken finds the message in which an account's statement of this
	// name, as [StatementItem] makes it, was taken in.
	StatementTaken(ctx context.Context, account, item string) (domain.MessageID, bool, error)
}

// States reads payments, accounts and movements from an executor of commands.
type States struct {
	Exec interface {
		State(ctx context.Context, stream domain.Stream) (any, error)
	}
}

// Payment is the payment's present state.
func (s States) Payment(ctx context.Context, id domain.PaymentID) (domain.Payment, error) {
	return state[domain.Payment](ctx, s, id.Stream())
}

// Directory is a list of known payers. An account decides before a reference,
// and a reference before a name.
type Directory struct {
	accounts, references, names map[string]domain.CustomerID
}

// ReadDirectory reads a directory as JSON:
//
//	{"accounts":{"NL69ABNA0522123643":"C1"},"references":{"RF18539007547034":"C2"},"names":{"Paper Mill":"C3"}}
//
// Blanks and capitals do not matter. Two entries that come to the same with
// different customers are refused.
func ReadDirectory(r io.Reader) (*Directory, error) {
	var stated struct {
		Accounts   map[string]domain.CustomerID `json:"accounts"`
		References map[string]domain.CustomerID `json:"references"`
		Names      map[string]domain.CustomerID `json:"names"`
	}
	if err := readJSON(r, &stated); err != nil {
		return nil, fmt.Errorf("read the payers: %w", err)
	}
	d := &Directory{}
	for _, list := range []struct {
		what   string
		from   map[string]domain.CustomerID
		to     *map[string]domain.CustomerID
		normal func(string) string
	}{{"account", stated.Accounts, &d.accounts, accountNumber}, {"reference", stated.References, &d.references, accountNumber}, {"name", stated.Names, &d.names, normalName}} {
		*list.to = make(map[string]domain.CustomerID, len(list.from))
		for key, customer := range list.from {
			if err := domain.CheckID("customer", string(customer)); err != nil {
				return nil, fmt.Errorf("%s %s: %w", list.what, quote(key), err)
			}
			normal := list.normal(key)
			if other, twice := (*list.to)[normal]; normal == "" || twice && other != customer {
				return nil, fmt.Errorf("%s %s is empty, or stands for %s and %s: state it once", list.what, quote(key), customer, other)
			}
			(*list.to)[normal] = customer
		}
	}
	return d, nil
}

// Known lists the directory's payers, in order.
func (d *Directory) Known() []domain.KnownPayer {
	var list []domain.KnownPayer
	for _, marks := range []struct {
		mark domain.PayerMark
		of   map[string]domain.CustomerID
	}{{domain.ByAccount, d.accounts}, {domain.ByReference, d.references}, {domain.ByName, d.names}} {
		for _, value := range slices.Sorted(maps.Keys(marks.of)) {
			list = append(list, domain.KnownPayer{Mark: marks.mark, Value: value, Customer: marks.of[value]})
		}
	}
	return list
}

// normalName is the form in which names are compared.
func normalName(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), " ")) }

// CustomerOf looks a payer up.
func (d *Directory) CustomerOf(_ context.Context, p Payer) (domain.CustomerID, bool, error) {
	for _, try := range []struct {
		in  map[string]domain.CustomerID
		key string
	}{{d.accounts, accountNumber(p.Account)}, {d.references, accountNumber(p.Reference)}, {d.references, accountNumber(p.EndToEnd)}, {d.names, normalName(p.Name)}} {
		if id, ok := try.in[try.key]; ok && try.key != "" {
			return id, true, nil
		}
	}
	return "", false, nil
}
