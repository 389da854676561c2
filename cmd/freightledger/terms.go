package main

import (
	"bytes"
	"cmp"
	"path/filepath"
	"strings"

	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/spf13/cobra"
)

func (a *app) termsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "terms", Short: "Check files of agreements, fuel indexes, charts of accounts, issuers and tax rules without adopting them"}
	cmd.AddCommand(&cobra.Command{
		Use:   "check FILE...",
		Short: "Read agreements, indexes, charts, issuers and tax rules strictly, and tell everything that is wrong with its line and remedy",
		Long: `check reads files of rate agreements, fuel indexes, charts of accounts, issuers
and tax rules (YAML or JSON) as import terms does, and adopts nothing. Bands with
gaps or overlaps, lanes that name unknown regions, rows of a chart or tax rules
that nothing would reach, numbers that are none: each is told with file, line,
column and what to write instead.`,
		Example: "  freightledger terms check agreements/*.yaml\n  freightledger import terms agreements/*.yaml",
		Args:    someArgs("at least one file"),
		RunE: func(_ *cobra.Command, files []string) error {
			var all terms.Terms
			t := a.table("file", "kind", "id", "version", "in force", "holds")
			for _, path := range files {
				read, err := readTerms(path, nil)
				if err != nil {
					return err
				}
				all.Agreements, all.Indexes = append(all.Agreements, read.Agreements...), append(all.Indexes, read.Indexes...)
				all.Charts = append(all.Charts, read.Charts...)
				all.Issuers, all.TaxRules = append(all.Issuers, read.Issuers...), append(all.TaxRules, read.TaxRules...)
				for _, i := range read.Issuers {
					series := strings.Join([]string{i.Series.Invoice, i.Series.Debit, i.Series.Credit}, ", ")
					if i.Default {
						series = "default issuer"
					}
					t.row(filepath.Base(path), "issuer", i.ID, "", "", i.Name+": "+series)
				}
				for _, r := range read.TaxRules {
					t.row(filepath.Base(path), "tax-rules", r.Registrant, r.Version, r.From+" to "+cmp.Or(r.Through, "…"), plural(len(r.Rules), "rule", "rules"))
				}
				for _, g := range read.Agreements {
					t.row(filepath.Base(path), "agreement", g.Agreement, g.Version, g.From+" to "+cmp.Or(g.Through, "…"),
						strings.Join([]string{plural(len(g.Lanes), "lane", "lanes"), plural(len(g.Fuel), "fuel table", "fuel tables"), plural(len(g.Accessorials), "accessorial", "accessorials")}, ", "))
				}
				for _, x := range read.Indexes {
					t.row(filepath.Base(path), "index", x.Index, "", "", plural(len(x.Values), "value", "values"))
				}
				for _, c := range read.Charts {
					t.row(filepath.Base(path), "chart", c.Chart, c.Version, "from "+c.From, plural(len(c.Rows), "row", "rows"))
				}
			}
			if a.json {
				return a.printJSON(all)
			}
			return t.flush()
		},
	})
	return cmd
}

// readTerms reads a file of terms, and the kinds besides these that others read.
func readTerms(path string, others terms.Kinds) (terms.Terms, error) {
	content, err := readBounded(path)
	if err != nil {
		return terms.Terms{}, err
	}
	return terms.Read(filepath.Base(path), bytes.NewReader(content), others)
}
