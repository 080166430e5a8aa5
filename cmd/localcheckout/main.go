// Command localcheckout emulates the checkout sessions of payment providers on this machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"
)

// version is set at build time with -ldflags "-X main.version=…".
var version = "dev"

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not end by itself
	code := run(ctx, os.Args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code. Flags win over LOCALCHECKOUT_ variables,
// which win over defaults.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := command(stdout, stderr)
	err := root.Run(ctx, withCommand(args))
	var failed *failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &failed):
		fmt.Fprintf(stderr, "localcheckout: %v\n", err)
		return exitFailure
	default: // a command line or a variable that cannot be used
		fmt.Fprintf(stderr, "localcheckout: %v\nRun '%s --help' for the flags.\n", err, named(root, args))
		return exitUsage
	}
}

// named is the command that a command line names, for people to call again.
func named(root *cli.Command, args []string) string {
	if len(args) > 1 && root.Command(args[1]) != nil {
		return root.Name + " " + args[1]
	}
	return root.Name
}

// withCommand puts in the default command before a flag that comes first. Only so is a flag that
// stands before the name of a command refused, and not lost.
func withCommand(args []string) []string {
	if len(args) < 2 || !strings.HasPrefix(args[1], "-") || slices.Contains(rootFlags, args[1]) {
		return args
	}
	return slices.Insert(slices.Clone(args), 1, "serve")
}

// rootFlags are the flags that need no command.
var rootFlags = []string{"--help", "-h", "--version", "-v", "--generate-shell-completion"}

// failure is a command that was understood and did not succeed.
type failure struct{ error }

func (e *failure) Unwrap() error { return e.error }

func command(stdout, stderr io.Writer) *cli.Command {
	root := &cli.Command{
		Name:      "localcheckout",
		Usage:     "a local emulator for payment checkout sessions",
		Version:   version,
		Writer:    stdout,
		ErrWriter: stderr,
		Flags:     serveFlags(), // so that --help shows them
		Action:    serve,
		Commands: []*cli.Command{
			{Name: "serve", Usage: "start the emulator (the default)", Flags: serveFlags(), Action: serve},
			waitCommand(),
			versionCommand(),
		},
		EnableShellCompletion: true,
		ExitErrHandler:        func(context.Context, *cli.Command, error) {},
	}
	root.Commands = slices.Concat(root.Commands, actionCommands(), []*cli.Command{sessionsCommand(), tailCommand(), listenCommand(), triggerCommand()}, clockCommands(), stateCommands(),
		[]*cli.Command{envCommand(), fixturesCommand(), initCommand(), doctorCommand()})
	strict(root)
	return root
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Local: true, Usage: "print {\"version\": …}"}},
		Action: func(_ context.Context, c *cli.Command) error {
			if c.Bool("json") {
				return failed(json.NewEncoder(c.Root().Writer).Encode(map[string]string{"version": version}))
			}
			_, err := fmt.Fprintln(c.Root().Writer, version)
			return failed(err)
		},
	}
}

// strict refuses arguments that no command takes, and has usage errors said once, in one line.
func strict(c *cli.Command) {
	c.OnUsageError = func(_ context.Context, _ *cli.Command, err error, _ bool) error { return err }
	c.HideHelpCommand = true
	action := c.Action
	c.Action = func(ctx context.Context, c *cli.Command) error {
		if c.Args().Len() > 0 {
			return fmt.Errorf("unknown command or argument %q; a command stands before its flags", c.Args().First())
		}
		return action(ctx, c)
	}
	for _, sub := range c.Commands {
		strict(sub)
	}
}

// env is the variable of a flag.
func env(flag string) cli.ValueSourceChain { return cli.NewValueSourceChain(variableOf(flag)) }

func variableOf(flag string) variable {
	return variable("LOCALCHECKOUT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
}

// variable is an environment variable. Empty, it counts as absent: compose files pass on empty ones.
type variable string

func (v variable) Lookup() (string, bool) {
	value := os.Getenv(string(v))
	return value, value != ""
}

func (v variable) IsFromEnv() bool  { return true }
func (v variable) Key() string      { return string(v) }
func (v variable) String() string   { return "the variable " + string(v) }
func (v variable) GoString() string { return fmt.Sprintf("variable(%q)", string(v)) }

// setting names a flag and its variable in an error: either may have brought the value.
func setting(flag string) string { return "--" + flag + " or " + string(variableOf(flag)) }
