package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node"
	"github.com/spf13/cobra"
	"golang.org/x/crypto/bcrypt"
)

// nodeOptions say how a data folder's events are served over the EventStoreDB
// protocol.
type nodeOptions struct {
	addr      string
	advertise string
	cert, key string
	users     string
	plain     bool
	insecure  bool
}

func (o *nodeOptions) flags(cmd *cobra.Command, addr, addrFlag, addrHelp string) {
	f := cmd.Flags()
	f.StringVar(&o.addr, addrFlag, addr, addrHelp)
	f.StringVar(&o.advertise, "advertise", "", "host:port that clients which discover the node are told; the listener's when not given")
	f.StringVar(&o.cert, "tls-cert", "", "certificate of the node, PEM; with --tls-key")
	f.StringVar(&o.key, "tls-key", "", "private key of the node, PEM")
	f.StringVar(&o.users, "users", "", "file of users with their roles, see freightledger node user --help")
}

func (a *app) nodeCommand() *cobra.Command {
	var o nodeOptions
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Serve the data folder's events over the EventStoreDB protocol",
		Long: `node serves the events of a data folder over the gRPC protocol of EventStoreDB,
so that its clients can read them, and so that several freightledger processes
can share one history (--store esdb://...). It is a protocol-compatible node and
not EventStoreDB; docs/operations/node.md lists what it does.

The ledger's own streams are protected: nobody deletes them or changes their
metadata, and only users with the role "ledger" append to them, at exact
revisions. Users need TLS, because their passwords are sent. --plain protects
nothing: it is for development.

Without TLS it listens on loopback only.`,
		Example: `  freightledger node
  freightledger node user ledger --role ledger --users users.json < password.txt
  freightledger node --addr 0.0.0.0:2113 --tls-cert node.pem --tls-key node.key --users users.json
  freightledger serve --store 'esdb://ledger:secret@node.example:2113'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.node(cmd.Context(), o) },
	}
	o.flags(cmd, "127.0.0.1:2113", "addr", "address to listen on")
	cmd.Flags().BoolVar(&o.plain, "plain", false, "a plain node for development: anybody may write and delete anything")
	cmd.Flags().BoolVar(&o.insecure, "insecure", false, "listen on other addresses than loopback although there is no TLS")
	cmd.AddCommand(a.nodeUserCommand())
	return cmd
}

func (a *app) node(ctx context.Context, o nodeOptions) (err error) {
	log := slog.New(slog.NewTextHandler(a.errs, nil))
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	store, err := embedded.Open(filepath.Join(a.data, "history"), embedded.Options{Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	n, listener, err := o.open(ctx, store, log)
	if err != nil {
		return err
	}
	settings := ""
	if o.cert == "" {
		settings = "?tls=false"
	}
	fmt.Fprintf(a.out, "node at esdb://%s%s, data in %s\n", listener.Addr(), settings, a.data)
	return n.Serve(ctx, listener)
}

// open makes a node of a store, and its listener.
func (o nodeOptions) open(ctx context.Context, store *embedded.Store, log *slog.Logger) (*node.Node, net.Listener, error) {
	options := node.Options{Logger: log, Advertise: o.advertise}
	if (o.cert == "") != (o.key == "") {
		return nil, nil, &usageError{errors.New("TLS needs both --tls-cert and --tls-key")}
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, nil, fmt.Errorf("certificate of the node: %w", err)
		}
		options.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if o.users != "" {
		if o.cert == "" {
			return nil, nil, &usageError{errors.New("--users needs TLS, because passwords are sent: give --tls-cert and --tls-key")}
		}
		users, err := node.LoadUsers(o.users)
		if err != nil {
			return nil, nil, err
		}
		options.Users = users
	}
	if !o.plain {
		options.Ledger = ledgerStream
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %s: %w", o.addr, err)
	}
	if host, _, err := net.SplitHostPort(listener.Addr().String()); err == nil && o.cert == "" && !o.insecure && !net.ParseIP(host).IsLoopback() {
		return nil, nil, errors.Join(&usageError{fmt.Errorf("without TLS everybody who reaches %s may read the ledger: give --tls-cert and --tls-key, or --insecure if that is meant", o.addr)}, listener.Close())
	}
	n, err := node.New(store.Raw(), options)
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return n, listener, nil
}

// ledgerStream says which streams are the ledger's own: those of its
// aggregates.
func ledgerStream(stream string) bool {
	_, err := domain.AggregateOf(domain.Stream(stream))
	return err == nil
}

func (a *app) nodeUserCommand() *cobra.Command {
	var roles []string
	var into string
	cmd := &cobra.Command{
		Use:   "user NAME",
		Short: "Add a user to a file of users; the password is read from standard input",
		Long: `user reads a password, one line on standard input, and puts the user with a hash
of it into a file of users. A user of that name is replaced. Roles:

  $admins   may do everything a node allows
  ledger    may append to the ledger's streams: the user of freightledger itself
  (none)    may read the streams that everybody may`,
		Example: `  freightledger node user ledger --role ledger --users users.json < password.txt
  freightledger node user auditor --users users.json`,
		Args: exactArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if into == "" {
				return &usageError{errors.New("node user: name the file of users with --users")}
			}
			line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 4096)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read the password: %w", err)
			}
			return a.addUser(into, args[0], strings.TrimRight(line, "\r\n"), roles)
		},
	}
	cmd.Flags().StringSliceVar(&roles, "role", nil, "role of the user; may be repeated")
	cmd.Flags().StringVar(&into, "users", "", "file of users; it is made when there is none")
	return cmd
}

// nodeUser is how a user stands in a file of users, see node.ReadUsers.
type nodeUser struct {
	Name  string   `json:"name"`
	Hash  string   `json:"hash"`
	Roles []string `json:"roles"`
}

func (a *app) addUser(file, name, password string, roles []string) error {
	const shortest = 12
	if len(password) < shortest || len(password) > 72 {
		return &usageError{fmt.Errorf("the password has %d bytes: it needs %d to 72", len(password), shortest)}
	}
	var users []nodeUser
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &users)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("users in %s: %w", file, err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return fmt.Errorf("hash the password: %w", err)
	}
	users = slices.DeleteFunc(users, func(u nodeUser) bool { return u.Name == name })
	users = append(users, nodeUser{name, string(hash), append([]string{}, roles...)})
	if text, err = json.MarshalIndent(users, "", "  "); err != nil {
		return err
	}
	// Whole or not at all, and a file that does not pass is not kept.
	temporary := file + ".new"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return err
	}
	if _, err := node.LoadUsers(temporary); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, file); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: %d users\n", file, len(users))
	return nil
}
