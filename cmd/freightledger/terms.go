package main

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/spf13/cobra"
)

func (a *app) termsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "terms", Short: "Check files of agreements, fuel indexes and charts of accounts without adopting them"}
	cmd.AddCommand(&cobra.Command{
		Use:   "check FILE...",
		Short: "Read agreements, indexes and charts strictly, and tell everything that is wrong with its line and remedy",
		Long: `check reads files of rate agreements, fuel indexes and charts of accounts (YAML
or JSON) as import terms does, and adopts nothing. Bands with gaps or overlaps,
lanes that name unknown regions, rows of a chart that nothing would reach, numbers
that are none: each is told with file, line, column and what to write instead.`,
		Example: "  freightledger terms check agreements/*.yaml\n  freightledger import terms agreements/*.yaml",
		Args:    someArgs("at least one file"),
		RunE: func(_ *cobra.Command, files []string) error {
			var all terms.Terms
			t := a.table("file", "kind", "id", "version", "in force", "holds")
			for _, path := range files {
				content, err := readBounded(path)
				if err != nil {
					return err
				}
				read, err := terms.Read(filepath.Base(path), bytes.NewReader(content), nil)
				if err != nil {
					return err
				}
				all.Agreements, all.Indexes = append(all.Agreements, read.Agreements...), append(all.Indexes, read.Indexes...)
				all.Charts = append(all.Charts, read.Charts...)
				for _, g := range read.Agreements {
					through := g.Through
					if through == "" {
						through = "…"
					}
					t.row(filepath.Base(path), "agreement", g.Agreement, g.Version, g.From+" to "+through,
						fmt.Sprintf("%d lanes, %d fuel tables, %d accessorials", len(g.Lanes), len(g.Fuel), len(g.Accessorials)))
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
