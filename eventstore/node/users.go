package node

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	maxUsersBytes    = 1 << 20
	maxHeaderBytes   = 1024
	maxPasswordBytes = 72 // what bcrypt looks at
	verifiedKept     = 1024
)

// Users are those who may call a node, with their roles. A Users may be used
// concurrently.
type Users struct {
	known map[string]user
	key   []byte
	turn  chan struct{} // held while a password is checked against its hash
	decoy []byte        // checked when a name is not known, so that both take as long

	mu       sync.Mutex
	verified map[[sha256.Size]byte]struct{} // of names and passwords that were right
}

type user struct {
	Name  string   `json:"name"`
	Hash  string   `json:"hash"` // of the password, bcrypt
	Roles []string `json:"roles"`
}

// LoadUsers reads a file of users, see ReadUsers.
func LoadUsers(path string) (*Users, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	defer f.Close()
	users, err := ReadUsers(f)
	if err != nil {
		return nil, fmt.Errorf("users in %s: %w", path, err)
	}
	return users, nil
}

// ReadUsers reads users as a JSON list of objects with "name", "hash" (bcrypt,
// as htpasswd -nB prints it) and "roles" (a list of names).
func ReadUsers(r io.Reader) (*Users, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxUsersBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxUsersBytes {
		return nil, fmt.Errorf("more than %d bytes", maxUsersBytes)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	var list []user
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf(`want a list like [{"name": "…", "hash": "$2y$…", "roles": ["$admins"]}]: %w`, err)
	}
	u := &Users{known: make(map[string]user), key: make([]byte, 32), turn: make(chan struct{}, 1), verified: make(map[[sha256.Size]byte]struct{})}
	if _, err := rand.Read(u.key); err != nil {
		return nil, err
	}
	cost := bcrypt.MinCost
	for i, one := range list {
		if one.Name == "" || strings.ContainsAny(one.Name, ":") || strings.HasPrefix(one.Name, "$") {
			return nil, fmt.Errorf("user %d: name %.40q: want one without \":\", and not beginning with \"$\"", i+1, one.Name)
		}
		if _, twice := u.known[one.Name]; twice {
			return nil, fmt.Errorf("user %q is there twice", one.Name)
		}
		its, err := bcrypt.Cost([]byte(one.Hash))
		if err != nil {
			return nil, fmt.Errorf("user %q: hash: %w; make one with htpasswd -nB", one.Name, err)
		}
		cost = max(cost, its)
		for _, role := range one.Roles {
			if role == "" || role == roleAll {
				return nil, fmt.Errorf("user %q: role %q cannot be given", one.Name, role)
			}
		}
		u.known[one.Name] = one
	}
	u.decoy, err = bcrypt.GenerateFromPassword([]byte("nobody"), cost)
	return u, err
}

// errBadCredentials says no more than that, on purpose.
var errBadCredentials = errors.New("wrong name or password")

// verify checks a password.
func (u *Users) verify(ctx context.Context, name, password string) (caller, error) {
	if len(password) > maxPasswordBytes {
		return caller{}, errBadCredentials
	}
	mac := hmac.New(sha256.New, u.key)
	fmt.Fprintf(mac, "%d:%s%s", len(name), name, password)
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	one, known := u.known[name]
	if known && u.wasRight(sum) {
		return caller{name: name, roles: one.Roles}, nil
	}
	// One at a time: guessing passwords must not cost the others the machine.
	select {
	case u.turn <- struct{}{}:
		defer func() { <-u.turn }()
	case <-ctx.Done():
		return caller{}, ctx.Err()
	}
	if known && u.wasRight(sum) {
		return caller{name: name, roles: one.Roles}, nil
	}
	hash := u.decoy
	if known {
		hash = []byte(one.Hash)
	}
	if err := bcrypt.CompareHashAndPassword(hash, []byte(password)); err != nil || !known {
		return caller{}, errBadCredentials
	}
	u.remember(sum)
	return caller{name: name, roles: one.Roles}, nil
}

func (u *Users) wasRight(sum [sha256.Size]byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.verified[sum]
	return ok
}

func (u *Users) remember(sum [sha256.Size]byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.verified) >= verifiedKept {
		clear(u.verified)
	}
	u.verified[sum] = struct{}{}
}

// authenticate finds out who calls.
func (n *Node) authenticate(ctx context.Context) (context.Context, error) {
	if n.opts.Users == nil {
		return context.WithValue(ctx, callerKey{}, caller{every: true}), nil
	}
	headers := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(headers) == 0 {
		return context.WithValue(ctx, callerKey{}, caller{}), nil
	}
	name, password, ok := parseBasic(headers[0])
	if !ok || len(headers) > 1 {
		return nil, status.Error(codes.Unauthenticated, "want one authorization header: Basic, with name and password")
	}
	who, err := n.opts.Users.verify(ctx, name, password)
	if errors.Is(err, errBadCredentials) {
		return nil, status.Error(codes.Unauthenticated, err.Error())
	}
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, callerKey{}, who), nil
}

// parseBasic reads a header of RFC 7617.
func parseBasic(header string) (name, password string, ok bool) {
	if len(header) > maxHeaderBytes {
		return "", "", false
	}
	scheme, encoded, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(text), ":")
}

func (n *Node) authenticateCall(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, err := n.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	return handle(ctx, req)
}

func (n *Node) authenticateStream(srv any, call grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, err := n.authenticate(call.Context())
	if err != nil {
		return err
	}
	return handle(srv, &authenticated{call, ctx})
}

// authenticated is a stream that knows its caller.
type authenticated struct {
	grpc.ServerStream
	ctx context.Context
}

func (a *authenticated) Context() context.Context { return a.ctx }
