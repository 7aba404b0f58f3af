/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 against the vectors of NIST (the examples of FIPS 180, and CAVP's), in pieces of all
 * sizes. */
/* sources: lib/sha256.c */
#include <string.h>
#include "lib/sha256.h"
#include "tap.h"

static const char *digest_of(const void *data, size_t length, size_t piece)
{
    static char text[SHA256_TEXT];
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;
    sha256_begin(&hash);
    for (size_t at = 0; at < length; at += piece)
        sha256_add(&hash, (const char *)data + at, length - at < piece ? length - at : piece);
    sha256_end(&hash, digest);
    sha256_print(digest, text);
    return text;
}

static const struct {
    const char *text;
    const char *digest;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qr"
     "smnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
    {"\xbd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
    {"\xc9\x8c\x8e\x55", "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
};

static void test_million(void)
{
    static char million[1000000];
    memset(million, 'a', sizeof(million));
    static const size_t pieces[] = {1, 55, 63, 64, 65, 1000, 4096, sizeof(million)};
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        TEST(strcmp(digest_of(million, sizeof(million), pieces[i]),
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0,
             "a million a's, %zu at a time", pieces[i]);
}

/* The length of the padding changes between 55 and 56 bytes: however it is cut, it is the same. */
static void test_pieces(void)
{
    char data[200], whole[SHA256_TEXT];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * 7);
    for (size_t length = 50; length <= 130; length++) {
        strcpy(whole, digest_of(data, length, length));
        bool same = true;
        for (size_t piece = 1; piece < length; piece++)
            same &= strcmp(whole, digest_of(data, length, piece)) == 0;
        TEST(same, "%zu bytes in pieces", length);
    }
}

int main(void)
{
    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        TEST(strcmp(digest_of(vectors[i].text, strlen(vectors[i].text), 64), vectors[i].digest) ==
                 0,
             "vector %u", i);
    test_million();
    test_pieces();
    return tap_done();
}
