package node_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/freightledger/freightledger/eventstore/node"
)

// certificate makes one for the loopback address, and the file by which a
// client trusts it.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

// people are users whose password is their name and "-secret".
func people(t *testing.T, roles map[string][]string) *node.Users {
	t.Helper()
	type entry struct {
		Name  string   `json:"name"`
		Hash  string   `json:"hash"`
		Roles []string `json:"roles"`
	}
	var list []entry
	for name, has := range roles {
		hash, err := bcrypt.GenerateFromPassword([]byte(name+"-secret"), bcrypt.MinCost)
		require.NoError(t, err)
		list = append(list, entry{name, string(hash), has})
	}
	text, err := json.Marshal(list)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "users.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	users, err := node.LoadUsers(file)
	require.NoError(t, err)
	return users
}

// guarded is a node with encryption and users, and a way to be one of them.
func guarded(t *testing.T, o node.Options, roles map[string][]string) (*served, func(name string) *esdb.Client) {
	t.Helper()
	var ca string
	o.TLS, ca = certificate(t)
	o.Users = people(t, roles)
	s := serve(t, o)
	return s, func(name string) *esdb.Client {
		who := ""
		if name != "" {
			who = name + ":" + name + "-secret@"
		}
		return s.connect("esdb://" + who + s.addr + "?tls=true&tlsCAFile=" + ca)
	}
}

func appendTo(t *testing.T, c *esdb.Client, stream string, expected esdb.ExpectedRevision) error {
	t.Helper()
	_, err := c.AppendToStream(within(t), stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, notes(1)...)
	return err
}

func readOf(t *testing.T, c *esdb.Client, stream string) error {
	t.Helper()
	r, err := c.ReadStream(within(t), stream, esdb.ReadStreamOptions{}, 9)
	require.NoError(t, err)
	_, err = drain(r)
	return err
}

func readOfAll(t *testing.T, c *esdb.Client) error {
	t.Helper()
	r, err := c.ReadAll(within(t), esdb.ReadAllOptions{}, 9)
	require.NoError(t, err)
	_, err = drain(r)
	return err
}

func requireDenied(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, esdb.ErrorCodeAccessDenied, code(t, err))
}

func TestConnectionsCanBeEncrypted(t *testing.T) {
	config, ca := certificate(t)
	s := serve(t, node.Options{TLS: config})
	c := s.connect("esdb://" + s.addr + "?tls=true&tlsCAFile=" + ca)
	require.NoError(t, appendTo(t, c, "shipment-1", esdb.NoStream{}))
	stranger := s.connect("esdb://" + s.addr + "?tls=true&maxDiscoverAttempts=1")
	require.Error(t, appendTo(t, stranger, "shipment-1", esdb.Any{}), "without trust in the certificate")
	plain := s.client("maxDiscoverAttempts=1")
	require.Error(t, appendTo(t, plain, "shipment-1", esdb.Any{}))
}

func TestUsersAreKnownByTheirPasswords(t *testing.T) {
	s, as := guarded(t, node.Options{}, map[string][]string{"ann": {node.RoleAdmin}, "bob": nil})
	ann := as("ann")
	for range 3 { // the first time by the hash, then from memory
		require.NoError(t, appendTo(t, ann, "shipment-1", esdb.Any{}))
	}
	require.NoError(t, appendTo(t, as("bob"), "shipment-1", esdb.Any{}))
	for name, who := range map[string]*esdb.Credentials{
		"a wrong password":             {Login: "ann", Password: "bob-secret"},
		"a name that is not known":     {Login: "eve", Password: "eve-secret"},
		"a password no hash can hold":  {Login: "ann", Password: strings.Repeat("x", 73)},
		"a header that is out of size": {Login: "ann", Password: strings.Repeat("x", 2000)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ann.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{Authenticated: who}, notes(1)...)
			require.Equal(t, esdb.ErrorCodeUnauthenticated, code(t, err))
		})
	}
	require.Equal(t, uint64(4), s.store.Raw().Head().Commit)
}

