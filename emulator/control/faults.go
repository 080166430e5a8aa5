package control

import (
	"context"
	"net/http"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// faultBody is a fault as it was sent, with the defaults and its counts.
type faultBody struct {
	ID     string  `json:"id"`
	Match  any     `json:"match"`
	Effect any     `json:"effect"`
	Phase  string  `json:"phase"`
	Times  *int    `json:"times"`
	Every  int     `json:"every"`
	Chance float64 `json:"chance"`
	Hits   uint64  `json:"hits"`
	Left   *uint64 `json:"left"`
}

func newFault(f fault.Fault) faultBody {
	out := faultBody{
		ID: f.ID, Match: f.Rule.Match, Effect: f.Rule.Sent("effect"), Phase: string(f.Rule.Phase),
		Every: f.Rule.Every, Chance: f.Rule.Chance, Hits: f.Hits,
	}
	if left, bounded := f.Left(); bounded {
		out.Times, out.Left = &f.Rule.Times, &left
	}
	return out
}

func (c *Control) faults(_ context.Context, r *api.Request) (api.Response, error) {
	out := struct {
		Faults []faultBody `json:"faults"`
	}{Faults: []faultBody{}}
	for _, f := range r.Sandbox.Faults.All() {
		out.Faults = append(out.Faults, newFault(f))
	}
	return api.Response{Body: out}, nil
}

func (c *Control) fault(_ context.Context, r *api.Request) (api.Response, error) {
	rule, err := fault.Compile(r.Body, c.faultWords(r.Body))
	if err != nil {
		return api.Response{}, err
	}
	f, err := r.Sandbox.Faults.Arm(rule)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: newFault(f)}, nil
}

func (c *Control) dropFault(_ context.Context, r *api.Request) (api.Response, error) {
	return api.Response{Status: http.StatusNoContent}, r.Sandbox.Faults.Drop(r.Param("id"))
}

func (c *Control) clearFaults(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Faults.Clear()
	return api.Response{Status: http.StatusNoContent}, nil
}

// faultWords is what a fault may name, given what it says of the provider and operation.
func (c *Control) faultWords(spec any) fault.Vocabulary {
	named, _ := wire.Lookup(spec, []any{"match", match.WordProvider}).(string)
	operation, _ := wire.Lookup(spec, []any{"match", match.WordOperation}).(string)
	var may []provider.Provider // those whose requests it may strike
	for _, p := range c.providers {
		if (named == "" || p.Name() == named) && (operation == "" || p.Handlers()[operation] != nil) {
			may = append(may, p)
		}
	}
	v := fault.Vocabulary{
		Vocabulary: match.Vocabulary{Providers: c.providerNames(), Operations: c.operations, Field: c.field},
		Codes:      func() []string { return commonWords(may) },
	}
	if len(may) == 1 {
		v.Whose = may[0].Name()
	}
	return v
}

// commonWords are the words of errors that every one of the providers has.
func commonWords(all []provider.Provider) []string {
	var common []string
	for i, p := range all {
		words := api.ErrorWords(p)
		if i == 0 {
			common = words
			continue
		}
		common = slices.DeleteFunc(common, func(w string) bool { return !slices.Contains(words, w) })
	}
	return common
}

// field looks up a place in the bodies of the operations that a rule may be about. It is wrong when no
// operation has it; then it tells of the one that comes closest.
func (c *Control) field(name, operation string, path []string) (known bool, at int, valid []string) {
	at = -1
	for _, p := range c.providers {
		if name != "" && p.Name() != name {
			continue
		}
		doc, err := openapi.Load(p.Name()+".yaml", p.Document(), openapi.RequestsOnly)
		if err != nil {
			return true, 0, nil // the server tells what is wrong with it
		}
		for _, op := range doc.Operations() {
			if operation != "" && op.ID != operation {
				continue
			}
			ok, wrong, members := op.Field(path)
			if ok {
				return true, 0, nil
			}
			if wrong > at || wrong == at && len(members) > len(valid) {
				at, valid = wrong, members
			}
		}
	}
	return at < 0, max(at, 0), valid
}

func (c *Control) faultHandlers() map[string]api.Handler {
	return map[string]api.Handler{"faults": c.faults, "fault": c.fault, "dropFault": c.dropFault, "clearFaults": c.clearFaults}
}
