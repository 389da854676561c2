package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/spf13/cobra"
)

func (a *app) bankCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bank",
		Short: "Say who books a bank account's receipts, who its payers are, how its CSV files are read",
		Long: `A bank account has one source of cash: its statements, as they are imported
here, or the ERP. What the other source says of the same money is matched and
never booked again. The ERP is the source of every account that nobody adopted.
See docs/CASH.md.`,
	}
	cmd.AddCommand(a.bankAdoptCommand(), a.bankPayerCommand(), a.bankProfileCommand())
	return cmd
}

func (a *app) bankAdoptCommand() *cobra.Command {
	var terms domain.BankTerms
	var source, currency, gl, by string
	cmd := &cobra.Command{
		Use:   "adopt ACCOUNT",
		Short: "Say who books an account's receipts from a booking day on",
		Example: `  freightledger bank adopt DE89370400440532013000 --source bank --from 2026-03-01 --currency EUR
  freightledger bank adopt NL91ABNA0417164300 --source erp --from 2026-03-01 --currency EUR --gl 1010`,
		Args: exactArgs(1, "an IBAN or another account number"),
		RunE: func(cmd *cobra.Command, args []string) error {
			terms.Source, terms.Currency, terms.GL = domain.CashSource(source), money.Currency(currency), domain.Account(gl)
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				id := domain.BankAccountID(domain.AccountNumber(args[0]))
				c := domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: id, BankTerms: terms, By: by}}
				if _, err := l.asked.Execute(ctx, c, newRequest(by, "command line")); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s: from %s on its receipts are booked by %s, on account %s\n", id, terms.From, sourceName(terms.Source), terms.GL)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&source, "source", "", "who books the receipts: bank or erp")
	f.StringVar(&terms.From, "from", "", "first booking day, like 2026-03-01")
	f.StringVar(&currency, "currency", "USD", "currency of the account")
	f.StringVar(&gl, "gl", string(domain.UsualBank), "the account of the general ledger that is this bank account")
	f.StringVar(&by, "by", envOr("USER", "operator"), "who decides it")
	required(cmd, "source", "from")
	return cmd
}

func sourceName(s domain.CashSource) string {
	if s == domain.CashFromBank {
		return "the bank's statements"
	}
	return "the ERP"
}