func TestWhoIsNotKnownMayDoWhatListsAllow(t *testing.T) {
	s, as := guarded(t, node.Options{}, map[string][]string{"ann": {node.RoleAdmin}})
	ann, nobody := as("ann"), as("")
	require.NoError(t, appendTo(t, ann, "shipment-1", esdb.NoStream{}))
	requireDenied(t, readOf(t, nobody, "shipment-1"))
	requireDenied(t, appendTo(t, nobody, "shipment-1", esdb.Any{}))
	requireDenied(t, readOfAll(t, nobody))
	s.append(ann, "$$shipment-1", esdb.Any{}, esdb.EventData{EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: []byte(`{"$acl":{"$r":"$all"}}`)})
	require.NoError(t, readOf(t, nobody, "shipment-1"))
	requireDenied(t, appendTo(t, nobody, "shipment-1", esdb.Any{}))
}

func TestRolesAreWhatTheyAre(t *testing.T) {
	_, as := guarded(t, node.Options{}, map[string][]string{"ann": {node.RoleAdmin}, "bob": nil, "rea": {node.RoleReader}, "led": {node.RoleLedger}})
	ann, bob, rea, led := as("ann"), as("bob"), as("rea"), as("led")
	require.NoError(t, appendTo(t, ann, "$own-1", esdb.NoStream{}))
	require.NoError(t, readOf(t, ann, "$own-1"))
	require.NoError(t, readOfAll(t, ann))

	require.NoError(t, appendTo(t, bob, "shipment-1", esdb.NoStream{}))
	require.NoError(t, readOf(t, bob, "shipment-1"))
	requireDenied(t, appendTo(t, bob, "$own-1", esdb.Any{}))
	requireDenied(t, readOf(t, bob, "$own-1"))
	requireDenied(t, readOfAll(t, bob))

	require.NoError(t, readOf(t, rea, "shipment-1"))
	require.NoError(t, readOfAll(t, rea))
	requireDenied(t, appendTo(t, rea, "shipment-1", esdb.Any{}))
	_, err := rea.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	requireDenied(t, err)
	_, err = rea.SetStreamMetadata(within(t), "shipment-1", esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
	requireDenied(t, err)

	require.NoError(t, readOfAll(t, led))
	require.NoError(t, appendTo(t, led, "shipment-1", esdb.Any{}))
}

func TestListsSayWhoMayDoWhat(t *testing.T) {
	list := `{"$acl":{"$r":["bob","clerks"],"$w":["bob"],"$d":[],"$mr":["$all"],"$mw":"cat"}}`
	s, as := guarded(t, node.Options{}, map[string][]string{"ann": {node.RoleAdmin}, "bob": nil, "cat": {"clerks"}, "dan": nil})
	ann, bob, cat, dan := as("ann"), as("bob"), as("cat"), as("dan")
	require.NoError(t, appendTo(t, ann, "shipment-1", esdb.NoStream{}))
	metadata := esdb.EventData{EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: []byte(list)}
	s.append(ann, "$$shipment-1", esdb.Any{}, metadata)

	require.NoError(t, readOf(t, bob, "shipment-1"))
	require.NoError(t, readOf(t, cat, "shipment-1"), "by a role")
	requireDenied(t, readOf(t, dan, "shipment-1"))
	require.NoError(t, appendTo(t, bob, "shipment-1", esdb.Any{}))
	requireDenied(t, appendTo(t, cat, "shipment-1", esdb.Any{}))
	for _, c := range []*esdb.Client{bob, cat} {
		_, err := c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
		requireDenied(t, err)
		_, err = c.TombstoneStream(within(t), "shipment-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
		requireDenied(t, err)
	}
	require.NoError(t, readOf(t, dan, "$$shipment-1"))
	_, err := bob.AppendToStream(within(t), "$$shipment-1", esdb.AppendToStreamOptions{}, metadata)
	requireDenied(t, err)
	_, err = cat.AppendToStream(within(t), "$$shipment-1", esdb.AppendToStreamOptions{}, metadata)
	require.NoError(t, err)
	_, err = ann.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err, "admins may always")
	_, err = dan.SubscribeToAll(within(t), esdb.SubscribeToAllOptions{})
	requireDenied(t, err)
	s.append(ann, "$$$all", esdb.Any{}, esdb.EventData{EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: []byte(`{"$acl":{"$r":"dan"}}`)})
	require.NoError(t, readOfAll(t, dan), "$all has a list too")
}

func TestALedgerIsWrittenByItselfAlone(t *testing.T) {
	ledger := func(stream string) bool { return strings.HasPrefix(stream, "shipment-") }
	end := func(t *testing.T, c *esdb.Client) {
		t.Helper()
		_, err := c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
		requireDenied(t, err)
		_, err = c.TombstoneStream(within(t), "shipment-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
		requireDenied(t, err)
		_, err = c.SetStreamMetadata(within(t), "shipment-1", esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
		requireDenied(t, err)
		requireDenied(t, appendTo(t, c, "$$$$shipment-1", esdb.Any{}))
	}
	t.Run("with users", func(t *testing.T) {
		_, as := guarded(t, node.Options{Ledger: ledger}, map[string][]string{"ann": {node.RoleAdmin}, "led": {node.RoleLedger}, "bob": nil})
		ann, led, bob := as("ann"), as("led"), as("bob")
		require.NoError(t, appendTo(t, led, "shipment-1", esdb.NoStream{}))
		require.NoError(t, appendTo(t, led, "shipment-1", esdb.Revision(0)))
		requireDenied(t, appendTo(t, led, "shipment-1", esdb.Any{}))
		requireDenied(t, appendTo(t, led, "shipment-1", esdb.StreamExists{}))
		for _, c := range []*esdb.Client{ann, bob} {
			requireDenied(t, appendTo(t, c, "shipment-1", esdb.Revision(1)))
			requireDenied(t, appendTo(t, c, "shipment-2", esdb.NoStream{}))
			require.NoError(t, readOf(t, c, "shipment-1"))
			require.NoError(t, appendTo(t, c, "memo-1", esdb.Any{}), "what is not the ledger's is as ever")
		}
		for _, c := range []*esdb.Client{ann, led, bob} {
			end(t, c)
		}
	})
	t.Run("without users it is read-only", func(t *testing.T) {
		s := serve(t, node.Options{Ledger: ledger})
		c := s.client()
		requireDenied(t, appendTo(t, c, "shipment-1", esdb.NoStream{}))
		require.NoError(t, appendTo(t, c, "memo-1", esdb.Any{}))
		end(t, c)
		m := batchOf("shipment-1", 1)
		require.Equal(t, "AccessDenied", s.sendBatch(m)[m.GetCorrelationId().GetString_()].GetError().GetMessage())
	})
}

func TestAFileOfUsersIsChecked(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"not JSON":             `name: ann`,
		"not a list":           `{"name":"ann"}`,
		"an unknown field":     `[{"name":"ann","hash":"` + string(hash) + `","password":"x"}]`,
		"a password, no hash":  `[{"name":"ann","hash":"secret"}]`,
		"no name":              `[{"hash":"` + string(hash) + `"}]`,
		"a name like a role":   `[{"name":"$admins","hash":"` + string(hash) + `"}]`,
		"a name with a colon":  `[{"name":"a:b","hash":"` + string(hash) + `"}]`,
		"a name twice":         `[{"name":"ann","hash":"` + string(hash) + `"},{"name":"ann","hash":"` + string(hash) + `"}]`,
		"a role for everyone":  `[{"name":"ann","hash":"` + string(hash) + `","roles":["$all"]}]`,
		"more than a megabyte": `["` + strings.Repeat("x", 1<<20) + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := node.ReadUsers(strings.NewReader(text))
			require.Error(t, err)
		})
	}
	_, err = node.LoadUsers(filepath.Join(t.TempDir(), "nobody.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestNobodyWritesTheBooksOfConsumerGroups(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	event := esdb.EventData{EventType: "noise", ContentType: esdb.ContentTypeJson, Data: []byte("{}")}
	for _, stream := range []string{"$persistentSubscriptionConfig", "$$$persistentSubscriptionConfig"} {
		_, err := c.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, event)
		var refused *esdb.Error
		require.ErrorAs(t, err, &refused, stream)
		require.Equal(t, esdb.ErrorCodeAccessDenied, refused.Code(), stream)
	}
	for _, stream := range []string{"$persistentSubscriptionConfig", "$persistentsubscription-order-1::desk-checkpoint", "$persistentsubscription-order-1::desk-parked"} {
		_, err := c.TombstoneStream(t.Context(), stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
		var refused *esdb.Error
		require.ErrorAs(t, err, &refused, stream)
		require.Equal(t, esdb.ErrorCodeAccessDenied, refused.Code(), stream)
	}
}
