package api

import (
	"net/http"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/views"
)

func (s *server) shipments(r *request) (answer, error) {
	held, err := r.flag("held")
	if err != nil {
		return answer{}, err
	}
	return listed(r, 1, func(after []string, limit int) ([]views.Shipment, error) {
		return s.Views.Shipments(r.Context(), views.ShipmentFilter{Page: views.Page{After: after[0], Limit: limit},
			Customer: domain.CustomerID(r.query.Get("customer")), Status: r.query.Get("status"), Held: held})
	}, func(v views.Shipment) []string { return []string{string(v.ID)} })
}

func (s *server) shipmentCharges(r *request) (answer, error) {
	id := domain.ShipmentID(r.id("id"))
	if _, ok, err := s.Views.Shipment(r.Context(), id); err != nil {
		return answer{}, err
	} else if !ok {
		return answer{}, noSuch("shipment", string(id))
	}
	return s.chargesOf(r, views.ChargeFilter{Shipment: id})
}

func (s *server) charges(r *request) (answer, error) {
	notBilled, err := r.flag("not_billed")
	if err != nil {
		return answer{}, err
	}
	return s.chargesOf(r, views.ChargeFilter{Kind: domain.ChargeKind(r.query.Get("kind")), Disposition: r.query.Get("status"),
		Invoice: domain.InvoiceID(r.query.Get("invoice")), NotBilled: notBilled})
}

func (s *server) chargesOf(r *request, f views.ChargeFilter) (answer, error) {
	return listed(r, 2, func(after []string, limit int) ([]views.Charge, error) {
		f.After, f.Limit = domain.ChargeRef{Shipment: domain.ShipmentID(after[0]), Charge: domain.ChargeID(after[1])}, limit
		return s.Views.Charges(r.Context(), f)
	}, func(c views.Charge) []string { return []string{string(c.Shipment), string(c.Charge)} })
}

func (s *server) invoices(r *request) (answer, error) {
	open, err := r.flag("open")
	if err != nil {
		return answer{}, err
	}
	return listed(r, 1, func(after []string, limit int) ([]views.Invoice, error) {
		return s.Views.Invoices(r.Context(), views.InvoiceFilter{Page: views.Page{After: after[0], Limit: limit},
			Customer: domain.CustomerID(r.query.Get("customer")), Month: r.query.Get("month"),
			Status: domain.InvoiceStatus(r.query.Get("status")), OpenOnly: open})
	}, func(v views.Invoice) []string { return []string{string(v.ID)} })
}

func (s *server) invoiceLines(r *request) (answer, error) {
	invoice, err := s.findInvoice(r)
	if err != nil {
		return answer{}, err
	}
	return listed(r, 2, func(after []string, limit int) ([]views.InvoiceLine, error) {
		return s.Views.InvoiceLines(r.Context(), invoice.ID, domain.ChargeRef{Shipment: domain.ShipmentID(after[0]), Charge: domain.ChargeID(after[1])}, limit)
	}, func(l views.InvoiceLine) []string { return []string{string(l.Shipment), string(l.Charge)} })
}

func (s *server) payments(r *request) (answer, error) {
	unapplied, err := r.flag("unapplied")
	if err != nil {
		return answer{}, err
	}
	held, err := r.flag("held")
	if err != nil {
		return answer{}, err
	}
	received, err := r.flag("received")
	if err != nil {
		return answer{}, err
	}
	return listed(r, 1, func(after []string, limit int) ([]views.Payment, error) {
		return s.Views.Payments(r.Context(), views.PaymentFilter{Page: views.Page{After: after[0], Limit: limit},
			Customer: domain.CustomerID(r.query.Get("customer")), Unapplied: unapplied, Held: held, Received: received, Account: r.account()})
	}, func(p views.Payment) []string { return []string{string(p.ID)} })
}

// account is a bank account's number, however it is spaced.
func (r *request) account() domain.BankAccountID {
	return domain.BankAccountID(domain.AccountNumber(r.query.Get("account")))
}

func (s *server) movements(r *request) (answer, error) {
	open, err := r.flag("open")
	if err != nil {
		return answer{}, err
	}
	return listed(r, 1, func(after []string, limit int) ([]views.Movement, error) {
		return s.Views.Movements(r.Context(), views.MovementFilter{Page: views.Page{After: after[0], Limit: limit}, Account: r.account(), Open: open})
	}, func(m views.Movement) []string { return []string{string(m.Movement)} })
}

// bankAccounts and bankStatements are whole: a gap shows between its neighbours.
func (s *server) bankAccounts(r *request) (answer, error) {
	all, err := s.Views.BankAccounts(r.Context())
	return answer{body: page[views.BankAccount]{Items: all}}, err
}

func (s *server) bankStatements(r *request) (answer, error) {
	all, err := s.Views.BankStatements(r.Context(), r.account())
	return answer{body: page[views.BankStatement]{Items: all}}, err
}

func (s *server) postings(r *request) (answer, error) {
	return listed(r, 1, func(after []string, limit int) ([]views.Posting, error) {
		return s.Views.Postings(r.Context(), views.PostingFilter{Page: views.Page{After: after[0], Limit: limit},
			Status: domain.PostingStatus(r.query.Get("status")), Kind: r.query.Get("kind"), Subject: domain.Stream(r.query.Get("subject"))})
	}, func(p views.Posting) []string { return []string{p.Document} })
}

