package world

// Want is how often something has to happen in a thousand worlds at least, for
// them to say anything.
type Want struct {
	What        string
	PerThousand int
}

// Wanted is what a run has to exercise: about a quarter of what it does as the
// worlds are drawn, so that what never happens any more shows and chance does not.
func Wanted() []Want {
	var all []Want
	for _, class := range []struct {
		perThousand int
		what        []string
	}{
		{2000, []string{
			"acknowledged: EnterCharge", "acknowledged: RecordMilestone", "fault: ERP answer cut short", "fault: ERP answer lost",
			"fault: ERP answer replaced by a proxy's", "fault: ERP request lost", "fault: ERP says it is down", "fault: ERP unreachable",
			"fault: append conflict", "fault: read error", "fault: slow call", "fault: subscription cut", "seen: message desk",
		}},
		{400, []string{
			"acknowledged: AcceptTender", "acknowledged: AmendCharge", "seen: freight rated anew", "acknowledged: ApproveCharge", "acknowledged: CorrectPOD",
			"acknowledged: DeclareNotBillable", "acknowledged: Dispatch", "acknowledged: RaiseException", "acknowledged: ReceivePOD",
			"acknowledged: ReleaseOrder", "acknowledged: ResolveException", "acknowledged: SetCustomerRules", "acknowledged: TenderOrder",
			"acknowledged: VerifyPOD", "acknowledged: WaiveCharge", "seen: receipt", "fault: ERP rejects a document", "fault: ERP restarted",
			"fault: append unknown, not stored", "fault: append unknown, stored late", "fault: clock jump", "fault: command delivered again",
			"fault: killed between steps", "fault: killed inside of a step", "fault: process started again",
			"fault: store unavailable", "fault: garbage in a message", "fault: message comes again",
			"seen: bank entry, receipt", "seen: dead letter, unknown-payer", "seen: dead letter, unreadable", "seen: message 214",
		}},
		{100, []string{
			"acknowledged: AddReference", "acknowledged: AllocatePayment", "acknowledged: CreditInvoice",
			"acknowledged: DisputeLines", "acknowledged: HoldCharge", "acknowledged: HoldInvoice", "acknowledged: LinkCharge", "acknowledged: RefundPayment",
			"acknowledged: RejectCharge", "acknowledged: ReleaseHold", "acknowledged: RequestWriteOff", "acknowledged: RetryPosting",
			"acknowledged: ReversePayment", "seen: receipt taken back", "fault: ERP books after the client has gone", "fault: ERP stumbles before booking",
			"fault: append unknown, stored", "fault: month closed", "fault: lease lost", "fault: lease taken over",
			"acknowledged: AdoptAgreement", "acknowledged: AssignMovement", "acknowledged: AttributePayer", "acknowledged: DismissMovement",
			"fault: statement comes late", "fault: statements overlap", "fault: store loses its power", "seen: bank entry, fee", "seen: bank entry, reversal",
			"acknowledged: PublishIndex", "acknowledged: RecordDelay", "acknowledged: RecordNotice", "acknowledged: RecordService",
			"seen: an invoice of rated freight", "seen: freight rated", "seen: freight waits for an agreement",
		}},
		{10, []string{
			"acknowledged: AcknowledgeDispute", "acknowledged: AnnounceRemittance", "acknowledged: CancelInvoice", "acknowledged: ApproveWriteOff", "acknowledged: CancelShipment",
			"acknowledged: DeclineWriteOff", "acknowledged: DenyDispute", "acknowledged: EscalateDispute", "acknowledged: ExpireTender",
			"acknowledged: RejectPOD", "acknowledged: ReverseWriteOff", "acknowledged: UpholdDispute", "acknowledged: WithdrawDispute",
			"fault: ERP search lags", "refused: ApproveCharge", "refused: CancelInvoice", "refused: CorrectPOD", "refused: CreditInvoice",
			"refused: DisputeLines", "refused: EnterCharge", "refused: HoldInvoice", "refused: RaiseException", "refused: ReceivePOD",
			"refused: RefundPayment", "refused: RejectPOD", "refused: RequestWriteOff", "refused: RetryPosting", "refused: VerifyPOD", "refused: VoidInvoice",
			"acknowledged: VoidInvoice", "acknowledged: AdoptBankAccount", "fault: append lost with the store's power", "seen: dead letter, unknown-payment",
			"seen: message 204", "seen: message 820", "seen: message 990", "seen: an agreement that freight waited for", "seen: an index value that freight waited for",
			"seen: freight waits for an index value",
		}},
	} {
		for _, what := range class.what {
			all = append(all, Want{what, class.perThousand})
		}
	}
	return all
}
