package polar

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// decoded returns the body of a request, once nothing that the document cannot express is wrong with it.
func decoded[In any](p *Polar, r *api.Request) (in In, err error) {
	if err := p.checkModel(r); err != nil {
		return in, err
	}
	return api.Decode[In](r)
}

// answerOne answers with an object that find takes out of the catalog.
func (p *Polar) answerOne(r *api.Request, find func(*sandbox.Tx) (subject, error)) (api.Response, error) {
	var found subject
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) { found, err = find(tx) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: found.data(p, r.Base)}, nil
}

// answerChanged answers with an object that change has put into the catalog.
func (p *Polar) answerChanged(r *api.Request, status int, change func(*sandbox.Tx) (subject, error)) (api.Response, error) {
	var made subject
	err := r.Sandbox.Change(func(tx *sandbox.Tx) (err error) {
		made, err = change(tx)
		return err
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: status, Body: made.data(p, r.Base)}, nil
}

// written is answerChanged for what a body asks for.
func written[In any](p *Polar, r *api.Request, status int, change func(tx *sandbox.Tx, in *In) (subject, error)) (api.Response, error) {
	in, err := decoded[In](p, r)
	if err != nil {
		return api.Response{}, err
	}
	return p.answerChanged(r, status, func(tx *sandbox.Tx) (subject, error) { return change(tx, &in) })
}

// deleted answers nothing once change has taken an object away.
func deleted(r *api.Request, change func(*sandbox.Tx) error) (api.Response, error) {
	if err := r.Sandbox.Change(change); err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusNoContent}, nil
}
