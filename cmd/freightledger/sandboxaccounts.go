package main

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/spf13/cobra"
)

func (a *app) sandboxAccountsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "accounts CHART.yaml...",
		Short:   "Give the sandbox ERP the accounts that charts name",
		Example: `  freightledger sandbox-erp accounts chart.yaml --erp http://127.0.0.1:8090`,
		Args:    someArgs("at least one file of a chart"),
		RunE: func(cmd *cobra.Command, files []string) error {
			erp, err := a.erpClient()
			if err != nil {
				return err
			}
			var written []domain.Account
			for _, path := range files {
				read, err := readTerms(path, nil)
				if err != nil {
					return err
				}
				for _, chart := range read.Charts {
					for _, row := range chart.Rows {
						if slices.Contains(written, row.Account) {
							continue
						}
						account := sandboxerp.AccountInput{Name: string(row.Role), Type: accountType(row.Role)}
						if err := erp.PutAccount(cmd.Context(), string(row.Account), account); err != nil {
							return err
						}
						written = append(written, row.Account)
					}
				}
			}
			fmt.Fprintf(a.out, "%s written\n", plural(len(written), "account", "accounts"))
			return nil
		},
	}
}

// accountType is the sandbox ERP's word for what an account of a role is.
func accountType(r domain.Role) string {
	switch r {
	case domain.Bank, domain.Receivable, domain.Unbilled:
		return "asset"
	case domain.UnappliedCash, domain.RefundsPayable, domain.TaxPayable:
		return "liability"
	case domain.CreditsGiven:
		return "contra-revenue"
	case domain.BadDebt, domain.SmallBalances:
		return "expense"
	}
	return "revenue"
}
