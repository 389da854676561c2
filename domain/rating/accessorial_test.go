package rating

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

func usd(amount string) money.Money { return money.MustParse(amount, "USD") }

// onALane is a movement that was priced.
func onALane() moved {
	return moved{lane: &Lane{Lane: "any"}, gross: usd("1000"), net: usd("800")}
}

func TestRule22ATruckOrderedAndNotUsedIsChargedOnlyWhereNothingMoved(t *testing.T) {
	dispatched := Cancellation{At: onTheClock("2026-03-02 06:00"), Dispatched: true, Reason: "no freight"}
	early, own := dispatched, dispatched
	early.Dispatched, own.ByCarrier = false, true
	for name, test := range map[string]struct {
		cancelled *Cancellation
		moved     moved
		amounts   map[string]string
		notes     []string
	}{
		"cancelled with a truck on its way": {&dispatched, moved{}, map[string]string{"VOR": "250.00"}, nil},
		"cancelled before dispatch":         {&early, moved{}, map[string]string{}, []string{"accessorial VOR, cancelled before a truck was dispatched"}},
		"cancelled by the carrier":          {&own, moved{}, map[string]string{}, []string{"accessorial VOR, cancelled by the carrier"}},
		"the movement is charged":           {&dispatched, onALane(), map[string]string{}, []string{"accessorial VOR, the movement is charged, so the truck was used"}},
		"not cancelled":                     {nil, onALane(), map[string]string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			// Given stops of which nothing was reported, then none is missed
			// when the shipment was cancelled
			f := Facts{Cancelled: test.cancelled}
			if test.cancelled != nil {
				f.Stops = []Stop{{Seq: 1, Kind: "pickup"}, {Seq: 2, Kind: "pickup"}, {Seq: 3, Kind: "delivery"}}
			}
			amounts, notes, missing := priced(t, publishedTerms(), f, test.moved)
			require.Equal(t, test.amounts, amounts)
			require.Equal(t, test.notes, notes)
			require.Empty(t, missing)
		})
	}
}

func TestATruckThatWaitedBeforeTheCancellationIsDetained(t *testing.T) {
	amounts, _, _ := priced(t, publishedTerms(), Facts{
		Stops:     []Stop{standing(1, "pickup", "2026-03-02 08:00", "2026-03-02 12:00"), {Seq: 2, Kind: "delivery"}},
		Cancelled: &Cancellation{Dispatched: true},
	}, moved{})
	require.Equal(t, map[string]string{"DET-1": "100.00", "VOR": "250.00"}, amounts)
}

func TestATruckNotUsedMayBeChargedByTheMilesItDrove(t *testing.T) {
	a := publishedTerms()
	a.Accessorials[6].Price = Price{Per: PerMile, Rate: MustDecimal("2")}
	f := Facts{Cancelled: &Cancellation{Dispatched: true}}
	_, _, missing := priced(t, a, f, moved{})
	require.Equal(t, []string{"accessorial VOR, a price per mile needs a service recorded under code VOR"}, missing)
	f.Services = []Service{{Service: "S1", Code: "VOR", Miles: MustDecimal("61.5")}}
	amounts, _, missing := priced(t, a, f, moved{})
	require.Empty(t, missing)
	require.Equal(t, map[string]string{"VOR": "123.00"}, amounts)
}

