module localcheckout.test/polarwalk

go 1.26

require github.com/polarsource/polar-go v0.12.0
