module anser/kern/image

go 1.19
