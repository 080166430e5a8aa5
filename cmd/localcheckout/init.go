package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"
)

// sample is a configuration file in which everything is said, and nothing set.
//
//go:embed localcheckout.sample.yaml
var sample []byte

func initCommand() *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "write a commented " + configName + " into the working directory", ArgsUsage: "[FILE]",
		Description: "A file that is there is left alone.\n\nExample: localcheckout init && localcheckout serve",
		Arguments:   []cli.Argument{argument("file", "[FILE]")},
		Action:      initialize,
	}
}

func initialize(_ context.Context, c *cli.Command) error {
	name := c.StringArg("file")
	if name == "" {
		name = configName
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &failure{fmt.Errorf("%s is there already, and was left alone\nWrite another with 'localcheckout init FILE'.", name)}
	}
	if err != nil {
		return &failure{err}
	}
	_, err = f.Write(sample)
	if err = errors.Join(err, f.Close()); err != nil {
		return &failure{err}
	}
	_, err = fmt.Fprintf(c.Root().Writer, "%s written; 'localcheckout serve' reads it\n", name)
	return failed(err)
}
