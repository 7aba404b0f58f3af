module anser/tests/gofreestanding

go 1.19
