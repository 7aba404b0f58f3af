module anser

go 1.23.0

require (
	golang.org/x/term v0.32.0
	mvdan.cc/sh/v3 v3.12.0
)

require golang.org/x/sys v0.33.0 // indirect
