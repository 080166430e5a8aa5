// Command main walks github.com/polarsource/polar-go v0.12.0 against a running localcheckout.
package main

import "localcheckout.test/polarwalk"

func main() { polarwalk.Main("polar-go-v0-12-0", false) }