func (s *server) disputes(r *request) (answer, error) {
	open, err := r.flag("open")
	if err != nil {
		return answer{}, err
	}
	return listed(r, 1, func(after []string, limit int) ([]views.Dispute, error) {
		return s.Views.Disputes(r.Context(), views.DisputeFilter{Page: views.Page{After: after[0], Limit: limit},
			Invoice: domain.InvoiceID(r.query.Get("invoice")), OpenOnly: open})
	}, func(d views.Dispute) []string { return []string{string(d.ID)} })
}

func (s *server) exceptions(r *request) (answer, error) {
	resolved, err := r.flag("resolved")
	if err != nil {
		return answer{}, err
	}
	return listed(r, 2, func(after []string, limit int) ([]views.Exception, error) {
		return s.Views.Exceptions(r.Context(), views.ExceptionKey{Shipment: domain.ShipmentID(after[0]), Exception: after[1]}, limit, resolved)
	}, func(x views.Exception) []string { return []string{string(x.Shipment), x.Exception} })
}

func (s *server) customers(r *request) (answer, error) {
	return listed(r, 1, func(after []string, limit int) ([]views.Customer, error) {
		return s.Views.Customers(r.Context(), views.Page{After: after[0], Limit: limit})
	}, func(c views.Customer) []string { return []string{string(c.ID)} })
}

func (s *server) messages(r *request) (answer, error) {
	return listed(r, 1, func(after []string, limit int) ([]views.Message, error) {
		return s.Views.Messages(r.Context(), views.Page{After: after[0], Limit: limit})
	}, func(m views.Message) []string { return []string{string(m.ID)} })
}

func (s *server) messageItems(r *request) (answer, error) {
	id := domain.MessageID(r.id("id"))
	if _, ok, err := s.Views.Message(r.Context(), id); err != nil {
		return answer{}, err
	} else if !ok {
		return answer{}, noSuch("message", string(id))
	}
	return listed(r, 1, func(after []string, limit int) ([]views.Item, error) {
		return s.Views.Items(r.Context(), id, after[0], limit)
	}, func(i views.Item) []string { return []string{i.Item} })
}

func (s *server) deadLetters(r *request) (answer, error) {
	return listed(r, 2, func(after []string, limit int) ([]views.Item, error) {
		return s.Views.DeadLetters(r.Context(), views.ItemKey{Message: domain.MessageID(after[0]), Item: after[1]}, limit)
	}, func(i views.Item) []string { return []string{string(i.Message), i.Item} })
}

// dispositions are whole: their rows only mean something together.
func (s *server) dispositions(r *request) (answer, error) {
	all, err := s.Views.Dispositions(r.Context())
	return answer{body: page[views.Disposition]{Items: all}}, err
}

func (s *server) search(r *request) (answer, error) {
	limit, err := r.limit()
	if err != nil {
		return answer{}, err
	}
	text := r.query.Get("q")
	if text == "" {
		return answer{}, badQuery("q", "want a reference, or how it begins")
	}
	hits, err := s.Views.Search(r.Context(), text, limit)
	return answer{body: page[views.Hit]{Items: hits}}, err
}

// found answers with one record, or that there is none.
func found[T any](what, id string, v T, ok bool, err error) (answer, error) {
	switch {
	case err != nil:
		return answer{}, err
	case !ok:
		return answer{}, noSuch(what, id)
	}
	return answer{status: http.StatusOK, body: v}, nil
}

func (s *server) shipment(r *request) (answer, error) {
	id := r.id("id")
	v, ok, err := s.Views.Shipment(r.Context(), domain.ShipmentID(id))
	return found("shipment", id, v, ok, err)
}

func (s *server) payment(r *request) (answer, error) {
	id := r.id("id")
	v, ok, err := s.Views.Payment(r.Context(), domain.PaymentID(id))
	return found("payment", id, v, ok, err)
}

func (s *server) movement(r *request) (answer, error) {
	id := r.id("id")
	v, ok, err := s.Views.Movement(r.Context(), domain.MovementID(id))
	return found("movement", id, v, ok, err)
}

func (s *server) posting(r *request) (answer, error) {
	id := r.id("id")
	v, ok, err := s.Views.Posting(r.Context(), id)
	return found("posting", id, v, ok, err)
}

func (s *server) customer(r *request) (answer, error) {
	id := r.id("id")
	v, ok, err := s.Views.Customer(r.Context(), domain.CustomerID(id))
	return found("customer", id, v, ok, err)
}

func (s *server) message(r *request) (answer, error) {
	id := r.id("id")
	v, ok, err := s.Views.Message(r.Context(), domain.MessageID(id))
	return found("message", id, v, ok, err)
}

func (s *server) findInvoice(r *request) (views.Invoice, error) {
	id := r.id("id")
	v, ok, err := s.Views.Invoice(r.Context(), id)
	if err == nil && !ok {
		err = noSuch("invoice", id)
	}
	return v, err
}

func (s *server) invoice(r *request) (answer, error) {
	v, err := s.findInvoice(r)
	return answer{body: v}, err
}
