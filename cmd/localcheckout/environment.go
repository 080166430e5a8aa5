package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/urfave/cli/v3"
)

func envCommand() *cli.Command {
	c := &cli.Command{
		Name: "env", Usage: "print variables that point an application at the emulator", ArgsUsage: "[PROVIDER…]", Category: "Applications",
		Description: "Only assignments are printed, so that a shell can take them:\n\n" +
			"  eval \"$(localcheckout env polar)\"                  # sh, bash, zsh\n" +
			"  localcheckout env polar --shell fish | source\n" +
			"  localcheckout env --shell powershell | Out-String | Invoke-Expression\n" +
			"  localcheckout env --shell dotenv > .env.local",
		Arguments: []cli.Argument{&cli.StringArgs{Name: "providers", Min: 0, Max: -1}},
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "shell", Local: true, Value: "sh", Usage: "`SYNTAX`: sh, fish, powershell or dotenv"},
		},
		ShellComplete: completeProviders,
	}
	return remoteCommand(c, printEnv)
}

func printEnv(ctx context.Context, r *remote) error {
	write, ok := shells[r.cmd.String("shell")]
	if !ok {
		return &usageError{fmt.Errorf("--shell %q is none of sh, fish, powershell, dotenv", r.cmd.String("shell"))}
	}
	info, err := r.Info(ctx)
	if err != nil {
		return err
	}
	vars, err := variables(r, info)
	if err != nil {
		return err
	}
	if r.json {
		object := map[string]string{}
		for _, v := range vars {
			object[v.name] = v.value
		}
		return failed(json.NewEncoder(r.out).Encode(object))
	}
	for _, v := range vars {
		if _, err := io.WriteString(r.out, write(v.name, v.value)); err != nil {
			return failed(err)
		}
	}
	return nil
}

// assignment is one variable for an application.
type assignment struct{ name, value string }

// variables are those of the chosen providers, all of them when none is, and of this command line.
func variables(r *remote, info client.Info) ([]assignment, error) {
	chosen := r.cmd.StringArgs("providers")
	var names []string
	for _, p := range info.Providers {
		names = append(names, p.Name)
	}
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return nil, &usageError{fmt.Errorf("there is no provider %q; there are %s", name, strings.Join(names, ", "))}
		}
	}
	var vars []assignment
	for _, p := range info.Providers {
		if len(chosen) == 0 || slices.Contains(chosen, p.Name) {
			vars = append(vars, providerVariables(p, r.cmd.String("sandbox"))...)
		}
	}
	vars = append(vars, assignment{string(variableOf("url")), r.Base()})
	if name := r.cmd.String("sandbox"); name != "" {
		vars = append(vars, assignment{string(variableOf("sandbox")), name})
	}
	return vars, nil
}

// names are the variables of one provider by what they hold. The first of each is ours, the same for
// every provider; the others are what its packages and their documentation read.
type names struct{ url, key []string }

// known has the names beyond ours.
//
// Source: @polar-sh adapters and their documentation (POLAR_ACCESS_TOKEN, POLAR_WEBHOOK_SECRET,
// POLAR_SERVER_URL); Polar's command line (POLAR_API_URL), read 2026-11-20.
// Assumed: the SDKs of the others take these as arguments and read no variables; the names of ours
// are those that their documentation calls the things.
var known = map[string]names{
	"polar":     {url: []string{"POLAR_SERVER_URL"}, key: []string{"POLAR_ACCESS_TOKEN"}},
	"tilled":    {url: []string{"TILLED_BASE_PATH"}, key: []string{"TILLED_SECRET_KEY"}},
	"bias":      {key: []string{"BIAS_SECRET_KEY"}},
	"leanrails": {key: []string{"LEANRAILS_SECRET_KEY"}},
}

func providerVariables(p client.Provider, sandbox string) []assignment {
	base := p.BaseURL
	if sandbox != "" { // by the path, which holds for any credential
		root := strings.TrimSuffix(base, "/"+p.Name)
		base = root + "/s/" + sandbox + "/" + p.Name
	}
	prefix := strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))
	var vars []assignment
	add := func(value, ours string, theirs []string) {
		if value == "" {
			return
		}
		for _, name := range append([]string{prefix + ours}, theirs...) {
			vars = append(vars, assignment{name, value})
		}
	}
	add(base, "_API_URL", known[p.Name].url)
	add(p.Credential, "_API_KEY", known[p.Name].key)
	add(p.WebhookSecret, "_WEBHOOK_SECRET", nil)
	return vars
}

// shells write one assignment each.
var shells = map[string]func(name, value string) string{
	"sh":         func(name, value string) string { return "export " + name + "=" + quoteSh(value) + "\n" },
	"fish":       func(name, value string) string { return "set -gx " + name + " " + quoteFish(value) + "\n" },
	"powershell": func(name, value string) string { return "$Env:" + name + " = " + quotePowerShell(value) + "\n" },
	"dotenv":     func(name, value string) string { return name + "=" + quoteDotenv(value) + "\n" },
}

// quoteSh writes one word for a POSIX shell: nothing is special within single quotes but themselves.
func quoteSh(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// quoteFish writes one word for fish, where a backslash is special within single quotes, too.
func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quotePowerShell writes one literal string, in which a quote is doubled.
func quotePowerShell(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteDotenv writes a value for a .env file. Readers differ about what is special; what they all take
// as it is stands bare, anything else in double quotes.
func quoteDotenv(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-.:/+@,%", c)
	}
	if strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`).Replace(s) + `"`
}
