package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/spf13/cobra"
)

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy the history while it is in use, verify the copy, and print its digest",
		Long: `backup copies the data folder's history into a folder, also while serve or node
is running on it: everything that was acknowledged before is in the copy. It
reads the copy again, every checksum and every hash. Run again with the same
folder it copies what was added since; after an interruption it goes on.

A history on a server (--store) is copied by freightledger migrate.`,
		Example: `  freightledger backup /mnt/backup/ledger
  freightledger backup --json /mnt/backup/ledger`,
		Args: exactArgs(1, "a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.store != "" {
				return &usageError{errors.New("backup: the history is on a server: back the server up, or take a copy with freightledger migrate")}
			}
			return a.copyHistory(cmd, "backup", filepath.Join(a.data, "history"), args[0])
		},
	}
}

func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FOLDER",
		Short: "Make a data folder from a backup, and verify it",
		Long: `restore copies a backup's history into the data folder, which must not have one,
and reads it again. The read models are made anew when they are first asked for.
The digest it prints is that which backup printed.`,
		Example: `  freightledger restore /mnt/backup/ledger --data ./restored
  freightledger doctor --data ./restored`,
		Args: exactArgs(1, "the folder of a backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.store != "" {
				return &usageError{errors.New("restore: it makes a data folder; move it to a server with freightledger migrate")}
			}
			if there, err := os.ReadDir(a.data); err == nil && len(there) > 0 {
				return &usageError{fmt.Errorf("restore: data folder %s is not empty: name a new one with --data", a.data)}
			}
			if err := os.MkdirAll(a.data, 0o700); err != nil {
				return fmt.Errorf("make the data folder: %w", err)
			}
			return a.copyHistory(cmd, "restore", args[0], filepath.Join(a.data, "history"))
		},
	}
}

func (a *app) copyHistory(cmd *cobra.Command, what, from, to string) error {
	const mib = 1 << 20
	show, finish := newProgress(a.quiet).stage(what + " (MiB)")
	copied, err := embedded.Backup(cmd.Context(), from, to, embedded.BackupOptions{Progress: func(done, total int64) { show(int(done/mib), int(total/mib)) }})
	finish()
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(copied)
	}
	fmt.Fprintf(a.out, "%d events in %s, %d bytes copied and all verified, digest %s\n", copied.Events, to, copied.Bytes, copied.Digest)
	return nil
}
