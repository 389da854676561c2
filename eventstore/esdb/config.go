package esdb

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Variables of the environment that override a Config, so that credentials
// need not stand in a file of settings.
const (
	EnvUser         = "FREIGHTLEDGER_ESDB_USER"
	EnvPassword     = "FREIGHTLEDGER_ESDB_PASSWORD"
	EnvPasswordFile = "FREIGHTLEDGER_ESDB_PASSWORD_FILE"
)

// Defaults of a Config.
const (
	DefaultTimeout  = 5 * time.Second
	DefaultPatience = 30 * time.Second
)

// Config says which server holds the history, and how to speak to it. Printed
// or logged it shows no credentials.
type Config struct {
	// Connection is an EventStoreDB connection string:
	//
	//	esdb://user:password@host:2113?tls=true
	//	esdb://host1:2113,host2:2113,host3:2113
	//	esdb+discover://cluster.example:2113
	//
	// Its settings are those of the official clients, for example tls,
	// tlsVerifyCert, tlsCAFile, nodePreference, keepAliveInterval.
	Connection string
	// User and Password override the connection string's. They are sent over
	// TLS only.
	User     string
	Password string
	// PasswordFile holds the password instead; a line's end after it does not
	// count. It is read whenever a connection is made, so that the password
	// can be changed while the program runs.
	PasswordFile string
	// CAFile holds the certificates, in PEM, of the authority that signed the
	// servers'; without it the system's authorities count.
	CAFile string
	// Timeout bounds one attempt of anything, DefaultTimeout when zero.
	Timeout time.Duration
	// Patience bounds how long an append or a reading is tried anew while the
	// server does not answer, DefaultPatience when zero. Following has no such
	// bound.
	Patience time.Duration
	// Lazy has Open not wait for the server.
	Lazy bool
	// Logger hears of connections made and lost; slog.Default() when nil.
	Logger *slog.Logger
}

// String names the server, without credentials.
func (c Config) String() string { return "EventStoreDB at " + redact(c.Connection) }

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// redact hides the credentials of a connection string, however broken it is.
func redact(connection string) string {
	scheme, rest, ok := strings.Cut(connection, "://")
	if !ok {
		scheme, rest = "", connection
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		rest = "xxxxx" + rest[i:]
	}
	if !ok {
		return rest
	}
	return scheme + "://" + rest
}

// target is a server that a client can be made for.
type target struct {
	name      string   // for people, without credentials
	addresses []string // host:port of every node that was named
	config    client.Configuration
	user      string
	password  func() (string, error)
}

// The connection string's settings that the client may have, and those that
// the adapter decides itself.
var (
	passedOn  = []string{"tls", "tlsverifycert", "tlscafile", "nodepreference", "keepaliveinterval", "keepalivetimeout", "usercertfile", "userkeyfile"}
	decidedOn = []string{"maxdiscoverattempts", "discoveryinterval", "gossiptimeout", "defaultdeadline", "throwonappendfailure", "connectionname"}
)

// lowestKeepAlive is what gRPC raises a shorter interval to.
const lowestKeepAlive = 10 * time.Second

// resolve reads a Config. What is wrong with it is told without credentials.
func (c Config) resolve(log *slog.Logger) (target, error) {
	plain, info, err := splitCredentials(c.Connection)
	if err != nil {
		return target{}, err
	}
	address, query, _ := strings.Cut(plain, "?")
	settings, err := c.settings(query, log)
	if err != nil {
		return target{}, fmt.Errorf("connection string %s: %w", redact(c.Connection), err)
	}
	// The client gets to see, and to quote in its errors, no credentials.
	config, err := client.ParseConnectionString(strings.TrimSuffix(address, "/") + "?" + settings.Encode())
	if err != nil {
		return target{}, fmt.Errorf("connection string %s: want esdb://host:port or esdb+discover://host:port: %w", redact(c.Connection), err)
	}
	t := target{name: redact(address), config: *config}
	if len(config.GossipSeeds) > 0 {
		for _, seed := range config.GossipSeeds {
			t.addresses = append(t.addresses, seed.String())
		}
	} else {
		t.addresses = []string{config.Address}
	}
	if c.CAFile != "" {
		if t.config.RootCAs, err = authorities(c.CAFile); err != nil {
			return target{}, err
		}
	}
	if err := c.credentials(&t, info); err != nil {
		return target{}, err
	}
	if t.config.DisableTLS && t.user != "" {
		log.Warn("EventStoreDB: the user and password are not sent, because the connection has no TLS", "server", t.name)
	}
	if t.config.SkipCertificateVerification && !t.config.DisableTLS {
		log.Warn("EventStoreDB: anybody can pose as the server, because tlsVerifyCert is false", "server", t.name)
	}
	timeout := cmp.Or(c.Timeout, DefaultTimeout)
	t.config.GossipTimeout = int(math.Ceil(timeout.Seconds()))
	t.config.DefaultDeadline = &timeout
	t.config.Logger = func(level client.LogLevel, format string, args ...any) {
		log.Debug("EventStoreDB client: "+fmt.Sprintf(format, args...), "level", level)
	}
	return t, nil
}

