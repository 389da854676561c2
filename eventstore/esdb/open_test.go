package esdb_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
)

// certificate makes one that signs itself, for names.
func certificate(t *testing.T, until time.Time, names ...string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: until.Add(-2 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

const secret = "pa:ss@w/ord?%"

// guarded is a server that lets only one user read.
type guarded struct {
	streams.UnimplementedStreamsServer
}

func (guarded) Read(_ *streams.ReadReq, s streams.Streams_ReadServer) error {
	switch login := user(s.Context()); login {
	case "ledger:" + secret:
		return nil
	case "guest:" + secret:
		return status.Error(codes.PermissionDenied, "as told")
	default:
		return status.Error(codes.Unauthenticated, "as told")
	}
}

// user is who calls, as "user:password".
func user(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, value := range md.Get("authorization") {
		if encoded, ok := strings.CutPrefix(value, "Basic "); ok {
			if text, err := base64.StdEncoding.DecodeString(encoded); err == nil {
				return string(text)
			}
		}
	}
	return ""
}

// tlsServer serves with a certificate, and gives its address.
func tlsServer(t *testing.T, cert tls.Certificate, register func(*grpc.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&cert)))
	register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		require.NoError(t, <-served)
	})
	return l.Addr().String()
}

func TestOpenSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	cert, ca := certificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	elsewhere, elsewhereCA := certificate(t, time.Now().Add(time.Hour), "elsewhere.example")
	old, oldCA := certificate(t, time.Now().Add(-time.Hour), "127.0.0.1")
	plain := serve(t, node.Options{})
	locked := tlsServer(t, cert, func(s *grpc.Server) { streams.RegisterStreamsServer(s, guarded{}) })
	misnamed := tlsServer(t, elsewhere, func(s *grpc.Server) { streams.RegisterStreamsServer(s, guarded{}) })
	expired := tlsServer(t, old, func(s *grpc.Server) { streams.RegisterStreamsServer(s, guarded{}) })
	other := tlsServer(t, cert, func(*grpc.Server) {})
	closed := serve(t, node.Options{})
	closed.end()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, silent.Close()) })

	for name, c := range map[string]struct {
		config esdb.Config
		remedy string
	}{
		"nothing runs there":              {esdb.Config{Connection: closed.connection()}, "the server runs"},
		"a host that is not known":        {esdb.Config{Connection: "esdb://nowhere.invalid:2113?tls=false"}, "host's name"},
		"a cluster that is away":          {esdb.Config{Connection: "esdb://" + closed.address + "," + closed.address + "?tls=false"}, "the server runs"},
		"a server that says nothing":      {esdb.Config{Connection: "esdb://" + silent.Addr().String() + "?tls=false"}, "not in time"},
		"TLS to a server without":         {esdb.Config{Connection: "esdb://" + plain.address}, "tls=false"},
		"no TLS to a server with":         {esdb.Config{Connection: "esdb://" + locked + "?tls=false"}, "take tls=false out"},
		"an authority that is not known":  {esdb.Config{Connection: "esdb://ledger:x@" + locked}, "CA file"},
		"a name that is not the server's": {esdb.Config{Connection: "esdb://ledger:x@" + misnamed, CAFile: elsewhereCA}, "host name"},
		"a certificate that has expired":  {esdb.Config{Connection: "esdb://ledger:x@" + expired, CAFile: oldCA}, "renew"},
		"a wrong password":                {esdb.Config{Connection: "esdb://" + locked, CAFile: ca, User: "ledger", Password: "secret-not-right"}, "the password"},
		"no password":                     {esdb.Config{Connection: "esdb://" + locked, CAFile: ca}, "the password"},
		"a user without rights":           {esdb.Config{Connection: "esdb://" + locked, CAFile: ca, User: "guest", Password: secret}, "the right to read"},
		"another kind of server":          {esdb.Config{Connection: "esdb://" + other, CAFile: ca}, "no EventStoreDB"},
	} {
		t.Run(name, func(t *testing.T) {
			var log transcript
			c.config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c.config.Timeout = 1500 * time.Millisecond
			s, err := esdb.Open(within(t, patience), c.config)
			require.Nil(t, s)
			var none *esdb.NoConnection
			require.ErrorAs(t, err, &none)
			require.Contains(t, none.Remedy, c.remedy, err)
			require.ErrorContains(t, err, c.remedy)
			require.NotContains(t, err.Error()+log.String(), "secret-not-right")
		})
	}
}

