module anser.test/linux

go 1.19
