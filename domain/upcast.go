package domain

import (
	"encoding/json"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
)

// asItWas takes a body up to a version that only added what may be absent.
func asItWas(body json.RawMessage) (json.RawMessage, error) { return body, nil }

// then takes a body through several steps.
func then(steps ...func(json.RawMessage) (json.RawMessage, error)) func(json.RawMessage) (json.RawMessage, error) {
	return func(body json.RawMessage) (_ json.RawMessage, err error) {
		for _, step := range steps {
			if body, err = step(body); err != nil {
				return nil, err
			}
		}
		return body, nil
	}
}

// repeating takes a body up to a version that says apart what was the same.
func repeating(member, of string) func(json.RawMessage) (json.RawMessage, error) {
	return func(body json.RawMessage) (json.RawMessage, error) {
		var members map[string]json.RawMessage
		if err := jsonv2.Unmarshal(body, &members); err != nil {
			return nil, err
		}
		if members[member] != nil || members[of] == nil {
			return nil, fmt.Errorf("a body of the version before has a member %s and none of name %s", of, member)
		}
		members[member] = members[of]
		return json.Marshal(members)
	}
}

// stating takes a body up to a version that says what went without saying.
func stating(member, value string) func(json.RawMessage) (json.RawMessage, error) {
	return func(body json.RawMessage) (json.RawMessage, error) {
		var members map[string]json.RawMessage
		if err := jsonv2.Unmarshal(body, &members); err != nil {
			return nil, err
		}
		if members == nil || members[member] != nil {
			return nil, fmt.Errorf("a body of the version before has no member %s", member)
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		members[member] = text
		return json.Marshal(members)
	}
}

// monthIsPeriod takes a body up to a version whose candidate, a member of it,
// may be of another period than a month.
func monthIsPeriod(candidate string) func(json.RawMessage) (json.RawMessage, error) {
	return inMember(candidate, renaming("month", "period"))
}

// inMember takes a member of a body up.
func inMember(member string, step func(json.RawMessage) (json.RawMessage, error)) func(json.RawMessage) (json.RawMessage, error) {
	return func(body json.RawMessage) (json.RawMessage, error) {
		var members map[string]json.RawMessage
		if err := jsonv2.Unmarshal(body, &members); err != nil {
			return nil, err
		}
		part, err := step(members[member])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		members[member] = part
		return json.Marshal(members)
	}
}

// renaming takes a body up to a version that calls a member otherwise.
func renaming(member, now string) func(json.RawMessage) (json.RawMessage, error) {
	return func(body json.RawMessage) (json.RawMessage, error) {
		var members map[string]json.RawMessage
		if err := jsonv2.Unmarshal(body, &members); err != nil {
			return nil, err
		}
		if members[member] == nil || members[now] != nil {
			return nil, fmt.Errorf("a body of the version before has a member %s and none of name %s", member, now)
		}
		members[now] = members[member]
		delete(members, member)
		return json.Marshal(members)
	}
}