func TestCredentialsComeFromManyPlaces(t *testing.T) {
	cert, ca := certificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	address := tlsServer(t, cert, func(s *grpc.Server) { streams.RegisterStreamsServer(s, guarded{}) })
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	escaped := url.UserPassword("ledger", secret).String()

	for name, c := range map[string]struct {
		config esdb.Config
		env    map[string]string
	}{
		"the connection string": {config: esdb.Config{Connection: "esdb://" + escaped + "@" + address}},
		"the settings":          {config: esdb.Config{Connection: "esdb://a:b@" + address, User: "ledger", Password: secret}},
		"a file":                {config: esdb.Config{Connection: "esdb://ledger:b@" + address, PasswordFile: file}},
		"the environment": {esdb.Config{Connection: "esdb://a:b@" + address, User: "c", Password: "d"},
			map[string]string{esdb.EnvUser: "ledger", esdb.EnvPassword: secret}},
		"a file that the environment names": {esdb.Config{Connection: "esdb://a:b@" + address, User: "ledger", Password: "d"},
			map[string]string{esdb.EnvPasswordFile: file}},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			var log transcript
			c.config.CAFile = ca
			c.config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			s, err := esdb.Open(within(t, patience), c.config)
			require.NoError(t, err)
			head, err := s.Head(within(t, patience))
			require.NoError(t, err)
			require.Equal(t, eventstore.Start, head)
			require.NoError(t, s.Close())
			require.NotContains(t, log.String(), secret)
			require.NotContains(t, log.String(), url.QueryEscape(secret))
		})
	}
}

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for name, c := range map[string]esdb.Config{
		"nothing":                    {},
		"another scheme":             {Connection: "https://me:hunter2@host"},
		"no host":                    {Connection: "esdb://me:hunter2@"},
		"a port that is none":        {Connection: "esdb://me:hunter2@host:port"},
		"a path":                     {Connection: "esdb://me:hunter2@host/path"},
		"a misspelt setting":         {Connection: "esdb://me:hunter2@host?tsl=false"},
		"a setting that is not read": {Connection: "esdb://me:hunter2@host?tls=perhaps"},
		"too hasty a keep-alive":     {Connection: "esdb://me:hunter2@host?keepAliveInterval=100"},
		"an unescaped password":      {Connection: "esdb://me:hun?ter2@host"},
		"a password not well-formed": {Connection: "esdb://me:hunter2%@host"},
		"a password without a user":  {Connection: "esdb://host", Password: "hunter2"},
		"a user without a password":  {Connection: "esdb://host", User: "me"},
		"a password twice":           {Connection: "esdb://host", User: "me", Password: "hunter2", PasswordFile: empty},
		"an empty password file":     {Connection: "esdb://host", User: "me", PasswordFile: empty},
		"no password file":           {Connection: "esdb://host", User: "me", PasswordFile: empty + "x"},
		"no CA file":                 {Connection: "esdb://me:hunter2@host", CAFile: empty + "x"},
		"an empty CA file":           {Connection: "esdb://me:hunter2@host", CAFile: empty},
	} {
		t.Run(name, func(t *testing.T) {
			c.Lazy = true
			c.Logger = quiet()
			_, err := esdb.Open(t.Context(), c)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
			require.NotContains(t, err.Error(), "ter2")
		})
	}
}

func TestNothingThatIsPrintedShowsAPassword(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const mark = "hunter2"
		around := rapid.StringMatching(`[a-z:/@?&%#,. ]{0,6}`)
		password := around.Draw(t, "before") + mark + around.Draw(t, "after")
		c := esdb.Config{Connection: rapid.SampledFrom([]string{"esdb://", "esdb+discover://", "", "x://"}).Draw(t, "scheme") + "me:" + password + "@host:2113?tls=" + rapid.SampledFrom([]string{"false", "x"}).Draw(t, "tls"), User: "me", Password: mark, Lazy: true}
		var log transcript
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Logger.Info("opening", "config", c)
		printed := fmt.Sprintf("%v %+v %#v %s", c, c, c, c)
		if s, err := esdb.Open(t.Context(), c); err != nil {
			printed += err.Error()
		} else if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if text := printed + log.String(); strings.Contains(text, mark) {
			t.Fatal(text)
		}
	})
}

// transcript keeps what several goroutines log.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