func TestRule25APassThroughIsAtMostItsReceiptAndTheAgreedFee(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*Accessorial)
		receipt money.Money
		amount  string
		note    string
		missing string
	}{
		"receipt and fee":          {receipt: usd("185.50"), amount: "195.50"},
		"no fee was agreed":        {change: func(a *Accessorial) { a.Fee = Decimal{} }, receipt: usd("185.50"), amount: "185.50"},
		"up to the maximum":        {change: func(a *Accessorial) { a.Price.Maximum = MustDecimal("150") }, receipt: usd("185.50"), amount: "150.00"},
		"never rounded up":         {receipt: usd("185.555"), amount: "195.55"},
		"nor to another step":      {change: func(a *Accessorial) { a.Price.Round = &Round{money.Up, MustDecimal("1")} }, receipt: usd("185.50"), amount: "195.50"},
		"no receipt, no charge":    {missing: "accessorial LUM, stop 2: service S1: no receipt, and nothing is passed on without one"},
		"a receipt in other money": {receipt: money.MustParse("185.50", "CAD"), missing: "accessorial LUM, stop 2: service S1: the receipt is in CAD, the agreement in USD"},
		"a receipt for nothing":    {receipt: usd("0"), note: "accessorial LUM, stop 2: service S1: the receipt is for 0.00 USD"},
	} {
		t.Run(name, func(t *testing.T) {
			a := publishedTerms()
			if test.change != nil {
				test.change(&a.Accessorials[5])
			}
			f := Facts{Services: []Service{{Service: "S1", Code: "LUM", Stop: 2, Receipt: test.receipt, Document: "R-77"}}}
			amounts, notes, missing := priced(t, a, f, moved{})
			if test.amount == "" {
				require.Empty(t, amounts)
				require.Equal(t, test.note, first(notes))
				require.Equal(t, test.missing, first(missing))
				return
			}
			require.Equal(t, map[string]string{"LUM-S1": test.amount}, amounts)
			// And the charge says what bounds it
			charges, _, _ := a.accessorials(f, moved{})
			require.Equal(t, test.receipt, charges[0].Receipt)
			limit, err := charges[0].Receipt.Add(charges[0].Fee)
			require.NoError(t, err)
			over, err := charges[0].Amount.Cmp(limit)
			require.NoError(t, err)
			require.LessOrEqual(t, over, 0)
			require.Equal(t, "fact services/S1/receipt R-77", charges[0].Derivation.Steps[0].From)
			require.Equal(t, money.Down, charges[0].Rounding)
		})
	}
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// loaded is a shipment with three deliveries for two consignees and a charge
// for detention of 100.00 at each of its first stops.
func loaded() Facts {
	f := Facts{Stops: []Stop{
		standing(1, "pickup", "2026-03-02 08:00", "2026-03-02 12:00"),
		standing(2, "delivery", "2026-03-03 08:00", "2026-03-03 12:00"),
		standing(3, "delivery", "2026-03-04 08:00", "2026-03-04 09:00"),
		standing(4, "delivery", "2026-03-05 08:00", "2026-03-05 09:00"),
	}}
	for i, of := range []struct{ party, weight string }{{"MILL", "2000"}, {"SHOP", "500"}, {"DEPOT", "1000"}, {"SHOP", "500"}} {
		f.Stops[i].Party, f.Stops[i].Weight = of.party, MustDecimal(of.weight)
	}
	return f
}

func TestRule28ChargesAreSharedByWeightWithoutLosingACent(t *testing.T) {
	a := timeTerms(func(t *Time) { t.FreeMinutes = 140 }) // 100 min, 90 of them charged
	a.Accessorials[0].Payor = "consignees"
	a.Accessorials[0].Price.Rate = MustDecimal("66.68") // × 1.5 h = 100.02
	a.Accessorials[2].Price.Tiers = []Break{{MustDecimal("1"), MustDecimal("100")}}
	f := loaded()
	f.Stops[1].Weight = MustDecimal("400") // SHOP 400 + 500, DEPOT 1000
	amounts, _, missing := priced(t, a, f, moved{})
	require.Empty(t, missing)
	require.Equal(t, map[string]string{
		// 100.02 × 900/1900 = 47.3778…, × 1000/1900 = 52.6421…: the cent
		// that is left over goes to the larger remainder
		"DET-1:SHOP": "47.38", "DET-1:DEPOT": "52.64",
		"DET-2:SHOP": "47.38", "DET-2:DEPOT": "52.64",
		"SOC-2": "100.00", "SOC-3": "100.00",
	}, amounts)

	// And each says who pays, and shows its share
	charges, _, _ := a.accessorials(f, moved{})
	require.Equal(t, "SHOP", charges[0].Payor)
	require.Equal(t, "DEPOT", charges[1].Payor)
	sheet := charges[0].Derivation.Text()
	require.Contains(t, sheet, "fact stops, weight for SHOP")
	require.Contains(t, sheet, "left over, to the largest remainder")
}

