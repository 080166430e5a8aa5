package acme

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/all"
	"github.com/localcheckout/localcheckout/emulator/provider/providertest"
)

func TestFifthProviderConforms(t *testing.T) {
	call := func(method, path, body string) providertest.Call {
		return providertest.Call{Method: method, Path: path, Body: body}
	}
	answer := func(c providertest.Call, status int, has string) providertest.Answer {
		return providertest.Answer{Call: c, Status: status, Has: has}
	}
	create := func(n int) providertest.Call {
		return call("POST", "/v1/sessions", fmt.Sprintf(`{"plan":"large","quantity":2,"note":"order %d"}`, n))
	}
	providertest.Run(t, providertest.Subject{
		Name:   name,
		New:    newAcme,
		Header: map[string]string{"X-Acme-Key": "acme_test_1"},
		Create: create,
		Get:    func(id string) providertest.Call { return call("GET", "/v1/sessions/"+id, "") },
		List: providertest.Paging{Items: "items", Page: func(last map[string]any) (providertest.Call, bool) {
			if last == nil {
				return call("GET", "/v1/sessions", ""), true
			}
			items := last["items"].([]any)
			if len(items) == 0 {
				return providertest.Call{}, false
			}
			return call("GET", fmt.Sprint("/v1/sessions?after=", items[len(items)-1].(map[string]any)["id"]), ""), last["more"] == true
		}},
		Echo: []string{"plan", "quantity", "note"},
		Native: providertest.Native{
			Field: "status", Open: "waiting", Paid: "paid", Declined: "waiting", Canceled: "waiting",
			InFlight: "paying", FailedLate: "broken", Expired: "closed", DeclineCode: "too_poor",
		},
		Illegal: func(id string) providertest.Answer {
			return answer(call("POST", "/v1/sessions/"+id+"/close", ""), 409, "cannot expire")
		},
		Expires:  providertest.Expiry{Seconds: 3600, Create: func(string, string) providertest.Call { return create(0) }},
		Unknown:  []providertest.Answer{answer(call("POST", "/v1/sessions", `{"plan":"huge"}`), 404, "there is no plan huge"), answer(call("GET", "/v1/sessions/x", ""), 404, "no session")},
		Faulty:   providertest.Faulty{Call: call("POST", "/v1/sessions", `{"quantity":100,"color":"green","note":5}`), Status: 400, Words: []string{"plan", "quantity", "color", "note"}},
		Auth:     []providertest.Answer{{Name: "none", Call: providertest.Call{Method: "GET", Path: "/v1/sessions", Header: map[string]string{}}, Status: 401, Has: "X-Acme-Key"}},
		WithKey:  func(key string) map[string]string { return map[string]string{"X-Acme-Key": key} },
		Declined: call("GET", "/v1/refunds", ""),
		Lost:     answer(call("GET", "/v1/session", ""), 404, "nothing is here"),
		Nearest:  "GET /v1/sessions",
		Bad: []providertest.Answer{
			answer(call("POST", "/v1/sessions", "{"), 400, "broken JSON"),
			answer(call("POST", "/v1/sessions", strings.Repeat(" ", 2<<20)+"{}"), 413, "over"),
		},
	})
}

// spoilt is acme with a catalog that it cannot read itself.
type spoilt struct{ dialect }

func (spoilt) Catalog() fs.FS {
	return fstest.MapFS{"plans.json": {Data: []byte(`[{"id":"plan_1"},{"id":5}]`)}}
}

// TestABrokenCatalogIsTold: an emulator is not made over a provider whose catalog is broken, and says where.
func TestABrokenCatalogIsTold(t *testing.T) {
	made := func(o provider.Options) (provider.Provider, error) { return spoilt{dialect{o.Keys}}, nil }
	e, err := emulator.New(emulator.Options{Providers: []all.Named{{Name: name, New: made}}})
	if err == nil {
		e.Close()
		t.Fatal("it was made")
	}
	if want := "fixtures/acme/plans.json: object 1: "; !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %q; want %q in it", err, want)
	}
}
