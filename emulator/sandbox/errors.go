package sandbox

import "github.com/localcheckout/localcheckout/emulator/checkout"

func notFound(id string) error {
	return &checkout.Error{Code: checkout.CodeNotFound, Message: "no session " + id}
}
