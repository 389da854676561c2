package domain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// CommandForm is a command that people and other systems may send.
type CommandForm struct {
	Name   string
	Zero   Command // for the catalogue
	decode func([]byte) (Command, error)
}

func asked[C Command]() CommandForm {
	var zero C
	return CommandForm{Name: zero.CommandName(), Zero: zero, decode: func(body []byte) (Command, error) {
		var c C
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			return nil, err
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, fmt.Errorf("data after the command's end")
		}
		return c, nil
	}}
}

// Commands lists what may be asked for from outside, in order of name. What
// follows by policy alone (claims, numbers, confirmations) is not among them.
func Commands() []CommandForm {
	forms := []CommandForm{
		asked[ReleaseOrder](), asked[AddReference](), asked[TenderOrder](), asked[AcceptTender](), asked[DeclineTender](),
		asked[ExpireTender](), asked[Dispatch](), asked[CancelShipment](), asked[RaiseException](), asked[ResolveException](),
		asked[RecordMilestone](), asked[ReceivePOD](), asked[VerifyPOD](), asked[RejectPOD](), asked[CorrectPOD](),
		asked[AdoptAgreement](), asked[PublishIndex](), asked[AdoptChart](), asked[RateShipment](), asked[RecordTaxFacts](), asked[SetIssuer](), asked[AdoptTaxRules](), asked[RecordService](), asked[RecordDelay](), asked[RecordNotice](), asked[RecordStopFacts](),
		asked[EnterCharge](), asked[AmendCharge](), asked[ApproveCharge](), asked[RejectCharge](), asked[WaiveCharge](), asked[AssignCharge](),
		asked[LinkCharge](), asked[DeclareNotBillable](), asked[HoldCharge](),
		asked[HoldInvoice](), asked[ReleaseHold](), asked[MoveLines](), asked[VoidInvoice](), asked[CancelInvoice](), asked[CreditInvoice](), asked[DisputeLines](),
		asked[AcknowledgeDispute](), asked[AttachDisputeEvidence](), asked[EscalateDispute](), asked[UpholdDispute](), asked[DenyDispute](), asked[WithdrawDispute](),
		asked[AllocatePayment](), asked[RefundPayment](), asked[ReversePayment](), asked[RetryPosting](), asked[DismissItem](),
		asked[SetCustomerRules](), asked[RequestWriteOff](), asked[ApproveWriteOff](), asked[DeclineWriteOff](), asked[ReverseWriteOff](),
		asked[AdoptBankAccount](), asked[AttributePayer](), asked[AdoptStatementProfile](), asked[AssignMovement](), asked[DismissMovement](), asked[MatchReceipt](),
	}
	slices.SortFunc(forms, func(a, b CommandForm) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return forms
}

// DecodeCommand reads a command that was sent from outside: its name, and its
// body as strict JSON (no unknown fields, nothing after it).
func DecodeCommand(name string, body []byte) (Command, error) {
	for _, f := range Commands() {
		if f.Name == name {
			c, err := f.decode(body)
			if err != nil {
				return nil, refuse(Invalid, "command %s: %v", name, err)
			}
			return c, nil
		}
	}
	return nil, refuse(Invalid, "command %.60q is not one that can be asked for", name)
}