func TestWhoPaysIsTheStopsPartyOrTheOnlyOne(t *testing.T) {
	for name, test := range map[string]struct {
		payor    string
		change   func(*Facts)
		payors   map[string]string // of detention at stops 1 and 2
		missing1 string
	}{
		"the bill-to":                        {payor: "", payors: map[string]string{"DET-1": "", "DET-2": ""}},
		"the bill-to by name":                {payor: "bill-to", payors: map[string]string{"DET-1": "", "DET-2": ""}},
		"the shipper, wherever it was":       {payor: "shipper", payors: map[string]string{"DET-1": "MILL", "DET-2": "MILL"}},
		"the consignee of the stop":          {payor: "consignee", payors: map[string]string{"DET-2": "SHOP"}, missing1: "the consignee pays, and there are 2: record the stop that it was for"},
		"the only consignee":                 {payor: "consignee", change: func(f *Facts) { f.Stops[2].Party = "SHOP" }, payors: map[string]string{"DET-1": "SHOP", "DET-2": "SHOP"}},
		"a consignee that is not known":      {payor: "consignee", change: func(f *Facts) { f.Stops[2].Party = "" }, payors: map[string]string{"DET-2": "SHOP"}, missing1: "the consignee pays, and is not known"},
		"the only consignee, by weight":      {payor: "consignees", change: func(f *Facts) { f.Stops[2].Party = "SHOP" }, payors: map[string]string{"DET-1": "SHOP", "DET-2": "SHOP"}},
		"by weight, and one is not known":    {payor: "consignees", change: func(f *Facts) { f.Stops[3].Weight = Decimal{} }, payors: map[string]string{}, missing1: "the consignees pay: stop 4: its consignee and weight must be known to share by weight"},
		"the shipper, and none is recorded":  {payor: "shipper", change: func(f *Facts) { f.Stops[0].Party = "" }, payors: map[string]string{}, missing1: "the shipper pays, and is not known"},
		"the shipper, and there is no stop":  {payor: "shipper", change: func(f *Facts) { f.Stops[0].Kind = "delivery" }, payors: map[string]string{}, missing1: "the shipper pays, and is not known"},
		"by weight, and nothing is to share": {payor: "consignees", change: func(f *Facts) { f.Stops = f.Stops[:1] }, payors: map[string]string{}, missing1: "the consignees pay: share between payors: allocate 100.00 USD: there are none: cannot allocate by these weights"},
	} {
		t.Run(name, func(t *testing.T) {
			a := publishedTerms()
			a.Accessorials = a.Accessorials[:2] // no stop-offs
			a.Accessorials[0].Payor = test.payor
			f := loaded()
			if test.change != nil {
				test.change(&f)
			}
			_, _, missing := priced(t, a, f, moved{})
			charges, _, _ := a.accessorials(f, moved{})
			payors := map[string]string{}
			for _, c := range charges {
				payors[c.Charge] = c.Payor
				require.Equal(t, "100.00 USD", c.Amount.String())
			}
			require.Equal(t, test.payors, payors)
			if test.missing1 == "" {
				require.Empty(t, missing)
			} else {
				require.Equal(t, "accessorial DET, stop 1: "+test.missing1, first(missing))
			}
		})
	}
}

