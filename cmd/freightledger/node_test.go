package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// certificate writes a certificate for loopback that is its own authority.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "node.pem"), filepath.Join(dir, "node.key")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

// A node with TLS and users lets the ledger write, and auditors read.
func TestANodeLetsTheLedgerWriteAndAuditorsRead(t *testing.T) {
	o := newOffice(t)
	o.elsewhere = true
	cert, key := certificate(t, o.dir)
	users := filepath.Join(o.dir, "users.json")
	for name, role := range map[string]string{"ledger": "ledger", "auditor": "reader"} {
		cmd := o.command("node", "user", name, "--role", role, "--users", users)
		cmd.Stdin = strings.NewReader("a long password of " + name + "\n")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	short := o.command("node", "user", "guest", "--users", users)
	short.Stdin = strings.NewReader("secret\n")
	out, err := short.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "12 to 72")

	// Given a node in ledger mode
	node := (&office{t: t, dir: o.dir, data: filepath.Join(o.dir, "node")}).start("node", "--addr", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key, "--users", users)
	as := func(name, password string) string {
		return "esdb://" + name + ":" + url.PathEscape(password) + "@" + strings.TrimPrefix(node.at("node at ", ","), "esdb://") + "?tlsCAFile=" + url.QueryEscape(cert)
	}
	freight := filepath.Join(o.dir, "freight")
	o.must("generate", freight, "--shipments", "8", "--seed", "4")
	files, err := filepath.Glob(filepath.Join(freight, "*.x12"))
	require.NoError(t, err)

	// When the ledger writes, then an auditor reads the same history
	o.must(append([]string{"import", "edi", "--store", as("ledger", "a long password of ledger")}, files...)...)
	type health struct {
		Events int
		Digest string
	}
	was := ask[health](o, "doctor", "--store", as("ledger", "a long password of ledger"))
	o.must("recompute", "--store", as("ledger", "a long password of ledger"))
	require.Positive(t, was.Events)
	auditor := &office{t: t, dir: o.dir, data: filepath.Join(o.dir, "auditor")}
	require.Equal(t, was, ask[health](auditor, "doctor", "--store", as("auditor", "a long password of auditor")))

	// But the auditor writes nothing, and who has no password does nothing
	more := filepath.Join(o.dir, "more")
	o.must("generate", more, "--shipments", "3", "--seed", "9")
	others, err := filepath.Glob(filepath.Join(more, "*.x12"))
	require.NoError(t, err)
	refused := auditor.run("import", "edi", "--store", as("auditor", "a long password of auditor"), others[0])
	require.Equal(t, exitBroken, refused.code)
	require.Contains(t, refused.errs, "check the user and its rights")
	wrong := auditor.run("doctor", "--store", as("auditor", "a guess of a password"))
	require.Equal(t, exitBroken, wrong.code)
	require.Contains(t, wrong.errs, "password")
	require.NotContains(t, wrong.errs, "a guess", "no error shows what was tried")
	require.Equal(t, was, ask[health](auditor, "doctor", "--store", as("auditor", "a long password of auditor")))

	// And without TLS it neither takes users nor listens beyond loopback
	for _, args := range [][]string{{"node", "--users", users}, {"node", "--addr", "0.0.0.0:0"}} {
		require.Equal(t, exitUsage, auditor.run(args...).code, "%v", args)
	}
	node.stop(t)
}
