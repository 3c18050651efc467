// Gen writes the reference and the list of specifications, made from the tables of package commands, to the two files
// named by its arguments. It reads the table of numerics from its source, numerics.go in the working folder, because a
// numeric's name is its variable's.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"

	"bavard/commands"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen REFERENCE SPECIFICATIONS")
		os.Exit(2)
	}
	numerics, err := numericTable("numerics.go")
	if err == nil {
		err = os.WriteFile(os.Args[1], append(commands.Reference(), numerics...), 0o644)
	}
	if err == nil {
		err = os.WriteFile(os.Args[2], commands.Specifications(), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// numericTable makes a table of the variables rplX and errX: number, name, parameters and text.
func numericTable(source string) ([]byte, error) {
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("\n## Numerics\n\n| numeric | name | parameters | text |\n|---|---|---|---|\n")
	for _, d := range file.Decls {
		block, is := d.(*ast.GenDecl)
		if !is || block.Tok != token.VAR {
			continue
		}
		for _, s := range block.Specs {
			spec := s.(*ast.ValueSpec)
			row, is := spec.Values[0].(*ast.CompositeLit)
			if !is {
				continue
			}
			var cells []string
			for _, e := range row.Elts {
				text, err := strconv.Unquote(e.(*ast.BasicLit).Value)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", spec.Names[0].Name, err)
				}
				cells = append(cells, text)
			}
			if row.Type.(*ast.Ident).Name == "numeric0" {
				cells = slices.Insert(cells, 1, "")
			}
			text := strings.Join(cells[2:], "")
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cells[0], constantName(spec.Names[0].Name), strings.ReplaceAll(cells[1], "*", `\*`), text)
		}
	}
	return b.Bytes(), nil
}

// constantName turns rplWelcome into RPL_WELCOME.
func constantName(name string) string {
	return strings.ToUpper(name[:3]) + "_" + strings.ToUpper(name[3:])
}
