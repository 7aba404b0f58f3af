module gonet

go 1.23
