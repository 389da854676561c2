package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

// allCommands has one of every type, on the stream it names.
func allCommands() map[domain.Command]domain.Stream {
	s, v, p, d, m := shipment.Stream(), invoice.Stream(), domain.PaymentID("P1").Stream(), domain.DisputeID("D1").Stream(), domain.MessageID("m1").Stream()
	posting := domain.PostingStream(number)
	byPointer := map[domain.Command]domain.Stream{}
	for stream, commands := range map[domain.Stream][]domain.Command{
		s: {domain.ReleaseOrder{}, domain.AddReference{}, domain.TenderOrder{}, domain.AcceptTender{}, domain.DeclineTender{}, domain.ExpireTender{},
			domain.Dispatch{}, domain.CancelShipment{}, domain.RaiseException{}, domain.ResolveException{}, domain.RecordMilestone{},
			domain.ReceivePOD{}, domain.VerifyPOD{}, domain.RejectPOD{}, domain.CorrectPOD{},
			domain.EnterCharge{}, domain.AmendCharge{}, domain.ApproveCharge{}, domain.RejectCharge{}, domain.WaiveCharge{}, domain.AssignCharge{}, domain.LinkCharge{}, domain.WriteOffCharges{}, domain.ReinstateCharges{},
			domain.DeclareNotBillable{}, domain.HoldCharge{}, domain.MoveClaim{}, domain.AccrueTransit{}, domain.ReleaseCharges{}, domain.ReturnCharges{},
			domain.RateShipment{}, domain.RecordTaxFacts{}, domain.RecordService{}, domain.RecordDelay{}, domain.RecordNotice{}, domain.RecordStopFacts{}},
		v: {domain.AddLines{}, domain.RestateLines{}, domain.HoldInvoice{}, domain.BlockInvoice{}, domain.MoveLines{}, domain.ReleaseHold{}, domain.WithdrawLines{}, domain.SealCandidate{}, domain.IssueInvoice{}, domain.MarkPosted{}, domain.VoidInvoice{}, domain.LinkRebill{}, domain.LinkDebit{}, domain.CancelInvoice{}, domain.ContinueCancellation{},
			domain.CreditInvoice{}, domain.IssueCredit{}, domain.ApplyPayment{}, domain.UnapplyPayment{}, domain.DisputeLines{}, domain.ClearDispute{}, domain.CreditDispute{},
			domain.DisputeShortPay{}, domain.RequestWriteOff{}, domain.ApproveWriteOff{}, domain.DeclineWriteOff{}, domain.ReverseWriteOff{}, domain.WriteOffSmall{}},
		p:                                 {domain.AnnounceRemittance{}, domain.ReceivePayment{}, domain.AllocatePayment{}, domain.ReduceAllocation{}, domain.RefundPayment{}, domain.ReversePayment{}, domain.MatchReceipt{}, domain.MatchRemittance{}},
		exampleAccount.Stream():           {domain.AdoptBankAccount{}, domain.AttributePayer{}, domain.TakeStatement{}},
		domain.MovementID("M1").Stream():  {domain.NoteMovement{}, domain.AssignMovement{}, domain.DismissMovement{}, domain.EndMovement{}},
		domain.ProfileStream("semicolon"): {domain.AdoptStatementProfile{}},
		d: {domain.OpenDispute{}, domain.AcknowledgeDispute{}, domain.AttachDisputeEvidence{}, domain.EscalateDispute{}, domain.UpholdDispute{}, domain.DenyDispute{},
			domain.WithdrawDispute{}, domain.SettleDispute{}},
		m: {domain.ReceiveMessage{}, domain.StorePart{}, domain.ApplyItem{}, domain.RefuseItem{}, domain.DismissItem{}},
		posting: {domain.RequestPosting{}, domain.ConfirmPosting{}, domain.RejectPosting{}, domain.RedatePosting{}, domain.RetryPosting{},
			domain.ParkPosting{}},
		domain.AgreementStream("ACME"):     {domain.AdoptAgreement{}, domain.AwaitAgreement{}},
		domain.ChartStream("default"):      {domain.AdoptChart{}},
		domain.IndexStream("DIESEL"):       {domain.PublishIndex{}, domain.AwaitIndex{}, domain.AwaitRate{}},
		domain.RegistrantStream("CARRIER"): {domain.SetIssuer{}, domain.AdoptTaxRules{}, domain.AwaitRegistrant{}},
		domain.IssuersStream:               {domain.ListIssuer{}},
		customer.Stream():                  {domain.SyncCustomer{}, domain.RequestBilling{}, domain.AwaitCustomer{}, domain.SetCustomerRules{}, domain.JudgeShortPay{}},
		domain.SeriesStream("INV-2024"):    {domain.AssignNumber{}},
	} {
		for _, c := range commands {
			// The field that names the aggregate.
			addressed := reflect.New(reflect.TypeOf(c))
			for _, field := range []string{"Shipment", "Invoice", "Payment", "Dispute", "Message", "Document", "Customer", "Series", "Agreement", "Index", "Account", "Movement", "Registrant"} {
				if f := addressed.Elem().FieldByName(field); f.IsValid() && f.Kind() == reflect.String {
					f.SetString(stream.ID())
				}
			}
			if f := addressed.Elem().FieldByName("Terms"); f.IsValid() {
				if adopted, ok := f.Addr().Interface().(*rating.Agreement); ok {
					adopted.Agreement = stream.ID()
				}
				if adopted, ok := f.Addr().Interface().(*domain.ChartVersion); ok {
					adopted.Chart = stream.ID()
				}
			}
			if f := addressed.Elem().FieldByName("Rules"); f.IsValid() {
				if adopted, ok := f.Addr().Interface().(*tax.Rules); ok {
					adopted.Registrant = stream.ID()
				}
			}
			if f := addressed.Elem().FieldByName("Profile"); f.IsValid() {
				f.FieldByName("Name").SetString(stream.ID())
			}
			if f := addressed.Elem().FieldByName("Candidate"); f.IsValid() {
				f.Set(reflect.ValueOf(candidate()))
			}
			byPointer[addressed.Interface().(domain.Command)] = stream
		}
	}
	return byPointer
}

