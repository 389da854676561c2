package domain_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPropertyNothingOfAnyEventIsLostInStorage(t *testing.T) {
	registry := domain.Events()
	forms := registry.Forms()
	rapid.Check(t, func(t *rapid.T) {
		form := forms[rapid.IntRange(0, len(forms)-1).Draw(t, "form")]
		v := reflect.New(reflect.TypeOf(form.Zero)).Elem()
		fill(t, v)
		e := v.Interface().(domain.Event)
		name, version, body, err := registry.Encode(e)
		require.NoError(t, err)
		back, err := registry.Decode(name, version, body)
		require.NoError(t, err)
		require.Equal(t, e, back)
		_, _, again, err := registry.Encode(back)
		require.NoError(t, err)
		require.Equal(t, string(body), string(again))
	})
}

// fill draws every stored field: unset, nought and large amounts of several
// currencies, dates alone and hours in zones, absent and present lists.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case money.Money:
		amounts := []money.Money{{}, usd("0.00"), usd("-0.01"), usd("999999999999999.99"), money.MustParse("1234", "JPY"), money.MustParse("0.0005", "USD"), money.MustParse("-7.125", "KWD")}
		v.Set(reflect.ValueOf(rapid.SampledFrom(amounts).Draw(t, "money")))
		return
	case domain.Moment:
		moments := []domain.Moment{{}, domain.DayMoment(2013, time.October, 30), domain.MomentIn(time.Unix(1714000000, 987654321), nil), inChicago("2024-03-05T14:05:00")}
		v.Set(reflect.ValueOf(rapid.SampledFrom(moments).Draw(t, "moment")))
		return
	}
	switch v.Interface().(type) {
	case tax.Decimal:
		numbers := []tax.Decimal{tax.MustDecimal("5"), tax.MustDecimal("9.975")}
		v.Set(reflect.ValueOf(rapid.SampledFrom(numbers).Draw(t, "percentage")))
		return
	case rating.Decimal:
		numbers := []rating.Decimal{{}, number6("0"), number6("2.150"), number6("-0.000001"), number6("999999999999999.999999")}
		v.Set(reflect.ValueOf(rapid.SampledFrom(numbers).Draw(t, "decimal")))
		return
	case rating.Instant: // without an instant there is none, whatever else is said
		v.Set(reflect.ValueOf(rapid.SampledFrom([]rating.Instant{{}, exampleInstant()}).Draw(t, "instant")))
		return
	case rating.Report:
		v.Set(reflect.ValueOf(rapid.SampledFrom([]rating.Report{{}, {Instant: exampleInstant(), Source: "eld"}}).Draw(t, "report")))
		return
	case time.Time:
		instants := []time.Time{{}, time.Unix(1714000000, 987654321).UTC()}
		v.Set(reflect.ValueOf(rapid.SampledFrom(instants).Draw(t, "instant")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(t, v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "text"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(t, "byte")))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "present") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 2).Draw(t, "length"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Map:
		if rapid.Bool().Draw(t, "present") {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key)
			fill(t, value)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("field of kind %s: teach fill", v.Kind())
	}
}

func TestEventFieldsHaveStoredNamesThatDoNotCollide(t *testing.T) {
	for _, form := range domain.Events().Forms() {
		seen := map[string]bool{}
		var check func(reflect.Type)
		check = func(typ reflect.Type) {
			for i := range typ.NumField() {
				f := typ.Field(i)
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				switch {
				case f.Anonymous && tag == "":
					check(f.Type)
				case tag == "-":
				default:
					require.NotEmpty(t, tag, "%s.%s has no stored name: renaming the field would lose it", form.Name, f.Name)
					require.Equal(t, strings.ToLower(tag), tag)
					require.False(t, seen[tag], "%s stores %s twice: encoding/json would drop both", form.Name, tag)
					seen[tag] = true
				}
			}
		}
		check(reflect.TypeOf(form.Zero))
		require.NotEmpty(t, seen)
	}
}

func TestEmbeddedPartsAreStoredFlat(t *testing.T) {
	for _, test := range []struct {
		e    domain.Event
		want []string
	}{
		{domain.MilestoneRecorded{Milestone: report(2, domain.Unloaded, "2024-03-05")}, []string{"shipment", "stop", "kind", "at"}},
		{domain.PODCorrected{PODReceived: podOf("2024-03-05"), Reason: "r"}, []string{"shipment", "version", "document", "signed_by", "at", "reason"}},
		{domain.CreditRequested{Credit: domain.Credit{ID: "C1"}}, []string{"invoice", "of", "customer", "series", "date", "by", "credit", "reason", "lines"}},
		{domain.CreditIssued{Credit: domain.Credit{ID: "C1", Number: "N"}}, []string{"invoice", "of", "customer", "date", "total", "credit", "number", "reason", "lines"}},
	} {
		_, _, body, err := domain.Events().Encode(test.e)
		require.NoError(t, err)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &fields))
		names := make([]string, 0, len(fields))
		for name := range fields {
			names = append(names, name)
		}
		require.ElementsMatch(t, test.want, names, test.e.EventType())
	}
}
