module anser

go 1.23
