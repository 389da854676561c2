package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/documents"
	"github.com/spf13/cobra"
)

func (a *app) printCommand() *cobra.Command {
	var format, from, to, paper string
	cmd := &cobra.Command{
		Use:   "print DOCUMENT",
		Short: "Write an invoice or credit memo as the customer gets it: PDF, HTML or UBL 2.1",
		Long: `print writes an issued invoice or credit memo, named by its number, with the
references, stops and proof of delivery of each shipment, and how every amount
was computed. xml is UBL 2.1 that conforms to EN 16931; ubl is UBL 2.1 for what
that standard does not admit. The same document gives the same bytes.

--parties names a file (YAML or JSON) with a document of kind seller, and one of
kind buyer for each customer that the master data do not say enough of. An issuer
that decided the tax is the seller: the file may add contact and bank details then,
and must not say otherwise:

` + partiesExample,
		Example: `  freightledger print INV-2026-000001 --parties parties.yaml --format pdf --out INV-2026-000001.pdf
  freightledger print CM-2026-000003 --parties parties.yaml --format xml > credit.xml`,
		Args: exactArgs(1, "the number of an invoice or credit memo"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := documents.ParseFormat(format)
			if err != nil {
				return &usageError{err}
			}
			p, err := readParties(from)
			if err != nil {
				return err
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				text, err := l.print(ctx, args[0], p, f, documents.Paper(paper))
				var lacking *documents.FieldError
				if errors.As(err, &lacking) && from == "" {
					return errNoParties(err)
				}
				if err != nil {
					return err
				}
				if to == "" || to == "-" {
					_, err := a.out.Write(text)
					return err
				}
				return writeWhole(to, text)
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "pdf", "html, pdf, xml (EN 16931) or ubl")
	cmd.Flags().StringVar(&from, "parties", os.Getenv("FREIGHTLEDGER_PARTIES"), "file that says who sells and who buys (FREIGHTLEDGER_PARTIES)")
	cmd.Flags().StringVar(&to, "out", "", "file to write; standard output when absent")
	cmd.Flags().StringVar(&paper, "paper", "", "A4 or Letter; by the buyer's country when absent")
	return cmd
}

// writeWhole writes a file so that nobody ever sees a part of it.
func writeWhole(path string, content []byte) error {
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	if err := os.WriteFile(temporary, content, 0o644); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}

// print writes the document of a number.
func (l *ledger) print(ctx context.Context, number string, p parties, f documents.Format, paper documents.Paper) ([]byte, error) {
	document, err := l.document(ctx, number, p)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = documents.Write(&text, document, f, documents.Options{Paper: paper})
	return text.Bytes(), err
}

// document makes the document of a number, from the history itself.
func (l *ledger) document(ctx context.Context, number string, p parties) (documents.Invoice, error) {
	trace, err := l.tracer().Invoice(ctx, number)
	if err != nil {
		return documents.Invoice{}, err
	}
	var issued domain.InvoiceIssued
	var credit *domain.CreditIssued
	for r, err := range l.store.ReadStream(ctx, string(trace.ID.Stream()), 0) {
		if err != nil {
			return documents.Invoice{}, err
		}
		e, err := l.codec.Decode(r)
		if err != nil {
			return documents.Invoice{}, err
		}
		switch e := e.Event.(type) {
		case domain.InvoiceIssued:
			issued = e
		case domain.CreditIssued:
			if e.Number == number {
				credit = &e
			}
		}
	}
	if issued.Number == "" {
		return documents.Invoice{}, &domain.Refusal{Code: domain.NotReady, Text: fmt.Sprintf("invoice %s is not issued: there is nothing to print", trace.ID)}
	}
	x := p.extras()
	customer, err := l.exec.State(ctx, issued.Candidate.Customer.Stream())
	if err != nil {
		return documents.Invoice{}, err
	}
	x.Buyer = p.buyer(issued.Candidate.Customer, customer.(domain.Customer).Master)
	x.BuyerReference = p.buyers[issued.Candidate.Customer].Reference
	for _, line := range issued.Lines {
		if err := l.explain(ctx, line, &x); err != nil {
			return documents.Invoice{}, err
		}
	}
	if credit != nil {
		return documents.FromCredit(*credit, issued, x)
	}
	return documents.FromIssued(issued, x)
}

// explain adds what the history says of a line's shipment and charge.
func (l *ledger) explain(ctx context.Context, line domain.BillLine, x *documents.Extras) error {
	state, err := l.exec.State(ctx, line.Shipment.Stream())
	if err != nil {
		return err
	}
	s := state.(domain.Shipment)
	if _, known := x.Shipments[s.ID]; !known {
		x.Shipments[s.ID] = shipmentExtras(s)
	}
	for _, c := range s.Charges {
		if c.ID != line.Charge || !c.Amount.Equal(line.Amount) {
			continue // rated or amended otherwise since
		}
		more := documents.ChargeExtras{Basis: c.Basis}
		if c.Basis.Sheet != nil {
			more.Derivation = strings.Split(strings.TrimSpace(c.Basis.Sheet.Text()), "\n")
		}
		x.Charges[domain.ChargeRef{Shipment: s.ID, Charge: c.ID}] = more
	}
	if line.Rebills != "" {
		before, err := l.exec.State(ctx, line.Rebills.Stream())
		if err != nil {
			return err
		}
		v := before.(domain.Invoice)
		x.Invoices[line.Rebills] = documents.Preceding{Number: v.Number, Date: v.IssueDate}
	}
	return nil
}

func shipmentExtras(s domain.Shipment) documents.ShipmentExtras {
	t := s.Terms.Tax
	more := documents.ShipmentExtras{References: s.References,
		Tax: documents.TaxRule{Code: t.Code, Jurisdiction: t.Jurisdiction, Percent: t.Percent, Version: t.Version}}
	for i, stop := range s.Stops {
		role := "stop"
		switch i {
		case 0:
			role = "origin"
		case len(s.Stops) - 1:
			role = "destination"
		}
		if len(s.Stops) == 1 {
			role = "destination"
		}
		arrived := domain.ArrivedPickup
		if stop.Kind == domain.StopDelivery {
			arrived = domain.ArrivedDelivery
		}
		m, _ := s.Actual(stop.Seq, arrived)
		place := stop.Place
		if w := stop.Where; w.City != "" {
			place = strings.Join(strings.FieldsFunc(w.City+"\n"+w.State+"\n"+w.Country, func(r rune) bool { return r == '\n' }), ", ")
		}
		more.Stops = append(more.Stops, documents.Stop{Role: role, Place: place, Date: m.At.Day()})
	}
	if s.POD.Version > 0 {
		more.Proof = documents.Proof{Document: s.POD.Document, SignedBy: s.POD.SignedBy, Date: s.POD.At.Day()}
	}
	return more
}