func (a *app) bankPayerCommand() *cobra.Command {
	var account, reference, name, customer, file, by string
	cmd := &cobra.Command{
		Use:   "payer ACCOUNT",
		Short: "Say whose customer a payer of the account is",
		Long: `payer makes a payer known by the number of its account, by a reference that it
repeats, or by its name; a file says several at once, as JSON:

  {"accounts":{"NL69ABNA0522123643":"C1"},"references":{"CUST-7":"C2"},"names":{"Paper Mill":"C3"}}

Receipts that were held for it are received by dead-letters replay --all.
Without a customer a payer is known no more.`,
		Example: `  freightledger bank payer DE89370400440532013000 --name "Paper Mill" --customer MILL
  freightledger bank payer DE89370400440532013000 --file payers.json`,
		Args: exactArgs(1, "a bank account"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var payers []domain.KnownPayer
			for mark, value := range map[domain.PayerMark]string{domain.ByAccount: account, domain.ByReference: reference, domain.ByName: name} {
				if value != "" {
					payers = append(payers, domain.KnownPayer{Mark: mark, Value: value, Customer: domain.CustomerID(customer)})
				}
			}
			if file != "" {
				content, err := readBounded(file)
				if err != nil {
					return err
				}
				directory, err := bank.ReadDirectory(bytes.NewReader(content))
				if err != nil {
					return err
				}
				payers = append(payers, directory.Known()...)
			}
			if len(payers) == 0 {
				return &usageError{errors.New("say what the payer is known by: --account, --reference, --name or --file")}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				for _, p := range payers {
					c := domain.AttributePayer{PayerAttributed: domain.PayerAttributed{Account: domain.BankAccountID(domain.AccountNumber(args[0])), KnownPayer: p, By: by}}
					if _, err := l.exec.Execute(ctx, c, newRequest(by, "command line")); err != nil {
						return err
					}
				}
				fmt.Fprintln(a.out, plural(len(payers), "payer", "payers"))
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&account, "account", "", "IBAN or other number of the payer's account")
	f.StringVar(&reference, "reference", "", "a reference that the payer repeats")
	f.StringVar(&name, "name", "", "the payer's name, as the bank writes it")
	f.StringVar(&customer, "customer", "", "whose customer it is")
	f.StringVar(&file, "file", "", "a file of payers")
	f.StringVar(&by, "by", envOr("USER", "operator"), "who says so")
	return cmd
}

func (a *app) bankProfileCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:     "profile FILE.json",
		Short:   "Adopt a profile: how a bank writes its CSV statements",
		Example: "  freightledger bank profile semicolon.json\n  freightledger import bank-csv march.csv --profile semicolon",
		Args:    exactArgs(1, "a profile's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				name, err := l.adoptProfile(ctx, args[0], by)
				if err == nil {
					fmt.Fprintln(a.out, "profile", name)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", envOr("USER", "operator"), "who adopts it")
	return cmd
}

func (l *ledger) adoptProfile(ctx context.Context, file, by string) (name string, err error) {
	content, err := readBounded(file)
	if err != nil {
		return "", err
	}
	p, err := bank.ReadProfile(bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	c := domain.AdoptStatementProfile{StatementProfileAdopted: domain.StatementProfileAdopted{Profile: domain.CSVProfile(p), By: by}}
	_, err = l.exec.Execute(ctx, c, newRequest(by, "command line"))
	return p.Name, err
}

func (a *app) importBankCSVCommand() *cobra.Command {
	var profile string
	var noSettle bool
	cmd := &cobra.Command{
		Use:   "bank-csv FILE... --profile NAME|FILE.json",
		Short: "Take in bank statements in CSV, read by a profile",
		Example: `  freightledger import bank-csv march.csv --profile semicolon.json
  freightledger import bank-csv april.csv --profile semicolon`,
		Args: someArgs("at least one file"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				name := profile
				if strings.HasSuffix(profile, ".json") {
					var err error
					if name, err = l.adoptProfile(ctx, profile, envOr("USER", "operator")); err != nil {
						return err
					}
				}
				return a.importAndSettle(ctx, l, bank.CSVChannel(name), files, noSettle)
			})
		},
	}
	cmd.Flags().StringVar(&profile, "profile", "", "name of a profile that was adopted, or its file")
	cmd.Flags().BoolVar(&noSettle, "no-settle", false, "only take the files in; `freightledger settle` carries them on")
	required(cmd, "profile")
	return cmd
}

// invoiceNumbers finds our invoices' numbers in what a payer writes.
var invoiceNumbers = regexp.MustCompile(`\b(?:` + domain.InvoiceSeries + `|` + domain.DebitSeries + `)-\d{4}-\d{6,}\b`)

// bankReader is how a channel's statements are cut into items; false when the
// channel brings none.
func (l *ledger) bankReader(channel string) (inbox.Reader, bool, error) {
	states := bank.States{Exec: l.exec}
	m := &bank.Mapper{Accounts: states, Payments: states, Receipts: views.NewBanks(l.views, l.exec), Statements: states,
		Options: bank.Options{InvoiceNumbers: []*regexp.Regexp{invoiceNumbers}}}
	read := inbox.Reader(m.Camt053)
	if channel != bank.Camt053Channel {
		name, ok := bank.ProfileOf(channel)
		if !ok {
			return nil, false, nil
		}
		state, err := l.exec.State(context.Background(), domain.ProfileStream(name))
		if err != nil {
			return nil, true, err
		}
		p := bank.Profile(state.(domain.StatementProfile).Profile)
		if p.Name == "" {
			return nil, true, &domain.Refusal{Code: domain.NotFound, Text: fmt.Sprintf("profile %.40q was not adopted: freightledger bank profile FILE.json", name)}
		}
		if err := p.Check(); err != nil {
			return nil, true, err
		}
		read = m.CSV(p)
	}
	return func(ctx context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
		// A reversal finds its receipt in the read models.
		if err := l.current(ctx); err != nil {
			return nil, &inbox.LookupError{Err: err}
		}
		return read(ctx, id, content)
	}, true, nil
}

func (a *app) assignCommand() *cobra.Command {
	var customer, reason, by string
	var remember, nobody, noSettle bool
	cmd := &cobra.Command{
		Use:   "assign MOVEMENT (--customer CUSTOMER | --nobody --reason WHY)",
		Short: "Say whose payment a receipt without a customer is, or that it is nobody's",
		Long: `assign works off what list receipts --unassigned lists. With a customer the
receipt is received and applied; --remember makes its payer known, so that the
next one needs nobody. With --nobody it leaves the list: a fee that was booked in
the ERP, money that was sent back.`,
		Example: `  freightledger assign bank-c8b6f410… --customer MILL --remember
  freightledger assign bank-0d8a6836… --nobody --reason "bank fees, booked in the ERP as JE-12"`,
		Args: exactArgs(1, "a movement"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (customer == "") != nobody || remember && nobody {
				return &usageError{errors.New("assign wants either --customer or --nobody")}
			}
			id := domain.MovementID(args[0])
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				if nobody {
					if _, err := l.exec.Execute(ctx, domain.DismissMovement{Movement: id, Reason: reason, By: by}, newRequest(by, "command line")); err != nil {
						return err
					}
					fmt.Fprintln(a.out, "dismissed")
					return nil
				}
				return a.assign(ctx, l, id, domain.CustomerID(customer), by, remember, noSettle)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&customer, "customer", "", "whose payment it is")
	f.BoolVar(&remember, "remember", false, "this payer's receipts are always that customer's")
	f.BoolVar(&nobody, "nobody", false, "it is no customer's payment")
	f.StringVar(&reason, "reason", "", "why it is nobody's")
	f.StringVar(&by, "by", envOr("USER", "operator"), "who says so")
	f.BoolVar(&noSettle, "no-settle", false, "only receive it")
	return cmd
}

func (a *app) assign(ctx context.Context, l *ledger, id domain.MovementID, customer domain.CustomerID, by string, remember, noSettle bool) error {
	if _, err := l.exec.Execute(ctx, domain.AssignMovement{MovementAssigned: domain.MovementAssigned{Movement: id, Customer: customer, By: by}}, newRequest(by, "command line")); err != nil {
		return err
	}
	state, err := l.exec.State(ctx, id.Stream())
	if err != nil {
		return err
	}
	noted := state.(domain.Movement).Noted
	if remember {
		p := domain.KnownPayer{Mark: domain.ByAccount, Value: noted.Payer.Account, Customer: customer}
		if p.Value == "" {
			p.Mark, p.Value = domain.ByName, noted.Payer.Name
		}
		c := domain.AttributePayer{PayerAttributed: domain.PayerAttributed{Account: noted.Account, KnownPayer: p, By: by}}
		if _, err := l.exec.Execute(ctx, c, newRequest(by, "command line")); err != nil {
			return err
		}
	}
	report, err := l.replay(ctx, noted.Source.Message, noted.Item)
	if err != nil {
		return err
	}
	return a.carryOn(ctx, l, []inbox.Report{report}, noSettle)
}

// listBanking adds what is known of bank accounts.
func (a *app) listBanking(add lister) {
	var account string
	var unassigned bool
	narrow := func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&account, "account", "", "only this bank account")
	}
	receipts := add("receipts", "Cash that was received, by whichever source, or what is nobody's yet", "  freightledger list receipts\n  freightledger list receipts --unassigned",
		func(ctx context.Context, v *views.Views, limit int) (any, table, error) {
			id := domain.BankAccountID(domain.AccountNumber(account))
			if unassigned {
				return a.listUnassigned(ctx, v, id, limit)
			}
			f := views.PaymentFilter{Received: true, Account: id}
			rows, err := pages(limit, func(n int) ([]views.Payment, error) {
				f.Limit = n
				page, err := v.Payments(ctx, f)
				if len(page) > 0 {
					f.After = string(page[len(page)-1].ID)
				}
				return page, err
			})
			t := a.table("payment", "customer", "date", "received", "unapplied", "status", "booked by", "on", "matched")
			for _, p := range rows {
				by := "ERP"
				if p.Account != "" {
					by = string(p.Account)
				}
				t.row(p.ID, p.Customer, p.Date, show(p.Received), p.Unapplied.Grouped(), p.Status, by, p.GL, p.Match)
			}
			return rows, t, err
		})
	narrow(receipts)
	receipts.Flags().BoolVar(&unassigned, "unassigned", false, "what is no customer's payment yet: freightledger assign works it off")
	narrow(add("bank-statements", "Bank statements that were taken in, and what is missing between them", "  freightledger list bank-statements --account DE89370400440532013000",
		func(ctx context.Context, v *views.Views, limit int) (any, table, error) {
			rows, err := v.BankStatements(ctx, domain.BankAccountID(domain.AccountNumber(account)))
			rows = rows[:min(limit, len(rows))]
			t := a.table("account", "statement", "from", "to", "opening", "entries", "booked", "closing", "gap")
			for _, s := range rows {
				number := fmt.Sprintf("%s/%d", s.Year, s.Sequence)
				if s.Sequence == 0 {
					number = s.Format
				}
				opening, closing := "", ""
				if s.Opening.IsSet() {
					opening, closing = s.Opening.Grouped(), s.Closing.Grouped()
				}
				t.row(s.Account, number, s.From, s.To, opening, s.Entries, show(s.Booked), closing, s.Gap)
			}
			return rows, t, err
		}))
	add("bank-accounts", "Bank accounts that were adopted, and who books their receipts", "  freightledger list bank-accounts",
		func(ctx context.Context, v *views.Views, _ int) (any, table, error) {
			rows, err := v.BankAccounts(ctx)
			t := a.table("account", "from", "booked by", "currency", "on", "payers known")
			for _, b := range rows {
				for _, terms := range b.Terms {
					t.row(b.Account, terms.From, sourceName(terms.Source), terms.Currency, terms.GL, len(b.Payers))
				}
			}
			return rows, t, err
		})
}

func (a *app) listUnassigned(ctx context.Context, v *views.Views, account domain.BankAccountID, limit int) (any, table, error) {
	f := views.MovementFilter{Account: account, Open: true}
	rows, err := pages(limit, func(n int) ([]views.Movement, error) {
		f.Limit = n
		page, err := v.Movements(ctx, f)
		if len(page) > 0 {
			f.After = string(page[len(page)-1].Movement)
		}
		return page, err
	})
	t := a.table("movement", "account", "date", "amount", "kind", "payer", "text", "why")
	for _, m := range rows {
		t.row(m.Movement, m.Account, m.Date, show(m.Amount), m.Kind, m.Payer.Name, m.Text, m.Reason)
	}
	return rows, t, err
}
