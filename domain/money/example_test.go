package money_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// A linehaul charge by the hundredweight, its discount and the fuel surcharge on
// the net, each rounded once.
func Example() {
	ratePerCWT := money.MustParse("41.93", "USD")
	weightCWT := decimal.RequireFromString("13.40")

	freight := ratePerCWT.Mul(weightCWT, money.HalfUp)
	discount := freight.Mul(decimal.RequireFromString("-0.80"), money.HalfUp)
	net, err := freight.Add(discount)
	if err != nil {
		fmt.Println(err)
		return
	}
	fuel := net.Mul(decimal.RequireFromString("0.105"), money.HalfUp)
	total, err := money.Sum("USD", freight, discount, fuel)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(freight, discount, fuel)
	fmt.Println(total)
	// Output:
	// 561.86 USD -449.49 USD 11.80 USD
	// 124.17 USD
}

func ExampleParse() {
	price, err := money.Parse("1234.5", "USD")
	fmt.Println(price, err)

	_, err = money.Parse("1e9", "USD")
	fmt.Println(errors.Is(err, money.ErrAmount))
	// Output:
	// 1234.50 USD <nil>
	// true
}

func ExampleMoney_Add_mismatch() {
	_, err := money.MustParse("10.00", "USD").Add(money.MustParse("10.00", "CAD"))
	var mismatch *money.MismatchError
	fmt.Println(errors.As(err, &mismatch), err)
	// Output: true cannot combine an amount in USD with one in CAD: convert to one currency first
}

func ExampleMoney_Allocate() {
	detention := money.MustParse("100.00", "USD")
	pounds := []decimal.Decimal{decimal.NewFromInt(500), decimal.NewFromInt(500), decimal.NewFromInt(500)}
	shares, err := detention.Allocate(pounds)
	fmt.Println(shares, err)
	// Output: [33.34 USD 33.33 USD 33.33 USD] <nil>
}

func ExampleMoney_MarshalJSON() {
	raw, err := json.Marshal(money.MustParse("12.5", "USD"))
	fmt.Println(string(raw), err)

	raw, err = json.Marshal(money.Money{})
	fmt.Println(string(raw), err)
	// Output:
	// {"amount":"12.50","currency":"USD"} <nil>
	// null <nil>
}

func ExampleMoney_Round() {
	tax := money.MustParse("4.1550", "CAD")
	fmt.Println(tax.Round(money.HalfUp), tax.Round(money.HalfEven), tax.Round(money.Down))
	// Output: 4.16 CAD 4.16 CAD 4.15 CAD
}

func ExampleCurrency_Digits() {
	for _, c := range []money.Currency{"USD", "JPY", "KWD", "CLF"} {
		fmt.Println(money.FromMinor(123456, c))
	}
	fmt.Println(money.Currency("KWD").Digits())
	// Output:
	// 1234.56 USD
	// 123456 JPY
	// 123.456 KWD
	// 12.3456 CLF
	// 3
}

func ExampleMoney_Grouped() {
	fmt.Println(money.MustParse("-1234567.5", "USD").Grouped())
	// Output: -1,234,567.50
}
