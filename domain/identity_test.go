package domain_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func TestAnIdentifierHasLettersDigitsAndFewSigns(t *testing.T) {
	for _, good := range []string{"a", "z", "A", "Z", "0", "9", ".", "_", ":", "/", "+", "#", "-", "SH-2024/03.1_a:b+c#9", strings.Repeat("x", 120)} {
		require.NoError(t, domain.CheckID("shipment", good), good)
	}
	for _, bad := range []string{"", " ", "a b", "`", "{", "@", "[", "!", "\"", "$", ",", ";", "\\", "^", "~", "é", "\x00", strings.Repeat("x", 121)} {
		require.True(t, domaintest.IsRefusal(domain.CheckID("shipment", bad)), "%q", bad)
	}
}

func TestAFactSaysWhereItWasRead(t *testing.T) {
	require.Equal(t, "m1, line 12", domain.Source{Message: "m1", Place: "line 12"}.String())
	require.Equal(t, "entered", domain.Source{Place: "line 12"}.String())
}

func TestARefusalNamesItsRule(t *testing.T) {
	require.Equal(t, "no proof (rule 1)", (&domain.Refusal{Code: domain.NotReady, Rule: 1, Text: "no proof"}).Error())
	require.Equal(t, "no proof", (&domain.Refusal{Code: domain.NotReady, Text: "no proof"}).Error())
}

func TestACommandFromOutsideIsReadStrictly(t *testing.T) {
	c, err := domain.DecodeCommand("WaiveCharge", []byte(` {"shipment":"SH-1","charge":"F","by":"desk","reason":"goodwill"} `))
	require.NoError(t, err)
	require.Equal(t, domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: shipment, Charge: "F", By: "desk", Reason: "goodwill"}}, c)
	for name, body := range map[string]string{"a field that it has not": `{"shipment":"SH-1","amount":1}`, "something behind it": `{"shipment":"SH-1"} {}`, "no object": `[]`, "nothing": ``} {
		t.Run(name, func(t *testing.T) {
			_, err := domain.DecodeCommand("WaiveCharge", []byte(body))
			require.True(t, domaintest.IsRefusal(err), err)
		})
	}
	_, err = domain.DecodeCommand("MarkPosted", []byte(`{}`)) // follows by policy alone
	require.True(t, domaintest.IsRefusal(err), err)

	var names []string
	for _, form := range domain.Commands() {
		names = append(names, form.Name)
	}
	require.IsIncreasing(t, names)
	names = nil
	for _, form := range domain.Events().Forms() {
		names = append(names, form.Name)
	}
	require.IsIncreasing(t, names)
}

func TestAnOlderEventThatSaysWhatItCouldNotIsNotRead(t *testing.T) {
	registry := domain.Events()
	for name, body := range map[string]string{
		"a date that came later":       `{"invoice":"I1","billing_date":"2024-03-31","issue_date":"2024-04-02","terms_days":30}`,
		"none of the date it had":      `{"invoice":"I1","terms_days":30}`,
		"a series that came later":     `{"invoice":"I1","billing_date":"2024-03-31","series":"DM","terms_days":30}`,
		"what is no object":            `null`,
		"what is not even a JSON text": `{`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := registry.Decode("CandidateSealed", 1, []byte(body))
			require.Error(t, err)
		})
	}
}
