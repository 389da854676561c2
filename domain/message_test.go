package domain_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func announced(change func(*domain.MessageReceived)) domain.ReceiveMessage {
	e := domain.MessageReceived{Message: "m1", Channel: "x12", Name: "214.edi", Size: 6, SHA256: "ab", Parts: 2}
	change(&e)
	return domain.ReceiveMessage{MessageReceived: e}
}

func aMessage(t testing.TB) domaintest.History {
	t.Helper()
	return played(t, nil, announced(func(*domain.MessageReceived) {}))
}

func refuseItem(name string) domain.RefuseItem {
	return domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: "m1", Item: name, Kind: "214", Code: "not-found"}}
}

func applyItem(name string) domain.ApplyItem {
	return domain.ApplyItem{MessageApplied: domain.MessageApplied{Message: "m1", Item: name, Kind: "214"}}
}

func dismissItem(name, by, reason string) domain.DismissItem {
	return domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: "m1", Item: name, By: by, Reason: reason}}
}

func TestAMessageAndItsPartsAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*domain.MessageReceived)
		taken  bool
	}{
		"an empty file":           {func(e *domain.MessageReceived) { e.Size, e.Parts = 0, 0 }, true},
		"the greatest":            {func(e *domain.MessageReceived) { e.Size = domain.MaxMessageBytes }, true},
		"a byte more":             {func(e *domain.MessageReceived) { e.Size = domain.MaxMessageBytes + 1 }, false},
		"less than nothing":       {func(e *domain.MessageReceived) { e.Size = -1 }, false},
		"fewer parts than none":   {func(e *domain.MessageReceived) { e.Parts = -1 }, false},
		"an id that is no stream": {func(e *domain.MessageReceived) { e.Message = "m 1" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			outcome := domaintest.When(t, nil, announced(test.change))
			if test.taken {
				outcome.Then(announced(test.change).MessageReceived)
				return
			}
			outcome.Refused(domain.Invalid)
		})
	}
	part := func(size int) domain.StorePart {
		return domain.StorePart{MessagePart: domain.MessagePart{Message: "m1", Part: 0, Content: make([]byte, size)}}
	}
	require.Len(t, domaintest.When(t, aMessage(t), part(domain.MaxPartBytes)).Events(), 1)
	domaintest.When(t, aMessage(t), part(domain.MaxPartBytes+1)).Refused(domain.Invalid)
}

func TestAnItemHasANameAndAWhyWhenItIsDismissed(t *testing.T) {
	h := aMessage(t)
	domaintest.When(t, h, applyItem("")).Refused(domain.Invalid)
	domaintest.When(t, h, refuseItem(strings.Repeat("i", 201))).Refused(domain.Invalid)
	require.Len(t, domaintest.When(t, h, refuseItem(strings.Repeat("i", 200))).Events(), 1)
	dead := played(t, h, refuseItem("ST 0001"))
	domaintest.When(t, dead, dismissItem("ST 0001", "", "a test")).Refused(domain.Invalid)
	domaintest.When(t, dead, dismissItem("ST 0001", "edi desk", "")).Refused(domain.Invalid)
	domaintest.When(t, dead, dismissItem("ST 0002", "edi desk", "a test")).Refused(domain.NotFound)
}

func TestEachItemKeepsWhatBecameOfItAndHowOftenItWasTried(t *testing.T) {
	h := played(t, aMessage(t), refuseItem("ST 0001"), refuseItem("ST 0002"), refuseItem("ST 0001"))
	before := domaintest.Fold[domain.Message](h...)
	after := before.Evolve(applyItem("ST 0001").MessageApplied)
	require.Equal(t, []domain.MessageItem{{Item: "ST 0001", Status: domain.ItemApplied, Tries: 3}, {Item: "ST 0002", Status: domain.ItemRefused, Tries: 1}}, after.Items)
	// What was known before is not rewritten by it
	require.Equal(t, []domain.MessageItem{{Item: "ST 0001", Status: domain.ItemRefused, Tries: 2}, {Item: "ST 0002", Status: domain.ItemRefused, Tries: 1}}, before.Items)
	require.Nil(t, before.Item("ST 0003"))
}