func TestExtraStopsArePricedByTheirNumberInThePlan(t *testing.T) {
	plan := func(kinds ...string) (f Facts) {
		for i, kind := range kinds {
			f.Stops = append(f.Stops, standing(i+1, kind, "2026-03-02 08:00", "2026-03-02 09:00"))
		}
		return f
	}
	for name, test := range map[string]struct {
		facts   Facts
		want    map[string]string
		missing []string
	}{
		"none":              {facts: plan("pickup", "delivery"), want: map[string]string{}},
		"one stop alone":    {facts: plan("pickup"), want: map[string]string{}},
		"a second delivery": {facts: plan("pickup", "delivery", "delivery"), want: map[string]string{"SOC-2": "100.00"}},
		"a second pickup":   {facts: plan("pickup", "pickup", "delivery"), want: map[string]string{"SOC-2": "100.00"}},
		"beyond the tiers": {
			facts: plan("pickup", "delivery", "pickup", "delivery", "delivery", "pickup", "delivery"),
			want:  map[string]string{"SOC-2": "100.00", "SOC-3": "175.00", "SOC-4": "250.00", "SOC-5": "325.00", "SOC-6": "325.00"},
		},
		"one that nobody reported keeps its number": {
			facts: func() Facts {
				f := plan("pickup", "delivery", "delivery", "delivery")
				f.Stops[1].Arrive, f.Stops[1].Depart = Report{}, Report{}
				return f
			}(),
			want:    map[string]string{"SOC-3": "175.00"},
			missing: []string{"accessorial SOC, stop 2: no report of this extra stop: it is charged when there is one"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := publishedTerms()
			a.Accessorials = a.Accessorials[2:]
			amounts, _, missing := priced(t, a, test.facts, onALane())
			require.Equal(t, test.want, amounts)
			require.Equal(t, test.missing, missing)
		})
	}
}