func TestEveryCommandDecidesOnTheAggregateOfItsStream(t *testing.T) {
	tested := map[string]bool{}
	for pointer, stream := range allCommands() {
		c := reflect.ValueOf(pointer).Elem().Interface().(domain.Command)
		name := reflect.TypeOf(c).Name()
		t.Run(name, func(t *testing.T) {
			require.Equal(t, name, c.CommandName())
			require.Equal(t, stream, c.Stream())
			aggregate, err := domain.AggregateOf(c.Stream())
			require.NoError(t, err)
			// It decides or refuses; that it does not decide on this state would be another error.
			_, err = aggregate.Decide(aggregate.Zero(), c)
			if err != nil {
				var refusal *domain.Refusal
				require.ErrorAs(t, err, &refusal)
				require.NotEmpty(t, refusal.Error())
			}
			// On any other aggregate it is a mistake of the program.
			other, err := domain.AggregateOf("shipment-x")
			require.NoError(t, err)
			if stream.Category() == "shipment" {
				other, err = domain.AggregateOf("invoice-x")
				require.NoError(t, err)
			}
			_, err = other.Decide(other.Zero(), c)
			require.ErrorContains(t, err, "does not decide on")
		})
		tested[name] = true
	}
	require.Equal(t, declaredCommands(t), tested, "a command is declared and not in allCommands")
	for _, form := range domain.Commands() {
		require.True(t, tested[form.Name], form.Name)
	}
}

// declaredCommands reads the package for types with a CommandName.
func declaredCommands(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "CommandName" && f.Recv != nil {
				if id, ok := f.Recv.List[0].Type.(*ast.Ident); ok && id.Name != "Together" {
					names[id.Name] = true
				}
			}
		}
	}
	return names
}

func TestTogetherTakesCommandsOfOneStreamOnly(t *testing.T) {
	aggregate, err := domain.AggregateOf(shipment.Stream())
	require.NoError(t, err)
	other := enter("F", domain.Freight, "1.00")
	other.Shipment = "SH-2"
	events, err := aggregate.Decide(aggregate.Zero(), domain.Together{domain.ReleaseOrder{OrderReleased: order()}, other})
	require.ErrorContains(t, err, `command EnterCharge is of stream "shipment-SH-2", the batch of "shipment-SH-1"`)
	require.Empty(t, events)

	require.Empty(t, domain.Together{}.Stream())
	_, err = domain.AggregateOf(domain.Together{}.Stream())
	require.Error(t, err, "an empty batch has no aggregate")
	require.Equal(t, []string{"EnterCharge"}, domain.Together{other}.Names())
	require.Equal(t, "Together", domain.Together{other}.CommandName())
}

func TestStreamsAreCategoryAndID(t *testing.T) {
	s := domain.Stream("invoice-ACME-WEST_2024-03_USD_1")
	require.Equal(t, "invoice", s.Category())
	require.Equal(t, "ACME-WEST_2024-03_USD_1", s.ID())
	for _, unknown := range []domain.Stream{"", "truck-1", "Shipment-1", "-1"} {
		_, err := domain.AggregateOf(unknown)
		require.ErrorContains(t, err, "has no aggregate")
	}
}
