package bias_test

import (
	"net/http"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/provider/providertest"
)

func FuzzBody(f *testing.F) { providertest.FuzzBody(f, subject(), bodies...) }

func FuzzQuery(f *testing.F) {
	providertest.FuzzQuery(f, subject(),
		"limit=0x1", "filters[mode]=payment", "filters[and][0][mode]=setup&filters[and][1][status]=complete",
		"filters[or][0][created_at][gt]=5&filters[or][1][customer]=", "filters[created_at]=9223372036854775807", "filters[created_at][lte]=-9223372036854775808",
		`filters={"or":[{"mode":"setup"},{"and":[{"live":false},{"created_at":{"gte":1,"lt":2}}]}]}`, `filters={"and":[]}`, `filters={"or":[]}`,
		`filters={"customer":null}`, `filters={"":{}}`, "filters[]=1", "filters[and][]=1", "filters[[and]][0]=1", "filters={}&filters={}",
		"expand[customer]=true", "expand[payments][session][payments][session]=true", `expand={"payments":{"session":{"payments":true}}}`,
		"expand[", "expand[]", "expand[][]=true", "starting_after=cs_x", "ending_before=cs_x")
}

// bodies are seeds for what reads a body.
var bodies = []string{
	``, `{}`, `null`, `[]`, `{`, `{"amount":500}`, `{"amount":1e2}`, `{"amount":-0}`, `{"amount":99999999999999999999}`, `{"amount":null,"line_items":null}`,
	`{"line_items":[{"price":"price_dz1NVvl5CSogERkeA9Ng67","quantity":2}],"customer":"cus_aB4DEXqbFGOlpEOxwp0Fx1"}`,
	`{"line_items":{"price":"price_dz1NVvl5CSogERkeA9Ng67"}}`, `{"line_items":{"id":"li_x","quantity":9999}}`, `{"line_items":[1,null,"x",{}]}`,
	`{"invoice":"inv_rhrvN3GiSwvhdMw4BnTPZ2","metadata":{"a":"b","c":null}}`, `{"mode":"setup","line_items":[]}`,
	`{"customer_details":{"email":null,"name":"x","phone":"\u0000"}}`, `{"metadata":{"":""}}`, `{"metadata":null}`,
	`{"amount":5,"metadata":{"a":"1h"}}`,
	`{"payment_method":{"card":{"encrypted_number":"a","encrypted_expiry":"b","encrypted_cvc":"c"}}}`,
	`{"payment_method":{"card":{"encrypted_number":"decline_expired_card","encrypted_expiry":"b","encrypted_cvc":"c"}}}`,
	`{"payment_method":{"us_bank_account":{"encrypted_routing_number":"a","encrypted_account_number":"b","account_type":"checking"}}}`,
	`{"payment_method":{"card":null,"us_bank_account":5}}`, `{"payment_method":null}`,
}

// FuzzEdits sends bodies to the operations that change or pay a session, which the suite does not.
func FuzzEdits(f *testing.F) {
	for _, body := range bodies {
		f.Add(body)
	}
	c := start(f)
	f.Fuzz(func(t *testing.T, body string) {
		one := *c
		one.tb = t
		s := one.create(nil)
		for _, call := range []struct{ key, method, path string }{
			{testKey, "PATCH", at(s)},
			{s["client_secret"].(string), "POST", payments},
			{testKey, "PUT", at(s)}, // paid by now, perhaps
			{testKey, "POST", at(s) + "/expire"},
		} {
			if got := one.as(call.key).do(call.method, call.path, body); got.Status >= http.StatusInternalServerError {
				t.Errorf("%s %s %q = %d %s", call.method, call.path, body, got.Status, got.Text)
			}
		}
	})
}
