/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the program: which addresses are its own, and copies that may fail. */
#include "user.h"
#include "access.h"
#include "layout.h"
#include "linux_abi.h"

static int in_program(uint64_t address, size_t length)
{
    return address < LINUX_OWN_BEGIN && length <= LINUX_OWN_BEGIN - address;
}

int64_t user_read_some(void *to, uint64_t from, size_t length)
{
    if (length == 0)
        return 0;
    if (!in_program(from, 1))
        return -LINUX_EFAULT;
    if (!in_program(from, length))
        length = LINUX_OWN_BEGIN - from;
    size_t left = access_copy(to, (const void *)from, length);
    return left == length ? -LINUX_EFAULT : (int64_t)(length - left);
}

int64_t user_write_some(uint64_t to, const void *from, size_t length)
{
    if (length == 0)
        return 0;
    if (!in_program(to, 1))
        return -LINUX_EFAULT;
    if (!in_program(to, length))
        length = LINUX_OWN_BEGIN - to;
    size_t left = access_copy((void *)to, from, length);
    return left == length ? -LINUX_EFAULT : (int64_t)(length - left);
}

int user_read(void *to, uint64_t from, size_t length)
{
    if (!in_program(from, length))
        return -LINUX_EFAULT;
    return access_copy(to, (const void *)from, length) == 0 ? 0 : -LINUX_EFAULT;
}

int user_write(uint64_t to, const void *from, size_t length)
{
    if (!in_program(to, length))
        return -LINUX_EFAULT;
    return access_copy((void *)to, from, length) == 0 ? 0 : -LINUX_EFAULT;
}

int user_clear(uint64_t to, size_t length)
{
    if (!in_program(to, length))
        return -LINUX_EFAULT;
    return access_clear((void *)to, length) == 0 ? 0 : -LINUX_EFAULT;
}

/* In pieces that do not cross a page, for what lies behind the string may not be there. */
int64_t user_read_string(char *to, uint64_t from, size_t size)
{
    for (size_t done = 0; done < size;) {
        uint64_t at = from + done;
        size_t piece = 64 - at % 64;
        if (piece > size - done)
            piece = size - done;
        int64_t got = user_read_some(to + done, at, piece);
        if (got < 0)
            return got;
        for (size_t end = done + (size_t)got; done < end; done++)
            if (to[done] == '\0')
                return (int64_t)done;
    }
    return -LINUX_ENAMETOOLONG;
}
