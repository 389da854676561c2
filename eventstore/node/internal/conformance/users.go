package main

import (
	"encoding/json"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/freightledger/freightledger/eventstore/node"
)

// users are those whom the suite knows: an administrator with the password
// that every new EventStoreDB has.
func users() (*node.Users, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte("changeit"), bcrypt.MinCost)
	if err != nil {
		return nil, err
	}
	list := []struct {
		Name  string   `json:"name"`
		Hash  string   `json:"hash"`
		Roles []string `json:"roles"`
	}{{"admin", string(hash), []string{node.RoleAdmin}}}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return node.ReadUsers(strings.NewReader(string(text)))
}