// splitCredentials takes user and password out of a connection string.
func splitCredentials(connection string) (plain string, info *url.Userinfo, err error) {
	scheme, rest, ok := strings.Cut(connection, "://")
	if !ok || scheme != "esdb" && scheme != "esdb+discover" {
		return "", nil, fmt.Errorf("connection string %s: want esdb://host:port or esdb+discover://host:port", redact(connection))
	}
	authority, query, hasQuery := strings.Cut(rest, "?")
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		user, userErr := url.PathUnescape(user)
		password, passwordErr := url.PathUnescape(password)
		if userErr != nil || passwordErr != nil || user == "" {
			return "", nil, fmt.Errorf("connection string %s: the user or the password is not well-formed: write special characters as %%XX", redact(connection))
		}
		info, authority = url.UserPassword(user, password), authority[i+1:]
	}
	if strings.Contains(query, "@") {
		return "", nil, fmt.Errorf("connection string %s: a password that has a question mark writes it as %%3F", redact(connection))
	}
	plain = scheme + "://" + authority
	if hasQuery {
		plain += "?" + query
	}
	return plain, info, nil
}

// settings are those of the connection string that the client is to know. The
// client itself prints what it does not know, and passes over what it cannot
// read.
func (c Config) settings(query string, log *slog.Logger) (url.Values, error) {
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("the settings after ? are not of the form a=b&c=d")
	}
	kept := url.Values{}
	for name, values := range given {
		switch key := strings.ToLower(name); {
		case slices.Contains(decidedOn, key):
			log.Info("EventStoreDB: a setting of the connection string has no effect here", "setting", name)
		case !slices.Contains(passedOn, key):
			return nil, fmt.Errorf("%.40q is not a setting", name)
		case key == "keepaliveinterval":
			ms, err := strconv.Atoi(values[0])
			if err != nil || ms != -1 && time.Duration(ms)*time.Millisecond < lowestKeepAlive {
				return nil, fmt.Errorf("%s is in milliseconds, %d or more, or -1 for none", name, lowestKeepAlive.Milliseconds())
			}
			kept.Set(name, values[0])
		default:
			kept.Set(name, values[0])
		}
	}
	return kept, nil
}

// credentials finds whose user and password count: the environment's before
// the Config's before the connection string's.
func (c Config) credentials(t *target, info *url.Userinfo) error {
	t.user = cmp.Or(os.Getenv(EnvUser), c.User)
	password, file := os.Getenv(EnvPassword), os.Getenv(EnvPasswordFile)
	if password == "" && file == "" {
		password, file = c.Password, c.PasswordFile
	}
	if info != nil {
		t.user = cmp.Or(t.user, info.Username())
		if file == "" && password == "" {
			password, _ = info.Password()
		}
	}
	switch {
	case password != "" && file != "":
		return errors.New("EventStoreDB: there is a password and a file of it: give one")
	case (t.user == "") != (password == "" && file == ""):
		return errors.New("EventStoreDB: a user needs a password, and a password a user")
	case file != "":
		t.password = func() (string, error) { return passwordIn(file) }
		_, err := t.password()
		return err
	}
	t.password = func() (string, error) { return password, nil }
	return nil
}

// passwordIn reads a password. What it says on failing quotes the file's name only.
func passwordIn(file string) (string, error) {
	const most = 4 << 10
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("EventStoreDB: password file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return "", fmt.Errorf("EventStoreDB: password file: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" || len(text) > most {
		return "", fmt.Errorf("EventStoreDB: password file %s: want a password of at most %d bytes", file, most)
	}
	return password, nil
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("EventStoreDB: file of certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("EventStoreDB: %s holds no certificate in PEM", file)
	}
	return pool, nil
}
