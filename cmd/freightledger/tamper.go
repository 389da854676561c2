package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"
)

// edit is one change made directly in the ERP's ledger.
type edit struct {
	Kind     string `json:"kind"`
	Document string `json:"document"`
	Ref      string `json:"ref,omitempty"`
	Change   string `json:"change"`
}

// editKinds are played in turn, so that each occurs.
func editKinds() []string {
	return []string{"amount", "account", "period", "deleted document", "duplicate", "customer", "deleted line"}
}

func (a *app) sandboxTamperCommand() *cobra.Command {
	var n int
	var seed uint64
	cmd := &cobra.Command{
		Use:   "tamper",
		Short: "Edit the sandbox ERP's ledger directly, as a careless hand would",
		Long: `tamper edits that many documents of the sandbox ERP's ledger, each once: an
amount, an account, a period, a customer, a deleted line or document, a
duplicate. The next reconciliation must name exactly these.`,
		Example: `  freightledger sandbox-erp tamper --edits 25 --seed 7 --erp http://127.0.0.1:8090
  freightledger sandbox-erp tamper --json --erp http://127.0.0.1:8090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			erp, err := a.erpClient()
			if err != nil {
				return err
			}
			edits, err := tamper(cmd.Context(), erp, n, seed)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(edits)
			}
			for _, e := range edits {
				fmt.Fprintf(a.out, "%-17s %-28s %-16s %s\n", e.Kind, e.Document, e.Ref, e.Change)
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&n, "edits", 25, "how many")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the choice")
	return cmd
}

// tamper edits n documents, each once, and says what it did.
func tamper(ctx context.Context, erp *client.Client, n int, seed uint64) ([]edit, error) {
	documents, err := documentsOf(ctx, erp)
	if err != nil {
		return nil, err
	}
	if len(documents) < n {
		return nil, fmt.Errorf("the ledger has %d documents, %d are to be edited", len(documents), n)
	}
	rng := rand.New(rand.NewPCG(seed, 0xed17))
	rng.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
	kinds := editKinds()
	edits := make([]edit, n)
	for i := range n {
		entries := documents[i]
		target := entries[rng.IntN(len(entries))]
		if edits[i], err = apply(ctx, erp, kinds[i%len(kinds)], target, rng); err != nil {
			return nil, fmt.Errorf("edit document %s: %w", target.Number, err)
		}
	}
	return edits, nil
}

func documentsOf(ctx context.Context, erp *client.Client) ([][]client.Entry, error) {
	extract, err := erp.Ledger(ctx, "", "")
	if err != nil {
		return nil, err
	}
	defer extract.Close()
	var documents [][]client.Entry
	for e, err := range extract.Entries() {
		if err != nil {
			return nil, err
		}
		if last := len(documents) - 1; last >= 0 && documents[last][0].DocumentID == e.DocumentID {
			documents[last] = append(documents[last], e)
		} else {
			documents = append(documents, []client.Entry{e})
		}
	}
	return documents, nil
}

func apply(ctx context.Context, erp *client.Client, kind string, e client.Entry, rng *rand.Rand) (edit, error) {
	done := edit{Kind: kind, Document: e.Number}
	document := strconv.FormatInt(e.DocumentID, 10)
	var err error
	switch kind {
	case "amount":
		patch, old := sandboxerp.EntryPatch{}, e.Debit
		changed := e.Debit.Add(e.Credit).Add(decimal.New(int64(1+rng.IntN(99_999)), -2)).String()
		if e.Debit.IsZero() {
			patch.Credit, old = &changed, e.Credit
		} else {
			patch.Debit = &changed
		}
		done.Ref, done.Change = e.Ref, old.String()+" → "+changed
		_, err = erp.PatchEntry(ctx, e.ID, patch)
	case "account":
		accounts := slices.DeleteFunc([]string{"1000", "1200", "1250", "2100", "4010", "4020", "4900"}, func(s string) bool { return s == e.Account })
		to := accounts[rng.IntN(len(accounts))]
		done.Ref, done.Change = e.Ref, e.Account+" → "+to
		_, err = erp.PatchEntry(ctx, e.ID, sandboxerp.EntryPatch{Account: &to})
	case "period":
		month, perr := time.Parse("2006-01", e.Period)
		if perr != nil {
			return done, perr
		}
		to := month.AddDate(0, 1+rng.IntN(3), 0).Format("2006-01")
		done.Change = e.Period + " → " + to
		_, err = erp.PatchDocument(ctx, document, sandboxerp.DocumentPatch{Period: &to})
	case "customer":
		to := e.Customer + "-X"
		done.Change = e.Customer + " → " + to
		_, err = erp.PatchDocument(ctx, document, sandboxerp.DocumentPatch{Customer: &to})
	case "duplicate":
		done.Change = "booked again"
		_, err = erp.DuplicateDocument(ctx, document)
	case "deleted document":
		done.Change = "document deleted"
		_, err = erp.DeleteDocument(ctx, document)
	case "deleted line":
		done.Ref, done.Change = e.Ref, "line deleted"
		_, err = erp.DeleteEntry(ctx, e.ID)
	default:
		err = fmt.Errorf("no edit of kind %q", kind)
	}
	return done, err
}