func TestRecordedServicesAreChargedByTheirQuantities(t *testing.T) {
	price := func(per Unit, rate string) Price { return Price{Per: per, Rate: MustDecimal(rate)} }
	tiers := Price{Per: PerHour, Tiers: []Break{{MustDecimal("1"), MustDecimal("50")}, {MustDecimal("3"), MustDecimal("80")}, {MustDecimal("6"), MustDecimal("100")}}}
	heavy := Facts{Weight: Quantity{Value: MustDecimal("12345"), Unit: "lb"}, Pallets: MustDecimal("9")}
	for name, test := range map[string]struct {
		trigger Trigger
		price   Price
		service Service
		facts   Facts
		moved   moved
		amount  string
		note    string
		missing string
	}{
		"flat":                           {price: price("", "75"), amount: "75.00"},
		"flat, once for all":             {price: price(Flat, "75"), service: Service{Quantity: MustDecimal("3")}, amount: "75.00", note: "accessorial X, service S1: 3 are recorded, the price is for all of them"},
		"by the hour":                    {price: price(PerHour, "60"), service: Service{Quantity: MustDecimal("2.5")}, amount: "150.00"},
		"one when nobody counted":        {price: price(PerPallet, "12.50"), amount: "12.50"},
		"at least the minimum":           {price: Price{Per: PerPiece, Rate: MustDecimal("2"), Minimum: MustDecimal("40")}, service: Service{Quantity: MustDecimal("3")}, amount: "40.00"},
		"at most the maximum":            {price: Price{Per: PerPiece, Rate: MustDecimal("2"), Maximum: MustDecimal("100")}, service: Service{Quantity: MustDecimal("300")}, amount: "100.00"},
		"in the first tier":              {price: tiers, service: Service{Quantity: MustDecimal("1.5")}, amount: "75.00"},
		"to the edge of a tier":          {price: tiers, service: Service{Quantity: MustDecimal("2")}, amount: "100.00"},
		"through the tiers":              {price: tiers, service: Service{Quantity: MustDecimal("6.5")}, amount: "490.00"}, // 2 × 50 + 3 × 80 + 1.5 × 100
		"rounded once, up":               {price: Price{Per: PerMile, Rate: MustDecimal("1.115"), Round: &Round{money.Up, MustDecimal("0.05")}}, service: Service{Miles: MustDecimal("10.3")}, amount: "11.50"},
		"by the kilometre":               {price: price(PerKm, "1"), service: Service{Miles: MustDecimal("100")}, amount: "160.93"},
		"by kilometres that are stated":  {price: price(PerKm, "1"), service: Service{Quantity: MustDecimal("12")}, amount: "12.00"},
		"of the net":                     {price: price(OfNet, "5"), moved: onALane(), amount: "40.00"},
		"of the gross":                   {price: price(OfGross, "5"), moved: onALane(), amount: "50.00"},
		"the shipment's weight again":    {trigger: TriggerRedelivery, price: price(PerCWT, "4"), facts: heavy, amount: "493.80"},
		"the shipment's pallets again":   {trigger: TriggerReconsigned, price: price(PerPallet, "4"), facts: heavy, amount: "36.00"},
		"of a linehaul without price":    {price: price(OfNet, "5"), missing: "accessorial X, a percentage of the linehaul, which has no price"},
		"miles that nobody knows":        {price: price(PerMile, "5"), missing: "accessorial X, service S1: the quantity to charge per mile is not known"},
		"a weight that nobody knows":     {price: price(PerCWT, "5"), facts: heavy, missing: "accessorial X, service S1: the quantity to charge per cwt is not known"},
		"redelivery without the weight":  {trigger: TriggerRedelivery, price: price(PerCWT, "4"), missing: "accessorial X, the weight is not known"},
		"redelivery without its miles":   {trigger: TriggerRedelivery, price: price(PerMile, "4"), missing: "accessorial X, service S1: the quantity to charge per mile is not known"},
		"nought is nothing to charge":    {price: price(PerHour, "60"), service: Service{Quantity: MustDecimal("0")}, note: "accessorial X, service S1: 0 units, no miles: nothing to charge"},
		"less than nought is no credit":  {price: price(PerHour, "60"), service: Service{Quantity: MustDecimal("-2")}, note: "accessorial X, service S1: -2 units, no miles: nothing to charge"},
		"a rate of nought is told":       {price: price(PerHour, "0"), note: "accessorial X, comes to 0.00 USD"},
		"what the agreement has not got": {price: price(Flat, "1"), service: Service{Code: "Y"}, note: "accessorial Y, service S1 is recorded, and the agreement has no such accessorial"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.trigger == "" {
				test.trigger = TriggerService
			}
			if test.service.Code == "" {
				test.service.Code = "X"
			}
			test.service.Service = "S1"
			a := publishedTerms()
			a.Accessorials = []Accessorial{{Code: "X", Name: "Extra", Trigger: test.trigger, Price: test.price}}
			test.facts.Services = []Service{test.service}
			amounts, notes, missing := priced(t, a, test.facts, test.moved)
			want := map[string]string{}
			if test.amount != "" {
				want["X-S1"] = test.amount
			}
			require.Equal(t, want, amounts)
			require.Equal(t, test.note, first(notes))
			require.Equal(t, test.missing, first(missing))
		})
	}
}

func TestRule16AnAccessorialAboveItsOwnThresholdElseTheAgreementsNeedsApproval(t *testing.T) {
	f := loaded()
	for name, test := range map[string]struct {
		own, clauses string
		want         bool
	}{
		"none is stated: all need it":   {"", "", true},
		"above the agreement's":         {"", "99.99", true},
		"at the agreement's":            {"", "100", false},
		"its own comes first":           {"100", "50", false},
		"its own is lower":              {"50", "100", true},
		"nought is stated: all need it": {"0", "100", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := publishedTerms()
			a.Accessorials = a.Accessorials[:2]
			if test.own != "" {
				a.Accessorials[0].ApprovalAbove = MustDecimal(test.own)
			}
			if test.clauses != "" {
				a.Clauses.ApprovalAbove = MustDecimal(test.clauses)
			}
			// Shares go by the whole: none hides below the threshold
			a.Accessorials[0].Payor = "consignees"
			charges, _, _ := a.accessorials(f, moved{})
			require.Len(t, charges, 4)
			for _, c := range charges {
				require.Equal(t, "50.00 USD", c.Amount.String())
				require.Equal(t, test.want, c.NeedsApproval)
			}
		})
	}
}
