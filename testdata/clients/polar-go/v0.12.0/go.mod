module localcheckout.test/polar-go

go 1.26

require localcheckout.test/polarwalk v0.0.0

require (
	github.com/polarsource/polar-go v0.12.0 // indirect
	github.com/spyzhov/ajson v0.8.0 // indirect
)

replace localcheckout.test/polarwalk => ../walk
